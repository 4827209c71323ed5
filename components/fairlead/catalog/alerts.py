"""Rows of alerts.<topic>.toml: what is warned of, how urgent it is, and what whoever is warned does about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import Problem, one_of
from fairlead.values import seconds

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog

TABLES = "alerts."
"""How the names of the tables begin; what follows is the topic."""
CRITICAL, WARNING, INFO = "critical", "warning", "info"
SEVERITIES = {
    CRITICAL: "somebody is woken",
    WARNING: "somebody looks in working hours",
    INFO: "it is shown",
}
"""Word -> what it asks for."""
NAME = re.compile(r"(?:[A-Z][a-z0-9]+){2,}")
LABEL = re.compile(r"\$labels\.(\w+)")


@dataclass(frozen=True)
class AlertRow:
    """One alert with its runbook."""

    name: str
    topic: str
    severity: str
    lasting: str
    """How long its expression must hold before anybody is told."""
    expr: str
    """In PromQL; what it has series of is warned of."""
    summary: str
    """One line, with labels and value as Prometheus' templates have them."""
    means: str
    """What has happened, and what it does to whoever works here."""
    look: tuple[str, ...]
    """How to find out more: words with commands or queries."""
    mend: tuple[str, ...]
    """What to do, in order."""
    chosen: str
    """Which of its figures are this project's choice and nobody's fact."""
    source: str
    """Where the rest of it is from."""
    date: str
    labels: tuple[str, ...] = ()
    """Labels of each of its alerts, beside name and severity; none: it is one of the whole cluster."""
    layers: tuple[str, ...] = ()
    """Layers that must run, beside the one that gathers."""
    vendors: tuple[str, ...] = ()
    """Vendors of accelerators that it is for, of which one will do; none: whatever there is."""
    silent: str = ""
    """Where it never fires although it should: what its measures do not show."""

    @property
    def runbook(self) -> str:
        """Path of its page in the repository."""
        return f"docs/runbooks/{self.name}.md"


def check_alerts(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with alerts."""
    vendors = tuple(catalog.readings)
    for row in catalog.alerts.values():
        where = f"{TABLES}{row.topic}.toml [{row.name}]"
        if not NAME.fullmatch(row.name):
            yield Problem(
                where, "a name is words that each begin with a capital", row.name, "such as NodeNotReady"
            )
        if row.severity not in SEVERITIES:
            allowed = one_of(list(SEVERITIES), row.severity)
            yield Problem(f"{where} severity", "unknown word", row.severity, allowed)
        try:
            seconds(row.lasting)
        except ValueError as error:
            yield Problem(f"{where} lasting", str(error), row.lasting)
        for label in sorted(set(LABEL.findall(row.summary)) - set(row.labels)):
            yield Problem(f"{where} summary", "the alert has no such label", label, one_of(row.labels, label))
        for vendor in row.vendors:
            if vendor not in vendors:
                yield Problem(
                    f"{where} vendors", "no accelerator is of this vendor", vendor, ", ".join(vendors)
                )
