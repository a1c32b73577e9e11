"""Values on the first floor, and the small rooms: growth, infrastructure, catchment, accessibility, transit, review."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landplan import accessibility as a
from landplan import catchment as c
from landplan.crs import guess_zone, horizontal, require_metric
from landplan.errors import AreaError, CRSError, LayerError, MemoryLimitError, PlanError
from landplan.grid import Grid
from landplan.growth import gap
from landplan.infrastructure import nearest_m, road_length
from landplan.od import ODMatrix
from landplan.provenance import LayerSource, Provenance, content_hash, file_hash
from landplan.review import Note, conflicts, read_notes
from landplan.style import Style, StyleClass, Text, parse_style
from landplan.transit import read_feed, service


def test_a_grid_is_aligned_and_answers_for_points():
    g = Grid.cover((12.0, 7.0, 88.0, 43.0), cell_m=10, crs="EPSG:3006")
    assert g.bounds == (10.0, 0.0, 90.0, 50.0)
    assert g.shape == (5, 8)
    assert g.cell_ha == 0.01
    rows, cols = g.rowcol(np.array([10.0, 89.9, 90.0, 9.9]), np.array([49.9, 0.1, 10.0, 10.0]))
    assert rows.tolist() == [0, 4, -1, -1]
    assert cols.tolist() == [0, 7, -1, -1]
    x, y = g.centres()
    assert (x[0], y[0]) == (15.0, 45.0)
    assert g.window((30, 10, 50, 20)) == (slice(3, 4), slice(2, 4))
    assert g.transform * (0, 0) == (10.0, 50.0)
    with pytest.raises(AreaError):
        Grid.cover((5, 5, 5, 9), cell_m=10, crs="EPSG:3006")
    with pytest.raises(MemoryLimitError, match="use a smaller area or cells of"):
        Grid.cover((0, 0, 1e6, 1e6), cell_m=10, crs="EPSG:3006").require_memory(60, limit_gb=8, what="a grid of 10 m over a million km2")


def test_crs_refuses_degrees_and_strips_heights():
    with pytest.raises(CRSError, match="degree"):
        require_metric("EPSG:4326", name="roads")
    with pytest.raises(CRSError, match="has no CRS"):
        require_metric(None, name="roads")
    assert horizontal("EPSG:5845").to_epsg() == 3006
    assert guess_zone((620_000, 6_900_000, 640_000, 6_950_000), (17, 62, 18.3, 63))[0] == 3006


def test_the_od_matrix_keeps_ids_and_drops_the_unreachable():
    dense = np.array([[0.0, np.inf, 9.0], [np.inf, np.inf, 1.0]])
    od = ODMatrix.from_dense(dense, origin_ids=["x", "y"], destination_ids=[1, 2, 3])
    assert od.pairs == 3
    assert (od.to_dense() == dense.astype(np.float32)).all()
    assert (od.transposed().to_dense() == dense.T.astype(np.float32)).all()
    long = od.to_frame()
    again = ODMatrix.from_long(long, "origin", "destination", "minutes")
    assert again.to_frame().equals(long)
    with pytest.raises(LayerError, match="more than once"):
        ODMatrix.from_long(pd.concat([long, long]), "origin", "destination", "minutes")
    with pytest.raises(LayerError, match="negative"):
        ODMatrix.from_dense(np.array([[-1.0]]))
    with pytest.raises(LayerError, match="lacks minutes"):
        ODMatrix.from_long(long.drop(columns="minutes"), "origin", "destination", "minutes")


def test_growth_reproduces_the_derived_table():
    """FACTS B2: Härnösand +5 646, 1.40 %, 188; Timrå +2 504, 1.35 %, 125; Östersund +10 035, 0.96 %, 334."""
    for now, goal, years, persons, percent, dwellings in (
        (24_354, 30_000, 15, 5_646, 1.40, 188), (17_496, 20_000, 10, 2_504, 1.35, 125), (64_965, 75_000, 15, 10_035, 0.96, 334),
    ):
        g = gap(now, goal, from_year=2025, to_year=2025 + years)
        assert g.persons == persons
        assert round(100 * g.growth_per_year, 2) == percent
        assert g.dwellings_per_year == persons / 2.0 / years
        # the table is written in whole dwellings
        assert abs(g.dwellings_per_year - dwellings) <= 0.5
    with pytest.raises(PlanError, match="later year"):
        gap(10, 20, from_year=2030, to_year=2030)


def test_distances_to_infrastructure_and_road_length():
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk", "street"], "load_class": ["BK4", "BK1"]},
        geometry=[shapely.LineString([(0, 0), (3_000, 0)]), shapely.LineString([(0, 0), (0, 1_000)])], crs="EPSG:3006",
    )
    sites = gpd.GeoDataFrame(geometry=[shapely.box(100, 50, 200, 150), shapely.box(-10, -10, 10, 10)], crs="EPSG:3006")
    assert nearest_m(sites, roads).tolist() == [50.0, 0.0]
    assert nearest_m(sites, roads.iloc[:0]).isna().all()
    table = road_length(roads).set_index("road_class")
    assert table.loc["trunk", ["km", "bk4_km"]].tolist() == [3.0, 3.0]
    assert table.loc["street", "bk4_km"] == 0.0
    with pytest.raises(CRSError):
        nearest_m(sites, roads.to_crs(3014))
    with pytest.raises(LayerError, match="no column"):
        road_length(roads, by="klass")


def squares():
    return gpd.GeoDataFrame(
        {"square_id": list("abcd"), "population": [10, 20, 30, 40], "working_age": [5, 10, 15, 20], "municipality_code": ["1", "1", "2", "2"], "locality_id": ["x", None, "x", "y"]},
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(4)], crs="EPSG:3006",
    )


def test_catchment_counts_from_the_matrix_and_keeps_everyone():
    od = ODMatrix.from_dense(np.array([[5.0], [15.0], [15.1], [np.inf]]), origin_ids=list("abcd"), destination_ids=["s"])
    r = c.reach(od, squares(), site_id="s", minutes=(5, 15, 30), off_network=["d"])
    assert r.thresholds["population"].tolist() == [10, 30, 60]
    assert r.thresholds["share"].tolist() == [0.1, 0.3, 0.6]
    by = r.municipalities.pivot(index="municipality_code", columns="minutes", values="population")
    assert by.loc["1"].tolist() == [10, 30, 30]
    assert by.loc["2"].tolist() == [0, 0, 30]
    assert r.squares["reason"].tolist() == ["", "", "", "off_network"]
    assert r.squares["minutes"].isna().tolist() == [False, False, False, True]
    with pytest.raises(LayerError, match="not a destination"):
        c.reach(od, squares(), site_id="t")


def test_measures_over_a_matrix():
    od = ODMatrix.from_dense(np.array([[5.0, 10.0], [np.inf, 20.0]]), origin_ids=["o", "p"], destination_ids=["x", "y"])
    jobs = pd.Series({"x": 100.0, "y": 10.0}, name="jobs")
    table = a.cumulative(od, jobs, [10, 20])
    assert table.columns.tolist() == ["jobs_within_10_min", "jobs_within_20_min"]
    assert table.loc["o"].tolist() == [110.0, 110.0]
    assert table.loc["p"].tolist() == [0.0, 10.0]
    passive = a.cumulative(od, pd.Series({"o": 7.0, "p": 3.0}, name="people"), 20, passive=True)
    assert passive["people_within_20_min"].tolist() == [7.0, 10.0]
    assert a.gravity(od, jobs, decay=a.decay.linear(20)).tolist() == [75.0 + 5.0, 0.0]
    # opportunities are counted, not destinations: 100 jobs at five minutes are also the second
    assert a.cost_to_closest(od, jobs, 2).tolist() == [5.0, 20.0]
    assert a.cost_to_closest(od, jobs > 0, 2).tolist() == [10.0, np.inf]
    with pytest.raises(LayerError, match="lacks 1 of 2 destinations"):
        a.cumulative(od, jobs.drop("y"), 10)


@pytest.mark.parametrize("make", [lambda: a.decay.step(30), lambda: a.decay.linear(40), lambda: a.decay.exponential(0.1), lambda: a.decay.power(1.2), lambda: a.decay.logistic(40, 10), lambda: a.decay.gaussian(10), lambda: a.decay.stepped([10, 20], [0.5, 0])])
def test_decay_starts_at_one_and_never_rises(make):
    t = np.linspace(0, 120, 241)
    f = make()(t)
    assert f[0] == 1.0
    assert (np.diff(f) <= 1e-15).all()
    assert (f >= 0).all()


def feed(folder, *, days="1,1,1,1,1,0,0"):
    files = {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,Å-buss,http://x.se,Europe/Stockholm\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n1,Ö torg,62.5,17.4\n2,Å bro,62.6,17.5\n",
        "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,A,1,Ett,3\n",
        "trips.txt": "route_id,service_id,trip_id\nR,W,t1\nR,W,t2\n",
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,06:00:00,06:00:00,1,1\nt1,06:30:00,06:30:00,2,2\nt2,25:00:00,25:00:00,1,1\nt2,25:30:00,25:30:00,2,2\n",
        "calendar.txt": f"service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nW,{days},20260105,20260118\n",
    }
    path = folder / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_timetable_counts_departures_and_knows_a_thin_day(tmp_path):
    found = read_feed(feed(tmp_path))
    weekday = service(found)
    stops = weekday.stops.set_index("name")
    assert weekday.date.weekday() < 5
    assert stops.loc["Ö torg", "departures"] == 2
    assert stops.loc["Å bro", "departures"] == 0
    assert stops.loc["Ö torg", ["first", "last"]].tolist() == ["06:00", "25:00"]
    assert not weekday.is_thin
    sunday = service(found, dt.date(2026, 1, 11))
    assert sunday.trips == 0
    assert sunday.is_thin
    with pytest.raises(LayerError, match="runs 20260105"):
        service(found, dt.date(2027, 1, 1))
    with pytest.raises(LayerError, match="does not exist"):
        read_feed(tmp_path / "none.zip")
    (tmp_path / "bad.zip").write_bytes(b"PK nothing")
    with pytest.raises(LayerError, match="cannot be read as a GTFS feed"):
        read_feed(tmp_path / "bad.zip")


def test_notes_are_read_checked_and_conflicts_found(tmp_path):
    def write(name, **properties):
        path = tmp_path / name
        feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [17, 62]}, "properties": properties}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        return path

    a_note = write("a.geojson", author="ÅÄ", time="2026-11-22T10:00", text="<script>alert(1)</script>", site_id="s", verdict="accept")
    b_note = write("b.geojson", author="BB", time="2026-11-21T10:00", text="nej", site_id="s", verdict="reject")
    notes = read_notes([a_note, b_note])
    assert [n.author for n in notes] == ["BB", "ÅÄ"]
    assert notes[1].text == "<script>alert(1)</script>"
    assert list(conflicts(notes)) == ["s"]
    assert not conflicts([Note("A", "2026-11-01", "x", "s", "reject"), Note("A", "2026-11-02", "x", "s", "accept")])
    bad = [write("c.geojson", author="", time="2026-11-01", text="x"), write("d.geojson", author="a", time="2026-11-01", text="x", verdict="maybe"), write("e.geojson", author="a", time="2026-11-01", text="x" * 5_000), write("g.geojson", author="a", time="i går", text="x")]
    (tmp_path / "f.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(LayerError, match="5 faults") as caught:
        read_notes([*bad, tmp_path / "f.geojson"])
    assert "lacks author" in str(caught.value)
    assert "'maybe' is not one of" in str(caught.value)
    assert "'i går' is not of the form" in str(caught.value)


def test_provenance_unites_layers_and_hashes_contents(tmp_path):
    one = Provenance("a", (LayerSource("roads", "r.gpkg", "1"),), crs="EPSG:3006")
    two = Provenance("b", (LayerSource("roads", "r.gpkg", "1"), LayerSource("water", "w.gpkg", "2", synthetic=True)))
    both = one.merged("c", [two], {"x": 1})
    assert [x.layer for x in both.layers] == ["roads", "water"]
    assert both.synthetic
    assert not one.synthetic
    (tmp_path / "a").write_text("x", encoding="utf-8")
    assert file_hash(tmp_path / "a") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert content_hash(np.zeros(3)) != content_hash(np.zeros(3, np.float32))


def test_styles_answer_for_colours():
    s = Style(kind="graduated", classes=(StyleClass(5, Text("a", "a"), "#000001"), StyleClass(None, Text("b", "b"), "#000002")))
    assert [s.color_of(v) for v in (5, 5.1)] == ["#000001", "#000002"]
    with pytest.raises(LayerError, match="not of the form"):
        parse_style({"color": "red"}, where="x.toml")
    with pytest.raises(LayerError, match="unknown style key 'colour'"):
        parse_style({"colour": "#ffffff"}, where="x.toml")
    with pytest.raises(LayerError, match="is not one of cividis"):
        parse_style({"ramp": "jet"}, where="x.toml")
