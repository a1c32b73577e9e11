"""The named main roads: which places they pass, in order, and where they cross water.

Every line here is an assumption written down, not a survey. Waypoints are places by name (``localities.csv``) or points
in EPSG:3006; what lies between them is found by least cost over made-up terrain, so the drawn line is demonstration data.

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

from dataclasses import dataclass

__all__ = [
    "BRIDGES",
    "FERRIES",
    "INTERCHANGES",
    "KEEP_CLEAR",
    "ROUTES",
    "Crossing",
    "Ferry",
    "Place",
    "Route",
]

Place = str | tuple[float, float]
"""A locality's name, or a point in EPSG:3006 (easting, northing)."""


@dataclass(frozen=True, slots=True)
class Route:
    """A road by the places it passes."""

    road_class: str
    number: str | None
    name: str
    stops: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A declared bridge between two abutments on land, EPSG:3006."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ferry:
    """A declared car ferry between two berths on land; minutes are assumptions."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    crossing_min: float
    headway_min: float
    boarding_min: float


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
