"""Servers as processes of their own, and the layer they serve."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.web import Limits, Web
from tests.sources.misbehaving import BOX, known_features

HERE = Path(__file__).resolve().parent


@contextlib.contextmanager
def running(command, *, env=None, cwd=None):
    """Run a server that prints its port and ends when its input closes; yield the port."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(env or {})}, cwd=cwd
    ) as process:
        try:
            line = process.stdout.readline().strip()
            if not line.isdigit():
                raise RuntimeError(f"{command} did not start")
            yield int(line)
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def misbehaving():
    """Run the server of tricks."""
    with running([sys.executable, str(HERE / "misbehaving.py")]) as port:
        yield f"127.0.0.1:{port}"


def need(there, what):
    """Skip where a peer is not installed; on the build server it must be."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and the build server must have it")
    pytest.skip(f"{what} is not installed; the other tests do not need it")


def client(host, **limits):
    """Return a client that may ask one local host and does not wait."""
    return Web(limits=Limits(**limits), allowed=frozenset({host}), per_second=1000, sleep=lambda s: None, mirror="")


def question(url, *, box=BOX, **options):
    """Return a question about the known layer."""
    return Ask("kand", "kand_source", {"provider": "Provmyndigheten", "url": url, **options}, box, "EPSG:3006")


def spool(folder):
    return Spool(Path(folder) / "spool")


def expected():
    """Return the known layer as a frame."""
    import geopandas as gpd
    from shapely.geometry import shape

    features = known_features()
    return gpd.GeoDataFrame([f["properties"] for f in features], geometry=[shape(f["geometry"]) for f in features], crs="EPSG:3006")


def assert_known(frame, *, crs="EPSG:3006", tolerance_m=0.01, names=None):
    """Assert that a frame is the known layer: every id, attribute and place, nothing else."""
    import shapely

    want = expected()
    assert frame.crs == crs
    renamed = frame.rename(columns=names or {})
    assert sorted(renamed["lopnr"]) == list(want["lopnr"])
    found = renamed.to_crs("EPSG:3006").sort_values("lopnr").reset_index(drop=True)
    for column in ("kod", "namn", "antal"):
        assert list(found[column]) == list(want[column]), column
    assert abs(found["andel"].astype(float) - want["andel"]).max() < 1e-9
    assert [g.geom_type for g in found.geometry] == [g.geom_type for g in want.geometry]
    assert (shapely.hausdorff_distance(found.geometry.values, want.geometry.values) <= tolerance_m).all()


def answers(url, seconds=60.0):
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.2)
    return False


# A web server that hands each request to a CGI program: MapServer and QGIS Server are such programs.
CGI = r"""
import os, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args):
        pass
    def do_GET(self):
        parts = urlsplit(self.path)
        env = {
            **os.environ, "REQUEST_METHOD": "GET", "QUERY_STRING": parts.query, "PATH_INFO": parts.path, "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(self.server.server_port), "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self.headers["Host"], "HTTP_ACCEPT": self.headers.get("Accept", ""), "REQUEST_URI": self.path,
        }
        if not parts.path.strip("/"):
            del env["PATH_INFO"]
        out = subprocess.run([sys.argv[1]], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        at = min((i, n) for i, n in ((out.find(b"\r\n\r\n"), 4), (out.find(b"\n\n"), 2)) if i >= 0)
        head, body = out[: at[0]].decode("latin-1"), out[sum(at) :]
        said = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
        self.send_response(int(said.pop("Status", "200").split()[0]))
        said = {k: v.strip() for k, v in said.items() if k.lower() != "content-length"}
        for name, value in {**said, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
"""

PYGEOAPI = r"""
import json, os, socket, sys, threading
from pathlib import Path

folder = Path(sys.argv[1])
held = socket.socket()
held.bind(("127.0.0.1", 0))
held.listen(64)
port = held.getsockname()[1]
config = json.loads((folder / "config.json").read_text(encoding="utf-8").replace("@PORT@", str(port)))
(folder / "config.yml").write_text(json.dumps(config), encoding="utf-8")
os.environ.update(PYGEOAPI_CONFIG=str(folder / "config.yml"), PYGEOAPI_OPENAPI=str(folder / "openapi.yml"))
from pygeoapi.openapi import get_oas
from pygeoapi.util import to_json
(folder / "openapi.yml").write_text(to_json(get_oas(config)), encoding="utf-8")
from pygeoapi.flask_app import APP
from werkzeug.serving import make_server

server = make_server("127.0.0.1", port, APP, threaded=True, fd=held.fileno())
threading.Thread(target=server.serve_forever, daemon=True).start()
print(port, flush=True)
sys.stdin.read()
"""

MAPFILE = """MAP
  NAME "kand"
  EXTENT 590000 6890000 650000 6950000
  UNITS METERS
  PROJECTION "init=epsg:3006" END
  OUTPUTFORMAT
    NAME "geojson"
    DRIVER "OGR/GEOJSON"
    MIMETYPE "application/json"
    FORMATOPTION "STORAGE=stream"
    FORMATOPTION "FORM=SIMPLE"
    FORMATOPTION "LCO:COORDINATE_PRECISION=3"
  END
  WEB METADATA
    "ows_title" "kand"
    "ows_onlineresource" "http://127.0.0.1:@PORT@/"
    "oga_geometry_precision" "9"
    "oga_onlineresource" "http://127.0.0.1:@PORT@/kand/ogcapi"
    "ows_enable_request" "*"
    "ows_srs" "EPSG:3006 EPSG:4326 EPSG:3014"
  END END
@LAYERS@
END
"""

MAPFILE_LAYER = """  LAYER
    NAME "@NAME@"
    TYPE @KIND@
    STATUS ON
    CONNECTIONTYPE OGR
    CONNECTION "@FILE@"
    DATA "@NAME@"
    EXTENT 590000 6890000 650000 6950000
    PROJECTION "init=epsg:3006" END
    TEMPLATE "x"
    METADATA
      "ows_title" "@NAME@"
      "ows_srs" "EPSG:3006 EPSG:4326 EPSG:3014"
      "gml_include_items" "all"
      "gml_types" "auto"
      "ows_featureid" "lopnr"
      "wfs_getfeature_formatlist" "gml,geojson"
      "wfs_maxfeatures" "@MOST@"
    END
  END
"""

QGIS_PROJECT = r"""
import sys
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
project.setCrs(QgsCoordinateReferenceSystem("EPSG:3006"))
layer = QgsVectorLayer(f"{sys.argv[1]}|layername=kand", "kand", "ogr")
assert layer.isValid()
project.addMapLayer(layer)
project.writeEntry("WFSLayers", "/", [layer.id()])
project.writeEntry("WFSLayersPrecision", "/" + layer.id(), 6)
assert project.write(sys.argv[2])
"""


def write_package(path):
    """Write the known layer as a GeoPackage: all of it, and its polygons and points apart."""
    whole = expected()
    whole.to_file(path, layer="kand", driver="GPKG")
    for name, kind in (("ytor", "Polygon"), ("punkter", "Point")):
        whole[whole.geom_type == kind].to_file(path, layer=name, driver="GPKG")
