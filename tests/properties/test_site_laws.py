"""Laws of sites: area is kept, order changes nothing, what is promised holds."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan import suitability as s
from landplan.grid import Grid
from landplan.kernels import components
from landplan.suitability.coverage import cells_of, coverage_of
from landplan.suitability.fit import fits, largest_rectangle

CRS = "EPSG:3006"
laws = settings(deadline=None, derandomize=True, max_examples=40)
GRID = Grid.cover((620_000, 6_940_000, 620_300, 6_940_200), cell_m=10, crs=CRS)

offset = st.floats(-40, 340, allow_nan=False)
spots = st.lists(st.tuples(offset, offset), min_size=3, max_size=12)


def polygon(points):
    shape = shapely.make_valid(shapely.Polygon([(620_000 + x, 6_940_000 + y) for x, y in points]))
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    assume(len(parts))
    shape = shapely.MultiPolygon(list(parts))
    assume(shape.is_valid and shape.area > 1)
    return shape


@laws
@given(spots, st.sampled_from([2.5, 10.0, 37.0]))
def test_a_polygon_keeps_its_area_on_any_grid(points, cell_m):
    shape = polygon(points)
    grid = Grid.cover(shape.bounds, cell_m=cell_m, crs=CRS)
    share = cells_of(shape, grid)[2]
    assert np.isclose(share.sum() * cell_m**2, shape.area, rtol=1e-9)
    assert (share >= 0).all()
    assert (share <= 1).all()


@laws
@given(spots)
def test_land_off_the_grid_is_cut_off_as_shapely_cuts(points):
    shape = polygon(points)
    rows, cols, share = cells_of(shape, GRID)
    inside = shape.intersection(shapely.box(*GRID.bounds)).area
    assert np.isclose(share.sum() * 100, inside, rtol=1e-9, atol=1e-6)
    assert 0 <= rows.start <= rows.stop <= GRID.shape[0]
    assert 0 <= cols.start <= cols.stop <= GRID.shape[1]


@laws
@given(spots, st.integers(0, 11), st.booleans())
def test_where_a_ring_starts_and_which_way_it_runs_change_nothing(points, start, turned):
    shape = polygon(points)
    parts = []
    for part in shape.geoms:
        ring = list(part.exterior.coords)[:-1]
        k = start % len(ring)
        ring = ring[k:] + ring[:k]
        parts.append(shapely.Polygon(ring[::-1] if turned else ring, [h.coords for h in part.interiors]))
    a, b = cells_of(shape, GRID), cells_of(shapely.MultiPolygon(parts[::-1]), GRID)
    assert a[:2] == b[:2]
    assert np.allclose(a[2], b[2], atol=1e-12)


@laws
@given(st.lists(spots, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_features_changes_nothing_and_sums_cover_the_largest(layers, random):
    import geopandas as gpd

    shapes = [polygon(p) for p in layers]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=CRS)
    order = list(range(len(shapes)))
    random.shuffle(order)
    most = coverage_of(frame, GRID)
    assert (most == coverage_of(frame.iloc[order], GRID)).all()
    both = coverage_of(frame, GRID, merge="sum")
    assert np.allclose(both, coverage_of(frame.iloc[order], GRID, merge="sum"), atol=1e-6)
    union = shapely.union_all(shapes).intersection(shapely.box(*GRID.bounds)).area / 100
    assert most.sum(dtype=np.float64) <= union + 1e-3
    assert both.sum(dtype=np.float64) >= union - 1e-3


# ---------------------------------------------------------------- sites

FIELD = Grid.cover((0, 0, 80, 80), cell_m=10, crs=CRS)
masks = st.integers(0, 2**64 - 1).map(lambda bits: np.array([(bits >> i) & 1 for i in range(64)], bool).reshape(8, 8))


def scored(raw, blocked, **more):
    criterion = s.Criterion("x", np.array(raw, np.float32).reshape(8, 8), s.value.linear(0, 9), 1.0)
    return s.evaluate(FIELD, [s.Constraint(f"k{i}", m, hardness=h) for i, (m, h) in enumerate(blocked)], [criterion], **more)


hardness = st.sampled_from(["absolute", "dispensation", "weigh"])
scores = st.lists(st.integers(0, 9), min_size=64, max_size=64)


@laws
@given(scores, masks, masks, masks, st.sampled_from([None, 10.0, 20.0]), st.integers(1, 3))
def test_what_a_candidate_site_promises_holds(raw, a, b, bridge, bridge_m, tries):
    blocked = a & b
    result = scored(raw, [(blocked, "absolute")])
    sites = s.candidate_sites(result, 0.04, 0.12, apart_m=15, count=6, bridgeable=bridge, bridge_m=bridge_m, tries=tries)
    assert sites["verified"].all()
    x, y = FIELD.centres()
    for site in sites.itertuples():
        inside = shapely.contains_xy(site.geometry, *np.meshgrid(x, y))
        land = inside & ~bridge
        assert site.geometry.geom_type == "Polygon"
        assert site.geometry.is_valid
        assert 4 <= land.sum() <= 12
        assert np.isclose(site.area_ha, land.sum() * 0.01)
        assert np.isclose(site.bridged_ha, (inside & bridge).sum() * 0.01)
        assert not (land & blocked).any()
        assert np.isclose(site.score, result.score[land].mean(), atol=1e-6)
        # no bridge sticks out alone
        assert len(components.label(inside)[1].area_cells) == 1
        # the circle holds usable land only
        assert site.inscribed_radius_m <= np.sqrt(land.sum() * 100 / np.pi) + 1e-9
    for i, one in enumerate(sites.geometry):
        for other in sites.geometry[i + 1 :]:
            assert one.distance(other) >= 15


@laws
@given(st.lists(st.tuples(masks, hardness), max_size=4), st.lists(st.tuples(st.floats(-20, 100), st.floats(-20, 100)), min_size=3, max_size=7))
def test_a_sites_hectares_are_its_own(blocked, points):
    import geopandas as gpd

    shape = shapely.make_valid(shapely.Polygon(points))
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    assume(parts and shapely.MultiPolygon(parts).area > 1)
    sites = gpd.GeoDataFrame(geometry=[shapely.MultiPolygon(parts)], crs=CRS)
    row = s.score_sites(scored([5] * 64, blocked), sites).iloc[0]
    area = sites.area.iloc[0] / 1e4
    legal = row["absolute_ha"] + row["dispensation_ha"] + row["weigh_ha"] + row["free_ha"]
    assert np.isclose(legal + row["off_grid_ha"], area, rtol=1e-9, atol=1e-10)
    assert np.isclose(row["allowed_ha"], row["weigh_ha"] + row["free_ha"], rtol=1e-9, atol=1e-12)
    if row["cells"]:
        assert np.isclose(row["score"], 5 / 9, atol=1e-6)
        assert np.isclose(row["contribution_x"], row["score"], atol=1e-6)
    hard = [row[f"excluded_ha_k{i}"] for i, (_, h) in enumerate(blocked) if h != "weigh"]
    if max(hard, default=0) > 0:
        assert row[f"excluded_ha_{row['limiting_constraint']}"] == max(hard)
    else:
        assert row["limiting_constraint"] == ""


@laws
@given(scores, masks, st.integers(1, 7), st.integers(1, 7))
def test_cutting_a_site_in_two_keeps_its_hectares_and_its_sums(raw, blocked, x, y):
    import geopandas as gpd

    result = scored(raw, [(blocked, "absolute")])
    whole, cut = shapely.box(3, 4, 77, 71), 3 + 74 * x / 8
    sites = gpd.GeoDataFrame(geometry=[whole, shapely.box(3, 4, cut, 71), shapely.box(cut, 4, 77, 71)], crs=CRS)
    cards = s.score_sites(result, sites)
    for column in ("allowed_ha", "absolute_ha", "free_ha", "excluded_ha_k0"):
        assert np.isclose(cards[column].iloc[0], cards[column].iloc[1:].sum())
    area = sites.area.to_numpy()
    assert np.isclose(cards["value_x"].iloc[0] * area[0], (cards["value_x"] * area).iloc[1:].sum())


# ---------------------------------------------------------------- rectangles

few = settings(deadline=None, derandomize=True, max_examples=12)


@few
@given(spots)
def test_a_reported_rectangle_lies_in_the_land_and_fits_again(points):
    shape = polygon(points)
    assume(shape.area > 200)
    found = largest_rectangle(shape, GRID)
    if not found.fits:
        return
    assert shape.covers(found.rectangle)
    assert np.isclose(found.length_m * found.width_m, found.rectangle.area)
    assert found.area_m2 <= shape.area * (1 + 1e-9)
    sides = sorted(np.hypot(*np.diff(np.array(found.rectangle.exterior.coords), axis=0).T))
    assert np.allclose(sides, [found.width_m] * 2 + [found.length_m] * 2)


@few
@given(spots, st.floats(0, 90), st.floats(-500, 500))
def test_turning_and_moving_the_land_turns_and_moves_the_answer(points, turn, move):
    shape = shapely.convex_hull(polygon(points))
    assume(shape.area > 400)
    turned = shapely.affinity.translate(shapely.affinity.rotate(shape, turn), move, -move)
    one, two = largest_rectangle(shape, GRID), largest_rectangle(turned, GRID)
    # directions are tried a step apart, from east
    assert np.isclose(one.area_m2, two.area_m2, rtol=0.02)
    least = 0.97
    assert fits(turned, GRID, least * one.length_m, least * one.width_m).fits
