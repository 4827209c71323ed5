"""PromQL, put together: joins and renames as the rules of this layer need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Record:
    """A series that is computed out of others."""

    name: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels that all of it get."""

    @property
    def rule(self) -> Mapping[str, object]:
        """As a PrometheusRule has it."""
        return {
            "record": self.name,
            "expr": self.expression,
            **({"labels": dict(self.labels)} if self.labels else {}),
        }


def worded(name: str) -> str:
    """A name of Kubernetes as Prometheus can write it in a label's name, or in a value that is made of one."""
    return "".join(char if char.isalnum() else "_" for char in name)


def by(expression: str, labels: Sequence[str], how: str = "max") -> str:
    """Series that differ in nothing but other labels become one."""
    return f"{how} by ({', '.join(labels)}) ({expression})"


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """Labels under other names as well. names: new -> old; a series without the old one gets no new one."""
    for new, old in names.items():
        expression = f'label_replace({expression}, "{new}", "$1", "{old}", "(.+)")'
    return expression


def joined(expression: str, shared: Sequence[str], info: str, taken: Sequence[str]) -> str:
    """Series with labels of the one series of info that has the same shared ones; those without one are left out."""
    return f"{expression} * on ({', '.join(shared)}) group_left ({', '.join(taken)}) {info}"


def carried(record: str, now: str, present: str) -> str:
    """When something was last so: now while `now` has the series, else as it was, from when `present` had it first.

    record: the name under which this is recorded. What nobody recorded for ten minutes is forgotten, and counts as new.
    """
    kept = f"last_over_time({record}[10m])"
    return f"(({now}) * 0 + time()) or ({kept} and {present}) or ({present} * 0 + time())"
