"""Weighted overlay of scored criteria in one pass: score, limiting criterion."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["weighted_sum"]


@njit(cache=True, nogil=True, parallel=True)
def _weighted_sum(scores, weights, score, limiting):  # type: ignore[no-untyped-def]
    layers, rows, cols = scores.shape
    for r in prange(rows):
        for c in range(cols):
            total = 0.0
            lowest = np.inf
            worst = 255
            known = True
            for k in range(layers):
                s = scores[k, r, c]
                if np.isnan(s):
                    known = False
                total += weights[k] * s
                # the criterion that costs most: the largest weighted loss from a full score
                gain = -weights[k] * (1.0 - s)
                if gain < lowest:
                    lowest = gain
                    worst = k
            if known:
                score[r, c] = total
                limiting[r, c] = worst
            else:
                score[r, c] = np.nan
                limiting[r, c] = 255


def weighted_sum(
    scores: NDArray[np.float32], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Weighted linear combination of criterion scores.

    Parameters
    ----------
    scores : ndarray of float32, shape (criteria, rows, cols)
        0-1, 1 is best, nan is unknown.
    weights : ndarray of float64, shape (criteria,)
        Non-negative, summing to 1.

    Returns
    -------
    score : ndarray of float32, shape (rows, cols)
        sum_k w_k s_k; nan where any criterion is unknown.
    limiting : ndarray of uint8, shape (rows, cols)
        Index of the criterion with the largest weighted loss w_k (1 - s_k), the first of equals; 255
        where the score is unknown.

    Raises
    ------
    ValueError
        If shapes disagree or there are more than 254 criteria.

    Examples
    --------
    >>> import numpy as np
    >>> s, worst = weighted_sum(np.array([[[1.0]], [[0.5]]], np.float32), np.array([0.5, 0.5]))
    >>> float(s[0, 0]), int(worst[0, 0])
    (0.75, 1)
    """
    if scores.ndim != 3 or weights.shape != scores.shape[:1] or not 0 < scores.shape[0] < 255:
        raise ValueError(f"scores {scores.shape} and weights {weights.shape} do not fit (1-254 criteria)")
    score = np.empty(scores.shape[1:], np.float32)
    limiting = np.empty(scores.shape[1:], np.uint8)
    _weighted_sum(np.ascontiguousarray(scores), np.ascontiguousarray(weights, dtype=np.float64), score, limiting)
    return score, limiting
