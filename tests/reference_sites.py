"""Obvious twins of the site kernels: slow, plain, and what the fast ones must equal."""

from __future__ import annotations

import numpy as np
import shapely


def coverage(polygon, x_min, y_max, cell_m, shape):
    """Share of each cell that a polygon covers, by cutting it with every cell."""
    out = np.zeros(shape)
    for r in range(shape[0]):
        for c in range(shape[1]):
            x, y = x_min + c * cell_m, y_max - r * cell_m
            out[r, c] = polygon.intersection(shapely.box(x, y - cell_m, x + cell_m, y)).area / cell_m**2
    return out


def prune(region, bridge):
    """Peel bridges with one neighbour, or two joined by their corner's cell, the first in reading order each time."""
    out = np.pad(region, 1)
    waiting = [(r, c) for r, c in np.argwhere(out) if bridge[r - 1, c - 1]]
    sides = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    while waiting:
        r, c = waiting.pop(0)
        near = [(dr, dc) for dr, dc in sides if out[r + dr, c + dc]]
        corner = len(near) == 2 and out[r + near[0][0] + near[1][0], c + near[0][1] + near[1][1]]
        opposite = len(near) == 2 and near[0][0] == -near[1][0] and near[0][1] == -near[1][1]
        if out[r, c] and (len(near) < 2 or (corner and not opposite)):
            out[r, c] = False
            more = [(r + dr, c + dc) for dr, dc in near if bridge[r + dr - 1, c + dc - 1]]
            waiting = more[::-1] + waiting
    return out[1:-1, 1:-1]


def rectangles(mask):
    """Every rectangle of True cells: row0, col0, high, wide."""
    rows, cols = mask.shape
    return [
        (r, c, h, w)
        for r in range(rows)
        for c in range(cols)
        for h in range(1, rows - r + 1)
        for w in range(1, cols - c + 1)
        if mask[r : r + h, c : c + w].all()
    ]
