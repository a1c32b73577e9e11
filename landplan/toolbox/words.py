"""What the tools say, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.style import Text
from landplan.units import Language

__all__ = ["TOOL_WORDS", "say", "text"]

TOOL_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "read": Text("{count} objekt lästa ur {name}", "{count} features read from {name}"),
        "moved": Text("{name} räknades om från {source} till {target}", "{name} was reprojected from {source} to {target}"),
        "network": Text("Vägnätet har {edges} vägstycken och {nodes} korsningar", "The network has {edges} edges and {nodes} nodes"),
        "off_network": Text(
            "{count} av {total} i {name} ligger längre än {metres} m från en väg",
            "{count} of {total} in {name} lie more than {metres} m from a road",
        ),
        "pairs": Text("{reached} av {total} par nås", "{reached} of {total} pairs are reached"),
        "demo": Text("DEMONSTRATIONSDATA: varje rad är märkt synthetic", "DEMONSTRATION DATA: each row is marked synthetic"),
        "only_reached": Text(
            "Bara par som nås skrivs: alla {total} skulle ge en för stor fil",
            "Only pairs that are reached are written: all {total} would make the file too big",
        ),
        "ring": Text("{site}: {area} ha inom {minutes} min", "{site}: {area} ha within {minutes} min"),
        "sites_found": Text("{count} lägen hittade", "{count} sites found"),
        "sites_none": Text(
            "Inget läge uppfyller villkoren; minska arealen eller avstånden",
            "No site meets the conditions; ask for a smaller area or shorter distances",
        ),
        "meets": Text("Lagret uppfyller vad {layer} kräver", "The layer meets what {layer} requires"),
        "fails": Text("Lagret uppfyller inte vad {layer} kräver: {count} slag av fel", "The layer does not meet what {layer} requires: {count} kinds of fault"),
        "fault": Text("Fel: {fault}", "Fault: {fault}"),
        "note": Text("Att tänka på: {fault}", "Worth knowing: {fault}"),
        # layers and fields
        "rings_title": Text("Nås inom {minutes} minuter", "Reached within {minutes} minutes"),
        "sites_title": Text("Kandidatområden", "Candidate sites"),
        "faults_title": Text("Fel i {name}", "Faults in {name}"),
        "site": Text("Plats", "Site"),
        "from_minutes": Text("Restid över", "Minutes above"),
        "minutes": Text("Restid högst", "Minutes at most"),
        "area_ha": Text("Areal", "Area"),
        "ring_ha": Text("Areal inom gränsen", "Area within the boundary"),
        "rank": Text("Plats i ordningen", "Rank"),
        "score_100": Text("Poäng (0–100)", "Score (0–100)"),
        "compactness": Text("Rundhet (1 är en cirkel)", "Compactness (1 is a circle)"),
        "radius_m": Text("Största cirkelns radie", "Radius of the largest circle"),
        "nearest_m": Text("Till närmaste andra läge", "To the nearest other site"),
        "near_m": Text("Avstånd till det som ska ligga nära", "Distance to what should be near"),
        "place": Text("plats {rank}", "rank {rank}"),
        "later": Text("plats {rank} och senare", "rank {rank} and later"),
        "feature": Text("Objektets nummer", "Feature number"),
        "what": Text("Vad som är fel", "What is wrong"),
        "fix": Text("Vad som kan göras", "What to do"),
        "fatal": Text("Hindrar körning", "Stops a run"),
    }
)


def text(key: str, **values: object) -> Text:
    """Return words in both languages with their places filled.

    Examples
    --------
    >>> text("place", rank=1).sv
    'plats 1'
    """
    found = TOOL_WORDS[key]
    return Text(found.sv.format(**values), found.en.format(**values)) if values else found


def say(key: str, language: Language, **values: object) -> str:
    """Return words in one language with their places filled."""
    return text(key, **values)[language]
