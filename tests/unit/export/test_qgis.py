import zipfile
from xml.etree import ElementTree as ET

import pytest

from landplan.export import qgis
from landplan.export.items import DEMO_BANNER


@pytest.fixture(scope="module")
def project(atlas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (path,) = qgis.write(atlas, folder, "prov.gpkg", "rasters")
    assert path.name == "DEMONSTRATIONSDATA_prov.qgz"
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
        return ET.fromstring(archive.read(name).decode().split("\n", 1)[1])


def test_the_same_atlas_gives_the_same_bytes(atlas, tmp_path):
    one = qgis.write(atlas, tmp_path / "a", "prov.gpkg", "rasters")[0]
    two = qgis.write(atlas, tmp_path / "b", "prov.gpkg", tmp_path / "b" / "rasters")[0]
    assert one.read_bytes() == two.read_bytes()


def test_paths_are_relative(project):
    sources = [n.text for n in project.iter("datasource")]
    assert all(s.startswith("./") for s in sources)
    assert "./prov.gpkg|layername=sites" in sources
    assert "./rasters/DEMONSTRATIONSDATA_score.tif" in sources


def test_everything_stands_inside_the_banner(project, atlas):
    tree = project.find("layer-tree-group")
    (top,) = tree.findall("layer-tree-group")
    assert top.get("name") == DEMO_BANNER.sv
    assert tree.findall("layer-tree-layer") == []
    assert [g.get("name") for g in top.findall("layer-tree-group")] == ["Resultat", "Industrimark", "extra", "Bakgrundskarta"]
    assert len(list(top.iter("layer-tree-layer"))) == len(atlas.vectors) + 2 + len(atlas.rasters)  # the mixed layer is three
    assert DEMO_BANNER.sv in project.find("title").text


def test_the_crs_is_written_in_full(project):
    for node in project.iter("spatialrefsys"):
        assert node.find("authid").text == "EPSG:3006"
        assert node.find("wkt").text.startswith("PROJCRS[")
    assert project.find("properties/SpatialRefSys/ProjectionsEnabled").text == "1"


def test_drawing_order_is_points_lines_polygons_rasters_base(project):
    order = [n.get("id").split("_", 2)[2] for n in project.find("layerorder")]
    assert order.index("stops") < order.index("road") < order.index("sites") < order.index("score") < order.index("land")
    assert order.index("outline") < order.index("sites")


def test_layouts_carry_the_banner_and_drop_what_is_restricted(project):
    layouts = project.findall("Layouts/Layout")
    assert [x.get("name") for x in layouts] == ["DEMONSTRATIONSDATA - Industrimark", "DEMONSTRATIONSDATA - Tom sida"]
    for layout in layouts:
        texts = [n.get("labelText") for n in layout.iter("LayoutItem")]
        assert texts.count(DEMO_BANNER.sv) == 2
        assert not any("secret" in (n.text or "") for n in layout.iter("Layer"))


def test_themes(project):
    presets = {p.get("name"): [n.get("id") for n in p.findall("layer")] for p in project.iter("visibility-preset")}
    assert "landplan_raster_score" in presets["Industrimark"]
    assert "landplan_raster_why" not in presets["Industrimark"]


def test_without_demonstration_data(real_atlas, tmp_path):
    (path,) = qgis.write(real_atlas, tmp_path, "real.gpkg", "rasters")
    assert path.name == "prov.qgz"
    with zipfile.ZipFile(path) as archive:
        assert DEMO_BANNER.sv not in archive.read(archive.namelist()[0]).decode()
