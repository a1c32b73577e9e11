"""Minutes to the main town of each municipality, figures on few persons, and the address of map pictures, from plan to atlas."""

from __future__ import annotations

import shutil

import geopandas as gpd
import pytest
import shapely

from landplan import plan as p
from landplan.errors import PlanError
from landplan.run.cache import StepCache
from landplan.run.runner import atlas_of
from tests.toy import CRS, X0, Y0


@pytest.fixture
def town(toy, tmp_path):
    """The toy town with inhabitants in its places: two in one municipality, of which the second is larger."""
    folder = shutil.copytree(toy, tmp_path / "by å")
    (folder / "localities.geojson").unlink()
    gpd.GeoDataFrame(
        {
            "locality_id": ["1", "2", "3"], "name": ["Ö by", "Å stad", "Stora byn"], "kind": ["village", "tatort", "tatort"],
            "municipality_code": ["2262", "2280", "2262"], "population": [200, 5_000, 900], "population_year": [2025, 2025, 2025],
        },
        geometry=gpd.points_from_xy([X0 + 500, X0 + 3_500, X0 + 1_000], [Y0 + 500, Y0 + 3_500, Y0 + 2_000]), crs=CRS,
    ).to_file(folder / "localities.geojson", engine="pyogrio")  # fmt: skip
    # a site whose nearest street is one only: 100 m from x = 1 000
    block = shapely.box(X0 + 840, Y0 + 2_190, X0 + 960, Y0 + 2_310)
    gpd.GeoDataFrame({"site_id": ["north"], "name": ["Norra fältet"], "availability": ["ledig"], "area_ha": [1.44]}, geometry=[block], crs=CRS).to_file(
        folder / "industrial.gpkg", layer="industrial", engine="pyogrio"
    )
    return folder


def atlas(town, tmp_path, *change):
    return atlas_of(p.read(town / "toy.toml", overrides=change), cache=StepCache(tmp_path / "steg"))


def site(found):
    return next(c for page in found.pages for c in page.cards if c.site_id == "north")


def test_minutes_to_each_municipalitys_main_town(town, tmp_path):
    """100 m x 1.3 at 250 m a minute to the street, then the lattice: a block of 500 m is a minute."""
    found = atlas(town, tmp_path)
    item = found.table("industrial_table")
    row = item.frame.set_index("name").loc["Norra fältet"]
    access = 100 * 1.3 / 250
    assert row["town_2262_min"] == pytest.approx(access + 250 / 500, abs=0.01)
    # from (1 000, 2 250) to (3 500, 3 500): 2 500 m east and 1 250 m north
    assert row["town_2280_min"] == pytest.approx(access + 3_750 / 500, abs=0.01)
    words = {f.name: f.alias for f in item.fields}
    assert words["town_2280_min"].sv == "Restid till Å stad"
    figures = {title.sv: value for title, value in site(found).figures} | {title.en: value for title, value in site(found).figures}
    assert figures["Till Stora byn med bil"] == figures["To Stora byn by car"] == "1\u00a0min"
    assert figures["Till Å stad med bil"] == "8\u00a0min"
    assert "Till Ö by med bil" not in figures


def test_without_roads_there_are_no_minutes(town, tmp_path):
    text = (town / "toy.toml").read_text(encoding="utf-8")
    roadless = text.replace("[plan]", '[plan]\nsteps = ["layers", "suitability"]', 1)
    (town / "toy.toml").write_text(roadless, encoding="utf-8")
    found = atlas(town, tmp_path)
    assert not [c for c in found.table("industrial_table").frame if c.startswith("town_")]
    assert not [t for t, _ in site(found).figures if t.sv.startswith("Till Å stad")]


def test_a_sites_few_persons_are_in_no_table_layer_or_card(town, tmp_path):
    columns = [f"working_age_within_{m}_min" for m in (1, 2, 5)]
    open_ = atlas(town, tmp_path, "export.min_persons=0")
    row = open_.table("industrial_table").frame.set_index("name").loc["Norra fältet", columns]
    assert row.notna().all()
    # a limit just above the smallest figure that is not 0 hides that one
    least = int(min(v for v in row if v > 0))
    closed = atlas(town, tmp_path, f"export.min_persons={least + 1}")
    gone = [c for c in columns if row[c] == least]
    table = closed.table("industrial_table").frame.set_index("name").loc["Norra fältet"]
    layer = closed.vector("industrial_ranking").frame.set_index("name").loc["Norra fältet"]
    assert table[gone].isna().all()
    assert layer[gone].isna().all()
    assert str(least) not in [value for title, value in site(closed).figures if "arbetsför" in title.sv]


def test_tiles_are_the_plans_wish(town, tmp_path):
    address = "https://kartor.example.se/{z}/{x}/{y}.png"
    assert "tiles" not in atlas(town, tmp_path).facts
    asked = atlas(town, tmp_path, f'export.tiles="{address}"', 'export.tiles_attribution="© Kartverket"')
    assert asked.facts["tiles"] == {"url": address, "attribution": "© Kartverket"}
    with pytest.raises(PlanError, match="tiles"):
        p.read(town / "toy.toml", overrides=['export.tiles="http://kartor.example.se/{z}/{x}/{y}.png"'])
