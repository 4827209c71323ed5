"""Commands for the contract of a living cluster: check, pools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    KubeconfigOption,
    Output,
    OutputOption,
    StackOption,
    bad_option,
)


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    contract = typer.Typer(
        help="The contract that every cluster keeps.", no_args_is_help=True, rich_markup_mode=None
    )
    contract.command()(check)
    contract.command()(pools)
    app.add_typer(contract, name="contract")


def check(
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Hold each rule against a stack's cluster: met, or not met and what to do. Exit status 1 if one is broken."""
    from fairlead.operate import contract
    from fairlead.operate import kubeconfig as kubeconfigs
    from fairlead.stack import find

    one = find(stack)
    report = contract.check(one, kubeconfig or kubeconfigs.of(one))
    typer.echo(json.dumps(report.to_dict(), indent=2) if output is Output.json else "\n".join(report.lines()))
    if not report.kept:
        raise typer.Exit(1)


def pools(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Stack whose cluster is read.")] = None,
    kubeconfig: KubeconfigOption = None,
    context: Annotated[
        str | None, typer.Option("--context", help="Context in the kubeconfig; left out, its current one.")
    ] = None,
) -> None:
    """Read the nodes of a cluster and print them as pools of a spec, with what makes volumes."""
    from tempfile import TemporaryDirectory

    from fairlead.catalog.read import load
    from fairlead.operate import kubeconfig as kubeconfigs
    from fairlead.operate.discover import document
    from fairlead.operate.live import look
    from fairlead.stack import find

    if (stack is None) is (kubeconfig is None):
        raise bad_option("--kubeconfig", "one of --stack and --kubeconfig says which cluster", fix="give one")
    if stack is not None and context is not None:
        raise bad_option("--context", "is for --kubeconfig", context, fix="leave it out")
    if stack is not None:
        seen = look(kubeconfigs.of(find(stack)))
    else:
        with TemporaryDirectory(prefix="fairlead-") as folder:
            content = kubeconfigs.only(kubeconfig or Path(), context)
            seen = look(kubeconfigs.write_privately(Path(folder) / "kubeconfig", content))
    typer.echo(document(seen, load()), nl=False)
