"""Sums within reach, against a loop over places and points."""

from __future__ import annotations

import numpy as np

from landplan.kernels import gather


def test_sums_equal_a_loop_over_every_pair():
    rng = np.random.default_rng(5)
    nodes, batch, points = 7, 3, 9
    ds = rng.integers(0, 50, (batch, nodes)).astype(np.int32)
    ds[rng.random(ds.shape) < 0.3] = 2_147_483_647
    start = rng.random(batch)
    times = np.full((nodes, batch), -1.0)
    gather.by_node(ds[:1], start[:1], times)
    gather.by_node(ds[1:], start[1:], times, 1)
    assert (times == np.where(ds == 2_147_483_647, np.inf, ds + start[:, None]).T).all()
    ptr = np.concatenate([[0], np.cumsum(rng.integers(0, 4, points))])
    column, add = rng.integers(0, nodes, ptr[-1]), rng.random(ptr[-1]) * 9
    spent = np.where(rng.random(points) < 0.2, np.inf, rng.random(points) * 20)
    amount, cutoffs = rng.integers(1, 9, batch).astype(float), np.array([10.0, 30.0])
    out = np.ones((points, 2))
    gather.add_within(times, ptr, column, add, spent, amount, cutoffs, out)
    for p in range(points):
        for c, limit in enumerate(cutoffs):
            want = 1.0
            for b in range(batch):
                ways = [times[column[o], b] + add[o] for o in range(ptr[p], ptr[p + 1])]
                want += amount[b] if ways and min(ways) <= limit - spent[p] else 0.0
            assert out[p, c] == want
