"""The command for services: how they scale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    KubeconfigOption,
    RenderOption,
    StackOption,
    client,
)

FileOption = Annotated[Path, typer.Option("--file", "-f", help="YAML file with one or more scales.")]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command(name="scale")(scale)


def scale(
    file: FileOption,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    render: RenderOption = False,
) -> None:
    """Have services scale as a file says. The same file again changes nothing."""
    from fairlead.workload.scale_load import load_file

    todo = load_file(file)
    if render:
        from fairlead.workload.documents import write
        from fairlead.workload.scale_render import render as objects_of

        typer.echo(write(obj for one in todo for obj in objects_of(one)), nl=False)
        return
    from fairlead.workload.scale_send import send

    api = client(stack, kubeconfig).api
    for one in todo:
        done = send(api, one)
        typer.echo(
            f"{one.tenant}/{one.name} {done}: {one.workload_name} from {one.min} to {one.max} replicas"
        )
