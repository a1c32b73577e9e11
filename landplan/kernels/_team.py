"""How many threads work on a kernel, and an order without numba's large sorting code."""

from __future__ import annotations

import numba
import numpy as np
from numba import njit

__all__ = ["order_of", "team"]


class team:  # it reads as a word: with team(2) as threads
    """Let so many threads enter parallel kernels inside a ``with`` block, which is told their number.

    A parallel region ends when all its threads have come, also those without work, and on a busy machine a
    sleeping one comes a scheduler's quantum late: little work is better done alone.

    Parameters
    ----------
    threads : int or None
        Threads wanted; None for numba's own number, or one where `work` is less than `enough`.
    work, enough : int
        Amount of work, and the least for which more than one thread pays.
    """

    def __init__(self, threads: int | None, *, work: int = 1, enough: int = 1) -> None:
        self.before: int = numba.get_num_threads()
        self.threads: int = threads or (self.before if work >= enough else 1)

    def __enter__(self) -> int:
        most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        numba.set_num_threads(max(1, min(self.threads, most)))
        return self.threads

    def __exit__(self, *_: object) -> None:
        numba.set_num_threads(self.before)


@njit(cache=True, nogil=True)
def order_of(values):  # type: ignore[no-untyped-def]
    """Places of the values in ascending order (Shell 1959, gaps by Tokuda); small code that compiles fast."""
    order = np.arange(values.size)
    gap = 1
    while gap < values.size:
        gap = (9 * gap) // 4 + 1
    while gap > 1:
        gap = max(1, 4 * (gap - 1) // 9)
        for i in range(gap, order.size):
            one = order[i]
            j = i
            while j >= gap and values[order[j - gap]] > values[one]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = one
    return order
