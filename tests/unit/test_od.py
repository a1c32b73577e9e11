"""OD matrices from tables: what is dropped, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landplan.errors import LayerError
from landplan.od import ODMatrix


def test_a_table_of_pairs_with_missing_ids_or_words_for_minutes():
    """A missing id became the last destination's, and the kernels wrote beside their arrays."""
    table = pd.DataFrame({"o": ["a", None, "b"], "d": ["x", "y", None], "m": [1.0, 2.0, 3.0]})
    with pytest.raises(LayerError, match=r"o is empty in 1 of 3 rows of the OD table \(first in row 1\); leave these rows out"):
        ODMatrix.from_long(table, "o", "d", "m")
    with pytest.raises(LayerError, match="d is empty in 1 of 3 rows"):
        ODMatrix.from_long(table.fillna({"o": "c"}), "o", "d", "m")
    with pytest.raises(LayerError, match=r"m must be numbers, got the type .*; convert it"):
        ODMatrix.from_long(table.assign(o="a", d=["x", "y", "z"], m=["1", "2", "far"]), "o", "d", "m")
    whole = pd.DataFrame({"o": ["a", "b", "b"], "d": ["x", "y", "x"], "m": [np.inf, 2.0, np.nan]})
    od = ODMatrix.from_long(whole, "o", "d", "m")
    assert (od.shape, od.pairs) == ((2, 2), 1)
    again = ODMatrix.from_long(od.to_frame(), "origin", "destination", "minutes")
    assert again.to_dense().tolist() == [[2.0]]
