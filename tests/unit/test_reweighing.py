"""Other weights on the same sites: the parts that a page re-ranks with give what the library gives."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landplan import suitability as s
from landplan.grid import Grid

GRID = Grid("EPSG:3006", 10.0, 0.0, 400.0, (40, 40))
SITES = gpd.GeoDataFrame(
    geometry=[shapely.box(13, 20, 171, 133), shapely.box(200, 200, 380, 395), shapely.Point(255, 255), shapely.box(-90, -90, -10, -10)],
    crs="EPSG:3006",
)


def criteria(rng):
    few = np.where(rng.random(GRID.shape) < 0.4, np.nan, rng.random(GRID.shape) * 10).astype(np.float32)
    other = np.where(rng.random(GRID.shape) < 0.3, np.nan, rng.random(GRID.shape)).astype(np.float32)
    classes = rng.integers(0, 3, GRID.shape).astype(np.uint8)
    lost = np.where(rng.random(GRID.shape) < 0.1, np.nan, rng.random(GRID.shape)).astype(np.float32)
    return [
        s.Criterion("firm", rng.random(GRID.shape).astype(np.float32), s.value.linear(0, 1), 0.2),
        s.Criterion("class", classes, s.value.categories({0: 0.1, 1: 0.5, 2: 1.0}), 0.1),
        s.Criterion("few", few, s.value.linear(10, 0), 0.3, unknown="ignore"),
        s.Criterion("other", other, s.value.sigmoid(0.5, 0.1), 0.2, unknown="ignore"),
        s.Criterion("worst", lost, s.value.linear(0, 1), 0.15, unknown="worst"),
        s.Criterion("must", lost, s.value.linear(1, 0), 0.05),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_parts_answer_for_any_weights_as_the_library_does(seed):
    rng = np.random.default_rng(seed)
    base = criteria(rng)
    parts = s.score_parts(s.evaluate(GRID, [], base), SITES)
    for _ in range(4):
        weights = rng.dirichlet(np.ones(len(base)))
        again = s.evaluate(GRID, [], [replace(c, weight=float(w)) for c, w in zip(base, weights, strict=True)])
        want = s.score_sites(again, SITES)["score"].to_numpy()
        got = np.array([s.reweighed(p, weights) for p in parts])
        np.testing.assert_allclose(got, want, atol=2e-7)
        # only proportions count
        assert s.reweighed(parts[0], 7 * weights) == pytest.approx(got[0])


def test_shares_are_of_the_known_land_and_a_site_off_the_grid_has_none():
    parts = s.score_parts(s.evaluate(GRID, [], criteria(np.random.default_rng(1))), SITES)
    assert [round(sum(p[0] for p in site), 12) for site in parts] == [1, 1, 1, 0]
    assert [len(site) for site in parts] == [4, 4, 1, 0]
    assert np.isnan(s.reweighed((), np.ones(6)))


def test_other_methods_have_no_parts():
    result = s.evaluate(GRID, [], criteria(np.random.default_rng(1)), "minimum")
    assert s.score_parts(result, SITES) == [(), (), (), ()]
