"""A made-up lattice of streets with a border down its middle: three villages, shops and schools on both sides, small enough to know by heart."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from tests.toy import CRS, X0, Y0, lattice

BORDER = X0 + 2_000.0

PLAN = """
[plan]
name = "gransen"
title = { sv = "Gränsen", en = "The border" }
language = "sv"
cell_m = 50

[area]
bbox = [620000, 6940000, 624000, 6948000]
halo_m = 3000

[layers]
municipalities = { file = "municipalities.gpkg" }
roads = { file = "roads.gpkg" }
population_grid = { file = "population.gpkg" }
localities = { file = "localities.gpkg" }
services = { file = "services.gpkg" }
workplaces = { file = "workplaces.gpkg" }
broadband = { file = "broadband.gpkg" }

[teams.villages]
title = { sv = "Landsbygd", en = "Rural areas" }
results = ["villages"]

[catchment]
access_kmh = 60
max_snap_m = 1000

[[catchment.rules]]
season = "winter"
factor = 0.5
source = "antagande"

[villages]
radius_m = 2100
services = ["shop", "compulsory_school", "pharmacy"]
safe_route_m = 800
safe_route_source = "antagande i provet"
jobs_min = 5
large_workplace_jobs = 20

[villages.indicators.shop]
column = "shop_min"
worst = 10
best = 0
unit = "min"
source = "antagande i provet"
weight = 3

[villages.indicators.fibre]
column = "fibre_share"
worst = 0
best = 1
source = "antagande i provet"

[villages.indicators.pharmacy]
column = "pharmacy_min"
worst = 10
best = 0
unit = "min"
source = "antagande i provet"

[export]
formats = ["geopackage", "qgis", "tables", "report", "profiles"]
"""


def _points(rows: list[dict]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(X0 + frame["x"], Y0 + frame["y"]), crs=CRS)


def _square(x: float, y: float) -> shapely.Polygon:
    return shapely.box(X0 + x - 125, Y0 + y - 125, X0 + x + 125, Y0 + y + 125)


def write_two_countries(folder: Path) -> Path:
    """Write the layers and the plan into a folder; return the plan's file."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(frame: gpd.GeoDataFrame, name: str) -> None:
        frame.to_file(folder / f"{name}.gpkg", driver="GPKG", engine="pyogrio")

    west, east = shapely.box(X0, Y0, BORDER, Y0 + 8000), shapely.box(BORDER, Y0, X0 + 4000, Y0 + 8000)
    write(gpd.GeoDataFrame({"municipality_code": ["2583", "FI-851"], "name": ["Haparanda", "Torneå"]}, geometry=[west, east], crs=CRS), "municipalities")
    write(lattice(), "roads")
    write(
        _points([
            {"locality_id": "k", "name": "Kukkolaåsen", "kind": "village", "municipality_code": "2583", "x": 500, "y": 2000},
            {"locality_id": "t", "name": "Tornionkylä", "kind": "village", "municipality_code": "FI-851", "x": 3500, "y": 2000},
            {"locality_id": "o", "name": "Ödemarken", "kind": "village", "municipality_code": "2583", "x": 1000, "y": 7500},
        ]),
        "localities",
    )  # fmt: skip
    squares = [("2583", 500, 2000, 10, 6), ("2583", 750, 2000, 2, 1), ("FI-851", 2250, 2000, 40, 22), ("2583", 1000, 7500, 3, 2)]
    data = {
        "square_id": [f"r{i}" for i in range(len(squares))], "municipality_code": [s[0] for s in squares], "population": [s[3] for s in squares],
        "working_age": [s[4] for s in squares],
    }  # fmt: skip
    write(gpd.GeoDataFrame(data, geometry=[_square(s[1], s[2]) for s in squares], crs=CRS), "population")
    write(
        _points([
            {"service_id": "s1", "service_kind": "shop", "name": "Handlarn åäö", "municipality_code": "2583", "x": 500, "y": 500},
            {"service_id": "s2", "service_kind": "shop", "name": "K-Kauppa", "municipality_code": "FI-851", "x": 2500, "y": 2000},
            {"service_id": "s3", "service_kind": "compulsory_school", "name": "Byskolan", "municipality_code": "2583", "x": 1500, "y": 2000},
        ]),
        "services",
    )  # fmt: skip
    write(
        _points([
            {"workplace_id": "w1", "sector": "handel", "jobs": 5, "municipality_code": "2583", "x": 500, "y": 1500},
            {"workplace_id": "w2", "sector": "industri", "jobs": 300, "municipality_code": "FI-851", "x": 3000, "y": 2000},
        ]),
        "workplaces",
    )  # fmt: skip
    fibre = gpd.GeoDataFrame({"square_id": ["b1", "b2"], "fibre_share": [0.2, 0.6]}, geometry=[_square(500, 2000), _square(750, 2000)], crs=CRS)
    write(fibre, "broadband")
    plan = folder / "gransen.toml"
    plan.write_text(PLAN, encoding="utf-8")
    return plan
