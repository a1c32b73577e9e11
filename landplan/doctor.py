"""What a plan rests on: every layer live, a file, demonstration or missing, how old, and which answers it limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from landplan.errors import LayerError
from landplan.layers import Store
from landplan.layers.lock import area_mark
from landplan.plan import Plan
from landplan.plan.growth import Growth
from landplan.style import Text

__all__ = ["Basis", "Examination", "examine"]

# what the catchment and the network rest on beside roads and people, where the plan asks for it
_ALWAYS = ("roads", "population_grid")
_WORKERS = ("workplaces", "commuting")
_VILLAGES = ("localities", "roads", "population_grid", "services", "workplaces", "broadband", "holiday_homes")


@dataclass(frozen=True, slots=True)
class Basis:
    """One layer: what it is based on and what uses it.

    `basis` is live, file, demo, none (the source says that the area has none), unfetched or missing; `state` says in words how old it
    is, and whether that is too old.
    """

    layer: str
    basis: str
    date: str
    licence: str
    used_by: tuple[str, ...]
    provider: str = ""
    age_days: int | None = None
    stale: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, and in sentences."""

    layers: tuple[Basis, ...]
    sentences: tuple[str, ...]


def examine(plan: Plan, store: Store | None = None, *, now: datetime | None = None) -> Examination:
    """Examine a plan without reading its layers' features.

    Parameters
    ----------
    plan : Plan
    store : Store, optional
    now : datetime, optional
        The time ages are counted from; default now.

    Returns
    -------
    Examination

    Raises
    ------
    LayerError
        If a layer's file does not exist or the catalogue does not know the layer. A live layer that is not there is no error: it
        is what is asked.
    """
    store = store or Store(plan)
    when = now or datetime.now(UTC)
    uses = _uses(plan)
    rows: list[Basis] = []
    for name, ref in plan.layers.items():
        if ref.source == "none":
            continue
        used = tuple(uses.get(name, ()))
        rows.append(_live(name, store, used, when) if ref.source == "live" else _own(name, store, used, when))
    have = [r.layer for r in rows if r.basis not in ("unfetched", "none")]
    named = {r.layer for r in rows}
    missing = [n for n in uses if n not in named]
    rows += [Basis(n, "missing", "", "", tuple(uses[n])) for n in missing]
    return Examination(tuple(rows), tuple(t[plan.plan.language] for t in _sentences(rows, have, missing, store)))


def _uses(plan: Plan) -> dict[str, list[str]]:
    """Return which analyses ask for which layer."""
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
        for layer in _ALWAYS:
            uses.setdefault(layer, []).append("catchment")
        if plan.catchment.workers is not None:
            for layer in _WORKERS:
                uses.setdefault(layer, []).append("catchment.workers")
    if plan.villages is not None:
        for layer in _VILLAGES:
            uses.setdefault(layer, []).append("villages")
    if plan.growth is not None:
        for layer, part in _growth(plan.growth):
            uses.setdefault(layer, []).append(part)
    if plan.area.municipalities:
        uses.setdefault("municipalities", []).append("area")
    return uses


def _growth(growth: Growth) -> list[tuple[str, str]]:
    """What each part of ``[growth]`` rests on; ages and households only where the plan does not tell them itself."""
    asked = [("municipalities", "growth.areas")]
    if any(a.ages is None for a in growth.areas.values()):
        asked.append(("population_by_age", "growth.ages"))
    if growth.placing is not None:
        asked += [(growth.placing.layer, "growth.placing"), ("roads", "growth.placing"), ("population_grid", "growth.placing"), ("workplaces", "growth.placing")]
    if growth.services or growth.travel:
        asked += [("services", "growth.services"), ("population_grid", "growth.services"), ("roads", "growth.services")]
    if growth.response is not None:
        asked.append(("rescue_stations", "growth.response"))
    if growth.dark is not None:
        asked.append(("lighting", "growth.dark"))
    return asked


def _own(name: str, store: Store, used: tuple[str, ...], now: datetime) -> Basis:
    source = store.describe(name)
    age = _age(source.data_date, now)
    basis = "demo" if source.synthetic else "file" if store.plan.layers[name].source == "file" else "real"
    return Basis(name, basis, source.data_date, source.licence, used, source.source, age)


def _live(name: str, store: Store, used: tuple[str, ...], now: datetime) -> Basis:
    sv = store.plan.plan.language == "sv"
    entry = store.lock.entries.get(name)
    if entry is None:
        return Basis(name, "unfetched", "", "", used, state="inte hämtat än" if sv else "not fetched yet")
    age = round(entry.age_days(now))
    stale = entry.stale(now)
    when = entry.fetched[:10]
    if entry.features == 0:
        said = "källan säger att området inte har något" if sv else "the source says the area has none"
        return Basis(name, "none", when, entry.licence, used, entry.providers, age, stale, said)
    try:
        source = store.describe(name)
    except LayerError:
        if entry.area not in ("", area_mark(store.plan)):
            said = "hämtat för ett annat område: hämta om" if sv else "fetched for another area: fetch again"
        else:
            said = "filen är borta eller ändrad" if sv else "the file is gone or changed"
        return Basis(name, "unfetched", when, entry.licence, used, entry.providers, age, stale, said)
    days = f"{age} dygn sedan det hämtades" if sv else f"{age} days since it was fetched"
    late = (", äldre än det ändras: hämta om" if sv else ", older than it changes: fetch again") if stale else ""
    return Basis(name, "demo" if source.synthetic else "live", entry.data_date or when, source.licence, used, entry.providers, age, stale, f"{days}{late}")


def _age(said: str, now: datetime) -> int | None:
    """Return the days since a date that is written out; a year alone has no day."""
    try:
        return (now.date() - date.fromisoformat(said[:10])).days
    except ValueError:
        return None


def _sentences(rows: list[Basis], have: list[str], missing: list[str], store: Store) -> list[Text]:
    """Say what was found."""
    counts = {b: [r.layer for r in rows if r.basis == b] for b in ("live", "file", "real", "demo", "none", "unfetched")}
    real = len(counts["live"]) + len(counts["file"]) + len(counts["real"])
    said = [
        Text(
            f"{len(have)} lager: {real} verkliga, {len(counts['demo'])} demonstrationsdata, {len(missing)} saknas.",
            f"{len(have)} layers: {real} real, {len(counts['demo'])} demonstration data, {len(missing)} missing.",
        )
    ]
    if counts["live"]:
        said.append(Text(f"Hämtade: {len(counts['live'])}.", f"Fetched: {len(counts['live'])}."))
    if counts["unfetched"]:
        names = ", ".join(counts["unfetched"])
        said.append(Text(f"Inte hämtade: {names}. Hämta med landplan fetch.", f"Not fetched: {names}. Fetch with landplan fetch."))
    if late := [r.layer for r in rows if r.stale]:
        said.append(Text(f"För gamla: {', '.join(late)}. Hämta om med landplan fetch.", f"Too old: {', '.join(late)}. Fetch again with landplan fetch."))
    if counts["none"]:
        names = ", ".join(counts["none"])
        said.append(Text(f"Källan säger att området inte har något av: {names}.", f"The source says the area has none of: {names}."))
    for row in rows:
        if row.basis in ("demo", "missing", "unfetched") and row.used_by:
            why = {"demo": ("är demonstrationsdata", "is demonstration data"), "missing": ("saknas", "is missing")}
            sv, en = why.get(row.basis, ("är inte hämtat", "is not fetched"))
            parts = ", ".join(row.used_by)
            said.append(Text(f"{row.layer} {sv} och begränsar {parts}.", f"{row.layer} {en} and limits {parts}."))
    if counts["demo"]:
        said.append(
            Text(
                "Allt som vilar på demonstrationsdata är märkt och får inte användas som beslutsunderlag.",
                "Everything that rests on demonstration data is marked and must not be used as a basis for decisions.",
            )
        )
    there = {*have, *counts["none"]}
    if untested := [d.id for d in store.catalog.values() if d.theme in ("restrictions", "risk") and d.id not in there]:
        sv, en = (", ".join(store.catalog[u].title[lang] for u in untested) for lang in ("sv", "en"))
        said.append(Text(f"Ej prövat mot: {sv}.", f"Not tested against: {en}."))
    return said
