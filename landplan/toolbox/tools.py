"""The tools: check a layer, travel times between places, rings around places, candidate sites."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.contracts import FieldSpec
from landplan.errors import AreaError, LayerError, PlanError
from landplan.export.files import aside
from landplan.export.items import VectorItem
from landplan.style import Style, StyleClass, Text
from landplan.toolbox.frames import (
    SWEDEN,
    Answer,
    LayerFile,
    Watch,
    in_one_crs,
    made_up,
    points_of,
    read,
    write_layer,
)
from landplan.toolbox.words import text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landplan.layers import CheckReport
    from landplan.network import Network

__all__ = ["candidate_sites", "check_layer", "rings", "travel_times"]

Mode = Literal["car", "walk", "bike"]
_MOST_PAIRS: Final = 2_000_000
# nearest first: dark is near, light is far
_MINUTES: Final = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#e7eff7", "#f3f6fa")
_RANKS: Final = ("#d55e00", "#e69f00", "#56b4e9", "#999999")


def check_layer(source: LayerFile, layer: str, out: Path | None, watch: Watch) -> Answer:
    """Check a file against a layer's contract and, on request, write the features at fault.

    Parameters
    ----------
    source : LayerFile
    layer : str
        A layer of the catalogue: what the file should be.
    out : Path or None
        A GeoPackage of the first features of each kind of fault, with what is wrong and what to do.
    watch : Watch
        Told every fault in words.

    Returns
    -------
    Answer
        `values`: ``ok``, ``faults`` and ``notes`` (kinds of each), ``features``.

    Raises
    ------
    LayerError
        If there is no such layer, or the file cannot be read at all.
    """
    from landplan.layers import check, load_catalog

    catalog = load_catalog()
    if layer not in catalog:
        raise LayerError(f"there is no layer {layer!r}; landplan layers list shows them all")
    definition = catalog[layer]
    report = check(source.path, definition, table=source.layer)
    watch.progress(0.7)
    for key, found in (("fault", report.faults), ("note", report.warnings)):
        for fault in found:
            watch.say(key, fault=str(fault))
    title = definition.title[watch.language]
    if report.ok:
        watch.say("meets", layer=title)
    else:
        watch.say("fails", layer=title, count=len(report.faults))
    values = {"ok": report.ok, "faults": len(report.faults), "notes": len(report.warnings), "features": report.features}
    if out is None or not definition.is_vector:
        return Answer(None, (), values)
    item = VectorItem(
        id="faults",
        title=text("faults_title", name=source.name),
        frame=_faulty(source, report),
        style=Style(color="#d55e00", stroke="#7a1f00", width_px=1.5, size_px=9, opacity=0.5),
        fields=(
            FieldSpec("feature", "int", text("feature")),
            FieldSpec("what", "text", text("what")),
            FieldSpec("fix", "text", text("fix")),
            FieldSpec("fatal", "bool", text("fatal")),
        ),
    )
    made = write_layer(item, out, {source: item.frame}, {"layer": layer}, watch)
    return Answer(made.path, made.layers, values)


def _faulty(source: LayerFile, report: CheckReport) -> gpd.GeoDataFrame:
    """Return the features that a report names, once a fault; those without geometry too."""
    import geopandas as gpd
    import pyogrio

    rows: list[dict[str, Any]] = []
    shapes = []
    crs = None
    for fault in (*report.faults, *report.warnings):
        for number in fault.features:
            one = pyogrio.read_dataframe(source.path, layer=source.layer or None, skip_features=number - 1, max_features=1)
            crs = crs or getattr(one, "crs", None)
            rows.append({"feature": number, "what": fault.what, "fix": fault.fix, "fatal": fault.fatal})
            shapes.append(one.geometry.iloc[0] if len(one) and "geometry" in one else None)
    frame = gpd.GeoDataFrame(rows or None, columns=["feature", "what", "fix", "fatal"], geometry=shapes, crs=crs)
    # a table has no place, a file without a CRS hides it; QGIS wants one either way
    return frame if frame.crs is not None else frame.set_crs(SWEDEN)


def _network(roads: gpd.GeoDataFrame, mode: Mode, name: str, watch: Watch) -> Network:
    from landplan import network as n

    net = n.from_layer(roads, mode=mode, name=name, progress=watch.part(0.1, 0.4))
    watch.say("network", edges=net.n_edges, nodes=net.n_nodes)
    return net


def travel_times(
    roads: LayerFile, origins: LayerFile, destinations: LayerFile, out: Path, watch: Watch, *, origin_id: str | None = None,
    destination_id: str | None = None, cutoff_min: float | None = None, mode: Mode = "car", max_m: float = 2_000.0,
    access_kmh: float = 5.0,
) -> Answer:  # fmt: skip
    """Write the minutes from every origin to every destination as a CSV.

    Parameters
    ----------
    roads, origins, destinations : LayerFile
        Lines as `network.from_layer` asks for them; points, or polygons that a point in them stands for.
    out : Path
        The ``.csv``: `origin`, `destination`, `minutes` and, where minutes are empty, `reason`; `synthetic` where it rests on
        demonstration data.
    watch : Watch
    origin_id, destination_id : str, optional
        Columns that name the places; default their numbers from 1.
    cutoff_min : float, optional
        Longer ways are not reached.
    mode : {"car", "walk", "bike"}
    max_m, access_kmh : float
        How far from a road a place may lie, and the speed of that leg.

    Returns
    -------
    Answer
        `values`: ``pairs`` and ``reached``.
    """
    from landplan import network as n

    names = {"roads": roads.name, "origins": origins.name, "destinations": destinations.name}
    frames = in_one_crs({k: read(s, watch) for k, s in zip(names, (roads, origins, destinations), strict=True)}, watch)
    a = points_of(frames["origins"], origin_id, origins.name)
    b = points_of(frames["destinations"], destination_id, destinations.name)
    net = _network(frames["roads"], mode, roads.name, watch)
    legs: dict[str, Any] = {"max_m": max_m, "access_kmh": access_kmh}
    found = n.matrix(net, a, b, cutoff_min, progress=watch.part(0.4, 0.9), **legs)
    lost = []
    for points, name in ((a, origins.name), (b, destinations.name)):
        off = (n.snap(net, points, **legs)["reason"] == "off_network").to_numpy()
        if off.any():
            watch.say("off_network", count=int(off.sum()), total=len(points), name=name, metres=f"{max_m:g}")
        lost.append(off)
    total = len(a) * len(b)
    watch.say("pairs", reached=found.pairs, total=total)
    table = found.to_frame()
    if total <= _MOST_PAIRS:
        table = _every_pair(found.to_dense(), a.index, b.index, lost, "disconnected" if cutoff_min is None else "beyond_cutoff")
    else:
        watch.say("only_reached", total=total)
    if any(made_up(frame) for frame in frames.values()):
        # a bare table has no title to say it in; each row does
        table["synthetic"] = True
        watch.say("demo")
    with aside(out) as part:
        table.to_csv(part, index=False, encoding="utf-8", lineterminator="\n", float_format="%.2f")
    return Answer(out, (), {"pairs": total, "reached": found.pairs})


def _every_pair(dense: np.ndarray, origins: pd.Index, destinations: pd.Index, lost: list[np.ndarray], why: str) -> pd.DataFrame:
    import pandas as pd

    reached = np.isfinite(dense)
    off = lost[0][:, None] | lost[1][None, :]
    reason = np.where(reached, "", np.where(off, "off_network", why))
    return pd.DataFrame(
        {
            "origin": np.repeat(origins.to_numpy(), len(destinations)),
            "destination": np.tile(destinations.to_numpy(), len(origins)),
            "minutes": np.where(reached, dense, np.nan).ravel(),
            "reason": reason.ravel(),
        }
    )


def rings(
    roads: LayerFile, sites: LayerFile, minutes: Sequence[float], out: Path, watch: Watch, *, site_id: str | None = None,
    barriers: LayerFile | None = None, direction: Literal["to", "from"] = "to", mode: Mode = "car", max_m: float = 2_000.0,
) -> Answer:  # fmt: skip
    """Write the areas from which each site is reached within each number of minutes.

    Parameters
    ----------
    roads, sites : LayerFile
    minutes : sequence of float
        Levels; bands between them do not overlap.
    out : Path
        The ``.gpkg``, layer ``isochrones``.
    watch : Watch
    site_id : str, optional
        Column that names the sites.
    barriers : LayerFile, optional
        Water that a ring neither covers nor jumps.
    direction : {"to", "from"}
    mode : {"car", "walk", "bike"}
    max_m : float
        How far from a road a site may lie.

    Returns
    -------
    Answer
        `values`: ``sites`` and ``rings``.

    Raises
    ------
    PlanError
        If there are more than six levels, or none above 0.
    """
    import geopandas as gpd
    import pandas as pd

    from landplan import network as n

    levels = sorted({float(m) for m in minutes})
    if not levels or levels[0] <= 0 or len(levels) > len(_MINUTES):
        raise PlanError(f"expected 1-{len(_MINUTES)} numbers of minutes above 0, got {list(minutes)}")
    wanted = {"roads": roads, "sites": sites, **({"barriers": barriers} if barriers else {})}
    inputs = {s: read(s, watch) for s in wanted.values()}
    frames = in_one_crs({k: inputs[s] for k, s in wanted.items()}, watch)
    points = points_of(frames["sites"], site_id, sites.name)
    net = _network(frames["roads"], mode, roads.name, watch)
    parts = []
    for i in range(len(points)):
        # one at a time, so that a person sees how far it is and can stop it
        areas = n.isochrones(
            net, points.iloc[[i]], levels, direction=direction, barriers=frames.get("barriers"), max_snap_m=max_m
        ).areas
        for row in areas.itertuples():
            watch.say("ring", site=row.site_id, minutes=f"{row.minutes:g}", area=round(row.area_ha))
        parts.append(_bands(areas))
        watch.part(0.4, 0.9)((i + 1) / len(points))
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=net.crs)
    lower = [0.0, *levels[:-1]]
    classes = tuple(
        StyleClass(high, Text(f"{low:g}–{high:g} min", f"{low:g}–{high:g} min"), colour)
        for low, high, colour in zip(lower, levels, _MINUTES, strict=False)
    )
    item = VectorItem(
        id="isochrones",
        title=text("rings_title", minutes=", ".join(f"{m:g}" for m in levels)),
        frame=frame,
        style=Style(kind="graduated", column="minutes", classes=classes, width_px=0.6, opacity=0.5, stroke="#3b5a78"),
        fields=(
            FieldSpec("site_id", "text", text("site")),
            FieldSpec("from_minutes", "float", text("from_minutes"), unit="min"),
            FieldSpec("minutes", "float", text("minutes"), unit="min"),
            FieldSpec("area_ha", "float", text("ring_ha"), unit="ha"),
        ),
    )
    made = write_layer(item, out, inputs, {"minutes": levels, "direction": direction, "mode": mode, "max_m": max_m}, watch)
    return Answer(made.path, made.layers, {"sites": len(points), "rings": len(frame)})


def _bands(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut one site's nested rings into bands, so that a map is no darker than its legend."""
    own = areas.sort_values("minutes").reset_index(drop=True)[["site_id", "minutes", "area_ha", "geometry"]].copy()
    shapes = list(own.geometry)
    own["geometry"] = [shapes[0], *(b.difference(a) for a, b in pairwise(shapes))]
    own.insert(1, "from_minutes", [0.0, *own["minutes"].iloc[:-1]])
    return own


def candidate_sites(
    area: LayerFile, exclusions: Sequence[LayerFile], out: Path, watch: Watch, *, setback_m: float = 0.0, near: LayerFile | None = None,
    near_best_m: float = 500.0, near_worst_m: float = 10_000.0, min_ha: float = 40.0, max_ha: float | None = None, count: int = 10,
    apart_m: float = 1_000.0, cell_m: float = 50.0,
) -> Answer:  # fmt: skip
    """Find contiguous free land of a size within an area, best where something is near.

    Parameters
    ----------
    area : LayerFile
        Polygons to search in.
    exclusions : sequence of LayerFile
        What may not be built on.
    out : Path
        The ``.gpkg``, layer ``candidate_sites``.
    watch : Watch
    setback_m : float
        Also excluded around the exclusions.
    near : LayerFile, optional
        What should be near (roads, a railway); without it every place is as good and the roundest sites are found.
    near_best_m, near_worst_m : float
        Distance that is as good as nearest, and at which the score is 0.
    min_ha, max_ha : float
        See `suitability.candidate_sites`.
    count, apart_m : int, float
        How many, and how far apart.
    cell_m : float
        Side of a cell.

    Returns
    -------
    Answer
        `values`: ``sites``.

    Raises
    ------
    PlanError
        If the distances are not in order.
    AreaError
        If the area holds no cell.
    """
    from landplan import suitability as s
    from landplan.grid import Grid

    if near is not None and not 0 <= near_best_m < near_worst_m:
        raise PlanError(f"expected 0 <= best distance < worst distance, got {near_best_m:g} and {near_worst_m:g} m")
    wanted = {"area": area, **{f"exclusion {i}": e for i, e in enumerate(exclusions)}, **({"near": near} if near else {})}
    inputs = {source: read(source, watch) for source in wanted.values()}
    frames = in_one_crs({k: inputs[source] for k, source in wanted.items()}, watch)
    # past the area's edge, so that distances near it are right
    halo = max(setback_m, near_worst_m if near is not None else 0.0) + cell_m
    west, south, east, north = (float(v) for v in frames["area"].total_bounds)
    grid = Grid.cover((west - halo, south - halo, east + halo, north + halo), cell_m=cell_m, crs=frames["area"].crs.to_string())
    inside = s.burning.burn(frames["area"], grid, rule="centre")
    if not inside.any():
        raise AreaError(f"{area.name} holds no cell of {cell_m:g} m; use smaller cells")
    watch.progress(0.2)
    constraints = [
        s.Constraint(f"exclusion_{i}", frames[f"exclusion {i}"], within_m=setback_m or None) for i in range(len(exclusions))
    ]
    if near is None:
        criterion = s.Criterion("near", np.zeros(grid.shape, np.float32), s.value.linear(1.0, 0.0), 1.0)
    else:
        criterion = s.Criterion("near", frames["near"], s.value.linear(near_worst_m, near_best_m), 1.0, "m")
    result = s.evaluate(grid, constraints, [criterion], inside=inside, progress=watch.part(0.2, 0.7))
    found = s.candidate_sites(result, min_ha, max_ha, count=count, apart_m=apart_m)
    watch.progress(0.9)
    if len(found):
        watch.say("sites_found", count=len(found))
    else:
        watch.say("sites_none")
    item = _ranked(found, s.score_sites(result, found)["value_near"] if near is not None and len(found) else None)
    parameters = {
        "setback_m": setback_m, "near_best_m": near_best_m, "near_worst_m": near_worst_m, "min_ha": min_ha, "max_ha": max_ha,
        "count": count, "apart_m": apart_m, "cell_m": cell_m,
    }  # fmt: skip
    made = write_layer(item, out, inputs, parameters, watch)
    return Answer(made.path, made.layers, {"sites": len(found)})


def _ranked(found: gpd.GeoDataFrame, near: pd.Series | None) -> VectorItem:
    frame = found[["site_id", "area_ha", "compactness", "inscribed_radius_m", "nearest_site_m", "geometry"]].copy()
    frame.insert(1, "rank", range(1, len(frame) + 1))
    frame.insert(2, "score_100", 100.0 * found["score"].astype(float))
    if near is not None:
        frame.insert(3, "near_m", near.to_numpy())
    labels = (text("place", rank="1"), text("place", rank="2–3"), text("place", rank="4–10"), text("later", rank="11"))
    bounds = (1, 3, 10, None)
    classes = tuple(StyleClass(b, words, c) for b, words, c in zip(bounds, labels, _RANKS, strict=True))
    return VectorItem(
        id="candidate_sites",
        title=text("sites_title"),
        frame=frame,
        style=Style(kind="graduated", column="rank", classes=classes, width_px=1.2, opacity=0.7, stroke="#333333", label="rank"),
        fields=(
            FieldSpec("site_id", "text", text("site")),
            FieldSpec("rank", "int", text("rank")),
            FieldSpec("score_100", "float", text("score_100"), low=0, high=100),
            FieldSpec("near_m", "float", text("near_m"), unit="m"),
            FieldSpec("area_ha", "float", text("area_ha"), unit="ha"),
            FieldSpec("compactness", "float", text("compactness")),
            FieldSpec("inscribed_radius_m", "float", text("radius_m"), unit="m"),
            FieldSpec("nearest_site_m", "float", text("nearest_m"), unit="m"),
        ),
    )
