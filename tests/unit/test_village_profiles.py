"""Village profiles of a run: what is hidden or not known on both sides of a border, and the page that says it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from landplan.errors import PlanError
from landplan.export import profile as page
from landplan.export.profile_words import PROFILE_WORDS, say
from landplan.export.profile_words_fi import FINNISH
from landplan.export.typeset import A4_MM
from landplan.plan import parse, read
from landplan.run import run_plan
from landplan.run.cache import StepCache
from landplan.run.runner import atlas_of
from tests.two_countries import PLAN, write_two_countries

# the plan


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("radius_m = 2100", "radius_m = 5000", "raise halo_m"),
        ('column = "shop_min"', 'column = "shops_min"', "reads column 'shops_min'; a profile has"),
        ('services = ["shop", "compulsory_school", "pharmacy"]', 'services = ["shop", "shop", "pharmacy"]', "names 'shop' twice"),
        ("safe_route_m = 800", "safe_routes_m = 800", "did you mean 'safe_route_m'"),
        ("worst = 10\nbest = 0", "worst = 0\nbest = 0", "worst and best must differ"),
    ],
)
def test_a_plan_that_cannot_be_meant(old, new, said):
    assert old in PLAN
    with pytest.raises(PlanError, match=re.escape(said)):
        parse(PLAN.replace(old, new, 1))


# the step, on both sides of a border


@pytest.fixture(scope="module")
def border(tmp_path_factory):
    return write_two_countries(tmp_path_factory.mktemp("gräns") / "plan")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return StepCache(tmp_path_factory.mktemp("steg"))


@pytest.fixture(scope="module")
def atlas(border, cache):
    return atlas_of(read(border), cache=cache)


@pytest.fixture(scope="module")
def pages(atlas):
    return {p.name: p for p in atlas.profiles}


@pytest.fixture(scope="module")
def run(border, cache, tmp_path_factory):
    return run_plan(read(border), tmp_path_factory.mktemp("ut"), cache=cache)


def lines(profile, part):
    return {line.key: line for line in profile.lines[part]}


def test_minutes_on_both_sides_are_the_lattices(pages):
    shop = lines(pages["Kukkolaåsen"], "ways")["shop"]
    home, abroad = shop.cells
    # three blocks of a minute to the shop at home, four to the one across the border, twice as long in winter
    assert (home.value, home.target) == (pytest.approx(3.0, abs=0.02), "Handlarn åäö")
    assert (abroad.value, abroad.target) == (pytest.approx(4.0, abs=0.02), "K-Kauppa")
    assert (home.winter, abroad.winter) == (pytest.approx(6.0, abs=0.04), pytest.approx(8.0, abs=0.04))
    assert pages["Kukkolaåsen"].countries == ("SE", "FI")


def test_jobs_and_large_workplaces_by_country(pages):
    (jobs,) = pages["Kukkolaåsen"].lines["work"]
    # one minute to five jobs; five to three hundred across the border, which is ten in winter
    assert [(c.value, c.winter) for c in jobs.cells] == [(5, 5), (300, 0)]
    large = lines(pages["Kukkolaåsen"], "ways")["large_workplace"]
    assert large.cells[0].reason == "no_service"
    assert (large.cells[1].value, large.cells[1].target) == (pytest.approx(5.0, abs=0.02), "industri")


def test_people_around_by_country(pages):
    told = lines(pages["Kukkolaåsen"], "people")
    assert [c.value for c in told["population"].cells] == [52, 12, 40]
    assert [c.value for c in told["working_age"].cells] == [29, 7, 22]


def test_few_persons_are_hidden_and_cannot_be_worked_back(border):
    plan = read(border, overrides=["export.min_persons=13"])
    found = {p.name: p for p in atlas_of(plan).profiles}
    whole, home, abroad = lines(found["Kukkolaåsen"], "people")["population"].cells
    # twelve in Sweden are fewer than thirteen: with the whole shown, Finland's forty would tell them
    assert home.reason == "few_persons"
    assert (whole.value, abroad.value, abroad.reason) == (52, None, "protected")
    assert lines(found["Ödemarken"], "people")["population"].cells[0].reason == "few_persons"
    shown = atlas_of(plan)
    assert "färre än 13" in page.page_html(shown, found["Ödemarken"], "sv", picture=b"")
    for frame in (shown.table("villages").frame, shown.vector("villages").frame):
        row = frame.set_index("name").loc["Kukkolaåsen"]
        assert row["population"] == 52
        assert row[["population_se", "population_fi"]].isna().all()


def test_a_village_with_no_road_near_says_so(pages):
    shop = lines(pages["Ödemarken"], "ways")["shop"]
    assert [(c.value, c.reason) for c in shop.cells] == [(None, "off_network"), (None, "off_network")]
    (jobs,) = pages["Ödemarken"].lines["work"]
    assert {c.reason for c in jobs.cells} == {"off_network"}
    text = " ".join(row["why"] for row in page.page_view(pages["Ödemarken"], "sv")["ways"]["rows"])
    assert "ingen väg inom 1\u00a0000 m från byn" in text


def test_the_way_to_school_in_metres_and_who_is_beyond(pages):
    school = lines(pages["Kukkolaåsen"], "school")
    assert school["school_way"].cells[0].value == pytest.approx(1000, abs=2)
    assert "school_beyond" in school
    # of twelve in Sweden two live 750 m from the school: the ten who live farther away would tell them; Finland's forty have no school in the layer
    assert (school["persons_beyond"].cells[0].value, school["persons_beyond"].cells[0].reason) == (None, "protected")
    # Finland has no school in the layer
    assert lines(pages["Tornionkylä"], "school")["school_way"].cells[0].reason == "no_service"


def test_who_is_beyond_the_safe_route(border, cache):
    plan = read(border, overrides=["villages.safe_route_m=500"])
    school = lines({p.name: p for p in atlas_of(plan, cache=cache).profiles}["Kukkolaåsen"], "school")
    assert school["persons_beyond"].cells[0].value == 12
    wide = read(border, overrides=["villages.safe_route_m=5000"])
    school = lines({p.name: p for p in atlas_of(wide, cache=cache).profiles}["Kukkolaåsen"], "school")
    assert school["persons_beyond"].cells[0].value == 0
    assert "school_within" in school


def test_what_no_layer_tells_is_said(pages):
    view = page.page_view(pages["Kukkolaåsen"], "sv")
    assert "Apotek: finns inte i lagret Service." in view["lacking"]
    assert "Fritidshus inom 2,1 km: lagret Fritidshus finns inte i planen." in view["lacking"]
    row = next(r for r in view["ways"]["rows"] if r["what"] == "Apotek")
    assert row["why"] == "uppgift saknas: finns inte i lagret Service"
    fibre = dict(view["parts"][-1]["rows"])["Andel med fiber"]
    assert fibre == "40\u00a0%"
    assert dict(page.page_view(pages["Tornionkylä"], "sv")["parts"][-1]["rows"])["Andel med fiber"] == "uppgift saknas"


def test_the_score_is_of_what_is_known(pages):
    found = pages["Kukkolaåsen"]
    # shop 1 - 3/10 with weight 3, fibre 0.4 with weight 1, pharmacy not known
    assert found.score == pytest.approx((3 * 0.7 + 0.4) / 4, abs=0.002)
    assert found.score_low == pytest.approx((3 * 0.7 + 0.4) / 5, abs=0.002)
    assert found.score_high == pytest.approx((3 * 0.7 + 0.4 + 1) / 5, abs=0.002)
    assert {k: x for k, _, x in found.parts}["pharmacy"] is None


def test_a_restricted_layer_is_not_told(border, cache):
    plan = read(border, overrides=['layers.services.sharing="restricted"'])
    found = {p.name: p for p in atlas_of(plan, cache=cache).profiles}["Kukkolaåsen"]
    assert {c.reason for c in lines(found, "ways")["shop"].cells} == {"restricted"}
    assert "Handlarn" not in str(page.page_view(found, "sv"))
    plan = read(border, overrides=['layers.localities.sharing="restricted"'])
    hidden = atlas_of(plan, cache=cache)
    assert hidden.profiles == ()
    assert hidden.vector("villages").sharing == hidden.table("villages").sharing == "restricted"


def test_without_winter_rules_no_winter_is_told(border, tmp_path):
    text = border.read_text(encoding="utf-8")
    head, _, rest = text.partition("[[catchment.rules]]")
    plan = border.with_name("utan_vinter.toml")
    plan.write_text(head + rest[rest.index("[villages]") :], encoding="utf-8")
    found = atlas_of(read(plan))
    view = page.page_view(found.profiles[0], "sv")
    assert view["ways"]["winter"] is False
    assert "Vinter: planen har inga regler för vinterhastigheter." in view["lacking"]
    assert any("vinterhastigheter" in t.sv for t in found.uncertain)
    assert not [c for c in found.table("villages").frame.columns if "winter" in c]


def test_a_plan_without_roads_still_has_its_pages(border):
    text = border.read_text(encoding="utf-8").replace('roads = { file = "roads.gpkg" }\n', "")
    plan = border.with_name("utan_vagar.toml")
    plan.write_text(text, encoding="utf-8")
    found = {p.name: p for p in atlas_of(read(plan)).profiles}["Kukkolaåsen"]
    assert lines(found, "people")["population"].cells[0].value == 52
    view = page.page_view(found, "sv")
    assert view["ways"]["rows"][0]["why"] == "uppgift saknas: lagret Vägar finns inte i planen"


def test_names_that_are_no_villages(border, cache):
    with pytest.raises(PlanError, match="names 'Nangijala', which is no locality"):
        atlas_of(read(border, overrides=['villages.names=["Nangijala"]']), cache=cache)


# what a run leaves


def test_files_of_a_run(run):
    names = {f.name for f in (run.folder / "profiles").iterdir()}
    stems = {f"{village}-{lang}" for village in ("kukkolaasen", "tornionkyla", "odemarken") for lang in ("sv", "en", "fi")}
    assert names == {"index.html", *(f"{s}.{end}" for s in stems for end in ("pdf", "html"))}
    index = (run.folder / "profiles" / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="([^"]+\.(?:html|pdf))"', index)) == names - {"index.html"}
    table = pd.read_parquet(run.folder / "tables" / "villages.parquet").set_index("name")
    assert table.loc["Kukkolaåsen", ["population", "population_se", "population_fi"]].tolist() == [52, 12, 40]
    assert table.loc["Kukkolaåsen", "shop_min"] == table.loc["Kukkolaåsen", "shop_se_min"] == 3.0
    assert table.loc["Ödemarken", "reason"] == "off_network"
    assert pd.isna(table.loc["Ödemarken", "shop_min"])
    layer = gpd.read_file(run.folder / "gransen.gpkg", layer="villages").set_index("name")
    assert layer.loc["Kukkolaåsen", "score_100"] == table.loc["Kukkolaåsen", "score_100"]
    head = (run.folder / "tables" / "villages_excel.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "Livsmedelsbutik: Finland, vinter (min)" in head
    # two minutes to the shop, and nothing else known: the score is of what is known
    assert run.answer == "Av 3 byar erbjuder Tornionkylä inflyttare mest enligt planens vikter: 80 av 100 poäng."


def test_a_second_run_keeps_the_step_and_a_weight_redoes_it(border, cache, run, tmp_path):
    kept = run_plan(read(border), tmp_path / "igen", cache=cache)
    assert {r.name: r.status for r in kept.records}["villages"] == "kept"
    redone = run_plan(read(border, overrides=["villages.indicators.shop.weight=9"]), tmp_path / "annan", cache=cache, steps=["villages"])
    assert {r.name: r.status for r in redone.records} == {"layers": "kept", "network": "kept", "villages": "run"}


# the page

LONG = "Övre Äppelträskåsens-Ytterlännäs och Nedre Kålåsbrännans fäbodvallar vid Gränsälven"


def _texts(figure):
    return [t for t in figure.findobj(mpl.text.Text) if t.get_text().strip()]


def _full(profile):
    """The page of a village about which everything is said, at its longest."""
    cells = tuple(replace(c, value=123.0, winter=145.0, reason="", target="Livsmedelsbutiken i Övertorneå-Haparanda gränstrakter") for c in lines(profile, "ways")["shop"].cells)
    kinds = ("shop", "pharmacy", "preschool", "compulsory_school", "upper_secondary", "health_centre", "care_home", "large_workplace")
    ways = tuple(replace(lines(profile, "ways")["shop"], key=k, cells=cells) for k in kinds)
    parts = tuple((k, 1.0, 0.5) for k in (*kinds, "jobs", "population", "working_age", "school_way", "fibre_share", "holiday_houses"))
    return replace(profile, name=LONG, municipality="Östra Övertorneå", lines={**profile.lines, "ways": ways}, parts=parts, synthetic=True)


@pytest.mark.parametrize("language", ["sv", "en", "fi"])
@pytest.mark.parametrize("full", [False, True])
def test_one_page_and_nothing_over_its_edge(atlas, pages, language, full):
    profile = _full(pages["Kukkolaåsen"]) if full else pages["Kukkolaåsen"]
    figure = page.draw(atlas, profile, language)
    figure.set_dpi(400)  # letters on a coarse screen are wider than in the PDF
    renderer = FigureCanvasAgg(figure).get_renderer()
    whole = figure.bbox
    texts = [t for t in _texts(figure) if t.axes is None]
    for text in texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= whole.x0 + 80, text.get_text()
        assert box.x1 <= whole.x1 - 80, text.get_text()
        assert box.y0 >= whole.y0, text.get_text()
    said = " ".join(t.get_text() for t in texts).replace("\u00a0", " ")
    assert "\ufffd" not in said
    assert "…" not in said
    for word in (LONG if full else "Kukkolaåsen").split():
        assert word in said
    assert say("method_text", language, km="2,1" if language != "en" else "2.1", few="3").split()[-1] in said
    # the name on the map ends inside the map
    named = next(t for a in figure.axes for t in a.texts if t.get_text().split()[0] == (LONG if full else "Kukkolaåsen").split()[0])
    label, frame = named.get_window_extent(renderer), named.axes.get_window_extent(renderer)
    assert frame.x0 <= label.x0
    assert label.x1 <= frame.x1
    # no line of text lies on another
    body = sorted((t.get_window_extent(renderer) for t in texts), key=lambda b: (-b.y1, b.x0))
    for i, one in enumerate(body):
        for two in body[i + 1 :]:
            across = min(one.x1, two.x1) - max(one.x0, two.x0)
            down = min(one.y1, two.y1) - max(one.y0, two.y0)
            assert across <= 4 or down <= 8, (one, two)


def test_the_pdf_has_one_page_of_a4_with_its_letters_inside(run):
    for pdf in (run.folder / "profiles").glob("*.pdf"):
        raw = pdf.read_bytes()
        boxes = re.findall(rb"/MediaBox \[([^\]]+)\]", raw)
        assert len(boxes) == len(re.findall(rb"/Type /Page\b", raw)) == 1
        np.testing.assert_allclose([float(x) for x in boxes[0].split()][2:], np.array(A4_MM) / 25.4 * 72, rtol=1e-3)
        assert b"/FontFile2" in raw
        assert b"/Type3" not in raw


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("language", ["sv", "en", "fi"])
def test_the_web_page_stands_alone_and_is_read_aloud_right(run, language):
    text = (run.folder / "profiles" / f"kukkolaasen-{language}.html").read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(text)
    tags = reader.tags
    assert dict(tags)["html"]["lang"] == language
    assert [t for t, _ in tags if t in ("script", "iframe")] == []
    assert not re.search(r'(?:src|href)="https?:', text)
    assert sum(t == "h1" for t, _ in tags) == 1
    assert sum(t == "h2" for t, _ in tags) >= 4
    assert all(a.get("alt") for t, a in tags if t == "img")
    assert all(a.get("scope") for t, a in tags if t == "th")
    links = [a for t, a in tags if t == "a"]
    assert {a.get("hreflang") for a in links} == {"sv", "en", "fi", None} - {language}
    assert "Kukkolaåsen" in " ".join(reader.words)
    lands = {"sv": ("Sverige", "Finland"), "en": ("Sweden", "Finland"), "fi": ("Ruotsi", "Suomi")}[language]
    assert all(land in reader.words for land in lands)


def test_pages_have_no_words_of_their_own():
    from landplan.export import templates

    for frame in ("profile.html", "profile_index.html"):
        text = re.sub(r"\{[{%#].*?[}%#]\}", " ", templates.asset(frame), flags=re.S)
        text = re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.S)
        assert re.findall(r"[A-Za-zÅÄÖåäö]{2,}", text) == []


def test_every_word_is_in_three_languages_with_the_same_places():
    assert set(FINNISH) == set(PROFILE_WORDS)
    for key, text in PROFILE_WORDS.items():
        places = [sorted(name for _, name, _, _ in Formatter().parse(t) if name) for t in (text.sv, text.en, FINNISH[key])]
        assert places[0] == places[1] == places[2], key
        assert text.sv.strip()
        assert text.en.strip()
        assert FINNISH[key].strip()


def test_finnish_pages_say_nothing_in_swedish(pages):
    view = str(page.page_view(pages["Kukkolaåsen"], "fi"))
    swedish = {t.sv for k, t in PROFILE_WORDS.items() if t.sv != FINNISH[k] and "{" not in t.sv and len(t.sv) > 6}
    assert not [s for s in swedish if re.search(rf"\b{re.escape(s)}\b", view)]
