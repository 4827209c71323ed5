"""The command for what a change does, before any cloud is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.options import AllOption, FailOn, FailOnOption, StacksOption, bad_option, stacks

if TYPE_CHECKING:
    from fairlead.preview.model import Preview


class Form(StrEnum):
    """How previews are written."""

    text = "text"
    markdown = "markdown"
    json = "json"
    sarif = "sarif"


def add(app: typer.Typer) -> None:
    """Adds the command of this group."""
    app.command()(preview)


def preview(  # noqa: PLR0913, PLR0917 - one for each option
    stack: StacksOption = None,
    every: AllOption = False,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Commit, branch or tag whose stack files are what stands now."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="What stands now, as `fairlead resources -o json` wrote it."),
    ] = None,
    output: Annotated[
        list[Form] | None,
        typer.Option("--output", "-o", help="For a terminal (usual), a comment, programs, or code scanning."),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", help="Write into this file. May be given several times, each with its own -o."),
    ] = None,
    fail_on: FailOnOption = FailOn.mandatory,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit status 1 when anything changes.")
    ] = False,
) -> None:
    """Say what a change does to every resource, by which rules, and what it costs. Needs no credentials or cluster."""
    from datetime import date

    from fairlead.operate.preview import Against, previews

    if against is not None and baseline is not None:
        raise bad_option("--baseline", "does not go with --against", str(baseline), fix="give one of the two")
    written = _places(output or [Form.text], out or [None])
    chosen = stacks(stack, every)
    if baseline is not None and len(chosen) > 1:
        raise bad_option("--baseline", "is of one stack", str(baseline), fix="name that stack with -s")
    found = previews(chosen, Against(against, baseline), date.today())
    for form, file in written:
        text = _written(found, form)
        if file is None:
            typer.echo(text, nl=False)
        else:
            file.write_text(text, encoding="utf-8")
    if any(fail_on.met(one.findings) for one in found) or (
        expect_no_changes and any(one.changes for one in found)
    ):
        raise typer.Exit(1)


def _places(forms: Sequence[Form], files: Sequence[Path | None]) -> list[tuple[Form, Path | None]]:
    """Each form and where it goes, by their order. Raises InputError where one lacks the other."""
    if len(forms) == len(files):
        return list(zip(forms, files, strict=True))
    given = f"{len(forms)} times -o and {len([one for one in files if one])} times --out"
    fix = "give a pair for each file: -o markdown --out preview.md -o sarif --out preview.sarif"
    raise bad_option("--out", "goes with its own -o", given, fix=fix)


def _written(found: Sequence[Preview], form: Form) -> str:
    if form is Form.text:
        from fairlead.preview.text import to_text

        return "\n".join(to_text(one) for one in found)
    if form is Form.markdown:
        from fairlead.preview.markdown import to_markdown

        return "\n".join(to_markdown(one) for one in found)
    if form is Form.json:
        from fairlead.preview.document import to_document

        return json.dumps(to_document(found), indent=2, ensure_ascii=False) + "\n"
    from fairlead.preview.sarif import to_sarif

    return json.dumps(to_sarif(found), indent=2, ensure_ascii=False) + "\n"
