"""Places against known optima: OR-Library's p-median, spopt's four models on San Francisco."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import shortest_path

from landplan.growth import location

PEERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "peers"
pytestmark = pytest.mark.skipif(not PEERS.is_dir(), reason="../shared is not here; peers' data stay out of the repository")


def _pmed(name):
    rows = [[int(v) for v in line.split()] for line in (PEERS / "orlib_pmed" / f"{name}.txt").read_text().splitlines() if line.strip()]
    n, _, p = rows[0]
    lengths = np.zeros((n, n))
    for a, b, c in rows[1:]:
        lengths[a - 1, b - 1] = lengths[b - 1, a - 1] = c
    return shortest_path(lengths, directed=False), p


def _optima():
    if not PEERS.is_dir():
        return []
    frame = pd.read_csv(PEERS / "orlib_pmed" / "optima.csv")
    return [(r.instance, r.n, r.optimum) for r in frame.itertuples() if (PEERS / "orlib_pmed" / f"{r.instance}.txt").is_file()]


@pytest.mark.parametrize(("name", "n", "optimum"), _optima())
def test_the_best_exchange_is_within_one_per_cent_and_its_bound_holds(name, n, optimum):
    cost, p = _pmed(name)
    found = location.p_median(cost, p=p, method="teitz_bart")
    assert optimum <= found.objective <= 1.01 * optimum
    assert 0.97 * optimum <= found.bound <= optimum + 1e-6
    assert found.chosen.size == p
    assert found.objective == pytest.approx(cost[:, found.chosen].min(axis=1).sum())


@pytest.mark.parametrize(("name", "n", "optimum"), [o for o in _optima() if o[1] <= 200])
def test_the_exact_method_is_exact(name, n, optimum):
    cost, p = _pmed(name)
    found = location.p_median(cost, p=p, limit_s=60.0)
    assert found.objective == optimum
    assert found.proved


@pytest.fixture(scope="module")
def francisco():
    folder = PEERS / "spopt_sf"
    long = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    people = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv")
    cost = long.pivot_table(values="distance", index="DestinationName", columns="name")
    demand = people.set_index("NAME")["POP2000"].reindex(cost.index) if "NAME" in people else people["POP2000"]
    return cost.to_numpy(float), demand.to_numpy(float)


@pytest.mark.parametrize(("p", "optimum"), [(2, 4_009_098_972.13), (4, 2_848_268_129.71)])
@pytest.mark.parametrize("method", ["exact", "teitz_bart"])
def test_p_median_of_san_francisco(francisco, p, optimum, method):
    found = location.p_median(*francisco, p=p, method=method)
    assert found.objective == pytest.approx(optimum, rel=1e-9)


@pytest.mark.parametrize(("p", "optimum"), [(2, 9130.7587), (4, 7403.0638)])
def test_p_center_of_san_francisco(francisco, p, optimum):
    assert location.p_center(*francisco, p=p).objective == pytest.approx(optimum, rel=1e-6)


@pytest.mark.parametrize(("within", "optimum"), [(5000, 8), (8000, 3)])
def test_set_cover_of_san_francisco(francisco, within, optimum):
    found = location.set_cover(*francisco, within=within)
    assert found.objective == optimum
    greedy = location.set_cover(*francisco, within=within, method="teitz_bart")
    assert greedy.bound <= optimum <= greedy.objective


@pytest.mark.parametrize(("within", "p", "optimum"), [(5000, 2, 671_938), (5000, 4, 875_247), (8000, 2, 934_831), (8000, 4, 955_113)])
@pytest.mark.parametrize("method", ["exact", "teitz_bart"])
def test_max_cover_of_san_francisco(francisco, within, p, optimum, method):
    found = location.max_cover(*francisco, p=p, within=within, method=method)
    if method == "exact":
        assert found.objective == pytest.approx(optimum)
    assert 0.98 * optimum <= found.objective <= optimum + 1e-6
    assert found.bound >= optimum - 1e-6
