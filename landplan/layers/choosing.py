"""Which sources a live layer comes from: the plan's own choice, or the first of each of its countries, with what the plan changes in them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from landplan.errors import LayerError
from landplan.layers.catalog import Catalog, LayerDefinition, SourceSpec
from landplan.layers.sources.login import key_stays
from landplan.plan import Plan

__all__ = ["FINNISH", "countries_of", "known_sources", "sources_of"]

FINNISH: Final = "FI-"
"""What the codes of Finnish municipalities begin with."""


def sources_of(plan: Plan, name: str, definition: LayerDefinition) -> list[SourceSpec]:
    """Return the sources a live layer is fetched from, with the plan's changes in place.

    Without `use` these are the first source of each of the plan's countries and those that stand beside it.

    Raises
    ------
    LayerError
        If the layer has no live source, or the plan names one that is not there.
    SourceError
        If the plan would send a key elsewhere than the layer file does.
    """
    ref = plan.layers[name]
    live = [s for s in definition.sources if s.live]
    if not live:
        raise LayerError(f"layer {name!r} has no source to fetch from; give it a file: [layers.{name}] file = \"…\"")
    if ref.use:
        chosen = [definition.source(u) for u in ref.use]
    else:
        chosen = []
        for country in countries_of(plan):
            first = next((s for s in live if s.country == country), None)
            if first is not None:
                chosen += [first, *(s for s in live if s.options.get("beside") == first.id)]
        chosen = chosen or [live[0]]
    out = []
    for source in chosen:
        changes = {**plan.sources.get(str(source.options.get("group", "")), {}), **plan.sources.get(source.id, {})}
        if "file" in changes:
            path = Path(str(changes["file"])).expanduser()
            changes["file"] = str(path if path.is_absolute() else plan.folder / path)
        elif source.options.get("file"):
            changes["file"] = str(plan.folder / str(source.options["file"]))
        asked = source.changed(changes)
        key_stays(source.options, asked.options, where=f"[sources.{source.id}]")
        out.append(asked)
    return out


def countries_of(plan: Plan) -> tuple[str, ...]:
    """Return the countries a plan lies in: Finnish municipality codes begin with ``FI-``."""
    finnish = any(c.startswith(FINNISH) for c in plan.area.municipalities)
    swedish = not plan.area.municipalities or any(not c.startswith(FINNISH) for c in plan.area.municipalities)
    return tuple(c for c, there in (("SE", swedish), ("FI", finnish)) if there)


def known_sources(plan: Plan, catalog: Catalog) -> None:
    """Refuse a ``[sources.<id>]`` that no layer has.

    Raises
    ------
    LayerError
    """
    import difflib

    ids = {s.id for d in catalog.values() for s in d.sources if s.live} | {str(s.options["group"]) for d in catalog.values() for s in d.sources if "group" in s.options}
    for name in plan.sources:
        if name not in ids:
            near = difflib.get_close_matches(name, ids, n=1)
            raise LayerError(f"[sources.{name}] is no source of any layer" + (f"; did you mean {near[0]!r}?" if near else f"; sources: {', '.join(sorted(ids))}"))
