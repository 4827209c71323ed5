"""What the page says of time and money: how busy, how long people waited, what it cost, and which jobs did nothing."""

from __future__ import annotations

from itertools import pairwise

from fairlead.operate.report.model import Report
from fairlead.operate.report.parts import Column, columns_of, note, section, table
from fairlead.operate.report.queries import BINS, bin_name
from fairlead.operate.report.sections import beside, coloured, over_time
from fairlead.operate.report.words import Unit, number
from fairlead.values import rough

WORST = 15
"""Jobs that are listed."""


def utilisation(report: Report) -> str:
    """How busy accelerators were while pods held them."""
    edges = [0.0, *BINS, 1.0]
    bars = [
        (
            f"{100 * low:.0f}-{100 * high:.0f} %",
            number(report.figure(bin_name(place)), Unit.HOURS),
            report.value(bin_name(place)),
        )
        for place, (low, high) in enumerate(pairwise(edges))
    ]
    intro = "Hours of held accelerators, by how busy each was. On the left those that did nothing."
    return section("utilisation", "Utilisation", intro, columns_of(bars))


def waits(report: Report) -> str:
    """How long jobs waited for their place."""
    rows = [{"tenant": one} for one in report.known("tenant", "wait now", "wait admitted", "wait longest")]
    columns = [
        Column("Let go", "wait admitted", Unit.WHOLE, "Workloads that got their place; again counts again."),
        Column("Mean wait", "wait mean", Unit.TIME, "Until they had it, of those that got it."),
        Column(
            "Longest wait", "wait longest", Unit.TIME, "Of all, those included that still wait.", bar="wait"
        ),
        Column("Waiting at the end", "wait now", Unit.COUNT),
    ]
    waiting = coloured(report, "tenant", "tenant waiting")
    longest = coloured(report, "tenant", "tenant longest", "line")
    return section(
        "waits",
        "Queue",
        "How many workloads waited for their place, and for how long.",
        beside(
            over_time(report, "Workloads waiting, by tenant", waiting, Unit.COUNT),
            over_time(report, "Longest wait, by tenant", longest, Unit.TIME),
        ),
        table(report, {"tenant": "Tenant"}, rows, columns),
    )


def spend(report: Report) -> str:
    """What pools cost over time."""
    pools, tenants = coloured(report, "pool", "pool spend"), coloured(report, "tenant", "tenant spend")
    if not pools:
        return section(
            "spend",
            "Spend",
            "",
            note("No spend is recorded: no pool's price is known, or nobody records it."),
        )
    intro = "What the nodes cost that were there, and what of it was for what tenants held. Sums are above."
    plots = beside(
        over_time(report, "USD an hour, by pool", pools, Unit.RATE),
        over_time(report, "USD an hour for what was held, by tenant", tenants, Unit.RATE),
    )
    return section("spend", "Spend", intro, plots)


def jobs(report: Report) -> str:
    """The jobs that held accelerators for the longest without use."""
    intro = (
        f"The {WORST} that held accelerators for the most hours without use, counted from {rough(report.idle_after)}"
        " of idleness on. Parts of a job in another pool or stage have a row of their own."
    )
    found = report.answers["job idle"].values
    rows = [dict(labels) for labels in sorted(found, key=lambda one: (-found[one], one))[:WORST]]
    if not rows:
        none = "None was." if report.value("told") else "Nobody tells how busy accelerators were."
        return section("jobs", "Idle jobs", intro, note(none))
    columns = [
        Column("Idle", "job idle", Unit.HOURS, bar="idle"),
        Column("Held", "job held", Unit.HOURS, "Of which an exporter told."),
        Column("Utilisation", "job utilisation", Unit.PART, "Mean while held."),
        Column("Longest idle", "job longest", Unit.TIME, "One accelerator, without a break."),
    ]
    heads = {"name": "Job", "tenant": "Tenant", "stage": "Stage", "pool": "Pool"}
    return section("jobs", "Idle jobs", intro, table(report, heads, rows, columns))
