"""Compiling the kernels that a first run needs late, in a second process, while the first compiles those it needs early.

A kernel is compiled by one thread, whatever the machine has. On a first run the network's kernels come before the land's;
so a tiny piece of land is evaluated beside it, and what that compiled lies in the cache when the run comes to it. Nothing
depends on it: what is not ready is compiled by the run itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["evaluate_a_little", "second_process"]


def evaluate_a_little() -> None:
    """Evaluate a tiny piece of land and its sites: every kernel of the suitability step, once."""
    import geopandas as gpd
    import numpy as np
    import shapely

    from landplan import suitability as s
    from landplan.grid import Grid
    from landplan.kernels import terrain
    from landplan.suitability.burning import burn

    side = 48
    grid = Grid("EPSG:3006", 50.0, 0.0, 50.0 * side, (side, side))
    box = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 300, 300)], crs=grid.crs)
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 1_200), (2_400, 1_300)])], crs=grid.crs)
    rising = np.linspace(0, 1, side * side, dtype=np.float32).reshape(side, side)
    result = s.evaluate(
        grid, [s.Constraint("a", box, within_m=100.0), s.Constraint("b", line)],
        [s.Criterion("x", rising, s.value.linear(0, 1), 0.5), s.Criterion("y", line, s.value.linear(5_000, 0), 0.5, "m")],
        weight_sd=0.2, inside=np.ones(grid.shape, np.bool_),
    )  # fmt: skip
    sites = s.candidate_sites(result, 10.0, 40.0, count=2, bridgeable=burn(line, grid))
    s.score_sites(result, sites)
    s.site_ledger(result, sites.assign(site_id=[f"{i}" for i in range(len(sites))]).set_index("site_id"))
    zones = np.zeros(grid.shape, np.int32)
    s.ledger(result.excluded_by, result.constraints, grid, inside=result.inside, zones=zones, names=["z"])
    terrain.slope_percent(rising * 100, grid.cell_m)
    _fill_a_little()
    if len(sites):
        s.fits(sites.geometry.iloc[0], grid, 200.0, 100.0, free=result.allowed)


def _fill_a_little() -> None:
    """Fill a few jobs: the kernels of the workers' step, once."""
    import numpy as np
    import pandas as pd

    from landplan import catchment as c
    from landplan.od import ODMatrix

    labour = pd.DataFrame({"labour": [10.0, 10.0]}, index=["a", "b"])
    od = ODMatrix.from_dense(np.array([[5.0, 9.0], [9.0, 5.0]]), origin_ids=["a", "b"], destination_ids=["s", "w"])
    model = c.Impedance("logistic", (40.0, 45.0, 50.0), 8.0)
    c.employer(c.Employer("s", (1, 2, 3)), labour, {"car": od}, model, others=pd.Series({"w": 2.0}), by={"g": pd.Series({"a": "x", "b": "x"})}, draws=3)


@contextmanager
def second_process() -> Iterator[None]:
    """While the body runs, evaluate a little land in a process of its own; it is stopped with the body.

    Nothing is done on a machine with one processor.
    """
    if (os.cpu_count() or 1) < 2:
        yield
        return
    code = "from landplan.run.warming import evaluate_a_little; evaluate_a_little()"
    try:
        helper = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        # it only saves time
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            helper.terminate()
        helper.wait()
