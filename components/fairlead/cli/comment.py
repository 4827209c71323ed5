"""Commands for pipelines: which stacks there are, and one comment for all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.options import Output, OutputOption, bad_option

if TYPE_CHECKING:
    from fairlead.operate.comment import Forge, Written

BOT = "github-actions[bot]"
"""As whom a workflow's own token writes."""


class Kind(StrEnum):
    """What a comment, or an issue, is about."""

    preview = "preview"
    drift = "drift"
    contract = "contract"


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command()(stacks)
    app.command()(comment)


def stacks(
    names: Annotated[list[str] | None, typer.Argument(help="Of these only; left out, of all.")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave out stacks of this target, such as local.")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """List the project's stacks with target and environment, for the matrix of a pipeline. Needs no cluster."""
    from fairlead.operate.stacks import rows
    from fairlead.spec.table import table

    found = rows(names or [], without or [])
    if output is Output.json:
        typer.echo(json.dumps(found))
        return
    lines = [(one["stack"], one["target"], one["environment"]) for one in found]
    typer.echo("\n".join(table(("stack", "target", "environment"), lines, indent="")))


def comment(  # noqa: PLR0913, PLR0917 - one for each option
    folder: Annotated[Path | None, typer.Argument(help="Folder with STACK.md for each stack.")] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="What it is about.")] = Kind.preview,
    pull: Annotated[int | None, typer.Option("--pull", help="Number of the pull or merge request.")] = None,
    head: Annotated[
        str | None, typer.Option("--head", help="OWNER:BRANCH of the pull request, in place of its number.")
    ] = None,
    sha: Annotated[
        str | None, typer.Option("--sha", help="Its newest commit; if it has another by now, write nothing.")
    ] = None,
    issue: Annotated[str | None, typer.Option("--issue", help="Write an issue with this title.")] = None,
    close: Annotated[bool, typer.Option("--close", help="Close the issue of this kind.")] = False,
    author: Annotated[
        str, typer.Option("--author", help="On GitHub, the login under which the token writes.")
    ] = BOT,
) -> None:
    """Put what pipelines have written about stacks into one comment or issue, and edit it ever after.

    On GitHub GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL must be set; on GitLab GITLAB_TOKEN, CI_PROJECT_ID
    and CI_API_V4_URL.
    """
    from fairlead.operate import comment as writing
    from fairlead.operate.comment_text import MARKER, gathered

    _one_place(folder, pull, head, sha, issue, close)
    body = "" if folder is None else gathered(folder, kind.value)
    forge = _forge(os.environ, author)
    if close:
        _tell(writing.close(forge, MARKER.format(kind.value)), "there is no open issue")
    elif issue is not None:
        _tell(writing.on_issue(forge, issue, body), "")
    else:
        number = forge.pull(sha or "", number=pull, head=head or "")
        newer = f"no open pull request has commit {sha} as its newest: nothing is written"
        _tell(None if number is None else writing.on_pull(forge, number, body), newer)


def _one_place(
    folder: Path | None,
    pull: int | None,
    head: str | None,
    sha: str | None,
    issue: str | None,
    close: bool,
) -> None:
    """Raises InputError unless the options name one place, and what goes there."""
    places = {"--pull": pull is not None, "--head": head is not None, "--issue": issue is not None}
    given = [option for option, is_there in {**places, "--close": close}.items() if is_there]
    if len(given) != 1:
        raise bad_option("--pull, --head, --issue, --close", "one of them says where", ", ".join(given))
    if (folder is None) is not close:
        fix = "leave it out" if close else "name the folder with the texts"
        raise bad_option("FOLDER", "does not go with --close" if close else "is missing", fix=fix)
    if given[0] in ("--pull", "--head") and not sha:
        raise bad_option("--sha", "says which commit the texts are about", fix="give it")


def _forge(environment: Mapping[str, str], author: str) -> Forge:
    """The forge whose pipeline this is. Raises InputError with every variable that is missing."""
    from fairlead.errors import InputError, Problem
    from fairlead.operate.comment import GitHub, GitLab
    from fairlead.operate.forge import Api

    lab = bool(environment.get("GITLAB_CI"))
    token, where, server = (
        ("GITLAB_TOKEN", "CI_PROJECT_ID", "CI_API_V4_URL")
        if lab
        else ("GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_API_URL")
    )
    missing = [name for name in (token, where, server) if not environment.get(name)]
    if missing:
        fix = "the pipeline sets it; a token is given by the environment only"
        raise InputError("environment", [Problem(name, "is not set", fix=fix) for name in missing])
    if lab:
        return GitLab(Api(environment[server], {"PRIVATE-TOKEN": environment[token]}), environment[where])
    headers = {
        "Authorization": f"Bearer {environment[token]}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "fairlead",
    }
    return GitHub(Api(environment[server], headers), environment[where], author)


def _tell(written: Written | None, otherwise: str) -> None:
    typer.echo(otherwise if written is None else f"{written.what}: {written.url}")
