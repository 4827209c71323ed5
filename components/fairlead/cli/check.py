"""Commands that measure a living cluster: check nccl."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    KubeconfigOption,
    Output,
    OutputOption,
    StackOption,
    client,
    whole_seconds,
)


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    checks = typer.Typer(help="Measure a living cluster.", no_args_is_help=True, rich_markup_mode=None)
    checks.command()(nccl)
    # Without it a group of one command would take that command's name away.
    checks.callback()(_group)
    app.add_typer(checks, name="check")


def _group() -> None:
    pass


def nccl(  # noqa: PLR0913, PLR0917 - one for each option
    pool: Annotated[
        str | None,
        typer.Option("--pool", help="Pool whose nodes are measured; left out, the first that can be."),
    ] = None,
    nodes: Annotated[int, typer.Option("--nodes", help="How many nodes.")] = 2,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Whose job it is; left out, the first tenant.")
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", help="Image to measure with: Python 3.8 or newer, NCCL, the CUDA runtime."),
    ] = None,
    timeout: Annotated[
        str, typer.Option("--timeout", help="Longest time until all nodes run, for example 90s or 10m.")
    ] = "15m",
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Measure an all-reduce between nodes and hold it against what others have reached. Exit status 1 if it is less."""
    from fairlead.catalog.read import load
    from fairlead.operate import nccl as measuring
    from fairlead.operate import nccl_report as report
    from fairlead.operate.nccl_job import Asked
    from fairlead.plan.stack import plan_of
    from fairlead.stack import find

    one = find(stack)
    asked = Asked(pool, nodes, tenant, image, whole_seconds("--timeout", timeout) or 0)
    plan = plan_of(one.folder, one.name)
    to = client(stack, kubeconfig)
    verdict, measured = measuring.check(plan, load(), to, asked, lambda text: typer.echo(text, err=True))
    if output is Output.json:
        typer.echo(json.dumps(verdict.to_dict(), indent=2))
    else:
        typer.echo("\n".join(report.lines(verdict, measured)))
    if not verdict.ok:
        raise typer.Exit(1)
