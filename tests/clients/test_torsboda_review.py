"""The shipped plan's maps as a reviewer opens them: the real ranking, the real notes file, the real sums."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from test_axe import axe, serious  # noqa: F401 - a fixture
from test_review_map import wait


def only(folder, pattern):
    (found,) = folder.glob(pattern)
    return found


def opened(browser, torsboda, team):
    browser.get_log("browser")
    browser.get(only(torsboda / "maps", f"*{team}.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready === 'yes'", 60)
    return browser


@pytest.mark.parametrize(("team", "layer"), [("industrial-land", "industrial_ranking"), ("housing", "housing_ranking")])
def test_the_sliders_at_the_plans_weights_give_the_runs_ranking(browser, torsboda, team, layer):
    page = opened(browser, torsboda, team)
    ranked = gpd.read_file(only(torsboda, "*.gpkg"), layer=layer, ignore_geometry=True).sort_values("rank")
    found = page.execute_script("return landplan.rank()")
    assert [f["id"] for f in found] == list(ranked["site_id"])
    column = "score_100" if "score_100" in ranked else "score"
    scale = 100 if column == "score_100" else 1
    assert [scale * f["score"] for f in found] == pytest.approx(list(ranked[column]), abs=0.06 if scale == 100 else 1e-5)


def test_the_minutes_slider_sums_the_runs_own_squares(browser, torsboda):
    page = opened(browser, torsboda, "infrastructure")
    squares = gpd.read_file(only(torsboda, "*.gpkg"), layer="catchment_squares", ignore_geometry=True)
    for limit in (10, 30, 45):
        page.execute_script("window.found = null; landplan.minutes(arguments[0]).then(f => { window.found = f; })", limit)
        found = wait(page, "window.found")
        # the page's minutes have one decimal
        inside = squares[squares["minutes"].round(1) <= limit]
        assert found["population"] == int(inside["population"].sum())
        assert found["hidden"] == int(inside["population"].isna().sum())
        assert found["working"] == int(inside["working_age"].sum())


def test_the_minutes_slider_goes_by_the_mode_that_is_chosen(browser, torsboda):
    page = opened(browser, torsboda, "infrastructure")
    squares = gpd.read_file(only(torsboda, "*.gpkg"), layer="catchment_squares", ignore_geometry=True)
    options = page.execute_script("return [...document.querySelectorAll('#minutes-mode option')].map(o => [o.value, o.textContent])")
    assert [v for v, _ in options] == ["minutes", "minutes_walk", "minutes_bike"]
    assert [t for _, t in options] == ["Restid med bil", "Restid till fots", "Restid med cykel"]
    for mode in ("minutes_bike", "minutes_walk", "minutes"):
        page.execute_script("window.found = null; landplan.minutes(60, arguments[0]).then(f => { window.found = f; })", mode)
        found = wait(page, "window.found")
        assert found["population"] == int(squares.loc[squares[mode].round(1) <= 60, "population"].sum())
    by = squares[["minutes", "minutes_bike", "minutes_walk"]].dropna()
    assert (by["minutes_bike"] <= by["minutes_walk"] + 1e-6).mean() > 0.99


def test_the_page_says_who_would_work_there(browser, torsboda):
    page = opened(browser, torsboda, "infrastructure")
    totals = pd.read_parquet(only(torsboda, "tables/*workers_totals.parquet")).set_index("kind")
    low, high = totals.loc["residents", ["likely_low", "likely_high"]]
    said = page.execute_script("return document.body.textContent").replace("\u00a0", " ")
    assert f"tas {low:,.0f}–{high:,.0f} av dem som redan bor i området".replace(",", " ") in said
    assert "Arbetsmarknadsregioner (modellerade flöden)" in said
    # jobs = who lives there, outside, moves in, commutes by the week, and what is not filled
    assert totals.loc[["residents", "external", "in_migrants", "weekly", "unfilled"], "expected"].sum() == pytest.approx(totals.loc["jobs", "expected"], abs=0.3)


def test_cases_are_looked_at_one_at_a_time(browser, torsboda):
    page = opened(browser, torsboda, "infrastructure")
    shown = "return landplan.config.layers.filter(l => l.on).map(l => l.id).filter(id => /^(isochrones|season|squares_)/.test(id))"
    for value in ("isochrones_winter", "season_squares", "isochrones_trafikplats", "squares_trafikplats", "isochrones"):
        page.execute_script("document.querySelector('input[name=variant][value=' + arguments[0] + ']').click()", value)
        wait(page, f"JSON.stringify((() => {{ {shown} }})()) === JSON.stringify(['{value}'])")


def test_a_card_tells_minutes_to_the_towns(browser, torsboda):
    page = opened(browser, torsboda, "industrial-land")
    ranked = gpd.read_file(only(torsboda, "*.gpkg"), layer="industrial_ranking", ignore_geometry=True).sort_values("rank")
    page.execute_script("landplan.openCard(arguments[0], false)", ranked["site_id"].iloc[0])
    text = page.execute_script("return document.querySelector('.card:not([hidden])').textContent")
    for town in ("Sundsvall", "Härnösand"):
        assert f"Till {town} med bil" in text
    towns = [c for c in ranked if c.startswith("town_")]
    assert len(towns) >= 3
    assert pd.to_numeric(ranked[towns].stack()).between(0, 300).all()


@pytest.mark.parametrize("team", ["industrial-land", "housing", "infrastructure"])
def test_no_serious_finding_on_the_real_pages(browser, torsboda, axe, team):  # noqa: F811
    page = opened(browser, torsboda, team)
    page.execute_script("document.querySelectorAll('.tools details').forEach(d => { d.open = true; })")
    assert serious(page, axe) == []


def test_the_first_screen_holds_the_answer_what_is_uncertain_and_what_is_not_tested(browser, torsboda):
    page = opened(browser, torsboda, "industrial-land")
    page.set_window_size(1400, 1000)
    bottom = page.execute_script("return window.innerHeight")
    tops = page.execute_script("return [...document.querySelectorAll('#answer .sentence, #answer .top li, #answer .doubt h2, #answer .doubt li:first-child')].map(n => n.getBoundingClientRect().bottom)")
    assert len(tops) == 8
    assert max(tops) < bottom
    page.set_window_size(1400, 900)


def test_pages_hold_no_note_that_nobody_wrote(torsboda):
    for path in (torsboda / "maps").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        config = json.loads(text.split('id="config">')[1].split("</script>")[0])
        assert config["notes"] == []
