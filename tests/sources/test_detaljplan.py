"""Detailed plans: uses together on their area, rights with their basis, faults by name."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import pytest
import shapely

from landplan.errors import CRSError, LayerError
from landplan.layers.catalog import load_catalog, split_use_codes
from landplan.layers.contract import check
from landplan.layers.sources.building_rights import Right, is_other_right, read_right, rights_on
from landplan.layers.sources.detaljplan import read_plans
from landplan.layers.sources.planning_codes import read_provisions

HANDMADE = Path(__file__).parent / "handmade"
GOOD, BAD, FLAT = (HANDMADE / "detaljplan" / name for name in ("good.json", "bad.json", "flat.geojson"))


@pytest.fixture(scope="module")
def catalogue():
    return read_provisions(HANDMADE / "boverket" / "release.json")


def changed(change, path=GOOD):
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data["features"])
    return json.dumps(data).encode()


def props(features, kind, n=0):
    return [f["properties"] for f in features if f["properties"]["feature:typ"].startswith(kind)][n]


def said(notes, words):
    return [n for n in notes if words in n.en]


def test_one_row_a_use_area_with_its_letters_together(catalogue, tmp_path):
    frame, notes = read_plans(GOOD, provisions=catalogue)
    assert list(frame["use_codes"]) == ["JZ", "GATA", "NATUR"]
    assert [split_use_codes(c) for c in frame["use_codes"]] == [["J", "Z"], ["GATA"], ["NATUR"]]
    assert list(frame["plan_form"]) == ["kvartersmark", "allmän plats", "allmän plats"]
    first = frame.iloc[0]
    assert (first["plan_stage"], first["stage_date"], first["adopted_date"], first["in_force_date"]) == (
        "laga kraft", "2024-04-15", "2024-03-01", "2024-04-15",
    )
    assert first["implementation_until"] == "2034-04-15"  # 120 months
    assert (first["plan_status"], first["municipality_code"], first["name"]) == ("planlagd", "2262", "Handgjorda verksamheter")
    assert frame.crs.to_epsg() == 3006
    assert frame.area.sum() == pytest.approx(200 * 100, rel=2e-3)
    path = tmp_path / "plans.gpkg"
    frame.to_file(path, layer="detailed_plan")
    report = check(path, load_catalog()["detailed_plan"])
    assert not report.faults, report.faults
    assert all(n.sv and n.en for n in notes)


def test_building_rights_keep_their_basis(catalogue):
    frame, notes = read_plans(GOOD, provisions=catalogue)
    yard = frame.iloc[0]
    assert (yard["max_height_m"], yard["height_reference"]) == (112.5, "above_datum")
    assert (yard["building_area_percent"], yard["building_area_m2"]) == (40.0, 5000.0)
    assert yard["area_basis"] == "BruttoFastigh (m²); BruttoEgen (%)"
    assert yard["min_plot_m2"] == 2000.0
    assert frame.iloc[1:][["max_height_m", "building_area_m2", "min_plot_m2"]].isna().all(axis=None)
    assert said(notes, "of another kind")  # the chimney's height is not the yard's
    assert said(notes, "a part of the use area only")  # the share holds on 60 of 100 metres


def test_the_local_zone_that_the_file_states_is_kept_to(catalogue):
    frame, _ = read_plans(GOOD, provisions=catalogue)
    lon, lat = frame.to_crs(4326).geometry.iloc[0].centroid.coords[0]
    assert lon == pytest.approx(17.33, abs=0.02)
    assert lat == pytest.approx(62.49, abs=0.03)
    with pytest.raises(CRSError, match="states EPSG:3014 and was said to be in EPSG:3013"):
        read_plans(GOOD, "EPSG:3013", provisions=catalogue)


def set_crs(value):
    def change(features):
        for f in features:
            for g in f["properties"].get("plangeometri", []) + f["properties"].get("bestammelsegeometri", []):
                if value is None:
                    del g["geometri"]["koordinatsystemPlan"]
                else:
                    g["geometri"]["koordinatsystemPlan"] = value

    return change


def test_a_file_without_a_crs_needs_one(catalogue):
    silent = changed(set_crs(None))
    with pytest.raises(CRSError, match="states no CRS"):
        read_plans(silent, provisions=catalogue)
    told, _ = read_plans(silent, "EPSG:3014", provisions=catalogue)
    stated, _ = read_plans(GOOD, provisions=catalogue)
    assert shapely.equals_exact(told.geometry.to_numpy(), stated.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("crs", "message"),
    [("EPSG:3006", "is not in Sweden in EPSG:3006; the numbers fit"), ("EPSG:3857", "plans are in EPSG:3006 or a zone"), ("EPSG:nej", "is not known")],
)
def test_a_wrong_crs_is_refused(catalogue, crs, message):
    with pytest.raises(CRSError, match=message):
        read_plans(changed(set_crs(crs)), provisions=catalogue)


def test_a_crs_by_its_address_is_the_same(catalogue):
    frame, _ = read_plans(changed(set_crs("http://www.opengis.net/def/crs/EPSG/0/3014")), provisions=catalogue)
    assert len(frame) == 3


def test_northing_first_is_certain_and_is_turned(catalogue):
    def turn(features):
        for f in features:
            for g in f["properties"].get("plangeometri", []) + f["properties"].get("bestammelsegeometri", []):
                rings = g["geometri"]["position"]["coordinates"]
                rings[:] = [[[y, x] for x, y in ring] for ring in rings]

    frame, notes = read_plans(changed(turn), provisions=catalogue)
    straight, _ = read_plans(GOOD, provisions=catalogue)
    assert frame.geometry.iloc[0].symmetric_difference(straight.geometry.iloc[0]).area < 1e-6
    assert said(notes, "northing first and were turned")


@pytest.mark.parametrize(
    "fault",
    [
        "Plan med glipa och överlapp: use areas 1 and 2 overlap by 1000 m²",
        r"Plan med glipa och överlapp: 49\d\d m² of the plan have no use",
        "Plan utanför sin gräns: 19[89]. m² of use lie outside the plan",
        "Plan utanför sin gräns: status 'pågår' is not one of",
        r"Plan utanför sin gräns: use 'Q' \(Okänt ändamål, DP_KM_Q2\) is not Boverket's",
        "Plan som korsar sig själv: .* crosses itself",
        "Plan som korsar sig själv: in force 2023-01-01, before it was adopted 2024-03-01",
        "Plan i två system: .* is in EPSG:3013, the plan in EPSG:3014",
        "Plan i två system: use Y ended 2020-10-01",
        r"Plan i två system: a use without a letter \(Något som ingen katalog har",
        "Plan i två system: .* has no geometry",
        "provisions are here, the plan itself is not",
    ],
)
def test_every_fault_is_told_with_its_plan(catalogue, fault):
    from landplan import errors
    from landplan.layers.sources import detaljplan

    # all of them, however many: a message lists the first twelve
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detaljplan, "join_faults", lambda heading, faults: errors.join_faults(heading, faults, most=99))
        with pytest.raises(LayerError, match=fault):
            read_plans(BAD, provisions=catalogue)


def test_faults_can_be_notes(catalogue):
    frame, notes = read_plans(BAD, provisions=catalogue, strict=False)
    assert len(said(notes, "A fault in the plan, read all the same")) >= 12
    assert frame[frame["name"] == "Plan utanför sin gräns"]["use_codes"].isna().all()
    assert list(frame[frame["name"] == "Plan med glipa och överlapp"]["use_codes"]) == ["J", "B"]


def shrink(by):
    def change(features):
        nature = props(features, "användning", 3)["bestammelsegeometri"][0]["geometri"]["position"]["coordinates"][0]
        for point in nature:
            point[0] -= by if point[0] == 154200.0 else 0.0

    return change


def test_ten_centimetres_are_nothing_and_a_sliver_is_a_warning(catalogue):
    _, notes = read_plans(changed(shrink(0.09)), provisions=catalogue)
    assert not said(notes, "Slivers")
    _, notes = read_plans(changed(shrink(0.14)), provisions=catalogue)  # 4 cm beyond, on 100 m
    assert said(notes, "Slivers along the plan's outline")
    with pytest.raises(LayerError, match="of the plan have no use"):
        read_plans(changed(shrink(0.2)), provisions=catalogue)


def test_a_sliver_of_overlap_is_a_warning_and_a_level_above_is_legal(catalogue):
    def widen(by, **more):
        def change(features):
            street = props(features, "användning", 2)
            street |= more
            for point in street["bestammelsegeometri"][0]["geometri"]["position"]["coordinates"][0]:
                point[0] -= by if point[0] == 154100.0 else 0.0

        return change

    _, notes = read_plans(changed(widen(0.04)), provisions=catalogue)
    assert said(notes, "Slivers of overlap")
    with pytest.raises(LayerError, match="overlap by 50"):
        read_plans(changed(widen(0.5)), provisions=catalogue)
    _, notes = read_plans(changed(widen(0.5, vertikalAvgransning="uppåt")), provisions=catalogue)
    assert said(notes, "above one another")


def dates(features, status="laga kraft", **more):
    plan = props(features, "detaljplan")
    plan["status"] = status
    plan.pop("datumStatusforandring", None)
    plan["beslutsinformation"][0] |= more


def test_repealed_plans_are_kept_and_ended_ones_are_not(catalogue):
    frame, _ = read_plans(changed(lambda f: dates(f, "upphävd")), provisions=catalogue)
    assert set(frame["plan_stage"]) == {"upphävd"}
    assert set(frame["plan_status"]) == {"ej planlagd"}
    frame, notes = read_plans(changed(lambda f: dates(f, "avslutad")), provisions=catalogue)
    assert len(frame) == 0
    assert said(notes, "ended without a plan")


@pytest.mark.parametrize(
    ("status", "stage", "day"),
    [
        ("samråd", "samråd", None), ("påbörjad", "planbesked", None), ("överklagad", "antagen", "2024-03-01"),
        ("laga kraft", "laga kraft", "2024-04-15"),
    ],
)
def test_stages_in_our_words(catalogue, status, stage, day):
    frame, _ = read_plans(changed(lambda f: dates(f, status)), provisions=catalogue)
    assert (frame["plan_stage"].iloc[0], frame["stage_date"].iloc[0]) == (stage, day)


def old(letter, day="1995-05-05"):
    def change(features):
        dates(features, datumPaborjat=day, datumAntagande=day, datumLagakraft=[day], genomforandetidStartar=day)
        nature = props(features, "användning", 3)
        nature |= {"planbestammelsekatalogreferens": "00000000-aaaa-4000-8000-000000000000", "beteckning": letter}
        nature |= {"bestammelseformulering": "äldre", "anvandningsform": "Kvartersmark"}

    return change


def test_letters_of_older_plans_are_read_by_their_time(catalogue):
    frame, notes = read_plans(changed(old("Y")), provisions=catalogue)
    assert frame["use_codes"].iloc[2] == "R"
    assert said(notes, "Y (sport) in an older plan stands as R")
    frame, notes = read_plans(changed(old("Jm")), provisions=catalogue)
    assert frame["use_codes"].iloc[2] == "J"
    assert said(notes, "Jm in an older plan stands as J")
    with pytest.raises(LayerError, match="use Y ended 2020-10-01, the plan is of 2021-01-01"):
        read_plans(changed(old("Y", "2021-01-01")), provisions=catalogue)
    with pytest.raises(LayerError, match="use 'Jm'"):
        read_plans(changed(old("Jm", "2021-01-01")), provisions=catalogue)


def test_without_the_catalogue_the_words_are_read_and_it_is_said():
    frame, notes = read_plans(GOOD)
    assert list(frame["use_codes"]) == ["JZ", "GATA", "NATUR"]
    assert list(frame["plan_form"]) == ["kvartersmark", "allmän plats", "allmän plats"]
    assert frame["area_basis"].iloc[0] == "BruttoFastigh (m²); BruttoEgen (%)"
    assert said(notes, "read from the provision's words")
    with pytest.raises(LayerError, match="fetch Boverket's catalogue"):
        read_plans(changed(lambda f: props(f, "användning").update(bestammelseformulering="Kemisk industri")))


def test_the_flattened_form_reads_alike(catalogue):
    frame, notes = read_plans(FLAT, provisions=catalogue)
    assert list(frame["use_codes"]) == ["B", "PARK"]
    home = frame.iloc[0]
    assert (home["plan_stage"], home["adopted_date"], home["plan_status"]) == ("antagen", "2025-06-10", "planlagd")
    assert (home["max_height_m"], home["height_reference"]) == (9.0, "above_ground")  # by its wording
    assert (home["building_area_m2"], home["area_basis"]) == (250.0, "Byggnads")
    assert frame.area.tolist() == pytest.approx([3000, 2000])
    assert not said(notes, "outline is not in the file")


def test_the_flattened_form_in_other_spellings(catalogue):
    data = json.loads(FLAT.read_text(encoding="utf-8"))
    nested = copy.deepcopy(data)
    for f in nested["features"]:
        flat, f["properties"] = f["properties"], {}
        for name, value in flat.items():
            place = f["properties"]
            *path, last = name.split(".")
            for step in path:
                place = place.setdefault(step, {})
            place[last] = value
    under = json.loads(json.dumps(data).replace("detaljplan.", "detaljplan_").replace("planbestammelse.", "planbestammelse_").replace("feature.typ", "feature_typ"))
    expected, _ = read_plans(FLAT, provisions=catalogue)
    for other in (nested, under):
        frame, _ = read_plans(json.dumps(other).encode(), provisions=catalogue)
        assert frame.drop(columns="geometry").equals(expected.drop(columns="geometry"))


def test_the_flattened_form_without_outline_or_crs(catalogue):
    data = json.loads(FLAT.read_text(encoding="utf-8"))
    del data["features"][0], data["crs"]
    with pytest.raises(CRSError, match="is not in Sweden in EPSG:4326"):
        read_plans(json.dumps(data).encode(), provisions=catalogue)
    frame, notes = read_plans(json.dumps(data).encode(), "EPSG:3006", provisions=catalogue)
    assert len(frame) == 2
    assert said(notes, "outline is not in the file")


def test_two_plans_in_force_on_one_place_are_noticed(catalogue):
    data = json.loads(GOOD.read_text(encoding="utf-8"))
    other = json.loads(json.dumps(data).replace("10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000008"))
    frame, notes = read_plans(json.dumps([data, other]).encode(), provisions=catalogue)
    assert len(frame) == 6
    assert said(notes, "Two plans in force lie on each other")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "no whole JSON"), (b"[]", "holds no plan"), (b'{"a": 1}', "no FeatureCollection"),
     (b'{"type": "FeatureCollection", "features": []}', "holds no plan"),
     (b'{"type": "FeatureCollection", "features": [{"properties": {"feature:typ": "hus"}}]}', "feature 1 is a 'hus'")],
)
def test_what_is_no_plan_is_said(content, message):
    with pytest.raises(LayerError, match=message):
        read_plans(content)


@pytest.mark.parametrize(
    ("code", "wording", "expected"),
    [
        ("DP_KM_Eg_Hojd_HogstaHojd_Nockhojd", "", Right("height", "above_ground", 7)),
        ("DP_KM_Eg_Hojd_ExaktHojd_TotalhojdNollplan", "", Right("height", "above_datum", 7)),
        ("DP_KM_Eg_Utnytt_StorstaAreaProc_BruttoAnv", "", Right("area_percent", "BruttoAnv", 7)),
        ("DP_KM_Eg_Utnytt_StorstaAreaKvm_Brutto", "", Right("area_m2", "Brutto", 7)),
        ("DP_KM_Eg_Utnytt_StorstaAreaProc_ByggnadsEgen", "", Right("area_percent", "ByggnadsEgen", 7)),
        ("DP_KM_Eg_Hojd_HogstaHojd_ByggnadsverkNockhojd", "", None),
        ("DP_KM_Eg_Hojd_LagstaHojd_Nockhojd", "", None),
        ("DP_KM_Eg_Hojd_HogstaHojd_HogstaVan_Aldre", "", None),
        ("DP_KM_Eg_Utnytt_AreaUnderMark_StorstaKvm", "", None),
        ("DP_KM_Eg_Utnytt_MinstaAreaKvm_BruttoAnv", "", None),
        ("", "Högsta totalhöjd är 7 meter.", Right("height", "above_ground", 7)),
        ("", "Nockhöjden ska vara 7 meter över angivet nollplan.", Right("height", "above_datum", 7)),
        ("", "Största byggnadsarea är 7 m² per fastighet.", Right("area_m2", "ByggnadsFastigh", 7)),
        ("", "Största bruttoarea är 7 % av fastighetsarean inom användningsområdet.", Right("area_percent", "BruttoAnv", 7)),
        ("", "Största bruttoarea är 7 m² ovan mark utöver garage", None),
        ("", "Högsta nockhöjd på mast är 7 meter.", None),
    ],
)
def test_a_right_is_what_its_code_or_words_say(code, wording, expected):
    assert read_right(code, wording, [{"datatyp": "decimaltal", "variabelvarde": "7"}]) == expected
    assert expected is not None or is_other_right(code, wording)


@pytest.mark.parametrize(
    ("values", "wording", "number"),
    [
        ([{"variabelvarde": "7,5"}], "", 7.5), ([{"variabelvarde": "1 200"}], "", 1200.0), (None, "Högsta nockhöjd är 8,5 meter.", 8.5),
        ([{"variabelvarde": "1"}, {"variabelvarde": "3"}], "", math.nan), ([{"variabelvarde": "sju"}], "", math.nan),
        ([{"datatyp": "text", "variabelvarde": "hus"}, {"datatyp": "decimaltal", "variabelvarde": "4"}], "", 4.0),
    ],
)
def test_the_number_of_a_right(values, wording, number):
    got = read_right("DP_KM_Eg_Hojd_HogstaHojd_Nockhojd", wording, values).value
    assert got == number or (math.isnan(got) and math.isnan(number))


def test_of_rights_that_differ_the_largest_part_counts_and_bases_are_not_mixed():
    box = shapely.box
    area = box(0, 0, 100, 100)
    low, high = Right("height", "above_ground", 8.0), Right("height", "above_ground", 20.0)
    columns, differs, _ = rights_on(area, [(high, box(0, 0, 30, 100)), (low, box(30, 0, 100, 100))], sliver_m2=5)
    assert (columns["max_height_m"], differs) == (8.0, True)
    columns, _, _ = rights_on(area, [(high, area), (low, area)], sliver_m2=5)
    assert columns["max_height_m"] == 8.0  # of equals the strictest
    plots = [(Right("plot", "", v), area) for v in (800.0, 1500.0)]
    assert rights_on(area, plots, sliver_m2=5)[0]["min_plot_m2"] == 1500.0
    datum = Right("height", "above_datum", 60.0)
    columns, differs, _ = rights_on(area, [(low, box(0, 0, 40, 100)), (datum, box(40, 0, 100, 100))], sliver_m2=5)
    assert (columns["max_height_m"], columns["height_reference"], differs) == (60.0, "above_datum", True)
    both = [(Right("area_m2", "BruttoAnv", 900.0), area), (Right("area_percent", "BruttoAnv", 30.0), area)]
    assert rights_on(area, both, sliver_m2=5)[0]["area_basis"] == "BruttoAnv"
    beside = [(low, box(99.99, 0, 200, 100))]
    assert math.isnan(rights_on(area, beside, sliver_m2=5)[0]["max_height_m"])
