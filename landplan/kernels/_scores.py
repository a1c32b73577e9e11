"""Raw criterion values to scores: tables and the arithmetic that applies them, a chunk of cells at a time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Sequence  # noqa: UP035 - kernels import little else

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from landplan.kernels._simd import carray, memory_at

__all__ = ["CHUNK", "CODES", "F4", "PIECEWISE", "Prepared", "Table", "code_of", "flat", "prepare", "read_chunk", "score_chunk"]

CHUNK = 1_024  # cells handled at once: what they need stays in the first cache
_SHORT = 16  # points up to which asking all of them beats searching, because cells are asked side by side
PIECEWISE, _SIGMOID, _GAUSSIAN, _CATEGORIES, _IDENTITY = range(5)
_KINDS = {"piecewise": PIECEWISE, "sigmoid": _SIGMOID, "gaussian": _GAUSSIAN, "categories": _CATEGORIES, "identity": _IDENTITY}
F4, _F8, _U1, _U2, _I2, _I4, _BOOL = range(7)
CODES = {
    np.dtype(np.float32): F4, np.dtype(np.float64): _F8, np.dtype(np.uint8): _U1, np.dtype(np.uint16): _U2,
    np.dtype(np.int16): _I2, np.dtype(np.int32): _I4, np.dtype(np.bool_): _BOOL,
}  # fmt: skip


class Table(NamedTuple):
    """How raw values of one criterion become scores.

    kind : str
        ``piecewise``: straight lines between the points (xs, ys), flat beyond them. ``categories``: the score ys of the class xs,
        matched exactly; a class without one takes `fallback`. ``sigmoid``: 1 / (1 + exp(-(x - xs[0]) / ys[0])), of midpoint xs[0]
        and spread ys[0]. ``gaussian``: exp(-((x - xs[0]) / ys[0])^2 / 2). ``identity``: the values are scores.
    xs, ys : array-like of float
        Points, classes or parameters; xs rise.
    fallback : float
        Score of a class that is not in xs; nan is unknown.

    Whatever the kind, an unknown value (nan, or an integer type's largest) has an unknown score.
    """

    kind: str
    xs: ArrayLike = ()
    ys: ArrayLike = ()
    fallback: float = math.nan


class Prepared(NamedTuple):
    """Tables laid end to end, for the kernels."""

    kind: NDArray[np.int64]
    start: NDArray[np.int64]
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    slope: NDArray[np.float64]
    fallback: NDArray[np.float64]


def prepare(tables: Sequence[Table]) -> Prepared:
    """Check tables and lay them end to end.

    Raises
    ------
    ValueError
        If a kind is unknown, xs and ys differ in length or are too few, xs do not rise, or a spread is 0.
    """
    xs: list[NDArray[np.float64]] = []
    ys: list[NDArray[np.float64]] = []
    slopes: list[NDArray[np.float64]] = []
    for i, table in enumerate(tables):
        if table.kind not in _KINDS:
            raise ValueError(f"table {i}: kind {table.kind!r} is none of {sorted(_KINDS)}")
        x, y = (np.asarray(v, np.float64).ravel() for v in (table.xs, table.ys))
        least = {"identity": 0, "piecewise": 1, "categories": 0}.get(table.kind, 1)
        if x.size != y.size or x.size < least:
            raise ValueError(f"table {i} ({table.kind}): {x.size} xs and {y.size} ys, at least {least} of each")
        if not np.isfinite(x).all() or (np.diff(x) <= 0).any():
            raise ValueError(f"table {i} ({table.kind}): xs must be finite and rise, got {x.tolist()}")
        if table.kind in ("sigmoid", "gaussian") and not (np.isfinite(y[0]) and y[0] != 0):
            raise ValueError(f"table {i} ({table.kind}): the spread must be finite and not 0, got {y[0]}")
        xs.append(x)
        ys.append(y)
        slopes.append(np.append(np.diff(y) / np.diff(x), 0.0) if x.size else x)
    sizes = [x.size for x in xs]
    none = np.zeros(0)
    return Prepared(
        np.array([_KINDS[t.kind] for t in tables], np.int64), np.cumsum([0, *sizes]).astype(np.int64),
        np.concatenate([none, *xs]), np.concatenate([none, *ys]), np.concatenate([none, *slopes]),
        np.array([t.fallback for t in tables], np.float64),
    )  # fmt: skip


def code_of(layer: NDArray[Any]) -> int:
    """The number by which kernels know a layer's type.

    Raises
    ------
    TypeError
        If the type is none that a criterion may have.
    """
    if layer.dtype not in CODES:
        raise TypeError(f"layers are of {', '.join(str(d) for d in CODES)}; got {layer.dtype}")
    return CODES[layer.dtype]


def flat(layer: NDArray[Any]) -> NDArray[Any]:
    """A layer end to end: whoever takes its address keeps it until the kernel is done."""
    return np.ascontiguousarray(layer).reshape(-1)


@njit(cache=True, nogil=True)
def read_chunk(address, code, a, n, x):  # type: ignore[no-untyped-def]
    """Read n cells from a on of the layer at an address as float64; an integer type's largest value is unknown."""
    if code == F4:
        f4 = carray(memory_at(address + 4 * a), (n,), np.float32)
        for i in range(n):
            x[i] = f4[i]
    elif code == _F8:
        f8 = carray(memory_at(address + 8 * a), (n,), np.float64)
        for i in range(n):
            x[i] = f8[i]
    elif code == _U2:
        u2 = carray(memory_at(address + 2 * a), (n,), np.uint16)
        for i in range(n):
            x[i] = np.nan if u2[i] == 65_535 else np.float64(u2[i])
    elif code == _I2:
        i2 = carray(memory_at(address + 2 * a), (n,), np.int16)
        for i in range(n):
            x[i] = np.nan if i2[i] == 32_767 else np.float64(i2[i])
    elif code == _I4:
        i4 = carray(memory_at(address + 4 * a), (n,), np.int32)
        for i in range(n):
            x[i] = np.nan if i4[i] == 2_147_483_647 else np.float64(i4[i])
    else:
        u1 = carray(memory_at(address + a), (n,), np.uint8)
        largest = 255 if code == _U1 else 256  # a bool has none
        for i in range(n):
            x[i] = np.nan if u1[i] == largest else np.float64(u1[i])


@njit(cache=True, nogil=True)
def _last_at_most(xs, v):  # type: ignore[no-untyped-def]
    """Place of the last x that is at most v, -1 when there is none."""
    low = 0
    high = xs.size
    while low < high:
        middle = (low + high) // 2
        if xs[middle] <= v:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(cache=True, nogil=True)
def _lines(x, n, xs, ys, slope, y):  # type: ignore[no-untyped-def]
    last = xs.size - 1
    if xs.size > _SHORT:
        for i in range(n):
            j = _last_at_most(xs, x[i])
            if j < 0:
                y[i] = ys[0]
            elif j == last:
                y[i] = ys[last]
            else:
                y[i] = slope[j] * (x[i] - xs[j]) + ys[j]
        return
    # locals: an array's entry might be changed by what is written, and would be read again for every cell
    y[:n] = ys[0]
    for j in range(last):
        at = xs[j]
        base = ys[j]
        per = slope[j]
        for i in range(n):
            y[i] = per * (x[i] - at) + base if x[i] >= at else y[i]
    at = xs[last]
    base = ys[last]
    for i in range(n):
        y[i] = base if x[i] >= at else y[i]


@njit(cache=True, nogil=True)
def _classes(x, n, xs, ys, fallback, y):  # type: ignore[no-untyped-def]
    if xs.size > _SHORT:
        for i in range(n):
            j = _last_at_most(xs, x[i])
            y[i] = ys[j] if j >= 0 and xs[j] == x[i] else fallback
        return
    y[:n] = fallback
    for j in range(xs.size):
        at = xs[j]
        base = ys[j]
        for i in range(n):
            y[i] = base if x[i] == at else y[i]


@njit(cache=True, nogil=True)
def score_chunk(x, n, kind, xs, ys, slope, fallback, y, score):  # type: ignore[no-untyped-def]
    """Scores of n values, rounded to float32; `y` is room for as many float64."""
    if kind == PIECEWISE:
        _lines(x, n, xs, ys, slope, y)
    elif kind == _CATEGORIES:
        _classes(x, n, xs, ys, fallback, y)
    elif kind == _SIGMOID:
        for i in range(n):
            z = -(x[i] - xs[0]) / ys[0]
            z = -700.0 if z < -700.0 else (700.0 if z > 700.0 else z)
            y[i] = 1.0 / (1.0 + math.exp(z))
    elif kind == _GAUSSIAN:
        for i in range(n):
            z = (x[i] - xs[0]) / ys[0]
            y[i] = math.exp(-0.5 * z * z)
    else:
        for i in range(n):
            score[i] = np.float32(x[i])
        return
    for i in range(n):
        score[i] = np.float32(y[i]) if x[i] == x[i] else np.float32(np.nan)
