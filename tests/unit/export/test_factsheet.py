import errno
import re
import zlib
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import shapely

from landplan.errors import DiskError
from landplan.export import factsheet, factsheet_words, files
from landplan.export.items import DEMO_BANNER, VectorItem
from landplan.style import Style, Text

FACTS = {
    "allowed_ha": 64.25, "mw": None, "rail_m": 2360.0, "road_m": float("nan"), "port_min": 22.0, "airport_min": float("inf"),
    "land_control": "option", "owner": "kommun", "build_ready_year": 2027, "never_heard_of": "HEMLIGT-OBJEKT",
}  # fmt: skip
ASKED = (
    ("Användbar areal", "minst 50 ha", "64 ha", True),
    ("Eleffekt", "minst 100 MW", None, True),
    ("Järnväg inom 1 km", "högst 1 000 m", "2 360 m", False),
)
LONG = Text("En mening som är lång nog att ta två rader i en spalt av två på sidan. " * 2, "A sentence. " * 10)


def _texts(figure):
    return [t.get_text().replace("\u00a0", " ") for t in figure.findobj(mpl.text.Text) if t.get_text()]


def _both(atlas, card=None, asked=ASKED, language="sv", page=None):
    page = page or atlas.pages[0]
    return [_texts(f) for f in factsheet.draw(atlas, page, card or replace(page.cards[0], facts=FACTS), asked, language)]


@pytest.fixture(scope="module")
def swedish(atlas):
    return _both(atlas)


def _pdf(path):
    raw = path.read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)endstream", raw, flags=re.S)
    return raw, b"".join(zlib.decompress(s) for s in streams if s[:1] == b"x")


def test_two_standing_pages_of_vector_with_fonts_inside(atlas, tmp_path):
    page = atlas.pages[0]
    (path,) = factsheet.write(atlas, page, page.cards[0], ASKED, tmp_path / "mapp" / "å.pdf", "sv")
    assert [p.name for p in path.parent.iterdir()] == ["å.pdf"]
    raw, drawn = _pdf(path)
    assert raw.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox \[([^\]]+)\]", raw)
    assert len(boxes) == len(re.findall(rb"/Type /Page\b", raw)) == 2
    for box in boxes:
        size = [float(v) for v in box.split()]
        np.testing.assert_allclose(size[2:], np.array(factsheet.SIZE_MM) / 25.4 * 72, rtol=1e-3)
    assert b"/FontFile2" in raw
    assert b"/Type3" not in raw
    assert drawn.count(b" l\n") > 20


def test_the_same_atlas_gives_the_same_bytes(atlas, tmp_path):
    page = atlas.pages[0]
    one, two = (factsheet.write(atlas, page, page.cards[1], None, tmp_path / n, "en")[0] for n in ("a.pdf", "b.pdf"))
    assert one.read_bytes() == two.read_bytes()


def test_words_of_page_one(swedish):
    first = swedish[0]
    assert first.count(DEMO_BANNER.sv) == 2
    assert {"Öråker åäö", "Plats 1, 90 av 100 poäng", "Plan mark nära väg 331.", "Fakta om läget", "Sida 1 av 2", "N"} <= set(first)
    assert {"64,2 ha", "2 360 m", "22 min", "kan inte nås", "option", "kommun", "2027"} <= set(first)
    # megawatts nobody has said, a road that is nan, an availability that is not there; and the answer that is not known
    assert first.count("uppgift saknas") == 4
    assert any(t.startswith("Skala 1:50 000. Koordinatsystem EPSG:3006") for t in first)


def test_answers_to_what_was_asked(swedish):
    first = swedish[0]
    assert {"Svar på förfrågan", "Krav", "Önskat", "Läget har", "minst 50 ha", "64 ha", "✓ Ja", "✗ Nej", "? Okänt"} <= set(first)
    # what is not known is never met, whatever was said
    assert "1 av 3 krav uppfyllda; för 1 saknas uppgift." in first


@pytest.mark.parametrize("asked", [None, ()])
def test_nothing_asked(atlas, asked):
    first = _both(atlas, asked=asked)[0]
    assert "Svar på förfrågan" not in first
    assert "Fakta om läget" in first


def test_words_of_page_two(swedish):
    second = swedish[1]
    assert second.count(DEMO_BANNER.sv) == 2
    assert {"Arbetskraft", "61 240 personer", "60 %", "54,0", "verklig", "saknas", "90 av 100 poäng"} <= set(second)
    assert {"Strandskydd", "4,2 ha", "Strandskydd i öster", "Tar mest mark: Strandskydd"} <= set(second)
    assert {"Vägnätet är påhittat.", "Riksintressen: lagret saknas.", "Sida 2 av 2"} <= set(second)
    assert any(t.startswith("© Lantmäteriet, 2024, CC0: Hållplatser") for t in second)


def test_english_from_a_swedish_atlas(atlas):
    first, second = _both(atlas, language="en")
    assert {"Facts about the site", "64.2 ha", "2,360 m", "not known", "municipality", "Rank 1, 90 of 100 points"} <= set(first)
    assert {"Labour", "61,240 persons", "Shore protection", "National interests: no layer.", "Page 2 of 2"} <= set(second)
    for texts in (first, second):
        assert texts.count(DEMO_BANNER.en) == 2
        said = " ".join(texts)
        for word in ("uppgift", "Källa", "Legend saknas", "Skyddsobjekt", "Utelämnat"):
            assert word not in said
    assert atlas.language == "sv"


def test_restricted_layers_are_named_and_not_shown(atlas, swedish, tmp_path):
    page = replace(atlas.pages[0], visible=(*atlas.pages[0].visible, "secret"))
    texts = [t for side in _both(atlas, page=page) for t in side]
    assert not any("HEMLIGT" in t for t in texts)
    assert any("Utelämnat" in t and "Skyddsobjekt" in t for t in swedish[0])
    (path,) = factsheet.write(atlas, page, page.cards[0], ASKED, tmp_path / "a.pdf", "sv")
    assert b"HEMLIGT" not in path.read_bytes()


def test_a_site_whose_layer_is_restricted_has_no_outline(atlas):
    hidden = tuple(replace(v, sharing="restricted") if v.id == "sites" else v for v in atlas.vectors)
    page = atlas.pages[0]
    items = factsheet.stack(replace(atlas, vectors=hidden), page)[0]
    assert factsheet._site_shape(items, page.cards[0]) is None
    assert factsheet._site_shape(factsheet.stack(atlas, page)[0], page.cards[0]) is not None
    _both(replace(atlas, vectors=hidden))


def test_the_site_is_what_has_its_area_not_the_ring_around_it(atlas):
    page = atlas.pages[0]
    own = atlas.vector("sites").frame
    ring = own[["site_id", "geometry"]].assign(geometry=own.geometry.buffer(3000))
    item = VectorItem(id="rings", title=Text("Ringar", "Rings"), frame=ring, style=Style())
    for items in ([item, atlas.vector("sites")], [atlas.vector("sites"), item]):
        assert shapely.equals(factsheet._site_shape(items, page.cards[0]), own.geometry.iloc[0])


def test_no_banner_where_nothing_is_made_up(atlas, real_atlas):
    card = replace(atlas.pages[0].cards[0], facts=FACTS)
    for texts in _both(real_atlas, card=card):
        assert DEMO_BANNER.sv not in texts


@pytest.mark.parametrize("name", ["x" * 3000, "$x^{2}$ <b>&amp;</b> \\frac{", "", "rad\ntvå\tflik\x00slut", "日本 Öråker \U0001f3ed", None])
def test_odd_names_stay_on_the_page(atlas, tmp_path, name):
    page = atlas.pages[0]
    card = page.cards[1] if name is None else replace(page.cards[0], name=name)
    card = replace(card, facts={"owner": f"{name} " * 40, "land_control": "  "})
    asked = ((f"{name}", f"{name}", f"{name}", False),) * 3
    (path,) = factsheet.write(atlas, page, card, asked, tmp_path / "a.pdf", "sv")
    assert len(re.findall(rb"/Type /Page\b", path.read_bytes())) == 2
    _inside(factsheet.draw(atlas, page, card, asked, "sv"))


def _inside(figures):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for figure in figures:
        renderer = FigureCanvasAgg(figure).get_renderer()
        wide, high = figure.bbox.width, figure.bbox.height
        for text in figure.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1, text.get_text()
            assert box.y0 >= -1, text.get_text()
            assert box.x1 <= wide + 1, text.get_text()
            assert box.y1 <= high + 1, text.get_text()


@pytest.mark.parametrize("count", [1, 12, 60])
def test_much_of_everything_still_is_two_pages_and_says_what_is_left_out(atlas, count):
    page = replace(atlas.pages[0], uncertain=(LONG,) * count, untested=(LONG,) * count)
    card = page.cards[0]
    card = replace(card, facts=FACTS, criteria=card.criteria * count, excluded_ha=card.excluded_ha * count, reason=LONG)
    asked = ASKED * count
    figures = factsheet.draw(atlas, page, card, asked, "sv")
    _inside(figures)
    first, second = map(_texts, figures)
    assert {"Bortfallen areal, därför bort", "Begränsande", "Osäkert", "Ej prövat mot", "Källor"} <= set(second)
    assert sum(t in ("✓ Ja", "✗ Nej", "? Okänt") for t in first) == len(asked) or any(t.startswith("… och") for t in first)
    assert any("till; se rapporten" in t for t in second) == (count > 1)


def test_a_page_without_layers(atlas, tmp_path):
    card = atlas.pages[0].cards[0]
    (path,) = factsheet.write(atlas, atlas.pages[1], card, None, tmp_path / "tom.pdf", "en")
    assert path.stat().st_size > 1000


def test_a_raster_cut_to_the_map_keeps_its_place_and_colours(atlas):
    whole = atlas.raster("score")
    x0, y0, _, y1 = whole.grid.bounds
    part = factsheet._windowed(whole, (x0 + 2000, y0 + 1000, x0 + 3000, y1 - 5000))
    assert part.grid.bounds == (x0 + 2000, y0 + 1000, x0 + 3000, y1 - 5000)
    np.testing.assert_array_equal(part.values, whole.values[250:450, 100:150])
    open_ended = replace(whole, style=replace(whole.style, low=None, high=None))
    style = factsheet._windowed(open_ended, part.grid.bounds).style
    assert (style.low, style.high) == (0.0, 100.0)
    assert factsheet._windowed(whole, (0, 0, 10, 10)) is None


@pytest.mark.parametrize(("side", "scale"), [(1, 50_000), (5_000, 200_000), (30_000, 1_000_000)])
def test_the_map_is_at_a_round_scale_and_holds_the_site(atlas, side, scale):
    shape = shapely.box(620_000, 6_930_000, 620_000 + side, 6_930_000 + side)
    box, found = factsheet._view(shape, atlas.pages[0].cards[0], (120.0, 120.0))
    assert found == scale
    assert shapely.box(*box).contains(shape)
    assert (box[2] - box[0]) * 1000 / 120 == pytest.approx(scale)


def test_codes_get_the_layers_words_before_our_own(atlas):
    items = factsheet.stack(atlas, atlas.pages[0])[0]
    assert factsheet._fact("stage", "in_force", "", items, "en") == "in force"
    assert factsheet._fact("stage", "laga kraft", "", items, "en") == "in force"
    assert factsheet._fact("owner", "Torsboda AB", "", items, "en") == "Torsboda AB"
    assert factsheet._fact("availability", "såld", "", items, "en") == "sold"
    assert factsheet._fact("land_control", "uppgift saknas", "", items, "en") == "not known"
    assert factsheet._fact("availability", True, "", items, "en") == "Yes"
    assert set(FACTS) - {"never_heard_of"} | {"availability"} == set(factsheet_words.FACTS)


def test_a_full_disc_leaves_nothing(atlas, tmp_path, monkeypatch):
    page = atlas.pages[0]

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "a.pdf"
    target.write_bytes(b"before")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskError, match=r"a\.pdf: the disc is full"):
            factsheet.write(atlas, page, page.cards[0], ASKED, target, "sv")
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", full)
        with pytest.raises(DiskError, match="the disc is full"):
            factsheet.write(atlas, page, page.cards[0], ASKED, target, "sv")
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
