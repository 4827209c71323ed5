"""The command for notebooks. What follows, lists and ends jobs does so for notebooks too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    DomainOption,
    KubeconfigOption,
    RenderOption,
    StackOption,
    client,
)

FileOption = Annotated[Path, typer.Option("--file", "-f", help="YAML file with one or more notebooks.")]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command(name="notebook")(notebook)


def notebook(
    file: FileOption,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="End a different one of the same name first.")
    ] = False,
    render: RenderOption = False,
    domain: DomainOption = None,
) -> None:
    """Start the notebooks of a file. The same file again changes nothing, or starts what has ended."""
    from fairlead.workload.notebook_load import load_file

    todo = load_file(file)
    if render:
        from fairlead.spec.gateway import Gateway
        from fairlead.workload.documents import write
        from fairlead.workload.notebook_render import render as objects_of

        below = domain or Gateway().domain
        typer.echo(write(obj for one in todo for obj in objects_of(one, below)), nl=False)
        return
    from fairlead.workload.jupyter import TOKEN_KEY
    from fairlead.workload.notebook_send import send

    to = client(stack, kubeconfig)
    for one in todo:
        sent = send(to, one, replace)
        state = to.state(one.tenant, one.name)
        typer.echo(f"{one.tenant}/{one.name} {sent.job.action}: {state.phase}  {sent.url}")
        secret = f"kubectl -n {one.tenant} get secret {one.object_name}"
        typer.echo(f"    token: {secret} -o jsonpath='{{.data.{TOKEN_KEY}}}' | base64 -d")
