"""What a first run compiles: a study of one site must not wait for the hierarchy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

STUDY = """
import geopandas as gpd, numpy as np, shapely
from landplan import network as n
lines = [shapely.LineString([(500 * i, 500 * j), (500 * (i + a), 500 * (j + b))]) for i in range(9) for j in range(9) for a, b in ((1, 0), (0, 1))]
roads = gpd.GeoDataFrame({"road_class": "street", "speed_kmh": 36.0}, geometry=lines, crs="EPSG:3006", index=range(len(lines)))
net = n.from_layer(roads)
site = gpd.GeoDataFrame(index=["s"], geometry=[shapely.Point(2_000, 2_000)], crs=net.crs)
points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*np.random.default_rng(1).uniform(0, 4_000, (2, 50))), crs=net.crs)
n.matrix(net, points, site, cutoff_min=60)
n.isochrones(net, site, (2, 4))
"""
MANY = 'n.matrix(net, points, points, method="hierarchy")'


def compiled(code: str, cache: Path) -> set[str]:
    """Modules whose kernels lie in a fresh cache after some code has run."""
    env = {**os.environ, "LANDPLAN_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    env.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {f.name.split(".")[0] for f in (cache / "numba").rglob("*.nbi")}


def test_a_study_of_one_site_compiles_no_hierarchy(tmp_path):
    found = compiled(STUDY, tmp_path)
    assert {"search", "chains", "field"} <= found
    assert not found & {"dissection", "contraction", "hierarchy", "_phast", "unpack", "_flow"}
    # the cache is used again: many pairs add the hierarchy, and only it
    more = compiled(STUDY + MANY, tmp_path)
    assert {"dissection", "contraction", "hierarchy", "_phast"} <= more


def test_a_changed_kernel_gets_a_folder_of_its_own_and_old_ones_go(tmp_path, monkeypatch):
    import numba

    from landplan.kernels import _cache

    monkeypatch.setenv("LANDPLAN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    home = _cache.compiled_folder()
    assert home.parent == tmp_path / "numba"
    for age, name in enumerate(("a", "b", "c", "d")):
        (home.parent / name).mkdir(parents=True)
        os.utime(home.parent / name, (1_000 - age, 1_000 - age))
    assert _cache.use_cache_folder() == home
    # this edition and the two latest others
    assert sorted(f.name for f in home.parent.iterdir()) == sorted([home.name, "a", "b"])
    source = tmp_path / "kernels"
    source.mkdir()
    (source / "_cache.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(_cache, "__file__", str(source / "_cache.py"))
    before = _cache.compiled_folder()
    (source / "_flow.py").write_text("y = 1\n", encoding="utf-8")
    assert _cache.compiled_folder() != before
