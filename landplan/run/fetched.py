"""What the run's live layers are: whose, when they were fetched, how many were counted, and what is new in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from landplan.contracts import FieldSpec
from landplan.layers import Store
from landplan.layers.change import Change
from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FETCHED_FIELDS", "FETCHED_TITLE", "fetched_layers"]

FETCHED_TITLE: Final = Text("Hämtade lager, nytt mot gammalt", "Fetched layers, new against old")
FETCHED_FIELDS: Final = (
    FieldSpec("layer", "text", Text("Lager", "Layer")),
    FieldSpec("provider", "text", Text("Källa", "Source")),
    FieldSpec("fetched", "date", Text("Hämtat", "Fetched")),
    FieldSpec("counted", "int", Text("Källans antal", "Counted by the source"), description="Asked for before the layer was fetched; pieces of a layer that are then put together count each."),
    FieldSpec("features", "int", Text("Objekt", "Features")),
    FieldSpec("difference", "text", Text("Mot förra hämtningen", "Against the fetch before")),
    FieldSpec("data_date", "text", Text("Uppgifternas datum", "Date of the data")),
)


def fetched_layers(store: Store) -> pd.DataFrame | None:
    """Return a row a live layer of the plan; None where it has none.

    Parameters
    ----------
    store : Store

    Returns
    -------
    pandas.DataFrame or None
        The columns of `FETCHED_FIELDS`; what is not known (a first version has nothing before it) is empty.
    """
    import pandas as pd

    language = store.plan.plan.language
    rows = []
    for name, ref in store.plan.layers.items():
        entry = store.lock.entries.get(name) if ref.source == "live" else None
        if entry is None:
            continue
        change = Change.of({k: v for k, v in entry.changes.items() if k != "since"}) if entry.changes else None
        rows.append({
            "layer": store.catalog[name].title[language], "provider": entry.providers, "fetched": entry.fetched[:10], "counted": entry.counted,
            "features": entry.features, "difference": change.text()[language] if change else None, "data_date": entry.data_date or None,
        })  # fmt: skip
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=[f.name for f in FETCHED_FIELDS])
    for spec in FETCHED_FIELDS:
        if spec.type == "int":
            frame[spec.name] = frame[spec.name].astype("Int64")
    return frame
