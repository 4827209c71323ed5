"""The monitoring layer: what the platform's own programs say of themselves, gathered in one place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from fairlead.spec.base import Duration, Flag, Model, Name, Quantity, between

Span = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[smhdw]$")]
"""A whole number and its unit: 30s, 15d."""


class Receiver(Model):
    """Somebody who is told of alerts. Its address, or key, lies in the Secret `notify` of the namespace
    `fairlead-monitoring`, under the receiver's name."""

    kind: Literal["webhook", "slack", "pagerduty"]
    """How: an address that is called, a channel of Slack, a service of PagerDuty (Events API v2)."""
    severity: Literal["critical", "warning", "info"] = "warning"
    """From which severity on."""
    channel: Annotated[str, StringConstraints(max_length=80)] = ""
    """Of Slack, and of no other: `#gpu-operations`."""

    @model_validator(mode="after")
    def _channel_of_slack(self) -> Receiver:
        if bool(self.channel) != (self.kind == "slack"):
            raise ValueError("must have a channel with kind slack, and with no other")
        return self


class Idle(Model):
    """What is done about work that holds accelerators and uses none of them. Stage inference is left alone."""

    policy: Literal["off", "warn", "suspend", "cancel"] = "warn"
    """off: it is only shown. warn: an event tells who has sent it. suspend: it also loses its place in the queue, until
    `fairlead resume`. cancel: it is deleted."""
    after: Annotated[Duration, between("1m", "30d")] = "1h"
    """How long all of its accelerators must have done nothing; a start and a checkpoint count as something."""


class Monitoring(Model):
    """Metrics of the platform and of those who work on it: Prometheus and Alertmanager, kept by their operator."""

    enabled: Flag = False
    """On: Prometheus runs in the cluster and gathers the metrics of every layer that runs."""
    interval: Span = "30s"
    """How often each program is asked."""
    retention: Span = "15d"
    """How long is kept what they said."""
    size: Quantity = "20Gi"
    """Of the volume that it is kept on. What is oldest goes when it is nearly full."""
    memory: Quantity = "2Gi"
    """The most that Prometheus may use: it grows with what it gathers, and so with nodes and pods."""
    idle: Idle = Idle()
    """Accelerators that are held and not used."""
    notify: dict[Name, Receiver] = Field(default_factory=dict)
    """Who is told of alerts, by name; nobody, they are shown alone."""
