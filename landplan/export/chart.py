"""Lines over years as a drawing for the report: every text written, every line named at its end, no colour needed to tell them apart."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

from landplan.export.items import Chart
from landplan.units import Language, format_number

__all__ = ["chart_view", "ticks"]

_WIDE: Final = 620.0
_HIGH: Final = 250.0
_LINE: Final = 15.0
"""Between two names at the lines' ends."""
# told apart in grey too: dark to light, and dashed
_COLOURS: Final = ("#1f2933", "#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#8a5fa8", "#7b8794")


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers that span from below `low` to above `high`.

    Examples
    --------
    >>> ticks(21_865, 30_000)
    [20000.0, 22000.0, 24000.0, 26000.0, 28000.0, 30000.0]
    """
    span = max(high - low, 1e-9)
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * k for k in (1, 2, 5, 10) if span / (size * k) <= most)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * k for k in range(first, last + 1)]


def chart_view(chart: Chart, language: Language) -> dict[str, Any]:
    """Return a chart as the points of a drawing.

    Parameters
    ----------
    chart : Chart
    language : {"sv", "en"}

    Returns
    -------
    dict
        ``title``, ``note``, ``words`` (for those who do not see it), ``lines`` (points, name, colour, dashed, where its name stands), ``ticks`` and ``years``.
    """
    points = [p for s in chart.series for p in s.points]
    if not points:
        return {"title": chart.title[language], "note": chart.note[language], "lines": [], "ticks": [], "years": [], "words": chart.title[language], "synthetic": chart.synthetic}
    x0, x1 = min(p[0] for p in points), max(p[0] for p in points)
    marks = ticks(min(p[1] for p in points), max(p[1] for p in points))
    y0, y1 = marks[0], marks[-1]

    def at(x: float, y: float) -> tuple[float, float]:
        return _WIDE * (x - x0) / ((x1 - x0) or 1.0), _HIGH * (1 - (y - y0) / ((y1 - y0) or 1.0))

    lines = []
    for k, s in enumerate(chart.series):
        ends = at(*s.points[-1])
        value = format_number(s.points[-1][1], 0, language=language)
        lines.append({
            "points": " ".join(f"{a:.1f},{b:.1f}" for a, b in (at(*p) for p in s.points)), "name": s.title[language], "value": value,
            # a goal is called by its number already
            "label_text": s.title[language] if value in s.title[language] else f"{value} {s.title[language]}", "colour": _COLOURS[k % len(_COLOURS)],
            "dashed": s.dashed, "x": f"{ends[0]:.1f}", "y": ends[1], "label": ends[1],
        })  # fmt: skip
    _apart(lines)
    for line in lines:
        line["y"], line["label"] = f"{line['y']:.1f}", f"{line['label']:.1f}"
    step = max(1, round((x1 - x0) / 5))
    years = [(f"{at(x, y0)[0]:.1f}", f"{x:.0f}") for x in _range(x0, x1, step)]
    said = "; ".join(f"{line['name']}: {line['value']}" for line in lines)
    return {
        "title": chart.title[language], "note": chart.note[language], "lines": lines, "years": years, "synthetic": chart.synthetic,
        "ticks": [(f"{at(x0, m)[1]:.1f}", format_number(m, 0, language=language)) for m in marks], "words": f"{chart.title[language]}, {x1:.0f}: {said}",
    }  # fmt: skip


def _range(first: float, last: float, step: int) -> list[float]:
    out = [first + k * step for k in range(int((last - first) // step) + 1)]
    # the last year is always named; one that would stand upon it gives way
    if out[-1] != last:
        out = [x for x in out if last - x >= 0.6 * step] + [last]
    return out


def _apart(lines: list[dict[str, Any]]) -> None:
    """Move names that would stand on each other apart, keeping their order."""
    order = sorted(range(len(lines)), key=lambda k: lines[k]["label"])
    for _ in range(200):
        moved = False
        for a, b in itertools.pairwise(order):
            gap = lines[b]["label"] - lines[a]["label"]
            if gap < _LINE:
                shift = (_LINE - gap) / 2
                lines[a]["label"] -= shift
                lines[b]["label"] += shift
                moved = True
        if not moved:
            break
