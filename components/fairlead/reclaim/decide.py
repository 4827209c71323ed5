"""What is done about work that does not use its accelerators. Pure: what was seen, the policy and the time decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fairlead import labels
from fairlead.reclaim.seen import Pod, Work

OFF, WARN, SUSPEND, CANCEL = "off", "warn", "suspend", "cancel"
INFERENCE = labels.STAGES[-1]
"""The stage that is never taken back: who waits for the next call does nothing meanwhile."""


@dataclass(frozen=True)
class Policy:
    """What the platform's spec says."""

    action: str
    """warn, suspend or cancel."""
    after: int
    """Seconds."""

    @property
    def told_after(self) -> int:
        """Seconds after which people are told: half of the time, where more than telling follows."""
        return self.after if self.action == WARN else self.after // 2


@dataclass(frozen=True)
class Verdict:
    """What is done about one piece of work."""

    work: Work
    idle: int
    """Seconds for which none of its accelerators has done anything."""
    do: str
    """warn, suspend or cancel; empty: nothing."""
    spared: str = ""
    """Why nothing is done."""


def decide(works: Iterable[Work], policy: Policy, now: float) -> list[Verdict]:
    """A verdict for all that has been idle for long enough to be told of."""
    found = ((work, unused(work, now)) for work in works if work.stage != INFERENCE)
    return [
        _verdict(work, idle, policy, now)
        for work, idle in found
        if idle is not None and idle >= policy.told_after
    ]


def _verdict(work: Work, idle: int, policy: Policy, now: float) -> Verdict:
    if any(pod.saving for pod in work.pods):
        return Verdict(work, idle, "", "it writes a checkpoint")
    kept = [until for text in work.kept if (until := kept_until(text)) and until > now]
    if kept:
        return Verdict(work, idle, "", f"somebody keeps it until {stamp(max(kept))}")
    due = idle >= policy.after and work.owner.plural
    return Verdict(work, idle, policy.action if due else WARN)


def unused(work: Work, now: float) -> int | None:
    """For how many seconds nothing that it holds has been used; None: that cannot be said of all of it.

    One accelerator that is used, or of which nobody tells, spares all: a gang is given back whole or not at all.
    """
    times = [last_used(pod) for pod in work.pods if pod.holds or pod.used]
    known = [one for one in times if one is not None]
    if not times or len(known) < len(times):
        return None
    return int(now - max(known))


def last_used(pod: Pod) -> float | None:
    """When a pod last did something with what it holds. Its start counts, and so does a checkpoint."""
    if pod.began is None or not pod.used or len(pod.used) < pod.holds:
        return None
    return max(*pod.used, pod.began, pod.saved or 0)


def kept_until(text: str) -> float | None:
    """The time of an annotation; None for what is no time with a zone."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when.timestamp() if when.tzinfo else None


def misread(kept: Sequence[str]) -> list[str]:
    """Those that are no time, and keep nothing."""
    return [text for text in kept if kept_until(text) is None]


def stamp(when: float) -> str:
    """A time as Kubernetes writes it."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
