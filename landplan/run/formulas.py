"""The formulas of the methods that a plan uses, with the plan's own numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from landplan.export.findings import Formula
from landplan.plan import Plan, Suitability
from landplan.run.wording import both, say
from landplan.style import Text
from landplan.units import format_number

if TYPE_CHECKING:
    from landplan.run.runner import Done

__all__ = ["formulas"]

_OPEN, _CLOSE = ('<mo stretchy="false">(</mo>', '<mo stretchy="false">)</mo>')
"""As high as a letter: a bracket beside a sum would stretch to its height."""
_S = '<msub><mi>S</mi><mi>i</mi></msub><mo>=</mo><mn>100</mn><mo>·</mo>'
_W = "<msub><mi>w</mi><mi>k</mi></msub>"
_V = "<msub><mi>v</mi><mi>k</mi></msub>"
_VX = f"{_V}{_OPEN}<msub><mi>x</mi><mrow><mi>i</mi><mi>k</mi></mrow></msub>{_CLOSE}"


def _sum(sign: str, body: str, under: str = "<mi>k</mi>") -> str:
    return f"<munder><mo>{sign}</mo>{under}</munder>{body}"


def _far(sign: str) -> str:
    """The distance to the best (+) or the worst (−) that the area has."""
    square = f"<msup><mrow><mo>(</mo>{_W}{_VX}<mo>−</mo><msubsup><mi>b</mi><mi>k</mi><mo>{sign}</mo></msubsup><mo>)</mo></mrow><mn>2</mn></msup>"
    return f"<msubsup><mi>D</mi><mi>i</mi><mo>{sign}</mo></msubsup><mo>=</mo><msqrt>{_sum('∑', square)}</msqrt>"


_D_PLUS, _D_MINUS = (f"<msubsup><mi>D</mi><mi>i</mi><mo>{sign}</mo></msubsup>" for sign in "+−")
_ORDERED = "<msub><mi>v</mi><mrow><mo>(</mo><mi>j</mi><mo>)</mo></mrow></msub>"
_Q = "<mi>Q</mi>" + _OPEN + "<msub><mi>W</mi>{0}</msub>" + _CLOSE
_BEFORE = "<mrow><mi>j</mi><mo>−</mo><mn>1</mn></mrow>"

MATH: Final[dict[str, tuple[str, str]]] = {
    "wlc": (_S + _sum("∑", _W + _VX), "S_i = 100 · Σ_k w_k · v_k(x_ik)"),
    "owa": (
        f"{_S}{_sum('∑', '<mo>[</mo>' + _Q.format('<mi>j</mi>') + '<mo>−</mo>' + _Q.format(_BEFORE) + '<mo>]</mo>' + _ORDERED, '<mi>j</mi>')}",
        "S_i = 100 · Σ_j [Q(W_j) − Q(W_(j−1))] · v_(j)",
    ),
    "topsis": (
        f"{_S}<mfrac>{_D_MINUS}<mrow>{_D_MINUS}<mo>+</mo>{_D_PLUS}</mrow></mfrac><mo>,</mo><mspace width='1em'/>{_far('±')}",
        "S_i = 100 · D⁻_i / (D⁻_i + D⁺_i), D±_i = √ Σ_k (w_k · v_k(x_ik) − b±_k)²",
    ),
    "product": (
        _S + _sum("∏", f"<msup><mrow>{_VX}</mrow>{_W}</msup>"),
        "S_i = 100 · Π_k v_k(x_ik)^w_k",
    ),
    "minimum": (
        f"{_S}{_sum('min', _VX, '<mrow><mi>k</mi><mo>:</mo>' + _W + '<mo>&gt;</mo><mn>0</mn></mrow>')}",
        "S_i = 100 · min{k: w_k > 0} v_k(x_ik)",
    ),
    "housing": (
        "<msub><mi>S</mi><mi>i</mi></msub><mo>=</mo><mn>100</mn><mo>·</mo>"
        + _sum("∑", _W + _V + _OPEN + "<msub><mi>t</mi><mrow><mi>i</mi><mi>k</mi></mrow></msub>" + _CLOSE)
        + "<mo>,</mo><mspace width='1em'/><mi>v</mi>" + _OPEN + "<mi>t</mi>" + _CLOSE + "<mo>=</mo><mfrac>"
        "<mrow><msub><mi>t</mi><mi>s</mi></msub><mo>−</mo><mi>t</mi></mrow>"
        "<mrow><msub><mi>t</mi><mi>s</mi></msub><mo>−</mo><msub><mi>t</mi><mi>b</mi></msub></mrow></mfrac>",
        "S_i = 100 · Σ_k w_k · v_k(t_ik), v(t) = (t_s − t) / (t_s − t_b)",
    ),
    "time": (
        "<msub><mi>t</mi><mi>i</mi></msub><mo>=</mo><mn>60</mn><mo>·</mo><mfrac><mrow><mn>{detour}</mn><mo>·</mo><msub><mi>d</mi><mi>i</mi></msub></mrow>"
        "<mrow><mn>1000</mn><mo>·</mo><mi>a</mi></mrow></mfrac><mo>+</mo><mfrac><mn>1</mn><mn>60</mn></mfrac>"
        "<munder><mo>∑</mo><mi>e</mi></munder><mo>(</mo><mfrac><mrow><mn>{second}</mn><mo>·</mo><msub><mi>ℓ</mi><mi>e</mi></msub></mrow>"
        "<mrow><msub><mi>f</mi><mi>e</mi></msub><msub><mi>s</mi><mi>e</mi></msub></mrow></mfrac><mo>+</mo><mi>j</mi><mo>)</mo>",
        "t_i = 60 · {detour} · d_i / (1000 · a) + 1/60 · Σ_e ({second} · ℓ_e / (f_e · s_e) + j)",
    ),
    "reach": (
        "<mi>N</mi>" + _OPEN + "<mi>T</mi>" + _CLOSE + "<mo>=</mo><munder><mo>∑</mo><mrow><mi>i</mi><mo>:</mo><msub><mi>t</mi><mi>i</mi></msub>"
        "<mo>≤</mo><mi>T</mi></mrow></munder><msub><mi>p</mi><mi>i</mi></msub>",
        "N(T) = Σ{i: t_i ≤ T} p_i",
    ),
}


def formulas(plan: Plan, done: Done) -> tuple[Formula, ...]:
    """Return the formulas of what a run worked out.

    Parameters
    ----------
    plan : Plan
    done : Done
        Only methods of blocks that were run have a formula.

    Returns
    -------
    tuple of Formula
        Scores first, then the housing ranking, then travel time and who is counted.

    Examples
    --------
    >>> formulas(plan, done)[0].plain  # doctest: +SKIP
    'S_i = 100 · Σ_k w_k · v_k(x_ik)'
    """
    out = [_block(plan.suitability[name]) for name in done.blocks]
    for name, result in done.housing.items():
        ranking = plan.suitability[name].ranking
        if ranking is not None:
            weights = "; ".join(f"{format_number(w, 2)}" for _, w, _ in result.parts)
            math, plain = MATH["housing"]
            where = (
                say("f_housing_weights", weights=weights, parts=_parts(result.parts, plan.sites[ranking.site].name)),
                say("f_housing_limits", best=f"{ranking.commute_best_min:g}", worst=f"{ranking.commute_worst_min:g}",
                    services_best=f"{ranking.services_best_min:g}", services_worst=f"{ranking.services_worst_min:g}"),
            )  # fmt: skip
            out.append(Formula(title=say("m_housing"), math=math, plain=plain, where=where))
    if done.catchments is not None:
        out += _times(plan, _road_words(done))
    return tuple(dict.fromkeys(out))


def _parts(parts: tuple[tuple[str, float, str], ...], site: str) -> Text:
    titles = [say(f"part_{k}", site=site) for k, _, _ in parts]
    return Text("; ".join(t.sv for t in titles), "; ".join(t.en for t in titles))


def _block(block: Suitability) -> Formula:
    math, plain = MATH[block.method]
    where = [say("f_weights")]
    if block.method == "owa":
        if block.alpha is not None:
            where.append(say("f_owa_alpha", alpha=both(block.alpha, decimals=2)))
        else:
            listed = [[format_number(w, 2, language=lang) for w in block.order_weights] for lang in ("sv", "en")]
            where.append(say("f_owa_order", weights=Text(*("; ".join(w) for w in listed))))
    elif block.method == "topsis":
        where.append(say("f_topsis"))
    return Formula(title=Text(*(f"{a}: {b}" for a, b in zip(_both(say("m_score")), _both(block.title.text()), strict=True))), math=math, plain=plain, where=tuple(where))


def _both(text: Text) -> tuple[str, str]:
    return text.sv, text.en


def _road_words(done: Done) -> dict[str, Text]:
    """Return the catalogue's words for road classes."""
    roads = done.layers.layers.get("roads")
    return {} if roads is None else next((dict(f.values) for f in roads.definition.fields if f.name == "road_class"), {})


def _times(plan: Plan, classes: Mapping[str, Text]) -> list[Formula]:
    cfg = plan.catchment
    detour, second = ("1,3", "3,6") if plan.plan.language == "sv" else ("1.3", "3.6")
    math, plain = (m.format(detour=detour, second=second) for m in MATH["time"])
    where = [say("f_time", access=f"{cfg.access_kmh:g}", junction=f"{cfg.junction_s:g}")]
    for road_class, factor in sorted(cfg.speed_factor.items()):
        where.append(say("f_factor", what=classes.get(road_class, Text(road_class, road_class)), factor=both(factor, decimals=2)))
    for rule in cfg.rules:
        season = say(f"season_{rule.season}") if rule.season else Text("", "")
        roads = [classes.get(c, Text(c, c)) for c in rule.road_class]
        said = [*((season,) if rule.season else ()), *((Text(rule.period, rule.period),) if rule.period else ()), *roads]
        what = Text(*(", ".join(t[lang] for t in said) or say("f_every_road")[lang] for lang in ("sv", "en")))
        source = Text(*(f" ({rule.source})" if rule.source else "" for _ in range(2)))
        if rule.closed:
            where.append(say("f_closed", what=what, source=source))
            continue
        if rule.speed_kmh is not None:
            where.append(say("f_speed", what=what, speed=f"{rule.speed_kmh:g}", source=source))
        if rule.factor != 1.0:
            where.append(say("f_rule", what=what, factor=both(rule.factor, decimals=2), source=source))
        if rule.cap_kmh is not None:
            where.append(say("f_cap", what=what, speed=f"{rule.cap_kmh:g}", source=source))
    reach, reach_plain = MATH["reach"]
    limits = ", ".join(f"{m:g}" for m in cfg.minutes)
    return [
        Formula(title=say("m_minutes"), math=math, plain=plain, where=tuple(where)),
        Formula(title=say("m_reach"), math=reach, plain=reach_plain, where=(say("f_reach", limits=limits),)),
    ]
