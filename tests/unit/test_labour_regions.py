"""Commuting tables as matrices of one regime, and labour-market regions made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landplan import catchment as c
from landplan.errors import LayerError


def square(values, names=None):
    names = names or list("abcdefghijkl")[: len(values)]
    return pd.DataFrame(np.array(values, float), names, names)


def test_chains_rings_and_places_outside():
    #                      a    b    c    d
    chain = square([[100, 0, 0, 0], [20, 80, 0, 0], [0, 15, 85, 0], [0, 0, 10, 90]])
    got = c.labour_market_regions(chain)
    # d -> c -> b -> a has three links: cut at the weakest, d's
    assert got["region"].tolist() == ["a", "a", "a", "d"]
    assert got["why"].tolist() == ["self-sufficient", "attached", "attached", "chain cut"]
    assert got["links"].tolist() == [0, 1, 2, 0]
    assert c.labour_market_regions(chain, max_links=3)["region"].tolist() == ["a", "a", "a", "a"]
    assert c.labour_market_regions(chain, max_links=1)["links"].max() == 1
    ring = square([[70, 30, 0], [25, 75, 0], [0, 0, 9]])
    got = c.labour_market_regions(ring)
    assert got["region"].tolist() == ["b", "b", "c"]
    assert got.loc["b", "why"] == "mutual"
    away = pd.DataFrame([[80.0, 20.0]], ["a"], ["a", "oslo"])
    got = c.labour_market_regions(away)
    assert got.loc["a", ["region", "why", "links"]].tolist() == ["oslo", "outside", 1]


def test_thresholds_are_inclusive_and_margins_are_to_the_nearest():
    flows = square([[80, 7.5, 12.5], [0, 100, 0], [0, 0, 0]])
    got = c.labour_market_regions(flows, single_out=0.2)
    assert got.loc["a", "centre"]
    assert got.loc["a", "margin_points"] == pytest.approx(0.0, abs=1e-9)
    assert got.loc["a", "margin_of"] == "total_out"
    assert got.loc["c", "why"] == "no one employed"
    assert np.isnan(got.loc["c", "margin_points"])
    got = c.labour_market_regions(flows)
    assert got.loc["a", ["region", "margin_of"]].tolist() == ["c", "single_out"]
    assert got.loc["a", "margin_points"] == pytest.approx(-5.0)
    assert got.loc["a", "margin_persons"] == pytest.approx(-5.0)


def test_a_new_site_changes_who_belongs_where():
    flows = square([[95, 5], [7, 93]], ["town", "village"])
    before = c.labour_market_regions(flows)
    after = c.labour_market_regions(flows, plus=pd.DataFrame([[5.0]], ["village"], ["town"]))
    assert c.compare_regions(before, after)[["region_before", "region_after"]].to_numpy().tolist() == [["village", "town"]]
    with pytest.raises(LayerError, match="destination 'twon' of the added flows is not a zone"):
        c.labour_market_regions(flows, plus=pd.DataFrame([[5.0]], ["village"], ["twon"]))
    with pytest.raises(LayerError, match="take more from town -> village than the 5"):
        c.labour_market_regions(flows, plus=pd.DataFrame([[-6.0]], ["town"], ["village"]))
    with pytest.raises(LayerError, match="total_out is a share"):
        c.labour_market_regions(flows, total_out=20)
    with pytest.raises(LayerError, match="'village' is in one of the two"):
        c.compare_regions(before, after.drop(index="village"))


def commuting(*rows):
    return pd.DataFrame(rows, columns=["year", "residence_code", "workplace_code", "employed"])


def test_a_commuting_table_becomes_a_matrix_of_one_regime():
    table = commuting((2023, "1", "1", 90), (2023, "1", "2", 10), (2024, "1", "1", 110), (2024, "1", "2", 30), (2024, "2", "2", 50), ("c.2021", "9", "9", 1))
    both = c.commuting_flows(table)
    assert both.years == (2023, 2024)
    assert both.matrix.loc["1"].tolist() == [100, 20]
    assert both.counts["pairs_not_in_the_table"] == 1
    assert c.commuting_flows(table, years=2024, zones=["1"]).external == ("2",)
    assert c.commuting_flows(commuting((2021, "1", "1", 5))).noise_floor == 0.0
    with pytest.raises(LayerError, match="has no year 2020; it has 2023, 2024"):
        c.commuting_flows(table, years=2020)
    with pytest.raises(LayerError, match="2018 and 2019 lie on either side of 2019"):
        c.commuting_flows(commuting((2018, "1", "1", 5), (2019, "1", "1", 5)))
    with pytest.raises(LayerError, match="1 -> 1 occurs more than once in 2024"):
        c.commuting_flows(commuting((2024, "1", "1", 5), (2024, "1", "1", 5)))
    with pytest.raises(LayerError, match="1 -> 2 in 2024 has no number of persons"):
        c.commuting_flows(commuting((2024, "1", "2", "..")))
    with pytest.raises(LayerError, match="1 -> 2 in 2024 has a negative number"):
        c.commuting_flows(commuting((2024, "1", "2", -4)))
    with pytest.raises(LayerError, match="zone 1 is not in the commuting table; codes are text"):
        c.commuting_flows(table, years=2024, zones=[1])
