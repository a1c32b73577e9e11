"""Where a result came from: layers, hashes, parameters, versions.

Provenance is not optional: every result carries one, every export writes it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np

__all__ = [
    "LayerSource",
    "Provenance",
    "Reality",
    "content_hash",
    "file_hash",
    "package_versions",
]

Reality = Literal["real", "demo", "missing"]
"""Whether a figure rests on real data, on demonstration data, or on nothing because it is missing."""

_PACKAGES = ("geopandas", "shapely", "rasterio", "pyproj", "numba", "numpy", "pyogrio", "osmium", "folium")


@dataclass(frozen=True, slots=True)
class LayerSource:
    """One layer as it was read.

    `synthetic` is True when the geometry or the figures are made up; such data marks every page.
    """

    layer: str
    file: str
    sha256: str
    source: str = ""
    licence: str = ""
    attribution: str = ""
    data_date: str = ""
    synthetic: bool = False
    features: int = 0
    sharing: str = "open"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a result was made of and how."""

    what: str
    layers: tuple[LayerSource, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    crs: str = ""
    landplan_version: str = ""

    @property
    def synthetic(self) -> bool:
        """True when any layer below is made up."""
        return any(layer.synthetic for layer in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**asdict(self), "synthetic": self.synthetic}

    def merged(self, what: str, others: Iterable[Provenance], parameters: Mapping[str, Any]) -> Provenance:
        """Return the provenance of a result made from this and others: the union of the layers."""
        layers: dict[tuple[str, str], LayerSource] = {}
        for prov in (self, *others):
            for layer in prov.layers:
                layers[(layer.layer, layer.sha256)] = layer
        return Provenance(what, tuple(layers.values()), dict(parameters), self.crs, self.landplan_version)


def package_versions() -> dict[str, str]:
    """Return the versions that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("landplan", *_PACKAGES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def file_hash(path: Path) -> str:
    """Return the sha256 of a file's bytes, or of a folder's files in name order."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for item in files:
        if path.is_dir():
            digest.update(item.relative_to(path).as_posix().encode())
        with item.open("rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in sorted(value.items(), key=lambda kv: str(kv[0]))}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(v) for v in items]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), list(value.shape), hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def content_hash(*parts: Any) -> str:
    """Return one hash of plain values, paths' text and arrays; the key of a cached step.

    Examples
    --------
    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    text = json.dumps([_plain(p) for p in parts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
