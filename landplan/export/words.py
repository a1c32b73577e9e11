"""Every fixed word that people read in an export, in Swedish and English, in one place.

What depends on the plan (titles, answers, field names) comes with the items; what is the same in every
export stands here, so that one test can read it all against the glossary. Text with a number in it has
named places in braces and is filled by `say`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export import map_words
from landplan.export.items import DEMO_BANNER
from landplan.export.wordlist import teller
from landplan.style import Text
from landplan.units import Language

__all__ = ["CREDIT", "REASONS", "WORDS", "banner", "reason_text", "say"]

CREDIT: Final = "landplan"

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        # the answer
        "question": Text("Frågan", "The question"),
        "answer": Text("Svaret", "The answer"),
        "top_sites": Text("Tre bästa lägena", "The three best sites"),
        "uncertain": Text("Osäkert", "Uncertain"),
        "untested": Text("Ej prövat mot", "Not tested against"),
        "none_uncertain": Text("Inget särskilt angivet.", "Nothing in particular stated."),
        "all_sites": Text("Alla lägen i rangordning", "All sites in order"),
        "rank": Text("Plats", "Rank"),
        "site": Text("Läge", "Site"),
        "score": Text("Poäng", "Score"),
        "score_range": Text("poäng 0–100", "score 0–100"),
        "score_of": Text("{score} av 100 poäng", "{score} of 100 points"),
        "area": Text("Areal", "Area"),
        "reason": Text("Skäl", "Reason"),
        "back": Text("Tillbaka till listan", "Back to the list"),
        # the score card
        "score_card": Text("Poängkort", "Score card"),
        "criterion": Text("Kriterium", "Criterion"),
        "value": Text("Värde", "Value"),
        "weight": Text("Vikt", "Weight"),
        "contribution": Text("Bidrag", "Contribution"),
        "basis": Text("Underlag", "Basis"),
        "limiting": Text("Begränsande", "Limiting"),
        "excluded": Text("Bortfallen areal, därför bort", "Area left out, and why"),
        "weighed": Text("Ska vägas mot annat, faller inte bort", "To be weighed, not left out"),
        "legal": Text("Mark efter tyngsta hindret", "Land by its hardest constraint"),
        "sum": Text("Summa", "Sum"),
        "on_average": Text("{value} i medeltal", "{value} on average"),
        "ranking_untested": Text("Rangordningen är ej prövad mot: {names}. Underlag saknas.", "The ranking is not tested against: {names}. There are no data."),
        "figures": Text("Nyckeltal", "Key figures"),
        "card_help": Text(
            "Poängen är summan av varje kriteriums poäng gånger dess vikt.",
            "The score is the sum of each criterion's score times its weight.",
        ),
        "real": Text("verklig", "real"),
        "demo": Text("demo", "demo"),
        "missing": Text("saknas", "missing"),
        "real_help": Text("bygger på verkliga data", "rests on real data"),
        "demo_help": Text("bygger på demonstrationsdata", "rests on demonstration data"),
        "missing_help": Text("data saknas", "data are missing"),
        # the map
        "map": Text("Karta", "Map"),
        "map_help": Text(
            "Karta. Flytta med piltangenterna, zooma med plus och minus.",
            "Map. Pan with the arrow keys, zoom with plus and minus.",
        ),
        "legend": Text("Teckenförklaring", "Legend"),
        "layers": Text("Lager", "Layers"),
        "layers_legend": Text("Lager och teckenförklaring", "Layers and legend"),
        "show_panel": Text("Visa lager", "Show layers"),
        "hide_panel": Text("Dölj lager", "Hide layers"),
        "kind_polygon": Text("ytor", "areas"),
        "kind_line": Text("linjer", "lines"),
        "kind_point": Text("punkter", "points"),
        "results": Text("Resultat", "Results"),
        "base": Text("Bakgrundskarta", "Base map"),
        "teams": Text("Underlag", "Background data"),
        "other": Text("Övriga", "Other"),
        "no_value": Text("Uppgift saknas", "Not known"),
        "zoom_in": Text("Zooma in", "Zoom in"),
        "zoom_out": Text("Zooma ut", "Zoom out"),
        "whole_area": Text("Visa hela området", "Show the whole area"),
        "close": Text("Stäng", "Close"),
        "feature_of": Text("Objekt {n} av {total} här", "Feature {n} of {total} here"),
        "next_feature": Text("Nästa objekt", "Next feature"),
        "loading": Text("Kartan läses in …", "Loading the map …"),
        "load_failed": Text("Lagret kunde inte läsas", "The layer could not be read"),
        "old_browser": Text(
            "Webbläsaren är för gammal för kartan; texten och tabellerna går att läsa. "
            "Använd Edge, Chrome, Firefox eller Safari från 2023 eller senare.",
            "The browser is too old for the map; the text and the tables can be read. "
            "Use Edge, Chrome, Firefox or Safari from 2023 or later.",
        ),
        "no_script": Text(
            "Kartan behöver JavaScript. Texten och tabellerna går att läsa utan.",
            "The map needs JavaScript. The text and the tables can be read without.",
        ),
        "print": Text("Skriv ut", "Print"),
        "curves": Text("Värdefunktioner", "Value functions"),
        "decays": Text("Hur viljan avtar", "How the wish falls"),
        "decays_help": Text(
            "Kurvan går från 1, alla vill, ner till 0, ingen vill, med restiden eller avståndet.",
            "The curve goes from 1, all are willing, down to 0, none is, with the time or the distance.",
        ),
        "curves_help": Text(
            "Så blir ett mätt värde ett omdöme från 0 (nederst) till 100 (överst). Procenten är kriteriets vikt.",
            "How a measured value becomes a judgement from 0 (below) to 100 (above). The per cent is the criterion's weight.",
        ),
        "curve_words": Text("Kurva från värde till omdöme för {title}", "Curve from value to judgement of {title}"),
        "yes": Text("Ja", "Yes"),
        "no": Text("Nej", "No"),
        # sources and messages
        "sources": Text("Källor", "Sources"),
        "source": Text("Källa", "Source"),
        "licence": Text("Licens", "Licence"),
        "attribution": Text("Upphov", "Attribution"),
        "data_date": Text("Aktualitet", "Date of data"),
        "layer": Text("Lager", "Layer"),
        "file": Text("Fil", "File"),
        "sha256": Text("Kontrollsumma (SHA-256)", "Checksum (SHA-256)"),
        "is_demo": Text("Demonstrationsdata", "Demonstration data"),
        "features": Text("Antal objekt", "Number of features"),
        "sharing": Text("Delning", "Sharing"),
        "open": Text("öppen", "open"),
        "internal": Text("intern", "internal"),
        "restricted": Text("begränsad", "restricted"),
        "tables": Text("Tabeller", "Tables"),
        "rows_shown": Text("Visar {shown} av {total} rader; alla rader finns i tabellfilen.",
                           "Showing {shown} of {total} rows; all rows are in the table file."),
        "simplified": Text(
            "Linjer och gränser är förenklade med högst {metres} m för att filen ska bli liten.",
            "Lines and boundaries are simplified by at most {metres} m to keep the file small.",
        ),
        "thinned": Text(
            "{layer}: {shown} av {total} objekt visas, de största; resten skulle ge en för stor fil.",
            "{layer}: {shown} of {total} features are shown, the largest; the rest would make the file too big.",
        ),
        "restricted_left_out": Text(
            "Utelämnat här eftersom uppgifterna har begränsad delning: {layers}.",
            "Left out here because sharing is restricted: {layers}.",
        ),
        "empty_layer": Text("{layer}: inga objekt.", "{layer}: no features."),
        "without_geometry": Text(
            "{layer}: {count} objekt saknar geometri och visas inte.",
            "{layer}: {count} features have no geometry and are not shown.",
        ),
        "notes": Text("Att tänka på", "Worth knowing"),
        # the report
        "report": Text("Rapport", "Report"),
        "check_yourself": Text("Kontrollera själv", "Check for yourself"),
        "check_help": Text(
            "Siffror som den som känner trakten kan kontrollera: beräknat bredvid publicerat.",
            "Figures that someone who knows the area can check: modelled beside published.",
        ),
        "figure": Text("Uppgift", "Figure"),
        "modelled": Text("Beräknat", "Modelled"),
        "published": Text("Publicerat", "Published"),
        "unit": Text("Enhet", "Unit"),
        "date": Text("Datum", "Date"),
        "check_passed": Text("Stämmer", "Agrees"),
        "within": Text("inom gränsen", "within the limit"),
        "outside": Text("utanför gränsen", "outside the limit"),
        "not_compared": Text("ej jämfört", "not compared"),
        "method": Text("Metod", "Method"),
        "parameters": Text("Parametrar", "Parameters"),
        "parameter": Text("Parameter", "Parameter"),
        "warnings": Text("Varningar", "Warnings"),
        "versions": Text("Programversioner", "Software versions"),
        "program": Text("Program", "Software"),
        "version": Text("Version", "Version"),
        "contents": Text("Innehåll", "Contents"),
        "teams_section": Text("Underlag per grupp", "Results by team"),
        "no_rows": Text("Inga rader.", "No rows."),
        "no_sites": Text("Inga lägen att rangordna.", "No sites to rank."),
        # paper and QGIS
        "created": Text("Framställd {date}", "Made {date}"),
        "scale": Text("Skala 1:{scale}", "Scale 1:{scale}"),
        "north": Text("N", "N"),
        "crs": Text("Koordinatsystem {crs}", "Coordinate system {crs}"),
        "page_of": Text("Sida {n} av {total}", "Page {n} of {total}"),
        "layout": Text("Utskrift: {title}", "Print: {title}"),
        "continued": Text("… och {count} till", "… and {count} more"),
        # tables
        "why_missing": Text("Varför värde saknas", "Why a value is missing"),
        "table": Text("Tabell", "Table"),
        "made_with": Text("Framställd med {credit} {version}", "Made with {credit} {version}"),
        **map_words.FRAME,
        **map_words.SCRIPT,
    }
)  # fmt: skip

REASONS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "off_network": Text("utanför vägnätet", "off the network"),
        "disconnected": Text("ingen väg dit", "no way there"),
        "beyond_cutoff": Text("bortom tidsgränsen", "beyond the time limit"),
        "no_service": Text("ingen trafik", "no service"),
        "no_data": Text("uppgift saknas", "not known"),
        "not_counted": Text("okänt, räknas inte", "not known, not counted"),
        "counted_worst": Text("okänt, räknas som sämst", "not known, counted as the worst"),
        "no_labour": Text("ingen arbetskraft", "no labour"),
        "no_demand": Text("ingen efterfrågan", "no demand"),
        "nothing_reached": Text("når ingenting", "nothing is reached"),
        "never_balanced": Text("utbudet räcker aldrig", "supply never suffices"),
        "few_persons": Text("för få personer för att visas", "too few persons to be shown"),
        "outside_area": Text("utanför området", "outside the area"),
    }
)
"""The words for the codes in `reason` columns; an unknown code is shown as it is."""

say: Final = teller(WORDS)


def banner(language: Language) -> str:
    """Return the demonstration banner.

    Examples
    --------
    >>> banner("sv")
    'DEMONSTRATIONSDATA - får inte användas som beslutsunderlag'
    """
    return DEMO_BANNER[language]


def reason_text(code: object, language: Language) -> str:
    """Return the words for a `reason` code; anything else as it stands.

    Examples
    --------
    >>> reason_text("beyond_cutoff", "sv")
    'bortom tidsgränsen'
    """
    known = REASONS.get(str(code))
    return known[language] if known else str(code)
