"""Output of containers in the cloud's own log service: where there is one, and how long it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fairlead.catalog.model import CapabilityRow
from fairlead.errors import Problem
from fairlead.spec.logs import Logs

WHERE = "platform.logs"
CAPABILITY = "workload-logs"
_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827)
CLOUDWATCH = (*_DAYS, 2192, 2557, 2922, 3288, 3653)
"""botocore 1.44.5 (PyPI) logs service model, Days, 2026-11-23"""
WORKSPACE = range(30, 730 + 1)
"""https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure, of a whole workspace, 2026-11-30"""
LOG_BUCKET = range(1, 3650 + 1)
"""https://docs.cloud.google.com/logging/docs/buckets, "Custom retention", 2026-11-30"""


@dataclass(frozen=True)
class Service:
    """How long a cloud's log service keeps what it is sent."""

    name: str
    knows: Callable[[int], bool]
    allowed: str

    def check(self, where: str, days: int) -> Iterator[Problem]:
        """It keeps for so many days, as it is said at that place."""
        if not self.knows(days):
            yield Problem(where, f"{self.name} keeps logs for other periods", str(days), self.allowed)


SERVICES: Mapping[str, Service] = {
    "aws": Service("CloudWatch", CLOUDWATCH.__contains__, ", ".join(map(str, CLOUDWATCH))),
    "azure": Service("Log Analytics", WORKSPACE.__contains__, f"{WORKSPACE[0]} to {WORKSPACE[-1]}"),
    "gcp": Service("Cloud Logging", LOG_BUCKET.__contains__, f"{LOG_BUCKET[0]} to {LOG_BUCKET[-1]}"),
}


def check(spec: Logs | None, target: str, row: CapabilityRow) -> Iterator[Problem]:
    """It is sent somewhere, and kept for a time that is known there. row: what the target says of it."""
    if spec is None:
        return
    if row.status == "unsupported":
        yield Problem(
            WHERE,
            f"target {target} has no log service of a cloud: {row.reason}",
            f"days: {spec.days}",
            "nothing",
            "leave logs out; a collector of your own may send them where you like (docs/logs.md)",
        )
        return
    yield from SERVICES[target].check(f"{WHERE}.days", spec.days)
