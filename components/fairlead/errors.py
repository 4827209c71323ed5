"""What can go wrong, said so that the reader can act on it.

A `Problem` answers four questions: where, what was given, what is allowed, what to do.
Problems are gathered and shown together; nobody fixes a file one error at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

EXIT_FAILED = 1
"""Exit status of a command that could not do its work."""
EXIT_BAD_INPUT = 2
"""Exit status of a command whose input is wrong: nothing was changed."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the user's input."""

    where: str
    """Path of the value, for example `platform.pools[1].machine`."""
    what: str
    """What is wrong with it, one clause, no full stop."""
    given: str = ""
    """The value got, as the user wrote it; empty where the value is missing."""
    allowed: str = ""
    """What would be accepted."""
    fix: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}"]
        for label, text in (("given", self.given), ("allowed", self.allowed), ("fix", self.fix)):
            if text:
                lines.append(f"    {label + ':':9}{text}")
        return "\n".join(lines)


class FairleadError(Exception):
    """A failure with a text for the user. Its text is printed as it is, without a traceback."""

    exit_code = EXIT_FAILED


class InputError(FairleadError):
    """The user's input has problems: all of them, in the order of the input."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}"
        super().__init__(
            "\n".join([head, *(f"  {line}" for p in self.problems for line in str(p).split("\n"))])
        )


class ToolError(FairleadError):
    """A program that this product runs has failed.

    tool: its name; why: the last words of its output or the reason it could not run;
    fix: what the user can do; log: path of the whole output, if it was kept.
    """

    def __init__(self, tool: str, why: str, fix: str = "", log: str = "") -> None:
        self.tool, self.why, self.fix, self.log = tool, why, fix, log
        parts = [f"{tool}: {why}"]
        if log:
            parts.append(f"    log:     {log}")
        if fix:
            parts.append(f"    fix:     {fix}")
        super().__init__("\n".join(parts))


class UnsupportedError(FairleadError):
    """The target lacks a capability that was asked for; the text carries the reason."""


def nearest(given: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known words most like the given one, best first; empty if none is near."""
    words = {word.casefold(): word for word in known}
    hits = get_close_matches(given.casefold(), list(words), n=limit, cutoff=0.6)
    prefixed = [key for key in words if key.startswith(given.casefold()) and key not in hits]
    return [words[hit] for hit in [*hits, *prefixed][:limit]]


def one_of(known: Sequence[str], given: str = "") -> str:
    """`a, b, c`, with the nearest to what was given named first where there is one."""
    near = nearest(given, known) if given else []
    listing = ", ".join(known)
    return f"{listing} (nearest: {', '.join(near)})" if near else listing
