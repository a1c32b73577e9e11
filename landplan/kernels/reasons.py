"""The histogram of reason masks: how many cells each combination of constraints holds, zone by zone, in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["Reasons", "histogram"]

_STRIP = 1 << 18
_ROOM = 1 << 10


class Reasons(NamedTuple):
    """One row a combination: its zone, its bits, its cells; sorted by zone, then by bits."""

    zone: NDArray[np.int32]
    bits: NDArray[np.uint64]
    cells: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _place(bits, zone, mask):  # type: ignore[no-untyped-def]
    # folded, not multiplied: neighbours in the table cost less than a product that wraps
    mixed = bits ^ (bits >> np.uint64(32)) ^ (np.uint64(zone) * np.uint64(37))
    mixed ^= (mixed >> np.uint64(20)) ^ (mixed >> np.uint64(10))
    return np.int64(mixed & np.uint64(mask))


@njit(cache=True, nogil=True)
def _grown(keys, zones, counts):  # type: ignore[no-untyped-def]
    """A table twice as large with the same rows."""
    size = 2 * counts.size
    keys2 = np.zeros(size, np.uint64)
    zones2 = np.zeros(size, np.int32)
    counts2 = np.zeros(size, np.int64)
    for i in range(counts.size):
        if counts[i]:
            j = _place(keys[i], zones[i], size - 1)
            while counts2[j]:
                j = (j + 1) & (size - 1)
            keys2[j], zones2[j], counts2[j] = keys[i], zones[i], counts[i]
    return keys2, zones2, counts2


@njit(cache=True, nogil=True)
def _count(bits, zone, a, b):  # type: ignore[no-untyped-def]
    """Rows of one strip, by open addressing; most cells are of the same row as the one before."""
    keys = np.zeros(_ROOM, np.uint64)
    zones = np.zeros(_ROOM, np.int32)
    counts = np.zeros(_ROOM, np.int64)
    used = 0
    last = 0
    for i in range(a, b):
        z = zone[i] if zone.size else np.int32(0)
        if z < 0:
            continue
        key = bits[i]
        if counts[last] and keys[last] == key and zones[last] == z:
            counts[last] += 1
            continue
        j = _place(key, z, counts.size - 1)
        while counts[j] and (keys[j] != key or zones[j] != z):
            j = (j + 1) & (counts.size - 1)
        if counts[j] == 0:
            keys[j], zones[j] = key, z
            used += 1
        counts[j] += 1
        last = j
        if 2 * used > counts.size:
            keys, zones, counts = _grown(keys, zones, counts)
            last = 0
    out_zone = np.empty(used, np.int32)
    out_bits = np.empty(used, np.uint64)
    out_cells = np.empty(used, np.int64)
    n = 0
    for j in range(counts.size):
        if counts[j]:
            out_zone[n], out_bits[n], out_cells[n] = zones[j], keys[j], counts[j]
            n += 1
    return out_zone, out_bits, out_cells


@njit(cache=True, nogil=True, parallel=True)
def _histogram(bits, zone, room, zones, keys, cells, used):  # type: ignore[no-untyped-def]
    for t in prange(used.size):
        a = t * _STRIP
        z, k, n = _count(bits, zone, a, min(bits.size, a + _STRIP))
        used[t] = z.size
        m = min(room, z.size)
        zones[t, :m], keys[t, :m], cells[t, :m] = z[:m], k[:m], n[:m]


def histogram(bits: NDArray[np.uint64], zone: NDArray[np.int32] | None = None) -> Reasons:
    """Count the cells of every combination of reasons.

    Parameters
    ----------
    bits : ndarray of uint64, any shape
        Reason mask of each cell.
    zone : ndarray of int32, the shape of `bits`, optional
        Number of the area each cell belongs to; cells below 0 are left out.

    Returns
    -------
    Reasons

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> found = histogram(np.array([3, 0, 3], np.uint64), np.array([0, 0, -1], np.int32))
    >>> found.bits.tolist(), found.cells.tolist()
    ([0, 3], [1, 1])
    """
    if zone is not None and zone.shape != bits.shape:
        raise ValueError(f"zones {zone.shape} do not fit the reasons {bits.shape}")
    flat = np.ascontiguousarray(bits, dtype=np.uint64).reshape(-1)
    where = np.zeros(0, np.int32) if zone is None else np.ascontiguousarray(zone, dtype=np.int32).reshape(-1)
    strips = -(-flat.size // _STRIP)
    room = 4_096
    while True:
        used = np.zeros(strips, np.int64)
        table = np.empty((strips, room), np.int32), np.empty((strips, room), np.uint64), np.empty((strips, room), np.int64)
        _histogram(flat, where, room, *table, used)
        most = int(used.max(initial=0))
        if most <= room:
            break
        room = most
    kept = np.arange(room) < used[:, None]
    zones, keys, cells = table[0][kept], table[1][kept], table[2][kept]
    order = np.lexsort((keys, zones))
    zones, keys, cells = zones[order], keys[order], cells[order]
    first = np.ones(zones.size, np.bool_)
    first[1:] = (zones[1:] != zones[:-1]) | (keys[1:] != keys[:-1])
    starts = np.flatnonzero(first)
    summed = np.add.reduceat(cells, starts) if starts.size else cells
    return Reasons(zones[starts], keys[starts], summed)
