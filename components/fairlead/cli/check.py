"""Commands that check: a living cluster (nccl), and a stack against the rules (policies)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    AllOption,
    FailOn,
    FailOnOption,
    KubeconfigOption,
    Output,
    OutputOption,
    StackOption,
    StacksOption,
    client,
    stacks,
    whole_seconds,
)


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    checks = typer.Typer(
        help="Measure a living cluster; hold a stack against the rules.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    checks.command()(nccl)
    checks.command()(policies)
    app.add_typer(checks, name="check")


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


def policies(
    stack: StacksOption = None,
    every: AllOption = False,
    excused: Annotated[bool, typer.Option("--excused", help="List what is excused, too.")] = False,
    fail_on: FailOnOption = FailOn.mandatory,
    output: OutputOption = Output.text,
) -> None:
    """Hold a stack's plan and resources against every rule. Needs no credentials, network or cluster. Exit status 1 if
    something is refused."""
    from datetime import date

    from fairlead.operate import policies as checking

    found = [checking.check(one, date.today()) for one in stacks(stack, every)]
    if output is Output.json:
        typer.echo(json.dumps([one.to_dict() for one in found], indent=2, ensure_ascii=False))
    else:
        typer.echo("\n\n".join("\n".join(checking.lines(one, excused)) for one in found))
    if any(fail_on.met(one.findings) for one in found):
        raise typer.Exit(1)
