"""Housing sites: ranked by minutes to work and minutes to daily services.

    python analyses/housing_sites.py [OUT_FOLDER]
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landplan.accessibility import cost_to_closest
from landplan.content import shipped_plan
from landplan.export.names import demo_stem
from landplan.export.words import banner
from landplan.layers import Store
from landplan.network import from_layer, matrix
from landplan.plan import read
from landplan.suitability import value

PLAN = shipped_plan("torsboda")  # or Path("my_plan.toml")
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
SITE = "torsboda"  # the workplace, a site of the plan
KINDS = ["preschool", "compulsory_school", "health_centre", "shop"]
WEIGHTS = {"commute": 0.5, "services": 0.5}  # sum to 1
COMMUTE = value.linear(worst=60, best=10)  # minutes to work: 10 or less scores 1, 60 or more scores 0
SERVICE = value.linear(worst=25, best=3)  # minutes to the nearest of a kind
LEGS = {"access_kmh": 15, "max_m": 2_000}

plan = read(PLAN)
store, site = Store(plan), plan.sites[SITE]
layers = {name: store.read(name) for name in ("roads", "housing_sites", "services")}
network = from_layer(layers["roads"].frame)
housing = layers["housing_sites"].frame.set_index("site_id")
homes = housing.representative_point().to_frame("geometry")
work = gpd.GeoDataFrame(index=[SITE], geometry=gpd.points_from_xy([site.lon], [site.lat], crs="EPSG:4326"))
services = layers["services"].frame.set_index("service_id")

minutes = pd.DataFrame(index=housing.index)
minutes["commute_min"] = matrix(network, homes, work.to_crs(plan.plan.crs), **LEGS).to_dense()[:, 0]
for kind in KINDS:
    some = services[services["service_kind"] == kind]
    minutes[f"{kind}_min"] = cost_to_closest(matrix(network, homes, some, **LEGS), pd.Series(1.0, index=some.index))
scores = pd.DataFrame({"commute": COMMUTE(minutes["commute_min"])}, index=housing.index)
scores["services"] = np.mean([SERVICE(minutes[f"{kind}_min"]) for kind in KINDS], axis=0)
minutes = minutes.replace(np.inf, np.nan)  # no way by road: empty in a file
ranked = housing.join(minutes).assign(score=sum(100 * w * scores[name] for name, w in WEIGHTS.items()))
ranked = ranked.sort_values("score", ascending=False, kind="stable")
ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))

synthetic = any(layer.synthetic for layer in layers.values())
OUT.mkdir(parents=True, exist_ok=True)
path = OUT / f"{demo_stem('housing_sites', synthetic)}.gpkg"
ranked.assign(synthetic=synthetic).reset_index().to_file(path, layer="housing_sites")
ranked.drop(columns="geometry").to_csv(path.with_suffix(".csv"))
print(banner(plan.plan.language) if synthetic else plan.plan.title.sv)
print(ranked[["rank", "name", "dwellings_max", "score", *minutes]].to_string(index=False, float_format="%.1f"))
print(f"wrote {path} and {path.with_suffix('.csv')}")
