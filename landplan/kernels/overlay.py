"""Weighted overlay of criteria in one pass: score, reason mask, limiting criterion, standard deviation.

Layers stay as they are stored; a chunk of cells at a time is read, scored and combined while it is in the first
cache, so that memory sees each layer once. Unknown values are told apart by comparison, never by arithmetic flags.
"""

from __future__ import annotations

from typing import Any, Callable, Literal, NamedTuple, Sequence  # noqa: UP035 - kernels import little else

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._mean import (
    BLOCK,
    FOUR,
    STRAIGHT,
    score_straight,
    straight_lines,
    weigh,
    weigh_loose,
    weigh_straight,
)
from landplan.kernels._scores import (
    CHUNK,
    F4,
    Prepared,
    Table,
    code_of,
    flat,
    prepare,
    read_chunk,
    score_chunk,
)
from landplan.kernels._simd import carray, fetch, memory_at
from landplan.kernels._team import team

__all__ = ["MOST_CRITERIA", "Layer", "Overlay", "Table", "combine", "values"]

MOST_CRITERIA = 32
_MOST_BITS = 64
_TASK = 64 * CHUNK
_ENOUGH = 1 << 15
_LEAST = 1e-9  # of the weights: what is left of them after rounding when all are gone
_STREAM_CELLS = 1 << 22
_WLC, _OWA, _PRODUCT, _MINIMUM, _TOPSIS, _SURVEY = range(6)
_METHODS = {"wlc": _WLC, "owa": _OWA, "product": _PRODUCT, "minimum": _MINIMUM, "topsis": _TOPSIS}

Method = Literal["wlc", "owa", "product", "minimum", "topsis"]
Layer = NDArray[Any] | Callable[[slice], NDArray[Any]]


class Overlay(NamedTuple):
    """What an overlay gives, all of one shape.

    `score` is nan where unknown or outside; `excluded_by` has a bit for each mask, None without masks; `limiting`
    is the criterion that costs most, 255 where the score is nan; `sd` is the score's standard deviation, None when no weight has one.
    """

    score: NDArray[np.float32]
    excluded_by: NDArray[np.uint64] | None
    limiting: NDArray[np.uint8]
    sd: NDArray[np.float32] | None


@njit(cache=True, nogil=True)
def _quantifier(u, knots):  # type: ignore[no-untyped-def]
    """Q(u): straight lines through the knots at equal steps, or u to the power that stands alone."""
    if knots.size == 1:
        return u ** knots[0]
    steps = knots.size - 1
    at = u * steps
    j = min(int(at), steps - 1)
    return knots[j] + (at - j) * (knots[j + 1] - knots[j])


@njit(cache=True, nogil=True)
def _ordered(scores, used, weights, loose, gone, knots, n, value):  # type: ignore[no-untyped-def]
    """Torra's weighted ordered average, cell by cell, with the scores sorted on the side; of those that are left out nothing is asked."""
    s = np.empty(used.size, np.float64)
    w = np.empty(used.size, np.float64)
    for i in range(n):
        count = 0
        for k in used:
            one = np.float64(scores[k, i])
            if loose[k] and one != one:
                continue
            m = count
            while m > 0 and s[m - 1] < one:
                s[m] = s[m - 1]
                w[m] = w[m - 1]
                m -= 1
            s[m] = one
            w[m] = weights[k]
            count += 1
        total = 0.0
        share = 0.0
        before = 0.0
        for j in range(count):
            share = min(1.0, share + (w[j] / (1.0 - gone[i]) if gone[i] > 0.0 else w[j]))
            now = 1.0 if j == count - 1 else _quantifier(share, knots)
            total += (now - before) * s[j]
            before = now
        value[i] = total


@njit(cache=True, nogil=True)
def _least(scores, used, n, value, worst):  # type: ignore[no-untyped-def]
    """The lowest score and whose it is, the first of equals."""
    value[:n] = np.inf
    for k in used:
        for i in range(n):
            s = np.float64(scores[k, i])
            worst[i] = k if s < value[i] else worst[i]
            value[i] = s if s < value[i] else value[i]


@njit(cache=True, nogil=True)
def _closeness(scores, used, loose, factor, ideal, anti, n, value, loss):  # type: ignore[no-untyped-def]
    """Nearness to the ideal: d- / (d+ + d-); where both are one point, no cell is better and all are at it."""
    value[:n] = 0.0
    loss[:n] = 0.0
    for k in used:
        for i in range(n):
            s = np.float64(scores[k, i])
            left_out = loose[k] and s != s
            up = factor[k] * (ideal[k] - s)
            down = factor[k] * (s - anti[k])
            loss[i] += 0.0 if left_out else up * up
            value[i] += 0.0 if left_out else down * down
    for i in range(n):
        up = np.sqrt(loss[i])
        down = np.sqrt(value[i])
        value[i] = down / (up + down) if up + down > 0.0 else 1.0


@njit(cache=True, nogil=True)
def _survey(scores, used, loose, mean, n, inside, excluded, stats):  # type: ignore[no-untyped-def]
    """Sum of squares, highest and lowest score of each criterion over the cells that compete."""
    for i in range(n):
        free = (inside.size == 0 or inside[i] != 0) and (excluded.size == 0 or excluded[i] == 0)
        if free and mean[i] == mean[i]:
            for k in used:
                s = np.float64(scores[k, i])
                if loose[k] and s != s:
                    continue
                stats[k, 0] += s * s
                stats[k, 1] = max(stats[k, 1], s)
                stats[k, 2] = min(stats[k, 2], s)


@njit(cache=True, nogil=True)
def _spread(scores, used, weight_sd, loose, gone, n, mean, total):  # type: ignore[no-untyped-def]
    """Variance of the mean; the weights that are left carry all of the score, and so of its spread."""
    total[:n] = 0.0
    for k in used:
        for i in range(n):
            off = weight_sd[k] * (np.float64(scores[k, i]) - mean[i])
            total[i] += 0.0 if loose[k] and off != off else off * off
    for i in range(n):
        left = 1.0 - gone[i]
        total[i] = total[i] / (left * left) if gone[i] > 0.0 else total[i]


@njit(cache=True, nogil=True)
def _product(scores, used, weights, loose, gone, n, value):  # type: ignore[no-untyped-def]
    value[:n] = 1.0
    for k in used:
        for i in range(n):
            s = np.float64(scores[k, i])
            value[i] *= 1.0 if loose[k] and s != s else s ** weights[k]
    for i in range(n):
        value[i] = value[i] ** (1.0 / (1.0 - gone[i])) if gone[i] > 0.0 else value[i]


@njit(cache=True, nogil=True)
def _share_out(mean, gone, n):  # type: ignore[no-untyped-def]
    """Rescale the weights that are left; where none is, nothing is known."""
    for i in range(n):
        if gone[i] > 0.0:
            left = 1.0 - gone[i]
            mean[i] = mean[i] / left if left > _LEAST else np.nan


@njit(cache=True, nogil=True)
def _flag(mask, flag, n, flags):  # type: ignore[no-untyped-def]
    for ahead in range(CHUNK, CHUNK + n, 64):
        fetch(mask, ahead)
    for i in range(n):
        flags[i] |= flag if mask[i] else np.uint8(0)


@njit(cache=True, nogil=True)
def _raise(flags, shift, over, n, excluded):  # type: ignore[no-untyped-def]
    """Set a byte's flags among the reasons, or, `over` what stood there, as the reasons."""
    if over:
        for i in range(n):
            excluded[i] = np.uint64(flags[i]) << shift
    else:
        for i in range(n):
            excluded[i] |= np.uint64(flags[i]) << shift


@njit(cache=True, nogil=True)
def _reasons(masks, bits, fresh, a, n, flags, excluded):  # type: ignore[no-untyped-def]
    """Reasons of a chunk from the masks, whose bits rise: a byte of eight at a time, because 64 bits a cell are slow to move."""
    m = 0
    while m < bits.size:
        byte = bits[m] >> 3
        over = fresh and m == 0
        flags[:n] = 0
        while m < bits.size and bits[m] >> 3 == byte:
            _flag(carray(memory_at(masks[m] + a), (n,), np.uint8), np.uint8(1 << (bits[m] & 7)), n, flags)
            m += 1
        _raise(flags, np.uint64(8 * byte), over, n, excluded)


@njit(cache=True, nogil=True)
def _write(value, mean, worst, inside, n, score, limiting):  # type: ignore[no-untyped-def]
    """Answers of a chunk; the mean is unknown where any criterion is."""
    for i in range(n):
        score[i] = np.float32(value[i]) if mean[i] == mean[i] else np.float32(np.nan)
        limiting[i] = np.uint8(worst[i]) if mean[i] == mean[i] else np.uint8(255)
    for i in range(inside.size):
        score[i] = score[i] if inside[i] else np.float32(np.nan)
        limiting[i] = limiting[i] if inside[i] else np.uint8(255)


@njit(cache=True, nogil=True)
def _floats(address, a, n):  # type: ignore[no-untyped-def]
    return carray(memory_at(address + 4 * a), (n,), np.float32)


@njit(cache=True, nogil=True)
def _task(  # type: ignore[no-untyped-def]
    places, codes, tables, lines, at_once, used, loose, weights, weight_sd, method, knots, far, bits, fresh, inside, begin, end, stats, score,
    excluded, limiting, sd,
):  # fmt: skip
    """Some ten thousand cells: the room that they need is made once."""
    criteria = codes.size
    scores = np.empty((criteria, CHUNK), np.float32)
    x = np.empty(CHUNK, np.float64)
    y = np.empty(CHUNK, np.float64)
    mean = np.empty(CHUNK, np.float64)
    loss = np.empty(CHUNK, np.float64)
    # weights left out, cell by cell; none where every criterion must be known
    gone = np.zeros(CHUNK, np.float64)
    leaves_out = loose[used].any()
    worst = np.zeros(CHUNK, np.int64)
    flags = np.empty(CHUNK, np.uint8)
    for a in range(begin, end, CHUNK):
        # loops below go from 0 over slices: of an index that might be negative numba makes slow code
        b = min(end, a + CHUNK)
        n = b - a
        _reasons(places[criteria:], bits, fresh, a, n, flags, excluded[a:b])
        mean[:n] = 0.0
        loss[:n] = -np.inf
        if leaves_out:
            gone[:n] = 0.0
        for j in range(0, used.size, FOUR):
            ks = used[j : j + FOUR]
            if at_once[j // FOUR] and n % BLOCK == 0:
                answer, width = (excluded[a:b].view(np.uint8), 8) if j == 0 and bits.size else (score[a:b].view(np.uint8), 4)
                weigh_straight(
                    _floats(places[ks[0]], a, n), _floats(places[ks[1]], a, n), _floats(places[ks[2]], a, n), _floats(places[ks[3]], a, n),
                    ks, lines, weights, n, mean, loss, worst, answer, width,
                )  # fmt: skip
                continue
            for k in ks:
                if codes[k] == STRAIGHT:
                    score_straight(_floats(places[k], a, n), lines[k, 0], lines[k, 1], lines[k, 2], lines[k, 3], n, scores[k])
                else:
                    lo = tables.start[k]
                    hi = tables.start[k + 1]
                    read_chunk(places[k], codes[k], a, n, x)
                    score_chunk(
                        x, n, tables.kind[k], tables.xs[lo:hi], tables.ys[lo:hi], tables.slope[lo:hi], tables.fallback[k], y, scores[k]
                    )
            if not loose[ks].any():
                weigh(scores, ks, weights, n, mean, loss, worst)
                continue
            for m in range(ks.size):
                if loose[ks[m]]:
                    weigh_loose(scores[ks[m]], ks[m], weights[ks[m]], n, mean, loss, worst, gone)
                else:
                    weigh(scores, ks[m : m + 1], weights, n, mean, loss, worst)
        if leaves_out:
            _share_out(mean, gone, n)
        if method == _SURVEY:
            _survey(scores, used, loose, mean, n, inside[a:b], excluded[a:b], stats)
            continue
        if weight_sd.size:
            _spread(scores, used, weight_sd, loose, gone, n, mean, y)
            _write(np.sqrt(y[:n]), mean, worst, inside[a:b], n, sd[a:b], limiting[a:b])
        if method == _OWA:
            _ordered(scores, used, weights, loose, gone, knots, n, x)
        elif method == _PRODUCT:
            _product(scores, used, weights, loose, gone, n, x)
        elif method == _MINIMUM:
            _least(scores, used, n, x, worst)
        elif method == _TOPSIS:
            _closeness(scores, used, loose, far[0], far[1], far[2], n, x, loss)
        _write(mean if method == _WLC else x, mean, worst, inside[a:b], n, score[a:b], limiting[a:b])


@njit(cache=True, nogil=True, parallel=True)
def _tasks(  # type: ignore[no-untyped-def]
    places, codes, tables, lines, at_once, used, loose, weights, weight_sd, method, knots, far, bits, fresh, inside, stats, score, excluded,
    limiting, sd, cells,
):  # fmt: skip
    for t in prange(stats.shape[0]):
        begin = t * _TASK
        _task(places, codes, tables, lines, at_once, used, loose, weights, weight_sd, method, knots, far, bits, fresh, inside, begin,
              min(cells, begin + _TASK), stats[t], score, excluded, limiting, sd)  # fmt: skip


@njit(cache=True, nogil=True)
def _scored(address, code, tables, cells, out):  # type: ignore[no-untyped-def]
    """Scores of one layer; on one thread, because a second would cost more to compile than it saves."""
    x = np.empty(CHUNK, np.float64)
    y = np.empty(CHUNK, np.float64)
    for a in range(0, cells, CHUNK):
        b = min(cells, a + CHUNK)
        read_chunk(address, code, a, b - a, x)
        score_chunk(x, b - a, tables.kind[0], tables.xs, tables.ys, tables.slope, tables.fallback[0], y, out[a:b])


def values(layer: NDArray[Any], table: Table) -> NDArray[np.float32]:
    """Score one criterion's raw values, to the bit as `combine` does.

    Parameters
    ----------
    layer : ndarray of float32, float64, uint8, uint16, int16, int32 or bool, any shape
        Raw values; nan, or an integer type's largest value, is unknown.
    table : Table
        The value function.

    Returns
    -------
    ndarray of float32, the layer's shape
        Scores, nan where unknown.

    Raises
    ------
    ValueError
        If the table is not sound.
    TypeError
        If the layer is of another type.

    Examples
    --------
    >>> import numpy as np
    >>> values(np.array([0.0, 5.0, 20.0]), Table("piecewise", [0, 10], [1, 0])).tolist()
    [1.0, 0.5, 0.0]
    """
    out = np.empty(layer.shape, np.float32)
    held = flat(layer)
    _scored(held.ctypes.data, code_of(layer), prepare([table]), layer.size, out.reshape(-1))
    return out


class _Job(NamedTuple):
    """Everything of an overlay that does not change from one band of rows to the next."""

    tables: Prepared
    lines: NDArray[np.float64]
    used: NDArray[np.int64]
    loose: NDArray[np.bool_]
    weights: NDArray[np.float64]
    weight_sd: NDArray[np.float64]
    method: int
    knots: NDArray[np.float64]
    bits: NDArray[np.int64]


def _knots(method: int, order_weights: Sequence[float] | float | None, criteria: int) -> NDArray[np.float64]:
    """Q at equal steps from 0 to 1, or the power alone."""
    if method != _OWA:
        if order_weights is not None:
            raise ValueError("order_weights belong to method 'owa'")
        return np.zeros(1)
    if order_weights is None:
        raise ValueError("method 'owa' needs order_weights: one for each rank, best first, or the power alpha of Q(u) = u^alpha")
    given = np.asarray(order_weights, np.float64)
    if given.ndim == 0:
        if not (np.isfinite(given) and given > 0):
            raise ValueError(f"the power alpha must be above 0, got {float(given)}")
        return given.reshape(1)
    if given.size != criteria or not (given >= 0).all() or not 0 < given.sum() < np.inf:
        raise ValueError(f"order_weights need {criteria} numbers of 0 or more with a sum above 0, got {given.tolist()}")
    return np.append(0.0, np.cumsum(given) / given.sum())


def _job(
    tables: Sequence[Table], weights: Any, weight_sd: Any, method: str, order_weights: Any, bits: Sequence[int], ignorable: Sequence[bool]
) -> _Job:
    w = np.asarray(weights, np.float64)
    if not 0 < len(tables) <= MOST_CRITERIA or w.shape != (len(tables),):
        raise ValueError(f"{len(tables)} tables and {w.size} weights: one of each a criterion, 1-{MOST_CRITERIA} criteria")
    if not (w >= 0).all() or not 0 < w.sum() < np.inf:
        raise ValueError(f"weights must be 0 or more and their sum above 0, got {w.tolist()}")
    if method not in _METHODS:
        raise ValueError(f"method {method!r} is none of {sorted(_METHODS)}")
    sd = np.zeros(0) if weight_sd is None else np.asarray(weight_sd, np.float64) / w.sum()
    if weight_sd is not None and (sd.shape != w.shape or not (sd >= 0).all() or method != "wlc"):
        raise ValueError("weight_sd needs a number of 0 or more for each criterion, and method 'wlc'")
    if len(set(bits)) != len(bits) or any(not 0 <= b < _MOST_BITS for b in bits):
        raise ValueError(f"bits must be different and 0-{_MOST_BITS - 1}, got {list(bits)}")
    loose = np.array([bool(v) for v in ignorable], np.bool_) if len(ignorable) else np.zeros(len(tables), np.bool_)
    if loose.size != len(tables):
        raise ValueError(f"{loose.size} of ignorable and {len(tables)} tables: as many of each")
    code = _METHODS[method]
    knots = _knots(code, order_weights, len(tables))
    prepared = prepare(tables)
    return _Job(
        prepared, straight_lines(prepared), np.flatnonzero(w > 0), loose, w / w.sum(), sd, code, knots,
        np.array(bits, np.int64),
    )  # fmt: skip


def _fill(job: _Job, method: int, bands: list[NDArray[Any]], masks: list[NDArray[Any]], inside: NDArray[Any] | None, fresh: bool,
          out: Overlay, far: NDArray[np.float64], threads: int | None) -> NDArray[np.float64]:  # fmt: skip
    """Fill a band of rows and return what a survey found, one row a task."""
    cells = bands[0].size
    # kept until the kernel is done with their addresses
    held = [flat(x) for x in (*bands, *masks)]
    tasks = -(-cells // _TASK)
    codes = np.array([code_of(x) for x in bands])
    codes[(codes == F4) & ~np.isnan(job.lines[:, 0])] = STRAIGHT
    # scores that are asked for again must be kept
    groups = [job.used[j : j + FOUR] for j in range(0, job.used.size, FOUR)]
    lone = method == _WLC and not job.weight_sd.size
    at_once = np.array([lone and ks.size == FOUR and bool((codes[ks] == STRAIGHT).all() and not job.loose[ks].any()) for ks in groups])
    stats = np.empty((tasks, len(bands), 3))
    stats[...] = (0.0, -np.inf, np.inf)
    with team(threads, work=cells, enough=_ENOUGH):
        _tasks(
            np.array([x.ctypes.data for x in held]), codes, job.tables, job.lines, at_once, job.used, job.loose, job.weights, job.weight_sd,
            method, job.knots, far, job.bits if masks else job.bits[:0], fresh,
            np.zeros(0, np.bool_) if inside is None else flat(inside), stats, out.score.reshape(-1),
            np.zeros(0, np.uint64) if out.excluded_by is None else out.excluded_by.reshape(-1), out.limiting.reshape(-1),
            np.zeros(0, np.float32) if out.sd is None else out.sd.reshape(-1), cells,
        )  # fmt: skip
    return stats


def combine(
    layers: Sequence[Layer],
    tables: Sequence[Table],
    weights: Sequence[float] | NDArray[np.float64],
    *,
    method: Method = "wlc",
    masks: Sequence[Layer] = (),
    bits: Sequence[int] | None = None,
    ignorable: Sequence[bool] = (),
    weight_sd: Sequence[float] | NDArray[np.float64] | None = None,
    order_weights: Sequence[float] | NDArray[np.float64] | float | None = None,
    inside: NDArray[np.bool_] | None = None,
    excluded_by: NDArray[np.uint64] | None = None,
    shape: tuple[int, int] | None = None,
    threads: int | None = None,
    out: Overlay | None = None,
) -> Overlay:
    """Combine criteria into a suitability score, with the reasons against a cell and what limits it.

    Parameters
    ----------
    layers : sequence of ndarray, shape (rows, cols), or callable
        Raw values, one layer a criterion, of float32, float64, uint8, uint16, int16, int32 or bool; nan, or an integer type's
        largest value, is unknown. A callable is given a slice of rows and returns those rows: such layers are never whole in memory.
        TOPSIS asks twice.
    tables : sequence of Table
        Value functions, scores 0-1 with 1 best.
    weights : array-like of float, shape (criteria,)
        0 or more; only their proportions count. A criterion of weight 0 is not looked at.
    method : {"wlc", "owa", "product", "minimum", "topsis"}, default "wlc"
        See Notes.
    masks : sequence of ndarray of bool, shape (rows, cols), or callable
        Constraints; True excludes. Excluded cells keep their score.
    bits : sequence of int, optional
        Bit of each mask in `excluded_by`; by default 0, 1, 2 …
    ignorable : sequence of bool, optional
        Criteria that are left out of a cell where they are unknown, the weights of the others rescaled; any other
        unknown one makes the cell's score unknown. So does having none left.
    weight_sd : array-like of float, shape (criteria,), optional
        Standard deviations of the weights, in their unit, independent of each other; with method "wlc".
    order_weights : array-like of float, shape (criteria,), or float, optional
        For "owa": the weight of each rank, best score first; or alpha of Q(u) = u^alpha.
    inside : ndarray of bool, shape (rows, cols), optional
        The area; elsewhere the score is nan.
    excluded_by : ndarray of uint64, shape (rows, cols), optional
        Reasons found before; they are kept and the masks' bits added, in a new array.
    shape : tuple of int, optional
        Rows and columns, when every layer is a callable.
    threads : int, optional
        By default numba's own number. The answer does not depend on it.
    out : Overlay, optional
        An earlier answer of the same shape and parts: it is written over and returned, so that weighing again asks the system for no new memory.

    Returns
    -------
    Overlay
        `score` float32, `excluded_by` uint64 or None, `limiting` uint8 and `sd` float32 or None, each (rows, cols).

    Raises
    ------
    ValueError
        If shapes, numbers of tables, weights, bits or order weights do not fit, a table is not sound, there are more
        than 32 criteria or 64 masks, or an option does not belong to the method.
    TypeError
        If a layer is of another type.

    Notes
    -----
    With scores s_k and weights w_k of sum 1:

    Where criteria are left out, w_k stands for w_k / W, with W the sum of the weights of those that are not.

    * wlc: S = sum_k w_k s_k; sd = sqrt(sum_k sd_k^2 (s_k - S)^2) / W, the delta method for weights divided by their sum.
    * product: S = prod_k s_k^w_k.
    * minimum: S = min_k s_k, over criteria of some weight.
    * owa: Torra, "The weighted OWA operator", 1997: S = sum_j v_j s_(j), scores from high to low, v_j = Q(sum_{i<=j} w_(i)) -
      Q(sum_{i<j} w_(i)), Q straight between the cumulated order weights. Equal order weights, or alpha = 1, give wlc; equal
      criterion weights give Yager's OWA (1988).
    * topsis: Hwang & Yoon 1981 on the scores: vector norm, ideal and anti-ideal over cells that are inside, known and not excluded,
      then d- / (d+ + d-); 1 where ideal and anti-ideal are one.

    `limiting` is the criterion with the largest weighted loss w_k (1 - s_k), for minimum the one with the lowest score; of equals the first.

    Examples
    --------
    >>> import numpy as np
    >>> found = combine([np.array([[0.0, 10.0]]), np.array([[1, 2]], np.uint8)],
    ...                 [Table("piecewise", [0, 10], [0, 1]), Table("categories", [1, 2], [1.0, 0.5])],
    ...                 [3, 1], masks=[np.array([[False, True]])])
    >>> found.score.tolist(), found.excluded_by.tolist(), found.limiting.tolist()
    ([[0.25, 0.875]], [[0, 1]], [[0, 1]])
    """
    masks = list(masks)
    bits = list(range(len(masks))) if bits is None else [int(b) for b in bits]
    if len(layers) != len(tables) or len(bits) != len(masks):
        raise ValueError(f"{len(layers)} layers and {len(tables)} tables, {len(masks)} masks and {len(bits)} bits: as many of each")
    in_turn = sorted(range(len(bits)), key=bits.__getitem__)
    bits, masks = [bits[m] for m in in_turn], [masks[m] for m in in_turn]
    job = _job(tables, weights, weight_sd, method, order_weights, bits, ignorable)
    fixed = [x for x in (*layers, *masks, inside, excluded_by) if isinstance(x, np.ndarray)]
    size = tuple(shape or next((x.shape for x in fixed), ()))
    if len(size) != 2 or any(x.shape != size for x in fixed):
        raise ValueError(f"layers, masks and inside must have one 2-D shape, got {sorted({x.shape for x in fixed} | {size})}")
    for x in layers:
        if isinstance(x, np.ndarray):
            code_of(x)
    if out is None:
        reasons = np.empty(size, np.uint64) if masks else excluded_by
        out = Overlay(np.empty(size, np.float32), reasons, np.empty(size, np.uint8), None if weight_sd is None else np.empty(size, np.float32))
    else:
        _fits(out, size, reasons=bool(masks), spread=weight_sd is not None)
        reasons = out.excluded_by
    if masks and excluded_by is not None and reasons is not None:
        reasons[...] = excluded_by
    rows, cols = size
    streams = any(not isinstance(x, np.ndarray) for x in (*layers, *masks))
    step = max(1, _STREAM_CELLS // max(1, cols)) if streams else max(1, rows)
    fresh = bool(masks) and excluded_by is None
    far = np.zeros((3, len(layers)))
    passes = (_SURVEY, _TOPSIS) if job.method == _TOPSIS else (job.method,)
    for number, now in enumerate(passes):
        found = []
        for r0 in range(0, rows if cols else 0, step):
            cut = slice(r0, min(rows, r0 + step))
            bands = [_band(x, cut, cols) for x in layers]
            blocked = [] if number else [_band(x, cut, cols).astype(np.bool_, copy=False) for x in masks]
            part = Overlay(
                out.score[cut], None if reasons is None else reasons[cut], out.limiting[cut], None if out.sd is None else out.sd[cut]
            )
            area = None if inside is None else np.asarray(inside[cut], np.bool_)
            found.append(_fill(job, now, bands, blocked, area, fresh, part, far, threads))
        if now == _SURVEY:
            far = _ideals(np.concatenate([np.zeros((0, len(layers), 3)), *found]), job.weights)
    return out


def _fits(out: Overlay, size: tuple[int, ...], *, reasons: bool, spread: bool) -> None:
    """Refuse an earlier answer that this one cannot be written over."""
    wanted = (("score", out.score, np.float32, True), ("excluded_by", out.excluded_by, np.uint64, reasons), ("limiting", out.limiting, np.uint8, True), ("sd", out.sd, np.float32, spread))
    for name, array, kind, needed in wanted:
        if (array is not None) != needed:
            raise ValueError(f"out has {'no' if needed else 'a'} {name}; give an answer of the same parts")
        if array is not None and (array.shape != size or array.dtype != kind or not array.flags.c_contiguous):
            raise ValueError(f"out.{name} is {array.dtype} {array.shape}; it must be {np.dtype(kind)} {size}, contiguous")


def _band(layer: Layer, cut: slice, cols: int) -> NDArray[Any]:
    """Some rows of a layer."""
    band = np.asarray(layer[cut] if isinstance(layer, np.ndarray) else layer(cut))
    if band.shape != (cut.stop - cut.start, cols):
        raise ValueError(f"a layer gave {band.shape} for rows {cut.start}-{cut.stop - 1} of {cols} columns")
    return band


def _ideals(stats: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight over norm, ideal and anti-ideal of each criterion; added task by task, so that threads change nothing."""
    norm = np.sqrt(np.cumsum(stats[:, :, 0], axis=0)[-1]) if len(stats) else np.zeros(weights.size)
    factor = np.divide(weights, norm, out=np.zeros_like(weights), where=norm > 0)
    high, low = stats[:, :, 1].max(axis=0, initial=-np.inf), stats[:, :, 2].min(axis=0, initial=np.inf)
    some = high >= low
    return np.stack([np.where(some, factor, 0.0), np.where(some, high, 0.0), np.where(some, low, 0.0)])
