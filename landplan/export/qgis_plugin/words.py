"""Everything the plugin says, in Swedish and English."""

from __future__ import annotations

from qgis.core import QgsApplication

WORDS = {
    "provider": ("landplan: mark och infrastruktur", "landplan: land and infrastructure"),
    "setting": (
        "Python där landplan är installerat (eller programmet landplan)",
        "Python in which landplan is installed (or the program landplan)",
    ),
    # tools
    "check": ("Kontrollera ett lager", "Check a layer"),
    "check_help": (
        "Kontrollerar om ett lager har de kolumner, värden och den geometri som landplan väntar sig. Varje fel sägs i "
        "loggen; objekten som är fel kan skrivas till ett lager.",
        "Checks whether a layer has the columns, values and geometry that landplan expects. Every fault is told in the "
        "log; the features at fault can be written to a layer.",
    ),
    "run": ("Kör en plan", "Run a plan"),
    "run_help": (
        "Kör en planfil (.toml) och skriver GeoPackage, QGIS-projekt, kartor, blad, tabeller och rapport till en mapp.",
        "Runs a plan file (.toml) and writes GeoPackage, QGIS project, maps, sheets, tables and report to a folder.",
    ),
    "matrix": ("Restider mellan platser", "Travel-time matrix"),
    "matrix_help": (
        "Minuter från varje start till varje mål längs vägnätet, som en CSV. Vägarna behöver kolumnerna road_class och "
        "speed_kmh.",
        "Minutes from every origin to every destination along the road network, as a CSV. The roads need the columns "
        "road_class and speed_kmh.",
    ),
    "isochrones": ("Nåbarhetsområden", "Isochrones"),
    "isochrones_help": (
        "Områden varifrån varje plats nås inom ett antal minuter (isokroner). Vägarna behöver kolumnerna road_class och "
        "speed_kmh.",
        "Areas from which each site is reached within a number of minutes. The roads need the columns road_class and "
        "speed_kmh.",
    ),
    "sites": ("Kandidatområden", "Candidate sites"),
    "sites_help": (
        "Söker sammanhängande fri mark av en viss storlek, helst nära något, utanför det som utesluts.",
        "Finds contiguous free land of a size, preferably near something, outside what is excluded.",
    ),
    # parameters
    "layer": ("Lager att kontrollera", "Layer to check"),
    "as": ("Vad lagret ska vara", "What the layer should be"),
    "faults_out": ("Objekt som är fel", "Features at fault"),
    "ok": ("Lagret uppfyller kraven", "The layer meets the requirements"),
    "faults": ("Antal slag av fel", "Number of kinds of fault"),
    "plan": ("Planfil", "Plan file"),
    "force": ("Kör alla steg på nytt", "Run every step again"),
    "open": ("Öppna resultatlagren", "Open the result layers"),
    "folder": ("Mapp för körningar", "Folder of runs"),
    "project": ("QGIS-projekt", "QGIS project"),
    "run_folder": ("Körningens mapp", "Folder of the run"),
    "roads": ("Vägar", "Roads"),
    "origins": ("Starter", "Origins"),
    "destinations": ("Mål", "Destinations"),
    "id": ("Kolumn som namnger: {what}", "Column that names: {what}"),
    "cutoff": ("Längsta restid, minuter", "Longest travel time, minutes"),
    "mode": ("Färdsätt", "Mode"),
    "car": ("bil", "car"),
    "walk": ("gång", "walking"),
    "bike": ("cykel", "bicycle"),
    "max_m": ("Längst från väg, meter", "Farthest from a road, metres"),
    "access_kmh": ("Fart mellan plats och väg, km/h", "Speed between place and road, km/h"),
    "matrix_out": ("Restider (CSV)", "Travel times (CSV)"),
    "pairs": ("Antal par", "Number of pairs"),
    "reached": ("Antal par som nås", "Number of pairs reached"),
    "places": ("Platser", "Sites"),
    "minutes": ("Minuter, åtskilda av komma", "Minutes, separated by commas"),
    "direction": ("Riktning", "Direction"),
    "to": ("till platsen", "to the site"),
    "from": ("från platsen", "from the site"),
    "barriers": ("Vatten som inte kan passeras", "Water that cannot be passed"),
    "isochrones_out": ("Nåbarhetsområden", "Isochrones"),
    "area": ("Område att söka i", "Area to search"),
    "exclusions": ("Utesluts", "Excluded"),
    "setback": ("Avstånd till det som utesluts, meter", "Distance to what is excluded, metres"),
    "near": ("Ska ligga nära", "Should be near"),
    "near_best": ("Bäst inom, meter", "Best within, metres"),
    "near_worst": ("Sämst bortom, meter", "Worst beyond, metres"),
    "min_ha": ("Minsta areal, hektar", "Least area, hectares"),
    "max_ha": ("Största areal, hektar (tomt: dubbla den minsta)", "Largest area, hectares (empty: twice the least)"),
    "count": ("Högst så många", "At most so many"),
    "apart": ("Minst så långt isär, meter", "At least so far apart, metres"),
    "cell": ("Cellens sida, meter", "Side of a cell, metres"),
    "sites_out": ("Kandidatområden", "Candidate sites"),
    "found": ("Antal lägen", "Number of sites"),
    # messages
    "calls": ("Anropar {program}", "Calling {program}"),
    "version": ("landplan {version}", "landplan {version}"),
    "no_program": (
        "landplan hittades inte. Installera det (pip install landplan) och ange dess Python under Inställningar > "
        "Alternativ > Bearbetning > Leverantörer > landplan, eller i miljövariabeln LANDPLAN_PYTHON.",
        "landplan was not found. Install it (pip install landplan) and give its Python under Settings > Options > "
        "Processing > Providers > landplan, or in the environment variable LANDPLAN_PYTHON.",
    ),
    "not_there": (
        "{program} finns inte eller kan inte köras; rätta inställningen under Bearbetning > Leverantörer > landplan.",
        "{program} does not exist or cannot be run; mend the setting under Processing > Providers > landplan.",
    ),
    "no_worker": (
        "{program} svarade inte som landplan gör. Finns landplan i den miljön, och är det lika nytt som tillägget?",
        "{program} did not answer as landplan does. Is landplan in that environment, and as new as the plugin?",
    ),
    "other_protocol": (
        "landplan {version} och tillägget passar inte ihop; bygg och installera tillägget på nytt: landplan qgis-plugin build",
        "landplan {version} and the plugin do not fit; build and install the plugin again: landplan qgis-plugin build",
    ),
    "stopped": ("Avbrutet; inget halvskrivet lämnades kvar.", "Cancelled; nothing half-written was left behind."),
    "died": ("landplan slutade utan svar (kod {code}). {said}", "landplan ended without an answer (code {code}). {said}"),
    "not_a_number": ("{text} är inte ett antal minuter", "{text} is not a number of minutes"),
    "no_layer": ("Lagret kan inte läsas: {name}", "The layer cannot be read: {name}"),
}


def language():
    """Return ``sv`` where QGIS speaks Swedish, else ``en``."""
    return "sv" if QgsApplication.locale().lower().startswith("sv") else "en"


def say(key, **values):
    """Return words in QGIS' language with their places filled."""
    text = WORDS[key][0 if language() == "sv" else 1]
    return text.format(**values) if values else text
