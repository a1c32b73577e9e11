"""The histogram of reasons against numpy's sort."""

from __future__ import annotations

import numpy as np

from landplan.kernels import reasons


def test_every_combination_is_counted_in_its_zone():
    rng = np.random.default_rng(2)
    bits = rng.choice(np.array([0, 1, 5, 1 << 63, 6], np.uint64), (9, 31))
    zone = rng.integers(-1, 3, bits.shape).astype(np.int32)
    found = reasons.histogram(bits, zone)
    rows = {(z, b): int(((zone == z) & (bits == b)).sum()) for z in range(3) for b in np.unique(bits)}
    assert {(z, b): c for z, b, c in zip(found.zone.tolist(), found.bits.tolist(), found.cells.tolist(), strict=True)} == {
        (z, int(b)): c for (z, b), c in rows.items() if c
    }
    assert (np.lexsort((found.bits, found.zone)) == np.arange(found.bits.size)).all()
    whole = reasons.histogram(bits)
    assert whole.cells.sum() == bits.size
    assert whole.bits.tolist() == np.unique(bits).tolist()
    assert reasons.histogram(bits[:0]).cells.size == 0


def test_more_combinations_than_a_table_first_holds():
    bits = np.repeat(np.arange(3_000, dtype=np.uint64) * np.uint64(0x10001), 2)
    assert reasons.histogram(bits).cells.tolist() == [2] * 3_000
