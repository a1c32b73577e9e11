from xml.etree import ElementTree as ET

import pytest

from landplan.export import qml


def _parsed(text):
    return ET.fromstring(text.split("\n", 1)[1])


@pytest.mark.parametrize(
    ("id_", "kind"),
    [("sites", "categorizedSymbol"), ("stops", "graduatedSymbol"), ("density", "graduatedSymbol"), ("land", "singleSymbol")],
)
def test_renderer(atlas, id_, kind):
    root = _parsed(qml.vector_qml(atlas.vector(id_), "sv"))
    assert root.find("renderer-v2").get("type") == kind


def test_words_follow_the_language(atlas):
    swedish = _parsed(qml.vector_qml(atlas.vector("sites"), "sv"))
    english = _parsed(qml.vector_qml(atlas.vector("sites"), "en"))
    assert [c.get("label") for c in swedish.iter("category")] == ["antagen", "laga kraft", "övriga"]
    assert [c.get("label") for c in english.iter("category")] == ["adopted", "in force", "other"]
    aliases = {a.get("field"): a.get("name") for a in swedish.iter("alias")}
    assert aliases["area_ha"] == "Areal (ha)"


def test_upper_bounds_are_inclusive_and_nothing_is_left_below(atlas):
    ranges = list(_parsed(qml.vector_qml(atlas.vector("stops"), "sv")).iter("range"))
    assert [float(r.get("upper")) for r in ranges] == [15, 30, 45]
    assert float(ranges[0].get("lower")) < -1e12
    assert [a.get("upper") for a in ranges[:-1]] == [b.get("lower") for b in ranges[1:]]


def test_rasters(atlas):
    ramp = _parsed(qml.raster_qml(atlas.raster("score"), "sv"))
    assert ramp.find(".//rasterrenderer").get("type") == "singlebandpseudocolor"
    assert [float(i.get("value")) for i in ramp.iter("item")] == [0, 20, 40, 60, 80, 100]
    classes = _parsed(qml.raster_qml(atlas.raster("why"), "sv"))
    entries = {e.get("value"): e.get("label") for e in classes.iter("paletteEntry")}
    assert entries == {"0": "kvar", "1": "för brant", "2": "strandskydd"}


def test_control_characters_do_not_break_the_xml():
    assert qml.clean_xml("a\x00\x0bb\ud800") == "ab"
