"""Writing the sample's files, each with its own papers inside.

A vector layer is GeoParquet (zstd, whole metres); a raster is a cloud-optimised GeoTIFF. Source, licence, attribution, date,
generator version and seed travel inside the file: under the key ``landplan`` of the Parquet schema, and as tags
``LANDPLAN_*`` of the GeoTIFF. So a file copied out of its folder still says what it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import shapely
from affine import Affine

__all__ = [
    "GENERATOR_VERSION", "OSM", "OSM_ATTRIBUTION", "OSM_DERIVED", "LayerFile", "read_papers", "rounded", "write_raster", "write_table", "write_vector",
]  # fmt: skip

GENERATOR_VERSION = "1"
"""Raised whenever the same inputs and seed would give another content."""

SYNTHETIC_LICENCE = "CC0-1.0"
MADE_UP = "landplan.sample (made up; not a picture of any real place)"
MADE_UP_SV = "landplan.sample (påhittat, visar ingen verklig plats)"
OSM_ATTRIBUTION = "© OpenStreetMap contributors, via geo-maps (2017)"

OSM: dict[str, Any] = {
    "source": "OpenStreetMap 2017 via npm @geo-maps 0.6.0, simplified with a tolerance of 10 m",
    "source_sv": "OpenStreetMap 2017 genom npm @geo-maps 0.6.0, förenklat med 10 m tolerans",
    "licence": "ODbL-1.0",
    "attribution": OSM_ATTRIBUTION,
    "data_date": "2017",
}
"""What a layer of open street map outlines says of itself."""

OSM_DERIVED: dict[str, Any] = {
    **OSM,
    "source": "landplan.sample (made up), fitted to coast and water from OpenStreetMap 2017 via npm @geo-maps 0.6.0",
    "source_sv": "landplan.sample (påhittat), anpassat till kust och vatten ur OpenStreetMap 2017 genom npm @geo-maps 0.6.0",
}
"""What a made-up layer whose outlines follow those says of itself."""


@dataclass(frozen=True, slots=True)
class LayerFile:
    """What is said about one file of the sample, inside it and in ``sample.json``.

    `synthetic` is True when geometry or figures are made up; `data_date` is the date of the real content, or empty.
    `source_sv` stands only in ``sample.json``, for Swedish pages.
    """

    id: str
    file: str
    kind: str
    synthetic: bool
    title_sv: str
    title_en: str
    source: str = MADE_UP
    source_sv: str = MADE_UP_SV
    licence: str = SYNTHETIC_LICENCE
    attribution: str = ""
    data_date: str = ""
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def papers(self, seed: int) -> dict[str, Any]:
        """Return the metadata that is written into the file."""
        return {
            "id": self.id,
            "title_sv": self.title_sv,
            "title_en": self.title_en,
            "synthetic": self.synthetic,
            "source": self.source,
            "licence": self.licence,
            "attribution": self.attribution,
            "data_date": self.data_date,
            "note": self.note,
            "generator": "landplan.sample",
            "generator_version": GENERATOR_VERSION,
            "seed": seed,
            **self.extra,
        }


def write_vector(frame: gpd.GeoDataFrame, folder: Path, layer: LayerFile, *, seed: int) -> None:
    """Write one vector layer as GeoParquet with its papers in the schema.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        The layer, already rounded.
    folder : pathlib.Path
        The sample's folder; `layer.file` is relative to it.
    layer : LayerFile
        What the file says about itself.
    seed : int
        The seed the layer was made with.
    """
    path = folder / layer.file
    path.parent.mkdir(parents=True, exist_ok=True)
    # to_arrow() does not write the `geo` key of the file format, so the frame is written once and re-labelled.
    buffer = pa.BufferOutputStream()
    frame.to_parquet(buffer, index=False, compression=None, schema_version="1.0.0")
    table = pq.read_table(pa.BufferReader(buffer.getvalue()))
    kept = {k: v for k, v in (table.schema.metadata or {}).items() if k != b"pandas"}
    kept[b"landplan"] = json.dumps(layer.papers(seed), ensure_ascii=False, sort_keys=True).encode()
    # Dictionary pages of near-unique coordinates only cost space.
    text = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    pq.write_table(
        table.replace_schema_metadata(kept),
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=text,
        row_group_size=max(len(frame), 1),
        write_statistics=False,
    )


def write_table(table: pd.DataFrame, folder: Path, layer: LayerFile, *, seed: int) -> None:
    """Write a table as Parquet with its papers in the schema.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows.
    folder : pathlib.Path
        The sample's folder; `layer.file` is relative to it.
    layer : LayerFile
        What the file says about itself.
    seed : int
        The seed of the sample.
    """
    path = folder / layer.file
    path.parent.mkdir(parents=True, exist_ok=True)
    made = pa.Table.from_pandas(table, preserve_index=False)
    papers = json.dumps(layer.papers(seed), ensure_ascii=False, sort_keys=True).encode()
    pq.write_table(made.replace_schema_metadata({b"landplan": papers}), path, compression="zstd", write_statistics=False)


def write_raster(
    data: np.ndarray[Any, Any],
    transform: Affine,
    folder: Path,
    layer: LayerFile,
    *,
    nodata: int,
    seed: int,
    surface: bool,
) -> None:
    """Write one raster layer as a cloud-optimised GeoTIFF (zstd) in EPSG:3006 with its papers as tags.

    Parameters
    ----------
    data : numpy.ndarray, shape (rows, cols)
        Values, row 0 north.
    transform : affine.Affine
        Cell to coordinate.
    folder : pathlib.Path
        The sample's folder.
    layer : LayerFile
        What the file says about itself.
    nodata : int
        Declared in the file.
    seed : int
        The seed the layer was made with.
    surface : bool
        True for heights (difference predictor, averaged overviews), False for classes (the commonest class).
    """
    path = folder / layer.file
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        height=data.shape[0],
        width=data.shape[1],
        count=1,
        dtype=data.dtype.name,
        crs="EPSG:3006",
        transform=transform,
        nodata=nodata,
        blocksize=512,
        compress="zstd",
        level=9,
        predictor="YES" if surface else "NO",
        overview_resampling="average" if surface else "mode",
    ) as out:
        out.write(data, 1)
        out.update_tags(**{f"LANDPLAN_{k.upper()}": _tag(v) for k, v in layer.papers(seed).items()})


def read_papers(path: Path) -> dict[str, Any]:
    """Return the metadata inside a file of the sample.

    Parameters
    ----------
    path : pathlib.Path
        A ``.parquet`` or ``.tif`` of the sample.

    Returns
    -------
    dict
        The papers; empty when the file carries none.
    """
    if path.suffix == ".tif":
        with rasterio.open(path) as src:
            tags = src.tags()
        return {k.removeprefix("LANDPLAN_").lower(): v for k, v in tags.items() if k.startswith("LANDPLAN_")}
    raw = (pq.read_schema(path).metadata or {}).get(b"landplan", b"{}")
    papers: dict[str, Any] = json.loads(raw)
    return papers


def rounded(frame: gpd.GeoDataFrame, grid_m: float = 1.0) -> gpd.GeoDataFrame:
    """Return the frame with valid geometry on a grid of `grid_m` metres; rows that vanish are dropped."""
    snapped = shapely.set_precision(frame.geometry.to_numpy(), grid_m)
    out = frame.set_geometry(gpd.GeoSeries(snapped, index=frame.index, crs=frame.crs))
    return out[~out.geometry.is_empty].reset_index(drop=True)


def _tag(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
