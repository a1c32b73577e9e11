"""Each provider's answer, written by hand from its published schema, as the layer it becomes."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landplan.content import content_folder
from landplan.errors import LayerError, SourceError
from landplan.layers.catalog import SourceSpec, load_catalog
from landplan.layers.contract import Checker
from landplan.layers.fetching import Fetching
from landplan.layers.shaping import keyed, shaped, with_municipality
from landplan.layers.sources.asking import Answer, Ask
from landplan.plan import read

HANDMADE = Path(__file__).parent / "handmade"
CATALOG = load_catalog()
NORDIC = (10.0, 54.0, 32.0, 71.0)
# roads of OpenStreetMap are read, not shaped; detailed plans have a reader of their own
APART = {"osm_roads", "ngp_plans"}
SOURCES = {s.id: (d, s) for d in CATALOG.values() if d.is_vector for s in d.sources if s.live and s.id not in APART}


def answer(name):
    """Read a handmade answer as its protocol gives it: the provider's columns, the CRS it names."""
    (path,) = HANDMADE.glob(f"*/{name}.geojson")
    said = json.loads(path.read_text(encoding="utf-8"))
    crs = said.get("crs", {}).get("properties", {}).get("name", "OGC:CRS84")
    rows = [({"id": f["id"]} if "id" in f else {}) | f["properties"] for f in said["features"]]
    shapes = [shapely.geometry.shape(f["geometry"]) if f["geometry"] else None for f in said["features"]]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)


def municipalities():
    swedish = gpd.GeoDataFrame(
        {"municipality_code": ["2280", "0114"]}, geometry=[shapely.box(635_000, 6_930_000, 660_000, 6_970_000), shapely.box(660_000, 6_930_000, 680_000, 6_970_000)], crs=3006
    )
    finnish = gpd.GeoDataFrame({"municipality_code": ["FI-851"]}, geometry=[shapely.box(360_000, 7_300_000, 380_000, 7_320_000)], crs=3067)
    return pd.concat([swedish, finnish.to_crs(3006)], ignore_index=True)


def layer(name, frame=None, crs="EPSG:3006", **changes):
    """Return what a source's answer becomes, and what is said of it."""
    definition, source = SOURCES[name]
    source = SourceSpec(source.kind, {**source.options, **changes}, source.id)
    ask = Ask(definition.id, name, source.options, (0.0, 0.0, 1.0, 1.0), crs)
    out, notes = shaped(answer(name) if frame is None else frame, definition, source, ask)
    out = with_municipality(out, definition, municipalities, notes)
    return keyed(out, definition, notes), [n.en for n in notes]


def rows(frame):
    """Return a frame's rows without what is unknown."""
    return [{k: v for k, v in r.items() if pd.notna(v)} for r in frame.drop(columns="geometry").to_dict("records")]


SCB = {"kind": "tatort", "population_year": 2023, "source": "SCB, tätorter 2023"}
SMALL = {"kind": "smaort", "population_year": 2023, "source": "SCB, småorter 2023"}
FLOOD = {"kind": "river", "return_period_years": 100}
ROAD = {"oneway": "both", "surface": "paved", "ferry": False, "closed": False, "speed_assumed": False}
FINNISH = {"oneway": "both", "ferry": False, "speed_assumed": True}
HOME = {"municipality_code": "2280"}

EXPECTED = {
    "scb_municipalities": (
        [
            {"municipality_code": "0114", "name": "Upplands Väsby", "county": "Stockholms län"},
            {"municipality_code": "2280", "name": "Härnösand", "county": "Västernorrlands län"},
            {"municipality_code": "9999", "name": "9999"},
        ],
        ["unknown municipality codes stand as names: 9999", "repaired 1 invalid polygons", "4 areas put together to 3 municipalities"],
    ),
    "scb_deso": (
        [
            {"area_code": "0114C1010", "kind": "DeSO", "version": 2025, "name": "0114C1010", "municipality_code": "0114"},
            {"area_code": "2280A0010", "kind": "DeSO", "version": 2025, "name": "2280A0010", **HOME},
            {"area_code": "2280C1020", "kind": "DeSO", "version": 2025, "name": "2280C1020", **HOME},
        ],
        ["repaired 1 invalid polygons"],
    ),
    "scb_regso": (
        [
            {"area_code": "2280R001", "kind": "RegSO", "version": 2025, "name": "Härnösand: Höglandssjön-Gådeåstaden", **HOME},
            {"area_code": "0114R002", "kind": "RegSO", "version": 2025, "municipality_code": "0114"},
        ],
        [],
    ),
    "scb_tatorter": (
        [
            {"locality_id": "2280TC101", "name": "Härnösand", **HOME, "population": 18624, **SCB},
            {"locality_id": "0114TC101", "name": "Upplands Väsby och Sollentuna", "municipality_code": "0114", **SCB},
            # its municipality is not stated: where its middle lies says it
            {"locality_id": "2280TC105", "name": "Ramvik", **HOME, "population": 731, **SCB},
        ],
        [],
    ),
    "scb_smaorter": (
        [
            {"locality_id": "2280SC103", "name": "2280SC103", **HOME, "population": 57, **SMALL},
            {"locality_id": "0114SC101", "name": "0114SC101", "municipality_code": "0114", "population": 199, **SMALL},
        ],
        ["repaired 1 invalid polygons"],
    ),
    "scb_holiday_homes": ([{"area_id": "F1201"}, {"area_id": "F0003"}], []),
    "scb_business_areas": (
        [{"workplace_id": "V0012", "sector": "16", "jobs": 412, **HOME}, {"workplace_id": "V0013", "jobs": 0, "municipality_code": "0114"}],
        [],
    ),
    "scb_1km": (
        [
            {"square_id": "6450006945000", "population": 41, "working_age": 9, "modelled": False, "year": 2025, **HOME},
            # ages are protected and sum to ten where seven live
            {"square_id": "6460006945000", "population": 7, "working_age": 7, "modelled": False, "year": 2025, **HOME},
            {"square_id": "6650006945000", "population": 3, "modelled": False, "year": 2025, "municipality_code": "0114"},
            {"square_id": "6480006945000", "population": 12, "working_age": 9, "modelled": False, "year": 2025, **HOME},
        ],
        ["1 squares without inhabitants are left out"],
    ),
    "statfi_municipalities": ([{"municipality_code": "FI-851", "name": "Torneå"}, {"municipality_code": "FI-049", "name": "Esbo"}], []),
    "statfi_1km": (
        [
            {"square_id": "1kmN7308E368", "population": 212, "modelled": False, "municipality_code": "FI-851"},
            {"square_id": "1kmN7308E369", "population": 7, "modelled": False, "municipality_code": "FI-851"},
        ],
        ["1 squares with protected figures are left out"],
    ),
    "nv_protected": (
        [
            {"area_id": "2000001", "name": "Ångermanälvens mynning", "kind": "nationalpark", "decision_date": "1909-05-24"},
            {"area_id": "2000002", "name": "Smitingen–Härnöklubb", "kind": "naturreservat", "decision_date": "2003-12-01"},
            {"area_id": "2000003", "kind": "naturminne"},
            {"area_id": "2000004", "name": "Ångermanälvens mynning", "kind": "biotopskydd", "decision_date": "2011-10-17"},
        ],
        [
            "7 of 8 have BESLUTSSTATUS Gällande",
            "5 of 7 have SKYDDSTYP Nationalpark, Naturreservat, Biotopskyddsområde, Övrigt biotopskyddsområde, Naturminne",
            "repaired 1 invalid polygons", "1 rows belong to the same area as another", "1 dates in decision_date cannot be read and are left out",
        ],
    ),
    "nv_water_protection": (
        [{"area_id": "2000007", "name": "Bondsjön"}],
        ["2 of 3 have BESLUTSSTATUS Gällande", "1 of 2 have SKYDDSTYP Vattenskyddsområde"],
    ),
    "nv_natura2000": (
        [
            {"site_code": "SE0710030", "name": "Storön", "kind": "SCI"},
            {"site_code": "SE0710044", "name": "Gådeån", "kind": "SPA/SCI"},
            {"site_code": "SE0710060", "name": "Högbonden", "kind": "SPA/SCI"},
            {"site_code": "SE0710071", "name": "Lungön", "kind": "SPA/SCI"},
        ],
        ["repaired 1 invalid polygons", "1 rows belong to the same area as another"],
    ),
    "sgu_soil": (
        [{"soil_class": c} for c in ("morän", "berg", "torv", "lera", "sand", "lera")],
        ["3 areas without a soil (water, fill, not classed) are left out", "1 areas with words that are not known are left out: Kalktuff"],
    ),
    "msb_flood_100": (
        [{"zone_id": "1", **FLOOD}, {"zone_id": "2", **FLOOD}, FLOOD], ["1 features without a shape are left out", "repaired 1 invalid polygons"],
    ),
    "msb_flood_200": (
        [{"zone_id": "51", **FLOOD, "return_period_years": 200}, {"zone_id": "52", **FLOOD, "return_period_years": 200}, {**FLOOD, "return_period_years": 200}],
        ["1 features without a shape are left out", "repaired 1 invalid polygons"],
    ),
    "raa_heritage": (
        [{"heritage_id": f"L1935:{n}", "name": name, "protected": True} for n, name in enumerate(("Röse", "Gravfält", "Färdväg", "Boplats"), start=1)],
        [
            "1 features without a shape are left out", "3 points and lines are areas as wide as their stated uncertainty, at least 10 m",
            "1 rows belong to the same area as another",
        ],
    ),
    "sjv_blocks": (
        [{"block_id": "69450645001", "kind": "åker", "area_ha": 4.0}, {"block_id": "69450645002", "kind": "bete", "area_ha": 1.25}, {"block_id": "69450645003"}],
        ["repaired 1 invalid polygons"],
    ),
    "lm_parcels": (
        [
            {"parcel_id": "HÄRNÖSAND SÄBRÅ-VÄSTANÅ 3:12", "owner_kind": "uppgift saknas", "area_ha": 2.0, **HOME},
            {"parcel_id": "HÄRNÖSAND BONDSJÖHÖJDEN 7", "owner_kind": "uppgift saknas", "area_ha": 0.25, **HOME},
            {"parcel_id": "HÄRNÖSAND BONDSJÖHÖJDEN s:1", "owner_kind": "uppgift saknas", "area_ha": 0.5, **HOME},
        ],
        ["repaired 1 invalid polygons", "1 rows belong to the same area as another"],
    ),
    "sundsvall_shore": ([{"protection_id": "1", "kind": "base"}, {"protection_id": "2", "kind": "base"}], ["repaired 1 invalid polygons"]),
    "nvdb": (
        [
            {**ROAD, "road_id": "5003:1-0.0", "road_class": "motorway", "road_number": "E4", "name": "Kustvägen", "speed_kmh": 110.0, "oneway": "forward", "aadt": 9120},
            {**ROAD, "road_id": "5003:2-0.0", "road_class": "primary", "road_number": "90", "speed_kmh": 80.0, "aadt": 3200},
            # a weight of 12 tonnes is no speed, and the number of a grant is no road number
            {**ROAD, "road_id": "5003:3-0.25", "road_class": "local", "speed_kmh": 50.0, "surface": "gravel", "speed_assumed": True},
            {**ROAD, "road_id": "5003:3-0.25.1", "road_class": "local", "speed_kmh": 50.0, "surface": "gravel", "speed_assumed": True},
            {**ROAD, "road_id": "5003:4-0.0", "road_class": "street", "name": "Köpmangatan", "speed_kmh": 40.0, "oneway": "backward"},
            {**ROAD, "road_id": "5003:5-0.0", "road_class": "street", "name": "Storgatan", "speed_kmh": 30.0, "closed": True},
            {"road_id": "5003:7-0.0", "road_class": "ferry", "road_number": "682", "name": "Hemsöleden", "speed_kmh": 10.0, "oneway": "both", "ferry": True, "closed": False, "speed_assumed": True},
            {"road_id": "5003:8-0.0", "road_class": "other", "speed_kmh": 70.0, "oneway": "both", "ferry": False, "closed": False, "speed_assumed": False},
        ],
        [
            "1 foot and cycle paths are left out", "1 roads have a speed of their own each way: the lower is used",
            "1 roads may be driven neither way: they are closed", "2 roads state no speed, their class's default is used",
        ],
    ),
    "digiroad": (
        [
            {**FINNISH, "road_id": "fi-1a7c-2b", "road_class": "motorway", "road_number": "29", "name": "Perämerentie", "speed_kmh": 110.0, "oneway": "forward"},
            {**FINNISH, "road_id": "fi-2a7c-2b", "road_class": "tertiary", "name": "Näränperävägen", "speed_kmh": 70.0, "oneway": "backward"},
            {**FINNISH, "road_id": "fi-3a7c-2b", "road_class": "local", "speed_kmh": 50.0},
            {**FINNISH, "road_id": "fi-5a7c-2b", "road_class": "ferry", "name": "Lossi", "speed_kmh": 10.0, "ferry": True},
            {**FINNISH, "road_id": "fi-6a7c-2b", "road_class": "other", "speed_kmh": 40.0},
            {**FINNISH, "road_id": "fi-7a7c-2b", "road_class": "ramp", "speed_kmh": 60.0, "oneway": "forward"},
        ],
        ["1 foot and cycle paths are left out", "6 Finnish roads have their class's speed"],
    ),
    "osm_buildings": ([{"building_id": "w1"}, {"building_id": "w2", "kind": "industrial"}, {"building_id": "r3", "kind": "church"}], []),
    "osm_built_land": ([{"area_id": "w1", "use": "industrial", "name": "Torsboda"}, {"area_id": "r2", "use": "quarry"}], []),
    "osm_facilities": (
        [
            {"facility_id": i, "name": n, "kind": k, "source": "OpenStreetMap", **HOME}
            for i, n, k in (("n1", "Härnösand C", "station"), ("w2", "Höga Kusten Airport", "airport"), ("w3", "Djuphamnen", "port"), ("w5", "Mittuniversitetet", "university"), ("w6", "Utansjö hamn", "port"))
        ],
        ["1 facilities without a name are left out"],
    ),
    "osm_power_grid": (
        [
            {"line_id": "w1", "voltage_kv": 400.0, "grid_level": "stamnät"}, {"line_id": "w2", "voltage_kv": 130.0, "grid_level": "regionnät"},
            {"line_id": "w3", "grid_level": "lokalnät"}, {"line_id": "w4", "voltage_kv": 20.0, "grid_level": "lokalnät"},
        ],
        ["1 lines without a voltage count as local grid"],
    ),
    "osm_substations": ([{"station_id": "n1", "name": "Hjälta", "voltage_kv": 220.0}, {"station_id": "w2"}], []),
    "osm_railways": (
        [{"line": "Ådalsbanan", "electrified": True, "tracks": 1, "speed_kmh": 120.0}, {"line": "13", "electrified": False}, {"line": "w3"}],
        ["1 sidings and yard tracks are among them"],
    ),
    "osm_services": (
        [
            {"service_id": "n1", "service_kind": "preschool", "name": "Förskolan Älgen", **HOME},
            {"service_id": "w2", "service_kind": "upper_secondary", "name": "Härnösands gymnasium", **HOME},
            {"service_id": "w3", "service_kind": "compulsory_school", **HOME}, {"service_id": "n4", "service_kind": "care_home", **HOME},
            {"service_id": "n5", "service_kind": "shop", "name": "Affären på ön", **HOME},
            {"service_id": "n9", "service_kind": "pharmacy", "name": "Apoteket Örnen", **HOME}, {"service_id": "n7", "service_kind": "health_centre", **HOME},
        ],
        [],
    ),
    "osm_water": ([{"kind": "lake"}, {"kind": "river"}, {"kind": "river"}, {"kind": "lake"}], ["the sea is not in it: it is a coastline in OpenStreetMap"]),
}  # fmt: skip


def test_every_source_of_shapes_has_an_answer_written_by_hand():
    assert set(EXPECTED) == set(SOURCES)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_answer_becomes_exactly_the_layer(name):
    frame, notes = layer(name)
    definition = SOURCES[name][0]
    expected, said = EXPECTED[name]
    assert rows(frame) == expected
    assert notes == said
    checker = Checker(definition, Path("svar"), area_degrees=NORDIC)
    checker.add(1, frame)
    report = checker.report()
    assert not report.faults
    assert not report.warnings
    assert frame.crs == "EPSG:3006"
    assert not shapely.has_z(frame.geometry.to_numpy()).any()


@pytest.mark.parametrize("name", EXPECTED)
def test_an_answer_is_left_as_it_came(name):
    before = answer(name)
    given = before.copy()
    layer(name, given)
    pd.testing.assert_frame_equal(pd.DataFrame(given.drop(columns="geometry")), pd.DataFrame(before.drop(columns="geometry")))
    assert list(given.geometry.to_wkb()) == list(before.geometry.to_wkb())


@pytest.mark.parametrize("name", EXPECTED)
def test_an_answer_with_nothing_is_an_empty_layer(name):
    # a service that finds nothing names no columns
    for none in (answer(name).iloc[:0], answer(name).iloc[:0][["geometry"]]):
        frame, notes = layer(name, none)
        assert len(frame) == 0
        assert frame.crs == "EPSG:3006"
        assert notes == []


# the column that the layer cannot do without, for every source of a provider
RENAMED = {
    "scb_municipalities": "kommunkod", "scb_deso": "desokod", "scb_regso": "regsokod", "scb_tatorter": "tatortskod", "scb_smaorter": "smaort", "scb_holiday_homes": "fritidshus",
    "scb_business_areas": "anstallda", "scb_1km": "beftotalt", "statfi_municipalities": "kunta", "statfi_1km": "vaesto", "nv_protected": "SKYDDSTYP",
    "nv_water_protection": "BESLUTSSTATUS", "nv_natura2000": "OMRADESKOD", "sgu_soil": "jg2_tx", "raa_heritage": "lamningsnummer", "sjv_blocks": "blockid",
    "nvdb": "Klass_181", "digiroad": "ajosuunta",
}  # fmt: skip


@pytest.mark.parametrize(("name", "column"), RENAMED.items())
def test_a_renamed_column_is_an_error_that_lists_what_there_is(name, column):
    frame = answer(name).rename(columns={column: f"ny_{column}"})
    with pytest.raises(SourceError) as caught:
        layer(name, frame)
    text = str(caught.value)
    assert name in text
    assert column in text
    assert f"ny_{column}" in text
    assert text.count("geometry") == 0


@pytest.mark.parametrize("column", ["ROUTE_ID", "FROM_MEASURE", "Klass_181", "Vagtr_474", "F_Hogst_225", "B_Hogst_225", "F_ForbjudenFardriktning", "B_ForbjudenFardriktning"])
def test_roads_without_what_roads_are_made_of_are_refused(column):
    with pytest.raises(SourceError, match=column):
        layer("nvdb", answer("nvdb").drop(columns=column))


def test_a_renamed_column_can_be_named_in_the_plan():
    frame = answer("scb_tatorter").rename(columns={"tatort": "tatortsnamn"})
    with pytest.raises(SourceError, match=r"none of the columns tatort for name; it has .*tatortsnamn.* columns = \{ name"):
        layer("scb_tatorter", frame)
    columns = {**SOURCES["scb_tatorter"][1].options["columns"], "name": "tatortsnamn"}
    found, _ = layer("scb_tatorter", frame, columns=columns)
    assert rows(found) == EXPECTED["scb_tatorter"][0]


def test_columns_may_come_in_another_case():
    frame = answer("nvdb")
    frame.columns = [c if c == "geometry" else c.lower() for c in frame.columns]
    assert rows(layer("nvdb", frame)[0]) == EXPECTED["nvdb"][0]
    frame = answer("digiroad").rename(columns=lambda c: c if c == "geometry" else c.upper())
    assert rows(layer("digiroad", frame)[0]) == EXPECTED["digiroad"][0]


def test_names_cut_by_a_shapefile_are_known():
    cut = {"F_Hogst_225": "F_Hogst_22", "B_Hogst_225": "B_Hogst_22", "FROM_MEASURE": "FROM_MEASU", "F_ForbjudenFardriktning": "F_Forbjude", "B_ForbjudenFardriktning": "B_Forbjude", "Huvnr_556_1": "Huvnr_556_"}
    assert rows(layer("nvdb", answer("nvdb").rename(columns=cut))[0]) == EXPECTED["nvdb"][0]


@pytest.mark.parametrize("true", [1, 1.0, -1, "1", "-1", True, "true"])
def test_every_spelling_of_true_forbids_a_way(true):
    frame = answer("nvdb")
    for column in ("F_ForbjudenFardriktning", "B_ForbjudenFardriktning", "Motorvag", "Farjeled", "Evag_555"):
        frame[column] = [true if v == -1 else (False if true is True else None) for v in frame[column]]
    assert rows(layer("nvdb", frame)[0]) == EXPECTED["nvdb"][0]


def test_two_roads_of_one_stretch_get_ids_of_their_own():
    frame = pd.concat([answer("nvdb")] * 2, ignore_index=True)
    found, _ = layer("nvdb", frame)
    assert found["road_id"].is_unique
    assert len(found) == 16


def test_a_protection_the_layer_is_not_about_is_left_out_and_counted():
    _, notes = layer("nv_protected")
    assert notes[1].startswith("5 of 7 have SKYDDSTYP")
    kept = SOURCES["nv_protected"][1].options["keep"]
    wider = {**kept, "SKYDDSTYP": [*kept["SKYDDSTYP"], "Kulturreservat"]}
    with pytest.raises(SourceError, match=r"kind has 'Kulturreservat' \(1 rows\), which the layer has no word for; add it in the plan: \[sources.nv_protected\] recode.kind"):
        layer("nv_protected", keep=wider)
    words = {"kind": {**SOURCES["nv_protected"][1].options["recode"]["kind"], "Kulturreservat": "naturreservat"}}
    found, _ = layer("nv_protected", keep=wider, recode=words)
    assert "Västanå bruk" in set(found["name"])


def test_an_area_without_id_is_for_the_check_to_name():
    frame = answer("nv_protected")
    frame.loc[0, "NVRID"] = None
    found, _ = layer("nv_protected", frame)
    assert len(found) == len(EXPECTED["nv_protected"][0])
    checker = Checker(SOURCES["nv_protected"][0], Path("svar"), area_degrees=NORDIC)
    checker.add(1, found)
    assert "area_id is empty" in str(checker.report().faults[0])


# SGU's list of words for the ground layer (jg2_tx), from its description of the product
SGU = {
    "torv": "Mossetorv;Kärrtorv;Torv;Torv, tidvis under vatten;Gyttja;Gyttjelera (eller lergyttja);Bleke och kalkgyttja",
    "lera": "Svämsediment, ler--silt;Svämsediment ler–silt;Postglacial lera;Postglacial finlera;Postglacial grovlera;Postglacial silt;Silt;Glacial lera;Glacial finlera;"
    "Glacial grovlera;Glacial silt;Postglacial grovsilt-finsand;Lera;Lera--silt;Lera--silt, tidvis under vatten;Morängrovlera;Moränfinlera;Moränlera;Moränlera eller lerig morän;"
    "Slamströmssediment, ler--block;Älvsediment, grovsilt--finsand;Älvsediment;Älvsediment, ler--silt;Vittringsjord, ler--silt;Svämsediment;Svämsediment, grovsilt--finsand;Glacial grovsilt--finsand",
    "sand": "Svämsediment, sand;Flygsand;Sand;Finsand;Postglacial finsand;Postglacial sand;Svallsediment, grus;Klapper;Skaljord;Isälvssediment;Isälvssediment, sten--block;"
    "Isälvssediment, sand;Isälvssediment, grus;Svämsediment, grus;Blockmark;Talus (rasmassor);Sand--grus;Sten--block;Älvsediment, grus;Älvsediment, sand;Älvsediment sten--block;Vittringsjord, sand--grus",
    "morän": "Grusig morän;Sandig morän;Sandig-siltig morän;Morän;Morän omväxlande med sorterade sediment;Morän, sand;Morän, sten--block;Lerig morän",
    "berg": "Fanerozoisk diabas;Rösberg;Sedimentärt berg;Berg;Urberg;Skålla av sedimentärt berg;Skålla av sandsten",
    "": "Oklassat område;Vatten;Fyllning;Fyllning, rödfyr;Oklassat område, tidvis under vatten;Glaciär;Vittringsjord;Kalktuff;Flytjord eller skredjord",
}  # fmt: skip


@pytest.mark.parametrize(("ours", "word"), [(ours, word) for ours, words in SGU.items() for word in words.split(";")])
def test_every_word_of_sgu_is_read(ours, word):
    frame = answer("sgu_soil").iloc[:1].assign(jg2_tx=word)
    found, _ = layer("sgu_soil", frame)
    assert list(found["soil_class"]) == ([ours] if ours else [])


def test_points_are_as_wide_as_the_uncertainty_they_state():
    frame = answer("raa_heritage").assign(lagesosakerhet_i_meter=[50, 20, None, 5, 100, 10])
    found, _ = layer("raa_heritage", frame)
    assert list(found["uncertainty_m"].fillna(-1)) == [50, 20, -1, 5]
    assert found.geometry.area.iloc[0] == pytest.approx(np.pi * 50**2, rel=0.02)
    assert found.geometry.area.iloc[1] == 10_000
    assert found.geometry.area.iloc[2] == pytest.approx(300 * 20 + np.pi * 10**2, rel=0.02)


def test_what_mending_leaves_is_area_alone():
    frame, _ = layer("scb_deso")
    assert list(frame.geometry.area) == [1_000_000, 1_040_000, 1_000_000]
    assert list(layer("nv_natura2000")[0].geometry.area.round()) == [40_000, 80_000, 40_000, 60_000]


def test_a_middle_lies_inside_its_area():
    frame, _ = layer("scb_tatorter")
    places = frame.geometry.to_numpy()
    assert shapely.contains(answer("scb_tatorter").geometry.to_numpy(), places).all()


def test_squares_say_when_their_ages_are_missing():
    frame = answer("scb_1km")
    found, notes = layer("scb_1km", frame.drop(columns=[c for c in frame.columns if c.startswith("ald")]))
    assert "working_age" not in found
    assert "ages are missing: how many are of working age is not known" in notes


def test_a_day_is_the_day_the_provider_wrote():
    frame = answer("nv_protected").iloc[[0] * 5].reset_index(drop=True)
    frame["NVRID"] = [str(n) for n in range(5)]
    frame["URSPR_BESLUTSDATUM"] = ["2020-01-01T00:00:00+01:00", 20200101, "2020-01-01Z", "", "1 maj 1998"]
    found, notes = layer("nv_protected", frame)
    assert list(found["decision_date"].fillna("-")) == ["2020-01-01"] * 3 + ["-", "-"]
    assert notes[-1] == "1 dates in decision_date cannot be read and are left out"


def test_names_of_municipalities_are_those_of_the_country():
    table = pd.read_csv(content_folder("layers") / "codes" / "municipalities.csv", dtype=str, encoding="utf-8")
    assert len(table) == 290
    assert table["municipality_code"].is_unique
    assert table["municipality_code"].str.fullmatch(r"\d{4}").all()
    assert table["county"].nunique() == 21
    assert table.groupby(table["municipality_code"].str[:2])["county"].nunique().eq(1).all()
    known = dict(zip(table["municipality_code"], table["name"], strict=True))
    assert {c: known[c] for c in ("0114", "2280", "2480", "2583")} == {"0114": "Upplands Väsby", "2280": "Härnösand", "2480": "Umeå", "2583": "Haparanda"}


def test_a_name_that_the_provider_gives_is_the_provider_s():
    frame = answer("scb_municipalities").assign(kommunnamn="Provkommun", lannamn="Provlän")
    found, notes = layer("scb_municipalities", frame)
    assert set(found["name"]) == {"Provkommun"}
    assert set(found["county"]) == {"Provlän"}
    assert not any("unknown" in n for n in notes)


def test_a_shape_that_is_none_is_named():
    with pytest.raises(LayerError, match=r"shape 'nvbd' is not one of .*nvdb"):
        layer("nvdb", shape="nvbd")


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:3067"])
@pytest.mark.parametrize(("name", "pair"), [("roads", ("nvdb", "digiroad")), ("population_grid", ("scb_1km", "statfi_1km")), ("municipalities", ("scb_municipalities", "statfi_municipalities"))])
def test_two_countries_are_one_layer(tmp_path, name, pair, crs):
    municipalities().assign(name=["Härnösand", "Upplands Väsby", "Torneå"]).to_file(tmp_path / "kommuner.gpkg", layer="municipalities")
    (tmp_path / "plan.toml").write_text(
        f'[plan]\nname = "border"\ntitle = {{ sv = "Gräns", en = "Border" }}\ncrs = "{crs}"\n[area]\nmunicipalities = ["2280", "FI-851"]\n'
        '[layers]\nmunicipalities = { file = "kommuner.gpkg" }\n', encoding="utf-8",
    )  # fmt: skip
    work = Fetching(read(tmp_path / "plan.toml"))
    answers = []
    for one in pair:
        definition, source = SOURCES[one]
        answers.append((source, Ask(name, one, source.options, (0.0, 0.0, 1.0, 1.0), crs), Answer(frame=answer(one))))
    notes = []
    frame = work._frame(name, definition, answers, notes)
    assert frame.crs == crs
    assert len(frame) == sum(len(EXPECTED[one][0]) for one in pair)
    key = next(f.name for f in definition.fields if f.unique)
    assert frame[key].is_unique
    if name == "population_grid":
        assert set(frame["municipality_code"]) == {"2280", "0114", "FI-851"}
    checker = Checker(definition, Path("svar"), area_degrees=NORDIC)
    checker.add(1, frame)
    assert not checker.report().faults
