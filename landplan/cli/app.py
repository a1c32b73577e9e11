"""The commands. Rooms are imported inside them, so that ``landplan --help`` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landplan.cli.plugin import plugin_app, worker

__all__ = ["app"]

app = typer.Typer(
    help="Land and infrastructure planning: layers in, maps, QGIS projects and tables out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
plan_app = typer.Typer(help="Write and check plan files.", no_args_is_help=True)
layers_app = typer.Typer(help="What layers are, and whether a file meets its contract.", no_args_is_help=True)
sample_app = typer.Typer(help="The sample area: real places, demonstration geometry.", no_args_is_help=True)
review_app = typer.Typer(help="Reviewers' notes.", no_args_is_help=True)
app.add_typer(plan_app, name="plan")
app.add_typer(layers_app, name="layers")
app.add_typer(sample_app, name="sample")
app.add_typer(review_app, name="review")
app.add_typer(plugin_app, name="qgis-plugin")
app.command("qgis-worker", hidden=True)(worker)

PlanArgument = Annotated[str, typer.Argument(help="A plan file, or the name of a shipped plan (torsboda, ostersund, haparanda).")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the plan, e.g. plan.cell_m=25.")]


def _version(value: bool) -> None:
    if value:
        import landplan

        typer.echo(f"landplan {landplan.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Land and infrastructure planning."""


PlansArgument = Annotated[
    list[str], typer.Argument(metavar="PLAN...", help="A plan file, or the name of a shipped plan (torsboda, ostersund, haparanda); several, or a folder of them, are run in turn and compared.")
]


@app.command()
def run(
    plan: PlansArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs; this one goes into OUT/<plan>.")] = Path("out"),
    steps: Annotated[str | None, typer.Option(help="Only these steps: layers,network,suitability,catchment,housing,growth,villages,export.")] = None,
    set_: SetOption = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Threads; the answer does not depend on it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Run every step again.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Run a plan: read layers, find land, work out catchments, rank housing, export maps."""
    from landplan.cli.running import plan_names, run_command, run_many

    names = [s.strip() for s in steps.split(",") if s.strip()] if steps else None
    plans = plan_names(plan)
    if len(plans) == 1:
        run_command(plans[0], out, steps=names, overrides=set_ or [], jobs=jobs, force=force, verbose=verbose)
    elif code := run_many(plans, out, steps=names, overrides=set_ or [], jobs=jobs, force=force, verbose=verbose):
        raise typer.Exit(code)


@app.command()
def fetch(
    plan: PlanArgument,
    layers: Annotated[str | None, typer.Option("--layers", help="Only these layers: roads,population_grid.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Ask also for what is young enough.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask nothing; say what would be asked.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print what became of each layer as JSON.")] = False,
    set_: SetOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Fetch a plan's live layers into its store; exit code 1 when a layer failed."""
    from landplan.cli.fetching import fetch_command

    names = [s.strip() for s in layers.split(",") if s.strip()] if layers else []
    fetch_command(plan, names, force=force, dry_run=dry_run, as_json=json_, overrides=set_ or [], verbose=verbose)


@app.command()
def doctor(plan: PlanArgument, set_: SetOption = None) -> None:
    """Say what a plan rests on: which layers are live, demonstration or missing, how old, and which analyses they limit."""
    from landplan.cli.running import load_plan
    from landplan.cli.showing import print_doctor

    print_doctor(load_plan(plan, set_ or []))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A run directory.")],
    second: Annotated[Path, typer.Argument(help="Another run directory.")],
) -> None:
    """Compare two runs: what changed in the plan, the ranking and the catchment."""
    from landplan.cli.showing import print_comparison

    print_comparison(first, second)


@app.command()
def enquiry(
    plan: PlanArgument,
    min_ha: Annotated[float | None, typer.Option(help="Usable hectares, at least.")] = None,
    min_mw: Annotated[float | None, typer.Option(help="Declared megawatts, at least.")] = None,
    rail: Annotated[bool, typer.Option("--rail", help="A railway within --rail-m.")] = False,
    rail_m: Annotated[float, typer.Option(help="How near a railway must be, metres.")] = 1000.0,
    port_min: Annotated[float | None, typer.Option(help="Minutes to a port, at most.")] = None,
    airport_min: Annotated[float | None, typer.Option(help="Minutes to an airport, at most.")] = None,
    near: Annotated[bool, typer.Option("--near", help="Fact sheets for near misses too.")] = False,
    sheets: Annotated[bool, typer.Option("--sheets/--no-sheets", help="Write a fact sheet a site, in Swedish and English.")] = True,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs; fact sheets go into OUT/<plan>/enquiry.")] = Path("out"),
    set_: SetOption = None,
) -> None:
    """List the sites that answer an investor's enquiry, the near misses and what they lack; write fact sheets."""
    from landplan.cli.enquiring import enquire
    from landplan.enquiry import Enquiry

    asked = Enquiry(min_ha, min_mw, rail_m if rail else None, port_min, airport_min)
    enquire(plan, out, asked, near=near, overrides=set_ or [], sheets=sheets)


@plan_app.command("check")
def plan_check(plan: PlanArgument, set_: SetOption = None) -> None:
    """Read a plan and say in words what it asks for."""
    from landplan.cli.running import load_plan
    from landplan.layers import load_catalog
    from landplan.plan import explain

    found = load_plan(plan, set_ or [])
    titles = {k: d.title[found.plan.language] for k, d in load_catalog().items()}
    for line in explain(found, layer_titles=titles):
        typer.echo(line)


@plan_app.command("new")
def plan_new(
    file: Annotated[Path, typer.Argument(help="The new plan file.")],
    municipality: Annotated[str, typer.Option(help="Municipality code, four digits.")] = "2262",
    title: Annotated[str, typer.Option(help="Title.")] = "",
) -> None:
    """Write a commented plan to fill in."""
    from landplan.cli.running import write_new_plan

    write_new_plan(file, municipality, title)
    typer.echo(f"wrote {file}; next: landplan plan check {file}")


@layers_app.command("list")
def layers_list(
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    language: Annotated[str, typer.Option(help="sv or en.")] = "sv",
) -> None:
    """List every layer of the catalogue."""
    from landplan.cli.showing import print_layers

    print_layers(theme, language)


@layers_app.command("show")
def layers_show(name: str, language: Annotated[str, typer.Option(help="sv or en.")] = "sv") -> None:
    """Show one layer: fields, units, domains, sources, licence."""
    from landplan.cli.showing import print_layer

    print_layer(name, language)


@layers_app.command("check")
def layers_check(
    file: Path,
    as_: Annotated[str, typer.Option("--as", help="Which layer the file should be.")],
    table: Annotated[str | None, typer.Option(help="Layer of a GeoPackage or sheet of a workbook.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS, when the file declares none.")] = None,
    plan: Annotated[str | None, typer.Option(help="Judge the box by this plan's area.")] = None,
) -> None:
    """Check a file against a layer's contract; exit code 1 when anything is wrong."""
    from landplan.cli.showing import check_file

    check_file(file, as_, table, crs, plan)


@layers_app.command("template")
def layers_template(
    name: str,
    file: Annotated[Path | None, typer.Argument(help="Default <name>.gpkg, or .csv for a table.")] = None,
    crs: Annotated[str | None, typer.Option(help="Default EPSG:3006.")] = None,
) -> None:
    """Write an empty file with a layer's columns, to fill in QGIS."""
    from landplan.layers import load_catalog, write_template

    definition = load_catalog()[name]
    target = file or Path(f"{name}.{'csv' if definition.kind == 'table' else 'gpkg'}")
    typer.echo(f"wrote {write_template(definition, target, crs=crs)}")


@sample_app.command("build")
def sample_build(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write; default ./sample.")] = None,
    nodes: Annotated[int | None, typer.Option(help="Size of a generated region for benchmarks, in network nodes.")] = None,
    seed: Annotated[int, typer.Option(help="Seed.")] = 7,
    area: Annotated[str, typer.Option(help="Which sample area: torsboda, ostersund or haparanda.")] = "torsboda",
) -> None:
    """Build a sample area again, or a bigger region for benchmarks."""
    from landplan.cli.running import build_sample

    build_sample(out or Path("sample"), nodes, seed, area)


@review_app.command("list")
def review_list(notes: Annotated[list[Path], typer.Argument(help="Notes files (GeoJSON).")]) -> None:
    """Read and check reviewers' notes files and list what they say."""
    from landplan.cli.showing import print_notes

    print_notes(notes)


@review_app.command("merge")
def review_merge(
    notes: Annotated[list[Path], typer.Argument(help="Notes files (GeoJSON) that reviewers sent.")],
    plan: Annotated[str, typer.Option("--plan", "-p", help="The plan whose map was reviewed.")] = "torsboda",
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs.")] = Path("out"),
) -> None:
    """Check notes, keep them beside the plan for every later run, and bring them into the run's GeoPackage."""
    from landplan.cli.reviewing import merge_notes

    merge_notes(notes, plan, out)
