"""What a GeoPackage says of its columns, in the file's own extension and in QGIS' forms."""

import sqlite3
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest
from odd_names import FIELDS, odd_layer
from small_atlas import STAGES

from landplan.contracts import FieldSpec
from landplan.export import geopackage, qml, schema
from landplan.style import Text


@pytest.fixture(scope="module")
def described(atlas, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "ord.gpkg"
    geopackage.write(replace(atlas, vectors=(*atlas.vectors, odd_layer())), path)
    return path


@pytest.fixture
def db(described):
    with sqlite3.connect(described) as connection:
        yield connection
    connection.close()


def test_every_field_of_a_contract_is_described(atlas, db):
    rows = {r[:2]: r[2:] for r in db.execute("SELECT table_name, column_name, name, title, description FROM gpkg_data_columns")}
    for item in (*atlas.vectors, odd_layer()):
        for spec in item.fields:
            if spec.name in item.frame.columns:
                name, title, text = rows[item.id, spec.name]
                assert name == spec.name
                assert title.startswith(spec.alias.sv)
                assert text.startswith(f"{spec.alias.sv}.")
    assert rows["sites", "area_ha"][1:] == ("Areal (ha)", "Areal. Enhet: ha.")
    assert rows["catchment", "population"][1] == "Folkmängd (personer)"
    assert rows["önskade_lägen", "höjd_över_havet"][2] == "Höjd över havet. Enhet: m. Från −5 till 1\u00a0200. Får inte saknas."


def test_ranges_and_closed_lists_are_constraints(db):
    named = {r[:2]: r[2] for r in db.execute("SELECT table_name, column_name, constraint_name FROM gpkg_data_columns")}
    rows = db.execute("SELECT constraint_name, min, min_is_inclusive, max, max_is_inclusive FROM gpkg_data_column_constraints WHERE constraint_type = 'range'")
    ranges = {name: rest for name, *rest in rows}
    assert ranges[named["önskade_lägen", "höjd_över_havet"]] == [-5, 1, 1200, 1]
    assert ranges[named["önskade_lägen", "antal hushåll"]] == [0, 1, float("inf"), 1]
    assert named["önskade_lägen", "år"] is None
    codes = db.execute("SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = ?", (named["sites", "stage"],))
    assert codes.fetchall() == [(code, words.sv) for code, words in STAGES]
    # a list's closed values bound its members, not the JSON text
    assert named["sites", "uses"] is None


def test_the_extension_is_registered(db):
    found = db.execute("SELECT table_name, column_name, scope FROM gpkg_extensions WHERE extension_name = 'gpkg_schema' ORDER BY 1")
    assert found.fetchall() == [("gpkg_data_column_constraints", None, "read-write"), ("gpkg_data_columns", None, "read-write")]


def test_a_renamed_column_keeps_its_words(atlas, tmp_path):
    frame = gpd.GeoDataFrame({"fid": ["a"]}, geometry=gpd.points_from_xy([620_000], [6_930_000]), crs="EPSG:3006")
    item = replace(atlas.vector("stops"), frame=frame, fields=(FieldSpec("fid", "text", Text("Beteckning", "Designation")),))
    geopackage.write(replace(atlas, vectors=(item,), tables=()), tmp_path / "x.gpkg")
    with sqlite3.connect(tmp_path / "x.gpkg") as db:
        assert db.execute("SELECT column_name, name, title FROM gpkg_data_columns").fetchall() == [("fid_", "fid", "Beteckning")]
    db.close()


def test_swedish_letters_survive_in_layer_and_field_names(described):
    back = gpd.read_file(described, layer="önskade_lägen")
    assert {f.name for f in FIELDS} <= set(back.columns)
    assert back["höjd_över_havet"].tolist() == [12.5, 80.0, 300.0]


def test_words_follow_the_language():
    assert schema.note(FIELDS[0], "en").startswith("Height above sea. Unit: m. From")
    assert schema.note(FIELDS[0], "en").endswith("to 1,200. Must not be missing.")
    for text in schema.SCHEMA_WORDS.values():
        assert text.sv != text.en


def test_forms_bound_numbers_and_warn():
    root = ET.fromstring(qml.vector_qml(odd_layer(), "sv").split("\n", 1)[1])
    widgets = {f.get("name"): f.find("editWidget") for f in root.find("fieldConfiguration")}
    assert widgets["höjd_över_havet"].get("type") == "Range"
    options = {o.get("name"): o.get("value") for o in widgets["höjd_över_havet"].iter("Option") if o.get("name")}
    assert (options["Min"], options["Max"], options["AllowNull"]) == ("-5", "1200", "true")
    assert widgets["antal hushåll"].get("type") == "TextEdit"
    rules = {c.get("field"): c.get("exp") for c in root.find("constraintExpressions")}
    assert rules["antal hushåll"] == '"antal hushåll" IS NULL OR ("antal hushåll" >= 0)'
    hard = [c for c in root.find("constraints") for k, v in c.attrib.items() if k.endswith("_strength") and v == "1"]
    assert not hard, "a form warns; the contract is checked elsewhere"
