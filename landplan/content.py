"""Where the shipped content is: layer definitions, the sample area, plans and scripts.

In a checkout it lies beside the package (``layers/``, ``analyses/``); in a wheel it lies inside it
(``landplan/_content``). Both are read the same way.
"""

from __future__ import annotations

from pathlib import Path

from landplan.errors import LandplanError

__all__ = ["content_folder", "sample_areas", "sample_folder", "shipped_plan", "shipped_plans"]


def content_folder(name: str) -> Path:
    """Return the folder of shipped content called `name` (``layers``, ``analyses``).

    Raises
    ------
    LandplanError
        If the installation lacks it.
    """
    here = Path(__file__).resolve().parent
    for base in (here / "_content", here.parent):
        folder = base / name
        if folder.is_dir() and any(folder.glob("*.toml")):
            return folder
    raise LandplanError(f"this installation of landplan lacks its {name} folder; install it again: pip install --force-reinstall landplan")


def sample_folder(area: str = "torsboda") -> Path:
    """Return the folder of a sample area.

    Raises
    ------
    LandplanError
        If there is no such area.
    """
    folder = content_folder("layers") / "sample"
    if area not in (known := sample_areas()):
        raise LandplanError(f"there is no sample area {area!r}; there are {', '.join(known)}")
    # The first area lies in the folder itself; plans and scripts of others name its files.
    return folder if area == "torsboda" else folder / area


def sample_areas() -> tuple[str, ...]:
    """Return the names of the shipped sample areas, the first one first."""
    folder = content_folder("layers") / "sample"
    return ("torsboda", *sorted(p.parent.name for p in folder.glob("*/sample.json")))


def shipped_plans() -> dict[str, Path]:
    """Return the shipped plans by name; one in a folder has the folder's name before its own, as ``norrbotten/boden``."""
    folder = content_folder("analyses")
    found = {p.relative_to(folder).with_suffix("").as_posix(): p for p in folder.rglob("*.toml")}
    return dict(sorted(found.items(), key=lambda pair: ("/" in pair[0], pair[0])))


def shipped_plan(name: str) -> Path | None:
    """Return a shipped plan's file, or None when no plan has that name."""
    return shipped_plans().get(name)
