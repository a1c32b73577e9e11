"""One page about a village: standing A4 as vector PDF, and the same as a web page that needs no network, in each language asked for.

What is said is put into words once (`page_view`) and set twice. Text is measured before it is written: a page that is full is set in smaller type, never
on two pages and never over its edge.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.export import drawing, furniture, templates, words
from landplan.export.files import write_bytes, write_text
from landplan.export.items import Atlas, Profile, ProfileCell, ProfileLine, VectorItem
from landplan.export.names import demo_stem, unique_stems
from landplan.export.pages import Item, find
from landplan.export.profile_words import number, say
from landplan.export.typeset import A4_MM, INK, MUTED, flat, line_height, put, rule, text_width, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "page_html", "page_view", "profile_stems", "write"]

_EDGE: Final = 14.0
_INNER: Final = A4_MM[0] - 2 * _EDGE
_FOOT: Final = A4_MM[1] - 11.0
_ACCENT: Final = "#0b5578"
_WASH: Final = "#e7ecef"
_SCALES: Final = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""How much smaller the page is set when it is full; the last still reads (4.9 pt for the smallest print)."""
_MAP_MM: Final = 74.0
_LEAST_GROUND_M: Final = 12_000.0
_MAP_LAYERS: Final = ("land", "water", "municipalities", "roads", "localities")
_PNG_DPI: Final = 180
_UNTOLD: Final = ("no_layer", "none_in_layer", "restricted", "none_around")


def _km(metres: float, language: str) -> str:
    km = metres / 1000.0
    return number(km, language, 0 if km == int(km) else 1)


def _filled(profile: Profile, language: str) -> dict[str, str]:
    """Return what fills the places of words, written in the language."""
    given = {k: number(v, language) for k, v in profile.values.items()}
    return {**given, "km": _km(profile.radius_m, language), "name": profile.name}


@dataclass(frozen=True, slots=True)
class _Words:
    """A page's language, and what fills its words."""

    language: str
    values: dict[str, str]

    def say(self, key: str, **more: object) -> str:
        return say(key, self.language, **{**self.values, **more})

    def label(self, key: str) -> str:
        text = self.say(key)
        return text[:1].upper() + text[1:]

    def why(self, reason: str, layer: str) -> str:
        """Say why there is no answer; of what nobody has told, that it is not known."""
        said = self.bare(reason, layer)
        return self.say("because", why=said) if reason in _UNTOLD else said

    def bare(self, reason: str, layer: str) -> str:
        return self.say(reason, layer=self.say(f"layer_{layer}")) if layer else self.say(reason)

    def land(self, country: str) -> str:
        try:
            return self.say(f"country_{country}")
        except KeyError:
            return country


def page_view(profile: Profile, language: str) -> dict[str, Any]:
    """Return what a profile's page says, every text written.

    Parameters
    ----------
    profile : Profile
    language : {"sv", "en", "fi"}

    Returns
    -------
    dict
        ``name``, ``lead``, ``figures`` (number, what, more), ``ways`` (title, lands, winter, rows), ``parts`` of label and value rows, ``score`` with its bars,
        ``lacking``, ``method``.

    Examples
    --------
    >>> page = Profile(id="1", name="Byn", municipality="Timrå", kind="village", point=(0, 0), radius_m=2000, countries=("SE",), lines={}, values={"few": 3})
    >>> page_view(page, "sv")["lead"]
    'By · Timrå'
    """
    w = _Words(language, _filled(profile, language))
    lacking: dict[str, str] = {}
    lines = profile.lines
    for line in (x for part in lines.values() for x in part):
        reasons = {c.reason for c in line.cells}
        if len(reasons) == 1 and (why := reasons.pop()) in _UNTOLD:
            lacking[line.key] = w.say("lacks_line", what=w.label(line.key), why=w.bare(why, line.layer))
    more = [] if profile.winter or not lines.get("ways") else [w.say("no_winter")]
    return {
        "id": profile.id, "name": profile.name, "lead": f"{w.label(profile.kind)} · {profile.municipality}",
        "figures": [*(_figure(line, profile, w) for line in lines.get("people", ())), *_score_figure(profile, w)],
        "ways": _ways(profile, w),
        "parts": [{"title": w.say(part), "rows": rows} for part in ("work", "school", "around") if (rows := _rows(lines.get(part, ()), profile, w))],
        "score": _score(profile, w),
        "lacking": [*lacking.values(), *more],
        "method": w.say("method_text"),
        "limits": w.say("limits", sources="; ".join(profile.sources)) if profile.sources else "",
    }  # fmt: skip


def _plain(cell: ProfileCell, key: str, w: _Words, layer: str, *, winter: bool = False) -> str:
    """Write a cell's number with its unit, or why there is none."""
    value = cell.winter if winter else cell.value
    if value is None:
        if cell.reason in _UNTOLD:
            return w.say("not_known")
        return w.why(cell.reason, layer) if cell.reason else w.say("not_known")
    unit = {"fibre_share": "%", "school_way": "m"}.get(key, "")
    # whole tens of metres: a way is not known nearer than its ends
    return number(round(value, -1) if key == "school_way" else value, w.language, 0, unit)


def _figure(line: ProfileLine, profile: Profile, w: _Words) -> dict[str, str]:
    """One large number: the first cell is of all countries, one more of each."""
    whole, *parts = line.cells
    shown = [w.say("of_which", country=w.land(c), people=_plain(p, line.key, w, line.layer)) for c, p in zip(profile.countries, parts, strict=False)]
    if whole.value is None:
        return {"number": "–", "what": w.say(line.key), "more": _plain(whole, line.key, w, line.layer)}
    return {"number": number(whole.value, w.language), "what": w.say(line.key), "more": " · ".join(shown)}


def _score_figure(profile: Profile, w: _Words) -> list[dict[str, str]]:
    if not profile.parts:
        return []
    if profile.score is None:
        return [{"number": "–", "what": w.say("score"), "more": w.say("not_known")}]
    return [{"number": number(100 * profile.score, w.language), "what": w.say("score"), "more": _between(profile, w)}]


def _between(profile: Profile, w: _Words) -> str:
    low, high = (number(None if x is None else 100 * x, w.language) for x in (profile.score_low, profile.score_high))
    return "" if low == high else w.say("score_between", low=low, high=high)


def _ways(profile: Profile, w: _Words) -> dict[str, Any] | None:
    lines = profile.lines.get("ways", ())
    if not lines:
        return None
    rows = []
    for line in lines:
        cells: list[dict[str, str]] = []
        for cell in line.cells:
            if cell.value is None:
                cells.append({"time": "", "winter": "", "target": "", "why": w.why(cell.reason or "not_known", line.layer)})
            else:
                cold = "" if cell.winter is None else number(cell.winter, w.language, 0, "min")
                cells.append({"time": number(cell.value, w.language, 0, "min"), "winter": cold, "target": cell.target, "why": ""})
        same = {c["why"] for c in cells}
        # what is not known of any country is said once, across the row
        rows.append({"what": w.label(line.key), "cells": cells, "why": same.pop() if len(same) == 1 else ""})
    lands = [w.land(c) for c in profile.countries] if len(profile.countries) > 1 else []
    return {"title": w.say(f"ways_{profile.by}"), "lands": lands, "countries": len(profile.countries), "winter": profile.winter, "rows": rows}


def _rows(lines: Iterable[ProfileLine], profile: Profile, w: _Words) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for line in lines:
        if line.key in ("school_within", "school_beyond"):
            rows.append((w.say(line.key), ""))
            continue
        several = len(line.cells) > 1 and len(line.cells) == len(profile.countries)
        said = []
        for country, cell in zip(profile.countries if several else ("",), line.cells, strict=False):
            text = _plain(cell, line.key, w, line.layer)
            if cell.winter is not None and cell.value is not None:
                text = f"{text} ({w.say('winter').lower()} {_plain(cell, line.key, w, line.layer, winter=True)})"
            if cell.target:
                text = f"{text}, {cell.target}"
            said.append(f"{w.land(country)} {text}" if country else text)
        rows.append((w.label(line.key), "; ".join(dict.fromkeys(said))))
    return rows


def _score(profile: Profile, w: _Words) -> dict[str, Any] | None:
    if not profile.parts:
        return None
    total = sum(share for _, share, _ in profile.parts) or 1.0
    bars = [
        {"what": w.label(key), "weight": number(100 * share / total, w.language, 0, "%"), "share": None if value is None else float(value),
         "said": w.say("not_known") if value is None else number(100 * value, w.language)}
        for key, share, value in profile.parts
    ]  # fmt: skip
    return {"title": w.say("score_title"), "help": w.say("score_help"), "bars": bars, "between": _between(profile, w)}


def _credits(atlas: Atlas, profile: Profile, language: str) -> str:
    """Say whose data the page and its map rest on."""
    said = []
    for source in atlas.provenance.layers:
        if source.layer in profile.layers or source.layer in _MAP_LAYERS:
            said.append(flat(" ".join(t for t in (source.attribution or source.source, source.data_date) if t)))
    known = "; ".join(dict.fromkeys(s for s in said if s))
    return say("source", language, sources=known) if known else ""


def _made(atlas: Atlas, language: str) -> str:
    return say("made", language, credit=words.CREDIT, version=atlas.provenance.landplan_version, date=atlas.created or "–")


# the map


def _ground(profile: Profile) -> tuple[float, float, float, float]:
    half = max(_LEAST_GROUND_M, 5.0 * profile.radius_m) / 2
    x, y = profile.point
    return x - half, y - half, x + half, y + half


def _map(figure: Figure, frame: tuple[float, float, float, float], atlas: Atlas, profile: Profile, shapes: drawing.Shapes, language: str) -> None:
    """Draw where the village lies: roads, water, neighbours, the circle that is counted in, and the whole area in a corner."""
    from matplotlib.patches import Circle

    box = _ground(profile)
    axes = figure.add_axes(frame)
    axes.set_facecolor("#d3e3ec" if find(atlas, "land") is not None else "#f3f1ea")
    items = _map_items(atlas)
    drawing.draw_items(axes, items, box, shapes)
    x, y = profile.point
    axes.add_patch(Circle((x, y), profile.radius_m, facecolor="#d55e00", edgecolor="none", alpha=0.10, zorder=80))
    axes.add_patch(Circle((x, y), profile.radius_m, facecolor="none", edgecolor="#d55e00", linewidth=0.9, linestyle=(0, (4, 2)), zorder=81))
    axes.plot([x], [y], marker="o", markersize=6, color="#d55e00", markeredgecolor="white", markeredgewidth=1.2, zorder=95)
    side = box[2] - box[0]
    corner = (box[2] - 0.34 * side, box[3] - 0.34 * side, box[2], box[3])
    bar = (box[0], box[1], box[0] + 0.3 * side, box[1] + 0.1 * side)
    named = [i for i in items if i.id == "localities" and isinstance(i, VectorItem)]
    own = _own_label(axes, profile, box)
    drawing.labels(axes, [_others(i, profile) for i in named], box, (corner, bar, own))
    furniture.scale_bar(axes, box, "en" if language == "en" else "sv")
    for text in axes.texts:
        text.set_clip_on(True)  # a long name ends at the map's edge
    _framed(axes)
    left, bottom, wide, high = frame
    _overview(figure, (left + 0.68 * wide, bottom + 0.68 * high, 0.31 * wide, 0.31 * high), atlas, profile, shapes)


def _own_label(axes: Any, profile: Profile, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Write the village's own name below its dot, a long one on several lines, and return the ground it covers."""
    from matplotlib import patheffects

    per_mm = (box[2] - box[0]) / _MAP_MM
    room = _MAP_MM - 8.0
    size = next((s for s in (8.0, 7.0, 6.0) if len(wrapped(profile.name, room, s, bold=True)) <= 2), 5.0)
    said = wrapped(profile.name, room, size, bold=True)
    wide, high = max(text_width(t, size, True) for t in said) * per_mm, len(said) * line_height(size) * per_mm
    x, y = profile.point
    axes.text(x, y - 2.6 * per_mm, "\n".join(said), fontsize=size, fontweight="bold", color=INK, ha="center", va="top", zorder=96, parse_math=False, linespacing=1.1,
              path_effects=[patheffects.withStroke(linewidth=2.0, foreground="white", alpha=0.95)])  # fmt: skip
    return x - wide / 2, y - 2.6 * per_mm - high, x + wide / 2, y + 2 * per_mm


def _others(item: VectorItem, profile: Profile) -> VectorItem:
    key = "locality_id" if "locality_id" in item.frame else None
    return item if key is None else replace(item, frame=item.frame[item.frame[key].astype(str) != profile.id])


def _map_items(atlas: Atlas) -> list[Item]:
    """The layers of a profile's map, the lowest first, quiet enough to lie under what is told."""
    out: list[Item] = []
    for id_ in _MAP_LAYERS:
        item = find(atlas, id_) or (find(atlas, "main_roads") if id_ == "roads" else None)
        if isinstance(item, VectorItem) and item.sharing != "restricted":
            style = replace(item.style, size_px=4.0) if id_ == "localities" else item.style
            out.append(replace(item, style=style, group="base"))
    return out


def _framed(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7b8791")
        spine.set_linewidth(0.6)


def _overview(figure: Figure, frame: tuple[float, float, float, float], atlas: Atlas, profile: Profile, shapes: drawing.Shapes) -> None:
    around = furniture.fitted(atlas.area_bounds, 1.0)
    axes = figure.add_axes(frame, zorder=10)
    axes.set_facecolor("#d3e3ec")
    # a map as small as a stamp shows no more than the land
    coarse = [i for i in _coarse(atlas, shapes, around) if i.id in ("land", "municipalities")]
    drawing.draw_items(axes, coarse, around, shapes)
    axes.plot([profile.point[0]], [profile.point[1]], marker="o", markersize=4, color="#d55e00", markeredgecolor="white", markeredgewidth=0.8, zorder=91)
    _framed(axes)


def _coarse(atlas: Atlas, shapes: drawing.Shapes, around: tuple[float, float, float, float]) -> list[Item]:
    if "coarse" not in shapes.pictures:
        found: list[Item] = []
        for item in _map_items(atlas):
            if isinstance(item, VectorItem) and item.id in ("land", "municipalities"):
                thin = item.frame.set_geometry(item.frame.geometry.simplify((around[2] - around[0]) / 400))
                shown = replace(item.style, opacity=1.0, color="#f6f4ef") if item.id == "land" else item.style
                found.append(replace(item, id=item.id, frame=thin, style=replace(shown, width_px=0.5)))
        shapes.pictures["coarse"] = found
    kept: list[Item] = shapes.pictures["coarse"]
    return kept


def _map_png(atlas: Atlas, profile: Profile, shapes: drawing.Shapes, language: str) -> bytes:
    from matplotlib.figure import Figure as Sheet

    side = _MAP_MM / 25.4
    figure = Sheet(figsize=(side, side), facecolor="white")
    _map(figure, (0.004, 0.004, 0.992, 0.992), atlas, profile, shapes, language)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    return out.getvalue()


# the sheet


@dataclass
class _Pen:
    """Writes down a page, or only measures it: what is too long is then set smaller."""

    figure: Figure | None
    scale: float
    low: float = 0.0
    bars: list[tuple[float, float, float, float, str]] = field(default_factory=list)

    def size(self, points: float) -> float:
        return points * self.scale

    def line(self, x: float, y: float, text: str, points: float, *, bold: bool = False, color: str = INK, right: bool = False) -> float:
        size = self.size(points)
        if self.figure is not None and text:
            put(self.figure, x, y, text, size, bold=bold, color=color, right=right)
        self.low = max(self.low, y + line_height(size))
        return y + line_height(size)

    def text(self, x: float, y: float, width: float, text: str, points: float, *, bold: bool = False, color: str = INK) -> float:
        for part in wrapped(text, width, self.size(points), bold=bold):
            y = self.line(x, y, part, points, bold=bold, color=color)
        return y

    def rule(self, x: float, y: float, width: float) -> None:
        if self.figure is not None:
            rule(self.figure, x, y, width)

    def bar(self, x: float, y: float, width: float, high: float, color: str) -> None:
        if self.figure is not None:
            from matplotlib.patches import Rectangle

            self.figure.add_artist(
                Rectangle((x / A4_MM[0], 1 - (y + high) / A4_MM[1]), width / A4_MM[0], high / A4_MM[1], transform=self.figure.transFigure, facecolor=color, edgecolor="none")
            )


def _set(pen: _Pen, view: dict[str, Any], top: float, small: Sequence[str], most_bars: int, language: str) -> float:
    """Set the page's text and return where it ends."""
    left, wide = _EDGE, _INNER - _MAP_MM - 8.0
    y = pen.line(left, top, say("profile", language), 8.5, color=MUTED) + 1.0
    size = next((s for s in (26.0, 22.0, 18.0, 15.0, 12.0) if len(wrapped(view["name"], wide, pen.size(s), bold=True)) <= 2), 10.0)
    y = pen.text(left, y, wide, view["name"], size, bold=True)
    y = pen.text(left, y + 0.5, wide, view["lead"], 10.0, color=_ACCENT, bold=True) + 4.0
    room = 5.0 + max((text_width(f["number"], pen.size(19.0), True) for f in view["figures"]), default=0.0)
    for figure in view["figures"]:
        pen.line(left, y, figure["number"], 19.0, bold=True)
        end = pen.text(left + room, y + 1.3 * pen.scale, wide - room, figure["what"], 9.0)
        if figure["more"]:
            end = pen.text(left + room, end, wide - room, figure["more"], 7.6, color=MUTED)
        y = max(y + line_height(pen.size(19.0)), end) + 2.2
    y = max(y, top + _MAP_MM) + 5.0
    if view["ways"]:
        y = _set_ways(pen, view["ways"], y, language) + 4.5
    half = (_INNER - 10.0) / 2
    ends = [y]
    at = y
    for part in view["parts"]:
        at = _head(pen, left, at, half, part["title"])
        for what, value in part["rows"]:
            at = _pair(pen, left, at, half, what, value) + 1.0
        at += 2.6
    ends.append(at)
    if view["score"]:
        ends.append(_set_score(pen, view["score"], left + half + 10.0, y, half, most_bars, language))
    if view["lacking"]:
        x, at = (left + half + 10.0, ends[-1] + 3.0) if view["score"] else (left + half + 10.0, y)
        at = _head(pen, x, at, half, say("lacking", language))
        for line in view["lacking"]:
            at = pen.text(x, at, half, line, 7.8) + 0.8
        ends.append(at)
    y = max(ends) + 2.5
    pen.rule(left, y, _INNER)
    y = pen.line(left, y + 1.8, say("method", language), 7.4, bold=True, color=MUTED)
    for line in small:
        y = pen.text(left, y, _INNER, line, 7.0, color=MUTED) + 0.4
    return y


def _head(pen: _Pen, x: float, y: float, width: float, text: str) -> float:
    y = pen.text(x, y, width, text, 10.5, bold=True, color=_ACCENT) + 0.6
    pen.rule(x, y, width)
    return y + 1.4


def _pair(pen: _Pen, x: float, y: float, width: float, what: str, value: str) -> float:
    """Set a label with its value at the right; a long one stands on lines of its own."""
    size = pen.size(8.8)
    if not value:
        return pen.text(x, y, width, what, 8.8, color=MUTED)
    if text_width(flat(what), size) + text_width(flat(value), size, True) + 4.0 <= width:
        pen.line(x, y, flat(what), 8.8)
        return pen.line(x + width, y, flat(value), 8.8, bold=True, right=True)
    y = pen.text(x, y, width, what, 8.8)
    for part in wrapped(value, width - 4.0, size, bold=True):
        y = pen.line(x + width, y, part, 8.8, bold=True, right=True)
    return y


def _set_ways(pen: _Pen, ways: dict[str, Any], y: float, language: str) -> float:
    y = _head(pen, _EDGE, y, _INNER, ways["title"])
    first = 52.0 if ways["countries"] == 1 else 44.0
    each = (_INNER - first) / ways["countries"]
    time = 17.0 if ways["countries"] == 1 else 14.5
    columns = 2 if ways["winter"] else 1
    if ways["lands"]:
        for k, land in enumerate(ways["lands"]):
            pen.line(_EDGE + first + k * each, y, land, 8.6, bold=True)
        y += line_height(pen.size(8.6)) + 0.4
    heads = [say("summer", language), say("winter", language)] if ways["winter"] else [say("time", language)]
    pen.line(_EDGE, y, say("to", language), 7.6, color=MUTED)
    for k in range(ways["countries"]):
        x = _EDGE + first + k * each
        for c, head in enumerate(heads):
            pen.line(x + (c + 1) * time - 3.0, y, head, 7.6, color=MUTED, right=True)
        pen.line(x + columns * time, y, say("nearest", language), 7.6, color=MUTED)
    y += line_height(pen.size(7.6)) + 0.6
    for row in ways["rows"]:
        pen.rule(_EDGE, y, _INNER)
        y += 1.0
        end = pen.text(_EDGE, y, first - 3.0, row["what"], 8.8)
        if row["why"]:
            end = max(end, pen.text(_EDGE + first + columns * time, y, _INNER - first - columns * time, row["why"], 8.0, color=MUTED))
        else:
            for k, cell in enumerate(row["cells"]):
                x = _EDGE + first + k * each
                if cell["why"]:
                    end = max(end, pen.text(x + 3.0, y, each - 4.0, cell["why"], 8.0, color=MUTED))
                    continue
                pen.line(x + time - 3.0, y, cell["time"], 8.8, bold=True, right=True)
                if ways["winter"]:
                    pen.line(x + 2 * time - 3.0, y, cell["winter"], 8.8, right=True)
                end = max(end, pen.text(x + columns * time, y, each - columns * time - 2.0, cell["target"], 8.0, color=MUTED))
        y = end + 0.8
    return y


def _set_score(pen: _Pen, score: dict[str, Any], x: float, y: float, width: float, most: int, language: str) -> float:
    y = _head(pen, x, y, width, score["title"])
    label, number_room = 0.5 * width, 15.0
    track = width - label - number_room
    for bar in score["bars"][:most]:
        end = pen.text(x, y, label - 2.0, bar["what"], 8.2)
        high = 2.6 * pen.scale
        middle = y + line_height(pen.size(8.2)) / 2 - high / 2
        if bar["share"] is None:
            end = max(end, pen.text(x + label, y, width - label, bar["said"], 8.0, color=MUTED))
        else:
            pen.bar(x + label, middle, track, high, _WASH)
            pen.bar(x + label, middle, track * bar["share"], high, _ACCENT)
            pen.line(x + width, y, bar["said"], 8.2, bold=True, right=True)
        y = end + 1.0
    if len(score["bars"]) > most:
        y = pen.text(x, y, width, say("more", language, count=len(score["bars"]) - most), 8.0, color=MUTED)
    return pen.text(x, y + 0.6, width, score["help"], 7.2, color=MUTED)


def draw(atlas: Atlas, profile: Profile, language: str, *, shapes: drawing.Shapes | None = None) -> Figure:
    """Return a village's page as a figure, standing A4.

    Parameters
    ----------
    atlas : Atlas
        What the run found; its base layers make the map.
    profile : Profile
    language : {"sv", "en", "fi"}
    shapes : Shapes, optional
        Kept between the pages of one run.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure as Sheet

    view = page_view(profile, language)
    small = [x for x in (view["method"], view["limits"], _credits(atlas, profile, language), _made(atlas, language)) if x]
    top = 15.0 if profile.synthetic else 13.0
    fits = [(s, 10**6) for s in _SCALES] + [(_SCALES[-1], most) for most in (12, 8, 4, 0)]
    scale, most = next(((s, n) for s, n in fits if _set(_Pen(None, s), view, top, small, n, language) <= _FOOT), fits[-1])
    figure = Sheet(figsize=(A4_MM[0] / 25.4, A4_MM[1] / 25.4), facecolor="white")
    if profile.synthetic:
        furniture.banner(figure, A4_MM, say("banner", language))
    _set(_Pen(figure, scale), view, top, small, most, language)
    left = A4_MM[0] - _EDGE - _MAP_MM
    frame = (left / A4_MM[0], 1 - (top + _MAP_MM) / A4_MM[1], _MAP_MM / A4_MM[0], _MAP_MM / A4_MM[1])
    _map(figure, frame, atlas, profile, shapes or drawing.Shapes(), language)
    return figure


def page_html(atlas: Atlas, profile: Profile, language: str, *, picture: bytes, links: Sequence[tuple[str, str, str]] = ()) -> str:
    """Return a village's page as HTML with everything in it: no script, no address to fetch.

    Parameters
    ----------
    atlas : Atlas
    profile : Profile
    language : {"sv", "en", "fi"}
    picture : bytes
        The map as PNG.
    links : sequence of (language, name, address)
        The page in other languages, and the list of all.

    Returns
    -------
    str
    """
    view = page_view(profile, language)
    return templates.render(
        "profile.html", view=view, language=language, css=templates.asset("profile.css"), say=lambda key, **more: say(key, language, **more),
        banner=say("banner", language) if profile.synthetic else "", map=base64.b64encode(picture).decode(),
        alt=say("map_alt", language, **_filled(profile, language)), credits=_credits(atlas, profile, language), made=_made(atlas, language), links=links,
    )  # fmt: skip


def profile_stems(profiles: Sequence[Profile]) -> list[str]:
    """Return a file stem a village, by its name; of villages with the same name each has its id too.

    Examples
    --------
    >>> from landplan.export.items import Profile
    >>> two = [Profile(id=i, name="Vi", municipality="", kind="village", point=(0, 0), radius_m=1, countries=(), lines={}) for i in ("7", "8")]
    >>> profile_stems(two)
    ['vi-7', 'vi-8']
    """
    names = [p.name.casefold() for p in profiles]
    wanted = [f"{p.name}-{p.id}" if names.count(p.name.casefold()) > 1 else p.name for p in profiles]
    found = unique_stems(wanted)
    return [found[w].lower() for w in wanted]


def write(atlas: Atlas, folder: Path) -> list[Path]:
    """Write each village's page as PDF and HTML in each language, and a page that lists them.

    Parameters
    ----------
    atlas : Atlas
        With `profiles` and `profile_languages`.
    folder : Path
        Gets ``<village>-<language>.pdf`` and ``.html`` and ``index.html``; names of what rests on made-up data begin as `demo_stem` says.

    Returns
    -------
    list of Path
        The list first.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import profile
    >>> profile.write(atlas, Path("out/profiles"))  # doctest: +SKIP
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    shapes, written, rows = drawing.Shapes(), [], []
    index = f"{demo_stem('index', atlas.synthetic)}.html"
    for profile, plain in zip(atlas.profiles, profile_stems(atlas.profiles), strict=True):
        stems = {lang: demo_stem(f"{plain}-{lang}", profile.synthetic) for lang in atlas.profile_languages}
        pictures: dict[str, bytes] = {}
        with mpl.rc_context(furniture.RC):
            for lang, stem in stems.items():
                facts = {
                    "Title": f"{say('profile', lang)}: {flat(profile.name)[:200]}", "Subject": say("banner", lang) if profile.synthetic else "",
                    "Creator": words.CREDIT, "CreationDate": None,
                }  # fmt: skip
                packed = io.BytesIO()
                with PdfPages(packed, metadata=facts) as pdf:
                    pdf.savefig(draw(atlas, profile, lang, shapes=shapes))
                written.append(write_bytes(folder / f"{stem}.pdf", packed.getvalue()))
                # one picture a way of writing numbers: nothing else in it is in a language
                style = "en" if lang == "en" else "sv"
                picture = pictures[style] = pictures.get(style) or _map_png(atlas, profile, shapes, style)
                links = [(other, say("language", other), f"{s}.html") for other, s in stems.items() if other != lang]
                links.append(("", say("all_villages", lang), index))
                written.append(write_text(folder / f"{stem}.html", page_html(atlas, profile, lang, picture=picture, links=links)))
        # the next village's ground is another: what was cut out for this one is not asked for again
        shapes.kept.clear()
        rows.append((profile, stems))
    return [write_text(folder / index, _index(atlas, rows)), *written]


def _index(atlas: Atlas, rows: Sequence[tuple[Profile, dict[str, str]]]) -> str:
    language = atlas.language
    scored = any(p.score is not None for p, _ in rows)
    lines = []
    for profile, stems in rows:
        view = page_view(profile, language)
        people = view["figures"][0]["number"] if view["figures"] else ""
        points = "" if profile.score is None else number(100 * profile.score, language)
        files = [{"language": lang, "name": say("language", lang), "html": f"{s}.html", "pdf": f"{s}.pdf"} for lang, s in stems.items()]
        lines.append({"name": profile.name, "lead": view["lead"], "people": people, "points": points, "files": files})
    km = _km(rows[0][0].radius_m, language) if rows else ""
    return templates.render(
        "profile_index.html", rows=lines, scored=scored, language=language, css=templates.asset("profile.css"), title=atlas.title[language],
        say=lambda key, **more: say(key, language, **more), banner=say("banner", language) if atlas.synthetic else "", km=km, made=_made(atlas, language),
    )  # fmt: skip
