"""The ledger: hectares excluded by what, alone and together, exact from the histogram of reason masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.grid import Grid

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ledger"]


def ledger(
    excluded_by: NDArray[np.uint64], constraints: Sequence[Any], grid: Grid, *, inside: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Count hectares per constraint.

    Parameters
    ----------
    excluded_by : ndarray of uint64
        Bit i is constraint i.
    constraints : sequence
        Objects with `name`, `hardness`, `legal`.
    grid : Grid
    inside : ndarray of bool, optional
        Count these cells only.

    Returns
    -------
    pandas.DataFrame
        One row a constraint: `name`, `hardness`, `legal`, `excluded_ha` (by it), `alone_ha` (by it and no other
        excluding constraint: what relaxing it would free), `shared_ha`.
    """
    import pandas as pd

    cells = excluded_by if inside is None else excluded_by[inside]
    masks, counts = np.unique(cells, return_counts=True)
    hard = 0
    for i, c in enumerate(constraints):
        if c.hardness != "weigh":
            hard |= 1 << i
    rows = []
    for i, c in enumerate(constraints):
        bit = np.uint64(1 << i)
        has = (masks & bit) != 0
        others = np.uint64(hard & ~(1 << i))
        alone = has & ((masks & others) == 0)
        total, only = int(counts[has].sum()), int(counts[alone].sum())
        rows.append(
            {
                "name": c.name,
                "hardness": c.hardness,
                "legal": c.legal,
                "excluded_ha": total * grid.cell_ha,
                "alone_ha": only * grid.cell_ha,
                "shared_ha": (total - only) * grid.cell_ha,
            }
        )
    return pd.DataFrame(rows, columns=["name", "hardness", "legal", "excluded_ha", "alone_ha", "shared_ha"])
