"""What a report is made of: a stretch of time, and answers with the queries that gave them. Plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Labels = tuple[tuple[str, str], ...]
"""Names and values of a series' labels, sorted by name."""


def labelled(**names: str) -> Labels:
    """Labels in their order."""
    return tuple(sorted(names.items()))


@dataclass(frozen=True)
class Period:
    """From when to when, in seconds since 1970; every edge is a multiple of `grain`."""

    start: int
    end: int
    step: int
    """Between two points of a plot; each is the mean of the step that it ends."""
    grain: int
    """Between two looks at what is added up."""

    @property
    def seconds(self) -> int:
        """How long it is: a whole number of steps."""
        return self.end - self.start

    @property
    def times(self) -> range:
        """Of the points of a plot."""
        return range(self.start + self.step, self.end + 1, self.step)

    def when(self, at: int) -> datetime:
        """A moment, by the one clock that all readers have in common."""
        return datetime.fromtimestamp(at, UTC)


@dataclass(frozen=True)
class Answer:
    """What a query said at the end of the period."""

    query: str
    values: Mapping[Labels, float] = field(default_factory=dict[Labels, float])


@dataclass(frozen=True)
class Course:
    """What a query said at each of the period's times: None where it said nothing."""

    query: str
    lines: Mapping[Labels, Sequence[float | None]] = field(
        default_factory=dict[Labels, Sequence[float | None]]
    )


@dataclass(frozen=True)
class Figure:
    """One number of the page, and where it comes from."""

    query: str
    labels: Labels
    value: float | None
    """None: nobody tells it."""


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    stack: str
    period: Period
    idle_after: int
    """Seconds without use after which an accelerator counts as idle."""
    answers: Mapping[str, Answer]
    courses: Mapping[str, Course]

    def figure(self, name: str, /, **labels: str) -> Figure:
        """A number of the answer to a query, by its labels."""
        answer, wanted = self.answers[name], labelled(**labels)
        return Figure(answer.query, wanted, answer.values.get(wanted))

    def value(self, name: str, /, **labels: str) -> float:
        """For drawing and sorting: what is not told has no length."""
        return self.figure(name, **labels).value or 0.0

    def known(self, label: str, *names: str) -> list[str]:
        """Values that a label has in these answers, in the order of the alphabet."""
        return sorted({dict(labels).get(label, "") for name in names for labels in self.answers[name].values})

    def largest(self, label: str, name: str, among: Iterable[str], most: int) -> list[str]:
        """Of these the ones with the largest numbers, the largest first; equal ones by the alphabet."""
        return sorted(among, key=lambda one: (-self.value(name, **{label: one}), one))[:most]

    def lines(self, name: str, label: str) -> Iterator[tuple[str, Sequence[float | None]]]:
        """Of a course each line with the value of its label."""
        for labels, values in sorted(self.courses[name].lines.items()):
            yield dict(labels).get(label, ""), values
