"""A page of very many polygons, for the budget's test and the bench."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
import small_atlas

from landplan.export.items import Atlas, TeamPage, VectorItem
from landplan.style import Style, Text

VERTICES = 24


def build(count: int, *, radius_m: tuple[float, float] = (30.0, 120.0)) -> Atlas:
    """Return an atlas with `count` ragged polygons of 24 vertices over 100 x 100 km."""
    rng = np.random.default_rng(1)
    turn = np.linspace(0, 2 * np.pi, VERTICES + 1)
    centre = rng.uniform(0, 100_000, (count, 1, 2)) + np.array([small_atlas.X0, small_atlas.Y0])
    reach = rng.uniform(*radius_m, (count, 1)) * (1 + 0.2 * rng.standard_normal((count, VERTICES + 1)))
    reach[:, -1] = reach[:, 0]
    rings = centre + reach[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    frame = gpd.GeoDataFrame({"number": np.arange(count)}, geometry=shapely.polygons(rings), crs="EPSG:3006")
    item = VectorItem(id="many", title=Text("Många ytor", "Many areas"), frame=frame, style=Style(color="#336699"))
    page = TeamPage(
        id="many", title=Text("Många", "Many"), question=Text("Hur många?", "How many?"), answer=Text("Så många.", "That many."),
        layers=("many",), visible=("many",),
    )  # fmt: skip
    x, y = small_atlas.X0, small_atlas.Y0
    return replace(small_atlas.build(), vectors=(item,), rasters=(), tables=(), pages=(page,), area_bounds=(x, y, x + 100_000, y + 100_000))
