"""Geometry and columns packed small enough to travel inside one HTML file.

A layer becomes a short JSON header and one stream of integers: counts of parts, rings and points, then
coordinates in hundred-thousandths of a degree (about a metre), each as the step from the one before, as
zigzag varints, gzipped. The browser unpacks it with DecompressionStream.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.export.legend import GeometryKind

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["SCALE", "pack", "pack_geometry", "unpack_varints", "varints"]

SCALE: Final = 100_000
"""Steps a degree."""


def varints(values: NDArray[np.int64]) -> bytes:
    """Return integers as zigzag varints: small steps take one byte, whichever their sign.

    Examples
    --------
    >>> list(varints(np.array([0, -1, 1, 64])))
    [0, 1, 2, 128, 1]
    """
    values = np.asarray(values, dtype=np.int64)
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    length = np.ones(zigzag.size, dtype=np.int64)
    for k in range(1, 6):
        length += zigzag >= np.uint64(1 << (7 * k))
    end = np.cumsum(length)
    start = end - length
    out = np.zeros(int(end[-1]) if end.size else 0, dtype=np.uint8)
    for k in range(6):
        here = length > k
        byte = (zigzag[here] >> np.uint64(7 * k)) & np.uint64(0x7F)
        more = np.where(length[here] > k + 1, 0x80, 0).astype(np.uint64)
        out[start[here] + k] = (byte | more).astype(np.uint8)
    return out.tobytes()


def unpack_varints(data: bytes) -> list[int]:
    """Return the integers of `varints`: the readable twin of what the browser does.

    Examples
    --------
    >>> unpack_varints(varints(np.array([5, -70000, 0])))
    [5, -70000, 0]
    """
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            found.append((value >> 1) ^ -(value & 1))
            value, shift = 0, 0
    return found


def _ragged(geometry: NDArray[Any], kind: GeometryKind) -> tuple[NDArray[np.float64], list[NDArray[Any]]]:
    """Return coordinates and counts, outermost first: parts a feature, rings a part, points a ring."""
    import shapely

    parts, feature = shapely.get_parts(geometry, return_index=True)
    counts: list[NDArray[Any]] = [np.bincount(feature, minlength=len(geometry))]
    if kind == "polygon":
        rings, part = shapely.get_rings(parts, return_index=True)
        counts.append(np.bincount(part, minlength=len(parts)))
        points = shapely.get_num_coordinates(rings)
        coords = shapely.get_coordinates(rings)
        # the browser closes rings itself
        keep = np.ones(len(coords), dtype=bool)
        keep[np.cumsum(points) - 1] = False
        return coords[keep], [*counts, points - 1]
    if kind == "line":
        counts.append(shapely.get_num_coordinates(parts))
    return shapely.get_coordinates(parts), counts


def pack_geometry(geometry: NDArray[Any], kind: GeometryKind) -> tuple[dict[str, Any], bytes]:
    """Return one kind of geometry as the lengths of its integer runs and their bytes.

    Parameters
    ----------
    geometry : array of shapely geometries
        In degrees, all of `kind` (single or multi), none empty.
    kind : {"polygon", "line", "point"}
        Decides how deep the counts go.

    Returns
    -------
    dict, bytes
        ``{"kind", "runs"}`` with the number of integers in each run, and the varints.
    """
    coords, counts = _ragged(geometry, kind)
    steps = np.round(coords * SCALE).astype(np.int64)
    steps[1:] -= steps[:-1].copy()
    runs = [*counts, steps.ravel()]
    data = varints(np.concatenate([np.asarray(r, dtype=np.int64) for r in runs]))
    return {"kind": kind, "runs": [int(r.size) for r in runs], "bytes": len(data)}, data


_KIND_OF_TYPE: Final[dict[int, GeometryKind]] = {0: "point", 1: "line", 3: "polygon", 4: "point", 5: "line", 6: "polygon"}


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take collections apart; what comes out keeps its row's attributes."""
    import shapely

    collections = shapely.get_type_id(frame.geometry.values) == 7
    rings = shapely.get_type_id(frame.geometry.values) == 2
    if rings.any():
        frame = frame.copy()
        frame.loc[rings, frame.geometry.name] = [
            shapely.LineString(g.coords) for g in frame.geometry[rings]
        ]
    return frame.explode(index_parts=False, ignore_index=True) if collections.any() else frame


def pack(frame: gpd.GeoDataFrame, header: dict[str, Any], rows: dict[str, Sequence[Any]]) -> str:
    """Return one layer as base64 text.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In degrees; a column ``_row`` says which row of `rows` a geometry belongs to.
    header : dict
        Facts about the layer that are the same for all features.
    rows : dict of str to sequence
        What is known of each row: columns, class, label, site. Repeated texts are stored once.

    Returns
    -------
    str
        Base64 of gzip of: header length (4 bytes, little end first), header as JSON, integers.
    """
    import shapely

    frame = _flat(frame)
    kinds = [_KIND_OF_TYPE.get(int(t)) for t in shapely.get_type_id(frame.geometry.values)]
    blocks, stream = [], b""
    for kind in ("polygon", "line", "point"):
        here = np.array([k == kind for k in kinds], dtype=bool)
        if not here.any():
            continue
        facts, data = pack_geometry(np.asarray(frame.geometry.values[here]), kind)
        facts["row"] = _steps([int(v) for v in frame["_row"].to_numpy()[here]])
        blocks.append(facts)
        stream += data
    document = {**header, "blocks": blocks, "rows": {name: _column(v) for name, v in rows.items()}}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    packed = gzip.compress(len(text).to_bytes(4, "little") + text + stream, compresslevel=6, mtime=0)
    return base64.b64encode(packed).decode()


def _steps(values: list[int]) -> list[int] | int:
    """Return row numbers, or only their count when they are simply 0, 1, 2 and on."""
    return len(values) if values == list(range(len(values))) else values


def _column(values: Sequence[Any]) -> Any:
    cells = list(values)
    if not cells or not all(v is None or isinstance(v, str) for v in cells):
        return cells
    words = sorted({v for v in cells if v is not None})
    if len(words) * 2 > len(cells):
        return cells
    at = {w: i for i, w in enumerate(words)}
    return {"words": words, "at": [-1 if v is None else at[v] for v in cells]}
