"""The other sample areas: rebuilt from their inputs they are the committed ones, and two countries' halves are one."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from pandas.testing import assert_frame_equal
from pyproj import Transformer
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

import landplan.sample as sample
from landplan import plan as p
from landplan.cli import main
from landplan.content import sample_areas, sample_folder
from landplan.errors import LandplanError, LayerError, PlanError
from landplan.layers import Store
from landplan.layers.catalog import load_catalog
from landplan.layers.contract import check
from landplan.sample.files import read_papers
from landplan.sample.people import bands, working_share
from landplan.sample.roads import end_nodes
from landplan.sample.sharing import share_out, two_way

OTHERS = ("ostersund", "haparanda")
VECTORS = ("polygon", "line", "point")
PEOPLE = {"ostersund": {"2380": 64_965}, "haparanda": {"2583": 9_087, "FI-851": 20_959}}


def index(area: str) -> list[dict]:
    return json.loads((sample_folder(area) / "sample.json").read_text(encoding="utf-8"))["layers"]


def files_of(area: str) -> list[dict]:
    """Every layer's files: its own and those of its parts, with what the index says of each."""
    rows = []
    for entry in index(area):
        rows += [entry, *({**entry, **part} for part in entry.get("parts", ()))]
    return rows


def plan(area: str, *layers: str, more: str = "") -> p.Plan:
    wanted = "\n".join(f'{name} = {{ source = "sample" }}' for name in layers)
    return p.parse(
        f'[plan]\nname = "t"\ntitle = {{ sv = "t", en = "t" }}\nsample = "{area}"\n[area]\nbbox = [0, 0, 1, 1]\n{more}\n[layers]\n{wanted}\n'
    )


@pytest.fixture(scope="module", params=OTHERS)
def built(request, tmp_path_factory) -> tuple[str, Path]:
    """Build once, from a copy that holds the inputs and nothing else."""
    area, root = request.param, tmp_path_factory.mktemp(request.param)
    here = sample_folder(area)
    shutil.copytree(here / "inputs", root / "in" / "inputs")
    shutil.copytree(here / "odbl" / "inputs", root / "in" / "odbl" / "inputs")
    for text in ("LICENSE-ODbL.txt", "NOTICE.txt"):
        shutil.copyfile(here / "odbl" / text, root / "in" / "odbl" / text)
    sample.build(root / "out", inputs=root / "in" / "inputs", area=area)
    return area, root / "out"


# --- the same again --------------------------------------------------------------------------------------------------


def test_a_rebuild_gives_the_committed_area(built):
    area, out = built
    here = sample_folder(area)
    assert (out / "sample.json").read_text(encoding="utf-8") == (here / "sample.json").read_text(encoding="utf-8")
    for entry in files_of(area):
        old, new = here / entry["file"], out / entry["file"]
        if entry["kind"] == "gtfs":
            with zipfile.ZipFile(old) as a, zipfile.ZipFile(new) as b:
                assert a.namelist() == b.namelist()
                assert all(a.read(n) == b.read(n) for n in a.namelist())
        elif entry["kind"] == "raster":
            with rasterio.open(old) as a, rasterio.open(new) as b:
                assert (a.transform, a.crs, a.nodata, a.dtypes, a.res) == (b.transform, b.crs, b.nodata, b.dtypes, (50.0, 50.0))
                assert np.array_equal(a.read(1), b.read(1))
        elif entry["kind"] == "table":
            assert_frame_equal(pd.read_parquet(old), pd.read_parquet(new))
            assert len(pd.read_parquet(old)) == entry["rows"]
        else:
            a, b = gpd.read_parquet(old), gpd.read_parquet(new)
            assert pq.read_schema(old).names == pq.read_schema(new).names, entry["file"]
            assert_frame_equal(a.drop(columns="geometry"), b.drop(columns="geometry"))
            assert len(a) == entry["rows"], entry["file"]
            assert shapely.equals_exact(a.geometry.to_numpy(), b.geometry.to_numpy(), tolerance=0.001).all(), entry["file"]


def test_areas_are_named_and_an_unknown_one_is_an_error():
    assert set(sample_areas()) == set(sample.AREAS) == {"torsboda", *OTHERS}
    assert sample_areas()[0] == "torsboda"
    for call in (lambda: sample_folder("umea"), lambda: sample.area_named("umea")):
        with pytest.raises(LandplanError, match="no sample area 'umea'; there are torsboda, "):
            call()


def test_the_command_builds_the_area_asked_for(tmp_path, capsys, monkeypatch):
    assert main(["sample", "build", "--area", "umea", "--out", str(tmp_path / "x")]) == 1
    said = capsys.readouterr().err
    assert all(name in said for name in sample_areas())
    asked = {}
    monkeypatch.setattr(sample, "build", lambda out, **options: asked.update(options, out=out))
    assert main(["sample", "build", "--area", "haparanda", "--out", str(tmp_path / "h")]) == 0
    assert (asked["area"], asked["inputs"], asked["out"]) == ("haparanda", sample_folder("haparanda") / "inputs", tmp_path / "h")


# --- papers, size and contracts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", OTHERS)
def test_an_area_is_small_whole_and_carries_its_papers(area):
    here = sample_folder(area)
    assert sum(f.stat().st_size for f in here.rglob("*") if f.is_file()) < 4_000_000
    listed = {e["file"]: e for e in files_of(area)}
    on_disk = {f.relative_to(here).as_posix() for f in here.rglob("*") if f.suffix in (".parquet", ".tif", ".zip")}
    assert {f for f in on_disk if "inputs/" not in f} == set(listed)
    for file in sorted(f for f in on_disk if not f.endswith(".zip")):
        papers = read_papers(here / file)
        assert papers["source"], file
        assert papers["licence"], file
        if file in listed:
            assert str(papers["synthetic"]).lower() == str(listed[file]["synthetic"]).lower(), file
    for entry in listed.values():
        assert (entry["licence"] == "ODbL-1.0") == entry["file"].startswith("odbl/"), entry["file"]
    for text in ("LICENSE-ODbL.txt", "NOTICE.txt"):
        assert (here / "odbl" / text).read_bytes() == (sample_folder() / "odbl" / text).read_bytes()


@pytest.mark.parametrize("area", OTHERS)
def test_made_up_rows_say_so_and_every_file_meets_its_contract(area):
    for entry in files_of(area):
        path = sample_folder(area) / entry["file"]
        if entry["rows" if entry["kind"] in VECTORS else "file"]:
            report = check(path, load_catalog()[entry["id"]])
            assert report.ok, (entry["file"], [str(f) for f in report.faults])
        if entry["kind"] in VECTORS:
            frame = gpd.read_parquet(path)
            assert frame.geometry.is_valid.all(), entry["file"]
            if entry["synthetic"]:
                assert frame["synthetic"].all(), entry["file"]


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", OTHERS)
def test_people_meet_the_published_totals_and_the_localities_figures(area):
    store = Store(plan(area, "population_grid", "localities", "municipalities"))
    grid, places = store.read("population_grid").frame, store.read("localities").frame
    assert grid.groupby("municipality_code")["population"].sum().to_dict() == PEOPLE[area]
    assert (grid["population"] > 0).all()
    assert (grid["working_age"] <= grid["population"]).all()
    known = store.read("municipalities").frame.set_index("municipality_code")
    assert known.loc[list(PEOPLE[area]), "population"].to_dict() == PEOPLE[area]
    assert known.loc[known["in_area"].astype(bool)].index.tolist() == list(PEOPLE[area])
    inputs = sample.read_inputs(sample_folder(area) / "inputs", sample.AREAS[area])
    facts = inputs.municipalities.set_index("code")
    got = grid.groupby("locality_id")["population"].sum()
    counted = places[places["population"].notna()]
    assert set(got.index) == set(counted["locality_id"])
    for row in counted.itertuples():
        of = inputs.area.municipality(row.municipality_code)
        inside = row.population - inputs.area.elsewhere.get(row.locality_id, 0)
        factor = int(facts.loc[of.code, of.population]) / int(facts.loc[of.code, of.before])
        assert got[row.locality_id] == round(inside * factor), row.name
    for code, people in PEOPLE[area].items():
        mine = grid[grid["municipality_code"] == code]
        assert mine["working_age"].sum() == pytest.approx(working_share(inputs, code) * people, abs=0.5)


def test_working_age_by_hand():
    found = {}
    for area in OTHERS:
        inputs = sample.read_inputs(sample_folder(area) / "inputs", sample.AREAS[area])
        found |= {code: working_share(inputs, code) for code in PEOPLE[area]}
        assert all(abs(bands(inputs, code)["percent"].sum() - 100.0) < 0.5 for code in PEOPLE[area])
    # Östersund publishes 20-64 (55.8 per cent); Haparanda 5/9 of 8.3, 19.1 and 25.6; Tornio 45/50 of 58.9
    assert found["2380"] == pytest.approx(0.558, abs=0.001)
    assert found["2583"] == pytest.approx((8.3 * 5 / 9 + 19.1 + 25.6) / 100.0, abs=0.001)
    assert found["FI-851"] == pytest.approx(0.589 * 0.9, abs=0.001)


def test_districts_fill_the_municipality_and_their_people_live_in_them():
    store = Store(plan("ostersund", "districts", "population_grid", "municipalities"))
    districts, grid = store.read("districts").frame, store.read("population_grid").frame
    assert len(districts) == 11
    facts = pd.read_csv(sample_folder("ostersund") / "inputs/facts/ostersund_districts_2020.csv").set_index("district")["population_2020_12_31"]
    assert districts.set_index("name")["population_2020"].to_dict() == facts.to_dict()
    shares = share_out(64_965, facts[districts["name"]].to_numpy(float))
    assert districts["population"].tolist() == shares.tolist()
    tree = shapely.STRtree(districts.geometry.to_numpy())
    nearest = tree.query_nearest(grid.geometry.centroid.to_numpy(), all_matches=False)[1]
    lived = np.bincount(nearest, weights=grid["population"], minlength=11)
    # the squares' centres are found again by the same rule, so the sums are exact
    assert lived.tolist() == districts["population"].tolist()
    whole = store.read("municipalities").frame.set_index("municipality_code").geometry["2380"]
    assert districts.area.sum() == pytest.approx(whole.area, rel=1e-4)
    assert shapely.area(shapely.union_all(districts.geometry.to_numpy())) == pytest.approx(districts.area.sum(), rel=1e-4)


def test_two_sums_are_met_at_once_or_refused():
    rng = np.random.default_rng(3)
    weight = rng.gamma(1.0, 1.0, (6, 9)) * (rng.uniform(size=(6, 9)) > 0.3)
    whole = rng.integers(0, 400, (6, 9)) * (weight > 0)
    found = two_way(whole.sum(axis=1), whole.sum(axis=0), weight)
    assert found.sum(axis=1).tolist() == whole.sum(axis=1).tolist()
    assert found.sum(axis=0).tolist() == whole.sum(axis=0).tolist()
    assert (found[weight == 0] == 0).all()
    assert (found >= 0).all()
    # proportional weights are left as they are
    assert two_way(np.array([30, 10]), np.array([20, 20]), np.ones((2, 2))).tolist() == [[15, 15], [5, 5]]
    with pytest.raises(LandplanError, match="no split of people meets both"):
        two_way(np.array([30, 10]), np.array([10, 30]), np.array([[1.0, 0.0], [1.0, 1.0]]))


# --- two countries ---------------------------------------------------------------------------------------------------


def graph(roads: gpd.GeoDataFrame) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Minutes by car, the nodes being ends that are equal to the millimetre."""
    ends = np.round(shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), [[0], [-1]])), 3)
    xy, at = np.unique(ends, axis=0, return_inverse=True)
    a, b = at.reshape(2, -1)
    minutes = roads["length_m"].to_numpy() / 1000.0 / roads["speed_kmh"].to_numpy() * 60.0
    return xy, sparse.csr_matrix((np.r_[minutes, minutes], (np.r_[a, b], np.r_[b, a])), shape=(len(xy), len(xy)))


def to_metres(lat: float, lon: float) -> tuple[float, float]:
    return Transformer.from_crs(4326, 3006, always_xy=True).transform(lon, lat)


def test_the_finnish_parts_are_in_finlands_crs_with_finlands_codes():
    here = sample_folder("haparanda")
    parts = [part for entry in index("haparanda") for part in entry.get("parts", ())]
    split = {entry["id"] for entry in index("haparanda") if entry.get("parts")}
    assert {"municipalities", "localities", "roads", "railways", "population_grid", "workplaces", "services", "housing_sites", "transit"} <= split
    for part in parts:
        assert part["country"] == "FI"
        if "crs" not in part:
            continue
        frame = gpd.read_parquet(here / part["file"])
        assert frame.crs == part["crs"] == "EPSG:3067"
        assert frame.total_bounds[0] < 500_000 < frame.total_bounds[3]
        if "municipality_code" in frame:
            assert set(frame["municipality_code"].dropna()) == {"FI-851"}, part["file"]
    squares = gpd.read_parquet(here / "fi/population_grid.parquet")
    assert (squares.geometry.bounds % 250.0 == 0.0).all(axis=None), "squares lie on the lattice of their own CRS"
    swedish = gpd.read_parquet(here / "population_grid.parquet")
    assert swedish.crs == "EPSG:3006"
    assert set(swedish["municipality_code"]) == {"2583"}
    tornio = gpd.read_parquet(here / "fi/municipalities.parquet").to_crs(3006)
    assert tornio["synthetic"].all()
    assert tornio.area.iloc[0] / 1e6 == pytest.approx(1_348.53, abs=0.5)


def test_a_layer_of_two_parts_is_read_as_one_and_says_so():
    store = Store(plan("haparanda", "roads", "population_by_age", "transit"))
    roads = store.read("roads")
    assert roads.frame.crs == "EPSG:3006"
    assert roads.frame["road_id"].is_unique
    assert "fi/roads.parquet" in roads.source.file
    assert any("fi/roads.parquet (FI, omräknad från EPSG:3067" in note.sv for note in roads.notes)
    ages = store.read("population_by_age")
    assert set(ages.frame["area"]) == {"Haparanda", "Tornio"}
    assert ages.source.attribution == "SCB; Statistics Finland"
    assert [f.name for f in store.read("transit").parts] == ["gtfs.zip"]
    assert store.hash("roads") != Store(plan("ostersund", "roads")).hash("roads")


def test_the_roads_join_at_the_border_and_nowhere_else():
    here = sample_folder("haparanda")
    swedish = gpd.read_parquet(here / "roads.parquet")
    finnish = gpd.read_parquet(here / "fi/roads.parquet").to_crs(3006)
    both = pd.concat([swedish, finnish], ignore_index=True)
    xy, minutes = graph(both)
    assert csgraph.connected_components(minutes, directed=False)[0] == 1
    tree = cKDTree(xy)
    haparanda, tornio, karungi, karunki = (
        int(tree.query(to_metres(*at))[1]) for at in ((65.83549, 24.13676), (65.84811, 24.14662), (66.05, 23.95), (66.03669, 24.01403))
    )
    ways = csgraph.dijkstra(minutes, directed=False, indices=[haparanda, karungi])
    assert 1.0 < ways[0][tornio] < 8.0, "the centres are a kilometre or two apart"
    # Karungi and Karunki see each other across the river; the way round is by the towns
    assert ways[1][karunki] > 25.0
    shared = {tuple(e) for e in end_nodes(swedish)[0].tolist()} & {tuple(e) for e in np.round(end_nodes(finnish)[0], 3).tolist()}
    town = np.array(to_metres(65.84, 24.14))
    assert 1 <= len(shared) <= 4
    assert all(np.hypot(*(np.array(node) - town)) < 2_500.0 for node in shared)
    assert {"Gränsbron E4/E8", "Gränsbron i centrum"} <= set(both.loc[both["bridge"], "name"])


def test_the_timetables_keep_their_countries_clocks():
    zones = {}
    for file in ("gtfs.zip", "fi/gtfs.zip"):
        with zipfile.ZipFile(sample_folder("haparanda") / file) as feed:
            zones[file] = {line.split(",")[3] for line in feed.read("agency.txt").decode().splitlines()[1:]}
    assert zones == {"gtfs.zip": {"Europe/Stockholm"}, "fi/gtfs.zip": {"Europe/Helsinki"}}


# --- the plan's key --------------------------------------------------------------------------------------------------


def test_a_plan_says_which_sample_it_means():
    with pytest.raises(PlanError, match=r"line 4: plan\.sample: is no sample area; there are torsboda, haparanda, ostersund \(got 'umea'\)"):
        plan("umea", "roads")
    assert p.parse('[plan]\nname = "t"\ntitle = { sv = "t", en = "t" }\n[area]\nbbox = [0, 0, 1, 1]\n').plan.sample == "torsboda"
    store = Store(plan("ostersund", "roads", "parcels"))
    assert store.locate("roads") == sample_folder("ostersund") / "roads.parquet"
    with pytest.raises(LayerError, match="the sample area ostersund has no layer 'parcels'; it has broadband, "):
        store.read("parcels")
