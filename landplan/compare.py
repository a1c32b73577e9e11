"""Two runs compared: plan, layers, ranking and catchment, from what the runs wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "Snapshot", "compare", "compare_runs", "read_run", "snapshot"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    Attributes
    ----------
    parameters : tuple of (key, before, after)
    layers : tuple of str
        Layers whose files differ.
    rankings : dict of str to pandas.DataFrame
        Per table: `name`, `rank_before`, `rank_after`, `score_before`, `score_after`.
    thresholds : pandas.DataFrame or None
        `minutes`, `before`, `after`, `change` in persons.
    results : pandas.DataFrame
        Other results that differ: `table`, `row` (what the row is about), `column`, `before`, `after`; a row that only one run has is empty in the other.
    """

    parameters: tuple[tuple[str, Any, Any], ...]
    layers: tuple[str, ...]
    rankings: dict[str, pd.DataFrame]
    thresholds: pd.DataFrame | None
    results: pd.DataFrame

    def lines(self) -> list[str]:
        """Return the comparison as sentences."""
        out = [f"{key}: {before} -> {after}" for key, before, after in self.parameters]
        out += [f"layer {name} differs" for name in self.layers]
        for name, table in self.rankings.items():
            moved = table[table["rank_before"] != table["rank_after"]]
            out.append(f"{name}: {len(moved)} of {len(table)} change rank")
            for row in moved.head(10).to_dict("records"):
                ranks = [_rank(row["rank_before"]), _rank(row["rank_after"])]
                out.append(f"  {row['name']!s}: rank {ranks[0]} -> {ranks[1]}")
        if self.thresholds is not None:
            out += [
                f"within {row['minutes']:g} min: {row['before']:,.0f} -> {row['after']:,.0f} persons ({row['change']:+,.0f})"
                for row in self.thresholds.to_dict("records")
            ]
        for name_, rows in self.results.groupby("table", sort=False):
            out.append(f"{name_}: {rows['row'].nunique()} rows differ")
            for cells in rows.head(_MOST_LINES).to_dict("records"):
                out.append(f"  {cells['row']}, {cells['column']}: {_cell(cells['before'])} -> {_cell(cells['after'])}")
            if len(rows) > _MOST_LINES:
                out.append(f"  and {len(rows) - _MOST_LINES} more figures")
        return out or ["the two runs are the same"]


_MOST_LINES: Final = 12
_COMPARED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "growth_scenarios_": (("scenario",), ("population_start", "population", "net_per_year", "dwellings_per_year", "first_short")),
    "growth_reserve_": (("plan_stage",), ("dwellings_min", "dwellings_max", "years_max")),
    "growth_sites_": (("site_id", "name"), ("dwellings", "first_year")),
    "growth_services_": (("service",), ("places", "users_start", "users_end", "first_short")),
    "growth_first_": (("department", "what"), ("decide_by", "msek")),
    "growth_money_": (("year",), ("msek",)),
    "workers_totals": (("kind",), ("expected",)),
}
"""Tables whose rows are held against each other: what a row is known by, and the figures that are."""


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "":
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _results(first: Snapshot, second: Snapshot) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys((*first.tables, *second.tables)):
        rule = next((r for prefix, r in _COMPARED.items() if name.startswith(prefix)), None)
        if rule is None:
            continue
        keys, values = rule
        tables = [t for t in (first.table(name), second.table(name)) if t is not None]
        if not tables or any(not set(keys) <= set(t.columns) for t in tables):
            continue
        sides = [_by_key(side.table(name), keys) for side in (first, second)]
        for key in dict.fromkeys((*sides[0], *sides[1])):
            for column in values:
                before, after = (side.get(key, {}).get(column) for side in sides)
                if not _alike(before, after):
                    rows.append({"table": name, "row": ", ".join(key), "column": column, "before": before, "after": after})
    return pd.DataFrame(rows, columns=["table", "row", "column", "before", "after"])


def _by_key(table: pd.DataFrame | None, keys: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    if table is None:
        return {}
    return {tuple(str(row[k]) for k in keys): {str(c): v for c, v in row.items()} for row in table.to_dict("records")}


def _alike(before: Any, after: Any) -> bool:
    empty = [v is None or v == "" or (isinstance(v, float) and math.isnan(v)) for v in (before, after)]
    if any(empty):
        return all(empty)
    if isinstance(before, int | float) and isinstance(after, int | float):
        return math.isclose(float(before), float(after), rel_tol=1e-9, abs_tol=1e-9)
    return str(before) == str(after)


def _rank(value: Any) -> str:
    number = float("nan") if value is None else float(value)
    return "-" if math.isnan(number) else f"{number:.0f}"


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in _flat(item, f"{prefix}{key}.").items()}
    if isinstance(value, list):
        return {
            k: v
            for i, item in enumerate(value)
            for k, v in _flat(item, f"{prefix}{item.get('name', i) if isinstance(item, dict) else i}.").items()
        }
    return {prefix.rstrip("."): value}


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise LayerError(f"{folder} is not a run directory (no readable run.json: {exc})") from None
    return data


def _table(folder: Path, manifest: dict[str, Any], name: str) -> pd.DataFrame | None:
    import pandas as pd

    for file in manifest.get("files", {}):
        stem = Path(file).stem.removeprefix("DEMONSTRATIONSDATA_")
        if file.startswith("tables/") and file.endswith(".parquet") and stem == name and (folder / file).is_file():
            return pd.read_parquet(folder / file)
    return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run as it is compared: of a folder, or of results that are not written yet.

    Attributes
    ----------
    parameters : mapping of str to object
        The plan's values by dotted key.
    layers : mapping of str to str
        Each layer's checksum.
    tables : tuple of str
        Names of the tables that `table` knows.
    table : callable
        Returns a table by its name, None where there is none.
    created, version : str
        The day, and the landplan, that made it.
    synthetic : bool
        Whether anything in it is made up.
    """

    parameters: Mapping[str, Any]
    layers: Mapping[str, str]
    tables: tuple[str, ...]
    table: Callable[[str], pd.DataFrame | None]
    created: str = ""
    version: str = ""
    synthetic: bool = False


def read_run(folder: Path) -> Snapshot:
    """Return a run directory as it is compared.

    Parameters
    ----------
    folder : Path
        With the ``run.json`` of a run.

    Returns
    -------
    Snapshot

    Raises
    ------
    LayerError
        If it is not a run directory.

    Examples
    --------
    >>> read_run(Path("out/torsboda")).created  # doctest: +SKIP
    '2026-11-23'
    """
    manifest = _read(folder)
    names = tuple(
        Path(f).stem.removeprefix("DEMONSTRATIONSDATA_") for f in manifest.get("files", {}) if f.startswith("tables/") and f.endswith(".parquet")
    )
    found = snapshot(
        manifest["provenance"], names, lambda name: _table(folder, manifest, name), created=manifest.get("created", ""),
        version=manifest.get("landplan", ""),
    )
    return replace(found, synthetic=bool(manifest.get("synthetic", False)))


def snapshot(
    provenance: Mapping[str, Any], names: tuple[str, ...], table: Callable[[str], pd.DataFrame | None], *, created: str = "", version: str = ""
) -> Snapshot:
    """Return results as they are compared.

    Parameters
    ----------
    provenance : mapping
        As ``run.json`` has it: parameters, and layers with their checksums.
    names : tuple of str
        The tables there are.
    table : callable
        Returns a table by its name.
    created, version : str, optional
        The day, and the landplan, that made them.

    Returns
    -------
    Snapshot

    Examples
    --------
    >>> snapshot({"parameters": {"plan": {"cell_m": 50}}, "layers": []}, (), lambda name: None).parameters
    {'plan.cell_m': 50}
    """
    return Snapshot(_flat(provenance["parameters"]), {x["layer"]: x["sha256"] for x in provenance["layers"]}, names, table, created, version)


def compare_runs(first: Path, second: Path) -> Comparison:
    """Compare two run directories.

    Parameters
    ----------
    first, second : Path
        Before and after.

    Returns
    -------
    Comparison

    Raises
    ------
    LayerError
        If one is not a run directory.

    Examples
    --------
    >>> compare_runs(Path("out/torsboda"), Path("out/torsboda-winter")).lines()  # doctest: +SKIP
    """
    return compare(read_run(first), read_run(second))


def compare(first: Snapshot, second: Snapshot) -> Comparison:
    """Compare two runs, from folders or not written yet.

    Parameters
    ----------
    first, second : Snapshot
        Before and after.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> a, b = ({"parameters": {"cell_m": m}, "layers": []} for m in (50, 25))
    >>> compare(*(snapshot(x, (), lambda name: None) for x in (a, b))).parameters
    (('cell_m', 50, 25),)
    """
    before, after = first.parameters, second.parameters
    parameters = tuple(
        (k, before.get(k), after.get(k)) for k in sorted({*before, *after}) if before.get(k) != after.get(k)
    )
    layers = tuple(k for k in sorted({*first.layers, *second.layers}) if first.layers.get(k) != second.layers.get(k))
    rankings: dict[str, Any] = {}
    cols = ["site_id", "name", "rank", "score_100"]
    for stem in first.tables:
        if not stem.endswith("_table"):
            continue
        old, new = first.table(stem), second.table(stem)
        if old is None or new is None or not all(set(cols) <= set(t.columns) for t in (old, new)):
            continue
        # a candidate's number is its place in one run's list: only with its name is it the same piece of land
        merged = old[cols].merge(new[cols], on=["site_id", "name"], how="outer", suffixes=("_before", "_after"))
        rankings[stem] = (
            merged[["site_id", "name", "rank_before", "rank_after", "score_100_before", "score_100_after"]]
            .rename(columns={"score_100_before": "score_before", "score_100_after": "score_after"})
            .sort_values(["rank_after", "rank_before"])
        )
    thresholds = None
    old, new = first.table("thresholds"), second.table("thresholds")
    if old is not None and new is not None:
        thresholds = old[["minutes", "population"]].merge(new[["minutes", "population"]], on="minutes", suffixes=("_a", "_b"))
        thresholds = thresholds.rename(columns={"population_a": "before", "population_b": "after"})
        thresholds["change"] = thresholds["after"] - thresholds["before"]
    return Comparison(parameters, layers, rankings, thresholds, _results(first, second))
