"""What places offer: linear between worst and best, monotone, and what is not known is not a zero."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landplan.growth import Indicator, attractiveness
from landplan.growth.attraction import AttractionError

ASK = {"shop": Indicator("shop_min", 30, 0, "min"), "fibre": Indicator("fibre_share", 0, 1), "people": Indicator("people", 0, 500)}
WEIGHTS = {"shop": 2.0, "fibre": 1.0, "people": 1.0}


def places(shop, fibre, people):
    return pd.DataFrame({"name": ["byn"], "shop_min": [shop], "fibre_share": [fibre], "people": [people]})


@given(st.floats(0, 60), st.floats(0, 1), st.integers(0, 900))
def test_a_score_is_its_parts(shop, fibre, people):
    found = attractiveness(places(shop, fibre, people), ASK, WEIGHTS).iloc[0]
    parts = (max(0.0, 1 - shop / 30), fibre, min(1.0, people / 500))
    assert found["score"] == pytest.approx((2 * parts[0] + parts[1] + parts[2]) / 4)
    assert found["score_low"] == pytest.approx(found["score"]) == pytest.approx(found["score_high"])
    nearer = attractiveness(places(shop / 2, fibre, people), ASK, WEIGHTS).iloc[0]
    assert nearer["score"] >= found["score"] - 1e-12


@given(st.sampled_from(["shop_min", "fibre_share", "people"]), st.floats(0, 60), st.floats(0, 1))
def test_what_is_not_known_lies_between_its_worst_and_best(column, shop, fibre):
    whole = places(shop, fibre, 250)
    known = attractiveness(whole, ASK, WEIGHTS).iloc[0]
    found = attractiveness(whole.assign(**{column: np.nan}), ASK, WEIGHTS).iloc[0]
    assert found["score_low"] - 1e-12 <= known["score"] <= found["score_high"] + 1e-12
    assert found["known_share"] < 1
    assert found["lacks"] in ASK


def test_out_of_reach_is_known_and_nothing_known_has_no_score():
    found = attractiveness(places(np.inf, 0.5, 250), ASK, WEIGHTS).iloc[0]
    assert (found["value_shop"], found["known_share"]) == (0.0, 1.0)
    nothing = attractiveness(places(np.nan, np.nan, np.nan), ASK, WEIGHTS).iloc[0]
    assert np.isnan(nothing["score"])
    assert (nothing["score_low"], nothing["score_high"], nothing["lacks"]) == (0.0, 1.0, "shop, fibre, people")


@pytest.mark.parametrize(
    ("ask", "weights", "why"),
    [
        (ASK, {"shop": 1}, "has no weight"),
        (ASK, {**WEIGHTS, "sea": 1}, "no such indicator"),
        (ASK, dict.fromkeys(ASK, 0), "not all of them 0"),
        ({"sea": Indicator("sea_km", 10, 0)}, {"sea": 1}, "reads column 'sea_km'"),
        ({"shop": Indicator("shop_min", 5, 5)}, {"shop": 1}, "must be two numbers"),
    ],
)
def test_what_does_not_fit_is_named(ask, weights, why):
    with pytest.raises(AttractionError, match=why):
        attractiveness(places(1, 1, 1), ask, weights)
