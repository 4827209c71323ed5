"""Commands for the cluster of a stack: kubeconfig."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import DEFAULT_STACK, StackOption


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command()(kubeconfig)


def kubeconfig(
    stack: StackOption = DEFAULT_STACK,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file, readable by you alone.")
    ] = None,
) -> None:
    """Print the kubeconfig of a stack's cluster, for kubectl and every other client."""
    from fairlead.stack import kubeconfig_path

    text = kubeconfig_path(stack).read_text(encoding="utf-8")
    if output is None:
        typer.echo(text, nl=False)
        return
    output.touch(mode=0o600)
    output.chmod(0o600)
    output.write_text(text, encoding="utf-8")
