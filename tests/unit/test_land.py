"""Land in a whole run: criteria by the network, conditions, judgements, methods, room on a site, how sure, what is kept."""

from __future__ import annotations

import datetime as dt
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from landplan import network as n
from landplan import plan as p
from landplan import suitability as s
from landplan.errors import PlanError
from landplan.layers import Store
from landplan.run import land, run_plan
from landplan.run import steps as st
from landplan.run.cache import StepCache
from tests.toy import CRS, X0, Y0

DAY = dt.date(2026, 11, 25)
LABOUR = """
[[suitability.industrial.criteria]]
name = "labour"
title = { sv = "Arbetskraft", en = "Labour" }
source = "labour"
cutoff_min = 2
sample_m = 100
unit = "personer"
value = { kind = "linear", worst = 0, best = 2000 }
weight = 0.2

[[suitability.industrial.criteria]]
name = "town"
title = { sv = "Restid till tätort", en = "Minutes to a town" }
source = "minutes"
layer = "localities"
where = { kind = "tatort" }
sample_m = 100
unit = "min"
value = { kind = "linear", worst = 10, best = 0 }
weight = 0.1

"""


@pytest.fixture
def town(toy, tmp_path):
    folder = tmp_path / "min plan å"
    shutil.copytree(toy, folder)
    return folder


def plan_of(town, *changes, add="", at="[suitability.housing]\n"):
    text = (town / "toy.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    text = text.replace(at, add + at, 1)
    (town / "toy.toml").write_text(text, encoding="utf-8")
    return p.read(town / "toy.toml")


def with_network(town):
    return plan_of(town, ("worst = 30 }\nweight = 0.6", "worst = 30 }\nweight = 0.3"), add=LABOUR)


def block_of(plan, name="industrial", keep=None):
    store = Store(plan)
    data = st.read_layers(plan, store, lambda _: None)
    net = st.build_network(plan, store, data, lambda _: None)
    more = {} if keep is None else {"keep": keep}
    return land.suit(plan, name, store, data, net, lambda _: None, **more), data, net


def test_labour_and_minutes_of_a_cell_are_the_matrixs(town):
    plan = with_network(town)
    found = {}

    def keep(name, layer, depends_on, make):
        found[name] = make()
        return found[name]

    _, data, net = block_of(plan, keep=keep)
    # the middles of four coarse cells, by the matrix itself
    at = gpd.GeoDataFrame(geometry=gpd.points_from_xy([X0 + 1_050, X0 + 2_050, X0 + 3_950, X0 + 150], [Y0 + 1_050, Y0 + 2_150, Y0 + 50, Y0 + 3_850]), crs=CRS)
    squares = data.layers["population_grid"].frame
    homes = gpd.GeoDataFrame(geometry=squares.geometry.centroid, crs=CRS)
    legs = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    minutes = n.matrix(net, homes, at, **legs).to_dense().astype(float)
    row, col = data.grid.rowcol(at.geometry.x.to_numpy(), at.geometry.y.to_numpy())
    low, high = ((squares["working_age"].to_numpy()[:, None] * (minutes <= 2 + d)).sum(axis=0) for d in (-0.005, 0.005))
    cells = found["cells.labour"][row, col]
    assert (low <= cells).all()
    assert (cells <= high).all()
    assert cells.max() > 0
    towns = data.layers["localities"].frame.query("kind == 'tatort'")
    assert found["cells.town"][row, col] == pytest.approx(n.matrix(net, at, towns, **legs).to_dense().min(axis=1), abs=1e-3)


def test_a_changed_weight_does_not_route_again(town, tmp_path, monkeypatch):
    from landplan.run import criteria

    asked = []
    route = criteria._by_network
    monkeypatch.setattr(criteria, "_by_network", lambda c, *more: asked.append(c.name) or route(c, *more))
    cache = StepCache(tmp_path / "steg")
    with_network(town)

    def go(*change):
        plan = p.read(town / "toy.toml", overrides=change)
        asked.clear()
        result = run_plan(plan, town / "out", cache=cache, today=DAY)
        return {r.name for r in result.records if r.status == "run"}, set(asked)

    assert go()[1] == {"labour", "town"}
    weights = ["suitability.industrial.criteria.labour.weight=0.1", "suitability.industrial.criteria.town.weight=0.2"]
    steps, routed = go(*weights)
    assert "suitability.industrial" in steps
    assert not routed
    assert go("suitability.industrial.criteria.labour.cutoff_min=3")[1] == {"labour"}
    assert go("catchment.junction_s=5")[1] == {"labour", "town"}
    assert go("catchment.max_snap_m=900")[1] == {"labour", "town"}
    # what the plan says of the layer, and how far around it is read
    assert go('layers.population_grid.where={municipality_code="2262"}')[1] == {"labour"}
    assert go("catchment.minutes=[1,2,50]")[1] == {"labour", "town"}


def test_a_plan_without_roads_names_what_could_not_be_asked(town):
    plan = with_network(town)
    plan = plan.model_copy(update={"layers": {k: v for k, v in plan.layers.items() if k != "roads"}, "sites": {}})
    store = Store(plan)
    data = st.read_layers(plan, store, lambda _: None)
    block = land.suit(plan, "industrial", store, data, None, lambda _: None)
    assert set(block.missing_criteria) == {"labour", "town", "road"}
    assert "roads" in block.untested


def test_conditions_and_lifting_in_a_plan(town):
    more = """
[[suitability.industrial.constraints]]
name = "near_homes"
title = { sv = "Nära bostäder", en = "Near homes" }
layer = "housing_sites"
within_m = 300
only_inside = "industrial_land"
legal = "MB 2:6"
source = "antagande"

[[suitability.industrial.constraints]]
name = "given"
title = { sv = "Redan tillåtet", en = "Allowed already" }
layer = "industrial_land"
lifts = ["water"]

"""
    plan = plan_of(
        town, ("within_m = 100", "within_m = 2700"), ("halo_m = 500", "halo_m = 3000"), add=more, at="[[suitability.industrial.criteria]]\n"
    )
    block, data, _ = block_of(plan)
    assert [c[0] for c in block.constraints] == ["water", "near_homes"]
    field = data.layers["industrial_land"].frame.geometry.iloc[0]
    bits = block.excluded_by
    # the homes are 1.4 km from the field, so nothing is near; the lake's setback is lifted from the field alone
    assert (bits & 1).any()
    assert not (bits & 2).any()
    lake = data.layers["water"].frame
    want = s.burning.setback(lake, data.grid, 2_700)
    whole = s.burning.burn(gpd.GeoDataFrame(geometry=[field], crs=CRS), data.grid, rule=1.0)
    inside = block.inside & ~np.isnan(block.score)
    assert block.lifted_ha == {"given": pytest.approx((want & whole & inside).sum() * data.grid.cell_ha)}
    assert block.lifted_ha["given"] > 0


def test_weights_from_judgements(town):
    change = [("worst = 30 }\nweight = 0.6", "worst = 30 }"), ("worst = 3000 }\nweight = 0.4", "worst = 3000 }"), ("max_sites = 3", 'max_sites = 3\njudgements = [["slope", "road", 3]]')]
    block, _, _ = block_of(plan_of(town, *change))
    assert {k: w for k, w, _ in block.criteria} == {"slope": pytest.approx(0.75), "road": pytest.approx(0.25)}
    assert block.judged.consistency_ratio == 0
    with pytest.raises(PlanError, match="each pair once"):
        plan_of(town, ('[["slope", "road", 3]]', '[["slope", "road", 3], ["road", "slope", 2]]'))


@pytest.mark.parametrize(
    ("method", "more"), [("owa", "alpha = 2.0"), ("topsis", ""), ("product", ""), ("minimum", ""), ("owa", "order_weights = [0.2, 0.8]")]
)
def test_every_method_goes_from_plan_to_report(town, tmp_path, method, more):
    plan = plan_of(town, ("max_sites = 3", f'max_sites = 3\nmethod = "{method}"\n{more}'))
    folder = run_plan(plan, town / "out", cache=StepCache(tmp_path / "steg"), today=DAY).folder
    sites = gpd.read_file(folder / "toy.gpkg", layer="industrial_ranking")
    assert len(sites) >= 2
    assert sites["score_100"].between(0, 100).all()
    report = (folder / "report.html").read_text(encoding="utf-8")
    formula = {"owa": "WOWA", "topsis": "TOPSIS", "product": "upphöjda", "minimum": "det lägsta av dem"}[method]
    assert formula in report


def test_the_tables_of_a_run_add_up(town, tmp_path):
    plan = plan_of(town, ('formats = ["geopackage", "tables", "report"]', 'formats = ["geopackage", "tables", "report", "rasters"]'))
    folder = run_plan(plan, town / "out", cache=StepCache(tmp_path / "steg"), today=DAY).folder
    legal = pd.read_parquet(folder / "tables" / "industrial_legal.parquet")
    ledger = pd.read_parquet(folder / "tables" / "industrial_ledger.parquet")
    area = 4_000 * 4_000 / 1e4
    assert legal.sum(axis=1).iloc[0] == pytest.approx(area)
    assert legal["absolute_ha"].iloc[0] == pytest.approx(ledger["excluded_ha"].sum())
    # the water and 100 m around it, exactly: a square with rounded corners, in whole cells touched
    outline = shapely.box(X0 + 3_050, Y0 + 3_050, X0 + 3_450, Y0 + 3_450).buffer(100)
    assert outline.area / 1e4 < ledger["excluded_ha"].iloc[0] < outline.buffer(75).area / 1e4
    with rasterio.open(folder / "rasters" / "reasons_industrial.tif") as source:
        assert source.dtypes == ("uint32",)
        bits = source.read(1)
        assert source.nodata == 2**32 - 1
    counted = (bits[bits != 2**32 - 1] & 1).sum() * 0.25
    table = pd.read_parquet(folder / "tables" / "industrial_bits.parquet")
    assert table[["band", "bit", "value"]].to_numpy().tolist() == [[1, 0, 1]]
    assert counted == pytest.approx(ledger["excluded_ha"].iloc[0])
    with rasterio.open(folder / "rasters" / "spread_industrial.tif") as source:
        spread = source.read(1)
    assert np.nanmax(spread) > 0
    for table in (folder / "tables").glob("industrial_*.parquet"):
        # what is shown has words: no column is called by its inner name alone
        assert not {"criterion", "site", "row_", "zone_"} & set(pd.read_parquet(table).columns), table.name
    robust = pd.read_parquet(folder / "tables" / "industrial_robustness.parquet")
    ranks = [c for c in robust if c.startswith("rank_")]
    if len(ranks) == len(robust):
        assert robust[ranks].sum(axis=1).to_numpy() == pytest.approx(100.0)
    assert robust[ranks].sum(axis=0).to_numpy() == pytest.approx(100.0)


ROOM = """
[suitability.industrial.hall]
length_m = 400
width_m = 200

[suitability.industrial.pad]
swell = 1.2
compaction = 1.2
source = "antagande"

[[suitability.industrial.access]]
name = "main"
title = { sv = "Större väg", en = "Main road" }
layer = "roads"
where = { road_class = "primary" }
max_m = 100

[[suitability.industrial.bridgeable]]
layer = "roads"
where = { road_class = "street" }

"""


def test_room_on_a_site(town):
    plan = plan_of(town, ('elevation = { file = "elevation.tif" }', 'elevation = { file = "elevation.tif" }\nparcels = { file = "parcels.gpkg" }'), add=ROOM)
    parcels = [shapely.box(X0 + 500 + 100 * i, Y0 + 2_000, X0 + 600 + 100 * i, Y0 + 2_500) for i in range(6)]
    owners = ["kommun", "privat", "privat", "bolag", "privat", "stat"]
    gpd.GeoDataFrame({"parcel_id": [f"P{i}" for i in range(6)], "owner_kind": owners, "area_ha": 5.0}, geometry=parcels, crs=CRS).to_file(town / "parcels.gpkg", engine="pyogrio")
    block, _, _ = block_of(plan)
    north = block.sites.set_index("site_id").loc["north"]
    assert north["hall_fits"]  # 460 x 460 m of flat land
    # flat in the west: nothing to move
    assert north["pad_cut_m3"] == pytest.approx(0, abs=1e-6)
    assert north["pad_depth_m"] == pytest.approx(0, abs=1e-6)
    # 20 m north of the primary road at 2 000, which is touched as half a cell is 25 m
    assert north["access_main_m"] == pytest.approx(20)
    assert north["access_main_reaches"]
    assert north["access_main_touches"]
    assert north["parcels"] == 5
    assert 0.0 < north["parcels_known_share"] <= 1.0
    assert north["owner_kinds"] == "bolag, kommun, privat"
    found = block.sites[block.sites["kind"] == "candidate"]
    assert found["verified"].all()
    # a street through a site is no land of it
    assert found["allowed_ha"].to_numpy() == pytest.approx(found["area_ha"].to_numpy())
    assert (found["bridged_ha"] >= 0).all()
    narrow = plan_of(town, ("length_m = 400", "length_m = 470"))
    assert not block_of(narrow)[0].sites.set_index("site_id").loc["north", "hall_fits"]


def test_a_street_costs_a_site_its_own_width(town):
    # a street of 454 m through the northern field, on cells of 50 m: no more than its 8 m
    roads = gpd.read_file(town / "roads.gpkg", engine="pyogrio")
    street = roads[roads["road_class"] == "street"].iloc[:1].assign(geometry=[shapely.LineString([(X0 + 740, Y0 + 2_023), (X0 + 740, Y0 + 2_477)])])
    if "road_id" in street:
        street["road_id"] = "new"
    pd.concat([roads, street], ignore_index=True).to_file(town / "roads.gpkg", engine="pyogrio")
    plan = plan_of(town, add=ROOM.replace("width_m = 200", "width_m = 234"))
    north = block_of(plan)[0].sites.set_index("site_id").loc["north"]
    assert north["allowed_ha"] == pytest.approx(21.16 - 454 * 8 / 1e4, abs=1e-3)
    # 236 m lie east of the street's side, 230 of them in cells that it does not touch
    assert north["hall_fits"]
    assert not block_of(plan_of(town, ("width_m = 234", "width_m = 240")))[0].sites.set_index("site_id").loc["north", "hall_fits"]


def test_errors_in_the_data_are_carried_to_the_ranks(town):
    more = """
[[suitability.industrial.criteria]]
name = "school"
title = { sv = "Avstånd till förskola", en = "Distance to a preschool" }
source = "distance"
layer = "services"
unit = "m"
value = { kind = "linear", best = 0, worst = 2000 }
weight = 0.3

"""
    change = ("worst = 30 }\nweight = 0.6", "worst = 30 }\nweight = 0.3")
    tail = '\n[suitability.industrial.robustness]\nweight_sd = 0\nposition_m = { school = 400 }\ntrials = 200\nsource = "antagande"\n\n'
    block, _, _ = block_of(plan_of(town, change, add=more + tail))
    assert block.score_sd is None
    # with sure weights and a loose school places change ranks
    held = block.robust.rank_acceptability.to_numpy()
    assert (held > 0).sum() > len(held)
    assert block.robust.draws == 200
    sure, _, _ = block_of(plan_of(town, ("position_m = { school = 400 }\n", "")))
    held = sure.robust.rank_acceptability.to_numpy()
    assert (held > 0).sum() == len(held)
    with pytest.raises(PlanError, match="does not measure the distance to points"):
        block_of(plan_of(town, ("trials = 200", "trials = 200\nposition_m = { road = 50 }")))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_sites = 3", 'max_sites = 3\nmethod = "owa"', "needs either alpha or order_weights"),
        ("best = 0, worst = 30", "best = 0, worst = inf", "worst = inf: a value function needs finite numbers"),
        ('name = "shore"', 'name = "water"', "constraint names repeat: water"),
        ("max_sites = 3", "max_sites = 3\nalpha = 2.0", "belong to method owa"),
        ("max_sites = 3", 'max_sites = 3\nmax_ha = 2', "is below min_ha"),
        ('hardness = "dispensation"', 'hardness = "dispensation"\nlifts = ["vatten"]', "lifts 'vatten', which is none"),
        ('layer = "elevation"\nunit = "%"', 'layer = "elevation"\nunit = "%"\ndirection = "more"', "its value function says less"),
        ('source = "distance"\nlayer = "roads"', 'source = "number"\nlayer = "roads"', "needs column"),
    ],
)
def test_a_wrong_block_is_one_message(town, old, new, words):
    with pytest.raises(PlanError, match=words):
        block_of(plan_of(town, (old, new)))


def test_steep_land_is_left_whatever_the_criterion_is_called(town):
    change = [("max_sites = 3", "max_sites = 3\nmax_slope = 5"), ('name = "slope"\ntitle = { sv = "Marklutning", en = "Slope" }\nsource = "slope"\nlayer = "elevation"\nunit = "%"', 'name = "lutning"\ntitle = { sv = "Marklutning", en = "Slope" }\nsource = "slope"\nlayer = "elevation"')]
    found = block_of(plan_of(town, *change))[0].sites.query("kind == 'candidate'")
    assert len(found)
    assert (found["value_lutning"] <= 5 + 1e-6).all()


def test_sites_that_differ_by_rounding_go_by_name_and_share_first_place(town):
    plan = plan_of(town, ("worst = 30 }\nweight = 0.6", "worst = 30 }\nweight = 0.0"), ("best = 0, worst = 3000 }\nweight = 0.4", "best = 3000, worst = 3001 }\nweight = 1.0"))
    block, _, _ = block_of(plan)
    sites = block.sites[block.sites["large_enough"]]
    assert sites["score"].nunique() <= 2
    assert sites["site_id"].tolist() == sorted(sites["site_id"])


def test_land_that_holds_nothing_free_is_never_large_enough(town):
    plan = plan_of(town, ("min_ha = 5", "min_ha = 0.3"))
    lake = gpd.GeoDataFrame({"site_id": ["north", "wet"], "name": ["Norra fältet", "I sjön"], "availability": "ledig", "area_ha": [21.0, 1.0]}, geometry=[shapely.box(X0 + 520, Y0 + 2_020, X0 + 980, Y0 + 2_480), shapely.box(X0 + 3_200, Y0 + 3_200, X0 + 3_300, Y0 + 3_300)], crs=CRS)
    lake.to_file(town / "industrial.gpkg", layer="industrial", engine="pyogrio")
    sites = block_of(plan)[0].sites.set_index("site_id")
    assert not sites.loc["wet", "large_enough"]
    assert sites.loc["wet", "rank"] == len(sites)


def test_a_class_without_a_polygon_takes_part_in_the_draws(town):
    more = """
[[suitability.industrial.criteria]]
name = "soil"
title = { sv = "Jordart", en = "Soil" }
source = "category"
layer = "soil"
column = "soil_class"
value = { kind = "categories", scores = { "lera" = 0.1 }, otherwise = 0.9 }
weight = 0.6

[suitability.industrial.robustness]
weight_sd = 0
trials = 100
source = "antagande"

[suitability.industrial.robustness.confusion.soil]
"lera" = { "lera" = 1.0 }

"""
    clay = gpd.GeoDataFrame({"soil_class": ["lera"]}, geometry=[shapely.box(X0, Y0, X0 + 800, Y0 + 800)], crs=CRS)
    clay.to_file(town / "soil.gpkg", engine="pyogrio")
    change = [("worst = 30 }\nweight = 0.6", "worst = 30 }\nweight = 0.0"), ('elevation = { file = "elevation.tif" }', 'elevation = { file = "elevation.tif" }\nsoil = { file = "soil.gpkg" }')]
    block, _, _ = block_of(plan_of(town, *change, add=more))
    # a map that is always right changes no rank; equals share theirs
    assert block.robust.mean_rank.nunique() > 1
    order = block.sites[block.sites["large_enough"]]["site_id"].tolist()
    assert block.robust.mean_rank.loc[order].is_monotonic_increasing


def test_persons_of_unknown_age_are_told(town):
    squares = gpd.read_file(town / "population.gpkg")
    for gone, words in ((slice(0, 100), "100 bebodda rutor saknar uppgift"), (slice(None), "räknar alla invånare")):
        squares.loc[squares.index[gone], "working_age"] = np.nan
        squares.to_file(town / "population.gpkg", layer="population", engine="pyogrio")
        if "labour" not in (town / "toy.toml").read_text(encoding="utf-8"):
            with_network(town)
        block, _, _ = block_of(p.read(town / "toy.toml"))
        assert words in block.notes[0].sv


def test_what_lies_in_no_municipality_is_a_row_of_its_own(town):
    half = gpd.GeoDataFrame({"municipality_code": ["2262"], "name": ["Timrå"]}, geometry=[shapely.box(X0 - 900, Y0 - 900, X0 + 2_000, Y0 + 4_900)], crs=CRS)
    half.to_file(town / "kommuner.gpkg", engine="pyogrio")
    block, _, _ = block_of(plan_of(town, ('elevation = { file = "elevation.tif" }', 'elevation = { file = "elevation.tif" }\nmunicipalities = { file = "kommuner.gpkg" }')))
    legal = block.legal.set_index("zone")
    assert legal.index.tolist() == ["Timrå", "utanför kommunerna"]
    assert legal.to_numpy().sum() == pytest.approx(1_600)
    assert block.by_zone["excluded_ha"].sum() == pytest.approx(block.ledger["excluded_ha"].sum())


def test_a_conditional_constraint_without_its_area_is_named(town):
    more = '\n[[suitability.industrial.constraints]]\nname = "wet"\ntitle = { sv = "Vått", en = "Wet" }\nlayer = "water"\nonly_inside = "detailed_plan"\n\n'
    more += '[[suitability.industrial.constraints]]\nname = "given"\ntitle = { sv = "Redan tillåtet", en = "Allowed already" }\nlayer = "industrial_land"\nlifts = ["shore"]\n\n'
    block, _, _ = block_of(plan_of(town, add=more, at="[[suitability.industrial.criteria]]\n"))
    assert {"water", "detailed_plan", "shore_protection"} <= set(block.untested)
    assert [c[0] for c in block.constraints] == ["water"]
    # what lifts a constraint that is not there lifts nothing
    assert block.lifted_ha == {}


def test_order_weights_are_kept_when_a_layer_is_missing(town):
    change = [("max_sites = 3", 'max_sites = 3\nmethod = "owa"\norder_weights = [0.2, 0.8]'), ('elevation = { file = "elevation.tif" }\n', "")]
    block, _, _ = block_of(plan_of(town, *change))
    assert block.missing_criteria == ("slope",)
    assert len(block.sites)


def test_judgements_of_no_use_are_refused(town):
    more = LABOUR.replace("weight = 0.2\n", "").replace("weight = 0.1\n", "")
    pairs = '[["slope", "road", 9], ["road", "labour", 9], ["labour", "slope", 9], ["town", "slope", 1], ["town", "road", 1], ["town", "labour", 1]]'
    change = [("worst = 30 }\nweight = 0.6", "worst = 30 }"), ("worst = 3000 }\nweight = 0.4", "worst = 3000 }"), ("max_sites = 3", f"max_sites = 3\njudgements = {pairs}")]
    with pytest.raises(PlanError, match="the judgements contradict each other"):
        block_of(plan_of(town, *change, add=more))


def test_changed_property_units_redo_the_sites(town, tmp_path):
    one = gpd.GeoDataFrame({"parcel_id": ["P1"], "owner_kind": ["kommun"], "area_ha": 5.0}, geometry=[shapely.box(X0 + 500, Y0 + 2_000, X0 + 600, Y0 + 2_500)], crs=CRS)
    one.to_file(town / "parcels.gpkg", engine="pyogrio")
    plan = plan_of(town, ('elevation = { file = "elevation.tif" }', 'elevation = { file = "elevation.tif" }\nparcels = { file = "parcels.gpkg" }'))
    cache = StepCache(tmp_path / "steg")
    run_plan(plan, town / "out", cache=cache, today=DAY)
    pd.concat([one, one.assign(parcel_id="P2", geometry=[shapely.box(X0 + 600, Y0 + 2_000, X0 + 700, Y0 + 2_500)])]).to_file(town / "parcels.gpkg", engine="pyogrio")
    folder = run_plan(plan, town / "out", cache=cache, today=DAY).folder
    sites = gpd.read_file(folder / "toy.gpkg", layer="industrial_ranking").set_index("name")
    assert sites.loc["Norra fältet", "parcels"] == 2


def test_what_lies_beyond_the_halo_counts_as_far_as_the_score_changes(town):
    more = """
[[suitability.industrial.criteria]]
name = "park"
title = { sv = "Avstånd till naturskydd", en = "Distance to protected areas" }
source = "distance"
layer = "protected_areas"
unit = "m"
value = { kind = "linear", best = 0, worst = 9000 }
weight = 0.3

"""
    changes = ("worst = 30 }\nweight = 0.6", "worst = 30 }\nweight = 0.3"), ("[sites.works]", 'protected_areas = { file = "parks.gpkg" }\n\n[sites.works]')
    # 8 050 m east of the area's last cell, the halo is 500 m; the other is beyond the score's reach
    parks = [shapely.box(X0 + 12_000, Y0, X0 + 12_050, Y0 + 50), shapely.box(X0 + 30_000, Y0, X0 + 30_050, Y0 + 50)]
    gpd.GeoDataFrame({"area_id": ["1", "2"], "kind": "naturreservat", "name": "Parken"}, geometry=parks, crs=CRS).to_file(town / "parks.gpkg", engine="pyogrio")
    plan = plan_of(town, *changes, add=more)
    store = Store(plan)
    data = st.read_layers(plan, store, lambda _: None)
    assert st.layer_reach_m(plan, "protected_areas") == 9_100
    assert st.layer_reach_m(plan, "elevation") == 500
    assert len(data.layers["protected_areas"].frame) == 1
    around = land.Surroundings(store, data.layers, data.grid, np.ones(data.grid.shape, bool))
    ready = land.prepare(plan.suitability["industrial"].model_copy(update={"criteria": tuple(c for c in plan.suitability["industrial"].criteria if c.name == "park"), "constraints": ()}), around)
    found = s.evaluate(data.grid, ready.constraints, ready.criteria)
    row, col = data.grid.rowcol(X0 + 3_975.0, Y0 + 25.0)
    assert found.values[0, row, col] == 8_050
    assert found.score[row, col] == pytest.approx(1 - 8_050 / 9_000, abs=1e-6)


def test_points_whose_place_is_unsure_are_those_that_the_score_sees():
    from landplan.grid import Grid

    grid = Grid.cover((0, 0, 1_000, 1_000), cell_m=50, crs=CRS)
    at = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500, 1_900, 2_100, -999], [500, 500, 500, -500]), crs=CRS)
    seen = land._points_of(s.Criterion("port", at, s.value.linear(1_000, 0), 1.0), grid)
    assert seen.tolist() == [[500, 500], [1_900, 500], [-999, -500]]


def test_parcels_that_do_not_reach_a_site_are_unknown_and_none_are_counted_twice():
    import geopandas as gpd
    import shapely

    sites = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100), shapely.box(0, 0, 200, 100), shapely.box(900, 0, 999, 100)], crs="EPSG:3006")
    # two units over each other, as joint property lies over others'
    parcels = gpd.GeoDataFrame({"owner_kind": ["kommun", None]}, geometry=[shapely.box(0, 0, 100, 100), shapely.box(0, 0, 100, 50)], crs="EPSG:3006")
    found = land._parcels(sites, parcels)
    assert found["parcels"].tolist()[:2] == [2, 2]
    assert np.isnan(found["parcels"][2])
    assert found["parcels_known_share"].tolist() == pytest.approx([1.0, 0.5, 0.0])
    assert found["owner_kinds"].tolist() == ["kommun", "kommun", ""]


@pytest.mark.parametrize(("source", "halo_m", "said"), [("live", 5_000, True), ("live", 15_000, False), ("file", 5_000, False)])
def test_a_distance_that_counts_farther_than_its_layer_was_fetched_is_said(source, halo_m, said):
    from types import SimpleNamespace

    from landplan.run.criteria import _short_reach

    far = p.Criterion(
        name="rail", title={"sv": "Järnväg", "en": "Railway"}, source="distance", layer="railways", weight=1.0, value={"kind": "linear", "best": 0, "worst": 15_000}
    )
    plan = SimpleNamespace(area=SimpleNamespace(halo_m=halo_m), layers={"railways": SimpleNamespace(source=source)})
    found = [t.sv for t in _short_reach([far], plan)]
    assert bool(found) == said
    if said:
        assert "15\xa0km" in found[0]
        assert " 5\xa0km" in found[0]
