"""What is counted from a village: the radius, the nearest in each country, jobs, who is beyond a limit, and what nobody has told."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from landplan.errors import CRSError
from landplan.growth import villages as v
from landplan.od import ODMatrix

CRS = "EPSG:3006"


def points(*at, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([x for x, _ in at], [y for _, y in at]), crs=CRS)


def test_the_radius_is_inclusive_and_countries_are_apart():
    village = points((0, 0))
    squares = points((3, 4), (0, 5), (0, 5.001), population=[1, 10, 100], country=["SE", "FI", "SE"], working_age=[1, None, 50])
    found = v.people_around(village, squares, radius_m=5, countries=("SE", "FI", "NO")).set_index("country")
    assert found["population"].tolist() == [1, 10, 0]
    # ten whose ages nobody told are not ten of no working age; where nobody lives, nobody is
    assert found["working_age"].fillna(-1).tolist() == [1, -1, 0]


def test_a_village_without_anything_around_it():
    found = v.people_around(points((0, 0)), points((9, 9), population=[4], country=["SE"]), radius_m=1, countries=("SE",))
    assert found["population"].tolist() == [0]
    assert v.mean_around(points((0, 0)), points((9, 9), share=[0.5]), "share", radius_m=1)["mean"].isna().all()
    assert v.total_around(points((0, 0)), points((9, 9), houses=[5]), "houses", radius_m=1)["total"].tolist() == [0]


def test_houses_that_nobody_counted_are_not_nought():
    found = v.total_around(points((0, 0)), points((0, 1), houses=[None]), "houses", radius_m=5)
    assert found["total"].isna().all()
    assert found["unknown"].tolist() == [1]


def test_degrees_are_refused():
    with pytest.raises(CRSError, match="villages"):
        v.people_around(points((0, 0)).set_crs(4326, allow_override=True), points((0, 0), population=[1], country=["SE"]), radius_m=5, countries=("SE",))


def test_a_matrix_of_other_places_is_refused():
    with pytest.raises(v.VillageError, match="1 villages and 2 places, not of 1 and 1"):
        v.nearest(ODMatrix.from_dense(np.ones((1, 2))), pd.DataFrame({"name": ["a"], "country": ["SE"]}), countries=("SE",))


def test_why_there_is_no_way():
    od = ODMatrix.from_dense(np.array([[5.0], [np.inf], [np.inf]]), origin_ids=["a", "b", "c"])
    found = v.nearest(od, pd.DataFrame({"name": ["x"], "country": ["SE"]}), countries=("SE", "FI"), off_network={"c"})
    reasons = found.set_index(["village_id", "country"])["reason"]
    assert reasons["a", "SE"] == ""
    assert reasons["b", "SE"] == "disconnected"
    assert reasons["c", "SE"] == "off_network"
    assert set(reasons.xs("FI", level="country")) == {"no_service"}
    assert np.isinf(found.loc[found["reason"] != "", "minutes"]).all()


matrices = some.lists(some.lists(some.floats(0, 200, allow_nan=False), min_size=4, max_size=4), min_size=1, max_size=5)


@settings(max_examples=50, deadline=None)
@given(matrices, some.lists(some.floats(1, 3), min_size=4, max_size=4), some.lists(some.sampled_from(["SE", "FI"]), min_size=4, max_size=4))
def test_slower_ways_never_bring_a_service_nearer_nor_more_jobs(rows, slower, lands):
    warm = np.array(rows)
    od, cold = ODMatrix.from_dense(warm), ODMatrix.from_dense(warm * np.array(slower))
    found = v.nearest(od, pd.DataFrame({"name": list("abcd"), "country": lands}), countries=("SE", "FI"), winter=cold)
    assert (found["winter_min"] >= found["minutes"]).all()
    work = pd.DataFrame({"jobs": [1, 2, 3, 4], "country": lands})
    jobs = v.jobs_within(od, work, within_min=60, countries=("SE", "FI"), winter=cold)
    assert (jobs["winter_jobs"] <= jobs["jobs"]).all()
    # both countries together are all of it
    assert jobs.groupby("village_id")["jobs"].sum().tolist() == pytest.approx(((od.to_dense() <= 60) @ np.array([1, 2, 3, 4])).tolist())
    nearest = found.groupby("village_id")["minutes"].min().to_numpy()
    assert nearest == pytest.approx(od.to_dense().min(axis=1))


def test_the_limit_of_the_safe_route_is_within_it():
    squares = points((0, 1), (0, 2), (0, 3), population=[1, 2, 4], way_m=[800.0, 800.1, np.inf])
    assert v.persons_beyond(points((0, 0)), squares, radius_m=5, limit_m=800).tolist() == [6]
    with pytest.raises(v.VillageError, match="way_m"):
        v.persons_beyond(points((0, 0)), squares.assign(way_m=np.nan), radius_m=5, limit_m=800)
