"""From statistics tables to layers: nobody twice, nobody lost without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from landplan.errors import LayerError
from landplan.layers.catalog import load_catalog
from landplan.layers.contract import check
from landplan.layers.sources.jsonstat import cube_frame, read_cube
from landplan.layers.sources.statistics import commuting, households, population_by_age

HANDMADE = Path(__file__).parent / "handmade"


def table(name):
    path = HANDMADE / name
    return cube_frame(read_cube(json.loads(path.read_text(encoding="utf-8")), where=path.name))


def meets_contract(frame, layer, tmp_path):
    path = tmp_path / f"{layer}.csv"
    frame.to_csv(path, index=False)
    report = check(path, load_catalog()[layer])
    assert not report.faults, report.faults


def test_commuting_leaves_out_totals_and_the_unknown_and_counts_them(tmp_path):
    frame, notes = commuting(table("scb/TAB1830.json"))
    assert len(frame) == 3 * 3 * 2
    assert set(frame["workplace_code"]) == {"2262", "2280", "2281"}
    row = frame.query("year == 2024 and residence_code == '2280' and workplace_code == '2281'").iloc[0]
    assert (row["residence"], row["workplace"], row["employed"]) == ("Härnösand", "Sundsvall", 2 * 41 + 10)
    assert notes[0].en.startswith("12 rows (")
    assert notes[0].sv.startswith("12 rader (")
    assert "zero can hide" in notes[-1].en
    meets_contract(frame, "commuting", tmp_path)


def test_two_sexes_are_added_where_there_is_no_total():
    whole = table("scb/TAB1830.json")
    parts, notes = commuting(whole[whole["Kon"] != "1+2"])
    total, _ = commuting(whole)
    both = total.merge(parts, on=["year", "residence_code", "workplace_code"])
    assert len(both) == len(total) - 1  # one cell of the men has no value, so the pair has none
    assert (both["employed_x"] == both["employed_y"]).all()
    assert any("1 rows have no value" in n.en for n in notes)


def test_one_sex_is_not_everybody():
    whole = table("scb/TAB1830.json")
    with pytest.raises(LayerError, match=r"Kon holds 2 \(kvinnor\), which do not add up to everybody"):
        commuting(whole[whole["Kon"] == "2"])


def test_several_contents_are_refused():
    whole = table("scb/TAB1830.json")
    with pytest.raises(LayerError, match="ContentsCode holds"):
        commuting(pd.concat([whole, whole.assign(ContentsCode="other", ContentsCode_label="Andel")]))


def test_population_by_single_year(tmp_path):
    frame, notes = population_by_age(table("scb/TAB638.json"), source="SCB TAB638")
    town = frame[frame["area"] == "Härnösand"].set_index("age_group")
    assert list(town.index) == ["0", "1", "2", "3", "4", "100+"]
    assert town.loc["0", "persons"] == 11  # two sexes of 5, and one girl more
    assert town.loc["100+", "persons"] == 2 * 5 + 2
    assert town["percent"].sum() == pytest.approx(100)
    assert set(frame["date"]) == {"2024-12-31"}
    assert "Riket" not in set(frame["area"])
    assert notes == ()  # the ages add up to the table's own totals
    meets_contract(frame, "population_by_age", tmp_path)


def test_ages_left_out_of_a_selection_are_noticed():
    whole = table("scb/TAB638.json")
    _, notes = population_by_age(whole[whole["Alder"] != "3"])
    assert "not all ages are here" in notes[0].en


def test_the_finnish_side_reads_alike(tmp_path):
    frame, notes = population_by_age(table("statfin/statfin_vaerak_pxt_11re.json"), source="Statistics Finland 11re")
    assert list(frame["age_group"]) == ["0", "1", "2", "100+"]
    assert set(frame["area"]) == {"Tornio"}
    assert set(frame["persons"]) == {20}
    assert notes == ()
    meets_contract(frame, "population_by_age", tmp_path)


def test_households_by_size(tmp_path):
    frame, notes = households(table("scb/HushallT03.json"))
    assert frame["households"].sum() == 31_874
    assert list(frame["household_size"]) == [1, 2, 3, 4, 5, 6, 7]
    assert set(frame["area"]) == {"Östersund"}
    assert notes[0].en.startswith('The class "7+" is open upward')
    meets_contract(frame, "households", tmp_path)


def test_persons_per_household_is_something_else():
    with pytest.raises(LayerError, match="no household sizes; persons per household is another table"):
        households(table("scb/TAB4374.json"))
    sizes = table("scb/HushallT03.json").assign(ContentsCode_label="Andel hushåll, procent")
    with pytest.raises(LayerError, match="is no number of households"):
        households(sizes)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"Vuosi": "2024M01"}, "is no year"), ({"value": 1.5}, "is no count"), ({"value": -1.0}, "is no count")],
)
def test_what_is_no_count_or_year_is_refused(change, said):
    with pytest.raises(LayerError, match=said):
        population_by_age(table("statfin/statfin_vaerak_pxt_11re.json").assign(**change))


def test_inputs_stay_as_they_were():
    frame = table("scb/TAB638.json")
    before = frame.copy()
    population_by_age(frame)
    pd.testing.assert_frame_equal(frame, before)
