import json
import sqlite3

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from small_atlas import LONG, PAYLOAD

from landplan.errors import DiskError
from landplan.export import geopackage
from landplan.export.items import DEMO_BANNER
from landplan.export.legend import split_kinds


@pytest.fixture(scope="module")
def path(atlas, tmp_path_factory):
    target = tmp_path_factory.mktemp("gpkg") / "mapp med å" / "prov.gpkg"
    assert geopackage.write(atlas, target) == [target]
    return target


@pytest.fixture
def db(path):
    with sqlite3.connect(path) as connection:
        yield connection
    connection.close()


def test_every_layer_and_table_is_there(atlas, path):
    names = set(pyogrio.list_layers(path)[:, 0])
    assert {v.id for v in atlas.vectors} <= names
    assert {"catchment", "none", "hidden", "layer_styles", "landplan_provenance"} <= names
    for item in atlas.vectors:
        parts = split_kinds(item)
        for part in parts:
            assert pyogrio.read_info(path, layer=part.id)["features"] == len(part.frame)
        assert item.id == "mixed" or parts == (item,)
    kinds = {n: k for n, k in pyogrio.list_layers(path) if n.startswith("mixed")}
    assert kinds == {"mixed": "Polygon", "mixed_line": "LineString", "mixed_point": "Point"}


def test_nothing_else_lies_beside(path):
    assert [p.name for p in path.parent.iterdir()] == ["prov.gpkg"]


def test_cells_survive(path):
    back = gpd.read_file(path, layer="sites")
    assert back.crs.to_epsg() == 3006
    assert list(back["name"]) == ["Öråker åäö", PAYLOAD, LONG, "Delat"]
    assert back["minutes"].isna().tolist() == [False, True, False, False]
    assert back["area_ha"].isna().tolist() == [False, False, True, True]
    # stored as JSON text; readers that know the column's type give the list back
    with sqlite3.connect(path) as raw:
        assert [r[0] for r in raw.execute("SELECT uses FROM sites")] == ['["J", "Z"]', '["J"]', "[]", None]
    raw.close()
    assert list(back["uses"])[:3] == [["J", "Z"], ["J"], []]
    assert back.geometry.area.sum() == pytest.approx(3 * 800**2 + 800**2 + 2000**2 - 500**2, rel=1e-9)


def test_types_are_declared(db):
    types = {row[1]: row[2] for row in db.execute("PRAGMA table_info(sites)")}
    assert types["decided"] == "DATE"
    assert types["served"] == "BOOLEAN"
    assert types["build_year"] in ("INTEGER", "MEDIUMINT")
    assert types["minutes"] == "REAL"


def test_no_infinite_number_is_written(db):
    for table in ("sites", "stops", "catchment"):
        cursor = db.execute(f"SELECT * FROM {table}")
        for row in cursor:
            assert not any(isinstance(v, float) and not np.isfinite(v) for v in row)


def test_names_the_format_keeps_for_itself_are_renamed(path):
    columns = set(gpd.read_file(path, layer="road").columns)
    assert {"fid_", "Geom_", "geom__"} <= columns


def test_version_and_spatial_index(db):
    assert db.execute("PRAGMA user_version").fetchone()[0] == 10200
    indexed = {r[0] for r in db.execute("SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'")}
    assert {"sites", "stops", "road", "land"} <= indexed


def test_styles_stand_as_qgis_reads_them(atlas, db):
    rows = db.execute(
        "SELECT f_table_name, f_table_catalog, f_table_schema, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
    ).fetchall()
    assert {r[0] for r in rows} == {part.id for v in atlas.vectors for part in split_kinds(v)}
    geometry = dict(db.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    for name, catalog, schema, column, default, qml in rows:
        assert (catalog, schema, default) == ("", "", 1)
        assert column == geometry[name]
        assert qml.count("<renderer-v2") == 1
    registered = db.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone()
    assert registered == ("attributes",)
    assert len(db.execute("PRAGMA table_info(layer_styles)").fetchall()) == 13


def test_provenance_names_every_source_and_result(atlas, db):
    rows = {r[0]: r[1:] for r in db.execute("SELECT layer, sha256, synthetic, parameters FROM landplan_provenance")}
    assert {v.id for v in atlas.vectors} <= set(rows)
    assert rows["road"][0] == "ab" * 32
    assert rows["road"][1] == 1
    assert json.loads(rows["sites"][2])["weights"] == {"labour": 0.6}


def test_metadata_holds_the_whole_provenance(db):
    documents = [json.loads(r[0]) for r in db.execute("SELECT metadata FROM gpkg_metadata WHERE mime_type = 'application/json'")]
    assert len(documents) == 1
    assert documents[0]["banner"] == DEMO_BANNER.sv
    assert documents[0]["provenance"]["layers"][0]["layer"] == "road"
    bad = db.execute("SELECT count(*) FROM gpkg_metadata_reference r LEFT JOIN gpkg_metadata m ON m.id = r.md_file_id WHERE m.id IS NULL")
    assert bad.fetchone()[0] == 0


def test_made_up_layers_say_so(db):
    contents = {r[0]: r[1:] for r in db.execute("SELECT table_name, identifier, description FROM gpkg_contents")}
    for name in ("sites", "road", "catchment"):
        assert DEMO_BANNER.sv in contents[name][0]
        assert DEMO_BANNER.sv in contents[name][1]
    assert contents["land"][0] == "Land"


def test_without_demonstration_data_there_is_no_banner(real_atlas, tmp_path):
    target = tmp_path / "real.gpkg"
    geopackage.write(real_atlas, target)
    assert DEMO_BANNER.sv.encode() not in target.read_bytes()


def test_writing_again_replaces(atlas, path):
    before = pyogrio.list_layers(path)[:, 0].tolist()
    geopackage.write(atlas, path)
    assert pyogrio.list_layers(path)[:, 0].tolist() == before


def test_a_failure_leaves_the_old_file(atlas, path, monkeypatch):
    before = path.read_bytes()

    def full(*_args):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(geopackage, "_styles", full)
    with pytest.raises(DiskError, match="disc is full"):
        geopackage.write(atlas, path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["prov.gpkg"]
