"""The words of score cards and of what a ranking rests on, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.style import Text

__all__ = ["CARDS"]

CARDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "t_cards": Text("Poängkort, varje kriterium: {title}", "Score cards, every criterion: {title}"),
        "cards_note": Text(
            "Bidragen summeras till områdets poäng. Ett kriterium som inte räknas har inget bidrag.",
            "The contributions add up to the area's score. A criterion that is not counted has none.",
        ),
        "cards_note_parts": Text(
            "Metoden är ingen summa: kriterierna har poäng men inga bidrag.", "The method is no sum: criteria have scores but no contributions."
        ),
        "whole_restricted": Text("{title} (alla, begränsad delning)", "{title} (all, sharing restricted)"),
        # classes, sizes
        "otherwise_layer": Text("övrigt (inget i lagret {layer})", "other (nothing in layer {layer})"),
        "deducted_figure": Text("Avgår för småvägar och diken", "Less small roads and ditches"),
        "deducted_more_figure": Text("Avgår för småvägar, diken och mark utan poäng", "Less small roads, ditches and land without a score"),
        "unscored_figure": Text("Avgår för mark utan poäng", "Less land without a score"),
        "reason_small_area": Text(" Området är {area} ha, planen kräver {min_ha} ha.", " The area is {area} ha, the plan asks for {min_ha} ha."),
        "reason_small_none": Text(" Ingen mark är fri från hinder, planen kräver {min_ha} ha.", " No land is free of obstacles, the plan asks for {min_ha} ha."),
        "unknown_figure": Text("okänt", "not known"),
        "at_least": Text("minst {count}", "at least {count}"),
        # dates
        "date_unknown": Text("datum okänt", "date not known"),
        "date_made_up": Text("datum okänt (påhittade data)", "date not known (made-up data)"),
        # how candidates are found
        "sites_grown": Text(
            "Kandidater är sammanhängande mark utan hinder, {min_ha}–{max_ha} ha, som växer ut från de bästa rutorna: bara mark med minst {threshold} poäng av 100 räknas, högst {count} kandidater tas.",
            "Candidates are contiguous land without obstacles, {min_ha}–{max_ha} ha, grown from the best cells: only land with at least {threshold} points of 100 counts, at most {count} candidates are taken.",
        ),
        "sites_apart": Text("De ligger minst {metres} m från varandra.", "They lie at least {metres} m apart."),
        "sites_slope": Text("Mark som lutar mer än {percent} % är aldrig kandidat.", "Land steeper than {percent} % is never a candidate."),
        "sites_bridged": Text(
            "{names} delar inte ett område, men deras yta räknas bort från marken som får användas.",
            "{names} do not split a site, but their area is taken off the land that may be used.",
        ),
        "sites_named": Text("Utpekade områden rangordnas för sig och blir inte kandidater.", "Named areas are ranked as they are and are no candidates."),
        "sites_obstacles": Text("Aldrig kandidat: {names}.", "Never a candidate: {names}."),
        "sites_no_obstacles": Text("Planen har inga hinder som har kunnat prövas.", "The plan has no obstacles that could be tested."),
        "sites_other": Text(
            "Annan mark kan vara kandidat, också där enstaka människor bor: en bostad är ett hinder bara så som hindren ovan säger.",
            "Other land may be a candidate, also where a few people live: a home is an obstacle only as the obstacles above say.",
        ),
    }
)
