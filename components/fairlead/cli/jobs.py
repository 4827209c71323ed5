"""Commands for jobs: submit, list, logs, cancel, wait, render."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.workload.client import Client
    from fairlead.workload.state import JobState

FileOption = Annotated[Path, typer.Option("--file", "-f", help="YAML file with one or more jobs.")]
JobArgument = Annotated[
    str, typer.Argument(help="The job: TENANT/NAME, or NAME where only one tenant has it.")
]
TimeoutOption = Annotated[
    str | None, typer.Option("--timeout", help="Longest time to wait, for example 90s or 10m.")
]


class Goal(StrEnum):
    """What `wait` waits for."""

    running = "running"
    finished = "finished"


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for command in (submit, list_, logs, cancel, wait, render):
        app.command(name=command.__name__.rstrip("_"))(command)


def submit(
    file: FileOption,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    wait_: Annotated[bool, typer.Option("--wait", help="Wait until every job has finished.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show the logs until every job has finished.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="End a job of the same name first.")] = False,
    timeout: TimeoutOption = None,
) -> None:
    """Send the jobs of a file. The same file again changes nothing."""
    from fairlead.workload.load import load_file

    limit = whole_seconds("--timeout", timeout)
    if limit is not None and not wait_:
        raise bad_option("--timeout", "is for --wait", str(timeout), fix="add --wait, or leave it out")
    todo = load_file(file)
    to = client(stack, kubeconfig)
    for job in todo:
        sent = to.submit(job, replace)
        state = to.state(job.tenant, job.name)
        again = "; --replace runs it again" if sent.action == "unchanged" and state.finished else ""
        typer.echo(f"{job.tenant}/{job.name} {sent.action}: {_doing(state)}{again}")
    for job in todo:
        if follow:
            _show_logs(to, job.tenant, job.name, following=True)
    if wait_ or follow:
        _await([to.wait(job.tenant, job.name, "finished", limit, _tell) for job in todo], to)


def list_(
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's jobs.")] = None,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List the jobs: what they do and why they wait."""
    states = client(stack, kubeconfig).list(tenant)
    if output is Output.json:
        typer.echo(json.dumps([asdict(state) for state in states], indent=2))
        return
    from fairlead.spec.table import table

    head = ("job", "stage", "state", "pods", "restarts", "disrupted", "evictions", "per node", "why")
    rows = [
        (
            f"{s.tenant}/{s.name}",
            s.stage,
            s.phase,
            f"{s.running}/{s.pods}",
            str(s.restarts),
            str(s.disruptions),
            str(s.evictions),
            s.accelerators or "-",
            f"place {s.place}: {s.reason}" if s.place else s.reason,
        )
        for s in states
    ]
    typer.echo("\n".join(line.rstrip() for line in table(head, rows, indent="")) if rows else "no jobs")


def logs(
    job: JobArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has finished.")] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", min=0, help="Only the last lines of each node.")
    ] = None,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Show what a job's nodes print, each line marked with its rank."""
    if follow and tail is not None:
        raise bad_option("--tail", "does not go with --follow", str(tail), fix="leave one of them out")
    to = client(stack, kubeconfig)
    tenant, name = named(to, job)
    _show_logs(to, tenant, name, follow, tail)


def cancel(
    jobs: Annotated[list[str], typer.Argument(metavar="JOB...", help="Jobs: TENANT/NAME, or NAME.")],
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """End jobs and delete them with their logs. Their volumes stay."""
    to = client(stack, kubeconfig)
    for tenant, name in [named(to, job) for job in jobs]:
        to.cancel(tenant, name)
        typer.echo(f"{tenant}/{name} cancelled")


def wait(
    job: JobArgument,
    until: Annotated[
        Goal, typer.Option("--for", help="Wait until all pods run, or until the end.")
    ] = Goal.finished,
    timeout: TimeoutOption = None,
    stack: StackOption = DEFAULT_STACK,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Wait for a job. Exit status 1 if it fails or the time is over."""
    limit = whole_seconds("--timeout", timeout)
    to = client(stack, kubeconfig)
    tenant, name = named(to, job)
    _await([to.wait(tenant, name, until.value, limit, _tell)], to)


def render(
    file: FileOption,
    target: Annotated[
        str | None, typer.Option("--target", help="Target by name. The objects are the same on every one.")
    ] = None,
) -> None:
    """Print the Kubernetes objects of the jobs of a file; needs no cluster."""
    from fairlead.catalog.read import load
    from fairlead.errors import one_of
    from fairlead.workload.documents import write
    from fairlead.workload.load import load_file
    from fairlead.workload.render import render as objects_of

    catalog = load()
    if target is not None and target not in catalog.targets:
        raise bad_option("--target", "no such target", target, one_of(sorted(catalog.targets), target))
    objects = [obj for job in load_file(file, catalog) for obj in objects_of(job, catalog)]
    typer.echo(write(objects), nl=False)


def named(to: Client, job: str) -> tuple[str, str]:
    """Tenant and name of a job that is there, by TENANT/NAME or NAME. Raises FairleadError."""
    tenant, slash, name = job.rpartition("/")
    if slash and tenant and name and "/" not in tenant:
        return tenant, name
    if slash:
        raise bad_option("JOB", "must be TENANT/NAME or NAME", job)
    tenants = [state.tenant for state in to.list() if state.name == job]
    if len(tenants) == 1:
        return tenants[0], job
    if not tenants:
        raise FairleadError(f"there is no job {job}\n    fix:     `fairlead list` shows all there are")
    choice = ", ".join(f"{tenant}/{job}" for tenant in tenants)
    raise bad_option("JOB", "several tenants have a job of this name", job, choice)


def _doing(state: JobState) -> str:
    pods = f" ({state.running}/{state.pods} pods)" if state.phase in ("Running", "Starting") else ""
    return f"{state.phase}{pods}{f': {state.reason}' if state.reason else ''}"


def _tell(state: JobState) -> None:
    typer.echo(f"{state.tenant}/{state.name} {_doing(state)}", err=True)


def _show_logs(to: Client, tenant: str, name: str, following: bool, tail: int | None = None) -> None:
    for line in to.logs(tenant, name, following, tail):
        typer.echo(str(line))


def _await(states: Sequence[JobState], to: Client) -> None:
    """Prints how the awaited jobs are; exit status 1 if one has failed."""
    for state in states:
        typer.echo(f"{state.tenant}/{state.name} {_doing(state)}")
        if state.phase == "Failed":
            for line in to.last_lines(state.tenant, state.name):
                typer.echo(f"    {line}", err=True)
    if any(state.phase == "Failed" for state in states):
        raise typer.Exit(1)
