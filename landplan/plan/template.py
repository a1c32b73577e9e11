"""A commented new plan file, that `landplan plan new` writes."""

from __future__ import annotations

__all__ = ["new_plan"]

_TEMPLATE = '''# En plan för landplan. Ändra det som behöver ändras; radera det som inte behövs.
# A plan for landplan. Check it with: landplan plan check {file}

[plan]
name = "{name}"                                # letters, digits and _; names the run's folder
title = {{ sv = "{title}", en = "{title}" }}
language = "sv"                                # sv or en: what people read
crs = "EPSG:3006"                              # any projected CRS in metres; EPSG:3067 on the Finnish side
cell_m = 50                                    # side of a grid cell, metres
seed = 7

[area]
municipalities = ["{code}"]                    # four digits as text; or bbox = [xmin, ymin, xmax, ymax]; or polygon = "area.gpkg"
halo_m = 5000                                  # metres around the area, so that nothing is wrong at its edge

# One table a layer: a file beside this plan. `landplan layers template roads` writes an empty file to fill,
# `landplan layers check roads.gpkg --as roads` says what is wrong with one. A layer left out is named in the
# report as not tested ("ej prövat mot").
[layers.municipalities]
file = "municipalities.gpkg"

[layers.roads]
file = "roads.gpkg"
# crs = "EPSG:3014"                            # only when the file does not say

[layers.population_grid]
file = "population_grid.gpkg"

[layers.elevation]
file = "elevation.tif"
# nodata = -9999                               # or "none", when the file does not say

[teams.industrial_land]
title = {{ sv = "Industrimark", en = "Industrial land" }}

# A site whose catchment is asked for. Jobs are a scenario with a source, never a fact.
# [sites.park]
# name = "Industriparken"
# lat = 62.53
# lon = 17.49
# jobs = {{ low = 500, central = 1000, high = 2000, source = "antagande" }}

[catchment]
minutes = [15, 30, 45, 60]
mode = "car"
# Winter beside summer: results hold for the first season, and the difference is shown.
# seasons = ["summer", "winter"]
# [[catchment.rules]]
# season = "winter"
# road_class = ["trunk", "primary"]
# factor = 0.9
# source = "antagande"

# Who will take the jobs: every figure with its range and whose it is.
# [catchment.workers]
# labour_share = 0.8
# labour_share_source = "antagande"
# match = {{ low = 0.1, central = 0.2, high = 0.35, source = "antagande" }}
# in_migrants = {{ low = 0.1, central = 0.25, high = 0.4, source = "antagande" }}
# weekly = {{ low = 0, central = 0.05, high = 0.1, source = "antagande" }}
# impedance = {{ kind = "logistic", low = 38, central = 45, high = 52, spread_min = 8, source = "Sandow & Westin 2010" }}

# A measure on the roads, held against the network without it: kinds are new_road, speed and close.
# [[scenarios]]
# name = "ny_infart"
# title = {{ sv = "Ny infart", en = "New access road" }}
# source = "antagande"
# [[scenarios.changes]]
# kind = "new_road"
# line = [[627902, 6935640], [627878, 6936285]]
# speed_kmh = 60

[suitability.industrial]
title = {{ sv = "Industrimark", en = "Industrial land" }}
min_ha = 20
threshold = 0.5
max_sites = 10

[[suitability.industrial.criteria]]
name = "slope"
title = {{ sv = "Marklutning", en = "Slope" }}
source = "slope"
layer = "elevation"
unit = "%"
value = {{ kind = "linear", best = 0, worst = 15 }}
weight = 0.5

[[suitability.industrial.criteria]]
name = "road"
title = {{ sv = "Avstånd till större väg", en = "Distance to a main road" }}
source = "distance"
layer = "roads"
where = {{ road_class = ["motorway", "trunk", "primary"] }}
unit = "m"
value = {{ kind = "linear", best = 0, worst = 5000 }}
weight = 0.5
'''


def new_plan(*, name: str, title: str, code: str, file: str) -> str:
    """Return the text of a commented plan.

    Parameters
    ----------
    name, title : str
        Identifier and title.
    code : str
        Municipality code, four digits.
    file : str
        The file's name, for the comment.

    Returns
    -------
    str

    Examples
    --------
    >>> new_plan(name="ort", title="Ort", code="2380", file="ort.toml").count("[plan]")
    1
    """
    return _TEMPLATE.format(name=name, title=title.replace('"', "'"), code=code, file=file)
