"""The words of the map's tools: trying weights, comparing, minutes, search, measuring, notes and enquiries.

`FRAME` stands in the page, `SCRIPT` is handed to its script; both are part of `words.WORDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.style import Text

__all__ = ["FRAME", "SCRIPT"]

FRAME: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "tools": Text("Pröva själv", "Try for yourself"),
        "weights": Text("Pröva andra vikter", "Try other weights"),
        "weights_help": Text(
            "Dra i reglagen: lägena rangordnas om med samma räkning som i rapporten. Bara förhållandet mellan vikterna räknas.",
            "Move the sliders: the sites are ranked anew by the report's own arithmetic. Only the proportions of the weights count.",
        ),
        "weights_reset": Text("Planens vikter", "The plan's weights"),
        "weights_none": Text(
            "Lägena är inte rangordnade med vägt medelvärde, så vikterna kan inte prövas här.",
            "The sites are not ranked by a weighted mean, so the weights cannot be tried here.",
        ),
        "compare_pick": Text("Jämför", "Compare"),
        "compare_pick_site": Text("Jämför {name}", "Compare {name}"),
        "compare_title": Text("Lägen sida vid sida", "Sites side by side"),
        "compare_clear": Text("Rensa valet", "Clear the choice"),
        "minutes_title": Text("Restid till platsen", "Travel time to the place"),
        "minutes_help": Text(
            "Visar rutorna som når platsen inom så många minuter, och hur många som bor där.",
            "Shows the squares that reach the place within so many minutes, and how many live there.",
        ),
        "minutes_mode": Text("Färdsätt", "Mode"),
        "minutes_label": Text("Högst antal minuter", "At most so many minutes"),
        "variants": Text("Läge att visa", "Case to show"),
        "tiles_group": Text("Från nätet", "From the network"),
        "tiles": Text("Kartbild från {host}; kräver nätet och är av från början", "Map picture from {host}; needs the network and is off at first"),
        "search": Text("Sök plats eller läge", "Find a place or a site"),
        "measure_line": Text("Mät sträcka", "Measure a distance"),
        "measure_area": Text("Mät yta", "Measure an area"),
        "print_page": Text("Skriv ut", "Print"),
        "enquiry": Text("Etableringsförfrågan", "Enquiry from an investor"),
        "enquiry_help": Text(
            "Fyll i det som krävs; tomt fält ställer inget krav. Ett läge vars uppgift saknas räknas inte som träff.",
            "Fill in what is required; an empty field requires nothing. A site for which a figure is not known is no match.",
        ),
        "min_ha": Text("Minst användbar areal, ha", "Usable area at least, ha"),
        "min_mw": Text("Minst eleffekt, MW", "Electric power at least, MW"),
        "rail_asked": Text("Järnväg inom 1 km", "Railway within 1 km"),
        "port_min": Text("Högst minuter till hamn", "Minutes to a port, at most"),
        "airport_min": Text("Högst minuter till flygplats", "Minutes to an airport, at most"),
        "enquiry_answer": Text("Visa lägen", "Show sites"),
        "review": Text("Granskning", "Review"),
        "review_help": Text(
            "Anteckningar sparas som utkast i webbläsaren. Spara en fil och skicka den till den som kör planen; "
            "nästa karta visar dem för alla.",
            "Notes are kept as a draft in the browser. Save a file and send it to whoever runs the plan; "
            "the next map shows them to all.",
        ),
        "limiting_constraint": Text("Tar mest mark", "Takes most land"),
        "criteria_group": Text("Kriterier: värde och poäng", "Criteria: value and score"),
        "initials": Text("Initialer", "Initials"),
        "verdict": Text("Omdöme om läget", "Verdict on the site"),
        "accept": Text("Godta", "Accept"),
        "reject": Text("Avvisa", "Reject"),
        "ask": Text("Fråga", "Question"),
        "comment": Text("Kommentar", "Comment"),
        "note_save": Text("Spara utkast", "Keep as draft"),
        "note_point": Text("Sätt punkt", "Set a point"),
        "note_area": Text("Rita yta", "Draw an area"),
        "notes_download": Text("Spara anteckningsfil", "Save a notes file"),
        "notes_load": Text("Läs in anteckningsfil", "Load a notes file"),
        "no_notes": Text("Inga anteckningar ännu.", "No notes yet."),
        "finish": Text("Klar", "Done"),
        "cancel": Text("Avbryt", "Cancel"),
    }
)

SCRIPT: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "weights_said": Text(
            "Rangordnat med dina vikter. Kartans färger och poängkortens tabeller visar planens vikter.",
            "Ranked by your weights. The map's colours and the score cards' tables show the plan's weights.",
        ),
        "weights_zero": Text("Minst en vikt måste vara större än noll.", "At least one weight must be above zero."),
        "weights_why": Text(
            "Plats {rank} med planens vikter, {score} poäng.", "Rank {rank} with the plan's weights, score {score}."
        ),
        "weights_now": Text("Med dina vikter: plats {rank}, {score} poäng.", "With your weights: rank {rank}, score {score}."),
        "weights_place": Text("Plats {rank} med planens vikter", "Rank {rank} with the plan's weights"),
        "no_score": Text("saknar poäng", "no score"),
        "compare_go": Text("Jämför {count} lägen", "Compare {count} sites"),
        "compare_more": Text("Välj minst två lägen att jämföra.", "Choose at least two sites to compare."),
        "compare_most": Text("Högst fyra lägen jämförs åt gången.", "At most four sites are compared at a time."),
        "minutes_said": Text(
            "Inom {minutes} min: {population} invånare, varav {working} i arbetsför ålder.",
            "Within {minutes} min: {population} inhabitants, of them {working} of working age.",
        ),
        "minutes_people": Text("Inom {minutes} min: {population} invånare.", "Within {minutes} min: {population} inhabitants."),
        "minutes_hidden": Text(
            "Rutor med för få personer för att visas är inte med: {people} i summan av invånare, {working} i summan av arbetsföra.",
            "Squares with too few persons to be shown are left out: {people} from the sum of inhabitants, {working} from that of working age.",
        ),
        "minutes_hidden_people": Text(
            "{people} rutor med för få personer för att visas är inte med i summan.",
            "{people} squares with too few persons to be shown are left out of the sum.",
        ),
        "nothing_found": Text("Inget med det namnet.", "Nothing of that name."),
        "found_site": Text("läge, plats {rank}", "site, rank {rank}"),
        "draw_help": Text(
            "Klicka i kartan för varje punkt, eller flytta kartan med piltangenterna och tryck Enter. Backsteg tar bort den senaste.",
            "Click in the map for each point, or move the map with the arrow keys and press Enter. Backspace takes the last one away.",
        ),
        "measured_line": Text("Sträcka: {value}", "Distance: {value}"),
        "measured_area": Text("Yta: {value}, omkrets {around}", "Area: {value}, perimeter {around}"),
        "match": Text("Uppfyller kraven", "Meets the requirements"),
        "no_match": Text("Inget läge uppfyller alla krav.", "No site meets all requirements."),
        "near_match": Text("Nära, men något saknas", "Close, but something is missing"),
        "asked_nothing": Text("Ange minst ett krav.", "State at least one requirement."),
        "has_wanted": Text("{what}: har {has}, krav {wanted}", "{what}: has {has}, required {wanted}"),
        "unknown_wanted": Text("{what}: uppgift saknas, krav {wanted}", "{what}: not known, required {wanted}"),
        "fact_allowed_ha": Text("användbar areal", "usable area"),
        "fact_mw": Text("eleffekt", "electric power"),
        "fact_rail_m": Text("avstånd till järnväg", "distance to railway"),
        "fact_port_min": Text("tid till hamn", "time to a port"),
        "fact_airport_min": Text("tid till flygplats", "time to an airport"),
        "verdict_accept": Text("Godtas", "Accepted"),
        "verdict_question": Text("Fråga", "Question"),
        "verdict_reject": Text("Avvisas", "Rejected"),
        "note_needs": Text("Ange initialer och ett omdöme eller en kommentar.", "Give initials, and a verdict or a comment."),
        "note_kept": Text("Utkastet är sparat i webbläsaren.", "The draft is kept in the browser."),
        "note_lost": Text(
            "Webbläsaren kan inte spara utkast; spara en anteckningsfil innan sidan stängs.",
            "The browser cannot keep drafts; save a notes file before the page is closed.",
        ),
        "note_draft": Text("utkast", "draft"),
        "note_delete": Text("Ta bort", "Remove"),
        "note_of": Text("Anteckning av {author}, {time}", "Note by {author}, {time}"),
        "notes_saved": Text("{count} anteckningar sparade i filen {file}.", "{count} notes saved in the file {file}."),
        "notes_none": Text("Det finns inga egna anteckningar att spara.", "There are no notes of your own to save."),
        "notes_read": Text("{count} anteckningar inlästa.", "{count} notes loaded."),
        "notes_bad": Text(
            "Filen är ingen anteckningsfil från landplan; inget lästes in.", "The file is no notes file of landplan; nothing was loaded."
        ),
    }
)
