"""Numba kernels over arrays: arithmetic without manners.

Kernels import only math, numpy, numba and siblings; they never validate, log or raise for users. The
thin functions in front of them (same module, no underscore) check and allocate. Compiled code is kept
in the user's cache folder, also when the package's own folder is read-only.
"""

from __future__ import annotations

from landplan.kernels._cache import cache_folder, compiled_folder, use_cache_folder

use_cache_folder()

# and the modules whose fronts may be called
__all__ = [
    "cache_folder",
    "chains",
    "compiled_folder",
    "components",
    "contraction",
    "cost",
    "coverage",
    "dissection",
    "distance",
    "distance_rows",
    "field",
    "gather",
    "hierarchy",
    "measures",
    "overlay",
    "reasons",
    "rectangle",
    "regions",
    "search",
    "sweep",
    "terrain",
    "unpack",
    "weighing",
]
