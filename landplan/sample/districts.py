"""The districts of an area: published people, outlines drawn around their villages, and squares that sum to both."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from landplan.errors import LandplanError
from landplan.sample.geography import Geography, surface
from landplan.sample.inputs import Inputs
from landplan.sample.sharing import Floats, Ints, share_out, two_way

__all__ = ["by_district", "districts"]


def by_district(
    geo: Geography, inputs: Inputs, centre: Floats, every: npt.NDArray[np.bool_], place_of: npt.NDArray[np.object_], shares: dict[str, int],
    weight: Floats, people: Ints,
) -> None:  # fmt: skip
    """Give the squares of a municipality people so that districts and localities both have theirs.

    Parameters
    ----------
    geo, inputs : Geography, Inputs
        Municipalities, and the districts' places and figures.
    centre : numpy.ndarray, shape (squares, 2)
        Where the squares are.
    every : numpy.ndarray of bool
        Squares of the municipality.
    place_of : numpy.ndarray of object
        Locality of each square, empty outside them.
    shares : dict
        People by locality; those under the empty name live outside them.
    weight : numpy.ndarray
        Of each square.
    people : numpy.ndarray of int
        Filled for the municipality's squares.
    """
    outlines = districts(geo, inputs)
    tree = shapely.STRtree(outlines.geometry.to_numpy())
    nearest = tree.query_nearest(shapely.points(centre), all_matches=False)[1]
    places = list(shares)
    column = np.array([places.index(p) if p in shares else -1 for p in place_of])
    cell = nearest * len(places) + column
    mine = np.flatnonzero(every)
    table = np.bincount(cell[mine], weights=weight[mine], minlength=len(outlines) * len(places)).astype(np.float64).reshape(-1, len(places))
    target = two_way(outlines["population"].to_numpy(np.int64), np.array([shares[p] for p in places]), table).ravel()
    for one in np.unique(cell[mine]):
        at = mine[cell[mine] == one]
        people[at] = share_out(int(target[one]), weight[at])


def districts(geo: Geography, inputs: Inputs) -> gpd.GeoDataFrame:
    """Draw the districts: the ground of the municipality that is nearest to each one's places.

    Parameters
    ----------
    geo : Geography
        Area and municipalities.
    inputs : Inputs
        Places, parishes and the districts' published figures.

    Returns
    -------
    geopandas.GeoDataFrame
        Made-up outlines that fill the municipality; `population` is the district's published share of the municipality's
        present total, and sums to it.

    Raises
    ------
    LandplanError
        If a district names a place without a point, or has no published figure.
    """
    where = {n: (g.x, g.y) for n, g in zip(inputs.localities["name"], inputs.localities.geometry, strict=True)}
    figures = inputs.more["ostersund_districts_2020"].set_index("district")["population_2020_12_31"].astype(int)
    parishes = inputs.more["parishes"]
    points = gpd.GeoSeries.from_xy(parishes["label_lon"].astype(float), parishes["label_lat"].astype(float), crs=4326).to_crs(3006)
    where |= {f"parish:{n}": (g.x, g.y) for n, g in zip(parishes["name_ascii"], points, strict=True)}
    seeds, owner = [], []
    for k, fact in enumerate(inputs.area.districts):
        if unknown := [s for s in fact.seeds if isinstance(s, str) and s not in where]:
            raise LandplanError(f"district {fact.name} is drawn around {unknown[0]!r}, which no input has a point of")
        seeds += [where[s] if isinstance(s, str) else s for s in fact.seeds]
        owner += [k] * len(fact.seeds)
    if lacking := [d.name for d in inputs.area.districts if d.name not in figures.index]:
        raise LandplanError(f"ostersund_districts_2020.csv has no figure of {lacking[0]}")
    of = inputs.area.municipalities[0]
    ground = geo.municipalities.set_index("municipality_code").geometry[of.code]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=ground.buffer(50_000.0), ordered=True))
    total = inputs.total(of.code)
    names = [d.name for d in inputs.area.districts]
    shapes = [
        shapely.set_precision(shapely.intersection(shapely.union_all(cells[np.array(owner) == k]), ground), 1.0) for k in range(len(names))
    ]
    return gpd.GeoDataFrame(
        {
            "district_id": [f"D{k + 1:02d}" for k in range(len(names))],
            "name": names,
            "municipality_code": of.code,
            "population": share_out(total, figures.loc[names].to_numpy().astype(np.float64)).astype(np.int32),
            "population_2020": figures.loc[names].to_numpy(np.int32),
            "population_date": of.population_date,
            "synthetic": True,
        },
        geometry=[surface(shape) for shape in shapes],
        crs=3006,
    )
