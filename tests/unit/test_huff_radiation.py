"""Huff's shares and the radiation model by hand, and why nothing is reached."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landplan import catchment as c
from landplan.errors import LayerError
from landplan.od import ODMatrix

ABC = list("abc")


def square(values, names=None):
    names = names or list("abcdefghijkl")[: len(values)]
    return pd.DataFrame(np.array(values, float), names, names)


def test_huff_says_why_nothing_is_reached():
    cost = pd.DataFrame([[1.0, 2.0], [np.inf, np.inf], [np.inf, 3.0]], ABC, ["x", "y"])
    got = c.huff(cost, {"x": 5.0, "y": 0.0}, parameters={"beta": 1.0}, demand=[10, 20, 30])
    assert got.shares.to_numpy().tolist() == [[1, 0], [0, 0], [0, 0]]
    assert got.reasons.tolist() == ["", "disconnected", "no_service"]
    assert got.unserved == 50
    od = ODMatrix.from_dense(cost.to_numpy(), origin_ids=ABC, destination_ids=["x", "y"])
    assert c.huff(od, {"x": 5.0, "y": 0.0}, parameters={"beta": 1.0}).reasons.tolist() == ["", "beyond_cutoff", "no_service"]
    with pytest.raises(LayerError, match="a -> x costs 0 and a power decay"):
        c.huff(cost - 1.0, {"x": 5.0, "y": 1.0}, parameters={"beta": 1.0})
    with pytest.raises(LayerError, match="decay tanner needs alpha and beta; alpha is missing"):
        c.huff(cost, {"x": 5.0, "y": 1.0}, decay="tanner", parameters={"beta": 1.0})
    with pytest.raises(LayerError, match=r"attraction lacks 1 of 2 zones .*'y'"):
        c.huff(cost, {"x": 5.0}, parameters={"beta": 1.0})


def test_radiation_by_hand():
    """Simini et al. 2012, equation 2, on three zones in a row: s is 0 for the nearer and the nearer's mass for the farther."""
    cost = square([[0, 1, 3], [1, 0, 2], [3, 2, 0]])
    got = c.radiation(cost, [10, 20, 30], [60, 0, 0])
    assert got.flows.loc["a"].tolist() == pytest.approx([0, 60 * 10 * 20 / (10 * 30), 60 * 10 * 30 / (30 * 60)])
    assert got.staying["a"] == pytest.approx(60 * 10 / 60)
    finite = c.radiation(cost, [10, 20, 30], [60, 0, 0], finite_size=True)
    assert finite.flows.loc["a"].sum() == pytest.approx(60)
    alone = c.radiation(cost.mask(cost > 2, np.inf).mask(cost == 1, np.inf), [10, 20, 30], [60, 0, 0])
    assert alone.reasons.tolist() == ["disconnected", "", ""]
    assert alone.staying["a"] == 60
    with pytest.raises(LayerError, match="zone 'a' has 60 leavers and a mass of 0"):
        c.radiation(cost, [0, 20, 30], [60, 0, 0])
    with pytest.raises(LayerError, match="zone 'c' is on one side"):
        c.radiation(cost[["a", "b"]], [1, 1, 1], [1, 1, 1])
