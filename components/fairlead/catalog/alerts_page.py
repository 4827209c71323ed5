"""The pages of alerts: all of them by topic, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.catalog.alerts import SEVERITIES, AlertRow

FOLDER = "docs/runbooks"
TITLES: Mapping[str, str] = {
    "accelerators": "Accelerators of any vendor",
    "nvidia": "NVIDIA: what the driver and DCGM report",
    "nvidia-memory": "NVIDIA: memory",
    "nvidia-clocks": "NVIDIA: heat and power",
    "nvidia-links": "NVIDIA: links",
    "amd": "AMD",
    "neuron": "AWS Trainium and Inferentia",
    "nodes": "Nodes",
    "queues": "Queues and jobs",
    "services": "What tenants serve",
    "platform": "The platform's programs",
    "storage": "Volumes, databases, the object store",
    "monitoring": "The gathering itself",
    "cost": "Money",
}
"""Topic -> its heading, in the order of the page."""
ASK = "`kubectl -n fairlead-monitoring port-forward service/metrics 9090`"
NOTE = "Generated from `components/fairlead/catalog/data/alerts.{}.toml`: change that and `make golden`."


def page(rows: Iterable[AlertRow]) -> str:
    """All alerts in tables. Raises KeyError for a topic without a heading."""
    topics: dict[str, list[AlertRow]] = {topic: [] for topic in TITLES}
    for row in rows:
        topics[row.topic].append(row)
    lines = [
        "# Alerts",
        "",
        NOTE.format("*"),
        "",
        "A platform gets those that apply to it: whose layers run, and whose accelerators its pools have.",
        "Why they are as they are: [ADR 0050](adr/0050-alerts.md); more: [metrics](monitoring.md#alerts).",
        "",
        *(f"- **{word}**: {asks}" for word, asks in SEVERITIES.items()),
        "",
        "*After*: how long it must last before it is told.",
    ]
    for topic, found in topics.items():
        lines += [
            "",
            f"## {TITLES[topic]}",
            "",
            "| alert | severity | after | what | where |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(row) for row in found]
    return "\n".join(lines) + "\n"


def _line(row: AlertRow) -> str:
    name = f"[{row.name}](runbooks/{row.name}.md)"
    return f"| {name} | {row.severity} | {row.lasting} | {_first(row.means)} | {_where(row)} |"


def _first(text: str) -> str:
    """Its first sentence."""
    return text.partition(". ")[0].rstrip(".")


def _where(row: AlertRow) -> str:
    layers = [f"layer {', '.join(row.layers)}"] if row.layers else []
    return "; ".join([*layers, *([", ".join(row.vendors)] if row.vendors else [])]) or "everywhere"


def runbooks(rows: Iterable[AlertRow]) -> Mapping[str, str]:
    """Path in the repository -> text, a page for each alert."""
    return {row.runbook: runbook(row) for row in rows}


def runbook(row: AlertRow) -> str:
    """What to do about one alert."""
    silent = ["", f"**Silent**: {row.silent}."] if row.silent else []
    labels = (
        f"labels {', '.join(f'`{one}`' for one in row.labels)}" if row.labels else "one for the whole cluster"
    )
    return "\n".join(
        [
            f"# {row.name}",
            "",
            f"**{row.severity}**, after {row.lasting}: {SEVERITIES[row.severity]}. Where: {_where(row)}; {labels}.",
            f"All alerts: [alerts](../alerts.md). {NOTE.format(row.topic)}",
            "",
            f"It reads: `{row.summary}`",
            "",
            "## What it means",
            "",
            row.means,
            *silent,
            "",
            "## Look",
            "",
            f"Queries are for Prometheus: {ASK}, then `http://localhost:9090`.",
            "",
            *(f"- {one}" for one in row.look),
            "",
            "## Mend",
            "",
            *(f"{number}. {one}" for number, one in enumerate(row.mend, 1)),
            "",
            "## When it fires",
            "",
            "```promql",
            row.expr.strip(),
            "```",
            "",
            f"**Chosen here**, and nobody's fact: {row.chosen}.",
            "",
            f"Source: {row.source}, {row.date}.",
            "",
        ]
    )
