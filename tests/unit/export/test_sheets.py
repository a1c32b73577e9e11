import re
import zlib

import matplotlib as mpl
import numpy as np
import pytest

from landplan.export import sheets
from landplan.export.items import DEMO_BANNER


def _texts(figure):
    found = [t.get_text() for t in figure.findobj(mpl.text.Text)]
    return [t for t in found if t]


@pytest.fixture(scope="module")
def figure(atlas):
    with mpl.rc_context(sheets._RC):
        return sheets.draw(atlas, atlas.pages[0])


def test_words_on_the_sheet(figure):
    texts = _texts(figure)
    assert texts.count(DEMO_BANNER.sv) == 2
    assert {"Industrimark", "Öråker är bäst.", "Teckenförklaring", "antagen", "N", "Väg", "Öråker åäö"} <= set(texts)
    foot = next(t for t in texts if t.startswith("Källa"))
    for part in ("© Lantmäteriet 2024", "Skyddsobjekt", "Skala 1:", "EPSG:3006", "2026-11-23"):
        assert part in foot
    assert not any("HEMLIGT" in t for t in texts)


def test_colours_are_those_of_the_style(figure):
    figure.set_dpi(100)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = np.asarray(canvas.buffer_rgba())[..., :3].reshape(-1, 3)
    seen = {tuple(int(v) for v in c) for c in np.unique(picture, axis=0)}
    for color in ("#ffe08a", "#f6f4ef", "#9a6a4f"):
        assert tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)) in seen


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_pdf_is_vector_of_the_right_size_with_fonts_inside(atlas, tmp_path, paper):
    (path,) = sheets.write(atlas, atlas.pages[0], tmp_path / "å.pdf", paper=paper)
    raw = path.read_bytes()
    assert raw.startswith(b"%PDF")
    box = [float(v) for v in re.search(rb"/MediaBox \[([^\]]+)\]", raw).group(1).split()]
    np.testing.assert_allclose(box[2:], np.array(sheets.SIZES_MM[paper]) / 25.4 * 72, rtol=1e-3)
    assert b"/FontFile2" in raw
    assert b"/CIDFontType2" in raw or b"/TrueType" in raw
    streams = re.findall(rb"stream\r?\n(.*?)endstream", raw, flags=re.S)
    drawn = b"".join(zlib.decompress(s) for s in streams if s[:1] == b"x")
    assert drawn.count(b" l\n") > 20


def test_a_page_with_nothing(atlas, tmp_path):
    (path,) = sheets.write(atlas, atlas.pages[1], tmp_path / "tom.pdf")
    assert path.stat().st_size > 1000


def test_plain_sheet(real_atlas):
    with mpl.rc_context(sheets._RC):
        figure = sheets.draw(real_atlas, real_atlas.pages[0])
    assert DEMO_BANNER.sv not in _texts(figure)


def test_the_same_atlas_gives_the_same_bytes(atlas, tmp_path):
    one, two = (sheets.write(atlas, atlas.pages[1], tmp_path / n)[0] for n in ("a.pdf", "b.pdf"))
    assert one.read_bytes() == two.read_bytes()
