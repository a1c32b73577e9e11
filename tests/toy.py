"""The toy town: a lattice of roads, a lake, hills, people and a site, small enough to know by heart."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

X0, Y0, SIDE, BLOCK = 620_000.0, 6_940_000.0, 4_000.0, 500.0
CRS = "EPSG:3006"

PLAN = """
[plan]
name = "toy"
title = { sv = "Leksaksstaden", en = "Toy town" }
language = "sv"
cell_m = 50

[area]
bbox = [620000, 6940000, 624000, 6944000]
halo_m = 500

[layers]
roads = { file = "roads.gpkg" }
water = { file = "water.gpkg" }
population_grid = { file = "population.gpkg" }
localities = { file = "localities.geojson" }
industrial_land = { file = "industrial.gpkg" }
housing_sites = { file = "housing.gpkg" }
services = { file = "services.csv", crs = "EPSG:3006" }
elevation = { file = "elevation.tif" }

[sites.works]
name = "Verket"
x = 622000
y = 6942000
jobs = { low = 10, central = 20, high = 30, source = "antagande" }

[teams.industry]
title = { sv = "Industrimark", en = "Industrial land" }
results = ["industrial"]
layers = ["industrial_land"]

[catchment]
minutes = [1, 2, 5]
access_kmh = 15

[suitability.industrial]
title = { sv = "Industrimark", en = "Industrial land" }
min_ha = 5
max_sites = 3
threshold = 0.2

[[suitability.industrial.constraints]]
name = "water"
title = { sv = "Vatten", en = "Water" }
layer = "water"
within_m = 100

[[suitability.industrial.constraints]]
name = "shore"
title = { sv = "Strandskydd", en = "Shore protection" }
layer = "shore_protection"
hardness = "dispensation"

[[suitability.industrial.criteria]]
name = "slope"
title = { sv = "Marklutning", en = "Slope" }
source = "slope"
layer = "elevation"
unit = "%"
value = { kind = "linear", best = 0, worst = 30 }
weight = 0.6

[[suitability.industrial.criteria]]
name = "road"
title = { sv = "Avstånd till väg", en = "Distance to a road" }
source = "distance"
layer = "roads"
where = { road_class = "primary" }
unit = "m"
value = { kind = "linear", best = 0, worst = 3000 }
weight = 0.4

[suitability.housing]
title = { sv = "Bostäder", en = "Housing" }

[[suitability.housing.criteria]]
name = "slope"
title = { sv = "Marklutning", en = "Slope" }
source = "slope"
layer = "elevation"
value = { kind = "linear", best = 0, worst = 30 }
weight = 1.0

[suitability.housing.ranking]
layer = "housing_sites"
site = "works"
commute_weight = 0.5
services_weight = 0.3
suitability_weight = 0.2
commute_best_min = 1
commute_worst_min = 10
services_kinds = ["preschool"]

[export]
formats = ["geopackage", "tables", "report"]
"""


def lattice(blocks: int = 8, *, block_m: float = BLOCK, minutes: float = 1.0) -> gpd.GeoDataFrame:
    """Streets of a lattice, each block taking `minutes`; the middle row is a primary road."""
    rows, lines = [], []
    speed = block_m / 1000.0 / (minutes / 60.0)
    for i in range(blocks + 1):
        for j in range(blocks):
            for horizontal in (True, False):
                a = (j, i) if horizontal else (i, j)
                b = (j + 1, i) if horizontal else (i, j + 1)
                main = horizontal and i == blocks // 2
                rows.append({"road_id": f"{a}{b}", "road_class": "primary" if main else "street", "speed_kmh": speed})
                lines.append([(X0 + a[0] * block_m, Y0 + a[1] * block_m), (X0 + b[0] * block_m, Y0 + b[1] * block_m)])
    return gpd.GeoDataFrame(rows, geometry=[shapely.LineString(c) for c in lines], crs=CRS)


def population() -> gpd.GeoDataFrame:
    """Squares of 250 m, ten persons in each."""
    cells, ids = [], []
    for r in range(16):
        for c in range(16):
            cells.append(shapely.box(X0 + c * 250, Y0 + r * 250, X0 + (c + 1) * 250, Y0 + (r + 1) * 250))
            ids.append(f"{int(Y0 + r * 250)}_{int(X0 + c * 250)}")
    n = len(cells)
    return gpd.GeoDataFrame(
        {
            "square_id": ids, "municipality_code": ["2262"] * (n // 2) + ["2280"] * (n - n // 2),
            "locality_id": ["1"] * n, "population": 10, "working_age": 6, "year": 2025,
        },
        geometry=cells, crs=CRS,
    )


def write_toy(folder: Path) -> None:
    """Write the town's layers and its plan."""

    def gpkg(frame: gpd.GeoDataFrame, name: str) -> None:
        frame.to_file(folder / f"{name}.gpkg", layer=name, engine="pyogrio")

    gpkg(lattice(), "roads")
    lake = shapely.box(X0 + 3_050, Y0 + 3_050, X0 + 3_450, Y0 + 3_450)
    gpkg(gpd.GeoDataFrame({"kind": ["lake"], "area_ha": [16.0]}, geometry=[lake], crs=CRS), "water")
    gpkg(population(), "population")
    places = gpd.GeoDataFrame(
        {"locality_id": ["1", "2"], "name": ["Ö by", "Å stad"], "kind": ["village", "tatort"], "municipality_code": ["2262", "2280"]},
        geometry=gpd.points_from_xy([X0 + 500, X0 + 3_500], [Y0 + 500, Y0 + 3_500]), crs=CRS,
    )
    places.to_file(folder / "localities.geojson", engine="pyogrio")
    block = shapely.box(X0 + 520, Y0 + 2_020, X0 + 980, Y0 + 2_480)
    gpkg(
        gpd.GeoDataFrame(
            {"site_id": ["north"], "name": ["Norra fältet"], "availability": ["ledig"], "area_ha": [block.area / 1e4]},
            geometry=[block], crs=CRS,
        ),
        "industrial",
    )
    homes = [shapely.box(X0 + x, Y0 + y, X0 + x + 100, Y0 + y + 100) for x, y in ((1_600, 1_600), (100, 100))]
    gpkg(
        gpd.GeoDataFrame(
            {"site_id": ["near", "far"], "name": ["Nära", "Långt bort"], "plan_stage": ["laga kraft", "samråd"], "dwellings_min": [10, 20], "dwellings_max": [12, 20]},
            geometry=homes, crs=CRS,
        ),
        "housing",
    )
    (folder / "services.csv").write_text(
        f"service_id,service_kind,name,x,y\np1,preschool,Förskolan,{X0 + 1500},{Y0 + 1500}\n", encoding="utf-8"
    )
    cell = 25.0
    side = int((SIDE + 2_000) / cell)
    col = np.arange(side) * cell
    # flat in the west, rising 10 % east of the middle
    height = np.tile(np.maximum(0.0, (col - SIDE / 2 - 1_000)) * 0.1, (side, 1)).astype(np.float32)
    with rasterio.open(
        folder / "elevation.tif", "w", driver="GTiff", height=side, width=side, count=1, dtype="float32", crs=CRS,
        transform=from_origin(X0 - 1_000, Y0 + SIDE + 1_000, cell, cell), nodata=-9999.0,
    ) as out:
        out.write(height, 1)
    (folder / "toy.toml").write_text(PLAN, encoding="utf-8")
