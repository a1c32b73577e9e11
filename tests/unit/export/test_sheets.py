import re
import zlib

import matplotlib as mpl
import numpy as np
import pytest

from landplan.export import furniture, sheets
from landplan.export.items import DEMO_BANNER


def _texts(figure):
    found = [t.get_text() for t in figure.findobj(mpl.text.Text)]
    return [t for t in found if t]


@pytest.fixture(scope="module")
def figure(atlas):
    with mpl.rc_context(furniture.RC):
        return sheets.draw(atlas, atlas.pages[0])


def test_words_on_the_sheet(figure):
    texts = _texts(figure)
    assert texts.count(DEMO_BANNER.sv) == 2
    assert {"Industrimark", "Öråker är bäst.", "Teckenförklaring", "antagen", "N", "Väg", "Öråker åäö"} <= set(texts)
    foot = next(t for t in texts if t.startswith("Källa"))
    for part in ("© Lantmäteriet 2024", "Skyddsobjekt", "Skala 1:", "EPSG:3006", "2026-11-23"):
        assert part in foot
    assert not any("HEMLIGT" in t for t in texts)


def test_the_grid_is_numbered_in_metres_of_the_maps_crs(figure):
    axes = figure.axes[0]
    for ticks, texts, low, high in (
        (axes.get_xticks(), axes.get_xticklabels(), *axes.get_xlim()), (axes.get_yticks(), axes.get_yticklabels(), *axes.get_ylim())
    ):  # fmt: skip
        assert len(ticks) >= 3
        assert ((ticks >= low) & (ticks <= high)).all()
        assert (np.diff(ticks) == 2_000).all()
        assert (ticks % 2_000 == 0).all()
        assert [t.get_text() for t in texts] == [f"{int(v):,}".replace(",", "\u00a0") for v in ticks]
    assert any("Rutnät SWEREF 99 TM (EPSG:3006), en ruta är 2\u00a0km" in t for t in _texts(figure))


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_the_scale_that_is_said_is_the_maps(atlas, paper):
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(atlas, atlas.pages[0], paper=paper)
    axes = figure.axes[0]
    wide_mm = axes.get_position().width * sheets.SIZES_MM[paper][0]
    scale = (axes.get_xlim()[1] - axes.get_xlim()[0]) * 1000 / wide_mm
    said = next(re.search(r"Skala 1:([\d\xa0]+)", t).group(1) for t in _texts(figure) if "Skala 1:" in t)
    assert int(said.replace("\u00a0", "")) == pytest.approx(scale, rel=1e-9)
    xmin, ymin, xmax, ymax = atlas.area_bounds
    assert axes.get_xlim()[0] <= xmin < xmax <= axes.get_xlim()[1]
    assert axes.get_ylim()[0] <= ymin < ymax <= axes.get_ylim()[1]


@pytest.mark.parametrize("card", [None, 0])
def test_the_overview_frames_where_the_map_lies(atlas, card):
    page = atlas.pages[0]
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(atlas, page, card=None if card is None else page.cards[card])
    small, main = figure.axes[1], figure.axes[0]
    (frame,) = [p for p in small.patches if isinstance(p, mpl.patches.Rectangle)]
    middle = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
    np.testing.assert_allclose(middle, [np.mean(main.get_xlim()), np.mean(main.get_ylim())], atol=1)
    assert small.get_xlim()[0] < middle[0] < small.get_xlim()[1]
    assert small.get_ylim()[0] < middle[1] < small.get_ylim()[1]
    if card is None:  # the country: Smygehuk to Treriksröset is 1 572 km
        assert small.get_ylim()[1] - small.get_ylim()[0] > 1_500_000
    else:
        assert frame.get_width() < small.get_xlim()[1] - small.get_xlim()[0]


def test_a_place_outside_sweden_has_its_own_area_as_overview(atlas):
    from dataclasses import replace

    far = replace(atlas, area_bounds=(1_700_000.0, 6_930_000.0, 1_710_000.0, 6_940_000.0))
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(far, far.pages[0])
    assert figure.axes[1].get_xlim()[0] > 1_600_000
    assert not any("Natural Earth" in t for t in _texts(figure))


def test_a_team_gets_two_papers_and_its_three_best_sites(atlas, tmp_path):
    made = sheets.write_team(atlas, atlas.pages[0], tmp_path)
    demo = "DEMONSTRATIONSDATA_industry"
    assert [p.name for p in made] == [f"{demo}.pdf", f"{demo}-a3.pdf", f"{demo}-s1.pdf", f"{demo}-s2.pdf", f"{demo}-s3.pdf"]
    assert sorted(tmp_path.iterdir()) == sorted(made)
    assert [p.name for p in sheets.write_team(atlas, atlas.pages[1], tmp_path, papers=["A3"])] == ["DEMONSTRATIONSDATA_bare-a3.pdf"]


def test_ids_that_a_file_name_cannot_hold_get_a_sheet_each(atlas, tmp_path):
    from dataclasses import replace

    page = atlas.pages[0]
    cards = tuple(replace(c, site_id=i) for c, i in zip(page.cards, ("a/b", "a b", "a?b"), strict=False))
    made = sheets.write_team(atlas, replace(page, cards=cards), tmp_path, papers=["A4"])
    assert [p.name for p in made[1:]] == ["DEMONSTRATIONSDATA_industry-a_b.pdf", "DEMONSTRATIONSDATA_industry-a_b-2.pdf", "DEMONSTRATIONSDATA_industry-a_b-3.pdf"]


def test_words_on_a_sites_sheet(atlas):
    page = atlas.pages[0]
    with mpl.rc_context(furniture.RC):
        texts = _texts(sheets.draw(atlas, page, card=page.cards[0]))
    assert {"Industrimark: Öråker åäö", "Restid till E4", "9,2 min", "uppgift saknas", "60\u00a0%", "90"} <= set(texts)
    assert any(t.startswith("Plats 1 av 4, 90 av 100 poäng. Plan mark nära väg 331.") for t in texts)
    assert not any("HEMLIGT" in t for t in texts)


def test_geometry_that_a_reprojection_tore_apart_is_passed_over(atlas):
    """A ring across the antimeridian comes out with endless coordinates, or as a stripe far outside the map."""
    from dataclasses import replace

    import geopandas as gpd
    import shapely

    torn = shapely.Polygon([(620_000, 6_931_000), (np.inf, np.inf), (621_000, 6_930_000)])
    stripe = shapely.Polygon([(-2e7, 6_931_000), (2e7, 6_931_000), (2e7, 6_931_900), (-2e7, 6_931_900)])
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[torn, stripe], crs="EPSG:3006")
    item = replace(atlas.vector("land"), id="torn", frame=frame)
    page = replace(atlas.pages[1], layers=("torn",), visible=("torn",))
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(replace(atlas, vectors=(item,)), page)
    (paths,) = [c for c in figure.axes[0].collections if c.get_paths()]
    corners = np.vstack([p.vertices for p in paths.get_paths()])
    assert np.abs(corners - [625_000, 6_935_000]).max() < 30_000


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
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(real_atlas, real_atlas.pages[0])
    assert DEMO_BANNER.sv not in _texts(figure)


def test_the_same_atlas_gives_the_same_bytes(atlas, tmp_path):
    one, two = (sheets.write(atlas, atlas.pages[1], tmp_path / n)[0] for n in ("a.pdf", "b.pdf"))
    assert one.read_bytes() == two.read_bytes()


def test_a_teams_base_layer_lies_over_the_land_on_a_sites_sheet(atlas):
    from dataclasses import replace

    from small_atlas import square

    land, sites = atlas.vector("land"), atlas.vector("sites")
    shore = replace(land, id="shore", frame=land.frame.set_geometry([square(1, 1, 400)]), teams=("industry",), style=replace(land.style, color="#123456"))
    page = replace(atlas.pages[0], layers=("land", "sites", "shore"), visible=("land", "sites"), rasters=())
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(replace(atlas, vectors=(sites, land, shore)), page, card=page.cards[0])
    at = {}
    for paths in figure.axes[0].collections:
        for color in paths.get_facecolor():
            at[mpl.colors.to_hex(color)] = paths.get_zorder()
    assert at["#f6f4ef"] < at["#123456"] < at["#0072b2"]
