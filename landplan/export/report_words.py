"""The fixed words of the report's own chapters: what changed, where figures stand; in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export.wordlist import teller
from landplan.style import Text

__all__ = ["REPORT_WORDS", "say"]

REPORT_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "not_answered": Text("Det här svarar verktyget inte på", "What this tool does not answer"),
        "not_answered_help": Text(
            "Frågor som är viktiga i arbetet men som ingen karta svarar på, och var de hör hemma.", "Questions that matter in the work and that no map answers, and where they belong."
        ),
        "lead": Text("Tillväxten i korthet", "Growth in short"),
        "changes": Text("Ändrat sedan förra körningen", "Changed since the last run"),
        "changes_none": Text(
            "Det fanns ingen tidigare körning i mappen att jämföra med.", "There was no earlier run in the folder to compare with."
        ),
        "changes_unreadable": Text(
            "Det fanns en tidigare körning i mappen, men den gick inte att läsa.", "There was an earlier run in the folder, but it could not be read."
        ),
        "changes_nothing": Text(
            "Jämfört med körningen {created}: plan, lager, rangordning och antal invånare är desamma.",
            "Compared with the run of {created}: plan, layers, ranking and counts of inhabitants are the same.",
        ),
        "changes_since": Text(
            "Jämfört med körningen {created} (landplan {version}). Bara det som skiljer sig visas.",
            "Compared with the run of {created} (landplan {version}). Only what differs is shown.",
        ),
        "changed_layers": Text("Ändrade lager: {layers}.", "Changed layers: {layers}."),
        "changed_parameters": Text("Ändrade parametrar", "Changed parameters"),
        "changed_reach": Text("Invånare inom restid", "Inhabitants within travel time"),
        "changed_sites": Text("{title}: ändrad plats eller poäng", "{title}: changed rank or score"),
        "before": Text("Före", "Before"),
        "after": Text("Efter", "After"),
        "change": Text("Skillnad", "Change"),
        "minutes": Text("Inom (min)", "Within (min)"),
        "persons_before": Text("Före (personer)", "Before (persons)"),
        "persons_after": Text("Efter (personer)", "After (persons)"),
        "persons_change": Text("Skillnad (personer)", "Change (persons)"),
        "rank_before": Text("Plats före", "Rank before"),
        "rank_after": Text("Plats efter", "Rank after"),
        "score_before": Text("Poäng före (0–100)", "Score before (0–100)"),
        "score_after": Text("Poäng efter (0–100)", "Score after (0–100)"),
        "not_there": Text("fanns inte", "was not there"),
        "rest": Text("… och {count} till.", "… and {count} more."),
        "figures_of": Text("Var svarens siffror står", "Where the answers' figures stand"),
        "figures_help": Text(
            "Varje tal i svaren är hämtat ur en resultattabell; tabellen finns som fil i mappen tables.",
            "Every number in the answers is taken from a table of results; the table is a file in the folder tables.",
        ),
        "said": Text("I svaret", "In the answer"),
        "row": Text("Rad", "Row"),
        "column": Text("Kolumn", "Column"),
        "row_count": Text("antal rader", "number of rows"),
        "every_row": Text("alla", "all"),
        "formula": Text("Formel", "Formula"),
        "formula_where": Text("där", "where"),
    }
)

say: Final = teller(REPORT_WORDS)
