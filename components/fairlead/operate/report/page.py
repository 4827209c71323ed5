"""A report as one HTML file that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files

from fairlead.operate.report import sections, waits
from fairlead.operate.report.model import Answer, Course, Report
from fairlead.operate.report.words import NONE, text
from fairlead.values import rough, span

FENCE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may do for this page, should a text ever come out of its place: nothing."""


def page(report: Report) -> str:
    """The whole file. The same data gives the same text."""
    title = f"Accelerators of {report.stack}"
    parts = [
        *sections.notes(report),
        sections.glance(report),
        sections.pools(report),
        sections.tenants(report),
        waits.utilisation(report),
        waits.waits(report),
        waits.spend(report),
        waits.jobs(report),
        _queries(report),
    ]
    return "\n".join(
        [*_head(title), *_header(title, report), "<main>", *parts, "</main>", "</body>", "</html>", ""]
    )


def _head(title: str) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{FENCE}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield '<link rel="icon" href="data:,">'
    yield f"<title>{text(title)}</title>"
    yield f"<style>\n{style()}</style>"
    yield "</head>"


def style() -> str:
    """The page's style sheet."""
    return (files("fairlead.operate.report") / "page.css").read_text(encoding="utf-8")


def _header(title: str, report: Report) -> Iterator[str]:
    period = report.period
    start, end = period.when(period.start), period.when(period.end)
    yield "<body>"
    yield f"<header><h1>{text(title)}</h1>"
    yield f'<p><time datetime="{_iso(start)}">{_said(start)}</time> to'
    yield f'<time datetime="{_iso(end)}">{_said(end)}</time> UTC: {_long(period.seconds)}.'
    yield f"A point of a plot is the mean of {span(period.step)}."
    yield f"Idle: held, and not used for {rough(report.idle_after)} and longer.</p></header>"


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def _said(when: datetime) -> str:
    return f"{when:%a} {when.day} {when:%b %Y %H:%M}"


def _long(seconds: int) -> str:
    days = seconds / 86_400
    return f"{days:g} days" if days > 1 and days % 1 == 0 else rough(seconds)


def _queries(report: Report) -> str:
    period = report.period
    end, first = (_iso(period.when(at)) for at in (period.end, period.times[0]))
    intro = (
        f"Those of figures were asked once, at {end}; those of plots for every {span(period.step)} from {first}"
        " to there. Each number says in its attributes which query it is of, and which series of the answer."
        f" A {NONE} stands where nobody tells a number."
    )
    return (
        f'<details class="queries"><summary>Queries</summary>\n<p class="intro">{text(intro)}</p>\n'
        f"<h3>Figures</h3>\n{_listed(report.answers)}\n<h3>Plots</h3>\n{_listed(report.courses)}\n</details>"
    )


def _listed(asked: Mapping[str, Answer] | Mapping[str, Course]) -> str:
    found = "".join(
        f"<dt>{text(name)}</dt><dd><code>{text(one.query)}</code></dd>" for name, one in asked.items()
    )
    return f"<dl>{found}</dl>"
