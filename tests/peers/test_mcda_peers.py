"""Published judgements and pymcdm's scores on a drawn table, to the digits that are printed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from landplan.suitability import methods
from landplan.suitability.ahp import ahp


@pytest.fixture(scope="module")
def judged(shared):
    return json.loads((shared / "peers" / "mcda" / "ahp_cases.json").read_text(encoding="utf-8"))


def test_saatys_drinks(judged):
    """SOURCES.md, "mcda": the judgements of drinks in the United States, weights to three digits, CR .022."""
    case = judged["saaty_drinks"]
    result = ahp(case["matrix"], case["names"])
    assert result.weights.round(3).tolist() == case["published"]["weights"]
    assert round(result.consistency_ratio, 3) == case["published"]["CR"]


@pytest.mark.parametrize("name", ["saaty_drinks", "fuzzyahp_3x3", "saaty_3x3"])
def test_eigenvectors_and_ratios(judged, name):
    case = judged[name]
    result = ahp(case["matrix"], case["names"])
    want = case["computed"]
    assert np.allclose(result.weights, want["weights"], rtol=1e-9)
    assert result.lambda_max == pytest.approx(want["lambda_max"], rel=1e-12)
    assert result.consistency_ratio == pytest.approx(want["CR_saaty_RI"], rel=1e-9)
    # mending any one judgement does not make the others disagree more
    assert (result.worst_judgements["consistency_ratio_after"] <= result.consistency_ratio + 1e-9).all()


def test_another_packages_random_index_is_the_only_difference(judged):
    """The ratio of .0623919 is the same consistency index over 0.52, another mean of random matrices of three."""
    case = judged["fuzzyahp_3x3"]
    result = ahp(case["matrix"], case["names"])
    assert result.consistency_ratio * 0.58 / 0.52 == pytest.approx(case["published"]["CR_fuzzyahp"], rel=1e-6)


@pytest.fixture(scope="module")
def drawn(shared):
    """Fifty alternatives by five criteria, the last a cost, with pymcdm 1.4.0's scores."""
    folder = shared / "peers" / "mcda"
    table = pd.read_csv(folder / "pymcdm_50x5.csv")
    given = json.loads((folder / "pymcdm_50x5.json").read_text(encoding="utf-8"))
    return table, given["weights"], ["benefit" if t == 1 else "cost" for t in given["types"]]


@pytest.mark.parametrize(
    ("column", "method", "how"),
    [
        ("topsis_minmax", methods.topsis, "minmax"), ("topsis_vector", methods.topsis, "vector"),
        ("wsm_minmax", methods.weighted_sum, "minmax"), ("wsm_max", methods.weighted_sum, "max"),
        ("wpm_sum", methods.weighted_product, "sum"),
    ],
)  # fmt: skip
def test_pymcdms_scores(drawn, column, method, how):
    table, weights, directions = drawn
    got = method(table[["c0", "c1", "c2", "c3", "c4"]], weights, directions=directions, how=how)
    assert np.allclose(got.scores, table[column], rtol=1e-12)
    assert (got.ranks == table[column].rank(ascending=False, method="min")).all()
