"""Accessibility kernels against their twins, on rows that are empty, sparse, whole and longer than a piece."""

from __future__ import annotations

import os

import numba
import numpy as np
import pytest

from landplan.accessibility import decay
from landplan.kernels import measures, weighing
from tests import reference_access as twin

jit_off = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def matrix(rows, places, share, seed=3):
    """Rows of whole and tenth minutes; the first and some others empty, one row full of neighbours."""
    rng = np.random.default_rng(seed)
    mask = rng.random((rows, places)) < share
    mask[0] = False
    if rows > 2:
        mask[1] = True
        mask[2, places // 2] = True
    indptr = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    minutes = (rng.integers(0, 600, int(mask.sum())) / 10).astype(np.float32)
    return indptr, np.nonzero(mask)[1].astype(np.int32), minutes


MATRICES = {"sparse": matrix(7, 11, 0.3), "dense": matrix(6, 9, 1.1), "nothing": matrix(1, 5, 0.0), "none at all": matrix(1, 0, 0.0)}
DECAYS = [
    decay.step(5.8), decay.linear(40), decay.exponential(0.1), decay.power(1.2), decay.logistic(40, 10), decay.gaussian(15),
    decay.stepped([5.8, 20, 40], [0.7, 0.7, 0.1]), decay.stepped([5.8, 20, 40], [0.7, 0.2, 0], inclusive=False),
]  # fmt: skip


def amounts(n, seed):
    return np.random.default_rng(seed).integers(0, 4, n).astype(float)


@pytest.mark.parametrize("name", MATRICES)
def test_counts_equal_their_twins(name):
    indptr, dest, minutes = MATRICES[name]
    rows, places = indptr.size - 1, int(dest.max(initial=-1)) + 3
    offered, people = amounts(places, 1), amounts(rows, 2)
    cutoffs = np.array([30.0, 5.8, 0.0, 59.9, 12.3])
    assert (measures.reached_within(indptr, dest, minutes, offered, cutoffs) == twin.reached_within(indptr, dest, minutes, offered, cutoffs)).all()
    got = measures.reached_from(indptr, dest, minutes, people, cutoffs, places)
    assert (got == twin.reached_from(indptr, dest, minutes, people, cutoffs, places)).all()
    for n in (1, 2, 5, 1_000):
        assert (measures.closest(indptr, dest, minutes, offered, n) == twin.closest(indptr, dest, minutes, offered, n)).all()
    for increment in (1.0, 0.1, 7.0):
        got = measures.balancing(indptr, dest, minutes, offered, people, increment, float(minutes.max(initial=0)))
        assert np.array_equal(got, twin.balancing(indptr, dest, minutes, offered, people, increment), equal_nan=True)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("how", DECAYS, ids=lambda d: f"{d.kind}{'' if d.inclusive else ' after'}")
@pytest.mark.parametrize("name", MATRICES)
def test_weighted_sums_equal_their_twins(name, how, squared):
    indptr, dest, minutes = MATRICES[name]
    rows, places = indptr.size - 1, int(dest.max(initial=-1)) + 3
    offered, people = amounts(places, 1), np.stack([amounts(rows, 2), np.ones(rows)])

    def weight(t):
        return float(how(np.float32(t)))

    got = weighing.by_origin(indptr, dest, minutes, how.code(), offered, squared=squared)
    assert np.allclose(got, twin.by_origin(indptr, dest, minutes, weight, offered, 1 + squared), rtol=1e-12, atol=0)
    some = np.arange(rows) % 2 == 0
    assert (weighing.by_origin(indptr, dest, minutes, how.code(), offered, squared=squared, only=some) == np.where(some, got, 0)).all()
    got = weighing.by_destination(indptr, dest, minutes, how.code(), people, places, squared=squared)
    assert np.allclose(got, twin.by_destination(indptr, dest, minutes, weight, people, places, 1 + squared), rtol=1e-12, atol=0)


def test_exponentials_to_the_last_places():
    x = np.concatenate([np.linspace(-708, 708, 1_001), [0.0, -0.0, -1e-300, -709.0, -1e6, 1e6, -np.inf]])
    got = x.copy()
    power = np.empty(x.size)
    getattr(weighing.exponentials, "py_func", weighing.exponentials)(got, x.size, power, power.view(np.int64))
    want = np.exp(np.minimum(x, 709.0))
    want[x < -708] = 0.0
    assert (np.abs(got - want) <= 2 * np.spacing(want)).all()
    assert got[1_001] == 1.0


@pytest.mark.skipif(jit_off, reason="one thread when not compiled")
def test_every_number_of_threads_gives_the_same_bits():
    rng = np.random.default_rng(5)
    indptr, dest, _ = matrix(900, 2_500, 0.5)
    minutes = (rng.random(dest.size) * 90).astype(np.float32)
    offered, people = rng.random(2_500), rng.random((2, 900))
    code = decay.exponential(0.1).code()
    answers = []
    before = numba.get_num_threads()
    try:
        for threads in range(1, before + 1):
            numba.set_num_threads(threads)
            answers.append(
                np.concatenate(
                    [
                        weighing.by_origin(indptr, dest, minutes, code, offered),
                        weighing.by_destination(indptr, dest, minutes, code, people, 2_500).ravel(),
                        measures.reached_within(indptr, dest, minutes, offered, np.array([10.0, 50.0])).ravel(),
                        measures.reached_from(indptr, dest, minutes, people[0], np.array([10.0, 50.0]), 2_500).ravel(),
                        measures.closest(indptr, dest, minutes, offered, 20),
                    ]
                )
            )
    finally:
        numba.set_num_threads(before)
    assert all((a == answers[0]).all() for a in answers)
    # and each destination adds up its origins in their order
    flat = np.zeros(2_500)
    weights = decay.exponential(0.1)(minutes)
    for i in range(900):
        row = slice(indptr[i], indptr[i + 1])
        flat[dest[row]] += weights[row] * people[0, i]
    assert np.allclose(answers[0][900:3_400], flat, rtol=1e-14, atol=0)


def test_faults_are_found_row_by_row():
    indptr = np.array([0, 0, 2, 4, 6, 8, 9, 10])
    dest = np.array([0, 1, 1, 1, 0, 3, 0, 1, 1, -1], np.int32)
    minutes = np.array([0.0, -0.0, 1, 2, 3, 4, np.nan, 2, np.inf, 1], np.float32)
    assert weighing.faults(indptr, dest, minutes, 3).tolist() == [0, 0, 2, 2, 1, 1, 2]
