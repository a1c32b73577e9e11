"""The ledger: hectares excluded by what, alone and together, exact from the histogram of reason masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.grid import Grid
from landplan.kernels import reasons

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ledger", "legal_hectares"]

_COLUMNS = ["name", "hardness", "legal", "excluded_ha", "alone_ha", "shared_ha", "freed_ha"]


def ledger(
    excluded_by: NDArray[np.uint64], constraints: Sequence[Any], grid: Grid, *, inside: NDArray[np.bool_] | None = None,
    zones: NDArray[np.int32] | None = None, names: Sequence[str] = (), known: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Count hectares per constraint, of the whole or of each zone.

    Parameters
    ----------
    excluded_by : ndarray of uint64
        Bit i is constraint i.
    constraints : sequence
        Objects with `name`, `hardness`, `legal`.
    grid : Grid
    inside : ndarray of bool, optional
        Count these cells only.
    zones : ndarray of int32, optional
        Zone of each cell (a municipality), below 0 for none; the table then has a column `zone`.
    names : sequence of str, optional
        What zones are called, by number.
    known : ndarray of bool, optional
        Cells with a score: land without one is not free, whatever is relaxed.

    Returns
    -------
    pandas.DataFrame
        One row a constraint (and zone): `name`, `hardness`, `legal`, `excluded_ha` (by it), `alone_ha` (by it and no other excluding
        constraint), `shared_ha`, and `freed_ha`: what would be free, and has a score, if it alone were relaxed. For "weigh", which excludes nothing,
        `freed_ha` is 0 and `alone_ha` is what it weighs on that is free otherwise.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.suitability import Constraint
    >>> two = [Constraint("lake", None), Constraint("park", None)]
    >>> bits = np.array([[1, 3], [2, 0]], np.uint64)
    >>> ledger(bits, two, Grid("EPSG:3006", 100.0, 0.0, 200.0, (2, 2)))[["name", "excluded_ha", "alone_ha"]].values.tolist()
    [['lake', 2.0, 1.0], ['park', 2.0, 1.0]]
    """
    import pandas as pd

    found = _histogram(excluded_by, inside, zones)
    scored = found if known is None or known.all() else _histogram(excluded_by, known if inside is None else inside & known, zones)
    hard = _bits(constraints, ("absolute", "dispensation"))
    every = range(max(len(names), int(found.zone.max(initial=-1)) + 1)) if zones is not None else range(1)
    rows = []
    for z in every:
        mine = found.zone == z
        masks, ha = found.bits[mine], found.cells[mine] * grid.cell_ha
        could = scored.zone == z
        if_free, free_ha = scored.bits[could], scored.cells[could] * grid.cell_ha
        for i, c in enumerate(constraints):
            has = (masks & np.uint64(1 << i)) != 0
            alone = has & ((masks & np.uint64(hard & ~(1 << i))) == 0)
            total, only = float(ha[has].sum()), float(ha[alone].sum())
            freed = (if_free & np.uint64(hard | 1 << i)) == np.uint64(1 << i)
            row = {
                "name": c.name, "hardness": c.hardness, "legal": c.legal, "excluded_ha": total, "alone_ha": only, "shared_ha": total - only,
                "freed_ha": 0.0 if c.hardness == "weigh" else float(free_ha[freed].sum()),
            }  # fmt: skip
            rows.append(row if zones is None else {"zone": names[z] if z < len(names) else str(z), **row})
    return pd.DataFrame(rows, columns=_COLUMNS if zones is None else ["zone", *_COLUMNS])


def legal_hectares(
    excluded_by: NDArray[np.uint64], constraints: Sequence[Any], grid: Grid, *, inside: NDArray[np.bool_] | None = None,
    zones: NDArray[np.int32] | None = None, names: Sequence[str] = (), known: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Share land out by the hardest constraint on it; the hectares add up to the whole.

    Parameters
    ----------
    excluded_by, constraints, grid, inside, zones, names
        As for `ledger`.
    known : ndarray of bool, optional
        Cells with a score; land without constraint that has none is unknown and not free.

    Returns
    -------
    pandas.DataFrame
        One row (a zone): `absolute_ha`, `dispensation_ha` (free if every dispensation were given), `weigh_ha`, `free_ha`, `unknown_ha`.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.suitability import Constraint
    >>> two = [Constraint("lake", None), Constraint("shore", None, hardness="dispensation")]
    >>> bits = np.array([[1, 3], [2, 0]], np.uint64)
    >>> legal_hectares(bits, two, Grid("EPSG:3006", 100.0, 0.0, 200.0, (2, 2))).values.tolist()
    [[2.0, 1.0, 0.0, 1.0, 0.0]]
    """
    import pandas as pd

    found = _histogram(excluded_by, inside, zones)
    gone = None if known is None else _histogram(excluded_by, ~known if inside is None else inside & ~known, zones)
    every = range(max(len(names), int(found.zone.max(initial=-1)) + 1)) if zones is not None else range(1)
    rows = []
    for z in every:
        cells, lost = (_by_hardest(h, constraints, z) * grid.cell_ha if h is not None else np.zeros(4) for h in (found, gone))
        # what excludes or weighs is known whatever the score
        row = {
            "absolute_ha": cells[3], "dispensation_ha": cells[2], "weigh_ha": cells[1], "free_ha": cells[0] - lost[0], "unknown_ha": lost[0],
        }  # fmt: skip
        rows.append(row if zones is None else {"zone": names[z] if z < len(names) else str(z), **row})
    return pd.DataFrame(rows)


def _by_hardest(found: reasons.Reasons, constraints: Sequence[Any], zone: int) -> NDArray[np.float64]:
    """Cells of a zone that nothing holds, and by the hardest that holds them: weighed, dispensation, absolute."""
    mine = found.zone == zone
    hardest = np.zeros(int(mine.sum()), np.int64)
    for rank, word in enumerate(("weigh", "dispensation", "absolute"), start=1):
        hardest[(found.bits[mine] & np.uint64(_bits(constraints, (word,)))) != 0] = rank
    cells: NDArray[np.float64] = np.bincount(hardest, weights=found.cells[mine], minlength=4).astype(np.float64)
    return cells


def _bits(constraints: Sequence[Any], words: Sequence[str]) -> int:
    return sum(1 << i for i, c in enumerate(constraints) if c.hardness in words)


def _histogram(excluded_by: NDArray[np.uint64], inside: NDArray[np.bool_] | None, zones: NDArray[np.int32] | None) -> reasons.Reasons:
    zone = zones
    if inside is not None and not (zones is None and inside.all()):
        zone = np.where(inside, np.int32(0) if zones is None else zones, np.int32(-1)).astype(np.int32)
    return reasons.histogram(excluded_by, zone)
