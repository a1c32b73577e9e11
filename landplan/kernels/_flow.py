"""Minimum vertex cut of a cell between its two ends along a direction (inertial flow)."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["cut_cell"]

END_SHARE = 0.25  # share of a cell's nodes joined to the source, and to the sink
INNER_NEAR, NEAR, MIDDLE, FAR, INNER_FAR = 0, 1, 2, 3, 4  # inner: all neighbours in the same end


@njit(cache=True, nogil=True)
def _ends(key, kind):  # type: ignore[no-untyped-def]
    """Mark the outermost nodes at both ends; False where the keys cannot tell them apart."""
    m = key.size
    low, high = key.min(), key.max()
    if not high > low:
        return False
    bins = 4_096 if m > 4_096 else 1_024
    scale = (bins - 1) / (high - low)
    count = np.zeros(bins, np.int32)
    for i in range(m):
        count[np.int64((key[i] - low) * scale)] += 1
    want = max(1, int(END_SHARE * m))
    a, below = -1, 0
    while below < want:
        a += 1
        below += count[a]
    b, above = bins, 0
    while above < want:
        b -= 1
        above += count[b]
    if a >= b:
        return False
    for i in range(m):
        at = np.int64((key[i] - low) * scale)
        kind[i] = NEAR if at <= a else (FAR if at >= b else MIDDLE)
    return True


@njit(cache=True, nogil=True)
def _ends_by_steps(ptr, adj, kind, queue):  # type: ignore[no-untyped-def]
    """Mark ends by steps from a node far from node 0: for cells whose coordinates tell nothing."""
    m = kind.size
    begin = 0
    for _ in range(2):
        seen = np.zeros(m, np.bool_)
        queue[0] = begin
        seen[begin] = True
        size, at = 1, 0
        while at < size:
            v = queue[at]
            at += 1
            for k in range(ptr[v], ptr[v + 1]):
                if not seen[adj[k]]:
                    seen[adj[k]] = True
                    queue[size] = adj[k]
                    size += 1
        begin = queue[size - 1]
    want = max(1, int(END_SHARE * m))
    for i in range(m):
        kind[queue[i]] = NEAR if i < want else (FAR if i >= m - want else MIDDLE)


@njit(cache=True, nogil=True)
def _levels(ptr, adj, kind, used, prv, level, queue):  # type: ignore[no-untyped-def]
    """Steps from the source to every state (2v: entering v, 2v+1: leaving v); the sink's, or -1."""
    for i in range(level.size):
        level[i] = -1
    size = 0
    for v in range(kind.size):
        if kind[v] == NEAR and not used[v]:
            level[2 * v] = 0
            queue[size] = 2 * v
            size += 1
    at = 0
    sink = -1
    while at < size:
        s = queue[at]
        at += 1
        v = s >> 1
        step = level[s] + 1
        if sink >= 0 and step > sink:
            break
        if s & 1 == 0:
            if not used[v]:
                t = s + 1
            elif prv[v] >= 0:
                t = 2 * prv[v] + 1
            else:
                continue
            if level[t] < 0:
                level[t] = step
                queue[size] = t
                size += 1
        else:
            if kind[v] == FAR:
                if not used[v] and sink < 0:
                    sink = step
                continue
            for k in range(ptr[v], ptr[v + 1]):
                w = adj[k]
                if level[2 * w] < 0 and kind[w] > NEAR:
                    level[2 * w] = step
                    queue[size] = 2 * w
                    size += 1
            if used[v] and level[s - 1] < 0:
                level[s - 1] = step
                queue[size] = s - 1
                size += 1
    return sink


@njit(cache=True, nogil=True)
def _augment(ptr, adj, kind, used, prv, nxt, level, cur, path, limit):  # type: ignore[no-untyped-def]
    """Send flow along as many paths of the level graph as there are, at most `limit`; return how many."""
    m = kind.size
    for v in range(m):
        cur[v] = ptr[v]
    found = 0
    for source in range(m):
        if kind[source] != NEAR or used[source] or level[2 * source] != 0:
            continue
        path[0] = 2 * source
        top = 1
        while top:
            s = path[top - 1]
            v = s >> 1
            step = level[s] + 1
            t = -1
            if s & 1 == 0:
                if not used[v]:
                    t = s + 1
                elif prv[v] >= 0:
                    t = 2 * prv[v] + 1
                if t >= 0 and level[t] != step:
                    t = -1
            else:
                if kind[v] == FAR:
                    if not used[v]:
                        break
                else:
                    while cur[v] < ptr[v + 1]:
                        w = adj[cur[v]]
                        cur[v] += 1
                        if level[2 * w] == step and kind[w] > NEAR:
                            t = 2 * w
                            break
                    if t < 0 and used[v] and level[s - 1] == step:
                        t = s - 1
            if t < 0:
                level[s] = -1
                top -= 1
            else:
                path[top] = t
                top += 1
        if top == 0:
            continue
        prv[source] = -1
        for i in range(top - 1):
            a, b = path[i], path[i + 1]
            v, w = a >> 1, b >> 1
            if a & 1:
                if v == w:
                    used[v] = False
                else:
                    nxt[v] = w
                    prv[w] = v
            elif v == w:
                used[v] = True
        nxt[path[top - 1] >> 1] = -1
        for i in range(top):
            level[path[i]] = -1
        found += 1
        if found >= limit:
            break
    return found


@njit(cache=True, nogil=True)
def _reach_back(ptr, adj, kind, used, prv, nxt, level, queue):  # type: ignore[no-untyped-def]
    """Mark (level 0) the states from which the sink can still be reached."""
    for i in range(level.size):
        level[i] = -1
    size = 0
    for v in range(kind.size):
        if kind[v] == FAR and not used[v]:
            level[2 * v + 1] = 0
            queue[size] = 2 * v + 1
            size += 1
    at = 0
    while at < size:
        s = queue[at]
        at += 1
        v = s >> 1
        if s & 1:
            t = s - 1
            if used[v]:
                if nxt[v] < 0:
                    continue
                t = 2 * nxt[v]
            if level[t] < 0:
                level[t] = 0
                queue[size] = t
                size += 1
        else:
            if kind[v] == NEAR:
                continue
            for k in range(ptr[v], ptr[v + 1]):
                w = adj[k]
                if level[2 * w + 1] < 0 and kind[w] < FAR:
                    level[2 * w + 1] = 0
                    queue[size] = 2 * w + 1
                    size += 1
            if used[v] and level[s + 1] < 0:
                level[s + 1] = 0
                queue[size] = s + 1
                size += 1


@njit(cache=True, nogil=True)
def _sides(kind, used, prv, nxt, level, forward, side):  # type: ignore[no-untyped-def]
    """Side of every node from what can be reached: 0 near, 1 far, 2 cut; the smaller side's size."""
    near = 0
    far = 0
    for v in range(kind.size):
        inside, outside = level[2 * v] >= 0, level[2 * v + 1] >= 0
        if forward:
            if used[v] and not outside and (inside or prv[v] < 0):
                side[v] = 2
            else:
                side[v] = 0 if (kind[v] <= NEAR or outside) else 1
        elif used[v] and not inside and (outside or nxt[v] < 0):
            side[v] = 2
        else:
            side[v] = 1 if (kind[v] >= FAR or inside) else 0
        near += side[v] == 0
        far += side[v] == 1
    return min(near, far)


@njit(cache=True, nogil=True)
def cut_cell(lo, hi, gptr, gadj, x, y, perm, pos, direction, best, side):  # type: ignore[no-untyped-def]
    """Cut the cell ``perm[lo:hi]`` across a direction.

    Fills `side` (0 near, 1 far, 2 cut) and returns the cut's score, smaller is better; gives up with a
    score above `best` as soon as the cut cannot be smaller.
    """
    m = hi - lo
    give_up = m + 2.0
    ptr = np.empty(m + 1, np.int32)
    ptr[0] = 0
    size = 0
    for i in range(m):
        v = perm[lo + i]
        for k in range(gptr[v], gptr[v + 1]):
            if lo <= pos[gadj[k]] < hi:
                size += 1
        ptr[i + 1] = size
    adj = np.empty(size, np.int32)
    size = 0
    for i in range(m):
        v = perm[lo + i]
        for k in range(gptr[v], gptr[v + 1]):
            j = pos[gadj[k]]
            if lo <= j < hi:
                adj[size] = j - lo
                size += 1
    key = np.zeros(m, np.float64)
    for i in range(m):
        v = perm[lo + i]
        if direction == 0:
            key[i] = x[v]
        elif direction == 1:
            key[i] = y[v]
        elif direction == 2:
            key[i] = x[v] + y[v]
        elif direction == 3:
            key[i] = x[v] - y[v]
    kind = np.empty(m, np.int8)
    queue = np.empty(2 * m, np.int32)
    if direction == 4:
        _ends_by_steps(ptr, adj, kind, queue)
    elif not _ends(key, kind):
        return give_up
    # inside both ends no flow is needed: a path has a last node in one and a first in the other
    for v in range(m):
        if kind[v] == MIDDLE:
            continue
        rim = False
        for k in range(ptr[v], ptr[v + 1]):
            other = kind[adj[k]]
            if other != kind[v] and other != (INNER_NEAR if kind[v] == NEAR else INNER_FAR):
                rim = True
                break
        if not rim:
            kind[v] = INNER_NEAR if kind[v] == NEAR else INNER_FAR
    used = np.zeros(m, np.bool_)
    prv = np.full(m, -1, np.int32)
    nxt = np.full(m, -1, np.int32)
    level = np.empty(2 * m, np.int32)
    cur = np.empty(m, np.int32)
    path = np.empty(2 * m + 2, np.int32)
    value = 0
    while _levels(ptr, adj, kind, used, prv, level, queue) >= 0:
        value += _augment(ptr, adj, kind, used, prv, nxt, level, cur, path, m)
        if value > best:
            return give_up
    # the last search found all that the source reaches: the cut next to it, and then the one next to the sink
    near = _sides(kind, used, prv, nxt, level, True, side)
    _reach_back(ptr, adj, kind, used, prv, nxt, level, queue)
    other_side = np.empty(m, np.int8)
    far = _sides(kind, used, prv, nxt, level, False, other_side)
    if far > near:
        for v in range(m):
            side[v] = other_side[v]
    return value - max(near, far) / m
