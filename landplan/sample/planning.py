"""Industrial land, detailed plans, housing sites and parcels: real names and figures where they are known, made-up outlines.

What is known of an area stands in its module of ``landplan/sample/areas``; everything called "Demonstrationsområde" is made up.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landplan.errors import LandplanError
from landplan.sample.geography import Geography
from landplan.sample.inputs import Inputs
from landplan.sample.mainroads import MainRoads
from landplan.sample.towns import Town

__all__ = ["detailed_plans", "housing_sites", "industrial_land", "parcels"]

CORRIDOR_M = {"motorway": 60.0, "trunk": 50.0}

def industrial_land(geo: Geography, main: MainRoads, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw the industrial areas with exactly the stated hectares, on dry ground beside the main roads.

    Parameters
    ----------
    geo : Geography
        Area and water.
    main : MainRoads
        Main roads; their corridors are kept free.
    rng : numpy.random.Generator
        Source of the outlines.

    Returns
    -------
    geopandas.GeoDataFrame
        Areas agree with `area_ha` to 0.01 ha.
    """
    taken = _corridors(main)
    rows = []
    demos = 0
    for one in geo.sample.industry:
        shape = _exact(geo, taken, one.centre, one.hectares, rng, one.name)
        taken.append(shape.buffer(80.0, quad_segs=2))
        demos += not one.site_id
        rows.append(
            {
                "site_id": one.site_id or f"demo-{demos:02d}",
                "name": one.name,
                "availability": one.availability,
                "land_control": one.land_control,
                "owner_kind": one.owner_kind,
                "area_ha": one.hectares,
                "build_ready_year": one.build_ready_year,
                "declared_mw": one.declared_mw,
                "declared_source": one.declared_source,
                "declared_date": one.declared_date,
                "municipality_code": one.municipality_code,
                "synthetic": True,
                "geometry": shape,
            }
        )
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)
    frame["build_ready_year"] = frame["build_ready_year"].astype("Int16")
    frame["declared_mw"] = frame["declared_mw"].astype("float64")
    return frame


def _corridors(main: MainRoads) -> list[Any]:
    return [
        shapely.LineString(p.line).buffer(CORRIDOR_M.get(p.label[0], 30.0), quad_segs=2)
        for p in main.pieces
        if p.label[0] not in ("service", "local")
    ]


def _exact(
    geo: Geography,
    taken: list[Any],
    centre: tuple[float, float],
    hectares: float,
    rng: np.random.Generator,
    name: str,
) -> Any:
    """Grow an irregular outline until what is left of it, after water and corridors, has the wanted area."""
    angle = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False) + rng.uniform(-0.12, 0.12, 12)
    form = 1.0 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle)))
    form *= rng.uniform(0.88, 1.12, 12)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1) * form[:, None]
    reach = 3.0 * np.sqrt(hectares * 1e4)
    near = shapely.Point(centre).buffer(reach)
    blocked = [g for g in taken if g.intersects(near)]
    water = geo.water_near(near)
    bars = (
        shapely.union_all([*blocked, *shapely.buffer(water, 40.0, quad_segs=2)])
        if len(blocked) + len(water)
        else shapely.Polygon()
    )

    def left(radius: float) -> Any:
        rest = shapely.difference(shapely.Polygon(np.array(centre) + radius * unit), bars)
        parts = [p for p in shapely.get_parts(rest) if p.geom_type == "Polygon"]
        return max(parts, key=lambda p: p.area) if parts else shapely.Polygon()

    low, high = 10.0, reach
    if left(high).area < hectares * 1e4:
        raise LandplanError(f"{name}: no {hectares} ha of free dry ground round {centre}")
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if left(middle).area < hectares * 1e4 else (low, middle)
    # A tenth of a metre is kept: at 80 ha that is far inside a hundredth of a hectare.
    return shapely.set_precision(left(high), 0.1)


def housing_sites(
    geo: Geography, inputs: Inputs, main: MainRoads, industry: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the named housing areas and some demonstration areas; the outlines and exact places are made up.

    Parameters
    ----------
    geo : Geography
        Area and water.
    inputs : Inputs
        Named areas and localities.
    main : MainRoads
        Main roads; their corridors are kept free.
    industry : geopandas.GeoDataFrame
        Industrial land, kept 150 m away.
    rng : numpy.random.Generator
        Source of the outlines.

    Returns
    -------
    geopandas.GeoDataFrame
        Areas of 22 dwellings a hectare, at least 1.5 ha; dwellings are empty where no number was published.
    """
    taken = [*_corridors(main), *industry.geometry.buffer(150.0, quad_segs=2)]
    where = dict(zip(inputs.localities["name"], inputs.localities.geometry, strict=True))
    codes = dict(zip(inputs.municipalities["name"], inputs.municipalities["code"], strict=True))
    area_of = dict(zip(inputs.localities["name"], inputs.localities["municipality_code"], strict=True))
    known = {one.area: one for one in inputs.area.named_housing}
    rows = []
    for fact in inputs.housing_areas.to_dict("records"):
        named = known.get(str(fact["area"]))
        if named is None:
            continue
        low = int(fact["dwellings_min"]) if fact["dwellings_min"] else None
        high = int(fact["dwellings_max"]) if fact["dwellings_max"] else None
        status = str(fact["status"])
        rows.append(
            {
                "name": named.swedish or fact["area"],
                "municipality_code": codes[fact["municipality"]],
                "plan_stage": "samråd" if "consultation" in status else "uppgift saknas",
                "dwellings_min": low,
                "dwellings_max": high,
                "building_type": "blandat"
                if "linked houses" in status
                else "flerbostadshus"
                if "storeys" in str(fact["area"])
                else "uppgift saknas",
                "tenure": "uppgift saknas",
                "source": f"{fact['source']}; status: {status}",
                "place": named.place,
                "offset": named.offset,
            }
        )
    for demo in inputs.area.demo_housing:
        rows.append(
            {
                "name": f"Demonstrationsområde {demo.place}",
                "municipality_code": area_of[demo.place],
                "plan_stage": demo.plan_stage,
                "dwellings_min": demo.dwellings[0],
                "dwellings_max": demo.dwellings[1],
                "building_type": demo.building_type,
                "tenure": demo.tenure,
                "source": "påhittat för demonstration",
                "place": demo.place,
                "offset": demo.offset,
            }
        )
    for n, row in enumerate(rows):
        point = where[str(row["place"])]
        offset = row["offset"]
        start = np.array([[point.x + offset[0], point.y + offset[1]]])
        centre = geo.to_land(start, margin_m=120.0)[0]
        hectares = max(round((row["dwellings_max"] or 40) / 22.0, 1), 1.5)
        shape = _exact(geo, taken, (float(centre[0]), float(centre[1])), hectares, rng, str(row["name"]))
        taken.append(shape.buffer(30.0, quad_segs=2))
        row.update(site_id=f"B{n + 1:02d}", synthetic=True, geometry=shape)
    columns = [
        "site_id",
        "name",
        "municipality_code",
        "plan_stage",
        "dwellings_min",
        "dwellings_max",
        "building_type",
        "tenure",
        "source",
        "synthetic",
        "geometry",
    ]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows)[columns], geometry="geometry", crs=3006)
    for column in ("dwellings_min", "dwellings_max"):
        frame[column] = frame[column].astype("Int32")
    return frame


def detailed_plans(
    geo: Geography,
    towns: list[Town],
    industry: gpd.GeoDataFrame,
    housing: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Draw plan areas over the industrial land, the housing sites and parts of the localities.

    Parameters
    ----------
    towns : list of Town
        Localities with an outline.
    industry, housing : geopandas.GeoDataFrame
        Sites that get a plan each.
    rng : numpy.random.Generator
        Source of uses and dates.

    Returns
    -------
    geopandas.GeoDataFrame
        Plans with stage and dates; what is not known is empty and `plan_status` says "uppgift saknas".
    """
    rows: list[dict[str, Any]] = []

    def add(
        name: str,
        codes: str,
        form: str,
        stage: str | None,
        day: dt.date | None,
        status: str,
        municipality: str,
        shape: Any,
        **more: Any,
    ) -> None:
        made = stage in ("antagen", "laga kraft")
        rows.append(
            {
                "plan_id": f"DP{len(rows) + 1:03d}",
                "name": name,
                "use_codes": codes,
                "plan_form": form,
                "plan_stage": stage,
                "stage_date": day,
                "adopted_date": more.get("adopted"),
                "in_force_date": day if stage == "laga kraft" else None,
                "implementation_until": more.get(
                    "until", dt.date(day.year + 10, day.month, min(day.day, 28)) if made and day else None
                ),
                "plan_status": status,
                "municipality_code": municipality,
                "synthetic": True,
                "geometry": shape,
            }
        )

    facts = {one.name: one.plan for one in geo.sample.industry if one.plan is not None}
    for row in industry.itertuples():
        fact = facts.get(row.name)
        if fact is not None:
            add(row.name, fact.use_codes, "kvartersmark", fact.stage, fact.date, fact.status, row.municipality_code, row.geometry, until=None)
        elif row.availability == "ledig" and row.build_ready_year > 2027:
            add(
                row.name,
                "JZ",
                "kvartersmark",
                "samråd",
                dt.date(2026, 3, 10),
                "ej planlagd",
                row.municipality_code,
                row.geometry,
            )
        else:
            day = dt.date(2022 if row.availability != "såld" else 1996, 5, 20)
            add(
                row.name,
                "JZ" if row.availability != "såld" else "J",
                "kvartersmark",
                "laga kraft",
                day,
                "planlagd",
                row.municipality_code,
                row.geometry,
            )
    day_of = {
        "planbesked": (2026, 5, 4),
        "samråd": (2025, 11, 18),
        "granskning": (2026, 2, 2),
        "antagen": (2026, 6, 15),
        "laga kraft": (2024, 9, 30),
        "upphävd": (2019, 4, 1),
    }
    for row in housing.itertuples():
        if row.plan_stage == "uppgift saknas":
            add(
                row.name,
                "B",
                "kvartersmark",
                None,
                None,
                "uppgift saknas",
                row.municipality_code,
                row.geometry,
            )
        else:
            status = "planlagd" if row.plan_stage in ("laga kraft", "antagen") else "ej planlagd"
            add(
                row.name,
                "B",
                "kvartersmark",
                row.plan_stage,
                dt.date(*day_of[row.plan_stage]),
                status,
                row.municipality_code,
                row.geometry,
            )
    taken = shapely.union_all([*industry.geometry, *housing.geometry])
    for town in towns:
        inner = shapely.difference(town.outline.buffer(-40.0), taken.buffer(20.0))
        x0, y0, x1, y1 = town.outline.bounds
        step = float(np.clip(np.sqrt(town.outline.area) / 3.0, 350.0, 1_100.0))
        for cx in np.arange(x0, x1, step):
            for cy in np.arange(y0, y1, step):
                block = shapely.intersection(
                    shapely.box(cx + 12.0, cy + 12.0, cx + step - 12.0, cy + step - 12.0), inner
                )
                parts = [
                    p for p in shapely.get_parts(block) if p.geom_type == "Polygon" and p.area > 20_000.0
                ]
                if not parts:
                    continue
                shape = max(parts, key=lambda p: p.area)
                middle = np.hypot(shape.centroid.x - town.centre[0], shape.centroid.y - town.centre[1])
                central = middle < 0.6 * step
                codes = (
                    "BCK"
                    if central
                    else str(rng.choice(["B", "B", "B", "BC", "S", "BS", "NATUR", "PARK", "Z", "GATA"]))
                )
                form = "allmän plats" if codes in ("NATUR", "PARK", "GATA") else "kvartersmark"
                year = int(rng.integers(1955, 2024))
                day = dt.date(year, int(rng.integers(1, 13)), int(rng.integers(1, 28)))
                add(
                    f"Demonstrationsplan {town.name} {len(rows) + 1}",
                    codes,
                    form,
                    "laga kraft",
                    day,
                    "planlagd",
                    town.municipality_code,
                    shapely.set_precision(shape, 1.0),
                )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)


def parcels(geo: Geography, industry: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Cut the ground round each industrial area into made-up parcels.

    Parameters
    ----------
    geo : Geography
        Area and water.
    industry : geopandas.GeoDataFrame
        Industrial land; a parcel lies wholly inside a site or wholly outside.
    rng : numpy.random.Generator
        Source of the boundaries.

    Returns
    -------
    geopandas.GeoDataFrame
        Parcels called "Demo 1:n".
    """
    rows: list[dict[str, Any]] = []
    taken: Any = shapely.Polygon()
    for site in industry.itertuples():
        zone: Any = shapely.difference(site.geometry.buffer(500.0, quad_segs=3), taken)
        water = geo.water_near(zone)
        ground = shapely.difference(zone, shapely.union_all(water)) if len(water) else zone
        taken = shapely.union(taken, zone)
        x0, y0, x1, y1 = zone.bounds
        step = 260.0
        steps = np.stack(
            np.meshgrid(np.arange(x0 - step, x1 + step, step), np.arange(y0 - step, y1 + step, step)), axis=-1
        ).reshape(-1, 2)
        seeds = steps + rng.uniform(-90.0, 90.0, steps.shape)
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), ordered=True))
        # Site first: a parcel lies wholly inside the area or wholly outside it.
        for part, inside in (
            (shapely.intersection(ground, site.geometry), True),
            (shapely.difference(ground, site.geometry), False),
        ):
            for cell in shapely.intersection(cells, part):
                for piece in shapely.get_parts(cell):
                    if piece.geom_type != "Polygon" or piece.area < 3_000.0:
                        continue
                    owner = (
                        site.owner_kind
                        if inside
                        else str(rng.choice(["privat", "bolag", "kommun", "stat"], p=[0.55, 0.3, 0.12, 0.03]))
                    )
                    shape = shapely.set_precision(piece, 1.0)
                    rows.append(
                        {
                            "owner_kind": owner,
                            "area_ha": round(shape.area / 1e4, 2),
                            "municipality_code": site.municipality_code,
                            "geometry": shape,
                        }
                    )
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)
    frame = frame[frame.geom_type == "Polygon"].reset_index(drop=True)
    frame.insert(0, "parcel_id", [f"Demo 1:{n + 1}" for n in range(len(frame))])
    frame.insert(4, "synthetic", True)
    return frame
