"""Growth over bridges: what is crossed, what counts, what is pruned."""

from __future__ import annotations

import numpy as np
import pytest

from landplan.kernels import regions
from tests import reference, reference_sites

RNG = np.random.default_rng(11)


def mask(text):
    return np.array([[ch != "." for ch in line] for line in text.split()])


def grown(allowed, bridge, seed, **more):
    r, c = regions.grow(np.ones(allowed.shape, np.float32), allowed, seed, bridge=bridge, **more)
    out = np.zeros(allowed.shape, bool)
    out[r, c] = True
    assert out.sum() == r.size
    return out


def test_a_road_is_crossed_and_does_not_count():
    allowed = np.ones((3, 7), bool)
    road = np.zeros((3, 7), bool)
    road[:, 3] = True
    allowed[road] = False
    assert grown(allowed, None, (1, 1), cells=18).sum() == 9
    over = grown(allowed, road, (1, 1), cells=18)
    assert (over & ~road).sum() == 18
    # also when the road's own cells would have been allowed
    assert (grown(np.ones((3, 7), bool), road, (1, 1), cells=18) & ~road).sum() == 18
    assert (grown(allowed, road, (1, 1), cells=11) & ~road).sum() == 11


@pytest.mark.parametrize(("wide", "limit", "land"), [(1, 1, 18), (2, 1, 9), (2, 2, 18), (3, 2, 9), (3, None, 18), (1, 0, 9)])
def test_no_more_bridges_in_a_row_than_asked(wide, limit, land):
    allowed = np.ones((3, 6 + wide), bool)
    allowed[:, 3 : 3 + wide] = False
    out = grown(allowed, ~allowed, (1, 1), cells=50, bridge_cells=limit)
    assert (out & allowed).sum() == land


def test_a_long_road_does_not_lead_far_away():
    allowed = np.zeros((5, 30), bool)
    allowed[:, :5] = allowed[:, -5:] = True
    road = np.zeros_like(allowed)
    road[2, 5:-5] = True
    assert (grown(allowed, road, (2, 2), cells=50, bridge_cells=4) & allowed).sum() == 25
    assert (grown(allowed, road, (2, 2), cells=50) & allowed).sum() == 50


def test_pruning_by_hand():
    region = mask("#####.. ####### ###.... ###....")
    bridge = mask("....... ####### ....... .......")
    # the road goes back to where fields lie on both its sides
    want = mask("#####.. ###.... ###.... ###....")
    assert (regions.prune(region, bridge) == want).all()
    # a road two cells wide is peeled from its end, and one along an edge altogether
    assert (regions.prune(mask("###### ######"), mask("...### ...###")) == mask("###... ###...")).all()
    assert (regions.prune(mask("##### #####"), mask("##### .....")) == mask("..... #####")).all()
    # what joins two fields stays
    assert (regions.prune(mask("##.## ##### ##.##"), mask("..... ..#.. .....")) == mask("##.## ##### ##.##")).all()


@pytest.mark.parametrize("seed", range(12))
def test_pruning_keeps_the_land_and_its_connection(seed):
    rng = np.random.default_rng(seed)
    labels = reference.components(rng.random((9, 11)) < 0.75, 4)
    region = labels == np.bincount(labels[labels > 0]).argmax()
    bridge = rng.random(region.shape) < 0.5
    before = region.copy()
    out = regions.prune(region, bridge)
    assert (region == before).all()
    assert (out == reference_sites.prune(region, bridge)).all()
    assert not (out & ~region).any()
    assert (out[~bridge] == region[~bridge]).all()
    if (region & ~bridge).any():
        assert reference.components(out, 4).max() == 1


def test_growth_repeats_and_leaves_its_inputs():
    score = RNG.random((15, 15)).astype(np.float32)
    allowed, bridge = RNG.random((15, 15)) < 0.7, RNG.random((15, 15)) < 0.2
    allowed[7, 7], bridge[7, 7] = True, False
    kept = score.copy(), allowed.copy(), bridge.copy()
    a = regions.grow(score, allowed, (7, 7), cells=60, bridge=bridge)
    b = regions.grow(score, allowed, (7, 7), cells=60, bridge=bridge)
    assert (a[0] == b[0]).all()
    assert (a[1] == b[1]).all()
    assert all((x == y).all() for x, y in zip(kept, (score, allowed, bridge), strict=True))
    assert (allowed[a] | bridge[a]).all()


def test_a_longer_frontier_than_the_heap_began_with():
    allowed = np.ones((2, 1), bool).repeat(40, axis=0).repeat(40, axis=1)
    out = grown(allowed, np.zeros_like(allowed), (40, 20), cells=3_000, compactness=0.0)
    assert out.sum() == 3_000


def test_perimeter_counts_sides():
    assert regions.perimeter(mask("###. #.#. ####")) == 18
    assert regions.perimeter(np.zeros((3, 3), bool)) == 0


def test_refusals():
    one = np.ones((3, 3), bool)
    score = np.ones((3, 3), np.float32)
    with pytest.raises(ValueError, match="no bridge"):
        regions.grow(score, one, (1, 1), cells=3, bridge=one)
    with pytest.raises(ValueError, match="no bridge"):
        regions.grow(score, ~one, (1, 1), cells=3)
    with pytest.raises(ValueError, match="one shape"):
        regions.grow(score, one, (1, 1), cells=3, bridge=one[:2])
    with pytest.raises(ValueError, match="one shape"):
        regions.prune(one, one[:2])
