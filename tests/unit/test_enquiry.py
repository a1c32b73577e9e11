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
    written = sorted(p.name for p in (tmp_path / "ut å" / "toy" / "enquiry" / "min_ha-1_min_mw-5000").iterdir())
    assert len(written) >= 2
    assert {name[-7:] for name in written} == {"-sv.pdf", "-en.pdf"}
    assert str(tmp_path / "ut å" / "toy" / "enquiry") in capsys.readouterr().out


ASKED = ("--min-ha", "1", "--near")


def test_a_run_may_follow_an_enquiry_and_leaves_its_answers(town, tmp_path, capsys):
    """The sheets lie in the run's folder: they must neither stop a first run nor pass for a person's edits at the next."""
    plan, out = str(town / "toy.toml"), tmp_path / "ut"
    assert main(["enquiry", plan, *ASKED, "--out", str(out)]) == 0
    sheets = {p.name: p.read_bytes() for p in (out / "toy" / "enquiry").rglob("*.pdf")}
    assert sheets
    for more in ([], ["--force"]):
        assert main(["run", plan, "--out", str(out), *more]) == 0
        assert "Kept what you changed" not in capsys.readouterr().out
        assert {p.name: p.read_bytes() for p in (out / "toy" / "enquiry").rglob("*.pdf")} == sheets
        assert (out / "toy" / "run.json").is_file()
    assert [p.name for p in out.iterdir()] == ["toy"]


def test_an_enquirys_sheets_stand_alone_in_its_folder(town, tmp_path):
    plan, out = str(town / "toy.toml"), tmp_path / "ut"
    assert main(["enquiry", plan, *ASKED, "--out", str(out)]) == 0
    assert main(["enquiry", plan, "--min-ha", "2", "--out", str(out)]) == 0
    folders = sorted(p.name for p in (out / "toy" / "enquiry").iterdir())
    assert folders == ["min_ha-1", "min_ha-2"]
    # asked again, what is no part of the answer any more is gone
    stray = out / "toy" / "enquiry" / "min_ha-1" / "gammal-sv.pdf"
    stray.write_bytes(b"")
    assert main(["enquiry", plan, *ASKED, "--out", str(out)]) == 0
    assert not stray.exists()


def test_every_page_is_asked_and_a_site_on_two_is_answered_once(monkeypatch, town, capsys):
    from dataclasses import replace

    from landplan.run import runner

    whole = runner.atlas_of

    def split(*args, **more):
        atlas = whole(*args, **more)
        page = next(p for p in atlas.pages if p.cards)
        first, rest = replace(page, cards=page.cards[:1]), replace(page, id="two", cards=page.cards)
        return replace(atlas, pages=(first, rest))

    assert main(["enquiry", str(town / "toy.toml"), "--min-ha", "1", "--no-sheets"]) == 0
    before = capsys.readouterr().out
    monkeypatch.setattr(runner, "atlas_of", split)
    assert main(["enquiry", str(town / "toy.toml"), "--min-ha", "1", "--no-sheets"]) == 0
    assert capsys.readouterr().out == before
    assert before.count("\n") > 2


def test_what_is_lacking_is_never_said_to_be_what_was_wanted():
    from types import SimpleNamespace

    from landplan.cli.enquiring import _lines
    from landplan.enquiry import Match

    asked = Enquiry(min_ha=40.0)
    site = SimpleNamespace(facts={"allowed_ha": 39.97})
    met, missing = met_and_missing(site.facts, asked.wanted)
    (_, wanted, has, ok), = _lines(Match(site, tuple(met), tuple(missing)), asked, "sv")
    assert not ok
    assert (has, wanted) == ("39,97\u00a0ha", "40,00\u00a0ha")


def test_another_persons_folder_is_still_not_a_run(town, tmp_path, capsys):
    out = tmp_path / "ut"
    (out / "toy" / "enquiry").mkdir(parents=True)
    (out / "toy" / "brev.txt").write_text("mitt", encoding="utf-8")
    assert main(["run", str(town / "toy.toml"), "--out", str(out)]) == 1
    assert "is not a run of landplan" in capsys.readouterr().err


def test_all_sheets_are_written_or_none(town, tmp_path, capsys, monkeypatch):
    from landplan.export import factsheet

    write, done = factsheet.write, []

    def full(*args, **more):
        if len(done) == 3:
            raise OSError(28, "No space left on device")
        done.append(1)
        return write(*args, **more)

    monkeypatch.setattr(factsheet, "write", full)
    assert main(["enquiry", str(town / "toy.toml"), *ASKED, "--out", str(tmp_path / "ut")]) == 1
    assert "disc is full" in capsys.readouterr().err
    assert list((tmp_path / "ut").iterdir()) == []
