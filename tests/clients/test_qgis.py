"""The GeoPackage, the project and the rasters in real QGIS 3.22."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from _pdf import letters_of
from _probe import blended, close
from odd_names import COLOURS, odd_layer
from small_atlas import SITE_FIELDS, X0, Y0

from landplan.export import geopackage, qgis
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


# Middles of what is drawn with each class: a layer's id, a point in it, its label in the legend.
KNOWN = (
    ("landplan_vector_sites", X0 + 1400, Y0 + 1400, "antagen"),
    ("landplan_vector_sites", X0 + 4400, Y0 + 4400, "laga kraft"),
    ("landplan_vector_sites", X0 + 1250, Y0 + 6000, "övriga"),
    ("landplan_vector_stops", X0 + 1000, Y0 + 9000, "inom 15 minuter"),
    ("landplan_vector_stops", X0 + 4400, Y0 + 9000, "inom 30 minuter"),
    ("landplan_vector_stops", X0 + 6100, Y0 + 9000, "inom 45 minuter"),
    ("landplan_vector_road", X0 + 2500, Y0 + 2000, "europaväg"),
    ("landplan_raster_why", X0 + 3000, Y0 + 7000, "för brant"),
    ("landplan_raster_why", X0 + 7000, Y0 + 3000, "strandskydd"),
    ("landplan_raster_why", X0 + 5000, Y0 + 5000, "kvar"),
    ("landplan_raster_score", X0 + 9990, Y0 + 5000, "100\u00a0poäng"),
)


@pytest.fixture(scope="module")
def probed(in_qgis, run_folder, tmp_path_factory):
    """The project with the colour drawn at each known point."""
    points = tmp_path_factory.mktemp("probe") / "points.json"
    # over the hole of the third site there is only the score's raster over the land
    points.write_text(json.dumps([*(k[:3] for k in KNOWN), ["*", X0 + 4400, Y0 + 4400], ["*", X0 + 9990, Y0 + 9500]]), encoding="utf-8")
    return in_qgis(run_folder / "DEMONSTRATIONSDATA_prov.qgz", "--probe", points)


@pytest.mark.parametrize("n", range(len(KNOWN)), ids=lambda n: f"{KNOWN[n][0].split('_', 2)[2]}-{KNOWN[n][3]}")
def test_what_is_drawn_has_the_legends_colour(probed, atlas, n):
    id_, _, _, label = KNOWN[n]
    facts = probed["layers"][id_]
    (colour,) = {entry[1] for entry in facts["key"] if entry[0] == label}
    if facts["kind"] == "raster":
        opacity = facts["opacity"]
    else:
        opacity = 1.0 if id_.endswith("road") else atlas.vector(id_.split("_", 2)[2]).style.opacity
    assert close(probed["probes"][n], blended(colour, opacity)), (probed["probes"][n], colour, opacity)


def test_the_whole_map_lies_in_its_order(probed, atlas):
    """A site over the score's raster over the land; the raster's last colour alone over the land."""
    site, score = probed["probes"][-2:]
    land = blended("#f6f4ef", 1.0)
    yellow = blended(probed["layers"]["landplan_raster_score"]["key"][-1][1], 0.7, over=land)
    assert close(score, yellow, by=4)
    at = (4400 - 10) / 10_000 * 5  # between which of the ramp's six colours the site lies
    from landplan.style import RAMPS

    low, high = (RAMPS["viridis"][i] for i in (int(at), int(at) + 1))
    under = blended(blended(high, at - int(at), over=low), 0.7, over=land)
    assert close(site, blended("#e69f00", 0.8, over=under), by=4)


def test_layouts_say_what_they_must_on_paper(project, atlas):
    for page in atlas.pages:
        facts = project["layouts"][f"DEMONSTRATIONSDATA - {page.title.sv}"]
        said = letters_of(Path(facts["pdf"]))
        wanted = [page.title.sv, page.question.sv, DEMO_BANNER.sv, "Teckenförklaring", f"Framställd {atlas.created}", "Skala 1:", "EPSG:3006"]
        if page.id == "industry":
            wanted += ["Källa: © Lantmäteriet", "Kandidatområden", "laga kraft", "Utelämnat här eftersom"]
        for text in wanted:
            assert "".join(text.split()) in said, (page.id, text)
        assert "HEMLIGT" not in said
        assert {"QgsLayoutItemLegend", "QgsLayoutItemScaleBar", "QgsLayoutItemMap"} <= set(facts["kinds"])
        assert facts["pictures"] == [True], "the north arrow is drawn from the project alone"


def test_bookmarks_are_read(project, atlas):
    found = {b["name"]: b for b in project["bookmarks"]}
    assert found["Hela området"]["bounds"] == list(atlas.area_bounds)
    assert {b["crs"] for b in found.values()} == {"EPSG:3006"}
    best = found["1. Öråker åäö"]
    assert best["group"] == "Industrimark"
    west, south, east, north = best["bounds"]
    card = atlas.pages[0].cards[0]
    assert (west + east) / 2 == pytest.approx(card.centroid[0], abs=0.01)
    assert (south + north) / 2 == pytest.approx(card.centroid[1], abs=0.01)


@pytest.fixture(scope="module")
def odd(in_qgis, atlas, tmp_path_factory):
    """A layer with åäö and a space in its own and its columns' names, in GeoPackage and project."""
    folder = tmp_path_factory.mktemp("udda") / "ö"
    only = replace(atlas, name="udda", vectors=(odd_layer(),), rasters=(), pages=(replace(atlas.pages[0], layers=("önskade_lägen",), visible=()),))
    geopackage.write(only, folder / "udda.gpkg")
    (path,) = qgis.write(only, folder, "udda.gpkg", "rasters")
    points = folder / "points.json"
    points.write_text(json.dumps([["landplan_vector_önskade_lägen", 621_000, 6_931_000], ["landplan_vector_önskade_lägen", 623_000, 6_931_000]]), encoding="utf-8")
    project = in_qgis(path, "--probe", points)
    return project, in_qgis(folder / "udda.gpkg")["layers"]["önskade_lägen"]


def test_swedish_letters_in_layer_and_field_names(odd):
    project, package = odd
    for facts in (project["layers"]["landplan_vector_önskade_lägen"], package):
        assert facts["valid"]
        assert facts["count"] == 3
        assert facts["undrawn"] == 0
        assert facts["renderer"] == "categorizedSymbol"
        assert dict(facts["key"]) == COLOURS
        assert facts["aliases"]["höjd_över_havet"] == "Höjd över havet (m)"
        assert facts["aliases"]["antal hushåll"] == "Antal hushåll"
        assert facts["labels"]
        assert facts["ranges"] == {"höjd_över_havet": [-5, 1200]}
        assert facts["rules"]["antal hushåll"].endswith('("antal hushåll" >= 0)')
    assert project["probes"] == [COLOURS["läge"], COLOURS["Åker & äng"]]


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
    assert sites["types"]["uses"] == "JSON"
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
    maps = project["layouts"]["DEMONSTRATIONSDATA - Industrimark"]["maps"]
    assert [("Kandidatområden" in shown, "Skyddsobjekt" in shown) for shown in maps].count((True, False)) == 1
    assert not any("Skyddsobjekt" in shown for shown in maps)


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
