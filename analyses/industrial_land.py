"""Industrial land: where a large plot could lie, what shuts the rest out: python analyses/industrial_land.py [OUT_FOLDER]."""

import sys
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landplan import suitability as s
from landplan.content import shipped_plan
from landplan.export.names import demo_stem
from landplan.export.words import banner
from landplan.grid import Grid
from landplan.layers import Store, study_area
from landplan.plan import read

PLAN = shipped_plan("torsboda")  # or Path("my_plan.toml")
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
LAYERS = ["water", "protected_areas", "population_grid", "roads", "railways", "industrial_land", "elevation"]
MIN_HA, COUNT, THRESHOLD, HOMES_WITHIN_M = 40, 5, 0.5, 300  # the distance is an assumption of this study
WEIGHTS = {"slope": 0.4, "main_road": 0.35, "railway": 0.25}  # sum to 1

plan = read(PLAN)
store, crs = Store(plan), plan.plan.crs
area = gpd.GeoSeries([study_area(plan, store.read("municipalities").frame)], crs=crs)
box = tuple(area.buffer(plan.area.halo_m, join_style="mitre").total_bounds)
grid = Grid.cover(box, cell_m=plan.plan.cell_m, crs=crs)
layers = {name: store.read(name, clip=box) for name in LAYERS}
frames = {name: layer.frame for name, layer in layers.items()}
main = frames["roads"][frames["roads"]["road_class"].isin(["motorway", "trunk"])]
constraints = [
    s.Constraint("water", frames["water"]),
    s.Constraint("protected", frames["protected_areas"], legal="MB 7:4"),
    s.Constraint("homes", frames["population_grid"], within_m=HOMES_WITHIN_M, where={"population": {"min": 10}}),
]
slope = s.slope(partial(store.raster, layers["elevation"]), grid)
criteria = [
    s.Criterion("slope", slope, s.value.piecewise([(3, 1), (8, 0.5), (15, 0)]), WEIGHTS["slope"], "%"),
    s.Criterion("main_road", main, s.value.linear(15_000, 1_000), WEIGHTS["main_road"], "m"),
    s.Criterion("railway", frames["railways"], s.value.linear(15_000, 0), WEIGHTS["railway"], "m"),
]
result = s.evaluate(grid, constraints, criteria, inside=s.burning.burn(area.to_frame("geometry"), grid, rule="centre"))
named = frames["industrial_land"][["site_id", "name", "geometry"]]
found = s.candidate_sites(result, MIN_HA, count=COUNT, threshold=THRESHOLD, avoid=s.burning.burn(named, grid))
sites = pd.concat([named, found[["site_id", "geometry"]].assign(name=found["site_id"])], ignore_index=True)
sites = sites.assign(area_ha=sites.area / 10_000).join(s.score_sites(result, sites))
sites = sites.assign(score=100 * sites["score"]).sort_values("score", ascending=False, kind="stable")

synthetic = any(layer.synthetic for layer in layers.values())
OUT.mkdir(parents=True, exist_ok=True)
path = OUT / f"{demo_stem('industrial_land', synthetic)}.gpkg"
sites.assign(synthetic=synthetic).to_file(path, layer="sites")
result.ledger.to_csv(path.with_suffix(".csv"), index=False)
print(banner(plan.plan.language) if synthetic else plan.plan.title.sv)
print(sites[["name", "area_ha", "allowed_ha", "score", "limiting"]].to_string(index=False, float_format="%.1f"))
print(result.ledger[["name", "excluded_ha", "alone_ha"]].to_string(index=False, float_format="%.0f"))
print(f"wrote {path} (sites) and {path.with_suffix('.csv')} (hectares excluded by what)")
