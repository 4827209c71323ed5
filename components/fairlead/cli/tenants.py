"""Commands for tenants: who they are, and whether team files are sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.options import DEFAULT_STACK, Output, OutputOption, StackOption


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    group = typer.Typer(
        help="Tenants of a stack, and team files.", invoke_without_command=True, rich_markup_mode=None
    )
    group.callback()(tenants)
    group.command()(check)
    app.add_typer(group, name="tenants")


def tenants(
    ctx: typer.Context, stack: StackOption = DEFAULT_STACK, output: OutputOption = Output.text
) -> None:
    """List a stack's tenants: owner, quota, people, and the file that says so. Needs no cluster."""
    if ctx.invoked_subcommand is not None:
        return
    from fairlead.catalog.read import load
    from fairlead.plan import show_tenants as shown
    from fairlead.plan.load import load_merged
    from fairlead.spec.layers import resolve_stack
    from fairlead.stack import find

    found = find(stack)
    merged = resolve_stack(found.folder, found.name)
    plan = load_merged(merged, f"stack {found.name}", load())
    if output is Output.json:
        typer.echo(json.dumps(shown.to_dict(plan, merged.origins), indent=2, ensure_ascii=False))
    else:
        typer.echo(shown.to_text(plan, merged.origins), nl=False)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Team files; left out, all of the project.")
    ] = None,
) -> None:
    """Check team files against every stack that they are for, and add up what teams are promised. Needs no cluster."""
    from fairlead.catalog.read import load
    from fairlead.plan import teams
    from fairlead.stack import project_dir

    folder = project_dir() / "stacks"
    typer.echo(teams.to_text(teams.check(folder, teams.named(folder, files or []), load())), nl=False)
