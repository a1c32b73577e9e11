"""Two runs compared: plan, layers, ranking and catchment, from what the runs wrote."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare_runs"]


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
    """

    parameters: tuple[tuple[str, Any, Any], ...]
    layers: tuple[str, ...]
    rankings: dict[str, pd.DataFrame]
    thresholds: pd.DataFrame | None

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
        return out or ["the two runs are the same"]


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
    """
    a, b = _read(first), _read(second)
    before, after = (_flat(m["provenance"]["parameters"]) for m in (a, b))
    parameters = tuple(
        (k, before.get(k), after.get(k)) for k in sorted({*before, *after}) if before.get(k) != after.get(k)
    )
    hashes = [{x["layer"]: x["sha256"] for x in m["provenance"]["layers"]} for m in (a, b)]
    layers = tuple(k for k in sorted({*hashes[0], *hashes[1]}) if hashes[0].get(k) != hashes[1].get(k))
    rankings: dict[str, Any] = {}
    for file in a.get("files", {}):
        stem = Path(file).stem.removeprefix("DEMONSTRATIONSDATA_")
        if not (file.startswith("tables/") and file.endswith("_table.parquet")):
            continue
        old, new = _table(first, a, stem), _table(second, b, stem)
        if old is None or new is None:
            continue
        cols = ["site_id", "name", "rank", "score_100"]
        merged = old[cols].merge(new[cols], on="site_id", how="outer", suffixes=("_before", "_after"))
        merged["name"] = merged["name_after"].fillna(merged["name_before"])
        rankings[stem] = (
            merged[["site_id", "name", "rank_before", "rank_after", "score_100_before", "score_100_after"]]
            .rename(columns={"score_100_before": "score_before", "score_100_after": "score_after"})
            .sort_values(["rank_after", "rank_before"])
        )
    thresholds = None
    old, new = _table(first, a, "thresholds"), _table(second, b, "thresholds")
    if old is not None and new is not None:
        thresholds = old[["minutes", "population"]].merge(new[["minutes", "population"]], on="minutes", suffixes=("_a", "_b"))
        thresholds = thresholds.rename(columns={"population_a": "before", "population_b": "after"})
        thresholds["change"] = thresholds["after"] - thresholds["before"]
    return Comparison(parameters, layers, rankings, thresholds)
