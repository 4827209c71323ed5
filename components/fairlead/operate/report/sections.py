"""What the page says, part by part: the fleet, its pools, its tenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fairlead.operate.report.model import Report, labelled
from fairlead.operate.report.parts import Column, card, figure, legend, note, section, split, table
from fairlead.operate.report.plot import Band, plot, stacked
from fairlead.operate.report.words import Unit, number, text
from fairlead.values import rough

MOST_PLOTS = 12
"""Pools that have a plot of their own."""
MOST_BANDS = 8
"""Tenants, or pools, that have a colour of their own."""
COVERED = 0.99
"""Part of the period, and of what was held, below which the reader is told that something is missing."""


def glance(report: Report) -> str:
    """The headline figures."""

    def said(name: str, unit: Unit, words: str = "{}") -> str:
        return words.format(number(report.figure(name), unit))

    cards = [
        card("There", said("there", Unit.HOURS), said("there mean", Unit.COUNT, "{} on average")),
        card("Held", said("held", Unit.HOURS), said("held part", Unit.PART, "{} of what was there")),
        card(
            "Busy",
            said("busy", Unit.HOURS),
            said("busy part", Unit.PART, "{} of what was held"),
            said("utilisation", Unit.PART, "utilisation {}"),
        ),
        card("Held and idle", said("idle", Unit.HOURS), said("idle part", Unit.PART, "{} of what was held")),
        card(
            "Spent",
            said("spend", Unit.USD),
            said("spend idle", Unit.USD, "{} for idle ones"),
            said("spend rate", Unit.RATE, "rate {}"),
        ),
        card(
            "Jobs waiting at the end",
            said("waiting", Unit.COUNT),
            said("waiting mean", Unit.COUNT, "{} on average"),
            said("longest", Unit.TIME, "longest wait {}"),
        ),
    ]
    intro = "Hours of accelerators, or of their shares: one that is there for a day is 24 hours."
    return section("glance", "At a glance", intro, f'<dl class="cards">{"".join(cards)}</dl>', _split(report))


def _split(report: Report) -> str:
    parts = (
        ("busy", "busy"),
        ("other", "held, neither"),
        ("idle", "held and idle"),
        ("free", "held by nobody"),
    )
    return split(
        [
            (f"fill {name}", f"{words} {number(report.figure(name), Unit.HOURS)}", report.value(name))
            for name, words in parts
        ]
    )


def notes(report: Report) -> Iterator[str]:
    """What is missing, which changes what the figures mean."""
    covered, told = report.figure("covered"), report.figure("told")
    if covered.value is None:
        yield note("Nothing was recorded in this time: not even which nodes there were.")
    elif covered.value < COVERED:
        yield note(
            f"Something was recorded for {number(covered, Unit.PART)} of the time:"
            " hours without a record are not counted."
        )
    if report.value("held") and told.value is None:
        yield note("Nobody told how busy accelerators were: see Accelerators in docs/monitoring.md.")
    elif report.value("held") and report.value("told") < COVERED:
        yield note(
            f"Of {number(told, Unit.PART)} of the held hours an exporter told how busy the accelerators were: the rest"
            " is neither busy nor idle here."
        )


# ---- pools -----------------------------------------------------------------------------------------


def pools(report: Report) -> str:
    """Each pool over time, and its sums."""
    rows = [{"pool": one} for one in report.known("pool", "pool there", "pool spend")]
    having = report.known("pool", "pool there")
    shown = sorted(report.largest("pool", "pool there", having, MOST_PLOTS))
    plots = [_pool(report, name) for name in shown]
    more = (
        note(f"The {len(shown)} largest of {len(having)} pools are drawn.")
        if len(having) > len(shown)
        else ""
    )
    colours = legend(
        [
            ("fill busy", "busy"),
            ("fill idle", "held and idle"),
            ("fill held", "held, neither"),
            ("stroke there", "there"),
        ]
    )
    columns = [
        Column(
            "There", "pool there", Unit.HOURS, "Accelerators, or shares of them, that the nodes had to give."
        ),
        Column("Held", "pool held", Unit.HOURS, "Those that pods held."),
        Column("Held, part", "pool held part", Unit.PART, "Of what was there."),
        Column("Busy", "pool busy", Unit.HOURS, "Those of the held ones that did something."),
        Column("Busy, part", "pool busy part", Unit.PART, "Of what was there.", bar="busy"),
        Column("Idle", "pool idle", Unit.HOURS, _idle(report), bar="idle"),
        Column("Spent", "pool spend", Unit.USD, "What the pool's nodes cost."),
    ]
    intro = "What each pool had, what pods held of it, and what of that was in use."
    plain = table(report, {"pool": "Pool"}, rows, columns)
    return section("pools", "Pools", intro, colours, beside(*plots), more, plain)


def _idle(report: Report) -> str:
    return f"Held, and not used for {rough(report.idle_after)} and longer; counted from then on."


def _pool(report: Report, name: str) -> str:
    held, idle, busy, there = (
        _band(report, f"pool {what}", what, f"{drawn} {what}", {"pool": name})
        for what, drawn in (("held", "area"), ("idle", "area"), ("busy", "area"), ("there", "line"))
    )
    bands = [held, replace(idle, on=busy.values), busy, there]
    title = f"Accelerators of pool {name} over time"
    return figure(name, plot(title, report.period, bands, Unit.COUNT))


def _band(report: Report, course: str, name: str, style: str, of: Mapping[str, str]) -> Band:
    found, labels = report.courses[course], labelled(**of)
    return Band(name, style, found.query, labels, found.lines.get(labels, [None] * len(report.period.times)))


def coloured(report: Report, label: str, course: str, drawn: str = "area") -> list[Band]:
    """A line for each of the largest tenants, or pools: each has its colour on all of the page."""
    size, first = {"tenant": ("tenant held", 0), "pool": ("pool spend", MOST_BANDS // 2)}[label]
    order = report.largest(label, size, report.known(label, size), MOST_BANDS)
    told = {name for name, _ in report.lines(course, label)}
    bands = [
        _band(report, course, name, f"{drawn} s{(first + place) % MOST_BANDS}", {label: name})
        for place, name in enumerate(order)
        if name in told
    ]
    return bands if drawn == "line" else stacked(bands)


def over_time(report: Report, title: str, bands: Sequence[Band], unit: Unit) -> str:
    """Bands with a legend. Nothing, where there is nothing to draw."""
    if not bands:
        return ""
    colours = legend([(f"fill {band.style.split()[1]}", text(band.name)) for band in bands])
    return figure(title, plot(title, report.period, bands, unit), colours)


def beside(*figures: str) -> str:
    """Plots beside each other, where there is room."""
    return f'<div class="plots">{"".join(figures)}</div>'


# ---- tenants ---------------------------------------------------------------------------------------


def tenants(report: Report) -> str:
    """What each tenant held, used and cost."""
    rows = [{"tenant": one} for one in report.known("tenant", "tenant held", "tenant spend")]
    columns = [
        Column("Held", "tenant held", Unit.HOURS, "Accelerators that the tenant's pods held.", bar="held"),
        Column("Busy", "tenant busy", Unit.HOURS, "Those of them that did something."),
        Column("Idle", "tenant idle", Unit.HOURS, _idle(report), bar="idle"),
        Column("Idle, part", "tenant idle part", Unit.PART, "Of what it held."),
        Column("Spent", "tenant spend", Unit.USD, "What the accelerators cost that its pods held."),
        Column("For idle ones", "tenant spend idle", Unit.USD, "Of it, by the part of them that was idle."),
    ]
    held, idle = coloured(report, "tenant", "tenant held"), coloured(report, "tenant", "tenant idle")
    return section(
        "tenants",
        "Tenants",
        "Who held the accelerators, and what of that did nothing.",
        beside(
            over_time(report, "Held, by tenant", held, Unit.COUNT),
            over_time(report, "Held and idle, by tenant", idle, Unit.COUNT),
        ),
        _left_out(report),
        table(report, {"tenant": "Tenant"}, rows, columns),
    )


def _left_out(report: Report) -> str:
    having = report.known("tenant", "tenant held")
    said = f"The {MOST_BANDS} of {len(having)} tenants that held the most are drawn, here and below."
    return note(said) if len(having) > MOST_BANDS else ""
