"""Obvious twins of the kernels: slow, plain, and what the fast ones must equal."""

from __future__ import annotations

import heapq
import math

import numpy as np


def squared_distance(mask):
    """Squared distance in cells to the nearest True, by looking at every True; -1 when there is none."""
    rows, cols = mask.shape
    targets = np.argwhere(mask)
    out = np.full(mask.shape, -1, np.int64)
    if len(targets):
        for r in range(rows):
            for c in range(cols):
                out[r, c] = min((r - tr) ** 2 + (c - tc) ** 2 for tr, tc in targets)
    return out


def components(mask, neighbours):
    """Labels by flood fill, numbered in reading order."""
    labels = np.zeros(mask.shape, np.int32)
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    if neighbours == 8:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    count = 0
    for r in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            if not mask[r, c] or labels[r, c]:
                continue
            count += 1
            labels[r, c] = count
            stack = [(r, c)]
            while stack:
                y, x = stack.pop()
                for dy, dx in steps:
                    yy, xx = y + dy, x + dx
                    inside = 0 <= yy < mask.shape[0] and 0 <= xx < mask.shape[1]
                    if inside and mask[yy, xx] and not labels[yy, xx]:
                        labels[yy, xx] = count
                        stack.append((yy, xx))
    return labels


def weighted_sum(scores, weights):
    """Score and index of the criterion with the largest weighted loss, cell by cell."""
    _, rows, cols = scores.shape
    score = np.full((rows, cols), np.nan, np.float32)
    limiting = np.full((rows, cols), 255, np.uint8)
    for r in range(rows):
        for c in range(cols):
            cell = scores[:, r, c]
            if np.isnan(cell).any():
                continue
            score[r, c] = np.float32(sum(float(w) * float(s) for w, s in zip(weights, cell, strict=True)))
            losses = [float(w) * (1.0 - float(s)) for w, s in zip(weights, cell, strict=True)]
            limiting[r, c] = losses.index(max(losses))
    return score, limiting


def slope_percent(z, cell):
    """Horn's slope, nan on the rim and beside nan."""
    out = np.full(z.shape, np.nan, np.float32)
    for r in range(1, z.shape[0] - 1):
        for c in range(1, z.shape[1] - 1):
            w = z[r - 1 : r + 2, c - 1 : c + 2].astype(float)
            if np.isnan(w).any():
                continue
            dx = (w[0, 2] + 2 * w[1, 2] + w[2, 2] - w[0, 0] - 2 * w[1, 0] - w[2, 0]) / (8 * cell)
            dy = (w[2, 0] + 2 * w[2, 1] + w[2, 2] - w[0, 0] - 2 * w[0, 1] - w[0, 2]) / (8 * cell)
            out[r, c] = 100 * math.hypot(dx, dy)
    return out


def shortest(indptr, head, weight, seeds, cutoff=math.inf):
    """Dijkstra with a heap; seeds is a list of (node, cost). `inf` where unreached."""
    best = [math.inf] * (len(indptr) - 1)
    heap = [(cost, node) for node, cost in seeds if cost <= cutoff]
    heapq.heapify(heap)
    while heap:
        cost, node = heapq.heappop(heap)
        if cost >= best[node]:
            continue
        best[node] = cost
        for k in range(indptr[node], indptr[node + 1]):
            step = cost + weight[k]
            if step < best[head[k]] and step <= cutoff:
                heapq.heappush(heap, (step, head[k]))
    return best


def access_field(x, y, minutes, shape, cell, reach, speed_kmh, latest, barrier=None):
    """Least of sample time plus straight walk, without entering a barrier cell."""
    per_m = 60.0 / (speed_kmh * 1000.0)
    out = np.full(shape, np.inf)
    for r in range(shape[0]):
        for c in range(shape[1]):
            cx, cy = (c + 0.5) * cell, (r + 0.5) * cell
            for sx, sy, t in zip(x, y, minutes, strict=True):
                d = math.hypot(sx - cx, sy - cy)
                sr, sc = int(sy // cell), int(sx // cell)
                if t > latest or ((sr, sc) != (r, c) and d > min(reach, (latest - t) / per_m)):
                    continue
                if barrier is not None and (sr, sc) != (r, c):
                    steps = 2 * max(abs(r - sr), abs(c - sc))
                    line = [
                        (math.floor(sr + (r - sr) * k / steps + 0.5), math.floor(sc + (c - sc) * k / steps + 0.5))
                        for k in range(1, steps + 1)
                    ]
                    if any(barrier[p] for p in line):
                        continue
                walk = 0.0 if (sr, sc) == (r, c) else d * per_m
                out[r, c] = min(out[r, c], t + walk)
    return out


def nearest_label(labels):
    """Labels of all sources at the least distance, cell by cell, as sets: any of them is a right answer to a tie."""
    sources = np.argwhere(labels)
    out = {}
    for r in range(labels.shape[0]):
        for c in range(labels.shape[1]):
            far = [(r - y) ** 2 + (c - x) ** 2 for y, x in sources]
            out[r, c] = {int(labels[y, x]) for (y, x), d in zip(sources, far, strict=True) if d == min(far)}
    return out


def horn(z, cell):
    """Slope in per cent and in degrees and aspect of a 3 x 3 window, in float64."""
    w = z.astype(float)
    dx = ((w[0, 2] - w[0, 0]) + 2 * (w[1, 2] - w[1, 0]) + (w[2, 2] - w[2, 0])) / (8 * cell)
    dy = ((w[2, 0] - w[0, 0]) + 2 * (w[2, 1] - w[0, 1]) + (w[2, 2] - w[0, 2])) / (8 * cell)
    if np.isnan(w).any():
        return math.nan, math.nan, math.nan
    rise = math.hypot(dx, dy)
    aspect = math.nan if dx == dy == 0 else math.degrees(math.atan2(-dx, dy)) % 360.0
    return 100 * rise, math.degrees(math.atan(rise)), aspect


def table_score(v, table):
    """Score of one value by one table."""
    if math.isnan(v):
        return math.nan
    xs, ys = list(table.xs), list(table.ys)
    if table.kind == "piecewise":
        return float(np.interp(v, xs, ys))
    if table.kind == "sigmoid":
        return 1 / (1 + math.exp(min(700.0, max(-700.0, -(v - xs[0]) / ys[0]))))
    if table.kind == "gaussian":
        return math.exp(-0.5 * ((v - xs[0]) / ys[0]) ** 2)
    if table.kind == "categories":
        return dict(zip(xs, ys, strict=True)).get(v, table.fallback)
    return v


def wowa(scores, weights, order):
    """Torra's weighted ordered average; `order` is a list of order weights or the power of Q."""
    def q(u):
        if isinstance(order, float):
            return u**order
        return float(np.interp(u, np.linspace(0, 1, len(order) + 1), np.r_[0, np.cumsum(order) / np.sum(order)]))

    total, share = 0.0, 0.0
    for s, w in sorted(zip(scores, weights, strict=True), key=lambda p: -p[0]):
        total += (q(min(1.0, share + w)) - q(min(1.0, share))) * s
        share += w
    return total


def combine(scores, weights, method, order=None, weight_sd=None, free=None):
    """Overlay of scores (criteria, rows, cols): score, limiting, sd, in float64."""
    scores = scores.astype(float)
    w = np.asarray(weights, float) / np.sum(weights)
    used = [k for k in range(len(w)) if w[k] > 0]
    shape = scores.shape[1:]
    score, sd, limiting = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, 255)
    known = np.array([[not np.isnan(scores[used, r, c]).any() for c in range(shape[1])] for r in range(shape[0])])
    cells = np.argwhere(known)
    compete = [tuple(p) for p in cells if free is None or free[tuple(p)]]
    v = {k: w[k] / (math.sqrt(sum(scores[k][p] ** 2 for p in compete)) or math.inf) for k in used}
    for p in map(tuple, cells):
        s = [scores[k][p] for k in used]
        mean = sum(w[k] * scores[k][p] for k in used)
        losses = [w[k] - w[k] * scores[k][p] for k in used]
        limiting[p] = used[losses.index(max(losses))]
        if weight_sd is not None:
            sd[p] = math.sqrt(sum((weight_sd[k] / np.sum(weights) * (scores[k][p] - mean)) ** 2 for k in used))
        if method == "wlc":
            score[p] = mean
        elif method == "product":
            score[p] = math.prod(scores[k][p] ** w[k] for k in used)
        elif method == "minimum":
            score[p] = min(s)
            limiting[p] = used[s.index(min(s))]
        elif method == "owa":
            score[p] = wowa(s, [w[k] for k in used], order)
        else:
            up = math.sqrt(sum((v[k] * (max(scores[k][q] for q in compete) - scores[k][p])) ** 2 for k in used))
            down = math.sqrt(sum((v[k] * (min(scores[k][q] for q in compete) - scores[k][p])) ** 2 for k in used))
            score[p] = down / (up + down) if up + down else 1.0
    return score, limiting, sd


def cost_distance(cost, sources, cell, neighbours, height=None, factor=None, towards=False):
    """Accumulated cost by Dijkstra with a heap over all steps; nan where the cost is."""
    rows, cols = cost.shape
    steps = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
    if neighbours == 16:
        steps += [(-2, 1), (-1, 2), (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1)]
    best = np.full(cost.shape, np.inf)
    heap = [(0.0, int(r), int(c)) for r, c in np.argwhere(sources) if np.isfinite(cost[r, c])]
    while heap:
        d, r, c = heapq.heappop(heap)
        if d >= best[r, c]:
            continue
        best[r, c] = d
        for dr, dc in steps:
            crossed = [(r, c), (r + dr, c + dc)]
            if abs(dr) + abs(dc) == 3:
                crossed += [(r + dr // 2, c), (r + dr // 2, c + dc)] if abs(dr) == 2 else [(r, c + dc // 2), (r + dr, c + dc // 2)]
            if not all(0 <= y < rows and 0 <= x < cols and np.isfinite(cost[y, x]) for y, x in crossed):
                continue
            run = math.hypot(dr, dc) * cell
            step = run * sum(cost[p] for p in crossed) / len(crossed)
            if height is not None:
                grade = (height[r + dr, c + dc] - height[r, c]) / run
                step *= factor(-grade if towards else grade)
            if step < math.inf:
                heapq.heappush(heap, (d + step, r + dr, c + dc))
    return np.where(np.isnan(cost), np.nan, best)
