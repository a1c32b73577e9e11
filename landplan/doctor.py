"""What a plan rests on: every layer real, demonstration or missing, and what that does to the answers."""

from __future__ import annotations

from dataclasses import dataclass

from landplan.layers import Store
from landplan.plan import Plan
from landplan.style import Text

__all__ = ["Basis", "Examination", "examine"]


@dataclass(frozen=True, slots=True)
class Basis:
    """One layer: what it is based on and what uses it. `basis` is real, demo or missing."""

    layer: str
    basis: str
    date: str
    licence: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, and in sentences."""

    layers: tuple[Basis, ...]
    sentences: tuple[str, ...]


def examine(plan: Plan, store: Store | None = None) -> Examination:
    """Examine a plan without reading its layers' features.

    Parameters
    ----------
    plan : Plan
    store : Store, optional

    Returns
    -------
    Examination

    Raises
    ------
    LayerError
        If a layer's file does not exist or the catalogue does not know the layer.
    """
    store = store or Store(plan)
    uses: dict[str, list[str]] = {}
    for name, block in plan.suitability.items():
        asked = [(layer, k.name) for k in block.constraints for layer in k.layers]
        asked += [(layer, c.name) for c in block.criteria for layer in c.layers]
        asked += [(b.layer, "bridgeable") for b in block.bridgeable] + [(a.layer, a.name) for a in block.access]
        for layer_id, part in asked:
            if layer_id:
                uses.setdefault(layer_id, []).append(f"{name}.{part}")
        if block.ranking:
            uses.setdefault(block.ranking.layer, []).append(f"{name}.ranking")
            uses.setdefault(block.ranking.services_layer, []).append(f"{name}.ranking")
    if plan.sites:
        for layer in ("roads", "population_grid"):
            uses.setdefault(layer, []).append("catchment")
    rows: list[Basis] = []
    have = store.names()
    for name in have:
        source = store.describe(name)
        rows.append(Basis(name, "demo" if source.synthetic else "real", source.data_date, source.licence, tuple(uses.get(name, ()))))
    missing = [n for n in uses if n not in have]
    rows += [Basis(n, "missing", "", "", tuple(uses[n])) for n in missing]
    untested = [d.id for d in store.catalog.values() if d.theme in ("restrictions", "risk") and d.id not in have]
    demo = [r.layer for r in rows if r.basis == "demo"]
    said = [
        Text(
            f"{len(have)} lager: {len(have) - len(demo)} verkliga, {len(demo)} demonstrationsdata, {len(missing)} saknas.",
            f"{len(have)} layers: {len(have) - len(demo)} real, {len(demo)} demonstration data, {len(missing)} missing.",
        )
    ]
    if demo:
        said.append(
            Text(
                "Allt som vilar på demonstrationsdata är märkt och får inte användas som beslutsunderlag.",
                "Everything that rests on demonstration data is marked and must not be used as a basis for decisions.",
            )
        )
    if untested:
        sv, en = (", ".join(store.catalog[u].title[lang] for u in untested) for lang in ("sv", "en"))
        said.append(Text(f"Ej prövat mot: {sv}.", f"Not tested against: {en}."))
    return Examination(tuple(rows), tuple(t[plan.plan.language] for t in said))
