"""Östersund: one municipality round a large inland lake, its eleven districts, and the ferry to Norderön.

Real: the municipality's people in 2025, its districts, localities, ages and households, the named housing areas with their
dwellings, the goal of 75 000 people in 2040. Every outline is ours, and everything called "Demonstrationsområde" is made up.

Assumptions:

* E14 runs Ås, Lugnvik, the east side of Östersund, Torvalla, Ängsmon, Ope, Optand, Brunflo and south-east; E45 from Tandsbyn over Brunflo
  and Östersund to Lit and Häggenås; road 87 from Brunflo east. The two European roads share a way past the town.
* The outlines of the water are simplified: Frösön and the town are joined by land where a strait and a bridge are. Vallsundsbron
  is drawn; its place, and those of the ferry to Norderön, are made up. The ferry exists; its minutes are assumptions.
* The locality Östersund is drawn in six parts. Those of Brunflo, Ope and Optand have the figures these had as localities of their
  own (2010); how the others share the rest is made up. 790 of its people live in Krokom and are left out.
* The land rises from Storsjön, 292 m above the sea.
"""

from __future__ import annotations

from landplan.sample.area import (
    AreaFact,
    Bus,
    DemoSite,
    Industry,
    Municipality,
    NamedSite,
    Part,
    Patch,
    Railway,
    SampleArea,
    Train,
)
from landplan.sample.areas.papers import usual
from landplan.sample.files import LayerFile
from landplan.sample.routes import Crossing, Ferry, Route

__all__ = ["OSTERSUND"]

BRIDGES = (Crossing("Vallsundsbron", (478_150.0, 7_004_250.0), (478_350.0, 7_002_650.0)),)
FERRIES = (Ferry("Isöleden", (467_950.0, 7_002_900.0), (472_080.0, 7_004_600.0), 9.0, 60.0, 3.0),)

EAST = (483_300.0, 7_006_100.0)
"""Where the European roads meet the streets of the town."""

AIRPORT = (474_890.0, 7_007_330.0)

ROUTES = (
    Route("trunk", "E14", "E14", (
        (480_700.0, 7_014_600.0), "Lugnvik (Östersund)", EAST, "Odensala (Östra)", "Torvalla", "Ängsmon", "Ope", "Optand", "Grytan", "Brunflo",
        (496_300.0, 6_992_700.0), (500_200.0, 6_988_000.0), (504_300.0, 6_982_200.0))),
    Route("trunk", "E45", "E45", (EAST, (487_500.0, 7_013_500.0), "Lit", "Häggenås", (496_900.0, 7_038_500.0), (499_600.0, 7_048_000.0))),
    Route("trunk", "E45", "E45", ("Brunflo", "Tandsbyn", "Fåker", (476_900.0, 6_981_400.0))),
    Route("primary", "87", "Väg 87", ("Brunflo", "Lunne", (502_500.0, 6_999_000.0), (511_500.0, 7_003_500.0), (519_300.0, 7_003_300.0))),
    Route("secondary", None, "Rådhusgatan", (EAST, "Östersund", "Lugnvik (Östersund)")),
    Route("secondary", None, "Frösövägen", ("Östersund", "Frösön", "Valla (Frösön)")),
    Route("secondary", None, "Flygplatsvägen", ("Frösön", AIRPORT)),
    Route("secondary", None, "Sunnevägen", ("Valla (Frösön)", "bridge:Vallsundsbron", "Fillsta", "Målsta", "Sunne", "Orrviken", "Hara", "Fåker")),
    Route("tertiary", None, "Slandromsvägen", ("Fillsta", "Slandrom", "Marieby", (487_200.0, 6_992_000.0), "Brunflo")),
    Route("tertiary", None, "Kyrkåsvägen", ("Torvalla", (490_300.0, 7_005_700.0), (492_458.0, 7_009_739.0), "Lit")),
    Route("tertiary", None, "Locknevägen", ("Brunflo", "Lockne", "Tandsbyn")),
    Route("tertiary", None, "Älvvägen", ("Lit", (505_000.0, 7_019_500.0), (513_200.0, 7_016_200.0))),
    Route("tertiary", None, "Häggenåsvägen", ("Häggenås", (505_000.0, 7_032_500.0), (513_500.0, 7_028_500.0))),
    Route("tertiary", None, "Handogsvägen", ("Lugnvik (Östersund)", (487_500.0, 7_013_500.0))),
    Route("tertiary", None, "Mariebyvägen", ("Marieby", "Tandsbyn")),
    Route("tertiary", None, "Norderövägen", (AIRPORT, (472_250.0, 7_007_600.0), "ferry:Isöleden", (466_800.0, 7_003_500.0))),
    Route("service", None, "Torvalla industriväg", ("Torvalla", (487_000.0, 7_003_900.0))),
)  # fmt: skip

INDUSTRY = (
    Industry("Demonstrationsområde Torvalla", (487_250.0, 7_004_500.0), 32.0, "ledig", "full", "kommun", 2028, "2380", "demo-torvalla"),
    Industry("Demonstrationsområde Lugnvik", (482_700.0, 7_010_900.0), 18.0, "såld", "ingen", "privat", 1998, "2380"),
    Industry("Demonstrationsområde Brunflo", (493_400.0, 6_991_900.0), 14.0, "reserverad", "delvis", "kommun", 2029, "2380"),
    Industry("Demonstrationsområde Lit", (494_100.0, 7_022_600.0), 8.0, "ledig", "full", "kommun", 2027, "2380"),
)  # fmt: skip

NAMED_HOUSING = (
    NamedSite("Storsjö strand", "Östersund", (700.0, 300.0)),
    NamedSite("Frösö Park", "Frösön", (-900.0, 700.0)),
    NamedSite("Blomstergården (Karlslund)", "Östersund", (1_500.0, -900.0), "Blomstergården, Karlslund"),
    NamedSite("Mariebyvägen", "Brunflo", (700.0, -500.0)),
    NamedSite("Karossvägen", "Brunflo", (400.0, 800.0)),
)

DEMO_HOUSING = (
    DemoSite("Torvalla", (900.0, 600.0), (180, 220), "granskning", "blandat", "blandat"),
    DemoSite("Lugnvik (Östersund)", (800.0, -300.0), (140, 170), "samråd", "flerbostadshus", "hyresrätt"),
    DemoSite("Odensala (Östra)", (500.0, 700.0), (90, 120), "laga kraft", "flerbostadshus", "bostadsrätt"),
    DemoSite("Valla (Frösön)", (-700.0, 500.0), (60, 80), "antagen", "småhus", "äganderätt"),
    DemoSite("Ängsmon", (700.0, 400.0), (40, 60), "planbesked", "småhus", "äganderätt"),
    DemoSite("Lit", (-500.0, 500.0), (25, 35), "laga kraft", "småhus", "äganderätt"),
    DemoSite("Häggenås", (400.0, 300.0), (8, 14), "samråd", "småhus", "äganderätt"),
    DemoSite("Tandsbyn", (400.0, 400.0), (15, 25), "antagen", "småhus", "äganderätt"),
    DemoSite("Fåker", (500.0, 300.0), (8, 12), "planbesked", "småhus", "äganderätt"),
    DemoSite("Orrviken", (700.0, 300.0), (12, 20), "granskning", "småhus", "äganderätt"),
    DemoSite("Lockne", (-600.0, 500.0), (6, 10), "planbesked", "småhus", "äganderätt"),
)

RAILWAYS = (
    Railway("Mittbanan", 1, 140, (
        (504_400.0, 6_981_700.0), (499_300.0, 6_988_900.0), (491_700.0, 6_993_700.0), (488_900.0, 6_999_300.0), (482_100.0, 7_004_900.0),
        (481_900.0, 7_009_900.0), (480_400.0, 7_014_200.0))),
    Railway("Inlandsbanan", 1, 80, (
        (476_700.0, 6_981_300.0), (479_100.0, 6_984_200.0), (487_200.0, 6_986_000.0), (491_700.0, 6_993_700.0)), electrified=False),
    Railway("Inlandsbanan", 1, 80, (
        (482_100.0, 7_004_900.0), (487_900.0, 7_013_900.0), (492_700.0, 7_021_900.0), (494_400.0, 7_028_700.0), (498_800.0, 7_047_700.0)), electrified=False),
)  # fmt: skip

TRAINS = (
    Train("Tåg 1", "Östersund-Brunflo", ("Östersund C", "Brunflo"), 60, 120),
    Train("Tåg 2", "Östersund-Lit-Häggenås", ("Östersund C", "Lit", "Häggenås"), 240, 480),
)

BUSES = (
    Bus("1", ("Lugnvik (Östersund)", "Östersund", "Odensala (Östra)", "Torvalla"), 15, 30),
    Bus("2", ("Östersund", "Frösön", "Valla (Frösön)"), 20, 40),
    Bus("3", ("Östersund", "Torvalla", "Ope", "Optand", "Brunflo", "Lunne"), 30, 60),
    Bus("10", ("Östersund", "Lit", "Häggenås"), 90, 180),
    Bus("11", ("Brunflo", "Tandsbyn", "Fåker"), 180, 360),
    Bus("12", ("Valla (Frösön)", "Fillsta", "Sunne", "Orrviken", "Hara"), 120, 240),
    Bus("13", ("Fillsta", "Slandrom", "Marieby"), 180, 360),
    Bus("14", ("Brunflo", "Lockne"), 240, 480),
)

DISTRICTS = (
    AreaFact("Östersund", ("Östersund", "Lugnvik (Östersund)", "parish:Ostersund", (483_600.0, 7_004_000.0), (484_600.0, 7_010_300.0))),
    AreaFact("Frösön", ("Frösön", "Valla (Frösön)", "parish:Froso", (473_200.0, 7_008_600.0), (479_000.0, 7_006_400.0))),
    AreaFact("Sunne", ("Sunne", "Orrviken", "Fillsta", "Målsta", "Hara", "parish:Sunne")),
    AreaFact("Näs", ("Fåker", "parish:Nas", (483_000.0, 6_984_500.0))),
    AreaFact("Lockne", ("Lockne", "Tandsbyn", "parish:Lockne", (496_500.0, 6_984_500.0))),
    AreaFact("Marieby", ("Marieby", "Slandrom", "parish:Marieby")),
    AreaFact("Brunflo", (
        "Brunflo", "Lunne", "Grytan", "Optand", "Ope", "Ängsmon", "Torvalla", "Odensala (Östra)", "Odensala (Västra)", "parish:Brunflo",
        (502_000.0, 6_998_000.0))),
    AreaFact("Kyrkås", ("parish:Kyrkas", (493_600.0, 7_011_200.0), (500_500.0, 7_007_500.0))),
    AreaFact("Lit", ("Lit", "parish:Lit", (503_000.0, 7_016_500.0), (515_500.0, 7_024_500.0))),
    AreaFact("Häggenås", ("Häggenås", "parish:Haggenas", (486_000.0, 7_036_000.0), (503_000.0, 7_033_500.0), (491_500.0, 7_047_000.0))),
    AreaFact("Norderön", ("parish:Nordero",)),
)  # fmt: skip

LAYERS = usual(
    notes={
        "roads": "speeds by class and built-up area only; E14 and E45 share a way past the town",
        "population_grid": "locality figure x municipality 2025 / municipality c. 2019, less 790 of Östersund's people who live in Krokom; districts 2020 x "
        "municipality 2025 / the districts' sum; working age 20-64 = 55.8 %",
        "industrial_land": "no outline and no area is a real one",
    },
    more=(
        LayerFile("ferries", "ferries.parquet", "line", True, "Färjor", "Ferries", note="Isöleden exists; its place and minutes are assumptions"),
        LayerFile("districts", "districts.parquet", "polygon", True, "Distrikt", "Districts",
                  source="names and people 2020: facts/ostersund_districts_2020.csv; outlines are drawn around the districts' villages and are made up",
                  source_sv="namn och folkmängd 2020: facts/ostersund_districts_2020.csv; gränserna är dragna kring distriktens byar och påhittade",
                  attribution="Östersunds kommun (SCB)", data_date="2020-12-31/2025",
                  note="population is the district's share of 2020 times the municipality's people of 2025"),
        LayerFile("households", "households.parquet", "table", False, "Hushåll", "Households", source="facts/ostersund_households_2020.csv",
                  source_sv="facts/ostersund_households_2020.csv", licence="CC0-1.0", attribution="Östersunds kommun (SCB)", data_date="2020-12-31",
                  note="the largest size is that many persons or more"),
    ),
)  # fmt: skip

OSTERSUND = SampleArea(
    name="ostersund",
    title_sv="Östersund",
    title_en="Östersund",
    municipalities=(Municipality("2380", 0.53),),
    water_region="ostersund",
    layers=LAYERS,
    routes=ROUTES,
    bridges=BRIDGES,
    ferries=FERRIES,
    fact_tables=(
        "age_structure", "facilities", "gazetteer_villages", "goals", "housing_areas", "localities", "municipalities",
        "ostersund_districts_2020", "ostersund_households_2020", "parishes",
    ),
    homesteads=4_200,
    raster_m=50.0,
    base_m=292.0,
    relief=1.2,
    reserves=16,
    parts={
        "2685750": (
            Part("Östersund", 29_421, "Östersund"),
            Part("Frösön", 10_500, "Frösön"),
            Part("Torvalla", 4_500, "Torvalla"),
            Part("Brunflo", 3_916, "Brunflo"),
            Part("Ope", 441, "Ope"),
            Part("Optand", 238, "Optand"),
        )
    },
    elsewhere={"2685750": 790},
    patches=(
        # Storsjön with Norderön, and the shores of Frösön and Sunne that the simplified outline cuts off.
        Patch("2380", (
            (480_000.0, 7_010_200.0), (473_800.0, 7_013_500.0), (470_400.0, 7_012_400.0), (464_300.0, 7_010_000.0), (464_200.0, 7_001_100.0),
            (467_016.0, 6_998_902.0), (468_117.0, 6_993_484.0), (470_753.0, 6_984_822.0), (474_062.0, 6_986_292.0), (480_000.0, 7_000_000.0))),
    ),
    industry=INDUSTRY,
    named_housing=NAMED_HOUSING,
    demo_housing=DEMO_HOUSING,
    railways=RAILWAYS,
    trains=TRAINS,
    buses=BUSES,
    districts=DISTRICTS,
    named_in_facilities="Östersund",
)  # fmt: skip
