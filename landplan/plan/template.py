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
municipalities = ["{code}"]                    # as text: four digits, "FI-851" in Finland; or bbox = [xmin, ymin, xmax, ymax]; or polygon = "area.gpkg"
halo_m = 5000                                  # metres around the area, so that nothing is wrong at its edge

# Live layers come from the internet with `landplan fetch {file}`, into the folder {name}.layers beside this plan.
# `landplan layers show roads` lists a layer's sources; `landplan fetch {file} --dry-run` says what would be asked.
# A layer left out is named in the report as not tested ("ej prövat mot"). A file of your own in its place:
#   [layers.roads]
#   file = "roads.gpkg"                        # `landplan layers template roads` writes an empty one, `layers check` says what is wrong with yours
#   crs = "EPSG:3014"                          # only when the file does not say
[layers]
municipalities = {{ source = "live" }}
localities = {{ source = "live" }}
statistical_areas = {{ source = "live" }}
population_grid = {{ source = "live" }}
roads = {{ source = "live" }}
railways = {{ source = "live" }}
services = {{ source = "live" }}
facilities = {{ source = "live" }}
power_grid = {{ source = "live" }}
substations = {{ source = "live" }}
buildings = {{ source = "live" }}
built_land = {{ source = "live" }}
water = {{ source = "live" }}
protected_areas = {{ source = "live" }}
natura2000 = {{ source = "live" }}
water_protection = {{ source = "live" }}
flood_zones = {{ source = "live" }}
cultural_heritage = {{ source = "live" }}
soil = {{ source = "live" }}
commuting = {{ source = "live" }}
population_by_age = {{ source = "live" }}
# These need an account or a key, free of charge, in the environment (landplan layers show names the variable):
elevation = {{ source = "live" }}                # Geotorget, Lantmäteriet
transit = {{ source = "live" }}                  # Trafiklab
# detailed_plan = {{ source = "live" }}          # Geotorget, Lantmäteriet
# parcels = {{ source = "live" }}                # Geotorget, Lantmäteriet
# land_cover = {{ source = "live" }}             # open, but 2.7 GB pass through

# Where a source is asked, when it is not where the layer file says. Never a key: those are in the environment.
# [sources.osm]
# url = "https://overpass.example.se/api/interpreter"
# file = "sweden-latest.osm.pbf"               # a regional extract in place of asking

[teams.industrial_land]
title = {{ sv = "Industrimark", en = "Industrial land" }}
results = ["industrial"]
layers = ["built_land", "protected_areas", "natura2000", "water_protection", "flood_zones", "cultural_heritage", "power_grid", "substations", "railways", "soil"]

[teams.infrastructure]
title = {{ sv = "Infrastruktur och kommunikationer", en = "Infrastructure and communications" }}
layers = ["roads", "railways", "facilities", "services", "population_grid", "buildings"]

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
untested = ["shore_protection", "national_interests", "farmland", "contaminated_land"] # no open source for the whole country here: add your own files

# What excludes land, or must be weighed. Distances are this plan's own, with their source.
[[suitability.industrial.constraints]]
name = "water"
title = {{ sv = "Sjöar och vattendrag", en = "Lakes and rivers" }}
layer = "water"
hardness = "absolute"

[[suitability.industrial.constraints]]
name = "built"
title = {{ sv = "Bebyggd mark", en = "Built land" }}
layer = "built_land"
hardness = "absolute"

[[suitability.industrial.constraints]]
name = "protected"
title = {{ sv = "Skyddad natur", en = "Protected areas" }}
layer = "protected_areas"
hardness = "absolute"
legal = "MB 7:4"

[[suitability.industrial.constraints]]
name = "natura2000"
title = {{ sv = "Natura 2000", en = "Natura 2000" }}
layer = "natura2000"
hardness = "dispensation"
legal = "MB 7:27-29"

[[suitability.industrial.constraints]]
name = "water_protection"
title = {{ sv = "Vattenskyddsområde", en = "Water protection area" }}
layer = "water_protection"
hardness = "dispensation"
legal = "MB 7:21-22"

[[suitability.industrial.constraints]]
name = "flood"
title = {{ sv = "Översvämningszon", en = "Flood zone" }}
layer = "flood_zones"
hardness = "absolute"

[[suitability.industrial.constraints]]
name = "heritage"
title = {{ sv = "Fornlämning", en = "Ancient monument" }}
layer = "cultural_heritage"
hardness = "dispensation"
legal = "KML 2:6"

[[suitability.industrial.constraints]]
name = "homes"
title = {{ sv = "Bostäder inom 300 m", en = "Homes within 300 m" }}
layer = "population_grid"
where = {{ population = {{ min = 10 }} }}
within_m = 300
hardness = "weigh"
source = "antagande; avståndet prövas i varje ärende"

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
