"""Commands for the cluster of a stack: up, down, status, kubeconfig, doctor."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.options import DEFAULT_STACK, Output, OutputOption, StackOption, bad_option

if TYPE_CHECKING:
    from fairlead.workload.state import JobState


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for command in (up, down, status, kubeconfig, doctor):
        app.command()(command)


def up(
    stack: StackOption = DEFAULT_STACK,
    samples: Annotated[bool, typer.Option("--samples", help="Send two sample jobs and follow them.")] = False,
) -> None:
    """Bring a stack up on this machine: tools, cluster, platform. A second run changes nothing."""
    from fairlead.operate import samples as sample_jobs
    from fairlead.operate import show
    from fairlead.operate.status import read
    from fairlead.operate.up import plan_of
    from fairlead.operate.up import up as bring_up
    from fairlead.stack import find
    from fairlead.tools.progress import Progress

    one, progress = find(stack), Progress()
    figures = bring_up(one, progress, samples=samples)
    states: list[JobState] = []
    if samples:
        with progress.step(3, 3, "two sample jobs", sample_jobs.USUAL_SECONDS):
            states = sample_jobs.run(one.project, one.kubeconfig, progress.note)
    found = read(one.kubeconfig, plan_of(one.folder, one.name))
    for block in (show.status(found), show.jobs(states) if states else [], figures.lines()):
        typer.echo("\n".join(block) + "\n" if block else "", nl=bool(block))
    typer.echo(_next_steps(stack))
    if any(state.phase == "Failed" for state in states):
        raise typer.Exit(1)


def _next_steps(stack: str) -> str:
    return "\n".join(
        [
            "where to look next",
            f"  fairlead status -s {stack}            pools, queues, layers",
            f"  fairlead list -s {stack}              jobs",
            f"  fairlead submit -f JOB.yaml -s {stack}   send one of your own (examples/)",
            f"  fairlead logs JOB -s {stack}          what it prints",
            f"  fairlead kubeconfig -s {stack}        for kubectl and other clients",
        ]
    )


def down(stack: StackOption = DEFAULT_STACK) -> None:
    """Destroy a stack's platform and its local cluster: nothing is left but the cache of tools."""
    from fairlead.operate.up import down as take_down
    from fairlead.stack import find
    from fairlead.tools.progress import Progress

    typer.echo("\n".join(take_down(find(stack), Progress())))


def status(stack: StackOption = DEFAULT_STACK, output: OutputOption = Output.text) -> None:
    """Show a stack's pools, queues and layers. Exit status 1 if something that should stand does not."""
    import json

    from fairlead.operate import show
    from fairlead.operate.kubeconfig import named
    from fairlead.operate.status import read
    from fairlead.plan.stack import plan_of
    from fairlead.stack import find

    one = find(stack)
    found = read(named(one.name), plan_of(one.folder, one.name))
    typer.echo(
        json.dumps(found.to_dict(), indent=2) if output is Output.json else "\n".join(show.status(found))
    )
    if not found.healthy:
        raise typer.Exit(1)


def doctor(stack: StackOption = DEFAULT_STACK) -> None:
    """Look at what this machine lacks for a local cluster, and say how to get it."""
    from fairlead.operate.doctor import examine
    from fairlead.stack import find

    findings = examine(find(stack))
    for one in findings:
        first, *rest = one.detail.splitlines()
        typer.echo(
            "\n".join(
                [
                    f"{'ok  ' if one.fine else 'lack'}  {one.name}: {first}",
                    *(f"      {line}" for line in rest),
                ]
            )
        )
    if not all(one.fine for one in findings):
        raise typer.Exit(1)


def kubeconfig(
    stack: StackOption = DEFAULT_STACK,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file, readable by you alone.")
    ] = None,
) -> None:
    """Print the kubeconfig of a stack's cluster, for kubectl and every other client."""
    from fairlead.operate.kubeconfig import named

    content = named(stack).read_bytes()
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        _write_privately(output, content)
    except OSError as error:
        what, fix = f"cannot be written: {error.strerror}", "name a file in a directory that is yours"
        raise bad_option("--output", what, str(output), fix=fix) from None


def _write_privately(path: Path, content: bytes) -> None:
    """Writes what others must not read. A file that is there loses its other readers before it is written.

    Devices and pipes keep their mode: they are not ours.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.fchmod(file.fileno(), 0o600)
            file.truncate()
        file.write(content)
