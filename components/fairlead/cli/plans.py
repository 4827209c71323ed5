"""Commands for what is decided without a cluster: plan, config show, accelerators."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import DEFAULT_STACK, Output, OutputOption, StackOption, bad_option


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command()(plan)
    app.command()(accelerators)
    config = typer.Typer(help="The configuration of a stack.", no_args_is_help=True, rich_markup_mode=None)
    config.command()(show)
    app.add_typer(config, name="config")


def plan(
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", help="Stack of this project; else $FAIRLEAD_STACK, else local."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="A bare platform spec, in place of a stack.")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Print what would be built, all of it decided: machines, quotas, queues. Needs no cluster."""
    from fairlead.catalog.read import load
    from fairlead.plan import show as shown
    from fairlead.plan.load import load_plan

    if file is not None and stack is not None:
        raise bad_option("--file", "does not go with --stack", str(file), fix="give one of the two")
    if file is not None:
        from fairlead.spec.layers import read_spec

        read = read_spec(file)
        result = load_plan(read.value, str(file), load(), read.origins)
    else:
        from fairlead.plan.stack import plan_of
        from fairlead.stack import find

        found = find(stack or os.environ.get("FAIRLEAD_STACK") or DEFAULT_STACK)
        result = plan_of(found.folder, found.name)
    typer.echo(shown.to_json(result) if output is Output.json else shown.to_text(result), nl=False)


def show(
    stack: StackOption = DEFAULT_STACK,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say of every value where it was written.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Print a stack's configuration after its layers are merged."""
    from fairlead.spec import show as shown
    from fairlead.spec.layers import resolve_stack
    from fairlead.stack import find

    found = find(stack)
    merged = resolve_stack(found.folder, found.name)
    if output is Output.json:
        typer.echo(json.dumps(shown.to_dict(merged), indent=2, ensure_ascii=False))
    else:
        typer.echo(shown.to_text(merged, origin), nl=False)


def accelerators(output: OutputOption = Output.text) -> None:
    """List the accelerators that a job or a pool can ask for."""
    from fairlead.catalog.read import load
    from fairlead.spec.table import table

    rows = load().accelerators.values()
    if output is Output.json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2, default=str))
        return
    head = ("name", "vendor", "memory", "resource", "a job's share per accelerator")
    lines = [
        (r.name, r.vendor, f"{r.memory_gib} GiB", r.resource, f"{r.job_cpu} cores, {r.job_memory}")
        for r in rows
    ]
    typer.echo("\n".join(line.rstrip() for line in table(head, lines, indent="")))
