"""The `fairlead` command line: its groups of commands, and how its errors look."""

from __future__ import annotations

import errno
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fairlead.cli import (
    check,
    cluster,
    comment,
    contract,
    cost,
    dashboards,
    idle,
    init,
    jobs,
    node,
    notebook,
    plans,
    policies,
    preview,
    scale,
    serve,
    tenants,
    usage,
)
from fairlead.errors import EXIT_FAILED, FairleadError

_OUTPUT_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of writing that carry no file name, because standard output has none."""


class _Group(TyperGroup):
    """Prints the product's own errors as they are, without a traceback, with their exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except FairleadError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone: no error, click ends quietly
                raise
            if error.filename is None and error.errno not in _OUTPUT_FULL:
                raise
            where = "standard output" if error.filename is None else error.filename
            typer.echo(f"{where}: {error.strerror}", err=True)
            raise typer.Exit(EXIT_FAILED) from None


app = typer.Typer(
    cls=_Group,
    name="fairlead",
    help="One AI platform on every cluster: send jobs, see plans, run stacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    jobs,
    plans,
    preview,
    tenants,
    cost,
    cluster,
    contract,
    check,
    policies,
    node,
    scale,
    serve,
    notebook,
    dashboards,
    idle,
    usage,
    init,
    comment,
):
    group.add(app)


def _version(asked: bool) -> None:
    if asked:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("fairlead"))


def main() -> None:
    """Entry point of the `fairlead` command."""
    app()
