"""Furness and the two-way sweep against their plain twins and a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from landplan.kernels import balance


def plain_furness(seed, rows, columns, rounds):
    table = np.array(seed, float)
    for _ in range(rounds):
        for i in range(table.shape[0]):
            total = table[i].sum()
            table[i] = table[i] * (rows[i] / total) if total > 0 else 0.0
        for j in range(table.shape[1]):
            total = table[:, j].sum()
            table[:, j] = table[:, j] * (columns[j] / total) if total > 0 else 0.0
    return table


def drawn(n, m, zeros=0):
    rng = np.random.default_rng(n * 31 + m)
    seed = rng.random((n, m)) + 0.01
    for k in range(zeros):
        seed[k % n, (3 * k + 1) % m] = 0.0
    truth = rng.random((n, m)) * (seed > 0) * 50
    return seed, truth.sum(axis=1), truth.sum(axis=0)


@pytest.mark.parametrize(("n", "m", "zeros"), [(1, 1, 0), (2, 3, 0), (5, 5, 4), (7, 4, 3)])
def test_furness_equals_its_plain_twin(n, m, zeros):
    seed, rows, columns = drawn(n, m, zeros)
    a, b, errors, used = balance.furness(seed, rows, columns)
    table = a[:, None] * seed * b
    assert np.allclose(table, plain_furness(seed, rows, columns, 400), rtol=1e-8, atol=1e-10)
    assert np.allclose(table.sum(axis=1), rows, rtol=1e-11)
    assert np.allclose(table.sum(axis=0), columns, rtol=1e-11)
    assert np.abs(errors).max() <= 1e-12
    assert used < 400


def test_an_even_seed_gives_the_product_of_shares():
    rows, columns = np.array([10.0, 30.0]), np.array([4.0, 16.0, 20.0])
    a, b, _, used = balance.furness(np.full((2, 3), 7.0), rows, columns)
    assert np.allclose(a[:, None] * 7.0 * b, np.outer(rows, columns) / 40.0, rtol=1e-14)
    assert used == 2


def test_a_start_that_meets_the_rows_alone_is_not_taken_for_the_answer():
    seed = np.array([[1.0, 1.0], [1.0, 1.0]])
    rows, columns = np.array([2.0, 2.0]), np.array([1.0, 3.0])
    a, b, _, _ = balance.furness(seed, rows, columns, start=np.ones(2))
    assert np.allclose((a[:, None] * seed * b).sum(axis=0), columns)


def test_totals_of_zero_and_rows_without_seed():
    seed = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0]])
    a, b, errors, _ = balance.furness(seed, np.array([3.0, 0.0, 0.0]), np.array([1.0, 2.0]), rounds=50)
    assert a[1] == a[2] == 0.0
    assert np.allclose(a[0] * seed[0] * b, [1.0, 2.0])
    _, _, errors, used = balance.furness(seed, np.array([3.0, 1.0, 0.0]), np.array([2.0, 2.0]), rounds=9)
    assert np.isinf(errors[1])
    assert used == 9


@pytest.mark.parametrize(("n", "m"), [(1, 3), (4, 4), (9, 6)])
def test_the_sweep_solves_its_equations(n, m):
    rng = np.random.default_rng(n)
    cells = rng.random((n, m))
    cells[0, 0] = 0.0
    x = rng.random((n, m))
    u, v = balance.sweep(cells, (cells * x).sum(axis=1), (cells * x).sum(axis=0))
    left = x - u[:, None] - v
    assert np.allclose((cells * left).sum(axis=1), 0.0, atol=1e-10)
    assert np.allclose((cells * left).sum(axis=0), 0.0, atol=1e-10)
    # the plain twin: least squares on a column a zone
    design = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))]).T
    root = np.sqrt(cells.ravel())
    terms = np.linalg.lstsq(design * root[:, None], x.ravel() * root)[0]
    assert np.allclose((u[:, None] + v)[cells > 0], (design @ terms).reshape(n, m)[cells > 0], atol=1e-9)


def test_a_zone_without_weight_gets_no_term():
    cells = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [2.0, 1.0, 0.0]])
    u, v = balance.sweep(cells, cells.sum(axis=1), cells.sum(axis=0))
    assert u[1] == v[2] == 0.0
    assert np.allclose((u[:, None] + v)[cells > 0], 1.0)


@pytest.mark.parametrize("floor", [1.0, 2.0, 4.0, 3.5, 50.0])
def test_a_number_below_the_floor_is_a_sum_over_those_below(floor):
    mu = np.array([0.0, 1e-12, 0.3, 1.0, 3.0, 17.0, 49.0, 60.0, 700.0])
    k = np.arange(int(np.ceil(floor)))
    log, mean, variance = balance.below(mu, floor)
    weight = stats.poisson.logpmf(k, mu[:, None])
    weight = np.exp(weight - weight.max(axis=1, keepdims=True))
    assert np.allclose(log, stats.poisson.logcdf(k[-1], mu), rtol=1e-9)
    assert np.allclose(mean, (weight * k).sum(axis=1) / weight.sum(axis=1), rtol=1e-12)
    assert np.allclose(variance, (weight * (k - mean[:, None]) ** 2).sum(axis=1) / weight.sum(axis=1), rtol=1e-8, atol=1e-12)
    # so far above the floor that only the largest number below has a chance
    log, mean, variance = balance.below(np.array([1e9]), floor)
    assert np.isfinite(log[0])
    assert mean[0] == pytest.approx(k[-1])
