"""The main town of each municipality of a plan's area, and how far it is from every ranked site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan import network as n
from landplan.contracts import FieldSpec
from landplan.run.wording import say
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landplan.layers import Layer
    from landplan.run.steps import LayerSet

__all__ = ["main_towns", "minutes_to_towns", "town_fields"]


def main_towns(layers: Mapping[str, Layer], area: Any = None) -> gpd.GeoDataFrame | None:
    """Return the locality with most inhabitants of each municipality, largest first, with a column for its minutes.

    Parameters
    ----------
    layers : mapping of str to Layer
    area : shapely geometry, optional
        Only municipalities that have a locality in it.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Columns `name`, `column`; None where the layers do not tell.
    """
    layer = layers.get("localities")
    if layer is None or not {"population", "municipality_code", "name"} <= set(layer.frame):
        return None
    frame = layer.frame[layer.frame["population"].notna() & layer.frame["municipality_code"].notna()]
    if area is not None:
        frame = frame[frame["municipality_code"].isin(set(frame.loc[frame.geometry.intersects(area), "municipality_code"]))]
    # of equals the first by name, so that the same layers give the same town
    best = frame.sort_values(["population", "name"], ascending=[False, True]).drop_duplicates("municipality_code").copy()
    best["column"] = [f"town_{code}_min" for code in best["municipality_code"].astype(str)]
    return best if len(best) else None


def minutes_to_towns(data: LayerSet, net: n.Network, points: gpd.GeoDataFrame, legs: Mapping[str, Any]) -> pd.DataFrame:
    """Return minutes from each point to each main town, nan where there is no way; a column a town, indexed as `points`."""
    import pandas as pd

    towns = main_towns(data.layers, data.area)
    if towns is None:
        return pd.DataFrame(index=points.index)
    places = towns.set_index("column")[["geometry"]]
    places["geometry"] = places.geometry.representative_point()
    away = n.matrix(net, points, places, **legs).to_dense().astype(float)
    return pd.DataFrame(np.where(np.isfinite(away), away, np.nan), index=points.index, columns=list(places.index))


def town_fields(layers: Mapping[str, Layer], area: Any = None) -> tuple[FieldSpec, ...]:
    """Return the towns' columns with their words."""
    towns = main_towns(layers, area)
    if towns is None:
        return ()
    words = [say("town_column", name=Text(name, name)) for name in towns["name"]]
    return tuple(FieldSpec(column, "float", alias=alias, unit="min") for column, alias in zip(towns["column"], words, strict=True))
