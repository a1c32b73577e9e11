"""Score cards as a run's own pages show them: every criterion real, demo or missing, and sentences without holes."""

from __future__ import annotations

import shutil

import pytest

from landplan import plan as p
from landplan.run import run_plan
from landplan.run.cache import StepCache
from tests.pages import cards_of

PAGES = 'export.formats=["maps"]'
DEMO_ROADS = 'layers.roads={ file = "roads.gpkg", synthetic = true }'
THIRD = """
[[suitability.industrial.criteria]]
name = "place"
title = { sv = "Avstånd till ort", en = "Distance to a place" }
source = "distance"
layer = "localities"
unit = "m"
value = { kind = "linear", best = 0, worst = 3000 }
weight = 0.2

[suitability.housing]
"""
NO_ELEVATION = (
    ('elevation = { file = "elevation.tif" }\n', ""),
    # the housing block must have something to score by
    ('source = "slope"\nlayer = "elevation"\nvalue', 'source = "distance"\nlayer = "water"\nvalue'),
)
TWO_FOR_LAND = (
    'value = { kind = "linear", best = 0, worst = 30 }\nweight = 1.0',
    'value = { kind = "linear", best = 0, worst = 30 }\nweight = 0.5\n\n[[suitability.housing.criteria]]\nname = "lake"\n'
    'title = { sv = "Sjö", en = "Lake" }\nsource = "distance"\nlayer = "water"\nvalue = { kind = "linear", best = 0, worst = 3000 }\nweight = 0.5',
)
HOUSING_PAGE = ('results = ["industrial"]', 'results = ["housing"]')


@pytest.fixture
def cards(toy, tmp_path):
    """Return a function that runs an edited toy plan and gives back the cards of its one map."""

    def get(*edits, change=()):
        folder = tmp_path / "stad å"
        shutil.copytree(toy, folder)
        text = (folder / "toy.toml").read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (folder / "toy.toml").write_text(text, encoding="utf-8")
        plan = p.read(folder / "toy.toml", overrides=[PAGES, *change])
        result = run_plan(plan, folder / "out", cache=StepCache(folder / "steg"))
        (page,) = (result.folder / "maps").glob("*.html")
        return cards_of(page.read_text(encoding="utf-8"))

    return get


def marks(card):
    return {line.title: line.mark for line in card.criteria}


def test_a_criterion_is_marked_real_demo_or_missing(cards):
    """One of each: the file of places is real, the roads are made up, the elevation is not there."""
    found = cards(*NO_ELEVATION, ("weight = 0.6", "weight = 0.4"), ("\n[suitability.housing]\n", THIRD), change=[DEMO_ROADS])
    assert found
    for card in found:
        assert marks(card) == {"Avstånd till väg": "demo", "Avstånd till ort": "real", "Marklutning": "missing"}
        slope = card.criteria[-1]
        assert (slope.value, slope.score, slope.weight) == ("uppgift saknas", "–", "0 %")
        assert [line.weight for line in card.criteria[:2]] == ["67 %", "33 %"]  # 0.4 and 0.2 of what is left


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ([], ("real", "real", "real")),
        ([DEMO_ROADS], ("demo", "demo", "real")),
        (['layers.services={ file = "services.csv", crs = "EPSG:3006", synthetic = true }'], ("real", "demo", "real")),
        (['layers.water={ file = "water.gpkg", synthetic = true }'], ("real", "real", "demo")),
    ],
    ids=["nothing made up", "roads", "services", "one of two layers of land"],
)
def test_a_part_that_rests_on_several_layers_is_real_only_when_all_are(cards, change, want):
    """Minutes to real services along made-up roads are made up."""
    for card in cards(HOUSING_PAGE, TWO_FOR_LAND, change=change):
        assert tuple(marks(card).items()) == tuple(zip(("Restid till Verket", "Restid till service, medeltal", "Markens lämplighet"), want, strict=True))


def test_a_site_without_services_is_told_without_a_hole_in_the_sentence(cards):
    found = cards(HOUSING_PAGE, ('services = { file = "services.csv", crs = "EPSG:3006" }\n', ""))
    assert [card.sentence for card in found] == ["2 minuter till Verket.", "8 minuter till Verket."]
    for card in found:
        assert marks(card)["Restid till service, medeltal"] == "missing"
        assert [line.weight for line in card.criteria] == ["71 %", "0 %", "29 %"]  # 0.5 and 0.2 of what is left


def test_a_site_without_a_road_says_so(cards):
    """Both homes lie farther from a road than the plan lets anyone walk."""
    found = cards(HOUSING_PAGE, ("access_kmh = 15", "access_kmh = 15\nmax_snap_m = 60"))
    assert len(found) == 2
    for card in found:
        assert card.sentence == "Ingen väg till Verket."
        assert [line.value for line in card.criteria[:2]] == ["ingen väg dit", "ingen väg dit"]
        assert [line.score for line in card.criteria] == ["0", "0", "100"]
