"""The vocabulary of plans: pinned, compared letter by letter, and honest about whose colours it has."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from landplan.errors import LayerError, SourceError
from landplan.layers.catalog import USE_LETTERS, USE_WORDS
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.planning_codes import (
    COLUMNS,
    describe,
    fetch,
    load_vocabulary,
    read_provisions,
    vocabulary,
)
from landplan.layers.sources.web import Reply

RELEASE = Path(__file__).parent / "handmade" / "boverket" / "release.json"


def release(change=lambda data: None):
    data = json.loads(RELEASE.read_text(encoding="utf-8"))
    change(data)
    return data


def of(data, code):
    return next(p for p in data["bestammelser"] if p["bestammelsekod"] == code)


def written(tmp_path, change):
    path = tmp_path / "release.json"
    path.write_text(json.dumps(release(change)), encoding="utf-8")
    return path


def test_the_vocabulary_of_a_release():
    words = vocabulary(RELEASE)
    assert tuple(words.columns) == COLUMNS
    industry = words[words["code"] == "DP_KM_J2"].iloc[0]
    assert industry.tolist() == ["DP_KM_J2", "J", "kvartersmark", "Industri", "Blågrå", "2020-10-01", "", "Boverket, Planbestämmelsekatalogen, 20251201"]
    assert set(words[words["letter"] == "R"]["name_sv"]) == {"Besöksanläggningar", "Motorsportbana"}
    assert words[words["letter"] == "Y"].iloc[0]["valid_to"] == "2020-09-30"
    assert "h" not in set(words["letter"])  # properties are no uses


def test_provisions_are_found_by_id_and_by_code():
    found = read_provisions(RELEASE)
    one = found.find("DP_KM_Eg_Hojd_HogstaHojd_NockhojdNollplan")
    assert found.find(one.id.upper()) == one
    assert (one.use, one.letter, one.sense) == (False, "h", "Max")
    assert found.find("DP_KM_Eg_Utnytt_StorstaAreaKvm_BruttoFastigh").sense == "MIn"  # as the catalogue has it
    assert found.find("DP_KM_J9") is None
    assert len(found) == len(list(found)) == len(release()["bestammelser"])


def test_the_table_that_ships_says_whose_its_colours_are(root):
    words = load_vocabulary().set_index("letter")
    assert set(words.index) == {*USE_LETTERS, *USE_WORDS}
    with (root / "layers" / "priors" / "zoning_codes.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            seen = int(row["n_sources_for_code_colour_pair"]) >= 1
            assert words.loc[row["code"], "colour_source"] == ("Boverket" if seen else "ours")
    assert words.loc["Z", "colour_source"] == "ours"


def test_the_table_that_ships_is_the_reference_tables(root, shared):
    with (shared / "facts" / "zoning_codes.csv").open(encoding="utf-8", newline="") as lines:
        theirs = list(csv.DictReader(lines))
    with (root / "layers" / "priors" / "zoning_codes.csv").open(encoding="utf-8", newline="") as lines:
        ours = [{k: v for k, v in row.items() if k != "colour_source"} for row in csv.DictReader(lines)]
    assert ours == theirs


def test_a_fetched_release_takes_the_tables_place():
    words = load_vocabulary(RELEASE).set_index("letter")
    assert words.loc["Z", ["code", "colour_source", "valid_from"]].tolist() == ["DP_KM_Z2", "Boverket", "2020-10-01"]
    assert words.loc["R", "code"] == "DP_KM_R2"  # the use itself, not one of its kinds
    assert words.loc["Y", ["valid_from", "valid_to"]].tolist() == ["1987-07-01", "2020-09-30"]


def test_another_release_is_refused(tmp_path):
    path = written(tmp_path, lambda d: d.update(namn="20261001"))
    with pytest.raises(SourceError, match=r'is release 20261001 .* expected 20251201.*release = "20261001"'):
        load_vocabulary(path)
    assert len(load_vocabulary(path, release="20261001")) == len(load_vocabulary())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: of(d, "DP_KM_J2").update(kategori="Lager", bestammelseformulering="Lager", anvandningsslag="Lager"), "J: means Lager, we have Industri"),
        (lambda d: of(d, "DP_KM_J2").update(farg="Brun"), "J: is Brun, we have Blågrå"),
        (lambda d: of(d, "DP_KM_S2").update(slutargalla="2025-11-30T00:00:00"), "S: no provision in force"),
        (lambda d: of(d, "DP_KM_Y1").pop("slutargalla"), "Y: is in force"),
        (lambda d: of(d, "DP_KM_E2").update(anvandningsform="Vattenområde", bestammelsekod="DP_VO_E2"), "E: is vattenområde, we have kvartersmark"),
    ],
)
def test_a_letter_that_says_something_else_is_named(tmp_path, change, said):
    with pytest.raises(LayerError, match=said):
        load_vocabulary(written(tmp_path, change))


def test_a_colour_of_ours_is_not_defended(tmp_path):
    path = written(tmp_path, lambda d: of(d, "DP_KM_K2").update(farg="Rosa"))
    assert load_vocabulary(path).set_index("letter").loc["K", ["colour_name", "colour_source"]].tolist() == ["Rosa", "Boverket"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("bestammelser"), "has no provisions"),
        (lambda d: d["bestammelser"][3].pop("id"), "row 4: 'id'"),
        (lambda d: d["bestammelser"][1].update(id=d["bestammelser"][0]["id"]), "row 2: id .* is that of row 1 too"),
        (lambda d: d["bestammelser"][0].update(borjargalla="i höstas"), "row 1: 'i höstas' is no date"),
        (lambda d: of(d, "DP_KM_J2").update(anvandningsform="Allmän plats"), "code DP_KM_J2 says kvartersmark, its form says allmän plats"),
    ],
)
def test_a_release_that_does_not_fit_together_is_refused(change, said):
    with pytest.raises(SourceError, match=said):
        vocabulary(release(change))


def test_half_a_file_is_refused(tmp_path):
    path = tmp_path / "half.json"
    path.write_bytes(RELEASE.read_bytes()[:5000])
    with pytest.raises(SourceError, match=r"half.json is no whole JSON"):
        read_provisions(path)


class OneAnswer:
    """A client that has one answer; what it may not send is tested with the client itself."""

    def __init__(self, body):
        self.body, self.asked = body, []

    def get(self, url, **more):
        self.asked.append((url, more))
        return Reply(url, 200, {}, self.body)


def test_a_release_is_fetched_once_and_a_wrong_one_not_kept(tmp_path):
    ask = Ask("detailed_plan", "boverket", {}, (0, 0, 1, 1), "EPSG:3006")
    web = OneAnswer(RELEASE.read_bytes())
    answer = fetch(ask, web, Spool(tmp_path / "s"))
    assert answer.date == "2025-12-01"
    assert answer.queries == describe(ask) == ("https://api.boverket.se/planbestammelsekatalogen/release/full/platt/aktuell",)
    assert answer.frame.equals(load_vocabulary(RELEASE))
    assert answer.frame["letter"].is_unique
    fetch(ask, web, Spool(tmp_path / "s"))
    assert len(web.asked) == 1
    pinned = Ask("detailed_plan", "boverket", {"release": "20261001"}, (0, 0, 1, 1), "EPSG:3006")
    with pytest.raises(SourceError, match="is release 20251201"):
        fetch(pinned, web, Spool(tmp_path / "t"))
    assert not list((tmp_path / "t").glob("*.page"))
