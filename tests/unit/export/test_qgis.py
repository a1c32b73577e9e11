import base64
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest
from small_atlas import X0, Y0

from landplan.export import qgis
from landplan.export.items import DEMO_BANNER
from landplan.style import Text


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


def _arrange(atlas, tmp_path):
    """Return the project of an atlas in which one result is a what-if of the industry team's."""
    summer = Text("Årstid: sommar", "Season: summer")
    stops = replace(atlas.vector("stops"), id="stops_summer", title=Text("Sommar", "Summer"), scenario=summer)
    towns = gpd.GeoDataFrame(
        {
            "name": ["Ö stad", "Liten", "Annan ort", "Utanför", "Okänd"],
            "municipality_code": ["2280", "2280", "2262", "2281", "2282"],
            "population": [5000, 300, 900, 9000, None],
        },
        geometry=gpd.points_from_xy([X0 + 1000, X0 + 2000, X0 + 3000, X0 - 90_000, X0], [Y0 + 1000] * 5),
        crs="EPSG:3006",
    )
    places = replace(atlas.vector("land"), id="localities", title=Text("Orter", "Places"), frame=towns)
    page = replace(atlas.pages[0], layers=(*atlas.pages[0].layers, "stops_summer"))
    (path,) = qgis.write(replace(atlas, vectors=(*atlas.vectors, stops, places), pages=(page, *atlas.pages[1:])), tmp_path, "prov.gpkg", "rasters")
    with zipfile.ZipFile(path) as archive:
        return ET.fromstring(archive.read(archive.namelist()[0]).decode().split("\n", 1)[1])


def test_results_stand_by_team_and_scenario(atlas, tmp_path):
    root = _arrange(atlas, tmp_path)
    (results,) = (g for g in root.iter("layer-tree-group") if g.get("name") == "Resultat")
    (team,) = results.findall("layer-tree-group")
    assert team.get("name") == "Industrimark"
    assert "Hållplatser" in [n.get("name") for n in team.findall("layer-tree-layer")]
    (season,) = team.findall("layer-tree-group")
    assert season.get("name") == "Årstid: sommar"
    assert [n.get("name") for n in season.findall("layer-tree-layer")] == ["Sommar"]
    assert team[-1] is season, "what-ifs come last"


def test_bookmarks_are_the_area_the_main_towns_and_the_best_sites(atlas, tmp_path):
    marks = _arrange(atlas, tmp_path).findall("Bookmarks/Bookmark")
    assert [(m.get("group"), m.get("name")) for m in marks] == [
        ("Området", "Hela området"),
        ("Huvudorter", "Annan ort"),
        ("Huvudorter", "Ö stad"),
        *[("Industrimark", f"{c.rank}. {c.name}") for c in atlas.pages[0].cards],
    ]
    assert all(m.find("spatialrefsys/authid").text == "EPSG:3006" for m in marks)
    assert len({m.get("id") for m in marks}) == len(marks)
    assert marks[0].get("extent").startswith("Polygon ((620000.000 6930000.000, 630000.000 6930000.000,")


def test_the_arrow_is_carried_in_the_project(project):
    for layout in project.findall("Layouts/Layout"):
        (picture,) = (i for i in layout.findall("LayoutItem") if i.get("type") == "65640")
        svg = ET.fromstring(base64.b64decode(picture.get("file").removeprefix("base64:")))
        assert svg.tag.endswith("svg")
        maps = [i.get("uuid") for i in layout.findall("LayoutItem") if i.get("type") == "65639"]
        assert picture.get("mapUuid") == maps[0]


def test_a_ranking_is_seen_close_with_an_inset_of_the_area(atlas, tmp_path):
    far = replace(atlas, area_bounds=(X0 - 200_000, Y0 - 200_000, X0 + 200_000, Y0 + 200_000))
    (path,) = qgis.write(far, tmp_path, "prov.gpkg", "rasters")
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read(archive.namelist()[0]).decode().split("\n", 1)[1])
    industry, bare = root.findall("Layouts/Layout")
    close, inset = (i for i in industry.findall("LayoutItem") if i.get("type") == "65639")
    width = [float(i.find("Extent").get("xmax")) - float(i.find("Extent").get("xmin")) for i in (close, inset)]
    assert width[0] < 30_000
    assert width[1] >= 400_000
    assert inset.find("ComposerMapOverview").get("frameMap") == close.get("uuid")
    for card in atlas.pages[0].cards[:3]:
        e = {k: float(v) for k, v in close.find("Extent").attrib.items()}
        assert e["xmin"] < card.centroid[0] < e["xmax"]
        assert e["ymin"] < card.centroid[1] < e["ymax"]
    assert [i.get("type") for i in bare.findall("LayoutItem")].count("65639") == 1


def test_without_demonstration_data(real_atlas, tmp_path):
    (path,) = qgis.write(real_atlas, tmp_path, "real.gpkg", "rasters")
    assert path.name == "prov.qgz"
    with zipfile.ZipFile(path) as archive:
        assert DEMO_BANNER.sv not in archive.read(archive.namelist()[0]).decode()
