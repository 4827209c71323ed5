"""Commands for nodes: take one out, give it back, take out all that the fault policy names."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    KubeconfigOption,
    Output,
    OutputOption,
    StackOption,
    bad_option,
    client,
)

_REASON = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")
NodeArgument = Annotated[str, typer.Argument(metavar="NODE", help="Name of the node.", show_default=False)]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    node = typer.Typer(
        help="Nodes: take one out, give it back, take out all with a lasting fault.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    node.command()(quarantine)
    node.command()(release)
    node.command()(sweep)
    app.add_typer(node, name="node")


def quarantine(
    name: NodeArgument,
    stack: StackOption = DEFAULT_STACK,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, in one word; it becomes the value of the taint.")
    ] = "operator",
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Take a node out: its jobs leave whole and start again elsewhere, from their checkpoints."""
    from fairlead.operate.quarantine import quarantine as take_out

    if not _REASON.match(reason):
        allowed = "at most 63 letters, digits, -, _ and ., a letter or digit first and last"
        raise bad_option("--reason", "cannot be the value of a taint", reason, allowed)
    _say(take_out(client(stack, kubeconfig), name, reason), output)


def release(
    name: NodeArgument,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Give a node back: it takes pods again."""
    from fairlead.operate.quarantine import release as give_back

    _say(give_back(client(stack, kubeconfig), name), output)


def sweep(
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, and touch no node.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Take out all nodes whose fault has lasted and nobody else mends, for a timer. Exit status 1: look yourself."""
    from fairlead.operate.sweep import sweep as sweep_out
    from fairlead.operate.sweep import told
    from fairlead.plan.stack import plan_of
    from fairlead.stack import find

    plan = plan_of(find(stack).folder, stack)
    swept = sweep_out(client(stack, kubeconfig), plan, dry_run=dry_run)
    if output is Output.json:
        typer.echo(json.dumps(asdict(swept), indent=2))
    else:
        typer.echo("\n".join(told(swept, dry_run=dry_run)))
    if swept.needs_somebody:
        raise typer.Exit(1)


def _say(result: object, output: Output) -> None:
    from fairlead.operate.quarantine import Quarantined, Released, said

    assert isinstance(result, (Quarantined, Released))  # noqa: S101 - the two commands above
    if output is Output.json:
        typer.echo(json.dumps(asdict(result), indent=2))
    else:
        typer.echo("\n".join(said(result)))
