"""Coordinate systems: what is accepted, what is recognised, and what a box may look like.

Analyses compute in one projected metric CRS. Inputs in the Swedish local zones, RT 90, Finnish
ETRS-TM35FIN or degrees are reprojected once, when a layer is read; nothing is guessed, and a box
that cannot be where it claims to be is an error that names the likely mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import CRSError

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

__all__ = [
    "DEFAULT_CRS",
    "SWEDISH_LOCAL_ZONES",
    "box_inside",
    "describe",
    "guess_zone",
    "horizontal",
    "require_metric",
    "transform_box",
    "transformer",
]

Box = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax."""

DEFAULT_CRS: Final = "EPSG:3006"
SWEDISH_LOCAL_ZONES: Final = {
    3007: "SWEREF 99 12 00",
    3008: "SWEREF 99 13 30",
    3009: "SWEREF 99 15 00",
    3010: "SWEREF 99 16 30",
    3011: "SWEREF 99 18 00",
    3012: "SWEREF 99 14 15",
    3013: "SWEREF 99 15 45",
    3014: "SWEREF 99 17 15",
    3015: "SWEREF 99 18 45",
    3016: "SWEREF 99 20 15",
    3017: "SWEREF 99 21 45",
    3018: "SWEREF 99 23 15",
}
_OTHERS: Final = {3006: "SWEREF 99 TM", 3021: "RT 90 2.5 gon V", 3067: "ETRS-TM35FIN", 4326: "WGS 84"}
SWEDEN_DEGREES: Final[Box] = (10.5, 55.0, 24.3, 69.2)


def horizontal(crs: Any) -> CRS:
    """Return the horizontal part of a CRS (heights in a compound CRS would shift a warp)."""
    from pyproj import CRS as Crs

    full = Crs.from_user_input(crs)
    if full.is_compound:
        return full.sub_crs_list[0]
    return full


def describe(crs: Any) -> str:
    """Name a CRS as ``EPSG:3006 (SWEREF99 TM)`` for messages."""
    flat = horizontal(crs)
    code = flat.to_epsg()
    return f"EPSG:{code} ({flat.name})" if code else flat.name


def require_metric(crs: Any, *, name: str) -> CRS:
    """Return `crs` if distances in it are metres; raise otherwise.

    Parameters
    ----------
    crs : anything pyproj understands, or None
        The CRS of a layer, grid or network.
    name : str
        What it belongs to, for the message.

    Returns
    -------
    pyproj.CRS
        The horizontal CRS.

    Raises
    ------
    CRSError
        If there is no CRS, or it is in degrees or feet.

    Examples
    --------
    >>> require_metric("EPSG:3006", name="roads").to_epsg()
    3006
    """
    if crs is None:
        raise CRSError(
            f"{name} has no CRS; declare the one it was digitised in "
            f'(in the plan: crs = "EPSG:3006", in Python: set_crs())'
        )
    flat = horizontal(crs)
    unit = flat.axis_info[0].unit_name if flat.axis_info else "unknown"
    if not flat.is_projected or unit != "metre":
        raise CRSError(
            f"{name} is in {describe(flat)} (unit: {unit}) but distances need metres; "
            f"reproject it to a projected CRS such as {DEFAULT_CRS} first"
        )
    return flat


def transformer(source: Any, target: Any) -> Transformer:
    """Return an x/y ordered transformer between two horizontal CRSs."""
    from pyproj import Transformer as Tf

    return Tf.from_crs(horizontal(source), horizontal(target), always_xy=True)


def transform_box(box: Box, source: Any, target: Any) -> Box:
    """Return `box` in another CRS, its edges densified so that it covers the original."""
    left, bottom, right, top = transformer(source, target).transform_bounds(*box, densify_pts=21)
    return float(left), float(bottom), float(right), float(top)


def box_inside(inner: Box, outer: Box, *, slack: float = 0.0) -> bool:
    """Tell whether `inner` lies in `outer` widened by `slack`."""
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def _overlaps(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]


def guess_zone(box: Box, area_degrees: Box, *, candidates: Iterable[int] | None = None) -> list[int]:
    """List the EPSG codes in which `box` would fall on the area, best first.

    Used only to word an error ("the numbers fit EPSG:3014"), never to reproject silently.

    Parameters
    ----------
    box : tuple of float
        xmin, ymin, xmax, ymax as the file has them.
    area_degrees : tuple of float
        The plan's area or the municipality's box in WGS 84 degrees.
    candidates : iterable of int, optional
        EPSG codes to try; default SWEREF 99 TM, the local zones, RT 90, ETRS-TM35FIN, WGS 84.

    Returns
    -------
    list of int
        Codes whose box meets the area, those with the nearest centre first.

    Examples
    --------
    >>> guess_zone((140000, 6930000, 170000, 6960000), (17.0, 62.3, 18.2, 62.9))[0]
    3014
    """
    found: list[tuple[float, int]] = []
    cx, cy = (area_degrees[0] + area_degrees[2]) / 2, (area_degrees[1] + area_degrees[3]) / 2
    for code in candidates or (*_OTHERS, *SWEDISH_LOCAL_ZONES):
        for swapped in (False, True):
            trial = (box[1], box[0], box[3], box[2]) if swapped else box
            if code == 4326:
                deg = trial
            else:
                try:
                    deg = transform_box(trial, f"EPSG:{code}", "EPSG:4326")
                except Exception:
                    continue
            if not all(abs(v) < 400 for v in deg) or not _overlaps(deg, area_degrees):
                continue
            off = abs((deg[0] + deg[2]) / 2 - cx) + 2 * abs((deg[1] + deg[3]) / 2 - cy)
            # A swapped axis order is reported as a negative code; the caller words it.
            found.append((off, -code if swapped else code))
    return [code for _, code in sorted(found)]
