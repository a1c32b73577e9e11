"""Largest rectangle and first fit against every rectangle there is."""

from __future__ import annotations

import numpy as np
import pytest

from landplan.kernels import rectangle
from tests import reference_sites

RNG = np.random.default_rng(8)
MASKS = {
    **{f"drawn {i}": RNG.random(RNG.integers(1, 9, 2)) < RNG.uniform(0.5, 0.95) for i in range(12)},
    "none": np.zeros((3, 4), bool),
    "all": np.ones((3, 4), bool),
    "row": np.array([[1, 1, 0, 1, 1, 1]], bool),
    "column": np.array([[1, 1, 0, 1, 1, 1]], bool).T,
    "stairs": np.tri(6, dtype=bool),
    "falling": np.tri(6, dtype=bool)[:, ::-1],
    "empty": np.zeros((0, 5), bool),
}


@pytest.mark.parametrize("least", [1, 2, 3])
@pytest.mark.parametrize("name", MASKS)
def test_the_largest_is_the_largest(name, least):
    mask = MASKS[name]
    before = mask.copy()
    row0, col0, high, wide = rectangle.largest(mask, least=least)
    sizes = [h * w for _, _, h, w in reference_sites.rectangles(mask) if min(h, w) >= least]
    assert high * wide == max(sizes, default=0)
    assert mask[row0 : row0 + high, col0 : col0 + wide].all()
    if sizes:
        assert min(high, wide) >= least
    assert (mask == before).all()


@pytest.mark.parametrize("name", MASKS)
def test_a_size_is_found_when_it_is_there(name):
    mask = MASKS[name]
    there = {(h, w) for _, _, h, w in reference_sites.rectangles(mask)}
    for high in range(1, mask.shape[0] + 2):
        for wide in range(1, mask.shape[1] + 2):
            row, col = rectangle.first_fit(mask, high, wide)
            assert (row >= 0) == ((high, wide) in there)
            if row >= 0:
                assert mask[row : row + high, col : col + wide].all()
                assert (high, wide) == mask[row : row + high, col : col + wide].shape


def test_refusals():
    with pytest.raises(ValueError, match="1 cell or more"):
        rectangle.largest(MASKS["all"], least=0)
    with pytest.raises(ValueError, match="0 x 2"):
        rectangle.first_fit(MASKS["all"], 0, 2)
