"""The pages' frames and the scripts they carry, read from the package; nothing from the network.

Leaflet comes from the installed XStatic package. Its images are put in as data, its source map left out.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from landplan.errors import ExportError

__all__ = ["asset", "data_script", "leaflet_css", "leaflet_js", "render", "script_hash"]

_MISSING = "the package {package} is not installed; reinstall landplan, it brings the scripts of offline maps"


def asset(name: str) -> str:
    """Return a text file of ours from the package."""
    return files("landplan.export").joinpath("assets", name).read_text(encoding="utf-8")


def _leaflet() -> Path:
    try:
        package = importlib.import_module("xstatic.pkg.leaflet")
    except ImportError as error:
        raise ExportError(_MISSING.format(package="XStatic-Leaflet")) from error
    return Path(package.BASE_DIR)


@cache
def leaflet_js() -> str:
    """Return Leaflet's script.

    Raises
    ------
    ExportError
        If XStatic-Leaflet is not installed.
    """
    text = (_leaflet() / "leaflet.js").read_text(encoding="utf-8")
    # a browser with its tools open would ask for the map file beside the page
    return re.sub(r"//# sourceMappingURL=\S*", "", text).strip()


@cache
def leaflet_css() -> str:
    """Return Leaflet's style sheet with its images inside.

    Raises
    ------
    ExportError
        If XStatic-Leaflet is not installed.
    """
    folder = _leaflet()

    def inline(match: re.Match[str]) -> str:
        image = folder / match.group(1)
        if not image.is_file():
            return "none"
        return f"url(data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()})"

    text = (folder / "leaflet.css").read_text(encoding="utf-8")
    text = re.sub(r"url\(['\"]?(images/[\w.-]+)['\"]?\)", inline, text)
    # shapes for a browser that ended in 2014; its checker is the only thing they reach today
    return re.sub(r"behavior:\s*url\([^)]*\);?", "", text)


def data_script(value: Any) -> str:
    r"""Return JSON that can stand inside a ``<script>``: nothing in it can end the element.

    Examples
    --------
    >>> data_script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def script_hash(script: str) -> str:
    """Return a script's hash as a content security policy names it; only scripts so named may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def _environment() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **values: Any) -> str:
    """Return a page: every value is escaped unless it was made safe on purpose.

    Parameters
    ----------
    name : str
        The frame, a file in the package's assets.
    **values : object
        What the frame names; a missing one is an error.

    Returns
    -------
    str
    """
    text: str = _environment().get_template(name).render(**values)
    return text
