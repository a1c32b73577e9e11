"""An investor's enquiry: the rule, the facts it is held against, and the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from landplan.cli import main
from landplan.enquiry import Enquiry, answer, met_and_missing
from landplan.errors import PlanError
from landplan.export.items import SiteCard
from landplan.style import Text

CASES = json.loads((Path(__file__).parents[1] / "enquiry_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda c: json.dumps(c["asked"]))
def test_the_rule(case):
    met, missing = met_and_missing(case["facts"], case["asked"])
    assert [r.asked for r in met] == case["met"]
    assert [[m.rule.asked, m.has] for m in missing] == case["missing"]


def card(site_id, rank, **facts):
    return SiteCard(site_id=site_id, name=site_id.upper(), rank=rank, score=0.5, area_ha=1.0, reason=Text("", ""), limiting=Text("", ""), criteria=(), facts=facts)


def test_matches_by_rank_then_near_misses_by_what_they_lack():
    sites = [
        card("a", 1, allowed_ha=10.0, mw=10.0), card("b", 2, allowed_ha=80.0, mw=None), card("c", 3, allowed_ha=80.0, mw=120.0),
        card("d", 4, allowed_ha=45.0, mw=100.0), card("e", 5, allowed_ha=80.0, mw=20.0, port_min=99.0),
    ]  # fmt: skip
    matches, near = answer(sites, Enquiry(min_ha=40, min_mw=100))
    assert [m.site.site_id for m in matches] == ["c", "d"]
    # a meets nothing and is no near miss
    assert [m.site.site_id for m in near] == ["b", "e"]
    assert answer([], Enquiry(min_ha=1)) == ([], [])


@pytest.mark.parametrize("asked", [{}, {"min_ha": -1.0}, {"port_min": float("nan")}, {"min_mw": float("inf")}])
def test_what_asks_nothing_or_nonsense_is_refused(asked):
    with pytest.raises(PlanError):
        Enquiry(**asked)


@pytest.fixture
def town(toy, tmp_path):
    return shutil.copytree(toy, tmp_path / "by å")


def test_the_command_lists_matches_and_what_near_misses_lack(town, capsys):
    plan = str(town / "toy.toml")
    assert main(["enquiry", plan, "--min-ha", "1", "--no-sheets"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Uppfyller kraven:")
    assert main(["enquiry", plan, "--min-ha", "1", "--min-mw", "5000", "--no-sheets"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Inget läge uppfyller alla krav.")
    assert "eleffekt: uppgift saknas, krav 5\u00a0000\u00a0MW" in said
    assert main(["enquiry", plan, "--no-sheets"]) == 1
    assert "needs a requirement" in capsys.readouterr().err
    assert not (town / "out").exists()


def test_a_fact_sheet_a_site_is_written_in_both_languages(town, tmp_path, capsys):
    assert main(["enquiry", str(town / "toy.toml"), "--min-ha", "1", "--min-mw", "5000", "--near", "--out", str(tmp_path / "ut å")]) == 0
    written = sorted(p.name for p in (tmp_path / "ut å" / "toy" / "enquiry").iterdir())
    assert len(written) >= 2
    assert {name[-7:] for name in written} == {"-sv.pdf", "-en.pdf"}
    assert str(tmp_path / "ut å" / "toy" / "enquiry") in capsys.readouterr().out
