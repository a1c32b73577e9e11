"""Map sheets as a reader's program draws them: colours at known places, against the style and against matplotlib's own picture."""

import subprocess
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
import shapely
from _need import need_pdftoppm
from matplotlib.backends.backend_agg import FigureCanvasAgg

from landplan.export import furniture, legend, sheets

DPI = 100


def rendered(path, tmp_path):
    """The PDF's only page as pixels, red green blue."""
    to = tmp_path / "sida"
    subprocess.run([need_pdftoppm(), "-png", "-r", str(DPI), "-singlefile", str(path), str(to)], check=True)
    return np.round(255 * mpl.image.imread(to.with_suffix(".png"))[..., :3]).astype(int)


def drawn(figure):
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def rgb(color):
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])


def over(color, opacity, ground):
    return opacity * rgb(color) + (1 - opacity) * np.asarray(ground)


@pytest.fixture(scope="module")
def plain(atlas):
    """The page with its polygons on land alone: what lies under a colour is known."""
    return replace(atlas.pages[0], visible=("sites", "road", "land"), cards=())


@pytest.fixture(scope="module", params=["A4", "A3"])
def sheet(request, atlas, plain, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    (path,) = sheets.write(atlas, plain, folder / "å blad.pdf", paper=request.param)
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(atlas, plain, paper=request.param)
    return figure, drawn(figure), rendered(path, folder)


def at(figure, picture, x, y):
    """The pixel (row, column) of a place on the ground."""
    column, row = figure.axes[0].transData.transform((x, y))
    return picture.shape[0] - 1 - int(row), int(column)


def test_the_reader_draws_what_the_style_says(atlas, sheet):
    figure, agg, pdf = sheet
    assert abs(np.array(agg.shape) - np.array(pdf.shape)).max() <= 1
    item = atlas.vector("sites")
    settled = legend.settle_vector(item)
    land = rgb(atlas.vector("land").style.color)
    index = legend.class_index(settled, item.frame["stage"])
    looked = set()
    for shape, cls in zip(item.frame.geometry, index, strict=True):
        for part in shapely.get_parts(shape):
            # away from the outline, and from the name that is written at the middle
            inner = part.buffer(-150)
            place = shapely.Point(inner.bounds[0] + 40, inner.bounds[3] - 40)
            assert inner.contains(place)
            want = over(settled.classes[cls].color if cls >= 0 else item.style.color, item.style.opacity, land)
            for picture in (pdf, agg):
                np.testing.assert_allclose(picture[at(figure, picture, place.x, place.y)], want, atol=3)
            looked.add(int(cls))
    assert len(looked) == 3
    bare = atlas.area_bounds[0] + 5_600, atlas.area_bounds[1] + 700
    assert pdf[at(figure, pdf, *bare)].tolist() == land.tolist()
    # the ground beyond the layers
    box = figure.axes[0].get_xlim()
    assert pdf[at(figure, pdf, box[1] - 150, atlas.area_bounds[1] + 5_000)].tolist() == rgb("#e9edef").tolist()


def test_the_hole_of_a_polygon_shows_the_ground(atlas, sheet):
    figure, _, pdf = sheet
    hole = shapely.Polygon(atlas.vector("sites").frame.geometry[2].interiors[0])
    place = hole.bounds[0] + 120, hole.bounds[1] + 120
    assert pdf[at(figure, pdf, *place)].tolist() == rgb(atlas.vector("land").style.color).tolist()


def test_the_banner_lies_over_top_and_foot(sheet):
    _, _, pdf = sheet
    height, width, _ = pdf.shape
    for row in (8, height - 8):
        for share in (0.02, 0.2, 0.98):
            assert pdf[row, int(width * share)].tolist() == rgb("#ffe08a").tolist()
    assert pdf[height // 2, 8].tolist() == [255, 255, 255]


def test_the_frame_is_drawn_round_the_map(sheet):
    figure, _, pdf = sheet
    axes = figure.axes[0]
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    for x, y in ((x0, y0 + 0.37 * (y1 - y0)), (x1, y0 + 0.37 * (y1 - y0)), (x0 + 0.41 * (x1 - x0), y0), (x0 + 0.41 * (x1 - x0), y1)):
        row, column = at(figure, pdf, x, y)
        near = pdf[row - 2 : row + 3, column - 2 : column + 3].sum(axis=2)
        assert near.min() < 300, "no dark line at the frame"


def test_the_pictures_are_alike_everywhere(sheet):
    _, agg, pdf = sheet
    height, width = np.minimum(agg.shape, pdf.shape)[:2]
    apart = np.abs(agg[:height, :width] - pdf[:height, :width]).max(axis=2)
    # letters and edges are smoothed differently; areas are not
    assert (apart > 40).mean() < 0.03
    assert np.median(apart) == 0


def test_a_layer_too_heavy_for_lines_is_an_image_in_the_same_colours(atlas, plain, sheet, tmp_path, monkeypatch):
    monkeypatch.setattr("landplan.export.drawing._VECTOR_BYTES", 10)
    (path,) = sheets.write(atlas, plain, tmp_path / "bild.pdf")
    assert path.read_bytes().count(b"/Subtype /Image") >= 1
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(atlas, plain)
    assert "300 punkter per tum" in " ".join(t.get_text() for t in figure.texts)
    pdf = rendered(path, tmp_path)
    part = shapely.get_parts(atlas.vector("sites").frame.geometry[3])[0]
    settled = legend.settle_vector(atlas.vector("sites"))
    want = over(settled.classes[0].color, 0.8, rgb(atlas.vector("land").style.color))
    np.testing.assert_allclose(pdf[at(figure, pdf, part.bounds[0] + 200, part.bounds[3] - 200)], want, atol=4)


def test_a_sites_sheet_marks_the_site(atlas, tmp_path):
    page = replace(atlas.pages[0], visible=("sites", "land"))
    card = page.cards[0]
    (path,) = sheets.write(atlas, page, tmp_path / "plats.pdf", card=card)
    with mpl.rc_context(furniture.RC):
        figure = sheets.draw(atlas, page, card=card)
    pdf = rendered(path, tmp_path)
    shape = atlas.vector("sites").frame.geometry[0]
    x, y = shape.bounds[0], (shape.bounds[1] + 3 * shape.bounds[3]) / 4
    row, column = at(figure, pdf, x, y)
    near = pdf[row, column - 4 : column + 5]
    assert (np.abs(near - rgb("#0b5578")).max(axis=1) < 30).any()
