"""OpenStreetMap: what tags mean, where ways are split and cut, turns, waits, ferries, seasons, and files that are not well."""

from __future__ import annotations

import gzip
from collections import Counter
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landplan import network as n
from landplan.errors import CRSError, NetworkError
from landplan.network import tags as t
from landplan.network.osm import parse_duration_min, parse_maxspeed_kmh, read_roads

CRS = "EPSG:32632"
NAN = float("nan")


def element(kind, ref, tags, inner="", **more):
    tags = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
    more = "".join(f' {k}="{v}"' for k, v in more.items())
    return f'<{kind} id="{ref}" version="1"{more}>{inner}{tags}</{kind}>'


class Town:
    """An extract written by hand: places on a grid of 100 m, ways through them, relations."""

    def __init__(self):
        self.places, self.tagged, self.ways, self.relations = {}, {}, [], []

    def at(self, ref, x, y, **tags):
        self.places[ref] = (x, y)
        self.tagged[ref] = tags
        return self

    def way(self, ref, places, **tags):
        self.ways.append((ref, places, {k.replace("__", ":"): v for k, v in tags.items()}))
        return self

    def turn(self, ref, start, via, goal, via_kind="node", **tags):
        members = [("way", start, "from"), (via_kind, via, "via"), ("way", goal, "to")]
        self.relations.append((ref, members, {"type": "restriction", **{k.replace("__", ":"): v for k, v in tags.items()}}))
        return self

    def xml(self):
        import pyproj

        back = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
        out = []
        for ref, (x, y) in self.places.items():
            lon, lat = back.transform(500_000 + 100 * x, 6_900_000 + 100 * y)
            out.append(element("node", ref, self.tagged[ref], lat=f"{lat:.9f}", lon=f"{lon:.9f}"))
        out += [element("way", ref, tags, "".join(f'<nd ref="{p}"/>' for p in places)) for ref, places, tags in self.ways]
        for ref, members, tags in self.relations:
            inner = "".join(f'<member type="{k}" ref="{m}" role="{role}"/>' for k, m, role in members)
            out.append(element("relation", ref, tags, inner))
        return f'<?xml version="1.0"?><osm version="0.6">{"".join(out)}</osm>'

    def write(self, folder, name="town.osm"):
        path = folder / name
        path.write_text(self.xml(), encoding="utf-8")
        return path

    def net(self, folder, mode="car", **more):
        return n.from_osm(self.write(folder), mode=mode, crs=CRS, **more)


def cross(**tags):
    """Two roads that cross at place 5: way 1 west to east over 2, 5, 8, way 2 south to north over 4, 5, 6."""
    town = Town().at(2, -1, 0).at(5, 0, 0, **tags).at(8, 1, 0).at(4, 0, -1).at(6, 0, 1)
    return town.way(1, [2, 5, 8], highway="residential").way(2, [4, 5, 6], highway="residential")


def rules(mode="car", country="SE", **tags):
    dropped, assumed = Counter(), Counter()
    found = t.read_way({k.replace("__", ":"): v for k, v in {"highway": "residential", **tags}.items()}, mode, country, dropped, assumed)
    return found, +dropped, +assumed


# who may go there: mode, tags -> open, private or what it is counted as
ACCESS = [
    ("car", {}, "open"),
    ("car", {"access": "no"}, "no access"),
    ("car", {"access": "no", "motor_vehicle": "yes"}, "open"),
    ("car", {"access": "yes", "motor_vehicle": "no"}, "no access"),
    ("car", {"vehicle": "no", "motorcar": "designated"}, "open"),
    ("car", {"motor_vehicle": "agricultural;forestry"}, "no access"),
    ("car", {"motor_vehicle": "agricultural;destination"}, "private"),
    ("car", {"access": "private"}, "private"),
    ("car", {"access": "destination"}, "private"),
    ("car", {"access": "customers"}, "private"),
    ("car", {"access": "permissive"}, "open"),
    ("car", {"access": "no", "bus": "yes"}, "no access"),
    ("car", {"access": "something new"}, "open"),
    ("car", {"foot": "no"}, "open"),
    ("car", {"highway": "footway"}, "not for car"),
    ("car", {"highway": "pedestrian", "motor_vehicle": "destination"}, "private"),
    ("car", {"highway": "service", "service": "emergency_access"}, "not for car"),
    ("car", {"highway": "construction", "construction": "primary"}, "planned or being built"),
    ("car", {"highway": "proposed"}, "planned or being built"),
    ("car", {"highway": "service", "area": "yes"}, "area"),
    ("car", {"highway": "raceway"}, "not for car"),
    ("car", {"oneway": "reversible"}, "direction changes over the day"),
    ("walk", {"highway": "motorway"}, "not for walk"),
    ("walk", {"highway": "trunk", "motorroad": "yes"}, "not for walk"),
    ("walk", {"highway": "trunk"}, "open"),
    ("walk", {"access": "private", "foot": "yes"}, "open"),
    ("walk", {"motor_vehicle": "no"}, "open"),
    ("walk", {"highway": "cycleway", "foot": "no"}, "no access"),
    ("walk", {"highway": "pedestrian", "area": "yes"}, "open"),
    ("walk", {"highway": "", "railway": "platform"}, "open"),
    ("bike", {"highway": "motorway"}, "not for bike"),
    ("bike", {"highway": "primary", "bicycle": "use_sidepath"}, "no access"),
    ("bike", {"highway": "bridleway"}, "not for bike"),
    ("bike", {"highway": "bridleway", "bicycle": "yes"}, "open"),
    ("bike", {"vehicle": "no"}, "no access"),
    ("bike", {"vehicle": "no", "bicycle": "yes"}, "open"),
    ("bike", {"motor_vehicle": "no"}, "open"),
]


@pytest.mark.parametrize(("mode", "tags", "want"), ACCESS)
def test_the_key_nearest_to_the_mode_says_who_may_go_there(mode, tags, want):
    found, dropped, assumed = rules(mode, **tags)
    if want in ("open", "private"):
        assert found is not None
        assert found.private == (want == "private")
        assert (assumed["private or for errands only, no through traffic"] == 1) == found.private
        assert not dropped
    else:
        assert found is None
        assert dropped == {want: 1}


DIRECTIONS = [
    ("car", {"oneway": "yes"}, "forward"),
    ("car", {"oneway": "-1"}, "backward"),
    ("car", {"oneway": "no", "junction": "roundabout"}, "both"),
    ("car", {"junction": "roundabout"}, "forward"),
    ("car", {"highway": "motorway"}, "forward"),
    ("car", {"highway": "motorway_link"}, "both"),
    ("car", {"oneway": "alternating"}, "both"),
    ("car", {"oneway": "yes", "oneway:motor_vehicle": "no"}, "both"),
    ("car", {"motor_vehicle:backward": "no"}, "forward"),
    ("car", {"access:forward": "no", "oneway": "no"}, "backward"),
    ("walk", {"oneway": "yes"}, "both"),
    ("bike", {"oneway": "yes"}, "forward"),
    ("bike", {"oneway": "yes", "oneway:bicycle": "no"}, "both"),
    ("bike", {"oneway": "yes", "cycleway": "opposite_lane"}, "both"),
    ("bike", {"oneway": "yes", "cycleway:left": "opposite"}, "both"),
    ("bike", {"oneway": "yes", "cycleway:left:oneway": "-1"}, "both"),
    ("bike", {"oneway": "no", "oneway:bicycle": "yes"}, "forward"),
    ("bike", {"oneway:motor_vehicle": "yes"}, "both"),
]


@pytest.mark.parametrize(("mode", "tags", "want"), DIRECTIONS)
def test_directions(mode, tags, want):
    assert rules(mode, **tags)[0].oneway == want


LIMITS = [
    ("SE", {"maxspeed": "40"}, 40, ""),
    ("SE", {"maxspeed": "20 mph"}, 32.18688, ""),
    ("SE", {"maxspeed": "SE:urban"}, 50, "implied"),
    ("SE", {"maxspeed": "FI:rural"}, 80, "implied"),
    ("FI", {"source:maxspeed": "FI:urban"}, 50, "implied"),
    ("DE", {"zone:maxspeed": "DE:30"}, 30, "implied"),
    ("DE", {"highway": "motorway", "maxspeed": "none"}, 130, "implied"),
    ("DK", {"highway": "motorway", "maxspeed:type": "DK:motorway"}, 130, "implied"),
    ("SE", {"highway": "living_street"}, 7, "implied"),
    ("FI", {"highway": "living_street"}, 20, "implied"),
    ("SE", {"maxspeed": "walk"}, 7, "implied"),
    ("SE", {"highway": "primary", "lit": "yes"}, 50, "urban"),
    ("NO", {"highway": "tertiary", "sidewalk": "both"}, 50, "urban"),
    ("SE", {"highway": "primary", "lit": "yes", "maxspeed": "70"}, 70, ""),
    ("SE", {"highway": "primary", "sidewalk": "no"}, NAN, ""),
    ("SE", {"highway": "residential", "lit": "yes"}, NAN, ""),
    ("SE", {"maxspeed": "signals"}, NAN, ""),
    ("SE", {"highway": "track", "tracktype": "grade4"}, 20, "surface"),
    ("SE", {"highway": "tertiary", "maxspeed": "70", "surface": "gravel"}, 60, "surface"),
    ("SE", {"highway": "tertiary", "maxspeed": "50", "surface": "gravel"}, 50, ""),
    ("SE", {"highway": "residential", "surface": "gravel"}, NAN, ""),
]
WORDS = {
    "implied": "speed implied by the kind of place, the country's rule is used",
    "urban": "no speed stated, lit or with a pavement: the built-up limit is used",
    "surface": "speed limited by the surface",
}


@pytest.mark.parametrize(("country", "tags", "kmh", "why"), LIMITS)
def test_speeds_of_cars(country, tags, kmh, why):
    found, _, assumed = rules("car", country, **tags)
    assert (found.forward_kmh, found.backward_kmh) == pytest.approx((kmh, kmh), nan_ok=True)
    assert set(assumed) == ({WORDS[why]} if why else set())


def test_a_limit_may_hold_one_way_only():
    found = rules(maxspeed="50", maxspeed__backward="30")[0]
    assert (found.forward_kmh, found.backward_kmh) == (50, 30)


def test_a_bicycle_is_pushed_where_it_may_not_be_ridden_and_slow_on_sand():
    assert rules("bike", highway="footway")[0].forward_kmh == 5
    assert rules("bike", highway="footway", bicycle="yes")[0].forward_kmh != 5
    assert rules("bike", bicycle="dismount")[0].forward_kmh == 5
    assert rules("bike", surface="sand")[0].forward_kmh == 6
    assert rules("bike", highway="steps")[0].road_class == "steps"
    assert np.isnan(rules("walk", maxspeed="30")[0].forward_kmh)


def test_the_country_is_the_one_most_signs_name():
    assert t.country_of([{"maxspeed": "50"}]) == "XX"
    assert t.country_of([{"maxspeed": "FI:urban"}, {"source:maxspeed": "FI:rural"}, {"maxspeed:type": "SE:urban"}]) == "FI"


def test_rules_for_some_hours_are_counted_not_applied():
    found, _, assumed = rules(motor_vehicle__conditional="no @ (Nov-May)", hazmat__conditional="no @ (22:00-05:00)")
    assert found is not None
    assert assumed == {"rule for some hours or vehicles, not applied": 1}


@pytest.mark.parametrize(
    ("tags", "season"),
    [
        ({"ice_road": "yes"}, "winter"), ({"winter_road": "yes"}, "winter"), ({"seasonal": "winter"}, "winter"),
        ({"seasonal": "summer"}, "summer"), ({"seasonal": "spring;summer;autumn"}, "summer"), ({"seasonal": "no"}, ""),
        ({"seasonal": "summer;winter"}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_seasons(tags, season):
    assumed = Counter()
    assert t.read_season(tags, assumed) == season
    assert not assumed
    assert t.read_season({"seasonal": "yes"}, assumed) == "summer"
    assert assumed == {"seasonal, taken as open in summer": 1}


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("SE:zone30", 30), ("zone:30", 30), ("30 km/h", 30), ("NO:urban", 50), ("GB:nsl_single", None), ("fast", None), ("50;30", 50)],
)
def test_maxspeed(text, kmh):
    assert parse_maxspeed_kmh(text) == kmh


@pytest.mark.parametrize(("text", "minutes"), [("00:00", None), ("P1D", 1440), ("PT90S", 1.5), ("0:12:30", 12.5), ("7.5", 7.5), ("1 h", None)])
def test_durations(text, minutes):
    assert parse_duration_min(text) == minutes


@pytest.mark.parametrize(
    ("mode", "tags", "want"),
    [
        ("car", {"barrier": "bollard"}, "no"), ("bike", {"barrier": "bollard"}, "open"), ("walk", {"barrier": "stile"}, "open"),
        ("car", {"barrier": "bollard", "motor_vehicle": "yes"}, "open"), ("car", {"barrier": "gate"}, "open"),
        ("car", {"barrier": "gate", "access": "no"}, "no"), ("car", {"barrier": "gate", "access": "private"}, "private"),
        ("car", {"barrier": "lift_gate"}, "open"), ("car", {"barrier": "block"}, "no"), ("car", {"barrier": "cattle_grid"}, "open"),
        ("car", {"barrier": "kerb"}, "open"), ("bike", {"barrier": "kissing_gate"}, "no"), ("walk", {"barrier": "gate", "foot": "no"}, "no"),
        ("car", {"traffic_calming": "bump"}, "open"), ("car", {"highway": "gate", "access": "no"}, "open"),
    ],
)  # fmt: skip
def test_barriers(mode, tags, want):
    assert t.barrier_closes(tags, mode) == want


def minutes(net, a, b, **when):
    return float(n.tree(net, [a], "from", **when)[0][list(net.nodes.index).index(b)])


def test_nodes_and_edges_keep_their_names(tmp_path):
    net = cross().net(tmp_path)
    assert sorted(net.nodes.index) == [2, 4, 5, 6, 8]
    assert sorted(net.edges.index) == ["1-0", "1-1", "2-0", "2-1"]
    assert net.edges.loc["1-1", ["source", "target"]].tolist() == [5, 8]
    assert net.edges["length_m"].tolist() == pytest.approx([100.0] * 4, abs=0.01)
    assert net.bans is None


def test_a_bollard_parts_the_road_for_cars_only(tmp_path):
    town = cross().at(7, 0.5, 0, barrier="bollard")
    town.ways[0] = (1, [2, 5, 7, 8], {"highway": "residential"})
    net = town.net(tmp_path)
    assert np.isinf(minutes(net, 2, 8))
    assert net.report.assumed["barrier, the road is cut there"] == 1
    assert sorted(net.nodes.index)[:2] == [-7 * 64 - 1, -7 * 64], "each side of it is a node of its own"
    assert net.edges.loc[["1-1", "1-2"], "length_m"].tolist() == pytest.approx([49.99, 49.99], abs=0.01)
    assert net.report.components == 2
    assert np.isfinite(minutes(town.net(tmp_path, "bike"), 2, 8))
    # at a crossing it parts all four roads
    shut = cross(barrier="block").net(tmp_path)
    assert (shut.n_nodes, shut.report.components) == (8, 4)
    # at the end of a road there is nothing to part
    assert "barrier, the road is cut there" not in cross().at(8, 1, 0, barrier="gate", access="no").net(tmp_path).report.assumed


def test_private_roads_may_be_driven_to_but_not_through(tmp_path):
    """A square of 400 m; a private lane of 4 x 50 m is a short cut over it."""
    town = Town().at(1, 0, 0).at(2, 0, 2).at(3, 2, 2).at(4, 2, 0).at(5, 0.5, 0).at(6, 0.9, 0).at(7, 1.5, 0)
    town.way(10, [1, 2, 3, 4], highway="residential", maxspeed="36")
    town.way(11, [1, 5, 6, 7, 4], highway="service", access="private", maxspeed="36")
    town.at(8, 0.9, -1).way(12, [6, 8], highway="service", access="private", maxspeed="36")
    net = town.net(tmp_path)
    assert minutes(net, 1, 4) == pytest.approx(1.0, abs=1e-3)
    assert minutes(net, 1, 8) == pytest.approx((90 + 100) / 600, abs=2e-3), "to the lane from its nearest end"
    assert minutes(net, 4, 8) > 1.0
    assert net.report.assumed["private or for errands only, no through traffic"] == 2
    assert net.report.assumed["private or for errands only, cut where two ways in meet"] == 1
    assert net.report.components == 1, "people live on private roads"
    town.ways[1][2]["access"] = "yes"
    assert minutes(town.net(tmp_path), 1, 4) == pytest.approx(200 / 600, abs=1e-3)
    # a gate for residents on a private road changes nothing; on a public one it parts it
    town.ways[1][2]["access"] = "private"
    assert minutes(town.at(5, 0.5, 0, barrier="gate", access="private").net(tmp_path), 1, 8) == pytest.approx(190 / 600, abs=2e-3)
    town.ways[1][2]["access"] = "yes"
    assert minutes(town.net(tmp_path), 1, 4) == pytest.approx(1.0, abs=1e-3)


def test_a_private_road_between_two_public_ones_is_cut_at_one_end(tmp_path):
    town = Town().at(1, 0, 0).at(2, 0, 2).at(3, 2, 2).at(4, 2, 0).way(10, [1, 2, 3, 4], highway="residential")
    net = town.way(11, [1, 4], highway="service", access="destination").net(tmp_path)
    assert net.edges.loc["11-0", "source"] == 1
    assert net.edges.loc["11-0", "target"] < 0


def test_one_road_two_speeds(tmp_path):
    town = Town().at(1, 0, 0).at(2, 6, 0).at(3, 6, 6).way(1, [1, 2], highway="tertiary", maxspeed__forward="72", maxspeed__backward="36")
    net = town.way(2, [2, 3], highway="tertiary", maxspeed="36").net(tmp_path)
    assert sorted(net.edges.index) == ["1-0", "1-0~r", "2-0"]
    assert minutes(net, 1, 2) == pytest.approx(0.5, abs=1e-3)
    assert minutes(net, 2, 1) == pytest.approx(1.0, abs=1e-3)
    assert minutes(net, 3, 1) == pytest.approx(2.0, abs=1e-3)


def test_a_way_that_ends_where_it_starts_is_cut_in_its_middle(tmp_path):
    town = Town().at(1, 0, 0).at(2, 1, 0).at(3, 2, 1).at(4, 2, -1).way(1, [1, 2], highway="residential")
    net = town.way(2, [2, 3, 4, 2], highway="residential", oneway="yes").net(tmp_path)
    assert sorted(net.edges.index) == ["1-0", "2-0", "2-1"]
    assert minutes(net, 3, 1) > minutes(net, 1, 3)
    assert "loop, cut in its middle" not in net.report.assumed


def left_turn(**tags):
    """From the west (way 1) one may not turn left to the north (way 3)."""
    town = Town().at(2, -1, 0).at(5, 0, 0).at(8, 1, 0).at(4, 0, -1).at(6, 0, 1).at(9, 1, 1)
    for ref, ends in ((1, [2, 5]), (2, [5, 8]), (3, [5, 6]), (4, [4, 5]), (6, [8, 9]), (7, [9, 6])):
        town.way(ref, ends, highway="residential", maxspeed="36", oneway="yes" if ref in (6, 7) else "no")
    return town.turn(100, 1, 5, 3, **tags)


@pytest.mark.parametrize(
    ("tags", "banned", "counted"),
    [
        ({"restriction": "no_left_turn"}, ["1-0>3-0"], None),
        ({"restriction": "no_left_turn", "except": "psv"}, ["1-0>3-0"], None),
        ({"restriction": "no_left_turn", "except": "psv;motorcar"}, [], None),
        ({"restriction:hgv": "no_left_turn"}, [], None),
        ({"restriction:motorcar": "no_left_turn"}, ["1-0>3-0"], None),
        ({"restriction": "only_left_turn"}, ["1-0>1-0", "1-0>2-0", "1-0>4-0"], None),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr)"}, [], "turn restriction for some hours"),
        ({"restriction": "no_left_turn", "hour_on": "07:00"}, [], "turn restriction for some hours"),
        ({"restriction": "give_way"}, [], None),
    ],
)
def test_turn_restrictions(tmp_path, tags, banned, counted):
    net = left_turn(**tags).net(tmp_path)
    bans = net.bans
    found = [] if bans is None else [f"{net.edge_ids[e]}{'>' if on else '<'}{net.edge_ids[f]}" for e, on, f in zip(bans.from_edge, bans.from_onward, bans.to_edge, strict=True)]
    # near a restriction nobody turns around where something else leads on, whatever the restriction
    around = [f"{k}-0{'>' if k == 1 else '<'}{k}-0" for k in (1, 2, 3, 4)]
    around[3] = "4-0>4-0"
    assert sorted(found) == sorted({*banned, *around} if banned else set())
    assert {k for k in net.report.dropped if k.startswith("turn")} == ({counted} if counted else set())


def test_a_banned_turn_is_driven_round_and_walked(tmp_path):
    town = left_turn(restriction="no_left_turn")
    # 2-5 100 m, then 5-8-9-6 instead of 5-6
    assert minutes(town.net(tmp_path), 2, 6) == pytest.approx(400 / 600, abs=1e-3)
    assert minutes(town.net(tmp_path), 4, 6) == pytest.approx(200 / 600, abs=1e-3)
    assert minutes(town.net(tmp_path, "bike"), 2, 6) == pytest.approx(400 / 250, abs=4e-3)
    assert minutes(town.net(tmp_path, "walk"), 2, 6) == pytest.approx(200 / (5000 / 60), abs=4e-3)
    free = left_turn(restriction="no_left_turn", **{"except": "bicycle"})
    assert minutes(free.net(tmp_path, "bike"), 2, 6) == pytest.approx(200 / 250, abs=4e-3)


def test_turns_that_cannot_be_placed_are_counted(tmp_path):
    over = left_turn().turn(101, 1, 2, 3, via_kind="way", restriction="no_left_turn")
    assert over.net(tmp_path).report.dropped["turn restriction over a way between"] == 1
    away = left_turn().turn(101, 1, 9, 3, restriction="no_left_turn")
    assert away.net(tmp_path).report.dropped["turn restriction that cannot be placed"] == 1
    # both parts of a way that runs on through the crossing could be meant
    through = cross().turn(101, 1, 5, 2, restriction="no_left_turn")
    assert through.net(tmp_path).report.dropped["turn restriction that cannot be placed"] == 1
    gone = cross().turn(101, 77, 5, 78, restriction="no_left_turn")
    assert not any(k.startswith("turn") for k in gone.net(tmp_path).report.dropped)


def test_a_layer_says_turns_in_a_column(tmp_path):
    roads = read_roads(left_turn(restriction="no_left_turn").write(tmp_path), mode="bike", crs=CRS)
    assert roads.set_index("road_id")["no_turn"].to_dict() == {"1-0": ">3-0", "2-0": "", "3-0": "", "4-0": "", "6-0": "", "7-0": ""}
    net = n.from_layer(roads, mode="bike")
    assert len(net.bans.via) == 1
    assert net.nodes.index.tolist() == n.from_osm(tmp_path / "town.osm", mode="bike", crs=CRS).nodes.index.tolist()
    fewer = n.from_layer(roads[roads["road_id"] != "3-0"], mode="bike")
    assert fewer.report.dropped["turn restriction to a road that is not there"] == 1
    with pytest.raises(NetworkError, match=r"no_turn names roads by road_id, which must be unique; '1-0'"):
        n.from_layer(roads.assign(road_id="1-0"), mode="bike")


def test_nobody_turns_around_at_the_next_junction_to_make_a_banned_turn(tmp_path):
    """Straight on there is a junction with a blind alley; turning around in it is 100 m longer than turning on the spot."""
    town = left_turn(restriction="no_left_turn")
    town.ways = [w for w in town.ways if w[0] not in (6, 7)]
    town.at(4, 0, -9).at(9, 2, 0).at(10, 1, 0.5).way(6, [8, 9], highway="residential", maxspeed="36").way(7, [8, 10], highway="residential", maxspeed="36")
    # 2-5-8, 50 m into the alley and out, 8-5-6
    assert minutes(town.net(tmp_path), 2, 6) == pytest.approx(500 / 600, abs=1e-3)
    # where nothing else leads on one may turn: way 6 may only be entered from its far end
    town.ways[-2][2]["oneway"] = "-1"
    town.ways[-1][2]["oneway"] = "-1"
    assert minutes(town.net(tmp_path), 2, 6) == pytest.approx(400 / 600, abs=1e-3)


NEW_ROADS = {
    "between two roads": [(-50, 5), (-50, 90), (5, 50)],
    "twice on one": [(-70, 5), (-50, 30), (-30, 5)],
    "twice on one, drawn the other way": [(-30, 5), (-50, 30), (-70, 5)],
    "to a crossing": [(0, 5), (40, 40), (60, 5)],
}


def turns_of(net):
    ids, b = net.edge_ids, net.bans
    rows = zip(ids[b.from_edge], b.from_onward, ids[b.to_edge], b.to_onward, strict=True)
    return sorted((str(e), bool(on), str(f), bool(f_on)) for e, on, f, f_on in rows)


@pytest.mark.parametrize("case", NEW_ROADS)
def test_a_new_road_leaves_turns_and_waits_at_the_ends_they_hold_for(tmp_path, case):
    """The patched network is the network of the patched layer, banned turns, waits and ferries included."""
    town = left_turn(restriction="no_left_turn").at(5, 0, 0, highway="traffic_signals").at(11, 5, 0).at(12, 6, 0)
    town.way(20, [11, 12], route="ferry", duration="00:05").way(21, [8, 11], highway="residential")
    roads = read_roads(town.write(tmp_path), crs=CRS)
    before = roads.copy(deep=True)
    line = shapely.LineString([(500_000 + x, 6_900_000 + y) for x, y in NEW_ROADS[case]])
    patches = [n.AddRoad(line, 36.0, edge_id="ny")]
    patched, rebuilt = n.from_layer(roads).with_patches(patches), n.from_layer(n.patched_layer(roads, patches))
    pd.testing.assert_frame_equal(roads, before)
    assert turns_of(patched) == turns_of(rebuilt)
    assert ("1-0~2" if "twice" in case else "1-0~1") in patched.edge_ids or case == "to a crossing"
    columns = ["forward_min", "backward_min", "length_m"]
    pd.testing.assert_frame_equal(patched.edges[columns].sort_index(), rebuilt.edges[columns].sort_index(), check_names=False, check_index_type=False)
    assert not any(k.startswith("turn") for k in rebuilt.report.dropped)


def waits(town, folder, mode="car"):
    frame = read_roads(town.write(folder), mode=mode, crs=CRS).set_index("road_id")
    return {i: (f, b) for i, f, b in frame[["delay_forward_s", "delay_backward_s"]].itertuples() if f or b}


def test_signals_cost_whoever_arrives_at_them(tmp_path):
    town = cross(highway="traffic_signals")
    assert waits(town, tmp_path) == {"1-0": (5, 0), "1-1": (0, 5), "2-0": (5, 0), "2-1": (0, 5)}
    net = town.net(tmp_path)
    assert minutes(net, 2, 8) == pytest.approx(200 / (40 / 3.6) / 60 + 5 / 60, abs=2e-3)
    assert waits(town, tmp_path, "walk") == {}
    assert waits(cross(highway="crossing", crossing="traffic_signals"), tmp_path, "walk")["1-0"] == (10, 0)
    assert waits(cross(highway="crossing", crossing="traffic_signals"), tmp_path)["2-1"] == (0, 2)
    assert waits(cross(highway="crossing", crossing="zebra"), tmp_path) == {}


def test_signs_hold_for_the_junction_they_stand_at(tmp_path):
    def sign(x, **tags):
        town = cross().at(7, x, 0, **tags)
        town.ways[0] = (1, [2, 7, 5, 8], {"highway": "residential"})
        return waits(town, tmp_path)

    assert sign(-0.2, highway="stop") == {"1-0": (4, 0)}
    assert sign(-0.8, highway="give_way") == {"1-0": (0, 2)}
    assert sign(-0.8, highway="stop", direction="forward") == {"1-0": (4, 0)}
    assert sign(-0.2, highway="traffic_signals") == {"1-0": (5, 5)}
    assert sign(-0.2, highway="traffic_signals", **{"traffic_signals:direction": "backward"}) == {"1-0": (0, 5)}
    assert waits(cross(highway="stop"), tmp_path) == {}
    assert len(waits(cross(highway="stop", stop="all"), tmp_path)) == 4


def ferry(**tags):
    """A road, 3 km of water over two points, a road on the island; the ferry calls at place 4 half-way."""
    town = Town().at(1, 0, 0).at(2, 1, 0).at(3, 6, 0).at(4, 11, 0).at(5, 31, 0).at(6, 32, 0).at(7, 11, 1)
    town.way(1, [1, 2], highway="tertiary").way(2, [5, 6], highway="tertiary")
    return town.way(3, [2, 3, 4, 5], route="ferry", **tags)


def test_a_ferry_takes_its_crossing_half_its_headway_and_boarding(tmp_path):
    net = ferry(duration="00:20", interval="00:30").net(tmp_path)
    assert net.edges.loc["3-0", "forward_min"] == pytest.approx(20 + 15 + 3)
    assert net.report.ferry_km == pytest.approx(3.0, abs=1e-3)
    closed = ferry().net(tmp_path)
    assert np.isnan(closed.edges.loc["3-0", "forward_min"])
    assert closed.report.assumed["ferry without a crossing time, closed"] == 1
    assert "3-0" not in ferry(duration="00:20", motor_vehicle="no").net(tmp_path).edges.index
    assert "3-0" in ferry(duration="00:20", motor_vehicle="no").net(tmp_path, "walk").edges.index


def test_a_ferry_that_calls_on_the_way_shares_its_time_out_by_length(tmp_path):
    net = ferry(duration="00:30").way(4, [4, 7], highway="service").net(tmp_path)
    assert net.edges.loc[["3-0", "3-1"], "forward_min"].tolist() == pytest.approx([10 + 3, 20 + 3], abs=1e-3)


def test_ferries_do_not_meet_at_sea(tmp_path):
    town = ferry(duration="00:30").at(8, 6, 5).at(9, 6, -5).way(4, [8, 3, 9], route="ferry", duration="00:10")
    assert sorted(town.net(tmp_path).edges.index) == ["1-0", "2-0", "3-0", "4-0"]


def test_a_ferry_drawn_as_several_ways_is_boarded_once(tmp_path):
    town = ferry()
    parts = [(3, [2, 3], "00:05"), (33, [4, 3], "00:05"), (34, [4, 5], "00:20")]
    town.ways = town.ways[:2] + [(ref, ends, {"route": "ferry", "interval": "60", "duration": time}) for ref, ends, time in parts]
    net = town.net(tmp_path)
    assert sorted(net.edges.index) == ["1-0", "2-0", "3-0"]
    assert net.edges.loc["3-0", "forward_min"] == pytest.approx(30 + 30 + 3)
    assert net.report.ferry_km == pytest.approx(3.0, abs=1e-3)
    assert minutes(net, 1, 6) == pytest.approx(63 + 2 * 100 / (70 / 3.6) / 60, abs=1e-2)
    # one part without a time: nobody knows the whole
    del town.ways[3][2]["duration"]
    assert np.isnan(town.net(tmp_path).edges.loc["3-0", "forward_min"])
    # unless the route's relation does
    for way in town.ways[2:]:
        way[2].pop("duration", None)
    town.relations.append((50, [("way", 33, ""), ("way", 34, "")], {"type": "route", "route": "ferry", "duration": "00:40"}))
    assert town.net(tmp_path).edges.loc["3-0", "forward_min"] == pytest.approx(40 + 30 + 3)
    # a road that meets it at a joint is a place to go ashore
    shore = ferry().way(4, [3, 7], highway="service")
    shore.ways[2] = (3, [2, 3], {"route": "ferry", "duration": "00:05"})
    shore.way(34, [3, 4, 5], route="ferry", duration="00:25")
    assert {"3-0", "34-0"} <= set(shore.net(tmp_path).edges.index)


def test_a_ferry_for_walkers_takes_no_cars(tmp_path):
    town = ferry(duration="00:20", foot="yes")
    assert "3-0" not in town.net(tmp_path).edges.index
    assert "3-0" in town.net(tmp_path, "bike").edges.index
    town.ways[-1][2]["motorcar"] = "yes"
    assert "3-0" in town.net(tmp_path).edges.index


def test_the_time_may_stand_on_the_routes_relation(tmp_path):
    town = ferry()
    town.relations.append((50, [("way", 3, "")], {"type": "route", "route": "ferry", "duration": "00:25", "interval": "20"}))
    net = town.net(tmp_path)
    assert net.edges.loc["3-0", "forward_min"] == pytest.approx(25 + 10 + 3)
    assert net.report.assumed["crossing time from the ferry route's relation"] == 1


def test_an_ice_road_is_driven_in_winter_and_a_summer_road_in_summer(tmp_path):
    town = Town().at(1, 0, 0).at(2, 10, 0).at(3, 10, 10).at(4, 0, 10).way(1, [1, 2, 3, 4], highway="tertiary", maxspeed="60")
    town.way(2, [1, 4], highway="tertiary", maxspeed="30", ice_road="yes")
    net = town.net(tmp_path)
    assert minutes(net, 1, 4, season="winter") == pytest.approx(2.0, abs=1e-2)
    assert minutes(net, 1, 4, season="summer") == pytest.approx(3.0, abs=1e-2)
    assert minutes(town.net(tmp_path, season="winter"), 1, 4) == pytest.approx(2.0, abs=1e-2)


def test_ways_with_points_that_are_not_in_the_file_are_taken_in_parts(tmp_path):
    town = Town().at(1, 0, 0).at(2, 1, 0).at(4, 3, 0).at(5, 4, 0).at(6, 9, 9)
    net = town.way(1, [1, 2, 3, 4, 5], highway="residential").way(2, [7, 6, 8], highway="residential").net(tmp_path)
    assert sorted(net.edges.index) == ["1-0", "1-1"]
    assert net.edges["length_m"].tolist() == pytest.approx([100, 100], abs=0.01)
    assert net.report.dropped == {"missing nodes": 2}


def test_stairs_take_their_time(tmp_path):
    town = Town().at(1, 0, 0).at(2, 1, 0).at(3, 2, 0).way(1, [1, 2], highway="steps").way(2, [2, 3], highway="footway")
    walk = town.net(tmp_path, "walk").edges["forward_min"]
    assert (walk["1-0"], walk["2-0"]) == pytest.approx((3.0, 1.2), abs=2e-3)
    bike = town.net(tmp_path, "bike").edges["forward_min"]
    assert (bike["1-0"], bike["2-0"]) == pytest.approx((6.0, 1.2), abs=2e-3)


def test_nobody_drives_out_of_a_garden_onto_a_slip_road(tmp_path):
    town = Town().at(1, 0, 0).at(2, 5, 0).at(3, 5, 5).way(1, [1, 2], highway="motorway_link").way(2, [2, 3], highway="primary")
    net = town.net(tmp_path)
    assert net.edges.loc["1-0", "road_class"] == "ramp"
    at = n.snap(net, gpd.GeoDataFrame(geometry=[shapely.Point(500_100, 6_900_010)], crs=CRS))
    assert at["edge"].tolist() == ["2-0"]


def test_the_order_of_the_file_changes_nothing(tmp_path):
    town = left_turn(restriction="no_left_turn").at(7, 0.5, 0.5, barrier="gate", access="private").at(3, -1, 1)
    town.way(8, [2, 3, 6], highway="service", access="destination").way(9, [3, 7, 5], highway="living_street", maxspeed__forward="20")
    one = town.net(tmp_path)
    town.ways = town.ways[::-1]
    town.places = dict(reversed(town.places.items()))
    two = town.net(tmp_path)
    assert one.nodes.index.tolist() == two.nodes.index.tolist()
    columns = ["source", "target", "road_class", "forward_min", "backward_min"]
    pd.testing.assert_frame_equal(one.edges[columns].sort_index(), two.edges[columns].sort_index())
    assert len(one.bans.via) == len(two.bans.via)
    assert one.report.assumed == two.report.assumed


def test_osmnx_graphs_keep_the_same_rules(tmp_path):
    import networkx as nx
    import osmnx as ox

    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for i in range(5):
        graph.add_node(i + 100, x=17.0 + 0.01 * i, y=62.0)
    graph.add_edge(100, 101, highway="living_street", osmid=1, length=500.0, reversed=False, oneway=True, junction="roundabout")
    graph.add_edge(101, 102, highway="tertiary", osmid=2, length=500.0, reversed=True, **{"maxspeed:forward": "70", "maxspeed:backward": "50"})
    graph.add_edge(102, 103, highway="track", tracktype="grade5", osmid=3, length=500.0, reversed=False)
    graph.add_edge(103, 104, highway="service", access="no", osmid=4, length=500.0, reversed=False)
    graph.add_edge(104, 100, highway=["motorway_link", "trunk"], ice_road="yes", osmid=[5, 6], length=2_000.0, reversed=False)
    path = tmp_path / "graf.graphml"
    ox.io.save_graphml(graph, path)
    net = n.from_osm(path, season="winter")
    kmh = net.edges["length_m"] / 1000 / net.edges["forward_min"] * 60
    assert kmh.round().to_dict() == {"100-101-0": 10, "101-102-0": 50, "102-103-0": 15, "104-100-0": 60}
    assert net.edges.loc["104-100-0", "road_class"] == "ramp"
    assert net.report.dropped == {"no access": 1}
    assert net.nodes.index.tolist() == sorted(net.nodes.index)
    assert np.isnan(net.at("summer").edges.loc["104-100-0", "forward_min"])


BOMB = '<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def bad_file(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def bomb(folder, name, pack):
    text = cross().xml().replace("?>", "?>" + BOMB, 1).replace("residential", "&b;", 1)
    return bad_file(folder, name, pack(text.encode()))


BAD_FILES = {
    "missing": (lambda f: f / "saknas.osm.pbf", r"saknas\.osm\.pbf does not exist; give the path"),
    "cut short": (lambda f: bad_file(f, "kort.osm.gz", gzip.compress(cross().xml().encode())[:-40]), r"kort\.osm\.gz could not be read .* fetch it again"),
    "cut in a tag": (lambda f: bad_file(f, "kort.osm", cross().xml().encode()[:-60]), r"kort\.osm could not be read .* fetch it again"),
    "bomb": (lambda f: bomb(f, "bomb.osm", lambda b: b), r"bomb\.osm could not be read: XML entities are not supported; .*source you trust"),
    "packed bomb": (lambda f: bomb(f, "bomb.osm.gz", gzip.compress), r"bomb\.osm\.gz could not be read: XML entities are not supported"),
    "a letter": (lambda f: bad_file(f, "brev.osm.pbf", b"Hej! Har kommer kartan."), r"brev\.osm\.pbf could not be read .* another kind\? fetch it again"),
    "a letter in XML's name": (lambda f: bad_file(f, "brev.osm", b"Hej!"), r"brev\.osm could not be read"),
    "empty": (lambda f: bad_file(f, "tom.osm.pbf", b""), r"tom\.osm\.pbf"),
    "another map": (lambda f: bad_file(f, "karta.gpkg", b"SQLite format 3\0"), r"karta\.gpkg is not an OpenStreetMap file; give an \.osm\.pbf"),
    "no roads": (lambda f: Town().at(1, 0, 0).at(2, 1, 0).way(1, [1, 2], waterway="river").write(f), r"town\.osm holds no road that a car may use; is it the right extract\?"),
    "no road for it": (lambda f: Town().at(1, 0, 0).at(2, 1, 0).way(1, [1, 2], highway="footway").write(f), r"no road that a car may use"),
    "graph of entities": (lambda f: bad_file(f, "bomb.graphml", b'<?xml version="1.0"?>' + BOMB.encode() + b"<graphml/>"), r"bomb\.graphml declares XML entities"),
    "no graph": (lambda f: bad_file(f, "brev.graphml", b"Hej!"), r"brev\.graphml could not be read as osmnx's GraphML"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_files_that_are_not_well_are_one_clear_error(tmp_path, case):
    make, words = BAD_FILES[case]
    with pytest.raises(NetworkError, match=words):
        n.from_osm(make(tmp_path))


def test_degrees_are_refused(tmp_path):
    with pytest.raises(CRSError, match="degree"):
        n.from_osm(cross().write(tmp_path), crs="EPSG:4326")


def test_the_report_is_written_in_both_languages(tmp_path):
    lines = cross(barrier="block").way(3, [2, 4], highway="construction").net(tmp_path).report.remarks()
    assert any(x.sv == "1 utelämnade: planerad eller under byggnad" for x in lines)
    assert any(x.sv == "antaget för 1 vägar: hinder, vägen är avskuren där" for x in lines)
