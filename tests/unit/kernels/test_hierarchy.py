"""Order, contraction, customisation, sweeps and paths against scipy's Dijkstra, exactly."""

from __future__ import annotations

import gzip
import os
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from landplan.kernels import _simd, contraction, dissection, hierarchy, sweep, unpack
from landplan.kernels.hierarchy import UNREACHED

PLAIN = bool(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"))
FEW = settings(
    max_examples=15 if PLAIN else 150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
big = pytest.mark.skipif(PLAIN, reason="too large to run uncompiled")


def graph(n, tails, heads, weights):
    """CSR of arcs in order of their tails; parallel arcs and loops stay."""
    by = np.argsort(tails, kind="stable")
    indptr = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(tails, minlength=n), out=indptr[1:])
    return indptr, np.asarray(heads, np.int32)[by], np.asarray(weights, np.int32)[by]


def truth(indptr, head, weight, sources=None, limit=UNREACHED):
    """scipy's answer as integers; parallel arcs cut down to the shortest, closed arcs left out."""
    n = indptr.size - 1
    tail = np.repeat(np.arange(n), np.diff(indptr))
    by = np.lexsort((weight, head, tail))
    by = by[weight[by] < UNREACHED]
    first = np.ones(by.size, bool)
    first[1:] = (np.diff(tail[by]) != 0) | (np.diff(head[by]) != 0)
    by = by[first]
    matrix = csr_array((weight[by].astype(float), head[by], np.searchsorted(tail[by], np.arange(n + 1))), shape=(n, n))
    found = dijkstra(matrix, indices=sources)
    return np.where(found >= limit, limit, found).astype(np.int64)


def seeds_of(nodes):
    nodes = np.asarray(nodes, np.int32)
    return np.arange(nodes.size + 1), nodes, np.zeros(nodes.size, np.int64)


def length_of(nodes, indptr, head, weight):
    total = 0
    for u, v in pairwise(nodes):
        arcs = np.arange(indptr[u], indptr[u + 1])
        total += int(weight[arcs[head[arcs] == v]].min())
    return total


def lattice(side, seed=0, high=90):
    """Streets on a square lattice, some missing, some one way."""
    rng = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()], 1), np.stack([node[:-1].ravel(), node[1:].ravel()], 1)])
    pairs = pairs[rng.random(len(pairs)) < 0.85]
    both = rng.random(len(pairs)) < 0.8
    tails = np.concatenate([pairs[:, 0], pairs[both, 1]])
    heads = np.concatenate([pairs[:, 1], pairs[both, 0]])
    y, x = np.divmod(np.arange(side * side), side)
    return (*graph(side * side, tails, heads, rng.integers(1, high, tails.size)), x.astype(float), y.astype(float))


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 26))
    m = draw(st.integers(0, 70))
    node = st.integers(0, n - 1)
    tails = draw(st.lists(node, min_size=m, max_size=m))
    heads = draw(st.lists(node, min_size=m, max_size=m))
    weight = st.one_of(st.integers(0, 3), st.integers(0, 4_000_000), st.sampled_from([0, 65_534, 65_535, 65_536, UNREACHED]))
    weights = draw(st.lists(weight, min_size=m, max_size=m))
    places = st.lists(st.integers(0, draw(st.sampled_from([0, 2, 50]))), min_size=n, max_size=n)
    x, y = (np.array(draw(places), float) for _ in range(2))
    return (*graph(n, np.array(tails, int), heads, weights), x, y)


def metric_of(indptr, head, weight, x, y, **more):
    structure = hierarchy.build(indptr, head, dissection.order(indptr, head, x, y))
    return hierarchy.customise(structure, weight, **more)


@FEW
@given(graphs())
def test_every_tree_is_dijkstras(drawn):
    indptr, head, weight, x, _ = drawn
    metric = metric_of(*drawn)
    expected = truth(indptr, head, weight)
    everyone = seeds_of(np.arange(x.size))
    assert (sweep.trees(metric, *everyone) == expected).all()
    assert (sweep.trees(metric, *everyone, direction="to") == expected.T).all()
    short = np.where(expected > 65_534, sweep.BEYOND, expected)
    assert (sweep.trees(metric, *everyone, dtype=np.uint16) == short).all()


@FEW
@given(graphs(), st.data())
def test_any_order_gives_the_same_times(drawn, data):
    indptr, head, weight, x, _ = drawn
    rank = np.array(data.draw(st.permutations(range(x.size))), np.int32)
    metric = hierarchy.customise(hierarchy.build(indptr, head, rank), weight)
    assert (sweep.trees(metric, *seeds_of(np.arange(x.size))) == truth(indptr, head, weight)).all()


@FEW
@given(graphs(), st.data())
def test_a_matrix_is_a_part_of_the_trees(drawn, data):
    indptr, head, weight, x, _ = drawn
    metric = metric_of(*drawn)
    targets = np.array(data.draw(st.lists(st.integers(0, x.size - 1), max_size=9)), np.int32)
    nodes = data.draw(st.lists(st.integers(0, x.size - 1), min_size=1, max_size=20))
    expected = truth(indptr, head, weight)
    found = sweep.matrix(sweep.restrict(metric, targets), *seeds_of(nodes))
    assert found.shape == (len(nodes), targets.size)
    assert (found == expected[nodes][:, targets]).all()
    back = sweep.matrix(sweep.restrict(metric, targets, direction="to"), *seeds_of(nodes), dtype=np.uint16)
    assert (back == np.minimum(expected.T[nodes][:, targets], sweep.BEYOND)).all()


@FEW
@given(graphs(), st.data())
def test_seeds_add_what_was_spent(drawn, data):
    indptr, head, weight, x, _ = drawn
    metric = metric_of(*drawn)
    groups = data.draw(st.lists(st.lists(st.tuples(st.integers(0, x.size - 1), st.integers(0, 70_000)), max_size=3), min_size=1, max_size=18))
    flat = [seed for group in groups for seed in group]
    ptr = np.concatenate([[0], np.cumsum([len(group) for group in groups])])
    nodes, spent = np.array([s[0] for s in flat], np.int32), np.array([s[1] for s in flat], np.int64)
    found = sweep.trees(metric, ptr, nodes, spent)
    every = truth(indptr, head, weight)
    for i, group in enumerate(groups):
        expected = np.full(x.size, UNREACHED)
        for node, cost in group:
            expected = np.minimum(expected, every[node] + cost)
        assert (found[i] == expected).all()


@FEW
@given(graphs(), st.data())
def test_new_weights_are_as_a_fresh_build(drawn, data):
    indptr, head, weight, x, y = drawn
    structure = hierarchy.build(indptr, head, dissection.order(indptr, head, x, y))
    hierarchy.customise(structure, weight)
    other = np.array(data.draw(st.lists(st.sampled_from([0, 1, 2, 9, 70_000, UNREACHED]), min_size=weight.size, max_size=weight.size)), np.int32)
    again = hierarchy.customise(structure, other)
    fresh = metric_of(indptr, head, other, x, y)
    for name in ("time_ds", "out_ptr", "out_arc", "in_ptr", "in_arc"):
        assert (getattr(again, name) == getattr(fresh, name)).all()
    assert (sweep.trees(again, *seeds_of(np.arange(x.size))) == truth(indptr, head, other)).all()


@FEW
@given(graphs(), st.data())
def test_a_path_is_as_long_as_its_time(drawn, data):
    indptr, head, weight, x, _ = drawn
    metric = metric_of(*drawn)
    source, target = (data.draw(st.integers(0, x.size - 1)) for _ in range(2))
    expected = truth(indptr, head, weight)[source, target]
    time, nodes = unpack.path(metric, source, target)
    assert time == expected
    if time == UNREACHED:
        assert nodes.size == 0
    else:
        assert nodes[0] == source
        assert nodes[-1] == target
        assert np.unique(nodes).size == nodes.size
        assert length_of(nodes, indptr, head, weight) == time


@pytest.mark.parametrize("side", [2, 9] if PLAIN else [2, 9, 60])
def test_a_lattice_town(side):
    indptr, head, weight, x, y = lattice(side)
    metric = metric_of(indptr, head, weight, x, y)
    nodes = np.random.default_rng(1).integers(0, x.size, 40)
    expected = truth(indptr, head, weight, nodes)
    assert (sweep.trees(metric, *seeds_of(nodes)) == expected).all()
    assert (sweep.trees(metric, *seeds_of(nodes), dtype=np.uint16) == np.minimum(expected, sweep.BEYOND)).all()
    assert (sweep.matrix(sweep.restrict(metric, nodes), *seeds_of(nodes)) == expected[:, nodes]).all()
    for source, target in zip(nodes[:9], nodes[9:18], strict=True):
        time, way = unpack.path(metric, source, target)
        assert time == truth(indptr, head, weight, [source])[0, target]
        assert length_of(way, indptr, head, weight) == (time if way.size else 0)


def test_the_bits_do_not_depend_on_threads_or_batches():
    indptr, head, weight, x, y = lattice(9 if PLAIN else 90, seed=4)
    nodes = np.random.default_rng(2).integers(0, x.size, 50)
    rank = dissection.order(indptr, head, x, y, threads=1)
    structure = hierarchy.build(indptr, head, rank)
    one = hierarchy.customise(structure, weight, threads=1)
    answer = sweep.trees(one, *seeds_of(nodes), threads=1)
    for threads in (2, 3, 7):
        assert (dissection.order(indptr, head, x, y, threads=threads) == rank).all()
        many = hierarchy.customise(structure, weight, threads=threads)
        for a, b in zip(one[1:], many[1:], strict=True):
            assert (a == b).all()
        assert (sweep.trees(many, *seeds_of(nodes), threads=threads) == answer).all()
    turned = nodes[::-1]
    assert (sweep.trees(one, *seeds_of(turned)) == answer[::-1]).all()
    for node, line in zip(nodes[:5], answer, strict=False):
        assert (sweep.trees(one, *seeds_of([node]))[0] == line).all()
    assert (sweep.trees(one, *seeds_of(nodes), out=sweep.room(nodes.size, x.size)) == answer).all()


def test_order_is_a_permutation_also_without_coordinates():
    indptr, head, _, x, _ = lattice(9 if PLAIN else 40)
    rank = dissection.order(indptr, head, np.zeros_like(x), np.zeros_like(x))
    assert (np.sort(rank) == np.arange(x.size)).all()
    none = dissection.order(np.zeros(1, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    assert none.size == 0


def test_coordinates_that_lie_cost_arcs_and_never_the_answer():
    indptr, head, weight, x, y = lattice(9 if PLAIN else 60)
    shuffled = np.random.default_rng(6).permutation(x.size)
    metric = metric_of(indptr, head, weight, x[shuffled], y[shuffled])
    assert metric.structure.arcs < 20 * x.size
    nodes = np.array([0, 5, 40])
    assert (sweep.trees(metric, *seeds_of(nodes)) == truth(indptr, head, weight, nodes)).all()


def test_order_keeps_the_hierarchy_small():
    side = 12 if PLAIN else 100
    indptr, head, _, x, y = lattice(side)
    structure = hierarchy.build(indptr, head, dissection.order(indptr, head, x, y))
    worst = hierarchy.build(indptr, head, np.random.default_rng(0).permutation(x.size).astype(np.int32)) if side < 20 else None
    assert structure.arcs < 10 * x.size  # a full lattice needs about n log n
    assert worst is None or structure.arcs < worst.arcs


def test_rows_are_depth_first_with_the_top_last():
    indptr, head, _, x, y = lattice(9 if PLAIN else 60)
    s = hierarchy.build(indptr, head, dissection.order(indptr, head, x, y))
    rows = np.arange(s.nodes)
    assert (s.row[s.node] == rows).all()
    assert ((s.parent > rows) | (s.parent < 0)).all()
    piece = np.searchsorted(s.pieces, rows, side="right")
    below_top = (s.parent >= 0) & (s.parent < s.pieces[-1])
    assert (piece[below_top] == piece[s.parent[below_top]]).all()  # no piece is left on the way up but for the top
    assert s.pieces[0] == 0
    assert (np.diff(s.up_ptr)[s.parent < 0] == 0).all()
    first = s.up_ptr[:-1][np.diff(s.up_ptr) > 0]
    assert (s.up_head[first] == s.parent[s.parent >= 0]).all()
    assert s.nbytes > 0


def test_useless_arcs_are_dropped():
    # a square of roads and a slow diagonal, both ways: no shortest path takes the diagonal
    tails, heads = np.array([0, 1, 2, 0, 1, 2, 0, 2]), np.array([1, 2, 0, 2, 0, 1, 2, 0])
    indptr, head, weight = graph(3, tails, heads, [1, 1, 9, 9, 1, 1, 9, 9])
    metric = hierarchy.customise(hierarchy.build(indptr, head, np.array([0, 1, 2], np.int32)), weight)
    assert metric.out_arc.shape[0] == metric.in_arc.shape[0] == 2 * _simd.ARCS
    assert metric.nbytes > 0


def test_a_graph_longer_than_16_bits_never_wraps():
    n = 40
    tails = np.concatenate([np.arange(n - 1), np.arange(1, n)])
    heads = np.concatenate([np.arange(1, n), np.arange(n - 1)])
    indptr, head, weight = graph(n, tails, heads, np.full(tails.size, 4_000))
    metric = metric_of(indptr, head, weight, np.arange(n, dtype=float), np.zeros(n))
    found = sweep.trees(metric, *seeds_of([0]), dtype=np.uint16)[0]
    assert found[:17].tolist() == [4_000 * i for i in range(17)]
    assert (found[17:] == sweep.BEYOND).all()
    weight[:] = 66_000
    metric = hierarchy.customise(metric.structure, weight)
    assert (sweep.trees(metric, *seeds_of([0]), dtype=np.uint16)[0, 1:] == sweep.BEYOND).all()


def test_times_at_the_end_of_the_type_stay_unreached():
    indptr, head, weight = graph(4, np.array([0, 1, 2]), [1, 2, 3], [2_000_000_000, 147_483_646, 1])
    metric = metric_of(indptr, head, weight, np.arange(4.0), np.zeros(4))
    found = sweep.trees(metric, np.array([0, 1, 2]), np.array([0, 1], np.int32), np.array([0, UNREACHED - 1]))
    assert found.tolist() == [[0, 2_000_000_000, UNREACHED - 1, UNREACHED], [UNREACHED, UNREACHED - 1, UNREACHED, UNREACHED]]


def test_bad_input_is_refused():
    indptr, head, weight = graph(2, np.array([0]), [1], [5])
    with pytest.raises(ValueError, match="one coordinate"):
        dissection.order(indptr, head, np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="finite"):
        dissection.order(indptr, head, np.array([0.0, np.nan]), np.zeros(2))
    with pytest.raises(ValueError, match="permutation"):
        hierarchy.build(indptr, head, np.array([0, 0], np.int32))
    structure = hierarchy.build(indptr, head, np.array([1, 0], np.int32))
    with pytest.raises(ValueError, match="one weight"):
        hierarchy.customise(structure, np.array([1, 2], np.int32))
    with pytest.raises(ValueError, match="at least 0"):
        hierarchy.customise(structure, np.array([-1], np.int32))
    metric = hierarchy.customise(structure, weight)
    with pytest.raises(ValueError, match="start at 0"):
        sweep.trees(metric, np.array([0, 1]), np.array([0], np.int32), np.array([-3]))
    with pytest.raises(ValueError, match="room"):
        sweep.trees(metric, *seeds_of([0]), out=np.empty((2, 16), np.uint16))


@pytest.mark.skipif(PLAIN, reason="needs the compiled words to compare the plain ones with")
@pytest.mark.parametrize("dtype", [np.int32, np.uint16])
def test_machine_words_say_what_their_plain_twins_say(dtype):
    from numba import njit

    @njit
    def compiled(rows, arcs, out, counter, lowered):
        lowered[0] = _simd.lower_row(rows, 1, 0, arcs[0, 1])
        lowered[1] = _simd.lower_row(rows, 1, 0, arcs[0, 1])
        _simd.sweep_row(rows, 2, arcs, 0, 4, True)
        _simd.sweep_row(rows, 3, arcs, 4, 8, False)
        _simd.put_row(rows, 3, out, rows.shape[1])
        return _simd.fetch_add(counter, 1, 5)

    lanes = _simd.LANES[np.dtype(dtype)]
    top = UNREACHED if dtype is np.int32 else 65_535
    rng = np.random.default_rng(5)
    rows = rng.integers(0, top, (4, lanes), endpoint=True).astype(dtype)
    rows[0, :4] = top
    arcs = np.array([[0, 7], [1, 70_000], [0, 3], [1, 0], [0, 1], [1, 2], [2, 9], [2, 9]], np.int32)
    twin, out, out_twin = rows.copy(), sweep._aligned((2 * lanes,), dtype), np.zeros(2 * lanes, dtype)
    out[:] = 0
    counter = np.array([0, 3])
    lowered = np.array([False, True])
    assert compiled(rows, arcs, out, counter, lowered) == 3
    assert lowered.tolist() == [True, False]
    assert counter.tolist() == [0, 8]
    assert [_simd._lower_row(twin, 1, 0, arcs[0, 1]) for _ in range(2)] == [True, False]
    _simd._sweep_row(twin, 2, arcs, 0, 4, True)
    _simd._sweep_row(twin, 3, arcs, 4, 8, False)
    _simd._put_row(twin, 3, out_twin, lanes)
    assert _simd._fetch_add(counter, 1, 5) == 8
    # beyond int32 the sum is unreached in the plain twin and larger than unreached in the word: both lose
    assert (rows == twin).all()
    assert (out == out_twin).all()


@pytest.mark.skipif(PLAIN, reason="needs the compiled words to compare the plain ones with")
def test_bits_of_a_word_are_what_their_plain_twins_say():
    from numba import njit

    @njit
    def compiled(cells, at, out, words, told):
        words[0] = _simd.pack_word(cells, at)
        for i in range(words.size):
            told[i, 0] = _simd.ones(words[i])
            told[i, 1] = _simd.lowest(words[i])
            told[i, 2] = _simd.rest(words[i])
        _simd.fill_block(out, 3, 7)

    cells = np.random.default_rng(6).integers(0, 3, 100).astype(np.uint8)
    words = np.array([0, 0, 1, -1, np.iinfo(np.int64).min, np.iinfo(np.int64).max, -8, 1 << 40])
    told, out, out_twin = np.empty((words.size, 3), np.int64), np.zeros(20, np.int32), np.zeros(20, np.int32)
    compiled(cells, 5, out, words, told)
    assert words[0] == _simd._pack_word(cells, 5)
    assert told.tolist() == [[_simd._ones(w), _simd._lowest(w), _simd._rest(w)] for w in words]
    _simd._fill_block(out_twin, 3, 7)
    assert (out == out_twin).all()


@cache
def rome(folder):
    arcs = np.array([line.split()[1:] for line in (folder / "rome99.gr").read_text().splitlines() if line[:1] == "a"], int)
    n = arcs[:, :2].max()
    return graph(n, arcs[:, 0] - 1, arcs[:, 1] - 1, arcs[:, 2])


@big
def test_rome(shared):
    indptr, head, weight = rome(shared / "peers" / "dimacs")
    n = indptr.size - 1
    place = np.arange(n, dtype=float)  # the file has no coordinates
    metric = metric_of(indptr, head, weight, place, place % 97)
    every = sweep.trees(metric, *seeds_of(np.arange(n)))
    assert (every == truth(indptr, head, weight)).all()
    for node, total in ((1, 116_006_476), (100, 100_781_948), (1_000, 37_393_514), (2_000, 34_556_979), (3_000, 98_613_023)):
        assert every[node - 1].sum(dtype=np.int64) == total


@big
@pytest.mark.slow
def test_new_york(shared):
    folder = shared / "peers" / "dimacs"
    with gzip.open(folder / "USA-road-t.NY.gr.gz", "rt") as file:
        arcs = np.array([line.split()[1:] for line in file if line[:1] == "a"], int)
    with gzip.open(folder / "USA-road-d.NY.co.gz", "rt") as file:
        places = np.array([line.split()[1:] for line in file if line[:1] == "v"], float)
    x, y = np.empty(len(places)), np.empty(len(places))
    at = places[:, 0].astype(int) - 1
    x[at], y[at] = places[:, 1], places[:, 2]
    raw = graph(x.size, arcs[:, 0] - 1, arcs[:, 1] - 1, arcs[:, 2])
    weight = np.round(0.036 * raw[2]).astype(np.int32)
    structure = hierarchy.build(*raw[:2], dissection.order(*raw[:2], x, y))
    assert structure.arcs < 5 * x.size
    metric = hierarchy.customise(structure, weight)
    nodes = np.random.default_rng(8).integers(0, x.size, 24)
    expected = truth(*raw[:2], weight, nodes)
    assert (sweep.trees(metric, *seeds_of(nodes)) == expected).all()
    short = sweep.trees(metric, *seeds_of(nodes), dtype=np.uint16)
    assert (short == np.where(expected > 65_534, sweep.BEYOND, expected)).all()
    sums = np.genfromtxt(folder / "reference" / "ny_time_tree_sums.csv", delimiter=",", names=True)
    by_hand = hierarchy.customise(structure, raw[2])
    found = sweep.trees(by_hand, *seeds_of(sums[sums.dtype.names[0]].astype(int) - 1))
    assert (found.sum(axis=1, dtype=np.int64) == sums[sums.dtype.names[1]].astype(np.int64)).all()
    for source, target in zip(nodes[:12], nodes[12:], strict=True):
        time, way = unpack.path(metric, source, target)
        assert time == truth(*raw[:2], weight, [source])[0, target] == length_of(way, *raw[:2], weight)


def test_contraction_is_where_hierarchy_takes_it_from():
    assert hierarchy.build is contraction.build
