"""Coverage, candidate sites, score cards, access: closed forms and odd inputs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landplan import suitability as s
from landplan.errors import CRSError, LayerError, PlanError
from landplan.grid import Grid
from landplan.suitability import sites as site_functions
from landplan.suitability.coverage import cells_of, coverage_of
from landplan.suitability.fit import fits, largest_rectangle
from landplan.suitability.sites import access_to

GRID = Grid.cover((0, 0, 2_000, 1_000), cell_m=10, crs="EPSG:3006")


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:3006")


# ---------------------------------------------------------------- coverage


def parcels(side=25.0, turn=17.0):
    """Sixteen by sixteen square parcels beside each other, turned so that none lies along the grid."""
    ticks = 600.0 + side * np.arange(16)
    boxes = [shapely.box(x, y - 300, x + side, y - 300 + side) for y in ticks for x in ticks]
    return frame(*(shapely.affinity.rotate(b, turn, origin=(800, 500)) for b in boxes))


def test_parcels_of_25_m_keep_their_area_on_cells_of_10_m():
    layer = parcels()
    assert coverage_of(layer, GRID, merge="sum").sum(dtype=np.float64) * 100 == pytest.approx(layer.area.sum(), rel=1e-6)
    for parcel in layer.geometry:
        share = cells_of(parcel, GRID)[2]
        assert share.sum() * 100 == pytest.approx(parcel.area, rel=1e-9)
        assert share.size < 30
    # a parcel that its centre rule would have counted as 4 to 9 cells of 100 m2
    assert (coverage_of(layer, GRID) > 0.5).sum() * 100 != pytest.approx(layer.area.sum(), rel=1e-3)


def test_shares_equal_exactextracts():
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    rng = np.random.default_rng(5)
    shapes = []
    for _ in range(60):
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 30)))
        reach = rng.uniform(5, 300, turns.size)
        centre = rng.uniform((0, 0), (2_000, 1_000))
        shapes.append(shapely.make_valid(shapely.Polygon(np.c_[centre[0] + reach * np.cos(turns), centre[1] + reach * np.sin(turns)])))
    layer = frame(*shapes)
    raster = NumPyRasterSource(np.arange(GRID.size, dtype=np.int32).reshape(GRID.shape), *GRID.bounds)
    found = exact_extract(raster, layer, ["values", "coverage"], output="pandas", strategy="feature-sequential")
    for shape, values, share in zip(layer.geometry, found["values"], found["coverage"], strict=True):
        want = np.zeros(GRID.size)
        want[values.astype(np.int64)] = share
        rows, cols, got = cells_of(shape, GRID)
        assert np.abs(want.reshape(GRID.shape)[rows, cols] - got).max(initial=0) < 1e-6
        assert want.sum() == pytest.approx(got.sum(), rel=1e-6, abs=1e-9)


def test_odd_shapes_of_a_layer():
    bow = shapely.Polygon([(100, 100), (200, 200), (200, 100), (100, 200)])
    flat = shapely.Polygon([(0, 0), (50, 0), (20, 0)])
    mixed = shapely.GeometryCollection([shapely.box(300, 300, 325, 325), shapely.Point(1, 1)])
    z = shapely.Polygon([(400, 400, 5), (430, 400, 6), (430, 430, 7)])
    share = coverage_of(frame(bow, None, shapely.Polygon(), flat, mixed, z), GRID)
    # two triangles of 100 x 50 / 2 from the bow, the square of the collection, half a square
    assert share.sum(dtype=np.float64) * 100 == pytest.approx(2 * 2_500 + 625 + 450, rel=1e-6)
    assert not coverage_of(frame(None), GRID).any()
    assert coverage_of(frame(bow), GRID).dtype == np.float32
    assert cells_of(shapely.box(5_000, 0, 5_010, 10), GRID)[2].size == 0


def test_lines_and_foreign_layers_are_refused():
    with pytest.raises(LayerError, match=r"1 of 2 features have no area \(first: row 1, LineString"):
        coverage_of(frame(shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])), GRID)
    with pytest.raises(CRSError, match="the grid is in EPSG:3006"):
        coverage_of(frame(shapely.box(0, 0, 1, 1)).to_crs(3014), GRID)


# ---------------------------------------------------------------- candidate sites

SMALL = Grid.cover((0, 0, 600, 400), cell_m=10, crs="EPSG:3006")


def result(score=None, *, grid=SMALL, **blocked):
    """A result whose score is the raw raster; `blocked` are masks by name."""
    raw = np.full(grid.shape, 0.8, np.float32) if score is None else np.asarray(score, np.float32)
    constraints = [s.Constraint(name, mask) for name, mask in blocked.items()]
    return s.evaluate(grid, constraints, [s.Criterion("x", raw, s.value.linear(0, 1), 1.0)])


def road(width=1, *, cross=False):
    """A road north to south over the middle of the small grid, and one across it."""
    mask = np.zeros(SMALL.shape, bool)
    mask[:, 30 : 30 + width] = True
    if cross:
        mask[20 : 20 + width] = True
    return mask


def two_fields(width=1):
    """Fields of 20 by 20 cells on both sides of a road of some cells' width."""
    blocked = np.ones(SMALL.shape, bool)
    blocked[10:30, 10 : 50 + width] = False
    blocked |= road(width)
    return blocked


def test_a_small_road_does_not_split_a_site():
    blocked = two_fields()
    r = result(blocked=blocked)
    # each field has 4 ha, both have 8: without bridging there is no site of 6 ha
    assert s.candidate_sites(r, 6, 8).empty
    found = s.candidate_sites(r, 6, 8, bridgeable=road())
    assert len(found) == 1
    site = found.iloc[0]
    assert site["area_ha"] == pytest.approx(8.0)
    assert site["bridged_ha"] == pytest.approx(0.2)
    assert site.geometry.area / 1e4 == pytest.approx(site["area_ha"] + site["bridged_ha"])
    assert site.geometry.equals(shapely.box(100, 100, 510, 300))
    assert site["verified"]
    assert np.isnan(site["nearest_site_m"])
    # the road costs the site its largest circle: twenty cells between the road and the edge, not forty-one
    assert site["inscribed_radius_m"] == pytest.approx(95.0)


def test_the_road_is_no_land_even_where_it_would_be_allowed():
    blocked = two_fields() & ~road()
    found = s.candidate_sites(result(blocked=blocked), 1, 100, bridgeable=road())
    assert found["area_ha"].iloc[0] == pytest.approx(8.0)
    assert found["bridged_ha"].iloc[0] == pytest.approx(0.2)
    assert found["verified"].all()


@pytest.mark.parametrize(("width", "bridge_m", "joined"), [(1, 10, True), (2, 10, False), (2, 20, True), (3, None, True), (1, 0, False)])
def test_a_site_reaches_so_far_over_a_road_and_no_farther(width, bridge_m, joined):
    found = s.candidate_sites(result(blocked=two_fields(width)), 3, 9, bridgeable=road(width), bridge_m=bridge_m)
    assert (found["area_ha"].max() > 4.0 + 1e-9) == joined
    assert found["verified"].all()
    if not joined:
        assert (found["bridged_ha"] == 0).all()


def test_a_small_road_costs_the_ground_it_takes_and_not_its_cells():
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(306, 0), (306, 400)]), shapely.LineString([(306, 100), (306, 150)]), shapely.Point(200, 200)], crs="EPSG:3006")
    ground = s.burning.widened(line, 4)
    found = s.candidate_sites(result(blocked=two_fields()), 6, 8, bridgeable=road(), bridge_shapes=ground)
    # 200 m of 4 m, twice where two roads lie on each other or not; cells would say 0.2
    assert found["bridged_ha"].tolist() == pytest.approx([0.08])
    # the road's cells are excluded land here, so none of them counts
    assert found["area_ha"].tolist() == pytest.approx([8.0])
    assert found["verified"].all()
    # where they are not, the land beside the road is the site's, and its bounds hold for that land too
    free = two_fields() & ~road()
    most = s.candidate_sites(result(blocked=free), 6, 9, bridgeable=road(), bridge_shapes=ground).iloc[0]
    assert (most["area_ha"], most["bridged_ha"], most["verified"]) == (pytest.approx(8.12), pytest.approx(0.08), True)
    less = s.candidate_sites(result(blocked=free), 6, 8, bridgeable=road(), bridge_shapes=ground).iloc[0]
    assert 7.5 < less["area_ha"] <= 8.0 + 1e-9
    assert less["verified"]
    here = np.zeros(SMALL.shape, bool)
    here[:20] = True
    assert s.covered_ha(found, ground, SMALL, of=here) == pytest.approx([0.04])
    assert s.without(found, ground, SMALL)[0].area == pytest.approx(82_000 - 800)
    # a bow tie is mended first, and a ditch of its own outline has its own area
    bow = gpd.GeoDataFrame(geometry=[shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])], crs="EPSG:3006")
    assert s.covered_ha(bow, s.burning.widened(bow, 4), SMALL) == pytest.approx([0.5])
    with pytest.raises(LayerError, match="a width above 0 m"):
        s.burning.widened(line, 0)


def test_the_inscribed_circle_is_the_largest():
    rng = np.random.default_rng(11)
    for _ in range(30):
        land = rng.random((14, 17)) > 0.06
        outside = np.argwhere(~np.pad(land, 1))
        want = 0.0
        for at in np.argwhere(np.pad(land, 1)):
            want = max(want, np.hypot(*np.maximum(np.abs(outside - at) - 0.5, 0).T).min() * 10)
        assert site_functions._inscribed(land, 10.0) == pytest.approx(want)


def test_land_of_score_0_is_land():
    found = s.candidate_sites(result(np.zeros(SMALL.shape)), 1, 2, count=2, apart_m=50)
    assert len(found) == 2
    assert found["verified"].all()
    assert (found["score"] == 0).all()


def test_taken_land_is_not_bridged():
    taken = road()
    assert s.candidate_sites(result(blocked=two_fields()), 6, 8, bridgeable=road(), avoid=taken).empty


def test_steep_and_unknown_slopes_are_left_out():
    slope = np.full(SMALL.shape, 3.0, np.float32)
    slope[:, :20], slope[:, 20:30] = 12.0, np.nan
    found = s.candidate_sites(result(), 4, 8, slope=slope, max_slope=10, apart_m=50, count=3)
    assert len(found) >= 1
    assert (found.bounds["minx"] >= 300).all()
    assert (found["slope_percent"] == 3.0).all()
    assert "slope_percent" not in s.candidate_sites(result(), 4, 8)
    # without a limit the mean slope of the known cells is told
    assert s.candidate_sites(result(), 24, 24, slope=slope)["slope_percent"].iloc[0] == pytest.approx((20 * 12 + 30 * 3) / 50)


def test_of_several_seeds_the_best_site_is_kept():
    rng = np.random.default_rng(2)
    from scipy.ndimage import gaussian_filter

    for _ in range(3):
        noise = gaussian_filter(rng.random(SMALL.shape), 3)
        raw = (noise - noise.min()) / np.ptp(noise)
        quality = {}
        for tries in (1, 6):
            site = s.candidate_sites(result(raw), 5, 6, count=1, tries=tries).iloc[0]
            # in cell sides, as the search measures it
            quality[tries] = (site["score"] + 0.5 * site["compactness"]) / 1.5
            assert site["verified"]
        assert quality[6] >= quality[1] - 1e-9


def test_sites_are_the_same_each_time_and_masks_are_left_alone():
    rng = np.random.default_rng(4)
    raw, blocked = rng.random(SMALL.shape), rng.random(SMALL.shape) < 0.1
    bridge, avoid = rng.random(SMALL.shape) < 0.2, rng.random(SMALL.shape) < 0.02
    kept = bridge.copy(), avoid.copy()
    r = result(raw, blocked=blocked)
    before = r.score.copy(), r.allowed.copy()
    one, two = (s.candidate_sites(r, 1, 2, apart_m=40, bridgeable=bridge, avoid=avoid, bridge_m=20) for _ in range(2))
    assert one.equals(two)
    assert len(one) > 2
    assert one["verified"].all()
    assert (bridge == kept[0]).all()
    assert (avoid == kept[1]).all()
    assert np.array_equal(r.score, before[0], equal_nan=True)
    assert (r.allowed == before[1]).all()
    assert (one["nearest_site_m"] >= 40).all()


def test_a_broken_promise_is_told():
    """The check looks at the outlines, not at what the search believes."""
    found = s.candidate_sites(result(blocked=two_fields()), 1, 2, apart_m=50, count=2)[["site_id", "area_ha", "geometry"]]
    r = result(blocked=two_fields())
    least, most = 100, 200

    def verified(frame, usable=r.allowed, apart_m=50.0):
        frame = frame.copy()
        site_functions._verify(frame, usable, None, SMALL, (least, most), apart_m)
        return frame["verified"].tolist()

    assert verified(found) == [True, True]
    assert verified(found, apart_m=5_000.0) == [False, False]
    none = np.zeros_like(r.allowed)
    assert verified(found, usable=none) == [False, False]
    apart = found.copy()
    apart.loc[0, "geometry"] = shapely.union(found.geometry[0], shapely.box(590, 390, 600, 400))
    assert verified(apart) == [False, True]
    grown = found.copy()
    grown.loc[1, "area_ha"] = 7.0
    assert verified(grown) == [True, False]
    moved = found.copy()
    moved.loc[0, "geometry"] = shapely.affinity.translate(found.geometry[0], 3, 3)
    assert verified(moved) == [False, True]


def test_candidate_refusals():
    with pytest.raises(PlanError, match=r"no whole number of cells of 0\.01 ha"):
        s.candidate_sites(result(), 0.011, 0.019)
    with pytest.raises(PlanError, match="max_slope needs slope"):
        s.candidate_sites(result(), 1, max_slope=5)
    with pytest.raises(PlanError, match="tries"):
        s.candidate_sites(result(), 1, tries=0)
    with pytest.raises(LayerError, match=r"bridgeable: \(2, 2\) does not fit the grid"):
        s.candidate_sites(result(), 1, bridgeable=np.zeros((2, 2), bool))
    with pytest.raises(LayerError, match="avoid: a mask is True and False, got int64"):
        s.candidate_sites(result(), 1, avoid=np.zeros(SMALL.shape, np.int64))
    for more, words in (({"max_ha": np.inf}, "both finite"), ({"apart_m": np.nan}, "apart_m must be 0 or more and finite"), ({"compactness": -1}, "compactness must be 0")):
        with pytest.raises(PlanError, match=words):
            s.candidate_sites(result(), 1, **more)


# ---------------------------------------------------------------- score cards


def hard_result():
    rows, cols = np.indices(SMALL.shape)
    west, north, east = cols < 20, rows < 10, cols >= 50
    raw = (cols / 60).astype(np.float32)
    height = (rows / 40).astype(np.float32)
    return s.evaluate(
        SMALL,
        [
            s.Constraint("west", west), s.Constraint("north", north, hardness="dispensation"),
            s.Constraint("east", east, hardness="weigh"), s.Constraint("never", np.zeros(SMALL.shape, bool)),
        ],
        [s.Criterion("x", raw, s.value.linear(0, 1), 0.7, "m"), s.Criterion("y", height, s.value.linear(0, 1), 0.3)],
        inside=cols < 58,
    )  # fmt: skip


def test_hectares_by_hardness_add_up_to_the_site():
    r = hard_result()
    turned = shapely.affinity.rotate(shapely.box(103, 111, 548, 377), 11)
    over = shapely.affinity.rotate(shapely.box(500, 300, 700, 390), 20)
    tiny = shapely.box(333, 222, 336, 224)
    cards = s.score_sites(r, frame(turned, over, tiny))
    parts = ["absolute_ha", "dispensation_ha", "weigh_ha", "free_ha", "off_grid_ha"]
    area = np.array([turned.area, over.area, tiny.area]) / 1e4
    assert np.allclose(cards[parts].sum(axis=1), area, rtol=1e-9)
    # each is the area of the polygon there
    a = cards.iloc[0]
    west, north, east = shapely.box(0, 0, 200, 400), shapely.box(0, 300, 600, 400), shapely.box(500, 0, 600, 400)
    assert a["absolute_ha"] == pytest.approx(turned.intersection(west).area / 1e4)
    assert a["dispensation_ha"] == pytest.approx(turned.intersection(north).difference(west).area / 1e4)
    assert a["excluded_ha_north"] == pytest.approx(turned.intersection(north).area / 1e4)
    assert a["weigh_ha"] == pytest.approx(turned.intersection(east).difference(north).area / 1e4)
    assert a["excluded_ha_never"] == 0.0
    b = cards.iloc[1]
    assert b["off_grid_ha"] == pytest.approx(over.difference(shapely.box(*SMALL.bounds)).area / 1e4)
    # land to be weighed is allowed, but not outside the study area
    assert b["allowed_ha"] == pytest.approx(over.intersection(shapely.box(500, 0, 580, 300)).area / 1e4)
    assert cards.iloc[2]["cells"] == 1
    assert cards.iloc[2]["free_ha"] == pytest.approx(6 / 1e4)
    assert cards["limiting_constraint"].tolist() == ["north", "north", ""]
    assert s.score_sites(r, frame(shapely.box(150, 100, 250, 310)))["limiting_constraint"].tolist() == ["west"]


def test_values_are_means_over_land_and_not_over_cells():
    raw = np.zeros(SMALL.shape, np.float32)
    raw[:, 31:] = 1.0
    # 4 m in the first column of cells and 6 m in the next: half and half by cells, 0.6 by land
    card = s.score_sites(result(raw), frame(shapely.box(306, 105, 316, 195))).iloc[0]
    assert card["value_x"] == pytest.approx(0.6)
    assert card["score"] == pytest.approx(0.6)
    assert card["contribution_x"] == pytest.approx(0.6)
    assert card["known_share"] == pytest.approx(1.0)


def test_a_class_is_the_one_on_most_land():
    raw = np.full(SMALL.shape, 1.0, np.float32)
    raw[:, 31:] = 2.0
    words = {1.0: "clay", 2.0: "rock"}
    r = s.evaluate(SMALL, [], [s.Criterion("soil", raw, s.value.categories({1: 0.2, 2: 1.0}), 1.0, words=words)])
    # three cells of clay that are hardly met, one of rock
    cards = s.score_sites(r, frame(shapely.box(308, 105, 320, 108), shapely.box(301, 105, 311, 108)))
    assert cards["class_soil"].tolist() == ["rock", "clay"]
    assert cards["score_soil"].tolist() == pytest.approx([0.2 * 2 / 12 + 10 / 12, 0.2 * 0.9 + 0.1])


def test_unknown_land_is_counted_and_left_out_of_means():
    raw = np.full(SMALL.shape, 0.5, np.float32)
    raw[:, 31:] = np.nan
    card = s.score_sites(result(raw), frame(shapely.box(306, 105, 316, 195))).iloc[0]
    assert card["known_share"] == pytest.approx(0.4)
    assert card["score"] == pytest.approx(0.5)
    assert card["free_ha"] == pytest.approx(0.09)
    assert card["allowed_ha"] == pytest.approx(0.4 * 0.09)


def test_sites_without_area_or_shape():
    r = result(np.indices(SMALL.shape)[1] / 60)
    cards = s.score_sites(r, frame(shapely.Point(305, 55), None, shapely.Point(9_999, 0), shapely.Polygon()))
    assert cards["score"].iloc[0] == pytest.approx(0.5)
    assert cards["allowed_ha"].tolist() == [0.0] * 4
    assert cards["score"].iloc[1:].isna().all()
    with pytest.raises(LayerError, match="LineString"):
        s.score_sites(r, frame(shapely.LineString([(0, 0), (5, 5)])))


def test_cards_read_a_result_that_gives_windows():
    """A result may keep its criteria in tiles: the cards ask for the window they need."""
    r = hard_result()
    asked = []

    class Tiled:
        def __getattr__(self, name):
            if name in ("values", "scores"):
                raise AttributeError(name)
            return getattr(r, name)

        def window(self, rows, cols):
            asked.append((rows, cols))
            return r.values[:, rows, cols].copy(), r.scores[:, rows, cols].copy()

    layer = frame(shapely.affinity.rotate(shapely.box(203, 111, 448, 277), 11))
    assert s.score_sites(Tiled(), layer).equals(s.score_sites(r, layer))
    assert len(asked) == 1


# ---------------------------------------------------------------- access


def test_access_is_measured_from_the_outline():
    sites = frame(shapely.box(0, 0, 100, 100), shapely.Point(50, 150), None).set_axis(["a", "b", "c"])
    roads = frame(shapely.LineString([(100, -50), (100, 300)]), shapely.LineString([(-500, 0), (-500, 50)]), None)
    found = access_to(sites, {"trunk": roads, "rail": frame(None)}, {"trunk": 50, "rail": 2_000})
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["trunk_m"].tolist()[:2] == [0.0, 50.0]
    assert np.isnan(found["trunk_m"].iloc[2])
    assert found["trunk_touches"].tolist() == [True, False, False]
    assert found["trunk_reaches"].tolist() == [True, True, False]
    assert np.isinf(found["rail_m"].iloc[0])
    assert not found["rail_reaches"].any()
    assert access_to(sites, {"trunk": roads}, 49.9)["trunk_reaches"].tolist() == [True, False, False]
    assert access_to(sites, {"trunk": roads}, 0, touch_m=50)["trunk_touches"].tolist() == [True, True, False]


def test_access_refusals():
    sites = frame(shapely.box(0, 0, 100, 100))
    with pytest.raises(PlanError, match="max_m has no figure for 'rail'"):
        access_to(sites, {"rail": sites}, {"road": 5})
    with pytest.raises(CRSError, match="rail is in EPSG:4326"):
        access_to(sites, {"rail": sites.to_crs(4326)}, 5)
    with pytest.raises(CRSError, match="sites"):
        access_to(sites.to_crs(4326), {}, 5)


# ---------------------------------------------------------------- does a hall fit

PLOT = Grid.cover((0, 0, 1_000, 1_000), cell_m=10, crs="EPSG:3006")


@pytest.mark.parametrize("turn", [0, 1.3, 27.31, 45, 88.8, 133.7])
def test_a_turned_rectangle_holds_itself_and_no_larger_one(turn):
    field = shapely.affinity.rotate(shapely.box(80, 320, 920, 680), turn)
    found = largest_rectangle(field, PLOT)
    assert found.fits
    assert found.length_m == pytest.approx(840, abs=1e-3)
    assert found.width_m == pytest.approx(360, abs=1e-3)
    assert abs((found.angle_deg - turn + 90) % 180 - 90) < 1e-3
    assert field.covers(found.rectangle)
    assert found.area_m2 == pytest.approx(found.rectangle.area)
    for sides in ((840, 360), (360, 840), (835, 300), (100, 100)):
        one = fits(field, PLOT, *sides)
        assert one.fits
        assert field.covers(one.rectangle)
        assert one.length_m == pytest.approx(max(sides), abs=0.0021)
        assert one.width_m == pytest.approx(min(sides), abs=0.0021)
    for sides in ((840.1, 360), (840, 360.1), (914, 1), (500, 361)):
        assert not fits(field, PLOT, *sides).fits


def test_a_disc_holds_its_square():
    disc = shapely.Point(500, 500).buffer(300, quad_segs=128)
    found = largest_rectangle(disc, PLOT)
    assert found.area_m2 == pytest.approx(2 * 300**2, rel=2e-3)
    assert found.area_m2 <= 2 * 300**2
    assert disc.covers(found.rectangle)
    side = 300 * np.sqrt(2)
    assert fits(disc, PLOT, side - 0.5, side - 0.5).fits
    assert not fits(disc, PLOT, side + 0.1, side + 0.1).fits
    # a rectangle's corners lie on the circle: 4 r^2 = a^2 + b^2
    assert fits(disc, PLOT, 500, np.sqrt(600**2 - 500**2) - 0.5).fits
    assert not fits(disc, PLOT, 500, np.sqrt(600**2 - 500**2) + 0.1).fits


def test_the_largest_rectangle_of_a_triangle_is_half_of_it():
    triangle = shapely.Polygon([(100, 100), (900, 170), (300, 700)])
    found = largest_rectangle(triangle, PLOT)
    assert found.area_m2 == pytest.approx(triangle.area / 2, rel=1e-3)
    assert triangle.covers(found.rectangle)


def test_an_l_holds_its_longer_arm_and_not_a_square_over_the_corner():
    shape = shapely.affinity.rotate(shapely.union(shapely.box(0, 0, 900, 200), shapely.box(0, 0, 250, 700)), 13)
    found = largest_rectangle(shape, PLOT)
    assert found.area_m2 == pytest.approx(900 * 200, rel=1e-6)
    assert fits(shape, PLOT, 700, 250).fits
    assert not fits(shape, PLOT, 700, 251).fits
    assert not fits(shape, PLOT, 300, 300).fits
    # where the width must be more, the other arm is the largest
    wide = largest_rectangle(shape, PLOT, min_width_m=210)
    assert (wide.length_m, wide.width_m) == pytest.approx((700, 250), abs=1e-2)
    assert not largest_rectangle(shape, PLOT, min_width_m=260).fits


def test_a_hole_is_not_built_on():
    field = shapely.box(100, 100, 900, 500).difference(shapely.box(480, 280, 520, 320))
    assert not fits(field, PLOT, 420, 390).fits
    assert fits(field, PLOT, 400, 380).fits
    assert fits(field, PLOT, 800, 180).fits
    assert not fits(field, PLOT, 800, 181).fits
    found = largest_rectangle(field, PLOT)
    assert found.area_m2 == pytest.approx(380 * 400, rel=1e-6)
    # as tight as can be on one side of the hole, whichever corner the rings begin at
    for k in range(4):
        outer, inner = list(shapely.box(100, 100, 900, 500).exterior.coords)[:4], list(shapely.box(300, 280, 340, 320).exterior.coords)[:4]
        turned = shapely.Polygon(outer[k:] + outer[:k], [inner[k:] + inner[:k]])
        assert fits(turned, PLOT, 560, 400).fits
        assert not fits(turned, PLOT, 560.1, 400).fits


def test_a_mask_is_its_cells():
    mask = np.zeros(PLOT.shape, bool)
    mask[20:60, 10:70] = True
    mask[40, 30] = False
    found = largest_rectangle(mask, PLOT)
    assert found.area_m2 == pytest.approx(390 * 400, rel=1e-6)
    free = np.ones(PLOT.shape, bool)
    free[40, 30] = False
    polygon = shapely.box(100, 400, 700, 800)
    assert largest_rectangle(polygon, PLOT, free=free).area_m2 == pytest.approx(found.area_m2)
    assert largest_rectangle(polygon, PLOT).area_m2 == pytest.approx(600 * 400)
    assert fits(mask, PLOT, 600, 200).fits
    assert not fits(mask, PLOT, 600, 201).fits
    assert fits(polygon, PLOT, 600, 400).fits
    assert not fits(polygon, PLOT, 600, 400, free=free).fits
    assert fits(np.ones(PLOT.shape, bool), PLOT, 600, 400, free=mask | (np.indices(PLOT.shape)[0] > 70)).fits is False


def test_nothing_fits_in_nothing():
    for nothing in (shapely.Polygon(), np.zeros(PLOT.shape, bool), shapely.box(0, 0, 5, 5)):
        one = fits(nothing, PLOT, 10, 10)
        assert not one.fits
        assert one.rectangle is None
        assert np.isnan(one.angle_deg)
    assert not largest_rectangle(shapely.Polygon(), PLOT).fits
    assert not largest_rectangle(shapely.box(0, 0, 500, 500), PLOT, free=np.zeros(PLOT.shape, bool)).fits


def test_two_parts_are_two_plots():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 300, 300), shapely.box(301, 0, 800, 200)])
    assert not fits(parts, PLOT, 700, 100).fits
    assert largest_rectangle(parts, PLOT).area_m2 == pytest.approx(499 * 200, rel=1e-6)


def test_fit_refusals():
    with pytest.raises(PlanError, match="sides above 0 m"):
        fits(shapely.box(0, 0, 5, 5), PLOT, 0, 10)
    with pytest.raises(PlanError, match="36 angles"):
        fits(shapely.box(0, 0, 5, 5), PLOT, 1, 1, angles=8)
    with pytest.raises(PlanError, match="36 angles"):
        largest_rectangle(shapely.box(0, 0, 5, 5), PLOT, angles=8)
    with pytest.raises(PlanError, match="min_width_m"):
        largest_rectangle(shapely.box(0, 0, 5, 5), PLOT, min_width_m=-1)
    with pytest.raises(LayerError, match=r"area: mask \(2, 2\) does not fit the grid"):
        fits(np.zeros((2, 2), bool), PLOT, 1, 1)
    with pytest.raises(LayerError, match="got LineString"):
        largest_rectangle(shapely.LineString([(0, 0), (1, 1)]), PLOT)
