"""Plan files: what is accepted, and how a fault is worded."""

from __future__ import annotations

import pytest

from landplan import plan as p
from landplan.content import shipped_plans
from landplan.errors import PlanError
from tests.toy import PLAN


@pytest.mark.parametrize("name", ["torsboda", "ostersund", "haparanda"])
def test_shipped_plans_read_and_explain_themselves(name):
    found = p.read(shipped_plans()[name])
    assert found.plan.language == "sv"
    said = "\n".join(p.explain(found))
    assert "Område" in said
    assert found.plan.title.sv in said


FAULTS = {
    "unknown key": ("cell_m = 50", "cel_m = 50", r"line 6: plan\.cel_m is not a key landplan knows; did you mean 'cell_m'\?"),
    "negative weight": ("weight = 0.6", "weight = -0.6", r"line \d+: suitability\.industrial\.criteria\.1\.weight: .*greater than or equal to 0 \(got -0\.6\)"),
    "weights that do not sum": ("weight = 0.6", "weight = 0.5", r"the weights sum to 0\.9, they must sum to 1 \(slope 0\.5, road 0\.4\)"),
    "cell of nothing": ("cell_m = 50", "cell_m = 0", r"line 6: plan\.cell_m: .*greater than or equal to 1 \(got 0\)"),
    "falling minutes": ("minutes = [1, 2, 5]", "minutes = [5, 1]", "minutes must rise"),
    "no area": ("bbox = [620000, 6940000, 624000, 6944000]", "", "exactly one of municipalities, bbox or polygon"),
    "box turned": ("[620000, 6940000, 624000, 6944000]", "[624000, 6940000, 620000, 6944000]", "xmin, ymin, xmax, ymax"),
    "jobs upside down": ("low = 10", "low = 99", "low <= central <= high"),
    "site without a place": ("x = 622000\n", "", "needs lat and lon, or x and y"),
    "unknown site": ('site = "works"', 'site = "nowhere"', r"names site 'nowhere'; sites: works"),
    "flat value": ("best = 0, worst = 30", "best = 30, worst = 30", "worst and best are the same"),
    "not toml": ("[area]", "[area", "not valid TOML"),
    "no name": ('name = "toy"', "", r"plan\.name is missing; add it"),
    "odd name": ('name = "toy"', 'name = "Toy town"', r"plan\.name"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_names_the_line_and_the_fix(case, tmp_path):
    old, new, words = FAULTS[case]
    assert old in PLAN
    path = tmp_path / "plan å.toml"
    path.write_text(PLAN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PlanError, match=words) as caught:
        p.read(path)
    assert str(path) in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_several_faults_are_said_together():
    with pytest.raises(PlanError, match="3 faults") as caught:
        p.parse(PLAN.replace("cell_m = 50", "cel_m = 50").replace("low = 10", "lo = 10"))
    assert "'low'" in str(caught.value)


def test_set_changes_one_value_before_validation():
    plan = p.parse(PLAN, overrides=["plan.cell_m=25", "suitability.industrial.criteria.slope.weight=0.5", "suitability.industrial.criteria.road.weight=0.5", "plan.data_dir=/x y"])
    assert plan.plan.cell_m == 25
    assert [c.weight for c in plan.suitability["industrial"].criteria] == [0.5, 0.5]
    assert plan.plan.data_dir == "/x y"
    for bad, words in (("plan.cell_m", "expected key=value"), ("suitability.industrial.criteria.slop.weight=1", "no entry is named 'slop'"), ("plan.celm=3", "did you mean 'cell_m'")):
        with pytest.raises(PlanError, match=words):
            p.parse(PLAN, overrides=[bad])


def test_files_that_are_not_plans(tmp_path):
    with pytest.raises(PlanError, match="does not exist; write one with"):
        p.read(tmp_path / "none.toml")
    with pytest.raises(PlanError, match="is a folder"):
        p.read(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes("name = 'å'".encode("latin-1"))
    with pytest.raises(PlanError, match="not UTF-8"):
        p.read(latin)


def test_a_new_plan_is_a_right_plan():
    text = p.new_plan(name="ort", title="Örtå", code="2380", file="ort.toml")
    assert p.parse(text).area.municipalities == ("2380",)
