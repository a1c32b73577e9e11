"""Reading a plan file: TOML in, frozen values out, faults named with file, line and fix."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from landplan.errors import PlanError, join_faults
from landplan.plan.model import Plan
from landplan.units import format_int, format_number

__all__ = ["explain", "line_of", "parse", "read"]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r'^\s*(?:"([^"]+)"|([A-Za-z0-9_.-]+))\s*=')


def read(path: Path, *, overrides: Sequence[str] = ()) -> Plan:
    """Read a plan file.

    Parameters
    ----------
    path : Path
        The ``.toml`` file.
    overrides : sequence of str
        ``key=value`` with a dotted key, as ``--set`` gives them; applied before validation.

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        If the file is missing, not TOML, or breaks a rule; the message has the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(f"{path} does not exist; write one with: landplan plan new {path}") from None
    except IsADirectoryError:
        raise PlanError(f"{path} is a folder; give the plan's .toml file") from None
    except UnicodeDecodeError as exc:
        raise PlanError(f"{path} is not UTF-8 (byte {exc.start}); save it as UTF-8 so that åäö survive") from None
    except OSError as exc:
        raise PlanError(f"{path} cannot be read ({exc.strerror}); check the file's permissions") from None
    return parse(text, path=path, overrides=overrides)


def parse(text: str, *, path: Path | None = None, overrides: Sequence[str] = ()) -> Plan:
    """Parse a plan's text; see `read`.

    Raises
    ------
    PlanError
        If the text is not TOML or breaks a rule.
    """
    name = str(path) if path else "plan"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise PlanError(f"{name}: not valid TOML: {exc}; strings need quotes, lists need [ ]") from None
    for item in overrides:
        _set(data, item)
    try:
        plan = Plan.model_validate({**data, "path": path})
    except ValidationError as exc:
        faults = [_fault(text, name, e) for e in exc.errors()]
        raise PlanError(join_faults(f"{name}: {len(faults)} fault{'s' if len(faults) > 1 else ''} in the plan", faults)) from None
    return plan


def _set(data: dict[str, Any], item: str) -> None:
    key, equals, raw = item.partition("=")
    if not equals or not key.strip():
        raise PlanError(f"--set {item!r}: expected key=value, for example --set catchment.junction_s=2")
    try:
        value = tomllib.loads(f"v = {raw}")["v"]
    except tomllib.TOMLDecodeError:
        value = raw
    node: Any = data
    parts = key.strip().split(".")
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if isinstance(node, list):
            found = [n for n in node if isinstance(n, dict) and n.get("name") == part]
            if not found:
                raise PlanError(f"--set {item!r}: no entry is named {part!r} in {'.'.join(parts[:i])}")
            node = found[0]
        elif last:
            node[part] = value
        else:
            node = node.setdefault(part, {})
        if last and isinstance(node, list):
            raise PlanError(f"--set {item!r}: name the key to set after the entry's name")


def line_of(text: str, loc: Sequence[str | int]) -> int | None:
    r"""Return the 1-based line of a key or table of a TOML text, as near as plain scanning gets.

    Examples
    --------
    >>> line_of("[plan]\nname = 'x'\ncell_m = 0\n", ("plan", "cell_m"))
    3
    """
    best: tuple[int, int] | None = None
    counters: dict[str, int] = {}
    here: list[str | int] = []
    want = [str(p) for p in loc]
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            parts: list[str | int] = [p.strip().strip('"') for p in match.group(2).split(".")]
            if match.group(1) == "[[":
                dotted = ".".join(map(str, parts))
                counters[dotted] = counters.get(dotted, -1) + 1
                parts.append(counters[dotted])
            here = parts
            path = [str(p) for p in here]
        elif match := _KEY.match(line):
            path = [*(str(p) for p in here), *(match.group(1) or match.group(2)).split(".")]
        else:
            continue
        depth = len(path)
        if path == want[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _fault(text: str, name: str, error: Any) -> str:
    loc = [p for p in error["loc"] if not (isinstance(p, str) and p.startswith(("function-", "literal")))]
    where = ".".join(str(p + 1) if isinstance(p, int) else p for p in loc) or "the plan"
    line = line_of(text, loc)
    at = f"line {line}: " if line else ""
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _known_keys(loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
        return f"{at}{where} is not a key landplan knows; {hint}"
    if kind == "missing":
        return f"{at}{where} is missing; add it"
    message = str(error["msg"]).removeprefix("Value error, ")
    got = error.get("input")
    shown = f" (got {got!r})" if isinstance(got, str | int | float | bool) else ""
    if kind.startswith(("greater_than", "less_than")):
        return f"{at}{where}: {message[0].lower()}{message[1:]}{shown}"
    return f"{at}{where}: {message}{shown}"


def _known_keys(loc: Sequence[str | int]) -> list[str]:
    model: Any = Plan
    inside_container = False
    for part in loc:
        if inside_container:
            # a dictionary's key or a list's index: the model stays the entries'
            inside_container = False
            continue
        info = model.model_fields.get(str(part)) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if info is None:
            return []
        model = _inner(info.annotation)
        inside_container = get_origin(info.annotation) in (dict, list, tuple)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [k for k in model.model_fields if k != "path"]
    return []


def _inner(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for arg in get_args(annotation):
        found = _inner(arg)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation


def explain(plan: Plan, *, layer_titles: Mapping[str, str] | None = None) -> list[str]:
    """Say a plan in plain sentences, in the plan's language.

    Parameters
    ----------
    plan : Plan
    layer_titles : mapping, optional
        Layer id to title, for words instead of ids.

    Returns
    -------
    list of str
    """
    sv = plan.plan.language == "sv"
    titles = layer_titles or {}
    lang = plan.plan.language
    out = [plan.plan.title.text()[lang]]
    area = plan.area
    what = (
        ", ".join(area.municipalities)
        if area.municipalities
        else (area.polygon or "x {:.0f}–{:.0f}, y {:.0f}–{:.0f}".format(*(area.bbox[i] for i in (0, 2, 1, 3))) if area.bbox else "")
    )
    halo = format_int(area.halo_m, language=lang)
    out.append(
        f"Område: {what}, med {halo} m omkrets; {plan.plan.crs}, rutor om {plan.plan.cell_m:g} m."
        if sv
        else f"Area: {what}, with a halo of {halo} m; {plan.plan.crs}, cells of {plan.plan.cell_m:g} m."
    )
    if live := sum(ref.source == "live" for ref in plan.layers.values()):
        out.append(f"{live} lager hämtas med landplan fetch till {plan.store_folder.name}." if sv else f"{live} layers come with landplan fetch, into {plan.store_folder.name}.")
    for block in plan.suitability.values():
        title = block.title.text()[lang]
        out.append(f"{title}:")
        for c in sorted(block.criteria, key=lambda c: -c.weight):
            weight = f"{format_number(100 * c.weight, 0, language=lang)} %" if not block.judgements else ("vägs parvis:" if sv else "weighed in pairs:")
            out.append(f"  {weight} {c.title.text()[lang]}" + (f" ({titles.get(c.layer or '', c.layer)})" if c.layer else ""))
        hard = {"absolute": "hinder", "dispensation": "kräver dispens", "weigh": "ska vägas"} if sv else {
            "absolute": "excluded", "dispensation": "needs exemption", "weigh": "to be weighed"}
        for k in block.constraints:
            if k.lifts is not None:
                lifted = ", ".join(o.title.text()[lang] for o in block.constraints if o.name in k.lifts or (not k.lifts and o.lifts is None))
                out.append(f"  {'lyfter' if sv else 'lifts'} {lifted}: {k.title.text()[lang]}")
                continue
            within = f" + {format_int(k.within_m, language=lang)} m" if k.within_m else ""
            legal = f" ({k.legal})" if k.legal else ""
            out.append(f"  {hard[k.hardness]}: {k.title.text()[lang]}{within}{legal}")
    for site in plan.sites.values():
        jobs = ""
        if site.jobs:
            numbers = "–".join(dict.fromkeys(format_int(v, language=lang) for v in (site.jobs.low, site.jobs.high)))
            jobs = f", {numbers} {'arbetstillfällen (antagande)' if sv else 'jobs (assumption)'}"
        out.append(f"{'Plats' if sv else 'Site'}: {site.name}{jobs}")
    if plan.growth is not None:
        goals = [g for g in plan.goals.values() if g.measure == "population" and g.municipality in {a.municipality for a in plan.growth.areas.values()}]
        wanted = ", ".join(f"{format_int(g.value, language=lang)} {'år' if sv else 'by'} {g.year}" + ("" if g.variant is None else " (variant)") for g in goals)
        codes, end = ", ".join(a.municipality for a in plan.growth.areas.values()), plan.growth.end_year
        out.append(
            f"Tillväxt: {codes} följs från {plan.growth.start_year} till {end}; mål: {wanted or 'inga'}; {len(plan.growth.services)} verksamheter."
            if sv
            else f"Growth: {codes} from {plan.growth.start_year} to {end}; goals: {wanted or 'none'}; {len(plan.growth.services)} services."
        )
    if (asked := plan.villages) is not None:
        km, languages = format_number(asked.radius_m / 1000, 0 if asked.radius_m % 1000 == 0 else 1, language=lang), ", ".join(asked.languages)
        out.append(
            f"Byprofiler: {km} km runt varje by, skolväg högst {format_int(asked.safe_route_m, language=lang)} m, på {languages}."
            if sv
            else f"Village profiles: {km} km around each village, way to school at most {format_int(asked.safe_route_m, language=lang)} m, in {languages}."
        )
    rings = ", ".join(f"{m:g}" for m in plan.catchment.minutes)
    out.append(f"Pendlingsomland: { {'car': 'bil', 'walk': 'till fots', 'bike': 'cykel'}[plan.catchment.mode]} inom {rings} minuter." if sv else f"Catchment: {plan.catchment.mode} within {rings} minutes.")
    return out
