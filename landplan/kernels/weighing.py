"""Sums over a CSR matrix of minutes, each pair weighted by decay, by origin and by destination.

A decay is a code that is evaluated a piece of a row at a time into a small buffer, so that 25 million pairs need
no array of weights; a function of the caller's own comes as weights of its own, one a pair. The branch on the kind
of decay stands outside the loop over pairs. A row belongs to one iteration and so does a destination, which adds
the rows in their order: the bits are the same for any number of threads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._team import team

__all__ = ["KINDS", "Code", "by_destination", "by_origin", "exponentials", "faults", "first_at", "owners"]

KINDS = ("step", "linear", "exponential", "power", "logistic", "gaussian", "stepped", "given")
_STEP, _LINEAR, _EXPONENTIAL, _POWER, _LOGISTIC, _GAUSSIAN, _STEPPED = range(7)
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ROUND = 6755399441055744.0
_INFINITE = np.uint32(0x7F800000)
_PIECE = 1_024  # pairs weighed together: their weights stay in the first cache
_ROWS = 8  # rows an iteration takes with one buffer
_ENOUGH = 1_000_000  # pairs; fewer are done before a second thread has come, on a busy machine a scheduler's quantum later
_OWNERS = 4  # shares of the destinations for each thread, so that uneven ones even out


class Code(NamedTuple):
    """A decay as kernels read it.

    Attributes
    ----------
    kind : int
        Place in `KINDS`.
    parameters : ndarray of float64
    edges : ndarray of float32
        Where a step or a stepped decay falls; at the minutes' own precision, so that 5.8 is within 5.8.
    table : ndarray of float64
        A stepped decay's weights, one more than edges.
    given : ndarray of float64
        One weight a pair where the kind is "given", else empty.
    """

    kind: int
    parameters: NDArray[np.float64]
    edges: NDArray[np.float32]
    table: NDArray[np.float64]
    given: NDArray[np.float64]


# contract alone: a product and a sum may be one operation
@njit(cache=True, nogil=True, fastmath={"contract"})
def exponentials(x, n, power, bits):  # type: ignore[no-untyped-def]
    """Turn the first `n` exponents into e to their power, in place, as vectors, which a call of libm for each would not be.

    e^x = 2^k e^r with k = round(x / ln 2): the sum with 1.5 * 2^52 leaves k in the lowest bits, from where it is moved
    to the exponent's. `bits` is `power` seen as integers. Below -708 it is 0, above 709 it stays e^709; two units of the last place.
    """
    for i in range(n):
        v = x[i] if x[i] < 709.0 else 709.0
        v = v if v > -708.0 else -708.0
        shifted = v * _LOG2E + _ROUND
        power[i] = shifted
        k = shifted - _ROUND
        r = (v - k * _LN2_HIGH) - k * _LN2_LOW
        # Taylor's series to r^13 / 13!: |r| is at most ln 2 / 2
        e = 1.0 / 6227020800.0
        e = e * r + 1.0 / 479001600.0
        e = e * r + 1.0 / 39916800.0
        e = e * r + 1.0 / 3628800.0
        e = e * r + 1.0 / 362880.0
        e = e * r + 1.0 / 40320.0
        e = e * r + 1.0 / 5040.0
        e = e * r + 1.0 / 720.0
        e = e * r + 1.0 / 120.0
        e = e * r + 1.0 / 24.0
        e = e * r + 1.0 / 6.0
        e = e * r + 1.0 / 2.0
        e = e * r + 1.0 / 1.0
        e = e * r + 1.0
        x[i] = e if x[i] >= -708.0 else 0.0
    for i in range(n):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(n):
        x[i] *= power[i]


@njit(cache=True, nogil=True)
def _weigh(minutes, first, last, kind, parameters, edges, table, given, out, power, bits):  # type: ignore[no-untyped-def]
    n = last - first
    near = minutes[first:last]  # counted from 0, where no index can be below it, loops become vectors
    if kind == _STEP:
        limit = edges[0]
        for k in range(n):
            out[k] = 1.0 if near[k] <= limit else 0.0
    elif kind == _LINEAR:
        limit = parameters[0]
        for k in range(n):
            left = 1.0 - np.float64(near[k]) / limit
            out[k] = left if left > 0.0 else 0.0
    elif kind == _EXPONENTIAL:
        rate = parameters[0]
        for k in range(n):
            out[k] = -rate * np.float64(near[k])
        exponentials(out, n, power, bits)
    elif kind == _POWER:
        exponent = parameters[0]
        for k in range(n):
            t = np.float64(near[k])
            out[k] = -exponent * math.log(t) if t > 1.0 else 0.0
        exponentials(out, n, power, bits)
    elif kind == _LOGISTIC:
        middle, steepness, scale = parameters[0], parameters[1], parameters[2]
        for k in range(n):
            out[k] = (np.float64(near[k]) - middle) * steepness
        exponentials(out, n, power, bits)
        for k in range(n):
            out[k] = scale / (1.0 + out[k])
    elif kind == _GAUSSIAN:
        sd = parameters[0]
        for k in range(n):
            z = np.float64(near[k]) / sd
            out[k] = -0.5 * z * z
        exponentials(out, n, power, bits)
    elif kind == _STEPPED:
        for k in range(n):
            out[k] = table[0]
        for e in range(edges.size):
            edge, after = edges[e], table[e + 1]
            for k in range(n):
                out[k] = after if near[k] > edge else out[k]
    else:
        own = given[first:last]
        for k in range(n):
            out[k] = own[k]


@njit(cache=True, nogil=True)
def first_at(dest, first, last, wanted):  # type: ignore[no-untyped-def]
    """Where destinations from `wanted` on begin in a row; they rise within it."""
    while first < last:
        middle = (first + last) // 2
        if dest[middle] < wanted:
            first = middle + 1
        else:
            last = middle
    return first


@njit(cache=True, nogil=True)
def _product(weight, amount, n):  # type: ignore[no-untyped-def]
    """Sum of products in eight lanes by hand: a flag that let the compiler do so would undo the rounding in `exponentials`."""
    for k in range(n):
        weight[k] *= amount[k]
    a = b = c = d = e = f = g = h = 0.0
    for i in range(n // 8):
        k = 8 * i
        a += weight[k]
        b += weight[k + 1]
        c += weight[k + 2]
        d += weight[k + 3]
        e += weight[k + 4]
        f += weight[k + 5]
        g += weight[k + 6]
        h += weight[k + 7]
    for k in range(n - n % 8, n):
        a += weight[k]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@njit(cache=True, nogil=True, parallel=True)
def _by_origin(indptr, dest, minutes, kind, parameters, edges, table, given, squared, amount, only, out):  # type: ignore[no-untyped-def]
    rows = indptr.size - 1
    for block in prange((rows + _ROWS - 1) // _ROWS):
        weight, power = np.empty(_PIECE), np.empty(_PIECE)
        bits = power.view(np.int64)
        for i in range(block * _ROWS, min(rows, (block + 1) * _ROWS)):
            total = 0.0
            if only.size > 0 and not only[i]:
                out[i] = 0.0
                continue
            for first in range(indptr[i], indptr[i + 1], _PIECE):
                last = min(first + _PIECE, indptr[i + 1])
                _weigh(minutes, first, last, kind, parameters, edges, table, given, weight, power, bits)
                if squared:
                    for k in range(last - first):
                        weight[k] *= weight[k]
                begin = dest[first]
                if dest[last - 1] - begin == last - 1 - first:  # neighbours all: read as one
                    total += _product(weight, amount[begin : begin + last - first], last - first)
                else:
                    for k in range(last - first):
                        power[k] = amount[dest[first + k]]
                    total += _product(weight, power, last - first)
            out[i] = total


@njit(cache=True, nogil=True, parallel=True)
def _by_destination(indptr, dest, minutes, kind, parameters, edges, table, given, squared, amounts, shares, out):  # type: ignore[no-untyped-def]
    places = out.shape[1]
    for share_of in prange(shares):
        mine = np.int64(share_of)
        low, high = mine * places // shares, (mine + 1) * places // shares
        weight, power = np.empty(_PIECE), np.empty(_PIECE)
        bits = power.view(np.int64)
        for i in range(indptr.size - 1):
            nothing = True
            for m in range(amounts.shape[0]):
                nothing = nothing and amounts[m, i] == 0.0
            if nothing:
                continue
            begin, end = indptr[i], indptr[i + 1]
            if shares > 1:
                begin = first_at(dest, begin, end, low)
                end = first_at(dest, begin, end, high)
            for first in range(begin, end, _PIECE):
                last = min(first + _PIECE, end)
                _weigh(minutes, first, last, kind, parameters, edges, table, given, weight, power, bits)
                if squared:
                    for k in range(last - first):
                        weight[k] *= weight[k]
                place = dest[first]
                neighbours = dest[last - 1] - place == last - 1 - first
                for m in range(amounts.shape[0]):
                    share = amounts[m, i]
                    if neighbours:
                        run = out[m, place : place + last - first]
                        for k in range(last - first):
                            run[k] += weight[k] * share
                    else:
                        for k in range(last - first):
                            out[m, dest[first + k]] += weight[k] * share


@njit(cache=True, nogil=True, parallel=True)
def _faults(indptr, dest, minutes, bits, places, kind):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        first, last = indptr[i], indptr[i + 1]
        if first == last:
            continue
        # as bits, what is negative, infinite or no number is above every other, and the largest is found in lanes
        most = np.uint32(0)
        for k in range(first, last):
            most = max(most, bits[k])
        odd = 0
        if most >= _INFINITE:
            for k in range(first, last):  # -0.0 is no fault
                odd += 0 if minutes[k] >= 0.0 and minutes[k] < np.inf else 1
        turns = 0
        here, following = dest[first : last - 1], dest[first + 1 : last]
        for k in range(here.size):
            turns += following[k] <= here[k]
        if dest[first] < 0 or dest[last - 1] >= places:
            turns += 1
        kind[i] = (1 if odd else 0) + (2 if turns else 0)


def by_origin(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    code: Code,
    amount: NDArray[np.float64],
    *,
    squared: bool = False,
    only: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Sum weight times amount over each origin's pairs.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs.
    code : Code
        The decay.
    amount : ndarray of float64, shape (destinations,)
    squared : bool
        Use the weight's square.
    only : ndarray of bool, shape (origins,), optional
        Origins asked for; the others get 0.

    Returns
    -------
    ndarray of float64, shape (origins,)

    Notes
    -----
    out[i] = sum over j of f(c_ij)^p a_j with p = 1, or 2 when squared (Hansen 1959 for p = 1).

    Examples
    --------
    >>> import numpy as np
    >>> none = np.empty(0)
    >>> half = Code(1, np.array([20.0]), np.empty(0, np.float32), none, none)
    >>> by_origin(np.array([0, 2]), np.array([0, 1], np.int32), np.array([10, 30], np.float32), half, np.array([4.0, 8.0]))
    array([2.])
    """
    out = np.empty(indptr.size - 1)
    some = np.empty(0, np.bool_) if only is None else only
    with team(None, work=dest.size, enough=_ENOUGH):
        _by_origin(indptr, dest, minutes, *code, squared, amount, some, out)
    return out


def by_destination(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    code: Code,
    amounts: NDArray[np.float64],
    places: int,
    *,
    squared: bool = False,
) -> NDArray[np.float64]:
    """Sum weight times amount over the pairs that lead to each destination.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs, destinations rising within a row.
    code : Code
        The decay.
    amounts : ndarray of float64, shape (kinds, origins)
        Several amounts are summed in one pass.
    places : int
        Destinations.
    squared : bool
        Use the weight's square.

    Returns
    -------
    ndarray of float64, shape (kinds, places)

    Notes
    -----
    out[m, j] = sum over i of f(c_ij)^p a_mi, added in the order of the origins.

    Examples
    --------
    >>> import numpy as np
    >>> none = np.empty(0)
    >>> half = Code(1, np.array([20.0]), np.empty(0, np.float32), none, none)
    >>> by_destination(np.array([0, 2]), np.array([0, 1], np.int32), np.array([10, 30], np.float32), half, np.array([[4.0]]), 2)
    array([[2., 0.]])
    """
    out = np.zeros((amounts.shape[0], places))
    with team(None, work=dest.size, enough=_ENOUGH) as threads:
        _by_destination(indptr, dest, minutes, *code, squared, np.ascontiguousarray(amounts), owners(places, threads), out)
    return out


def faults(
    indptr: NDArray[np.int64], dest: NDArray[np.int32], minutes: NDArray[np.float32], places: int
) -> NDArray[np.uint8]:
    """Say what is wrong with each row.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs.
    places : int
        Destinations.

    Returns
    -------
    ndarray of uint8, shape (origins,)
        1 where minutes are negative, infinite or not a number, 2 where destinations do not rise or do not exist, 3 both.

    Examples
    --------
    >>> import numpy as np
    >>> faults(np.array([0, 2, 3]), np.array([0, 1, 5], np.int32), np.array([3, 8, 1], np.float32), 2).tolist()
    [0, 2]
    """
    kind = np.zeros(indptr.size - 1, np.uint8)
    with team(None, work=dest.size, enough=_ENOUGH):
        _faults(indptr, dest, minutes, minutes.view(np.uint32), places, kind)
    return kind


def owners(places: int, threads: int) -> int:
    """Shares into which destinations are cut for so many threads; it moves no bit of the answer.

    Examples
    --------
    >>> owners(3, 8)
    3
    """
    return max(1, min(places, _OWNERS * threads)) if threads > 1 else 1
