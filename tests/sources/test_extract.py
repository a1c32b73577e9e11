"""A clipped extract: the same whatever the file's encoding and however many ranges of ids are known at a time."""

import numpy as np
import osmium
import pytest

from landplan.errors import SourceError
from landplan.layers.sources import extract

BOX = (-0.5, -0.5, 0.5, 0.5)
SPREAD = 7 << 25


def written(path, *, dense=True, compression="zlib"):
    """Write a made-up country around zero whose ids lie in pieces of their own."""
    target = osmium.io.File(str(path), f"pbf,pbf_dense_nodes={str(dense).lower()},pbf_compression={compression}")
    new = osmium.osm.mutable
    with osmium.SimpleWriter(target, overwrite=True) as writer:
        for n in range(60):
            tags = {"shop": "kiosk", "name": "Ön"} if n % 20 == 3 else {}
            writer.add_node(new.Node(id=1 + n * SPREAD, location=((n % 10) * 0.2 - 1.0, (n // 10) * 0.4 - 1.0), tags=tags))
        for w in range(12):
            writer.add_way(new.Way(id=5 + w, nodes=[1 + (5 * w + k) * SPREAD for k in range(5)], tags={"highway": "track"} if w != 11 else {}))
        writer.add_relation(new.Relation(id=1, members=[("w", 8, "outer"), ("w", 16, "outer")], tags={"type": "multipolygon"}))
        writer.add_relation(new.Relation(id=2, members=[("w", 8, ""), ("w", 15, "")], tags={"type": "route"}))
    return path


def content(path):
    found = [(o.type_str(), o.id, dict(o.tags), [n.ref for n in o.nodes] if o.is_way() else [(m.type, m.ref) for m in o.members] if o.is_relation() else (o.location.x, o.location.y)) for o in osmium.FileProcessor(str(path))]
    assert [f[:2] for f in found] == sorted((f[:2] for f in found), key=lambda k: ("nwr".index(k[0]), k[1]))
    return found


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    return written(tmp_path_factory.mktemp("land") / "land.osm.pbf")


def test_ways_that_meet_the_box_are_whole_and_areas_bring_theirs(country, tmp_path):
    # rows at y -1, -0.6 … 1, columns at x -1, -0.8 … 0.8: a way is half a row
    target = tmp_path / "del.osm.pbf"
    count = extract.clip(country, BOX, target)
    found = content(target)
    ways = [f[1] for f in found if f[0] == "w"]
    # rows at -0.2 and 0.2, both halves; the area's other way lies outside and has no tag
    assert count == 4
    assert ways == [9, 10, 11, 12]
    assert not [f for f in found if f[0] == "r"]


def test_an_area_brings_the_way_beyond(country, tmp_path):
    target = tmp_path / "del.osm.pbf"
    assert extract.clip(country, (-1.1, -0.7, 1.1, -0.5), target) == 2
    found = content(target)
    assert [f[1] for f in found if f[0] == "w"] == [7, 8, 16]
    assert [f[1] for f in found if f[0] == "r"] == [1]
    points = {f[1] for f in found if f[0] == "n"}
    assert all(r in points for f in found if f[0] == "w" for r in f[3])


@pytest.mark.parametrize("most", [1, 2, 3, 8])
@pytest.mark.parametrize("box", [BOX, (-1.1, -0.7, 1.1, -0.5), (-2.0, -2.0, 2.0, 2.0)])
def test_few_pieces_of_ids_give_the_same_clip(country, tmp_path, monkeypatch, most, box):
    extract.clip(country, box, tmp_path / "alla.osm.pbf")
    monkeypatch.setattr(extract, "_MOST_PIECES", 2 * most)
    extract.clip(country, box, tmp_path / "få.osm.pbf")
    assert content(tmp_path / "få.osm.pbf") == content(tmp_path / "alla.osm.pbf")
    assert {p.name for p in tmp_path.iterdir()} == {"alla.osm.pbf", "få.osm.pbf"}


def test_points_are_read_again_where_a_range_has_none(country, monkeypatch):
    monkeypatch.setattr(extract, "_MOST_PIECES", 2)
    there = [1, 1 + 50 * SPREAD, 1 + 58 * SPREAD]
    strange = [2 + n * SPREAD for n in range(1, 57)]
    found = [n.id for n in extract._passing(str(country), np.array(sorted([*there, *strange]), np.int64))]
    assert found == there


@pytest.mark.parametrize(("dense", "compression"), [(True, "none"), (False, "zlib")])
def test_every_encoding_gives_the_same_clip(country, tmp_path, dense, compression):
    path = written(tmp_path / "land.osm.pbf", dense=dense, compression=compression)
    extract.clip(path, BOX, tmp_path / "ut.osm.pbf")
    extract.clip(country, BOX, tmp_path / "som_det_var.osm.pbf")
    assert content(tmp_path / "ut.osm.pbf") == content(tmp_path / "som_det_var.osm.pbf")


def test_other_files_are_read_by_osmium(country, tmp_path):
    text = tmp_path / "land.osm"
    with osmium.SimpleWriter(str(text), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(country)):
            writer.add(thing)
    extract.clip(text, BOX, tmp_path / "text.osm.pbf")
    extract.clip(country, BOX, tmp_path / "pbf.osm.pbf")
    assert content(tmp_path / "text.osm.pbf") == content(tmp_path / "pbf.osm.pbf")


@pytest.mark.parametrize("keep", [3, 200, 0.5, 0.9])
def test_a_torn_file_is_refused_and_leaves_nothing(country, tmp_path, keep):
    body = country.read_bytes()
    torn = tmp_path / "avbruten.osm.pbf"
    torn.write_bytes(body[: keep if keep > 1 else int(keep * len(body))])
    with pytest.raises(SourceError, match=r"could not be read as OpenStreetMap data .* fetch it again"):
        extract.clip(torn, BOX, tmp_path / "del.osm.pbf")
    assert [p.name for p in tmp_path.iterdir()] == ["avbruten.osm.pbf"]


@pytest.mark.parametrize("at", [0, 4, 30, 100, 150, 250, 400])
def test_a_damaged_file_is_refused_or_reads_the_same(country, tmp_path, at):
    body = bytearray(country.read_bytes())
    body[at] ^= 0xFF
    path = tmp_path / "skadad.osm.pbf"
    path.write_bytes(body)
    try:
        extract.clip(path, BOX, tmp_path / "del.osm.pbf")
    except SourceError:
        return
    assert [f[1] for f in content(tmp_path / "del.osm.pbf") if f[0] == "w"] == [9, 10, 11, 12]
