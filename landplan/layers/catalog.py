"""The catalogue of layers, read from ``layers/*.toml``: one file a layer."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, cast, get_args

from landplan.content import content_folder
from landplan.contracts import FieldSpec, FieldType, LayerContract, LayerKind
from landplan.errors import LayerError
from landplan.style import Style, Text, parse_style

__all__ = ["USE_LETTERS", "Catalog", "LayerDefinition", "SourceSpec", "load_catalog", "split_use_codes"]

SOURCE_KINDS: Final = ("file", "osm", "wfs", "ogcapi", "stac", "stacfiles", "archive", "download", "pxweb", "gtfs", "plans", "provisions")
_SOURCE_KEYS: Final = {
    "": {"kind", "id", "group", "beside", "provider", "country", "url", "licence", "attribution", "rhythm", "columns", "constants", "prefix", "recode", "keep", "shape",
         "expect", "doubt", "key", "key_at", "auth", "max_mb", "max_s", "hosts", "per_second", "date"},
    "file": {"path"},
    "osm": {"tags", "geometry", "file", "mode", "memory_mb"},
    "wfs": {"type_name", "version", "crs", "format", "output_format", "page", "filter", "id_column", "geometry_column", "most", "by", "box", "box_axes", "axes"},
    "ogcapi": {"collection", "crs", "page", "filter", "id_column", "most", "by", "box", "axes"},
    "stac": {"collection", "asset", "resolution_m", "nodata", "page"},
    "stacfiles": {"collection", "asset", "table", "page", "crs", "member"},
    "archive": {"member", "resolution_m", "nodata", "table", "classes"},
    "download": {"file", "table", "crs", "member"},
    "pxweb": {"api", "table", "select", "language", "most_cells", "calls"},
    "gtfs": {"operator", "operators"},
    "plans": {"collection", "asset", "page", "provisions_url", "release"},
    "provisions": {"release"},
}
_TABLES: Final = {"columns", "constants", "prefix", "recode", "keep", "filter", "operators", "classes"}
_NUMBERS: Final = {"max_mb": 0.0, "max_s": 0.0, "per_second": 0.0, "page": 1.0, "most": 1.0, "resolution_m": 0.0, "memory_mb": 0.0, "most_cells": 0.0}
_FREE: Final = {"select", "nodata", "box", "expect", "hosts"}
_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "columns": lambda v: isinstance(v, str) or (isinstance(v, (list, tuple)) and bool(v) and all(isinstance(n, str) for n in v)),
    "recode": lambda v: isinstance(v, Mapping) and all(isinstance(w, (str, int, float, bool)) for w in v.values()),
    "keep": lambda v: isinstance(v, (list, tuple)),
    "constants": lambda v: isinstance(v, (str, int, float, bool)),
}
RHYTHMS: Final = ("daily", "weekly", "monthly", "quarterly", "yearly", "every third year", "every fourth year", "every fifth year", "never")
SHARING: Final = ("open", "internal", "restricted")

# Boverket's letters for block land and words for public places and water (BFS 2020:5; older plans' Y).
USE_LETTERS: Final = ("B", "C", "D", "E", "G", "H", "J", "K", "L", "M", "N", "O", "P", "R", "S", "T", "V", "Y", "Z", "Å", "W")
USE_WORDS: Final = ("GATA", "VÄG", "TORG", "GÅNG", "CYKEL", "PARK", "NATUR", "SKYDD")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One place a layer can be had from: how it is asked, and how its columns become ours."""

    kind: str
    options: Mapping[str, Any]
    id: str = ""

    @property
    def live(self) -> bool:
        """True when ``landplan fetch`` can ask it."""
        return bool(self.id)

    @property
    def provider(self) -> str:
        """Whose data it is."""
        return str(self.options.get("provider", self.id))

    @property
    def country(self) -> str:
        """``SE`` or ``FI``."""
        return str(self.options.get("country", "SE"))

    def changed(self, changes: Mapping[str, Any]) -> SourceSpec:
        """Return the source with what a plan says of it in place.

        Raises
        ------
        LayerError
            If the plan names a key that this kind of source does not have.
        """
        _known_keys(self.kind, changes, f"[sources.{self.id}]")
        _right_kinds(changes, f"[sources.{self.id}]")
        return SourceSpec(self.kind, {**self.options, **changes}, self.id)


@dataclass(frozen=True, slots=True)
class LayerDefinition:
    """One layer: what it is, who owns it, its fields, sources and look."""

    id: str
    kind: LayerKind
    title: Text
    description: Text
    theme: str
    team: str
    native_crs: str
    licence: str
    attribution: str
    update_rhythm: str
    sharing: str = "open"
    legal: str = ""
    unit: str = ""
    dtype: str = ""
    nodata: float | None = None
    fields: tuple[FieldSpec, ...] = ()
    accepts: tuple[str, ...] = ()
    code_columns: tuple[str, ...] = ()
    sources: tuple[SourceSpec, ...] = ()
    style: Style = field(default_factory=Style)
    path: Path | None = None

    @property
    def contract(self) -> LayerContract:
        """The fields and kind alone."""
        return LayerContract(self.id, self.kind, self.fields)

    def source(self, name: str) -> SourceSpec:
        """Return the live source with an id.

        Raises
        ------
        LayerError
            If there is none of that id.
        """
        found = next((s for s in self.sources if s.id == name), None)
        if found is None:
            live = ", ".join(s.id for s in self.sources if s.live) or "none"
            raise LayerError(f"layer {self.id!r} has no source {name!r}; it has: {live} (landplan layers show {self.id})")
        return found

    @property
    def is_vector(self) -> bool:
        """True for polygons, lines and points."""
        return self.kind in ("polygon", "line", "point")


class Catalog(Mapping[str, LayerDefinition]):
    """All definitions by id; asking for an unknown one names the nearest."""

    def __init__(self, definitions: Mapping[str, LayerDefinition]) -> None:
        self._by_id = dict(definitions)

    def __getitem__(self, key: str) -> LayerDefinition:
        try:
            return self._by_id[key]
        except KeyError:
            near = difflib.get_close_matches(key, self._by_id, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise LayerError(f"there is no layer {key!r} in the catalogue{hint} (landplan layers list)") from None

    def __contains__(self, key: object) -> bool:
        return key in self._by_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def split_use_codes(text: str) -> list[str]:
    """Split a detailed plan's use codes: ``"JZ"`` is J and Z, ``"GATA"`` is one word, digits are indices.

    Examples
    --------
    >>> split_use_codes("JZ"), split_use_codes("B1 K GATA")
    (['J', 'Z'], ['B', 'K', 'GATA'])
    """
    out: list[str] = []
    for token in text.replace(",", " ").replace(";", " ").replace("+", " ").split():
        word = token.rstrip("0123456789#")
        if word.upper() in USE_WORDS:
            out.append(word.upper())
        else:
            out += [c for c in word if not c.isdigit() and c != "#"]
    return out


def _known_keys(kind: str, given: Mapping[str, Any], where: str) -> None:
    known = _SOURCE_KEYS[""] | _SOURCE_KEYS[kind]
    if unknown := sorted(set(given) - known):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise LayerError(f"{where}: unknown key {unknown[0]!r}" + (f"; did you mean {near[0]!r}?" if near else f"; a {kind} source has {', '.join(sorted(known))}"))


def _right_kinds(given: Mapping[str, Any], where: str) -> None:
    """Refuse values of another kind than the key takes: a plan's reader learns it here, not from a library."""
    for key, value in given.items():
        if key in _TABLES:
            want = "a table" if not isinstance(value, Mapping) else ""
        elif key in _NUMBERS:
            want = "" if isinstance(value, (int, float)) and not isinstance(value, bool) and (_NUMBERS[key] < value or _NUMBERS[key] == value != 0) and math.isfinite(value) else "a number above 0"
        elif key == "expect":
            want = "" if _is_pair(value) else "two numbers, least and most"
        elif key == "hosts":
            want = "" if isinstance(value, (list, tuple)) and all(isinstance(h, str) for h in value) else "a list of host names"
        elif key == "rhythm":
            want = "" if value in RHYTHMS else f"one of {', '.join(RHYTHMS)}"
        elif key == "country":
            want = "" if value in ("SE", "FI") else '"SE" or "FI"'
        else:
            want = "" if key in _FREE or isinstance(value, (str, int, float, bool)) else "one value"
        if want:
            raise LayerError(f"{where}: {key} is {value!r}, expected {want}")
        for column, one in value.items() if key in _TABLES else ():
            if column == "geometry" or (key in _FITS and not _FITS[key](one)):
                raise LayerError(f"{where}: {key}.{column} = {one!r} is not understood; see another source: landplan layers show")


def _is_pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)


def _text(data: Any, where: str) -> Text:
    if not isinstance(data, Mapping) or not {"sv", "en"} <= set(data):
        raise LayerError(f"{where} needs both sv and en")
    return Text(str(data["sv"]), str(data["en"]))


def _field(data: Mapping[str, Any], where: str) -> FieldSpec:
    known = {"name", "type", "unit", "required", "unique", "low", "high", "alias", "values", "description", "pattern"}
    if unknown := set(data) - known:
        raise LayerError(f"{where}: unknown key {sorted(unknown)[0]!r}; known: {', '.join(sorted(known))}")
    if data.get("type") not in get_args(FieldType):
        raise LayerError(f"{where}: type {data.get('type')!r} is not one of {', '.join(get_args(FieldType))}")
    return FieldSpec(
        name=str(data["name"]),
        type=cast("FieldType", data["type"]),
        alias=_text(data.get("alias"), f"{where} alias"),
        unit=str(data.get("unit", "")),
        required=bool(data.get("required", False)),
        unique=bool(data.get("unique", False)),
        values=tuple((str(v["value"]), Text(str(v["sv"]), str(v["en"]))) for v in data.get("values", ())),
        low=data.get("low"),
        high=data.get("high"),
        description=str(data.get("description", "")),
    )


def read_definition(path: Path) -> LayerDefinition:
    """Read one layer file.

    Raises
    ------
    LayerError
        If a key is missing, unknown or malformed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise LayerError(f"{path}: {exc}") from None
    known = {
        "id", "kind", "title", "description", "theme", "team", "native_crs", "licence", "attribution",
        "update_rhythm", "sharing", "legal", "unit", "dtype", "nodata", "accepts", "fields", "sources", "style",
    }
    if unknown := set(data) - known:
        near = difflib.get_close_matches(sorted(unknown)[0], known, n=1)
        raise LayerError(f"{path}: unknown key {sorted(unknown)[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    needed = {"id", "kind", "title", "description", "theme", "team", "native_crs", "licence", "attribution", "update_rhythm"}
    if missing := needed - set(data):
        raise LayerError(f"{path} lacks {', '.join(sorted(missing))}")
    if data["id"] != path.stem:
        raise LayerError(f"{path}: id {data['id']!r} must be the file's name")
    if data["kind"] not in get_args(LayerKind):
        raise LayerError(f"{path}: kind {data['kind']!r} is not one of {', '.join(get_args(LayerKind))}")
    if data.get("sharing", "open") not in SHARING:
        raise LayerError(f"{path}: sharing {data['sharing']!r} is not one of {', '.join(SHARING)}")
    sources: list[SourceSpec] = []
    for s in data.get("sources", ()):
        if s.get("kind") not in SOURCE_KINDS:
            raise LayerError(f"{path}: source kind {s.get('kind')!r} is not one of {', '.join(SOURCE_KINDS)}")
        _known_keys(s["kind"], s, f"{path}: source {s.get('id', s['kind'])!r}")
        _right_kinds(s, f"{path}: source {s.get('id', s['kind'])!r}")
        if s.get("id") in {known.id for known in sources if known.id}:
            raise LayerError(f"{path}: two sources have the id {s['id']!r}")
        sources.append(SourceSpec(s["kind"], {k: v for k, v in s.items() if k not in ("kind", "id")}, str(s.get("id", ""))))
    fields = data.get("fields", ())
    return LayerDefinition(
        id=data["id"],
        kind=cast("LayerKind", data["kind"]),
        title=_text(data["title"], f"{path} title"),
        description=_text(data["description"], f"{path} description"),
        theme=data["theme"],
        team=data["team"],
        native_crs=data["native_crs"],
        licence=data["licence"],
        attribution=data["attribution"],
        update_rhythm=data["update_rhythm"],
        sharing=data.get("sharing", "open"),
        legal=data.get("legal", ""),
        unit=data.get("unit", ""),
        dtype=data.get("dtype", ""),
        nodata=data.get("nodata"),
        fields=tuple(_field(f, f"{path} field {f.get('name')!r}") for f in fields),
        accepts=tuple(data.get("accepts", ())),
        code_columns=tuple(f["name"] for f in fields if f.get("pattern") == "codes"),
        sources=tuple(sources),
        style=parse_style(data.get("style", {}), where=str(path)),
        path=path,
    )


@cache
def load_catalog(folder: Path | None = None) -> Catalog:
    """Read every layer definition of a folder; the shipped one by default.

    Parameters
    ----------
    folder : Path, optional

    Returns
    -------
    Catalog

    Raises
    ------
    LayerError
        If a file is malformed.

    Examples
    --------
    >>> load_catalog()["roads"].kind
    'line'
    """
    base = folder or content_folder("layers")
    return Catalog({p.stem: read_definition(p) for p in sorted(base.glob("*.toml"))})
