"""Commands about what lies idle: show it, have work go on that was suspended for it, or let it be for a while."""

from __future__ import annotations

import json
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
    whole_seconds,
)

LONGEST = 7 * 86400
PrometheusOption = Annotated[
    str, typer.Option("--prometheus", metavar="URL", help="Ask here, in place of the cluster's own door.")
]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for command in (idle, resume, keep):
        app.command()(command)


def idle(
    stack: StackOption = DEFAULT_STACK,
    over: Annotated[str, typer.Option("--over", help="Only what has lain idle for so long.")] = "10m",
    kubeconfig: KubeconfigOption = None,
    prometheus: PrometheusOption = "",
    output: OutputOption = Output.text,
) -> None:
    """List accelerators that are held and not used, by tenant, work and node, and nodes that nobody uses."""
    from fairlead.operate.idle import find, told
    from fairlead.operate.prometheus import Prometheus

    least = whole_seconds("--over", over) or 0
    asked = Prometheus(address=prometheus) if prometheus else Prometheus(client(stack, kubeconfig).api)
    found = find(asked, least)
    typer.echo(json.dumps(asdict(found), indent=2) if output is Output.json else "\n".join(told(found)))


def resume(
    job: Annotated[str, typer.Argument(help="TENANT/NAME, or NAME where only one tenant has it.")],
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Have work go on that was suspended because it used no accelerator: it waits in its queue again."""
    from fairlead.operate.resume import resume as go_on

    done = go_on(client(stack, kubeconfig).api, job)
    typer.echo(f"{done.tenant}/{done.name} ({done.kind}) waits in its queue again")


def keep(
    job: Annotated[str, typer.Argument(help="The job: TENANT/NAME, or NAME where only one tenant has it.")],
    for_: Annotated[str, typer.Option("--for", help="For how long from now on, at most 7d.")],
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Let a job hold accelerators that it does not use, for a while."""
    from fairlead.cli.jobs import named
    from fairlead.operate.resume import keep as let_be

    length = whole_seconds("--for", for_) or 0
    if not 0 < length <= LONGEST:
        raise bad_option("--for", "an exception has an end", for_, "1s to 7d")
    to = client(stack, kubeconfig)
    tenant, name = named(to, job)
    typer.echo(f"{tenant}/{name} may hold what it does not use until {let_be(to.api, tenant, name, length)}")
