"""Commands that show what accelerators do: a table of now, a page about a stretch of time."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.idle import PrometheusOption
from fairlead.cli.options import (
    DEFAULT_STACK,
    KubeconfigOption,
    StackOption,
    bad_option,
    client,
    whole_seconds,
)

if TYPE_CHECKING:
    from fairlead.errors import InputError
    from fairlead.operate.prometheus import Prometheus
    from fairlead.operate.top import Now

MOST_OFTEN, SELDOMEST = 1, 3600


class Shown(StrEnum):
    """How the table is printed."""

    table = "table"
    json = "json"


IdleOption = Annotated[
    str, typer.Option("--idle", help="Held accelerators count as idle after so long without use.")
]


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for command in (top, report):
        app.command()(command)


def top(
    stack: StackOption = DEFAULT_STACK,
    watch: Annotated[str, typer.Option("--watch", help="Look again so often, on a terminal.")] = "5s",
    once: Annotated[bool, typer.Option("--once", help="Look once, on a terminal too.")] = False,
    idle: IdleOption = "15m",
    kubeconfig: KubeconfigOption = None,
    prometheus: PrometheusOption = "",
    output: Annotated[
        Shown, typer.Option("--output", "-o", help="For people, or for programs.")
    ] = Shown.table,
) -> None:
    """Show what accelerators do now: by pool and tenant, what waits, and what it costs by the hour."""
    from fairlead.operate.top import read
    from fairlead.operate.top_show import lines
    from fairlead.operate.top_show import watch as go_on

    every, after = whole_seconds("--watch", watch) or 0, _idle(idle)
    if not MOST_OFTEN <= every <= SELDOMEST:
        raise bad_option("--watch", "is too often, or too seldom", watch, "1s to 1h")
    pools, tenants = _planned(stack, kubeconfig, prometheus)
    asked = _asked(stack, kubeconfig, prometheus)

    def look() -> Now:
        return read(asked, pools, tenants, after)

    if output is Shown.json:
        typer.echo(json.dumps(look().to_dict(), indent=2, ensure_ascii=False))
    elif once or not _terminal():
        typer.echo("\n".join(lines(look())))
    else:
        go_on(look, every)


def report(  # noqa: PLR0913, PLR0917 - one for each option
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")],
    stack: StackOption = DEFAULT_STACK,
    since: Annotated[str, typer.Option("--from", help="An age such as 7d, or a time.")] = "7d",
    until: Annotated[str, typer.Option("--to", help="The same, or now.")] = "now",
    step: Annotated[str, typer.Option("--step", help="Between two points of a plot, such as 1h.")] = "auto",
    idle: IdleOption = "15m",
    kubeconfig: KubeconfigOption = None,
    prometheus: PrometheusOption = "",
) -> None:
    """Write a page about a stretch of time: what was there, held, used, waited for and spent. One file, no network."""
    import time

    from fairlead.operate.report.page import page
    from fairlead.operate.report.period import period
    from fairlead.operate.report.read import read

    over, after = period(since, until, step, time.time()), _idle(idle)
    _planned(stack, kubeconfig, prometheus)
    _check(output)
    named = stack if not (kubeconfig or prometheus) else str(prometheus or kubeconfig)
    found = read(_asked(stack, kubeconfig, prometheus), named, over, after, _progress)
    _progress("")
    try:
        output.write_text(page(found), encoding="utf-8")
    except OSError as error:
        raise _unwritable(output, error) from None
    typer.echo(str(output))


def _terminal() -> bool:
    return sys.stdout.isatty()


def _progress(said: str) -> None:
    """On a terminal one line that changes; elsewhere nothing."""
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{said}", err=True, nl=False)


def _check(path: Path) -> None:
    """Whether it can be written, before minutes of questions rather than after them. It stays as it is."""
    there = path.exists()
    if there and not (path.is_file() or path.is_dir()):
        return
    try:
        path.open("a").close()
    except OSError as error:
        raise _unwritable(path, error) from None
    if not there:
        path.unlink()


def _unwritable(path: Path, error: OSError) -> InputError:
    what, fix = f"cannot be written: {error.strerror}", "name a file in a directory that is yours"
    return bad_option("--output", what, str(path), fix=fix)


def _idle(text: str) -> int:
    after = whole_seconds("--idle", text) or 0
    if not 60 <= after <= 7 * 86_400:
        raise bad_option("--idle", "is too short, or too long", text, "1m to 7d")
    return after


def _planned(stack: str, kubeconfig: Path | None, prometheus: str) -> tuple[list[str], list[str]]:
    """Pools and tenants of the stack; none where another place is named. Raises FairleadError: nothing is measured."""
    if kubeconfig is not None or prometheus:
        return [], []
    from fairlead.errors import FairleadError
    from fairlead.plan.stack import plan_of
    from fairlead.stack import find

    found = find(stack)
    plan = plan_of(found.folder, found.name)
    if not plan.monitoring.enabled:
        raise FairleadError(
            f"stack {stack}: layer monitoring is off: nobody measures\n    fix:     platform.layers.monitoring.enabled:"
            f" true in {found.config_file.name}, then `fairlead up -s {stack}`, or `pulumi up` at a cloud"
        )
    return [one.name for one in plan.pools], [one.name for one in plan.tenants]


def _asked(stack: str, kubeconfig: Path | None, prometheus: str) -> Prometheus:
    from fairlead.operate.prometheus import Prometheus

    return Prometheus(address=prometheus) if prometheus else Prometheus(client(stack, kubeconfig).api)
