"""Rules about what pods may do on a node."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.model import Admission, Flaw, ResourceRule, Subject
from fairlead.rules.pods import TYPES, containers


def _privileged(subject: Subject) -> Iterator[Flaw]:
    for path, one in containers(subject):
        if (one.get("securityContext") or {}).get("privileged"):
            what = f"container {one.get('name')} is privileged: it is root on the node"
            fix = "leave privileged out and add the one capability that it needs"
            yield Flaw(f"{path}.securityContext.privileged", what, "true", "false", fix)


RULES = (
    ResourceRule(
        id="kubernetes-no-privileged",
        title="No container is privileged",
        reason="A privileged container has every device and capability of its node: who takes it over has the node.",
        level="mandatory",
        references=("PSS baseline", "NSA 1.2 Kubernetes Pod security", "CIS-EKS 1.7.0 4.2.1"),
        types=TYPES,
        check=_privileged,
        admission=Admission(
            resources=("/v1/pods",),
            variables=(
                (
                    "all",
                    "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : [])",
                ),
            ),
            expression="!variables.all.exists(c, has(c.securityContext) && has(c.securityContext.privileged) "
            "&& c.securityContext.privileged)",
            message="no container may be privileged: leave securityContext.privileged out",
        ),
    ),
)
