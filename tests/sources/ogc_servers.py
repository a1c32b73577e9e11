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
