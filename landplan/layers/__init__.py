"""The door in: what layers are, whether a file meets its contract, and reading it into one CRS.

`catalog` holds the definitions, `contract` checks files, `fetching` fills a plan's store from the internet (`sources`, one
module a protocol), `lock` says what is in it and `change` what is new, `store` reads checked layers for a plan, `template` writes
empty files to fill.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "Catalog": "catalog",
    "CheckReport": "contract",
    "Layer": "store",
    "LayerDefinition": "catalog",
    "Outcome": "fetching",
    "Store": "store",
    "catalog": "catalog",
    "check": "contract",
    "fetch": "fetching",
    "study_area": "store",
    "write_template": "template",
}

__all__ = ["Catalog", "CheckReport", "Layer", "LayerDefinition", "Outcome", "Store", "check", "fetch", "load_catalog", "study_area", "write_template"]

if TYPE_CHECKING:
    from landplan.layers.catalog import Catalog, LayerDefinition, load_catalog
    from landplan.layers.contract import CheckReport, check
    from landplan.layers.fetching import Outcome, fetch
    from landplan.layers.store import Layer, Store, study_area
    from landplan.layers.template import write_template


def __getattr__(name: str) -> Any:
    home = {**_HOME, "load_catalog": "catalog"}.get(name)
    if home is None:
        raise AttributeError(f"module 'landplan.layers' has no attribute {name!r}")
    module = importlib.import_module(f"landplan.layers.{home}")
    return module if name == home else getattr(module, name)
