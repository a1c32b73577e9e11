"""Squares with few persons: one partition for every layer, nothing lost, nobody alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.run.squares import ShownSquares, groups


def squares(persons, codes=None, working=None, step=250.0):
    n = len(persons)
    frame = gpd.GeoDataFrame(
        {"square_id": [f"r{i}" for i in range(n)], "municipality_code": codes or ["2280"] * n, "population": persons, "locality_id": [str(i) for i in range(n)]},
        geometry=[shapely.box(i * step, 0, (i + 1) * step, step) for i in range(n)], crs="EPSG:3006",
    )
    if working is not None:
        frame["working_age"] = working
    return frame


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 40), st.integers(0, 40), st.integers(0, 2)), min_size=1, max_size=60), st.integers(0, 8))
def test_every_group_holds_enough_or_is_all_there_is(rows, limit):
    persons, x, y, code = (np.array(v, dtype=np.float64) for v in zip(*rows, strict=True))
    found = groups(x * 250, y * 250, persons, code.astype(np.int64), limit)
    frame = pd.DataFrame({"g": found, "p": persons, "c": code})
    sums = frame.groupby("g").agg(p=("p", "sum"), codes=("c", "nunique"), first=("c", "first"))
    assert (sums["codes"] == 1).all()
    for g, row in sums.iterrows():
        assert row["p"] >= limit or row["p"] == persons[code == row["first"]].sum(), g
    # a group is named by its first member, and large squares only take strays in
    assert all(found[g] == g and g == np.flatnonzero(found == g)[0] for g in np.unique(found))
    large = np.flatnonzero(persons >= limit)
    assert len(set(found[large])) == large.size


def test_no_person_is_lost_and_the_shapes_hold_the_same_land():
    frame = squares([1, 2, 40, 0, 1, 5], working=[1, 0, 20, 0, 1, 3])
    shown = ShownSquares.of(frame, 3)
    out = shown.base().set_index("square_id")
    assert out["population"].to_dict() == {"r0 +1": 3, "r2": 40, "r5 +1": 6} or out["population"].sum() == frame["population"].sum()
    assert out["population"].sum() == 49
    assert out["squares"].sum() == 5
    assert out.geometry.area.sum() == pytest.approx(5 * 250.0**2)
    # a group is a figure too: one of working age, or one who is not, is still nobody's business
    assert out["working_age"].isna().any()
    assert out.loc["r0 +1", "locality_id"] is None or pd.isna(out.loc["r0 +1", "locality_id"])


def test_layers_of_squares_share_one_partition_and_minutes_are_the_squares_mean():
    frame = squares([1, 2, 40, 5])
    shown = ShownSquares.of(frame, 3)
    reached = frame.assign(minutes=[10.0, 40.0, 7.123456789, np.nan], reason=["", "", "", "beyond_cutoff"])
    out = shown.layer(reached, ("minutes",)).set_index("square_id")
    # over squares, not persons: a mean by persons would tell who lives where
    assert out.loc["r0 +1", "minutes"] == pytest.approx((10 + 40) / 2)
    assert out.loc["r2", "minutes"] == 7.123456789
    assert out.loc["r3", "reason"] == "beyond_cutoff"
    # a layer that holds one member of a group shows the whole group's persons: nothing differs between layers
    part = shown.layer(reached.iloc[[1]], ("minutes",)).set_index("square_id")
    assert part["population"].to_dict() == {"r0 +1": 3}
    assert part.geometry.iloc[0].equals(out.loc["r0 +1", "geometry"])


def test_a_municipality_with_fewer_than_the_limit_stays_hidden():
    shown = ShownSquares.of(squares([1, 40, 1], codes=["A", "B", "A"]), 3)
    out = shown.layer(squares([1, 40, 1]).assign(minutes=1.0, reason=""), ("minutes",)).set_index("square_id")
    assert out["population"].isna().tolist() == [True, False]
    assert out["reason"].tolist() == ["few_persons", ""]


def test_no_limit_shows_the_squares_as_they_are():
    frame = squares([1, 2, 40])
    out = ShownSquares.of(frame, 0).base()
    assert out["square_id"].tolist() == ["r0", "r1", "r2"]
    assert out["population"].tolist() == [1, 2, 40]
    assert ShownSquares.of(frame.iloc[:0], 3).base().empty


def test_who_lives_where_in_a_group_cannot_be_worked_back_from_what_is_shown():
    """The same group with its persons the other way round shows the same figures."""
    shown = []
    for persons in ([1, 2, 40], [2, 1, 40]):
        frame = squares(persons, working=persons)
        zones = frame.assign(minutes=[10.0, 40.0, 7.0], labour=np.array(persons) * 0.8, expected=np.array(persons) * 0.8 * [0.3, 0.1, 0.4])
        shown.append(ShownSquares.of(frame, 3).layer(zones, ("minutes",), rates=("expected",), of="labour").drop(columns="geometry"))
    pd.testing.assert_frame_equal(*shown)
    group = shown[0].set_index("square_id").loc["r0 +1"]
    assert group["expected"] == pytest.approx(0.2 * 3 * 0.8, abs=0.051)
    # where those of working age are hidden, so is who of them works there
    hidden = squares([1, 2, 40], working=[1, 1, 38])
    zones = hidden.assign(minutes=1.0, labour=1.0, expected=0.5)
    out = ShownSquares.of(hidden, 3).layer(zones, ("minutes",), rates=("expected",), of="labour")
    assert out["expected"].isna().all()
