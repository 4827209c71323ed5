"""What a report shows, asked from Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from fairlead.operate.prometheus import Line, Sample
from fairlead.operate.report import queries
from fairlead.operate.report.model import Answer, Course, Period, Report, labelled


class Asked(Protocol):
    """Who answers PromQL."""

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        """At one moment."""
        ...

    def over(self, expression: str, times: range) -> list[Line]:
        """At each of many."""
        ...


def read(
    prometheus: Asked,
    stack: str,
    period: Period,
    idle_after: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Everything that the page shows. progress: is told what is asked for. Raises FairleadError."""
    asked, drawn = queries.answers(period, idle_after), queries.courses(period, idle_after)
    count, done = len(asked) + len(drawn), 0
    answers: dict[str, Answer] = {}
    courses: dict[str, Course] = {}
    for name, query in asked.items():
        done += 1
        progress(f"[{done}/{count}] {name}")
        answers[name] = _answer(query, prometheus.query(query, period.when(period.end)))
    for name, query in drawn.items():
        done += 1
        progress(f"[{done}/{count}] {name} over time")
        courses[name] = _course(query, prometheus.over(query, period.times), period.times)
    return Report(stack, period, idle_after, answers, courses)


def _answer(query: str, samples: Sequence[Sample]) -> Answer:
    return Answer(query, {_labels(one.labels): one.value for one in samples})


def _course(query: str, lines: Sequence[Line], times: range) -> Course:
    return Course(query, {_labels(one.labels): [one.values.get(at) for at in times] for one in lines})


def _labels(names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return labelled(**names)
