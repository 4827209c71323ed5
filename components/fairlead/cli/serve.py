"""Commands for models: serve, list, end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.options import (
    DEFAULT_STACK,
    DomainOption,
    KubeconfigOption,
    Output,
    OutputOption,
    RenderOption,
    StackOption,
    bad_option,
    client,
    whole_seconds,
)

if TYPE_CHECKING:
    from fairlead.workload.serve_state import ModelState

FileOption = Annotated[Path, typer.Option("--file", "-f", help="YAML file with one or more models.")]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for command in (serve, models, unserve):
        app.command(name=command.__name__)(command)


def serve(
    file: FileOption,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    render: RenderOption = False,
    domain: DomainOption = None,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="Longest time to wait, for example 90s or 10m.")
    ] = None,
) -> None:
    """Serve the models of a file. Calls go to a version when it is ready; the same file again changes nothing."""
    from fairlead.workload.serve_load import load_file

    limit = whole_seconds("--timeout", timeout)
    if domain is not None and not render:
        raise bad_option("--domain", "is for --render: a cluster says its own", domain, fix="leave it out")
    todo = load_file(file)
    if render:
        from fairlead.spec.gateway import Gateway
        from fairlead.workload.documents import write
        from fairlead.workload.serve_render import render as objects_of

        below = domain or Gateway().domain
        typer.echo(write(obj for one in todo for obj in objects_of(one, below)), nl=False)
        return
    from fairlead.workload.serve_send import serve as send

    api = client(stack, kubeconfig).api
    for one in todo:
        called = f"{one.tenant}/{one.name}"
        done = send(api, one, limit, lambda text, called=called: typer.echo(f"{called}: {text}", err=True))
        _show(called, done.actions)
        shared = ", ".join(f"{name} {weight}" for name, weight in one.weights().items())
        typer.echo(f"{called} served at {done.url}: {shared}")


def models(
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's models.")] = None,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List the models: where they are called, which versions they have, and why one is not ready."""
    from fairlead.workload.serve_send import models as all_of

    found = all_of(client(stack, kubeconfig).api, tenant)
    if output is Output.json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    typer.echo("\n".join(_lines(found)) if found else "no models")


def unserve(
    model: Annotated[str, typer.Argument(metavar="TENANT/NAME", help="The model.")],
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """End a model: nobody is sent to it any more, and its replicas go. What was fetched from stays."""
    from fairlead.workload.serve_send import unserve as end

    tenant, slash, name = model.partition("/")
    if not (slash and tenant and name) or "/" in name:
        raise bad_option("TENANT/NAME", "must be the tenant and the name", model, "for example team-a/chat")
    _show(model, end(client(stack, kubeconfig).api, tenant, name))


def _show(model: str, actions: Iterable[tuple[str, str]]) -> None:
    for part, action in actions:
        typer.echo(f"{model} {part} {action}")


def _lines(found: Iterable[ModelState]) -> list[str]:
    from fairlead.spec.table import table

    head = ("model", "version", "weight", "ready", "replicas", "url", "why")
    rows = [
        (
            f"{model.tenant}/{model.name}",
            one.name,
            "-" if one.weight is None else str(one.weight),
            "yes" if one.ready else "no",
            str(one.running),
            model.url or "-",
            one.reason,
        )
        for model in found
        for one in model.versions
    ]
    return [line.rstrip() for line in table(head, rows, indent="")]
