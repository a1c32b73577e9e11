"""Lit ways: a lamp lights what is near it, and a lit way is never shorter than the nearest."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from landplan.errors import CRSError
from landplan.growth.safety import lit_share, lit_ways
from landplan.growth.services import ServiceError

CRS = "EPSG:3006"


def street(*lines):
    return gpd.GeoDataFrame(geometry=[LineString(x) for x in lines], crs=CRS)


def lamps(*points):
    return gpd.GeoDataFrame(geometry=[Point(p) for p in points], crs=CRS)


def test_lamps_every_forty_metres_light_a_street():
    ways = street([(0, 0), (400, 0)], [(0, 500), (400, 500)])
    found = lit_share(ways, lamps(*[(x, 6) for x in range(0, 401, 40)]), within_m=25.0)
    assert found.tolist() == [1.0, 0.0]


def test_half_a_street_by_hand():
    found = lit_share(street([(0, 0), (1000, 0)]), lamps(*[(x, 0) for x in range(0, 501, 20)]), within_m=10.0, step_m=1.0)
    assert found[0] == pytest.approx(0.51, abs=0.002)


def test_no_lamps_and_no_ways():
    assert lit_share(street([(0, 0), (10, 0)]), lamps(), within_m=30.0).tolist() == [0.0]
    assert lit_share(street(), lamps((0, 0)), within_m=30.0).tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(1.0, 3.0))
def test_lit_is_a_part_of_near_and_grows_with_the_detour(seed, detour):
    rng = np.random.default_rng(seed)
    every = rng.uniform(0, 40, 50)
    lit = np.where(rng.uniform(size=50) < 0.3, np.inf, every * rng.uniform(1, 2.5, 50))
    weight = rng.integers(0, 9, 50) + 1.0
    near, ok = lit_ways(every, lit, weight, within_min=20.0, detour=detour)
    assert 0 <= ok <= near <= 1
    assert ok <= lit_ways(every, lit, weight, within_min=20.0, detour=detour + 0.5)[1] + 1e-12


def test_what_is_no_question_is_refused():
    with pytest.raises(ServiceError):
        lit_ways([1.0], [1.0], [1.0], within_min=5, detour=0.5)
    with pytest.raises(ServiceError):
        lit_ways([1.0], [1.0, 2.0], [1.0], within_min=5)
    with pytest.raises(ServiceError):
        lit_share(street([(0, 0), (1, 0)]), lamps((0, 0)), within_m=0)
    with pytest.raises(CRSError):
        lit_share(street([(0, 0), (1, 0)]).set_crs("EPSG:4326", allow_override=True), lamps((0, 0)), within_m=30)
