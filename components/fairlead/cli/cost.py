"""The command for what a stack costs, and what a change of it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.options import DEFAULT_STACK, Output, OutputOption, StackOption, bad_option

if TYPE_CHECKING:
    from fairlead.operate.revision import Past
    from fairlead.plan.bill_change import Change
    from fairlead.plan.bill_model import Bill


def add(app: typer.Typer) -> None:
    """Adds the command of this group."""
    app.command()(cost)


def cost(
    stack: StackOption = DEFAULT_STACK,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Commit, branch or tag: say what has changed since, pool by pool."),
    ] = None,
    utilization: Annotated[
        float | None,
        typer.Option(
            "--utilization",
            help="Part of the nodes above those that always run which is expected to run; left out, half.",
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Print what a stack's nodes cost an hour and a month. Needs no credentials, network or cluster."""
    from datetime import date

    from fairlead.catalog.read import load
    from fairlead.operate.revision import past
    from fairlead.plan.bill import SHARE, bill, priced
    from fairlead.plan.bill_change import change
    from fairlead.plan.stack import plan_of
    from fairlead.stack import find

    share = SHARE if utilization is None else utilization
    if not 0 <= share <= 1:
        raise bad_option("--utilization", "is no part of a whole", f"{share:g}", "0 to 1")
    found, today = find(stack), date.today()
    now = priced(bill(plan_of(found.folder, found.name), load(), today, share), f"stack {found.name}")
    if against is None:
        typer.echo(_printed(now, output), nl=False)
        return
    before = past(found, against)
    then = bill(before.plan, load(), today, share) if before.plan else None
    typer.echo(_printed(now, output, before, change(then, now)), nl=False)


def _printed(bill: Bill, output: Output, past: Past | None = None, change: Change | None = None) -> str:
    """The bill, and what has changed since, if that was asked for."""
    from fairlead.plan import bill_show as shown

    if past is None or change is None:
        return _json(shown.to_dict(bill)) if output is Output.json else shown.to_text(bill)
    if output is Output.json:
        since = {"ref": past.ref, "commit": past.commit, "existed": past.plan is not None}
        return _json({**shown.to_dict(bill), "against": {**since, **shown.change_dict(change)}})
    name = past.name if past.plan else f"{past.name}, where the stack was not there yet"
    return f"{shown.to_text(bill)}\n{shown.change_text(change, name)}"


def _json(plain: dict[str, Any]) -> str:
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
