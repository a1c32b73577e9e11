"""The QGIS plugin as a zip that QGIS installs: our packaged files, the version, the catalogue's layers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final

import landplan
from landplan.export.files import write_bytes
from landplan.style import Text

__all__ = ["FOLDER", "build"]

FOLDER: Final = "landplan_tools"
"""The plugin's folder in the zip and its module in QGIS; another name than ours, so that neither hides the other."""
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_KINDS: Final = (".py", ".svg", ".txt")


def _parts(catalog: Iterable[tuple[str, str, Text]]) -> dict[str, bytes]:
    """Return every file of the plugin by its name."""
    found = {
        item.name: item.read_bytes()
        for item in files("landplan.export").joinpath("qgis_plugin").iterdir()
        if item.name.endswith(_KINDS)
    }
    about = found["metadata.txt"].decode("utf-8").format(version=landplan.__version__)
    layers = [{"id": id_, "kind": kind, "title": {"sv": title.sv, "en": title.en}} for id_, kind, title in catalog]
    return {
        **found,
        "metadata.txt": about.encode("utf-8"),
        "layers.json": json.dumps(layers, ensure_ascii=False, indent=1).encode("utf-8"),
    }


def build(path: Path, catalog: Iterable[tuple[str, str, Text]]) -> Path:
    """Write the plugin.

    Parameters
    ----------
    path : Path
        The zip; whole or not at all.
    catalog : iterable of (str, str, Text)
        Id, kind and title of each layer that the tool "check a layer" offers; rasters and timetables, which are no
        vector layers in QGIS, are left out.

    Returns
    -------
    Path
        The same path. The bytes depend on the version and the catalogue alone.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    """
    vectors = [entry for entry in catalog if entry[1] not in ("raster", "gtfs")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_parts(vectors).items()):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return write_bytes(path, packed.getvalue())
