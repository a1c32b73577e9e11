"""A layer with åäö and a space in its name and its columns, and numbers with bounds."""

import geopandas as gpd

from landplan.contracts import FieldSpec
from landplan.export.items import VectorItem
from landplan.style import Style, StyleClass, Text

FIELDS = (
    FieldSpec("höjd_över_havet", "float", Text("Höjd över havet", "Height above sea"), unit="m", low=-5, high=1200, required=True),
    FieldSpec("antal hushåll", "int", Text("Antal hushåll", "Number of households"), low=0),
    FieldSpec("år", "int", Text("År", "Year")),
    FieldSpec("skäl", "text", Text("Skäl", "Reason")),
)
COLOURS = {"läge": "#0072b2", "Åker & äng": "#e69f00"}


def odd_layer() -> VectorItem:
    """Return three points 2 km apart, styled by a column with å and ä."""
    frame = gpd.GeoDataFrame(
        {
            "höjd_över_havet": [12.5, 80.0, 300.0],
            "antal hushåll": [3, 0, 12],
            "år": [2026, 2027, 2028],
            "skäl": ["läge", "Åker & äng", "läge"],
        },
        geometry=gpd.points_from_xy([621_000, 623_000, 625_000], [6_931_000] * 3),
        crs="EPSG:3006",
    )
    classes = tuple(StyleClass(value, Text(value, value), colour) for value, colour in COLOURS.items())
    return VectorItem(
        id="önskade_lägen",
        title=Text("Önskade lägen på ön", "Wished places on the island"),
        frame=frame,
        style=Style(kind="classes", column="skäl", classes=classes, size_px=14, opacity=1.0, label="skäl"),
        fields=FIELDS,
    )
