"""Commands for what is decided without a cluster: plan, config show, accelerators."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import DEFAULT_STACK, Output, OutputOption, StackOption, bad_option


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command()(plan)
    app.command()(accelerators)
    app.command()(resources)
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
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say of every pool why it is what it is, and what else there is."),
    ] = False,
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
    if explain and output is Output.json:
        raise bad_option(
            "--explain", "goes with text only", fix="leave out -o json: the plan has every reason"
        )
    if explain:
        from fairlead.plan.explain import explanation

        typer.echo(explanation(result, load()), nl=False)
    else:
        typer.echo(shown.to_json(result) if output is Output.json else shown.to_text(result), nl=False)


def resources(stack: StackOption = DEFAULT_STACK, output: OutputOption = Output.text) -> None:
    """Print every resource that a stack's program declares. Needs no credentials, network or cluster."""
    from fairlead.operate.resources import resources as declared
    from fairlead.operate.resources import summary
    from fairlead.spec.table import table
    from fairlead.stack import find

    found = declared(find(stack))
    if output is Output.json:
        typer.echo(json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False))
        return
    rows = [(kind, str(len(names)), _first(names)) for kind, names in summary(found)]
    typer.echo("\n".join(line.rstrip() for line in table(("type", "count", "names"), rows, indent="")))


def _first(names: list[str], most: int = 3) -> str:
    """The first names, and how many more there are: -o json has them all."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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


def accelerators(
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Only what this target has, with its machines.")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """List the accelerators that a job or a pool can ask for; of one target its machines, with prices and quotas."""
    from fairlead.catalog import plain
    from fairlead.catalog.read import load
    from fairlead.catalog.show import NO_MACHINES, accelerator_rows, machine_rows
    from fairlead.errors import one_of
    from fairlead.spec.table import table

    catalog = load()
    if target is not None and target not in catalog.targets:
        raise bad_option("--target", "no such target", target, one_of(list(catalog.targets), target))
    if output is Output.json:
        rows = plain.accelerators(catalog) if target is None else plain.machines(catalog, target)
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if target is not None and not catalog.machines[target]:
        typer.echo(NO_MACHINES.format(target))
        return
    head, lines = accelerator_rows(catalog) if target is None else machine_rows(catalog, target)
    typer.echo("\n".join(line.rstrip() for line in table(head, lines, indent="")))
