"""Options that several commands share."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fairlead.rules.model import Finding
    from fairlead.stack import Stack
    from fairlead.workload.client import Client

DEFAULT_STACK = "local"

StackOption = Annotated[
    str, typer.Option("--stack", "-s", envvar="FAIRLEAD_STACK", help="Stack whose cluster is meant.")
]
StacksOption = Annotated[
    list[str] | None,
    typer.Option(
        "--stack", "-s", help="Stack; may be given several times. Else $FAIRLEAD_STACK, else local."
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every stack of the project.")]
KubeconfigOption = Annotated[
    Path | None, typer.Option("--kubeconfig", help="Kubeconfig file, in place of the stack's.")
]


RenderOption = Annotated[
    bool, typer.Option("--render", help="Print the Kubernetes objects instead; needs no cluster.")
]
DomainOption = Annotated[
    str | None, typer.Option("--domain", help="With --render: the domain of the cluster's gateway.")
]


class Output(StrEnum):
    """How a result is printed."""

    text = "text"
    json = "json"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="For people, or for programs.")]


class FailOn(StrEnum):
    """From which level on a finding ends the command with exit status 1."""

    mandatory = "mandatory"
    advisory = "advisory"
    never = "never"

    def met(self, findings: Iterable[Finding]) -> bool:
        """Whether one of them is of that level and nobody has excused it."""
        if self is FailOn.never:
            return False
        return any(one.refuses or self is FailOn.advisory for one in findings if not one.excused)


FailOnOption = Annotated[FailOn, typer.Option("--fail-on", help="Exit status 1 when such a finding stands.")]


def stacks(names: Sequence[str] | None, every: bool) -> list[Stack]:
    """The stacks that --stack and --all name. Raises InputError for both at once, and for one that is not there."""
    from fairlead import stack

    if not every:
        usual = os.environ.get("FAIRLEAD_STACK") or DEFAULT_STACK
        return [stack.find(name) for name in dict.fromkeys(names or [usual])]
    if names:
        raise bad_option("--all", "does not go with --stack", ", ".join(names), fix="give one of the two")
    return stack.every()


def client(stack: str, kubeconfig: Path | None) -> Client:
    """A client of the cluster that the options name. Raises FairleadError if there is none."""
    from fairlead.workload.client import Client

    if kubeconfig is None:
        from fairlead.operate.kubeconfig import named

        kubeconfig = named(stack)
    return Client(kubeconfig, notify=lambda text: typer.echo(text, err=True))


def whole_seconds(option: str, text: str | None) -> int | None:
    """A duration option such as 90s or 10m in seconds; None if it was not given. Raises InputError."""
    from fairlead.values import seconds

    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError as error:
        raise bad_option(option, str(error), text) from None


def bad_option(option: str, what: str, given: str = "", allowed: str = "", fix: str = "") -> InputError:
    """An error for a wrong option."""
    return InputError("command line", [Problem(option, what, given, allowed, fix)])
