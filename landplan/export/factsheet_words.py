"""The words of the fact sheet that no other export says: what an investor asks of a site, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export.wordlist import teller
from landplan.style import Text

__all__ = ["FACTS", "UNITS", "VALUES", "WORDS", "say"]

FACTS: Final[Mapping[str, tuple[Text, str]]] = MappingProxyType(
    {
        "allowed_ha": (Text("Användbar areal", "Usable area"), "ha"),
        "mw": (Text("Eleffekt", "Electric power"), "MW"),
        "rail_m": (Text("Avstånd till järnväg", "Distance to railway"), "m"),
        "road_m": (Text("Avstånd till väg", "Distance to road"), "m"),
        "port_min": (Text("Restid till hamn", "Travel time to a port"), "min"),
        "airport_min": (Text("Restid till flygplats", "Travel time to an airport"), "min"),
        "land_control": (Text("Rådighet", "Land control"), ""),
        "owner": (Text("Markägare", "Landowner"), ""),
        "build_ready_year": (Text("Byggklar år", "Build-ready year"), ""),
        "availability": (Text("Tillgång", "Availability"), ""),
    }
)
"""The names in `SiteCard.facts` that the sheet shows, in its order, with their units."""

VALUES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "ledig": Text("ledig", "available"),
        "reserverad": Text("reserverad", "reserved"),
        "såld": Text("såld", "sold"),
        "full": Text("full rådighet", "full control"),
        "option": Text("option", "option"),
        "delvis": Text("delvis", "partial"),
        "ingen": Text("ingen", "none"),
        "kommun": Text("kommun", "municipality"),
        "stat": Text("stat", "state"),
        "bolag": Text("bolag", "company"),
        "privat": Text("privat", "private"),
    }
)
"""Words for values of the industrial-land layer, used when no layer on the page says them itself."""

UNITS: Final[Mapping[str, Text]] = MappingProxyType(
    {"personer": Text("personer", "persons"), "invånare": Text("invånare", "inhabitants"), "poäng": Text("poäng", "points")}
)
"""Units that are words; the others are the same in both languages."""

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "fact_sheet": Text("Faktablad", "Fact sheet"),
        "key_facts": Text("Fakta om läget", "Facts about the site"),
        "not_known": Text("uppgift saknas", "not known"),
        "not_reached": Text("kan inte nås", "cannot be reached"),
        "place_and_score": Text("Plats {rank}, {score} av 100 poäng", "Rank {rank}, {score} of 100 points"),
        "asked": Text("Svar på förfrågan", "Answer to the enquiry"),
        "requirement": Text("Krav", "Requirement"),
        "wanted": Text("Önskat", "Wanted"),
        "has": Text("Läget har", "The site has"),
        "met": Text("Uppfyllt", "Met"),
        "unknown": Text("Okänt", "Unknown"),
        "met_count": Text("{met} av {total} krav uppfyllda.", "{met} of {total} requirements met."),
        "met_unknown": Text(
            "{met} av {total} krav uppfyllda; för {unknown} saknas uppgift.",
            "{met} of {total} requirements met; for {unknown} the figure is not known.",
        ),
        "worked_out": Text("ur denna körning", "from this run"),
        "demo_part": Text("demonstrationsdata", "demonstration data"),
        "date_missing": Text("aktualitet saknas", "date not stated"),
        "source_missing": Text("källa saknas", "source not stated"),
        "more": Text("… och {count} till; se rapporten.", "… and {count} more; see the report."),
    }
)

say: Final = teller(WORDS)
