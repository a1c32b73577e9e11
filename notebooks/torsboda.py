# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Vem når Torsboda? Who reaches Torsboda?
#
# **DEMONSTRATIONSDATA - får inte användas som beslutsunderlag.** Places, boundaries and municipal populations are real; roads, land and
# where in a locality people live are made up. The question, the steps and the arithmetic are those of a real study.
#
# *Question.* How many people reach Torsboda Industrial Park by car within 15, 30, 45 and 60 minutes, where do they live, and how much
# does the answer move when an assumption does?

# %%
import matplotlib.pyplot as plt
import pandas as pd

from landplan import network as n
from landplan import plan as p
from landplan.catchment import reach
from landplan.content import shipped_plan
from landplan.layers import Store
from landplan.run import read_layers

study = p.read(shipped_plan("torsboda"))
store = Store(study)
data = read_layers(study, store, lambda share: None)
sites = data.sites.set_index("site_id", drop=False)
squares = data.layers["population_grid"].frame
MINUTES = (15, 30, 45, 60)

# %% [markdown]
# ## Layers
#
# Each layer says what it is, how old, and whether it is made up.

# %%
rows = []
for name in ("municipalities", "localities", "water", "roads", "population_grid"):
    layer = data.layers[name]
    rows.append((layer.definition.title.sv, len(layer.frame), layer.source.data_date, layer.source.licence[:28], "demo" if layer.synthetic else "verklig"))
pd.DataFrame(rows, columns=["lager", "objekt", "aktualitet", "licens", "underlag"])

# %% [markdown]
# ## Assumptions
#
# Free driving at each road's own speed. From a square's centre to the road: 15 km/h along 1.3 times the straight line, at most 2 km. Minutes
# are door to door. People are counted from the minutes, never from the ring drawn on the map.

# %%
LEGS = {"max_m": study.catchment.max_snap_m, "access_kmh": study.catchment.access_kmh}
centres = squares.set_index("square_id").centroid.to_frame("geometry")


def within(factor=None):
    """Persons within each threshold, with speeds multiplied by class."""
    net = n.from_layer(data.layers["roads"].frame, profile=n.SpeedProfile("studie", factor=factor or {}))
    od = n.matrix(net, centres, sites, cutoff_min=max(MINUTES), **LEGS)
    return net, reach(od, squares, site_id="torsboda", minutes=MINUTES)


net, base = within()
print(*net.report.lines(), sep="\n")

# %% [markdown]
# ## Result

# %%
base.thresholds.round(3)

# %%
names = data.layers["municipalities"].frame.set_index("municipality_code")["name"]
base.municipalities.assign(kommun=base.municipalities["municipality_code"].map(names)).pivot(index="kommun", columns="minutes", values="population")

# %%
rings = n.isochrones(net, sites, MINUTES, barriers=data.layers["water"].frame, max_access_m=500).areas.sort_values("minutes", ascending=False)
fig, ax = plt.subplots(figsize=(7, 7.5))
data.layers["land"].frame.plot(ax=ax, color="#f6f4ef", edgecolor="#c9c2b2", linewidth=0.4)
data.layers["water"].frame.plot(ax=ax, color="#c3dbe8")
rings.plot(ax=ax, column="minutes", cmap="Blues_r", alpha=0.6, edgecolor="#3b5a78", linewidth=0.3)
sites.plot(ax=ax, color="#d55e00", marker="*", markersize=160, edgecolor="white", zorder=5)
ax.set_title("Nås inom 15, 30, 45 och 60 minuter med bil\nDEMONSTRATIONSDATA - får inte användas som beslutsunderlag", fontsize=10)
ax.set_axis_off()
plt.show()

# %% [markdown]
# How well do the rings fit the roads they are drawn from? `commission` is the share of road inside a ring that is not reached in time,
# `omission` the share of reached road outside it.

# %%
rings.sort_values("minutes")[["minutes", "area_ha", "commission", "omission"]].round(4).reset_index(drop=True)

# %% [markdown]
# ## Sensitivity
#
# What if everyone drives a tenth slower, or only the local roads and streets are slower, as on a winter's day?

# %%
cases = {
    "som i planen": {},
    "alla vägar 10 % långsammare": dict.fromkeys(data.layers["roads"].frame["road_class"].unique(), 0.9),
    "småvägar och gator 20 % långsammare": {"local": 0.8, "street": 0.8, "tertiary": 0.8},
}
table = pd.DataFrame({label: within(factor)[1].thresholds.set_index("minutes")["population"] for label, factor in cases.items()})
table

# %% [markdown]
# A tenth slower takes away about three per cent of the people at every threshold; slower small roads one to two per cent. The
# choice of threshold moves the answer far more than the choice of speed does.
#
# ## Export
#
# The same result with maps, QGIS project and report: `landplan run torsboda`. From here, a table for others:

# %%
print(table.to_csv())
