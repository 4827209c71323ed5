"""What the programs may do: two controllers see runs everywhere, and everything else is given tenant by tenant.

Upstream's multi-user manifests let the API server and the schedules' controller make and delete workflows in every
namespace. Here they may only where a tenant is, by bindings that come and go with it. Left out of upstream's rules:
workflows for the schedules' controller, which since v2 has the API make its runs (controller.go, CreateRun); secrets
and kinds of a foreign MLflow; Pipeline and PipelineVersion, which are kept in MySQL here.

Rules: manifests/kustomize/base/installs/multi-user of github.com/kubeflow/pipelines at tag 2.17.0, read 2026-11-29.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import EVENTS, READ, binding, role, rule
from fairlead.layers.pipelines.kinds import PLURAL
from fairlead.layers.pipelines.place import AGENT, API, GROUP, SCHEDULES, SCHEDULES_GROUP, account, labels

CHANGE = ("create", "update", "patch", "delete")
ARGO = "argoproj.io"
PREFIX = "fairlead:pipelines"
RUNS = [rule((ARGO,), ("workflows",), READ), rule((SCHEDULES_GROUP,), (PLURAL,), READ)]
"""What both controllers keep a copy of, of the whole cluster."""


def everywhere() -> dict[str, list[dict[str, Any]]]:
    """In the whole cluster. The API server asks who a caller is and what he may, and reads nothing."""
    return {
        API: [
            rule(("authentication.k8s.io",), ("tokenreviews",), ("create",)),
            rule(("authorization.k8s.io",), ("subjectaccessreviews",), ("create",)),
        ],
        AGENT: RUNS,
        SCHEDULES: RUNS,
    }


def in_tenants() -> dict[str, list[dict[str, Any]]]:
    """In a tenant's namespace. What is of the group of the API is asked of the two controllers by the API server."""
    return {
        API: [
            rule(("",), ("pods",), ("get", "list", "delete")),
            rule(("",), ("pods/log",), ("get",)),
            rule((ARGO,), ("workflows",), (*READ, *CHANGE)),
            rule((SCHEDULES_GROUP,), (PLURAL,), ("get", "list", *CHANGE)),
            rule((SCHEDULES_GROUP,), (f"{PLURAL}/finalizers",), ("update",)),
        ],
        AGENT: [
            rule((GROUP,), (PLURAL, "workflows"), ("report",)),
            rule((GROUP,), ("runs",), ("reportMetrics", "readArtifact")),
        ],
        SCHEDULES: [
            rule((SCHEDULES_GROUP,), (PLURAL,), ("update", "patch")),
            rule((GROUP,), ("runs",), ("create",)),
            EVENTS,
        ],
    }


def in_tenants_name(program: str) -> str:
    """Name of the ClusterRole that is bound in each tenant's namespace."""
    return f"{PREFIX}:tenants:{program}"


def objects() -> list[Object]:
    """Roles, and the bindings that do not lie in a tenant's namespace. Accounts stand beside their programs."""
    made: list[Object] = []
    for program, rules in everywhere().items():
        name = f"{PREFIX}:{program}"
        named = _named(name, program)
        made += [role(named, rules), binding(named, ("ClusterRole", name), [account(program)])]
    return [*made, *(role(_named(in_tenants_name(one), one), rules) for one, rules in in_tenants().items())]


def _named(name: str, program: str) -> dict[str, Any]:
    return {"name": name, "labels": labels(program)}
