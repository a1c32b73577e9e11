"""The weighted mean of scores and the criterion that costs most, a chunk of cells at a time.

Criteria are taken by fours: what is noted of a cell so far is read and written once for each four. Four float32 layers
scored by straight lines, the commonest kind, are scored and weighed in one loop.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landplan.kernels._scores import CHUNK, PIECEWISE, Prepared
from landplan.kernels._simd import fetch

__all__ = ["BLOCK", "FOUR", "STRAIGHT", "score_straight", "straight_lines", "weigh", "weigh_loose", "weigh_straight"]

FOUR = 4
BLOCK = 64  # cells of `weigh_straight`'s inner loop; chunks that it takes are a multiple of them
STRAIGHT = 100  # code of a layer that `score_straight` scores, beside those of `_scores.CODES`
_LINE_BYTES = 64
_FLOATS = 16  # of a cache line


def straight_lines(tables: Prepared) -> NDArray[np.float64]:
    """Where a straight line begins and ends, its slope and its first score, a row for each table; nan for one that is no such line.

    Beyond its ends a line is flat, and values are kept between them before they are scored: a line whose last point is
    not met to the float32 by its slope is none.
    """
    out = np.full((tables.kind.size, 4), np.nan)
    for k, (kind, a, b) in enumerate(zip(tables.kind, tables.start[:-1], tables.start[1:], strict=True)):
        if kind == PIECEWISE and b - a == 2:
            low, high = tables.xs[a:b]
            at_end = tables.slope[a] * (high - low) + tables.ys[a]
            if np.float32(at_end) == np.float32(tables.ys[a + 1]):
                out[k] = low, high, tables.slope[a], tables.ys[a]
    return out


@njit(cache=True, nogil=True)
def score_straight(raw, low, high, per, base, n, score):  # type: ignore[no-untyped-def]
    """Score float32 values by one straight line, without the ways between, to `score_chunk`'s bits."""
    for i in range(n):
        x = np.float64(raw[i])
        x = low if low > x else x
        x = high if high < x else x
        score[i] = np.float32(per * (x - low) + base)


@njit(cache=True, nogil=True)
def _weigh_one(score, k, w, n, mean, loss, worst):  # type: ignore[no-untyped-def]
    """Add a criterion to the weighted mean, and note where its weighted loss from a full score is the largest so far."""
    for i in range(n):
        part = w * np.float64(score[i])
        lost = w - part
        mean[i] += part
        worst[i] = k if lost > loss[i] else worst[i]
        loss[i] = lost if lost > loss[i] else loss[i]


@njit(cache=True, nogil=True)
def weigh_loose(score, k, w, n, mean, loss, worst, gone):  # type: ignore[no-untyped-def]
    """`_weigh_one` of a criterion that is left out where it is unknown: its weight is noted among those that are gone."""
    for i in range(n):
        s = np.float64(score[i])
        known = s == s
        part = w * s if known else 0.0
        lost = w - part if known else -np.inf
        mean[i] += part
        gone[i] += 0.0 if known else w
        worst[i] = k if lost > loss[i] else worst[i]
        loss[i] = lost if lost > loss[i] else loss[i]


@njit(cache=True, nogil=True)
def _weigh_four(s0, s1, s2, s3, k0, k1, k2, k3, w0, w1, w2, w3, n, mean, loss, worst):  # type: ignore[no-untyped-def]
    """`_weigh_one` of four criteria in turn, to the same bits.

    Three arrays are written and no more: of more, the compiler would not check that none overlaps, and go cell by cell.
    """
    for i in range(n):
        p0 = w0 * np.float64(s0[i])
        p1 = w1 * np.float64(s1[i])
        p2 = w2 * np.float64(s2[i])
        p3 = w3 * np.float64(s3[i])
        l0 = w0 - p0
        l1 = w1 - p1
        l2 = w2 - p2
        l3 = w3 - p3
        mean[i] = mean[i] + p0 + p1 + p2 + p3
        # of equals the first: a later one must be larger
        first = k1 if l1 > l0 else k0
        most = l1 if l1 > l0 else l0
        second = k3 if l3 > l2 else k2
        more = l3 if l3 > l2 else l2
        first = second if more > most else first
        most = more if more > most else most
        worst[i] = first if most > loss[i] else worst[i]
        loss[i] = most if most > loss[i] else loss[i]


@njit(cache=True, nogil=True)
def weigh(scores, ks, weights, n, mean, loss, worst):  # type: ignore[no-untyped-def]
    """Weigh up to four scored criteria that are known or make the cell unknown."""
    if ks.size == FOUR:
        a, b, c, d = ks[0], ks[1], ks[2], ks[3]
        _weigh_four(scores[a], scores[b], scores[c], scores[d], a, b, c, d, weights[a], weights[b], weights[c], weights[d],
                    n, mean, loss, worst)  # fmt: skip
    else:
        for k in ks:
            _weigh_one(scores[k], k, weights[k], n, mean, loss, worst)


@njit(cache=True, nogil=True)
def weigh_straight(x0, x1, x2, x3, ks, lines, weights, n, mean, loss, worst, answer, width):  # type: ignore[no-untyped-def]
    """Score and weigh four criteria, to the bits of `score_straight` and `_weigh_four`; n is a multiple of `BLOCK`.

    To score alone waits for the memory and to weigh alone for the processor. Here the next chunk's values are asked for while
    this one's are weighed, and so is the place where its answers go: `answer` from this chunk on, `width` bytes a cell.
    """
    k0, k1, k2, k3 = ks[0], ks[1], ks[2], ks[3]
    w0, low0, high0, per0, base0 = weights[k0], lines[k0, 0], lines[k0, 1], lines[k0, 2], lines[k0, 3]
    w1, low1, high1, per1, base1 = weights[k1], lines[k1, 0], lines[k1, 1], lines[k1, 2], lines[k1, 3]
    w2, low2, high2, per2, base2 = weights[k2], lines[k2, 0], lines[k2, 1], lines[k2, 2], lines[k2, 3]
    w3, low3, high3, per3, base3 = weights[k3], lines[k3, 0], lines[k3, 1], lines[k3, 2], lines[k3, 3]
    for a in range(0, n, BLOCK):
        b = a + BLOCK
        for ahead in range(a + CHUNK, b + CHUNK, _FLOATS):
            fetch(x0, ahead)
            fetch(x1, ahead)
            fetch(x2, ahead)
            fetch(x3, ahead)
        for ahead in range((a + CHUNK) * width, (b + CHUNK) * width, _LINE_BYTES):
            fetch(answer, ahead)
        # slices and a known length: the loop counts from 0, which makes the code short
        v0 = x0[a:b]
        v1 = x1[a:b]
        v2 = x2[a:b]
        v3 = x3[a:b]
        total = mean[a:b]
        largest = loss[a:b]
        whose = worst[a:b]
        for i in range(BLOCK):
            x = np.float64(v0[i])
            x = low0 if low0 > x else x
            x = high0 if high0 < x else x
            p0 = w0 * np.float64(np.float32(per0 * (x - low0) + base0))
            x = np.float64(v1[i])
            x = low1 if low1 > x else x
            x = high1 if high1 < x else x
            p1 = w1 * np.float64(np.float32(per1 * (x - low1) + base1))
            x = np.float64(v2[i])
            x = low2 if low2 > x else x
            x = high2 if high2 < x else x
            p2 = w2 * np.float64(np.float32(per2 * (x - low2) + base2))
            x = np.float64(v3[i])
            x = low3 if low3 > x else x
            x = high3 if high3 < x else x
            p3 = w3 * np.float64(np.float32(per3 * (x - low3) + base3))
            l0 = w0 - p0
            l1 = w1 - p1
            l2 = w2 - p2
            l3 = w3 - p3
            total[i] = total[i] + p0 + p1 + p2 + p3
            first = k1 if l1 > l0 else k0
            most = l1 if l1 > l0 else l0
            second = k3 if l3 > l2 else k2
            more = l3 if l3 > l2 else l2
            first = second if more > most else first
            most = more if more > most else most
            whose[i] = first if most > largest[i] else whose[i]
            largest[i] = most if most > largest[i] else largest[i]
