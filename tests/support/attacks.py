"""Objects by which somebody would get more than he may have, and who refuses each: tests/e2e/attacks.

Under an attack's name stand `over`, a harmless object, and `with`, what is laid over it: what differs is the attack.
`by` says who refuses it. Sent by an administrator: `admission`, one of the platform's policies; `pod-security`;
`quota`; `queue`, Kueue's webhook, which comes before policies; `validation`, the API server's own. Sent by a member of
the tenant: `rbac`. `rule` is the rule that finds it before anybody sends it; empty where only the API server can tell.
`policy`: a policy that is of no rule. `operation`: create, or replace for what is there. `needs`: the layer that brings
its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fairlead.layers.admission import PREFIX
from fairlead.rules.examples import laid_over
from fairlead.rules.model import Subject

FOLDER = Path(__file__).parents[1] / "e2e" / "attacks"
REFUSERS: Mapping[str, str] = {
    "admission": "denied request",
    "pod-security": "violates PodSecurity",
    "quota": "exceeded quota",
    "queue": 'admission webhook "mjob.kb.io" denied the request',
    "validation": "must be equal to",
    "rbac": "is forbidden: User",
}
"""Who refuses -> what the API server says then."""


@dataclass(frozen=True)
class Attack:
    """One object, and who refuses it."""

    name: str
    by: str
    rule: str
    policy: str
    operation: str
    needs: str
    harmless: Mapping[str, Any]
    object: Mapping[str, Any]

    @property
    def laid_over(self) -> bool:
        """Whether there is a harmless object below it; else the object itself is the attack."""
        return self.harmless != self.object

    @property
    def said(self) -> str:
        """What is in the refusal, and in no other."""
        if self.by != "admission":
            return REFUSERS[self.by]
        return f"'{self.policy or PREFIX + self.rule}'"

    @property
    def subject(self) -> Subject:
        """The object as rules see it."""
        return subject(self.object)


def subject(obj: Mapping[str, Any]) -> Subject:
    """An object of Kubernetes as rules see it."""
    group, _, version = obj["apiVersion"].rpartition("/")
    kind = f"kubernetes:{group or 'core'}/{version}:{obj['kind']}"
    return Subject(kind, obj["metadata"]["name"], obj, f"urn:pulumi:e2e::e2e::{kind}::attack")


@cache
def attacks() -> Sequence[Attack]:
    """All of them, in the order of the files."""
    return [
        _attack(name, told)
        for path in sorted(FOLDER.glob("*.yaml"))
        for name, told in yaml.safe_load(path.read_text())["attacks"].items()
    ]


def _attack(name: str, told: Mapping[str, Any]) -> Attack:
    harmless = told["over"]
    words = {key: told.get(key, "") for key in ("rule", "policy", "needs")}
    made = laid_over(harmless, told.get("with") or {})
    operation = told.get("operation", "create")
    return Attack(name, told["by"], **words, operation=operation, harmless=harmless, object=made)
