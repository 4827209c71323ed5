"""What a scanner found, and what it looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that one scanner has against one object."""

    check: str
    """Its name, for kube-score with what it says: `CKV_K8S_11`, `container-resources: CPU limit is not set`."""
    file: str
    """Of the object."""
    where: str
    """Containers, or places in the object; empty where the scanner names none."""
    what: str
    """The scanner's own words."""


@dataclass(frozen=True)
class Report:
    """A scanner's answer."""

    findings: Sequence[Finding]
    looked_at: Set[str]
    """Files whose object it says that it has looked at."""
    checks: Mapping[str, int]
    """Check -> objects that passed or failed it."""
