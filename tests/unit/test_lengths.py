"""Kilometres of a fastest way on the toy lattice, and on networks where one cannot turn around."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

from landplan import network as n
from landplan.errors import NetworkError
from tests.toy import CRS, X0, Y0, lattice


def points(*xy):
    return gpd.GeoDataFrame(geometry=[Point(X0 + x, Y0 + y) for x, y in xy], crs=CRS)


def test_ways_on_the_lattice_are_its_blocks():
    net = n.from_layer(lattice())
    homes = points((0, 0), (125, 0), (2000, 2000), (3900, 4000), (2000, 1900), (90_000, 0))
    found = n.fastest_km(net, homes, points((2000, 2000)))
    assert found[:5].tolist() == pytest.approx([4.0, 3.875, 0.0, 3.9, 0.1])
    assert np.isnan(found[5])


def test_the_fast_way_is_measured_not_the_short_one():
    roads = gpd.GeoDataFrame(
        {"road_id": ["slow", "up", "fast", "down"], "road_class": "street", "speed_kmh": [10.0, 100.0, 100.0, 100.0]},
        geometry=[LineString([(0, 0), (1000, 0)]), LineString([(0, 0), (0, 500)]), LineString([(0, 500), (1000, 500)]), LineString([(1000, 500), (1000, 0)])], crs=CRS,
    )
    net = n.from_layer(roads)
    at = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(990, 0)], crs=CRS)
    goal = gpd.GeoDataFrame(geometry=[Point(1000, 0)], crs=CRS)
    assert n.fastest_km(net, at, goal).tolist() == pytest.approx([2.0, 0.01])


def test_a_one_way_street_is_not_driven_backwards():
    roads = gpd.GeoDataFrame(
        {"road_id": ["a", "b", "c"], "road_class": "street", "speed_kmh": 36.0, "oneway": ["forward", "forward", "forward"]},
        geometry=[LineString([(0, 0), (600, 0)]), LineString([(600, 0), (600, 800)]), LineString([(600, 800), (0, 0)])], crs=CRS,
    )
    net = n.from_layer(roads)
    home, goal = (gpd.GeoDataFrame(geometry=[Point(x, 0)], crs=CRS) for x in (300, 100))
    # round the whole block: 300 on, 800, 1 000 and 100
    assert n.fastest_km(net, home, goal).tolist() == pytest.approx([2.2])
    assert n.fastest_km(net, goal, home).tolist() == pytest.approx([0.2])
    with pytest.raises(NetworkError, match="one destination"):
        n.fastest_km(net, home, gpd.GeoDataFrame(geometry=[Point(0, 0), Point(1, 1)], crs=CRS))
