"""What a run changes against the one that it replaces."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from landplan.compare import compare, read_run, snapshot
from landplan.errors import LayerError
from landplan.export import display
from landplan.export.findings import Changes
from landplan.export.items import Atlas

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["since"]

log = logging.getLogger(__name__)


def since(before: Path | None, atlas: Atlas) -> Changes | None:
    """Compare results with the run directory that they are about to replace.

    Parameters
    ----------
    before : Path or None
        The run directory as it lies.
    atlas : Atlas
        The new results.

    Returns
    -------
    Changes or None
        None where there is no run before. Only rows that differ are kept, so that an unchanged run has nothing.

    Examples
    --------
    >>> since(None, atlas)  # doctest: +SKIP
    """
    if before is None or not (before / "run.json").is_file():
        return None
    try:
        old = read_run(before)
        tables = {t.id: t for t in atlas.tables if t.sharing != "restricted"}
        # as a run writes them: what is compared with the past is what the future will read
        written = json.loads(json.dumps(atlas.provenance.as_dict(), ensure_ascii=False))
        new = snapshot(written, tuple(tables), lambda name: display.tidy(tables[name].frame, tables[name].fields) if name in tables else None)
        found = compare(old, new)
    except (LayerError, OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the run before in %s cannot be compared: %s", before.name, error)
        return Changes(readable=False)
    rankings = {name: moved for name, table in found.rankings.items() if len(moved := _moved(table))}
    thresholds = found.thresholds
    if thresholds is not None:
        thresholds = thresholds[~_alike(thresholds["before"], thresholds["after"])]
    return Changes(
        created=old.created, version=old.version, parameters=found.parameters, layers=found.layers,
        thresholds=thresholds if thresholds is not None and len(thresholds) else None, rankings=rankings,
        results=found.results if len(found.results) else None,
    )


def _alike(before: pd.Series, after: pd.Series) -> pd.Series:
    return (before.astype("Float64") == after.astype("Float64")).fillna(False).astype(bool) | (before.isna() & after.isna())


def _moved(table: pd.DataFrame) -> pd.DataFrame:
    same = _alike(table["rank_before"], table["rank_after"]) & _alike(table["score_before"].round(1), table["score_after"].round(1))
    return table[~same]
