"""Population squares as they may be shown: those with few persons are joined with neighbours until a group holds enough.

One partition serves every layer of squares. Layers that grouped each for itself could be laid over one another, and the persons
of a square worked back from what differs; groups that are the same everywhere tell nothing more than one of them does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import FieldSpec
from landplan.run.wording import say
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SQUARES", "ShownSquares", "groups"]

SQUARES = FieldSpec("squares", "int", Text("Antal rutor", "Number of squares"))
FAR_M = 5_000.0
"""Squares with few persons join each other within this; beyond it one joins the nearest group, however large."""


def groups(x: NDArray[np.float64], y: NDArray[np.float64], persons: NDArray[np.float64], within: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return the group of each square: the position of its first member.

    Parameters
    ----------
    x, y : ndarray of float64, shape (squares,)
        Centres, metres.
    persons : ndarray of float64, shape (squares,)
    within : ndarray of int64, shape (squares,)
        Code of the municipality: groups do not cross its border, so that its sum stays its own.
    limit : int
        Persons that a group must hold. A municipality with fewer is one group.

    Returns
    -------
    ndarray of int64, shape (squares,)

    Notes
    -----
    Small squares are taken in the order given. Each takes its nearest small neighbours until they are enough; one that finds too
    few within 5 km joins the nearest group that is large enough. Nothing but places and persons decides, and each is used once.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([0.0, 250.0, 500.0, 9000.0])
    >>> groups(at, np.zeros(4), np.array([1.0, 2.0, 40.0, 1.0]), np.zeros(4, np.int64), 3).tolist()
    [0, 0, 2, 2]
    """
    from scipy.spatial import cKDTree

    out = np.arange(x.size, dtype=np.int64)
    for code in np.unique(within):
        here = np.flatnonzero(within == code)
        small = here[persons[here] < limit]
        if not small.size:
            continue
        left = dict.fromkeys(small.tolist())
        alone: list[list[int]] = []
        tree = cKDTree(np.column_stack([x[small], y[small]]))
        for i in small.tolist():
            if i not in left:
                continue
            near = np.array(sorted(tree.query_ball_point([x[i], y[i]], FAR_M)), dtype=np.int64)
            near = small[near]
            order = np.lexsort((near, (x[near] - x[i]) ** 2 + (y[near] - y[i]) ** 2))
            taken: list[int] = []
            total = 0.0
            for j in near[order].tolist():
                if j in left:
                    taken.append(j)
                    total += persons[j]
                    if total >= limit:
                        break
            for j in taken:
                del left[j]
            if total >= limit:
                out[taken] = min(taken)
            else:
                alone.append(taken)
        # what is left over joins a group that is large enough already
        strays = np.array(sorted(j for some in alone for j in some), dtype=np.int64)
        if strays.size:
            whole = np.setdiff1d(here, strays)
            if whole.size:
                _, at = cKDTree(np.column_stack([x[whole], y[whole]])).query(np.column_stack([x[strays], y[strays]]))
                out[strays] = out[whole[at]]
            else:
                out[strays] = strays[0]
    # named by the first member, strays that came later included
    first = np.full(x.size, x.size, dtype=np.int64)
    np.minimum.at(first, out, np.arange(x.size))
    return first[out]


@dataclass(frozen=True)
class ShownSquares:
    """Groups of population squares, with their figures.

    Attributes
    ----------
    group : pandas.Series
        Group id by square id; squares that nobody lives in are in none.
    frame : geopandas.GeoDataFrame
        By group id: the layer's columns where all members agree, `squares` (how many), `population`, `working_age`, geometry.
        Figures that are still on few persons are empty.
    """

    group: pd.Series
    frame: gpd.GeoDataFrame
    limit: int

    @classmethod
    def of(cls, squares: gpd.GeoDataFrame, limit: int) -> ShownSquares:
        """Group a layer of squares.

        Parameters
        ----------
        squares : geopandas.GeoDataFrame
            `square_id`, `population`, optional `working_age`, `municipality_code`.
        limit : int
            Fewer persons than this are not shown by themselves; 0 shows all.
        """
        import pandas as pd
        import shapely

        lived = squares[squares["population"] > 0].reset_index(drop=True)
        at = shapely.centroid(lived.geometry.to_numpy())
        code = pd.factorize(lived["municipality_code"].astype(object).where(lived["municipality_code"].notna(), ""))[0] if "municipality_code" in lived else np.zeros(len(lived))
        first = groups(shapely.get_x(at), shapely.get_y(at), lived["population"].to_numpy(np.float64), code.astype(np.int64), limit)
        count = np.bincount(first, minlength=len(lived))
        ids = lived["square_id"].astype(str).to_numpy(dtype=object)
        names = np.array([i if n <= 1 else f"{i} +{n - 1}" for i, n in zip(ids, count, strict=True)], dtype=object)
        group = pd.Series(names[first] if len(lived) else [], index=pd.Index(ids, name="square_id"), name="group", dtype=object)
        return cls(group, _figures(lived, first, count, names, limit), limit)

    def layer(self, parts: pd.DataFrame, averaged: tuple[str, ...], *, rates: tuple[str, ...] = (), of: str = "") -> gpd.GeoDataFrame:
        """Return the groups that a layer's squares belong to, with the layer's own figures averaged over the squares.

        Parameters
        ----------
        parts : pandas.DataFrame
            `square_id`, the columns of `averaged`, optional `reason`.
        averaged : tuple of str
            Columns of minutes; empty values take no part unless all are.
        rates : tuple of str
            Columns of persons that are a share of those of column `of`: the group gets the mean share of its squares times all its persons, to 0.1.
            Empty where the group's own figures are.
        of : str

        Returns
        -------
        geopandas.GeoDataFrame
            `square_id`, `squares`, `population`, `working_age` where known, `averaged`, `rates`, `reason`, geometry; persons are the whole group's.

        Notes
        -----
        Means are over squares, never over persons: with the minutes of each square, which anyone can work out, a mean by persons would tell how many
        live in which.
        """
        import pandas as pd

        own = parts[parts["square_id"].astype(str).isin(self.group.index)]
        key = self.group.reindex(own["square_id"].astype(str)).to_numpy()
        columns: dict[str, Any] = {}
        for name in averaged:
            values = own[name].to_numpy(np.float64)
            columns[name] = pd.Series(np.where(np.isfinite(values), values, np.nan)).groupby(key, sort=False).mean()
        for name in rates:
            base = own[of].to_numpy(np.float64)
            share = np.divide(own[name].to_numpy(np.float64), base, out=np.full(len(own), np.nan), where=base > 0)
            columns[name] = pd.Series(share).groupby(key, sort=False).mean() * pd.Series(base).groupby(key, sort=False).sum()
        out = self.frame.loc[pd.unique(key)].copy() if len(own) else self.frame.iloc[:0].copy()
        for name in averaged:
            out[name] = columns[name].reindex(out.index)
        for name in rates:
            hidden = out["population"].isna() | (out["working_age"].isna() if "working_age" in out else False)
            out[name] = columns[name].reindex(out.index).round(1).mask(hidden)
        if "reason" in own:
            why = own["reason"].groupby(key, sort=False).first().reindex(out.index).fillna("")
            known_now = out[list(averaged[:1])].notna().all(axis=1)
            why = why.mask(known_now, "")
            out["reason"] = why.mask((why == "") & out["population"].isna(), "few_persons")
        kept = ["square_id", "squares", *averaged, *rates, *(c for c in ("population", "working_age") if c in out), *(["reason"] if "reason" in out else []), "geometry"]
        return out[kept].reset_index(drop=True)

    def base(self) -> gpd.GeoDataFrame:
        """Return the layer itself, grouped."""
        return self.frame.reset_index(drop=True)

    @property
    def note(self) -> Text:
        """Say what was done to squares with few persons."""
        return say("few_grouped", n=self.limit)


def _figures(lived: gpd.GeoDataFrame, first: NDArray[np.int64], count: NDArray[np.int64], names: NDArray[Any], limit: int) -> gpd.GeoDataFrame:
    """Sum a layer's squares to groups; a column that its squares do not agree on is empty."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    heads = np.flatnonzero(count > 0)
    out = lived.iloc[heads].copy()
    shapes = lived.geometry.to_numpy()
    many = heads[count[heads] > 1]
    summed = [c for c in ("population", "working_age") if c in lived]
    sums = {c: lived[c].astype(float).groupby(first).sum(min_count=1) for c in summed}
    out.insert(1, "squares", count[heads])
    geometry = shapes[heads].copy()
    if many.size:
        of = pd.Series(np.arange(len(lived))).groupby(first)
        where = {int(h): k for k, h in enumerate(heads)}
        rest = [c for c in out.columns if c not in ("square_id", "squares", "geometry", *summed)]
        for head in many.tolist():
            members = of.get_group(head).to_numpy()
            geometry[where[head]] = shapely.union_all(shapes[members])
            for c in rest:
                if lived[c].iloc[members].nunique(dropna=False) > 1:
                    out.loc[out.index[where[head]], c] = None
    out["square_id"] = names[heads]
    out = gpd.GeoDataFrame(out.drop(columns="geometry"), geometry=geometry, crs=lived.crs)
    people = pd.Series(sums["population"].reindex(heads).to_numpy(), index=out.index).round()
    few = people < limit
    out["population"] = people.astype("Int64").mask(few)
    if "working_age" in out:
        part = pd.Series(sums["working_age"].reindex(heads).to_numpy(), index=out.index)
        told = few | ((part > 0) & (part < limit)) | ((people - part > 0) & (people - part < limit))
        out["working_age"] = part.astype("Float64").round().astype("Int64").mask(told)
    out.index = pd.Index(out["square_id"].to_numpy(), name="group")
    return out
