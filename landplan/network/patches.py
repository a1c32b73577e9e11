"""Scenario edits as values: a patch list over an immutable base network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landplan.errors import NetworkError
from landplan.network.graph import UNREACHED, Network

__all__ = ["Close", "Speed", "with_patches"]


@dataclass(frozen=True, slots=True)
class Close:
    """Close edges to traffic."""

    edges: tuple[Any, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """Multiply the speed of edges by `factor`."""

    edges: tuple[Any, ...]
    factor: float
    name: str = ""


def with_patches(net: Network, patches: Sequence[Close | Speed]) -> Network:
    """Return a new network with the patches applied in order; the base is unchanged.

    Raises
    ------
    NetworkError
        If a patch names an edge that is not in the network, or a factor is not above 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from landplan.network import from_layer
    >>> roads = gpd.GeoDataFrame({"road_id": ["a"], "road_class": ["street"], "speed_kmh": [36.0]},
    ...                          geometry=[LineString([(0, 0), (600, 0)])], crs="EPSG:3006")
    >>> float(with_patches(from_layer(roads), [Speed(("a",), 0.5)]).edges["forward_min"].iloc[0])
    2.0
    """
    import pandas as pd

    forward, backward = net.forward_ds.copy(), net.backward_ds.copy()
    for patch in patches:
        at = net.edge_ids.get_indexer(pd.Index(list(patch.edges)))
        if (at < 0).any():
            raise NetworkError(f"patch {patch.name or type(patch).__name__!r} names edge {patch.edges[int(np.argmax(at < 0))]!r}, which is not in the network")
        for ds in (forward, backward):
            if isinstance(patch, Close):
                ds[at] = UNREACHED
            else:
                if not patch.factor > 0:
                    raise NetworkError(f"patch {patch.name!r}: factor must be above 0, got {patch.factor}")
                open_ = ds[at] != UNREACHED
                ds[at] = np.where(open_, np.rint(ds[at] / patch.factor), UNREACHED).astype(np.int32)
    return replace(net, forward_ds=forward, backward_ds=backward)
