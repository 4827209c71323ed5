"""A report with all that a page can show, made by hand, and a reader of such pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from math import isfinite
from typing import Any

from fairlead.operate.report import queries
from fairlead.operate.report.model import Answer, Course, Labels, Period, Report, labelled

PERIOD = Period(1_795_392_000, 1_795_392_000 + 6 * 3600, 3600, 60)
HOSTILE = '"><script>alert(1)</script>\u202e\n&amp;'
"""As nobody's name should be."""
JOB: Mapping[str, str] = {
    "tenant": "team-a",
    "namespace": "team-a",
    "name": "train",
    "stage": "training",
    "pool": "h100",
}


def report(names: Sequence[str] = ("team-a", HOSTILE), pools: Sequence[str] = ("h100", "l4")) -> Report:
    """Each query has an answer of its own: the number by its place among them, and by its series'."""
    asked, drawn = queries.answers(PERIOD, 900), queries.courses(PERIOD, 900)
    answers = {
        name: Answer(
            query, {one: 100 * place + number + 0.25 for number, one in enumerate(_of(name, names, pools))}
        )
        for place, (name, query) in enumerate(asked.items())
    }
    whole = {"covered": 1.0, "told": 1.0}
    answers |= {name: Answer(asked[name], {(): value}) for name, value in whole.items()}
    courses = {
        name: Course(query, {one: [1.0, 2.5, None, 4.0, 0.0, 3.0] for one in _of(name, names, pools)})
        for name, query in drawn.items()
    }
    return Report("stack", PERIOD, 900, answers, courses)


def _of(name: str, names: Sequence[str], pools: Sequence[str]) -> list[Labels]:
    first = name.split(maxsplit=1)[0]
    if first == "pool":
        return [labelled(pool=one) for one in pools]
    if first in ("tenant", "wait"):
        return [labelled(tenant=one) for one in names]
    if first == "job":
        return [labelled(**{**JOB, "tenant": one, "name": f"train {one}"}) for one in names]
    return [()]


@dataclass
class Number:
    """A number of a page: its text, and what its attributes say."""

    text: str
    value: float | None
    query: str
    labels: Mapping[str, str]


class Page(HTMLParser):
    """What a page has in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.numbers: list[Number] = []
        # Of plots: all attributes, and the labels.
        self.lines: list[tuple[Mapping[str, str], Mapping[str, str]]] = []
        self.elements: list[tuple[str, Mapping[str, str]]] = []
        # Text that stands outside of numbers, scripts and styles.
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        self._inside.append(tag)
        if tag == "data":
            value = float(given["value"]) if given["value"] else None
            self.numbers.append(Number("", value, given["data-query"], json.loads(given["data-labels"])))
        if "data-values" in given:
            self.lines.append((given, json.loads(given["data-labels"])))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] == "data":
            self.numbers[-1].text += data
        elif not {"style", "script"} & set(self._inside):
            self.words.append(data)


def value_in(answer: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> float | None:
    """The value of the series with these labels in what a Prometheus answers; None where it has none."""
    found = [float(one["value"][1]) for one in answer if one["metric"] == labels]
    return found[0] if found and isfinite(found[0]) else None


def values_of(line: Mapping[str, str]) -> list[float | None]:
    """The numbers of a plot's line."""
    return [float(one) if one else None for one in line["data-values"].split(",")]
