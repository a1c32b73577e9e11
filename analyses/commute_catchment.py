"""Commute catchment: who reaches each site within each number of minutes: python analyses/commute_catchment.py [OUT_FOLDER].

Minutes are door to door. Persons are counted square by square from them, never from the rings.
"""

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landplan.catchment import reach
from landplan.content import shipped_plan
from landplan.export.names import demo_stem
from landplan.export.words import banner
from landplan.layers import Store
from landplan.network import SpeedProfile, from_layer, isochrones, matrix, snap
from landplan.plan import read

PLAN = shipped_plan("torsboda")  # or Path("my_plan.toml")
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
MINUTES = [15, 30, 45, 60]
LEGS = {"access_kmh": 15, "max_m": 2_000}  # to the nearest road; farther away is off the network
SPEED_FACTOR = {}  # by road class; {"local": 0.8, "street": 0.8} drives these a fifth slower

plan = read(PLAN)
store, crs = Store(plan), plan.plan.crs
layers = {name: store.read(name) for name in ("roads", "population_grid", "water")}
frames = {name: layer.frame for name, layer in layers.items()}
places = {i: site for i, site in plan.sites.items() if site.lat is not None}
points = gpd.points_from_xy([s.lon for s in places.values()], [s.lat for s in places.values()], crs="EPSG:4326")
sites = gpd.GeoDataFrame({"name": [s.name for s in places.values()]}, index=list(places), geometry=points).to_crs(crs)

network = from_layer(frames["roads"], profile=SpeedProfile("study", factor=SPEED_FACTOR))
squares = frames["population_grid"]
centres = squares.set_index("square_id").centroid.to_frame("geometry")
od = matrix(network, centres, sites, cutoff_min=max(MINUTES), **LEGS)
reason = snap(network, centres, **LEGS)["reason"]
lost = reason.index[reason == "off_network"]
rings = isochrones(network, sites, MINUTES, barriers=frames["water"]).areas

synthetic = any(layer.synthetic for layer in layers.values())
OUT.mkdir(parents=True, exist_ok=True)
path = OUT / f"{demo_stem('commute_catchment', synthetic)}.gpkg"
path.unlink(missing_ok=True)
rings.assign(synthetic=synthetic).to_file(path, layer="rings")
tables = []
print(banner(plan.plan.language) if synthetic else plan.plan.title.sv)
for site_id, name in sites["name"].items():
    result = reach(od, squares, site_id=site_id, minutes=MINUTES, off_network=lost)
    result.squares.assign(synthetic=synthetic).to_file(path, layer=f"squares_{site_id}")
    tables.append(result.municipalities.assign(site_id=site_id))
    wide = result.municipalities.pivot(index="minutes", columns="municipality_code", values="population")
    print(f"\n{name}: persons within each number of minutes by car, in all and by municipality code")
    print(wide.assign(all=result.thresholds.set_index("minutes")["population"]).to_string())
print(f"\n{int(squares.set_index('square_id').loc[lost, 'population'].sum())} persons live more than {LEGS['max_m']} m from a road")
pd.concat(tables).to_csv(path.with_suffix(".csv"), index=False)
print(f"wrote {path} and {path.with_suffix('.csv')}")
