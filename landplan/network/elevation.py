"""Hills for walking and cycling: how much longer each edge takes for its heights, both ways.

Walking follows Tobler's hiking function; cycling follows a declared curve of speed by gradient, which is an assumption and can be
replaced. Bridges keep the straight line between their ends: the terrain model shows the valley below them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import NetworkError
from landplan.network.assembly import retimed
from landplan.network.graph import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CYCLING_CURVE", "grid_heights", "slope_factor", "tobler_factor", "with_elevation"]

CYCLING_CURVE: Final = (
    (-0.12, 0.9), (-0.06, 1.25), (-0.03, 1.2), (0.0, 1.0), (0.02, 0.8), (0.04, 0.6), (0.06, 0.45), (0.08, 0.35), (0.12, 0.25),
)  # fmt: skip
"""Speed by gradient (rise over run), as a share of the speed on the flat; linear between. An assumption: steep descents are braked."""


def tobler_factor(gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much longer walking takes at a gradient than on the flat.

    Notes
    -----
    Tobler, "Three presentations on geographical analysis and modeling", 1993: speed = 6 exp(-3.5 |g + 0.05|) km/h; here divided by its
    value on the flat, 5.04 km/h, so that a profile's own speed holds there.

    Examples
    --------
    >>> tobler_factor(np.array([0.0, -0.05, 0.1])).round(3).tolist()
    [1.0, 0.839, 1.419]
    """
    found: NDArray[np.float64] = np.exp(3.5 * (np.abs(gradient + 0.05) - 0.05))
    return found


def slope_factor(gradient: NDArray[np.float64], curve: Sequence[tuple[float, float]] = CYCLING_CURVE) -> NDArray[np.float64]:
    """Return how much longer a gradient takes by a curve of speed shares; beyond its ends the last share holds.

    Raises
    ------
    NetworkError
        If the gradients do not rise or a share is not above 0.

    Examples
    --------
    >>> slope_factor(np.array([0.0, 0.03])).round(3).tolist()
    [1.0, 1.429]
    """
    at, share = np.array(curve, np.float64).T
    if not (np.diff(at) > 0).all() or not (share > 0).all():
        raise NetworkError("a curve of speed by gradient needs rising gradients and shares above 0")
    found: NDArray[np.float64] = 1.0 / np.interp(gradient, at, share)
    return found


def with_elevation(
    net: Network,
    height: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    *,
    step_m: float = 30.0,
    curve: Sequence[tuple[float, float]] = CYCLING_CURVE,
    steepest: float = 0.4,
) -> Network:
    """Return the network with times that follow its heights.

    Parameters
    ----------
    net : Network
        For walking or cycling.
    height : callable
        Takes x and y in the network's CRS and gives metres, nan where unknown; `grid_heights` makes one of a raster.
    step_m : float, default 30
        Longest part over which one gradient is taken.
    curve : sequence of (gradient, share)
        For cycling.
    steepest : float, default 0.4
        Gradients beyond it are errors of the terrain model (a cutting, a wall) and are held to it.

    Returns
    -------
    Network
        The report counts edges without heights, which count as flat.

    Raises
    ------
    NetworkError
        If the network is for cars, or the step is not above 0.

    Notes
    -----
    An edge's factor is the mean over its parts of the factor at the part's gradient, weighted by length: time is what adds up.
    """
    if net.mode == "car":
        raise NetworkError("elevation changes walking and cycling times; a car network has none to change")
    if not step_m > 0:
        raise NetworkError(f"step_m must be above 0, got {step_m}")
    import shapely

    pieces = np.maximum(1, np.ceil(net.length_m / step_m)).astype(np.int64)
    bridge = net.attributes.bridge
    if bridge is not None:
        pieces = np.where(bridge, 1, pieces)
    ends = pieces + 1
    edge = np.repeat(np.arange(net.n_edges), ends)
    first = np.cumsum(ends) - ends
    share = (np.arange(edge.size) - first[edge]) / pieces[edge]
    at = shapely.line_interpolate_point(net.geometry[edge], share, normalized=True)
    z = np.asarray(height(shapely.get_x(at), shapely.get_y(at)), np.float64)
    # an end is shared by its edges, so that heights agree there; a part runs from each place to the next of the same edge
    part = np.flatnonzero(edge[1:] == edge[:-1])
    run = net.length_m[edge[part]] / pieces[edge[part]]
    gradient = np.clip((z[part + 1] - z[part]) / np.maximum(run, 1e-9), -steepest, steepest)
    known = np.isfinite(gradient)
    gradient[~known] = 0.0
    by = tobler_factor if net.mode == "walk" else lambda g: slope_factor(g, curve)
    factors = [np.bincount(edge[part], weights=by(g), minlength=net.n_edges) / pieces for g in (gradient, -gradient)]
    water = net.is_ferry
    for f in factors:
        f[water] = 1.0
    unknown = int(((np.bincount(edge[part], weights=~known, minlength=net.n_edges) > 0) & ~water).sum())
    report = replace(net.report, assumed={**net.report.assumed, **({"no height known, counted as flat": unknown} if unknown else {})})
    attributes = replace(net.attributes, slope_forward=factors[0], slope_backward=factors[1])
    # open ways are the same, so what hangs together is too
    return retimed(replace(net, attributes=attributes, report=report), net.profile, net.season, net.period)


def grid_heights(values: NDArray[Any], grid: Any) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """Return a function that reads heights off a raster, linear between cell centres.

    Parameters
    ----------
    values : ndarray, shape (rows, cols)
        Metres, nan where unknown.
    grid : landplan.grid.Grid

    Examples
    --------
    >>> from landplan.grid import Grid
    >>> heights = grid_heights(np.array([[0.0, 10.0], [0.0, 10.0]]), Grid("EPSG:3006", 10.0, 0.0, 20.0, (2, 2)))
    >>> heights(np.array([5.0, 10.0, 15.0, 99.0]), np.array([10.0, 10.0, 10.0, 10.0])).tolist()
    [0.0, 5.0, 10.0, nan]
    """
    rows, cols = grid.shape
    z = np.asarray(values, np.float64)

    def height(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        gx, gy = (x - grid.x_min) / grid.cell_m - 0.5, (grid.y_max - y) / grid.cell_m - 0.5
        inside = (gx >= -0.5) & (gx <= cols - 0.5) & (gy >= -0.5) & (gy <= rows - 0.5)
        gx, gy = np.clip(gx, 0, cols - 1), np.clip(gy, 0, rows - 1)
        c, r = np.minimum(gx.astype(np.int64), max(cols - 2, 0)), np.minimum(gy.astype(np.int64), max(rows - 2, 0))
        fx, fy = gx - c, gy - r
        c1, r1 = np.minimum(c + 1, cols - 1), np.minimum(r + 1, rows - 1)
        top = z[r, c] * (1 - fx) + z[r, c1] * fx
        bottom = z[r1, c] * (1 - fx) + z[r1, c1] * fx
        return np.where(inside, top * (1 - fy) + bottom * fy, np.nan)

    return height
