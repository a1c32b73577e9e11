"""Does a hall fit, and what is the largest one: rectangles at any angle, wholly inside the land."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.kernels import coverage, rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fit", "fits", "largest_rectangle"]

_SLACK_M = 0.002  # a rectangle that is asked for may come out so much shorter and narrower, for rounding's sake
_CELLS = 400  # the turned land is looked at on at most so many cells a side
_FULL = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    """A rectangle inside an area, or that there is none.

    Attributes
    ----------
    fits : bool
    angle_deg : float
        Direction of the long side, anticlockwise from east, 0 to below 180; nan when nothing fits.
    length_m, width_m : float
        Long and short side of the rectangle, 0 when nothing fits.
    area_m2 : float
    rectangle : shapely.Polygon or None
        Covered by the area: that was tested on the polygon itself, not on cells.
    """

    fits: bool
    angle_deg: float
    length_m: float
    width_m: float
    area_m2: float
    rectangle: Any


_NOTHING = Fit(False, math.nan, 0.0, 0.0, 0.0, None)


def fits(area: Any, grid: Grid, length_m: float, width_m: float, *, free: NDArray[np.bool_] | None = None, angles: int = 72) -> Fit:
    """Tell whether a rectangle fits in an area at some angle.

    Parameters
    ----------
    area : shapely.Polygon, shapely.MultiPolygon or ndarray of bool
        Polygon in the grid's CRS, or a mask on the grid.
    grid : Grid
    length_m, width_m : float
        Sides of the rectangle (the hall, 400 x 900 m), in either order.
    free : ndarray of bool, shape (rows, cols), optional
        Cells of the grid that may be built on; the rectangle lies on the polygon's part of them.
    angles : int, default 72
        Directions over the half circle that are tried at least; more for long narrow rectangles, and the directions of the
        area's own sides besides.

    Returns
    -------
    Fit
        The first one found; its sides are those asked for, or 2 mm less where it fits as tightly as that.

    Raises
    ------
    PlanError
        If a side is not above 0 or `angles` is below 36.
    LayerError
        If a mask does not fit the grid or the area is neither mask nor polygon.

    Notes
    -----
    For each direction the land is turned and shared out exactly among the cells of a finer grid. Full cells that
    hold the rectangle are a place for it; when not even two cells less in each direction are found there is none. Between the two the places
    of its middle are the land minus the Minkowski sum of the land's outline with the rectangle. So the answer is exact for each
    direction that is tried, and a "no" means at none of these.

    Examples
    --------
    >>> import shapely
    >>> grid = Grid.cover((0, 0, 1_000, 1_000), cell_m=10, crs="EPSG:3006")
    >>> field = shapely.affinity.rotate(shapely.box(100, 300, 900, 700), 30)
    >>> round(fits(field, grid, 800, 400).angle_deg, 3), fits(field, grid, 810, 390).fits
    (30.0, False)
    """
    long, short = max(length_m, width_m), min(length_m, width_m)
    if not 0 < short <= long < math.inf:
        raise PlanError(f"a rectangle needs sides above 0 m, got {length_m} and {width_m}")
    if angles < 36:
        raise PlanError(f"expected 36 angles or more, got {angles}")
    land = _Land.of(area, grid, free)
    if land is None or land.shape.area < long * short * (1 - 1e-9):
        return _NOTHING
    # between two directions a long rectangle swings out by less than a fiftieth of its width
    steps = max(angles, min(360, math.ceil(math.pi * long / (0.04 * short))))
    own = land.directions()
    turns = np.concatenate([own, own + 90.0, np.arange(steps) * (180.0 / steps)]) % 180.0
    step_m = max(short / 24.0, land.size_m / _CELLS)
    tight = []
    for turn in turns:
        full, corner = land.cells(turn, step_m)
        high, wide = math.ceil(short / step_m - 1e-9), math.ceil(long / step_m - 1e-9)
        row, col = rectangle.first_fit(full, high, wide)
        if row >= 0:
            x, y = corner[0] + (col + 0.5 * wide) * step_m, corner[1] - (row + 0.5 * high) * step_m
            # a place that touches the land's edge may miss by a rounding: then one that does not
            found = land.verified(turn, x, y, long, short, 0.0) or land.squeezed(turn, long, short) or land.verified(turn, x, y, long, short, _SLACK_M)
            if found is not None:
                return found
        if rectangle.first_fit(full, max(1, math.floor(short / step_m) - 1), max(1, math.floor(long / step_m) - 1))[0] >= 0:
            tight.append(float(turn))
    for turn in tight:
        if (found := land.squeezed(turn, long, short)) is not None:
            return found
    return _NOTHING


def largest_rectangle(
    area: Any, grid: Grid, *, min_width_m: float = 0.0, free: NDArray[np.bool_] | None = None, angles: int = 36
) -> Fit:
    """Find the largest rectangle that fits in an area, at any angle.

    Parameters
    ----------
    area : shapely.Polygon, shapely.MultiPolygon or ndarray of bool
        Polygon in the grid's CRS, or a mask on the grid.
    grid : Grid
    min_width_m : float, default 0
        Its short side is at least this.
    free : ndarray of bool, shape (rows, cols), optional
        Cells of the grid that may be built on.
    angles : int, default 36
        Directions over the quarter circle that are tried; the directions of the area's own sides besides, and the best
        are refined.

    Returns
    -------
    Fit
        A rectangle that no side can be pushed out of; it may be smaller than the largest there is, never outside the land.

    Raises
    ------
    PlanError
        If `angles` is below 36 or `min_width_m` below 0.
    LayerError
        If a mask does not fit the grid or the area is neither mask nor polygon.

    Notes
    -----
    The largest rectangle of full cells of the turned land (a histogram and a stack, linear in the cells), whose
    sides are then pushed out to the land's edge by bisection; the best directions are refined by golden section.

    Examples
    --------
    >>> import shapely
    >>> grid = Grid.cover((0, 0, 1_000, 1_000), cell_m=10, crs="EPSG:3006")
    >>> found = largest_rectangle(shapely.affinity.rotate(shapely.box(100, 300, 900, 700), 30), grid)
    >>> round(found.length_m, 3), round(found.width_m, 3), round(found.angle_deg, 3)
    (800.0, 400.0, 30.0)
    """
    if angles < 36:
        raise PlanError(f"expected 36 angles or more, got {angles}")
    if not min_width_m >= 0:
        raise PlanError(f"min_width_m must be 0 or more, got {min_width_m}")
    land = _Land.of(area, grid, free)
    if land is None:
        return _NOTHING
    step_m = max(land.size_m / _CELLS, 0.01)
    own = land.directions()
    turns = np.unique(np.concatenate([own, np.arange(angles) * (90.0 / angles)]) % 90.0)
    rough = np.array([land.rough(turn, step_m, min_width_m)[0] for turn in turns])
    best = _NOTHING
    for k in np.argsort(-rough, kind="stable")[:6]:
        if rough[k] <= 0:
            break
        here = land.pushed(turns[k], step_m, min_width_m)
        half = 90.0 / angles / 2
        low, high = turns[k] - half, turns[k] + half
        golden = (math.sqrt(5) - 1) / 2
        a, b = high - golden * (high - low), low + golden * (high - low)
        at_a, at_b = land.pushed(a, step_m, min_width_m), land.pushed(b, step_m, min_width_m)
        for _ in range(9):
            if at_a.area_m2 >= at_b.area_m2:
                high, b, at_b = b, a, at_a
                a = high - golden * (high - low)
                at_a = land.pushed(a, step_m, min_width_m)
            else:
                low, a, at_a = a, b, at_b
                b = low + golden * (high - low)
                at_b = land.pushed(b, step_m, min_width_m)
        for found in (here, at_a, at_b):
            # a direction of the land's own keeps its lead over one that is a rounding better
            if found.area_m2 > best.area_m2 * (1 + 1e-9):
                best = found
    return best


@dataclass(frozen=True, slots=True)
class _Land:
    """The land as a polygon about its middle, ready to be turned."""

    shape: Any
    centre: tuple[float, float]
    xy: NDArray[np.float64]
    rings: NDArray[np.int64]
    polygons: NDArray[np.int64]

    @classmethod
    def of(cls, area: Any, grid: Grid, free: NDArray[np.bool_] | None) -> _Land | None:
        import shapely

        from landplan.suitability.coverage import _ragged, polygons_of

        for name, mask in (("area", area), ("free", free)):
            if isinstance(mask, np.ndarray) and mask.shape != grid.shape:
                raise LayerError(f"{name}: mask {mask.shape} does not fit the grid {grid.shape}")
        if isinstance(area, np.ndarray):
            shape = _traced(area.astype(bool) if free is None else area.astype(bool) & free, grid, None)
        elif isinstance(area, shapely.Polygon | shapely.MultiPolygon):
            shape = area if area.is_valid else polygons_of(shapely.make_valid(area))
            if free is not None:
                shape = polygons_of(shapely.intersection(shape, _traced(free, grid, shape.bounds if not shape.is_empty else None)))
        else:
            raise LayerError(f"expected a polygon or a mask on the grid, got {type(area).__name__}")
        if shape.is_empty or not shape.area > 0:
            return None
        x0, y0, x1, y1 = shape.bounds
        one = np.empty(1, object)
        one[0] = shape
        xy, rings, polygons, _ = _ragged(one)
        centre = ((x0 + x1) / 2, (y0 + y1) / 2)
        shapely.prepare(shape)
        return cls(shape, centre, np.asarray(xy) - centre, np.asarray(rings), np.asarray(polygons))

    @property
    def size_m(self) -> float:
        """Diagonal of the bounds: no turned land is wider."""
        x0, y0, x1, y1 = self.shape.bounds
        return math.hypot(x1 - x0, y1 - y0)

    def directions(self) -> NDArray[np.float64]:
        """Directions of the land's longest sides, degrees 0 to below 90, at most 36 different ones."""
        parts = [np.diff(self.xy[a:b], axis=0) for a, b in zip(self.rings[:-1], self.rings[1:], strict=True)]
        sides = np.concatenate(parts)
        length = np.hypot(sides[:, 0], sides[:, 1])
        long = length >= 0.02 * self.size_m
        turn = np.round(np.degrees(np.arctan2(sides[long, 1], sides[long, 0])) % 90.0, 9) % 90.0
        order = np.argsort(-length[long], kind="stable")
        kept: list[float] = []
        for t in turn[order]:
            if all(abs((t - k + 45.0) % 90.0 - 45.0) > 1e-6 for k in kept):
                kept.append(float(t))
            if len(kept) == 36:
                break
        return np.array(kept)

    def cells(self, turn: float, step_m: float) -> tuple[NDArray[np.bool_], tuple[float, float]]:
        """Cells that the land fills when its direction `turn` is laid along x, and their north-west corner."""
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        turned = self.xy @ np.array([[c, -s], [s, c]])
        x0, y1 = float(turned[:, 0].min()), float(turned[:, 1].max())
        shape = (math.ceil((y1 - turned[:, 1].min()) / step_m + 1e-9), math.ceil((turned[:, 0].max() - x0) / step_m + 1e-9))
        row, col, share = coverage.window_fractions(turned, self.rings, self.polygons, x_min=x0, y_max=y1, cell_m=step_m, shape=shape)
        return share >= _FULL, (x0 + col * step_m, y1 - row * step_m)

    def box(self, turn: float, x0: float, y0: float, x1: float, y1: float) -> Any:
        """A box in the turned frame as a polygon on the map."""
        import shapely

        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ np.array([[c, s], [-s, c]])
        return shapely.Polygon(corners + self.centre)

    def holds(self, turn: float, box: tuple[float, float, float, float]) -> bool:
        """Whether a box of the turned frame lies in the land, its rim included."""
        return bool(self.shape.covers(self.box(turn, *box)))

    def fit(self, turn: float, box: tuple[float, float, float, float]) -> Fit:
        along, across = box[2] - box[0], box[3] - box[1]
        angle = (turn if along >= across else turn + 90.0) % 180.0
        return Fit(True, float(angle), float(max(along, across)), float(min(along, across)), float(along * across), self.box(turn, *box))

    def verified(self, turn: float, x: float, y: float, long: float, short: float, less: float) -> Fit | None:
        """The rectangle about a place, each side so much less, when the land holds it."""
        box = (x - (long - less) / 2, y - (short - less) / 2, x + (long - less) / 2, y + (short - less) / 2)
        return self.fit(turn, box) if self.holds(turn, box) else None

    def squeezed(self, turn: float, long: float, short: float) -> Fit | None:
        """The places of the rectangle's middle, exactly: the land less what its outline sweeps with the rectangle."""
        import shapely

        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        turned = self.xy @ np.array([[c, -s], [s, c]])
        half_x, half_y = (long - _SLACK_M) / 2, (short - _SLACK_M) / 2
        corners = np.array([[-half_x, -half_y], [half_x, -half_y], [half_x, half_y], [-half_x, half_y]])
        keep = np.ones(len(turned) - 1, bool)
        keep[self.rings[1:-1] - 1] = False
        ends = np.stack([turned[:-1][keep], turned[1:][keep]], axis=1)
        swept = (ends[:, :, None, :] + corners).reshape(len(ends), 8, 2)
        hulls = shapely.convex_hull(shapely.multipoints(swept))
        land = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, turned, (self.rings, self.polygons, np.array([0, self.polygons.size - 1]))
        )[0]
        places = shapely.difference(land, shapely.union_all(hulls))
        if places.is_empty:
            return None
        at = max(shapely.get_parts(places), key=lambda part: part.area).representative_point()
        return self.verified(turn, at.x, at.y, long, short, 0.0) or self.verified(turn, at.x, at.y, long, short, _SLACK_M)

    def rough(self, turn: float, step_m: float, min_width_m: float) -> tuple[float, tuple[float, float, float, float]]:
        """Area and box of the largest rectangle of full cells."""
        full, (x0, y1) = self.cells(turn, step_m)
        row, col, high, wide = rectangle.largest(full, least=max(1, math.floor(min_width_m / step_m) - 1))
        box = (x0 + col * step_m, y1 - (row + high) * step_m, x0 + (col + wide) * step_m, y1 - row * step_m)
        return high * wide * step_m * step_m, box

    def pushed(self, turn: float, step_m: float, min_width_m: float) -> Fit:
        """The largest rectangle of full cells with its sides pushed out as far as the land goes."""
        size, box = self.rough(turn, step_m, min_width_m)
        if size <= 0:
            return _NOTHING
        for less in (0.0, 1e-6, 1e-3):
            start = (box[0] + less, box[1] + less, box[2] - less, box[3] - less)
            if self.holds(turn, start):
                break
        else:
            return _NOTHING
        best = _NOTHING
        for order in ((0, 2, 1, 3), (1, 3, 0, 2)):
            sides = list(start)
            for side in order:
                out = -1.0 if side < 2 else 1.0
                low, high = 0.0, 2.0 * step_m
                for _ in range(28):
                    middle = 0.5 * (low + high)
                    tried = list(sides)
                    tried[side] += out * middle
                    low, high = (middle, high) if self.holds(turn, tuple(tried)) else (low, middle)  # type: ignore[arg-type]
                sides[side] += out * low
            found = self.fit(turn, (sides[0], sides[1], sides[2], sides[3]))
            if found.area_m2 > best.area_m2 and found.width_m >= min_width_m - 1e-6:
                best = found
        return best


def _traced(mask: NDArray[np.bool_], grid: Grid, bounds: tuple[float, float, float, float] | None) -> Any:
    """Outline of a mask's cells (those that meet the bounds) as one multipolygon."""
    import shapely
    from affine import Affine
    from rasterio.features import shapes

    rows, cols = (slice(0, grid.shape[0]), slice(0, grid.shape[1])) if bounds is None else grid.window(bounds)
    part = np.ascontiguousarray(mask[rows, cols], dtype=bool)
    if not part.any():
        return shapely.MultiPolygon()
    at = grid.transform * Affine.translation(cols.start, rows.start)
    found = [shapely.geometry.shape(g) for g, v in shapes(part.astype(np.uint8), mask=part, transform=at) if v == 1]
    return shapely.multipolygons(found)
