"""The GeoPackage, the project and the rasters in real QGIS 3.22."""

import shutil

import pytest
from small_atlas import SITE_FIELDS

from landplan.export.items import DEMO_BANNER
from landplan.export.legend import split_kinds
from landplan.export.names import raster_file

RENDERERS = {
    "sites": "categorizedSymbol",
    "stops": "graduatedSymbol",
    "road": "categorizedSymbol",
    "density": "graduatedSymbol",
    "mixed": "singleSymbol",
    "empty": "singleSymbol",
    "secret": "singleSymbol",
    "outline": "singleSymbol",
    "land": "singleSymbol",
}


@pytest.fixture(scope="module")
def project(in_qgis, run_folder, tmp_path_factory):
    """The project opened after its folder was moved, drawn, its layouts printed."""
    moved = tmp_path_factory.mktemp("moved") / "en annan plats"
    shutil.copytree(run_folder, moved)
    out = tmp_path_factory.mktemp("drawn")
    return in_qgis(moved / "DEMONSTRATIONSDATA_prov.qgz", "--png", out / "p.png", "--pdf", out)


@pytest.fixture(scope="module")
def package(in_qgis, run_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn")
    return in_qgis(run_folder / "DEMONSTRATIONSDATA_prov.gpkg", "--png", out / "g.png")


def _vectors(report, prefix):
    layers = report["layers"].items()
    return {name.removeprefix(prefix): facts for name, facts in layers if facts.get("kind") == "vector"}


@pytest.mark.parametrize("kind", ["project", "package"])
def test_every_layer_is_valid_and_styled(kind, request, atlas):
    report = request.getfixturevalue(kind)
    found = _vectors(report, "landplan_vector_" if kind == "project" else "")
    expected = [part for item in atlas.vectors for part in split_kinds(item)]
    assert {"mixed", "mixed_line", "mixed_point"} < {v.id for v in expected}
    assert set(found) == {v.id for v in expected}
    for item in expected:
        facts = found[item.id]
        assert facts["valid"], item.id
        assert facts["crs"] == "EPSG:3006", item.id
        assert facts["count"] == len(item.frame), item.id
        assert facts["renderer"] == RENDERERS[item.id.split("_")[0]], item.id
    sites = found["sites"]
    assert sites["legend"] == ["antagen", "laga kraft", "övriga"]
    assert sites["aliases"] == {
        f.name: f.alias.sv + (f" ({f.unit})" if f.unit else "") for f in SITE_FIELDS
    }
    assert sites["values"]["stage"] == {"adopted": "antagen", "in_force": "laga kraft", "unknown": "uppgift saknas"}
    assert sites["types"]["decided"] == "Date"
    assert sites["types"]["served"] == "Boolean"
    assert sites["labels"]
    assert not found["land"]["labels"]


def test_colours_are_those_of_the_style(project, atlas):
    found = _vectors(project, "landplan_vector_")
    assert found["sites"]["colors"] == {"#0072b2": 2, "#e69f00": 1, "#999999": 1}
    stops = atlas.vector("stops")
    expected = {}
    for value in stops.frame["minutes"].dropna():
        expected[stops.style.color_of(value)] = expected.get(stops.style.color_of(value), 0) + 1
    assert found["stops"]["colors"] == expected
    assert found["stops"]["undrawn"] == 1  # a graduated layer has no symbol for an unknown value
    assert found["density"]["undrawn"] == 0


def test_project(project):
    assert project["read"]
    assert project["crs"] == "EPSG:3006"
    assert project["title"] == f"Provområdet | {DEMO_BANNER.sv}"
    (top,) = project["tree"]
    (inside,) = top.values()
    assert list(top) == [DEMO_BANNER.sv]
    groups = [next(iter(g)) for g in inside]
    assert groups == ["Resultat", "Industrimark", "extra", "Bakgrundskarta"]
    assert sorted(project["themes"]) == ["Industrimark", "Tom sida"]
    assert project["extent"] == [620_000, 6_930_000, 630_000, 6_940_000]
    order = project["order"]
    assert order.index("Hållplatser") < order.index("Väg") < order.index("Kandidatområden") < order.index("Lämplighet") < order.index("Land")


def test_rasters_in_the_project(project):
    score, why = (project["layers"][f"landplan_raster_{i}"] for i in ("score", "why"))
    assert score["renderer"] == "singlebandpseudocolor"
    assert len(score["legend"]) == 6
    assert why["renderer"] == "paletted"
    assert why["legend"] == ["kvar", "för brant", "strandskydd"]
    assert score["nodata"]
    assert why["nodata"]


def test_drawn_pictures_are_not_blank(project, package):
    assert project["colours_seen"] > 30
    assert package["colours_seen"] > 10


def test_layouts_print_with_the_banner(project):
    assert set(project["layouts"]) == {f"DEMONSTRATIONSDATA - {t}" for t in ("Industrimark", "Tom sida")}
    for facts in project["layouts"].values():
        assert facts["labels"].count(DEMO_BANNER.sv) == 2
        assert facts["pdf"]
    shown = project["layouts"]["DEMONSTRATIONSDATA - Industrimark"]["maps"][0]
    assert "Kandidatområden" in shown
    assert "Skyddsobjekt" not in shown


def test_a_raster_alone_finds_its_style(in_qgis, run_folder, atlas):
    report = in_qgis(run_folder / "rasters" / raster_file(atlas.raster("why")))
    (facts,) = report["layers"].values()
    assert facts["renderer"] == "paletted"
    assert facts["legend"] == ["kvar", "för brant", "strandskydd"]


def test_opening_changes_nothing(in_qgis, run_folder, tmp_path):
    copy = tmp_path / "x.gpkg"
    shutil.copy(run_folder / "DEMONSTRATIONSDATA_prov.gpkg", copy)
    before = copy.read_bytes()
    in_qgis(copy)
    assert copy.read_bytes() == before
