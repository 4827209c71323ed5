"""The command that hands out the dashboards, for a Grafana that does not see the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Adds the command of this group."""
    app.command()(dashboards)


def dashboards(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to; it is made.")],
) -> None:
    """Write the dashboards as JSON that Grafana imports. Needs no cluster."""
    from fairlead.catalog import dashboards as known

    output.mkdir(parents=True, exist_ok=True)
    for name in known.NEEDS:
        path = output / f"fairlead-{name}.json"
        path.write_text(known.text(name), encoding="utf-8")
        typer.echo(str(path))
