"""The commands of the QGIS plugin: build its zip, and answer it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["plugin_app", "worker"]

plugin_app = typer.Typer(help="The QGIS plugin: landplan's tools in the Processing toolbox.", no_args_is_help=True)


@plugin_app.command("build")
def build(
    out: Annotated[Path, typer.Option("--out", "-o", help="The zip to write.")] = Path("landplan_tools.zip"),
) -> None:
    """Write the plugin as a zip to install in QGIS 3.22 or later."""
    from landplan.export import plugin
    from landplan.layers import load_catalog

    catalog = [(d.id, d.kind, d.title) for d in load_catalog().values()]
    typer.echo(f"wrote {plugin.build(out, catalog)}")
    typer.echo("In QGIS: Plugins > Manage and Install Plugins > Install from ZIP.")
    typer.echo("Then, if landplan is not on QGIS' PATH: Settings > Options > Processing > Providers > landplan, this Python:")
    typer.echo(f"  {_python()}")


def _python() -> str:
    import sys

    return sys.executable


def worker() -> None:
    """Answer one request of the QGIS plugin on standard input; not for people."""
    from landplan.cli.worker import serve

    serve()
