"""The command that makes a project: init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fairlead.cli.options import bad_option


def add(app: typer.Typer) -> None:
    """Adds the command of this group."""
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where; a new or empty folder.")] = Path(),
    template: Annotated[
        str | None, typer.Option("--template", help="Template by name; --list shows them.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the project.")] = None,
    data: Annotated[
        list[str] | None, typer.Option("--data", help="An answer, QUESTION=VALUE; may be said again.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: what is not answered takes its default.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Merge this release's template into the project in DIR.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the templates and end.")] = False,
) -> None:
    """Make a project of a platform or a team from a template, or bring one up to date."""
    from fairlead.operate import scaffold
    from fairlead.operate.template_answers import templates

    if list_:
        from fairlead.spec.table import table

        typer.echo("\n".join(table(("template", "what it is for"), list(templates().items()), indent="")))
        return
    answers = _answers(data or [])
    answers |= {key: value for key, value in (("template", template), ("name", name)) if value is not None}
    if update:
        if template is not None:
            raise bad_option(
                "--template", "does not go with --update", template, fix="a project keeps its template"
            )
        _tell(scaffold.update(folder, answers, ask=not yes), folder)
        return
    scaffold.create(folder, answers, ask=not yes)
    typer.echo(f"written to {folder}: {folder / 'README.md'} says how to go on")


def _answers(data: list[str]) -> dict[str, Any]:
    """Answers by question. Raises InputError for one that names none."""
    wrong = next((one for one in data if not one.partition("=")[0] or "=" not in one), None)
    if wrong is not None:
        raise bad_option("--data", "names no question and value", wrong, "QUESTION=VALUE")
    return {one.partition("=")[0]: one.partition("=")[2] for one in data}


def _tell(merged: Any, folder: Path) -> None:
    if not merged.changed:
        typer.echo(f"{folder} is what the templates of {merged.after} make: nothing to merge")
        return
    typer.echo(f"merged the templates of {merged.after} into {folder}, which was made with {merged.before}")
    for name in merged.changed:
        typer.echo(f"    {'conflict' if name in merged.conflicts else 'changed '}  {name}")
    if merged.conflicts:
        typer.echo(
            "both the project and the template changed those places: keep what is right between the marks"
        )
        raise typer.Exit(1)
