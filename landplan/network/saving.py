"""A network on disk: one .npz file with arrays, geometry as WKB, and a header in JSON. No code is ever loaded."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.network.graph import Bans, BuildReport, Network
from landplan.network.speeds import Attributes, Rule, SpeedProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load", "save"]

_FORMAT = 2
_TEXT = ("road_class", "season", "name")


def _ids(index: pd.Index) -> dict[str, Any]:
    whole = isinstance(index.dtype, np.dtype) and index.dtype.kind in "iu"
    return {"whole": whole, "ids": [int(i) for i in index] if whole else [str(i) for i in index]}


def _profile(profile: SpeedProfile) -> dict[str, Any]:
    out = asdict(profile)
    out["rules"] = [
        {**asdict(r), "area": None if r.area is None else r.area.wkt, "edges": [str(e) if not isinstance(e, int) else e for e in r.edges]}
        for r in profile.rules
    ]
    return out


def save(net: Network, path: Path) -> None:
    """Write a network to one file, whole or not at all.

    Raises
    ------
    OSError
        If the disc is full or the place read-only; what stood there before still does.
    """
    import shapely

    wkb = shapely.to_wkb(net.geometry)
    header = {
        "format": _FORMAT, "mode": net.mode, "crs": net.crs, "season": net.season, "period": net.period,
        "profile": _profile(net.profile), "report": asdict(net.report), "nodes": _ids(net.node_ids), "edges": _ids(net.edge_ids),
    }  # fmt: skip
    arrays: dict[str, Any] = {
        name: getattr(net, name)
        for name in ("x", "y", "internal", "u", "v", "forward_s", "backward_s", "snappable", "component", "no_through")
        if getattr(net, name) is not None
    }
    for part, value in (("attributes", net.attributes), ("bans", net.bans)):
        if value is None:
            continue
        for f in fields(value):
            array = getattr(value, f.name)
            if array is not None:
                arrays[f"{part}.{f.name}"] = array.astype("U") if f.name in _TEXT else array
    tmp = path.with_name(path.name + ".part")
    try:
        with tmp.open("wb") as handle:
            np.savez_compressed(
                handle,
                header=np.frombuffer(json.dumps(header).encode(), np.uint8),
                wkb=np.frombuffer(b"".join(wkb), np.uint8),
                wkb_len=np.array([len(w) for w in wkb], np.int64),
                **arrays,
            )
        os.replace(tmp, path)
    finally:
        tmp.unlink(missing_ok=True)


def load(path: Path) -> Network:
    """Read a network written by `Network.save`.

    Raises
    ------
    NetworkError
        If the file is not a network or of another format version.
    """
    import pandas as pd
    import shapely

    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {k: data[k] for k in data.files}
        header = json.loads((arrays.pop("header") if "header" in arrays else arrays.pop("meta")).tobytes())
        found = header["format"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
        raise NetworkError(f"{path} is not a saved network ({exc}); build it again with from_layer or from_osm") from exc
    if found != _FORMAT:
        raise NetworkError(f"{path} has network format {found}, this landplan reads {_FORMAT}; build it again")
    lengths = arrays.pop("wkb_len")
    ends = np.cumsum(lengths)
    blob = arrays.pop("wkb").tobytes()
    geometry = np.empty(lengths.size, dtype=object)
    geometry[:] = shapely.from_wkb([blob[e - n : e] for e, n in zip(ends, lengths, strict=True)])
    parts: dict[str, dict[str, Any]] = {"attributes": {}, "bans": {}}
    for key in [k for k in arrays if "." in k]:
        part, name = key.split(".")
        array = arrays.pop(key)
        parts[part][name] = array.astype(object) if name in _TEXT else array
    profile = header["profile"]
    rules = tuple(
        Rule(**{**r, "area": None if r["area"] is None else shapely.from_wkt(r["area"]), "edges": tuple(r["edges"])})
        for r in profile.pop("rules")
    )
    return Network(
        mode=header["mode"],
        crs=header["crs"],
        node_ids=pd.Index(header["nodes"]["ids"]),
        edge_ids=pd.Index(header["edges"]["ids"]),
        geometry=geometry,
        attributes=Attributes(**parts["attributes"]),
        bans=Bans(**parts["bans"]) if parts["bans"] else None,
        report=BuildReport(**header["report"]),
        profile=SpeedProfile(**profile, rules=rules),
        season=header["season"],
        period=header["period"],
        **arrays,
    )
