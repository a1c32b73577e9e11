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
