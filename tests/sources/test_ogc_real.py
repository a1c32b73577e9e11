"""Real servers as processes of their own: MapServer, QGIS Server and pygeoapi give exactly the layer they hold."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from landplan.errors import SourceError
from landplan.layers.sources import ogcapi, wfs
from tests.sources.misbehaving import COUNT
from tests.sources.ogc_servers import (
    CGI,
    MAPFILE,
    MAPFILE_LAYER,
    PYGEOAPI,
    QGIS_PROJECT,
    assert_known,
    client,
    expected,
    need,
    question,
    running,
    spool,
    write_package,
)

QGIS_SERVER = Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")
# MapServer's GML 3.1.1 puts north first and calls the CRS "EPSG:3006", whose order that name does not say
AXES = {"2.0.0": "xy", "1.1.0": "crs"}
PART = (610_000.0, 6_910_000.0, 625_000.0, 6_930_000.0)
# the virtual environment's PROJ must not reach the system's programs
CLEAN = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONPATH")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    path = tmp_path_factory.mktemp("servers") / "kand.gpkg"
    write_package(path)
    return path


def inside(box):
    """Return the numbers of the features whose rectangle meets a box."""
    from shapely.geometry import box as rectangle

    want = expected()
    return set(want.loc[want.geometry.envelope.intersects(rectangle(*box)), "lopnr"])


# MapServer


@pytest.fixture(scope="module")
def mapserver(package):
    program = shutil.which("mapserv") or shutil.which("mapserv", path="/usr/lib/cgi-bin")
    need(program, "MapServer (mapserv)")
    folder = package.parent
    (folder / "mapserver.conf").write_text(f'CONFIG\n  ENV\n    MS_MAP_PATTERN "."\n  END\n  MAPS\n    kand "{folder}/kand.map"\n  END\nEND\n', encoding="utf-8")
    env = {"MAPSERVER_CONFIG_FILE": f"{folder}/mapserver.conf", "MS_MAPFILE": f"{folder}/kand.map"}
    with running([sys.executable, "-c", CGI, program], env=env) as port:

        def serve(most=100_000):
            layers = "".join(
                MAPFILE_LAYER.replace("@NAME@", name).replace("@KIND@", kind).replace("@FILE@", str(package)).replace("@MOST@", str(most))
                for name, kind in (("ytor", "POLYGON"), ("punkter", "POINT"))
            )
            (folder / "kand.map").write_text(MAPFILE.replace("@LAYERS@", layers).replace("@PORT@", str(port)), encoding="utf-8")
            return f"127.0.0.1:{port}"

        yield serve


def both(fetch, name, host, path, tmp_path, **options):
    """Fetch MapServer's two layers, one kind of geometry each, and put them together."""
    answers = [
        fetch(question(f"http://{host}{path}", **{name: layer}, **options), client(host), spool(tmp_path / layer)) for layer in ("ytor", "punkter")
    ]
    frames = [a.frame for a in answers]
    assert [len(f) for f in frames] == [a.counted for a in answers]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs), answers


@pytest.mark.parametrize("kind", ["gml", "geojson"])
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize("page", [5000, 150])
def test_mapserver_gives_the_layer_it_holds(mapserver, tmp_path, version, kind, page):
    more = {"output_format": "geojson"} if kind == "geojson" else {"axes": AXES[version]}
    frame, _ = both(wfs.fetch, "type_name", mapserver(), "/", tmp_path, version=version, format=kind, page=page, **more)
    assert_known(frame)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapserver_that_caps_its_answers_gives_the_layer_it_holds(mapserver, tmp_path, version):
    frame, _ = both(wfs.fetch, "type_name", mapserver(most=90), "/", tmp_path, version=version, format="gml", axes=AXES[version])
    assert_known(frame)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapserver_reads_our_filter_and_box(mapserver, tmp_path, version):
    host, more = mapserver(), {"box": PART, "version": version, "format": "gml", "axes": AXES[version]}
    frame, _ = both(wfs.fetch, "type_name", host, "/", tmp_path / "box", **more)
    assert set(frame["lopnr"]) == inside(PART)
    want = expected()
    some = want.loc[want["lopnr"].isin(sorted(inside(PART))[:6]), "namn"].tolist()
    elsewhere = want.loc[~want["lopnr"].isin(inside(PART)), "namn"].iloc[0]
    frame, _ = both(wfs.fetch, "type_name", host, "/", tmp_path / "f", filter={"namn": [*some, elsewhere]}, **more)
    assert sorted(frame["namn"]) == sorted(some)


@pytest.mark.parametrize(("crs", "tolerance_m"), [("EPSG:4326", 0.2), ("EPSG:3014", 0.01)])
def test_mapserver_gives_the_layer_in_another_crs(mapserver, tmp_path, crs, tolerance_m):
    frame, _ = both(wfs.fetch, "type_name", mapserver(), "/", tmp_path, format="gml", crs=crs, page=150)
    assert_known(frame, crs=crs, tolerance_m=tolerance_m)


def test_mapserver_whose_axes_are_not_said_is_refused(mapserver, tmp_path):
    with pytest.raises(SourceError, match=r'axes are swapped: 400 of 400.*axes = "crs"'):
        both(wfs.fetch, "type_name", mapserver(), "/", tmp_path, version="1.1.0", format="gml")


def test_mapserver_says_what_it_does_not_have(mapserver, tmp_path):
    host = mapserver()
    with pytest.raises(SourceError, match=r"exception|answered 40"):
        wfs.fetch(question(f"http://{host}/", type_name="saknas"), client(host), spool(tmp_path))


@pytest.mark.parametrize("page", [1000, 150])
def test_mapserver_gives_the_layer_by_ogc_api_too(mapserver, tmp_path, page):
    frame, _ = both(ogcapi.fetch, "collection", mapserver(), "/kand/ogcapi", tmp_path, page=page)
    assert_known(frame, crs="OGC:CRS84")


# QGIS Server


@pytest.fixture(scope="module")
def qgis(package):
    clean = {k: v for k, v in os.environ.items() if k not in CLEAN} | {"QT_QPA_PLATFORM": "offscreen"}
    python = "/usr/bin/python3"
    there = QGIS_SERVER.exists() and Path(python).exists()
    there = there and not subprocess.run([python, "-c", "import qgis.core"], env=clean, capture_output=True, check=False).returncode
    need(there, "QGIS Server with QGIS' Python")
    project = package.parent / "kand.qgs"
    subprocess.run([python, "-c", QGIS_PROJECT, str(package), str(project)], env=clean, capture_output=True, check=True)
    with running([sys.executable, "-c", CGI, str(QGIS_SERVER)], env={"QT_QPA_PLATFORM": "offscreen", "QGIS_PROJECT_FILE": str(project)}) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("page", [5000, 500])
def test_qgis_server_gives_the_layer_it_holds(qgis, tmp_path, page):
    answer = wfs.fetch(question(f"http://{qgis}/", type_name="kand", version="1.1.0", format="gml", page=page), client(qgis), spool(tmp_path))
    assert_known(answer.frame)
    assert answer.counted == COUNT


def test_qgis_server_writes_degrees_into_json_and_that_is_seen(qgis, tmp_path):
    answer = wfs.fetch(question(f"http://{qgis}/", type_name="kand", version="1.1.0"), client(qgis), spool(tmp_path))
    # six decimals of a degree
    assert_known(answer.frame, crs="OGC:CRS84", tolerance_m=0.1)


def test_qgis_server_reads_our_filter_and_box(qgis, tmp_path):
    ask = question(f"http://{qgis}/", type_name="kand", version="1.1.0", format="gml", box=PART)
    assert set(wfs.fetch(ask, client(qgis), spool(tmp_path / "box")).frame["lopnr"]) == inside(PART)
    numbers, elsewhere = sorted(inside(PART))[:4], sorted(set(range(COUNT)) - inside(PART))[0]
    ask = replace(ask, options={**ask.options, "filter": {"lopnr": [*numbers, elsewhere]}})
    # it reads a box north first in bbox=, and the same box east first in a filter
    with pytest.raises(SourceError, match=r'no feature in the area, but 4 .*box_axes = "xy"'):
        wfs.fetch(ask, client(qgis), spool(tmp_path / "f"))
    ask = replace(ask, options={**ask.options, "box_axes": "xy"})
    assert sorted(wfs.fetch(ask, client(qgis), spool(tmp_path / "f")).frame["lopnr"]) == numbers


# pygeoapi


@pytest.fixture(scope="module")
def pygeoapi(package, tmp_path_factory):
    need(importlib.util.find_spec("pygeoapi"), "pygeoapi")
    folder = tmp_path_factory.mktemp("pygeoapi")
    degrees = expected().to_crs("OGC:CRS84")
    degrees["id"] = degrees["lopnr"]
    degrees.to_file(folder / "kand.geojson", driver="GeoJSON", COORDINATE_PRECISION=9)
    crs84, ours = "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/3006"

    def collection(crs, most):
        return {
            "type": "collection", "title": "kand", "description": "kand", "keywords": ["kand"], "links": [],
            "extents": {"spatial": {"bbox": [10, 55, 25, 70], "crs": crs84}}, "limits": {"max_items": most, "on_exceed": "throttle"},
            "providers": [{"type": "feature", "name": "GeoJSON", "data": str(folder / "kand.geojson"), "id_field": "id", "crs": crs, "storage_crs": crs84}],
        }  # fmt: skip

    config = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": "@PORT@"}, "url": "http://127.0.0.1:@PORT@", "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8", "languages": ["en-US"], "limits": {"default_items": 10, "max_items": 100000},
            "map": {"url": "x", "attribution": "x"},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {"title": "kand", "description": "kand", "keywords": ["kand"], "keywords_type": "theme", "terms_of_service": "x", "url": "http://a.se"},
            "license": {"name": "x", "url": "http://a.se"}, "provider": {"name": "x", "url": "http://a.se"}, "contact": {"name": "x"},
        },
        "resources": {"grader": collection([crs84], 100000), "sweref": collection([crs84, ours], 100000), "snal": collection([crs84], 100)},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with running([sys.executable, "-W", "ignore", "-c", PYGEOAPI, str(folder)]) as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("page", [5000, 350])
@pytest.mark.parametrize("name", ["grader", "snal"])
def test_pygeoapi_gives_the_layer_it_holds(pygeoapi, tmp_path, name, page):
    answer = ogcapi.fetch(question(f"http://{pygeoapi}", collection=name, page=page), client(pygeoapi), spool(tmp_path))
    assert_known(answer.frame, crs="OGC:CRS84")
    assert answer.counted == COUNT
    assert sorted(map(int, answer.frame["id"])) == list(range(COUNT))


def test_pygeoapi_reads_our_box_and_attributes(pygeoapi, tmp_path):
    answer = ogcapi.fetch(question(f"http://{pygeoapi}", collection="grader", box=PART), client(pygeoapi), spool(tmp_path / "box"))
    # a box in degrees covers a little more than the box in metres
    assert inside(PART) <= set(answer.frame["lopnr"]) < inside(tuple(v + d for v, d in zip(PART, (-900, -900, 900, 900), strict=True)))
    names = expected()["namn"].iloc[[5, 6]].tolist()
    answer = ogcapi.fetch(question(f"http://{pygeoapi}", collection="grader", filter={"namn": names}), client(pygeoapi), spool(tmp_path / "f"))
    assert sorted(answer.frame["namn"]) == sorted(names)


def test_pygeoapi_in_our_crs_puts_north_first_as_the_standard_says(pygeoapi, tmp_path):
    with pytest.raises(SourceError, match=r'axes are swapped.*axes = "crs"'):
        ogcapi.fetch(question(f"http://{pygeoapi}", collection="sweref"), client(pygeoapi), spool(tmp_path))
    answer = ogcapi.fetch(question(f"http://{pygeoapi}", collection="sweref", axes="crs"), client(pygeoapi), spool(tmp_path))
    assert_known(answer.frame)
