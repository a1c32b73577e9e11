"""Figures that a local can check ("Kontrollera själv"): modelled beside published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landplan.errors import PlanError
from landplan.export.items import Check
from landplan.plan import Plan
from landplan.run.sharing import RESTRICTED
from landplan.units import format_number

if TYPE_CHECKING:
    from landplan.run.runner import Done

__all__ = ["TOLERANCE", "make_checks"]

TOLERANCE = {"minutes": 0.25, "population": 0.0, "area": 0.005}
"""Share by which a modelled figure may miss the published one; minutes are expected slower, not faster."""


def make_checks(plan: Plan, done: Done) -> tuple[Check, ...]:
    """Return the plan's checks with their modelled figures.

    Raises
    ------
    PlanError
        If a check names a place, layer or feature that does not exist.
    """
    out = []
    lang = plan.plan.language
    for i, check in enumerate(plan.checks):
        modelled: float | None = None
        where = f"[[checks]] number {i + 1}"
        decimals, unit = 0, ""
        if check.kind == "minutes":
            decimals, unit = 1, "min"
            if done.catchments is None:
                continue
            table = done.catchments.minutes_to
            row = table[(table["site_id"] == check.site) & (table["place"] == check.to)]
            if row.empty:
                raise PlanError(f"{where}: no locality or facility is called {check.to!r}")
            value = float(row["minutes"].iloc[0])
            modelled = value if np.isfinite(value) else None
        elif check.kind == "population":
            unit = "invånare" if lang == "sv" else "inhabitants"
            if "population_grid" not in done.layers.layers:
                continue
            grid = done.layers.layers["population_grid"].frame
            modelled = float(grid.loc[grid["municipality_code"].astype(str) == check.feature, "population"].sum())
        else:
            unit = "ha"
            layer = done.layers.layers.get(check.layer or "")
            if layer is None or layer.source.sharing == RESTRICTED:
                continue
            found = layer.frame[layer.frame["name"] == check.feature]
            if found.empty:
                raise PlanError(f"{where}: layer {check.layer!r} has no feature named {check.feature!r}")
            modelled = float(found.geometry.area.sum()) / 10_000.0
            decimals = 1
        low, high = check.published_low, check.published_high
        slack = TOLERANCE[check.kind]
        passed = None if modelled is None else low * (1 - slack) - 1e-9 <= modelled <= high * (1 + slack) + 1e-9
        ends = [format_number(v, 0, language=lang) for v in (low, high)]
        out.append(
            Check(
                what=check.title.text(), modelled=modelled, published="–".join(dict.fromkeys(ends)), unit=unit,
                source=check.source, decimals=decimals, date=check.date, passed=passed,
            )
        )
    return tuple(out)
