"""The plan of the monitoring layer: plain data, as the rest of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead import labels
from fairlead.catalog.readings import ReadingRow

LAYER = "monitoring"
CHART = OPERATOR = "prometheus-operator"
"""Its kinds, and the image of its operator, of the lock."""
RELOADER, SERVER = "prometheus-config-reloader", "prometheus"
STATES = "kube-state-metrics"
ALERTMANAGER = "alertmanager"
PYTHON = "python"
"""What takes accelerators back runs in it."""
IMAGES = (OPERATOR, RELOADER, SERVER, STATES, ALERTMANAGER, PYTHON)
NAMESPACE = labels.METRICS_NAMESPACE


NOTIFY = "notify"
"""The Secret with the addresses of those who are told of alerts, each under its name."""
SEVERITIES = ("info", "warning", "critical")
"""Of alerts: it is shown; somebody looks in working hours; somebody is woken."""


@dataclass(frozen=True)
class NodePrice:
    """What a node of a pool costs that is bought one way."""

    pool: str
    capacity: str
    price: float
    """USD an hour."""


@dataclass(frozen=True)
class ReceiverPlan:
    """Somebody who is told of alerts."""

    name: str
    kind: str
    """webhook, slack or pagerduty."""
    severity: str
    """From which on."""
    channel: str = ""
    """Of Slack."""


@dataclass(frozen=True)
class IdlePlan:
    """What is done about accelerators that a job holds and does not use."""

    policy: str = "off"
    """off, warn, suspend or cancel."""
    after: int = 0
    """Seconds for which none of them did anything."""


@dataclass(frozen=True)
class MonitoringPlan:
    """Whether metrics are gathered, how often, and how long they are kept."""

    enabled: bool = False
    interval: str = ""
    retention: str = ""
    size: str = ""
    """Of the volume, as Kubernetes writes amounts."""
    memory: str = ""
    """That the server may use at its most."""
    readings: tuple[ReadingRow, ...] = ()
    """What the exporters of the pools' accelerators say."""
    resources: tuple[str, ...] = ()
    """Extended resources by which accelerators are asked for."""
    receivers: tuple[ReceiverPlan, ...] = ()
    """Who is told of alerts."""
    prices: tuple[NodePrice, ...] = ()
    """Of the pools' nodes, where they are known."""
    budgets: Mapping[str, float] = field(default_factory=dict[str, float])
    """Tenant -> USD an hour that what it holds may cost."""
    idle: IdlePlan = IdlePlan()
    """What is done about accelerators that are held and not used."""
