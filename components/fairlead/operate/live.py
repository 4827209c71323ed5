"""What stands in a cluster, as far as the contract speaks of it. Reads, and tries without doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fairlead import labels
from fairlead.plan.model import PlatformPlan
from fairlead.workload.api import Api, ApiFailure, Object, resource_class

PATIENCE_SECONDS = 5
"""How long to try again where the cluster does not answer: whoever looks wants to know soon."""
PROBE = "fairlead-contract-check"
"""Name of the job that is tried and never made."""
KINDS: Mapping[str, tuple[str, str, str, bool]] = {
    "StorageClass": ("storage.k8s.io", "v1", "storageclasses", True),
    "WorkloadPriorityClass": ("kueue.x-k8s.io", "v1beta2", "workloadpriorityclasses", True),
    "ClusterQueue": ("kueue.x-k8s.io", "v1beta2", "clusterqueues", True),
    "LocalQueue": ("kueue.x-k8s.io", "v1beta2", "localqueues", False),
    "ConfigMap": ("", "v1", "configmaps", False),
    "ServiceAccount": ("", "v1", "serviceaccounts", False),
    "Node": ("", "v1", "nodes", True),
    "Namespace": ("", "v1", "namespaces", True),
    "Pod": ("", "v1", "pods", False),
    "Gateway": ("gateway.networking.k8s.io", "v1", "gateways", False),
    "PrometheusRule": ("monitoring.coreos.com", "v1", "prometheusrules", False),
}
"""Kind -> API group, version, plural, whether it lies outside namespaces."""


@dataclass(frozen=True)
class Seen:
    """A cluster at one moment."""

    server: str
    objects: Mapping[str, Sequence[Object]]
    """Kind -> its objects; empty where the cluster does not know the kind."""
    refusals: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tenant -> why a job of it would be refused; empty where none would be."""

    def named(self, kind: str) -> dict[str, Object]:
        """Objects of a kind that lies outside namespaces, by name."""
        return {one["metadata"]["name"]: one for one in self.objects[kind]}

    def inside(self, kind: str, namespace: str) -> dict[str, Object]:
        """Objects of a kind in one namespace, by name."""
        mine = [one for one in self.objects[kind] if one["metadata"]["namespace"] == namespace]
        return {one["metadata"]["name"]: one for one in mine}


class Live(Api):
    """A connection that reads whole kinds and tries jobs without making them."""

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(kubeconfig, patience=PATIENCE_SECONDS)

    def every(self, kind: str, name: str | None = None) -> list[Object]:
        """All objects of a kind, or those of one name; none where the cluster does not know the kind."""
        from lightkube.core.generic_client import ALL_NS

        where: dict[str, Any] = {} if KINDS[kind][3] else {"namespace": ALL_NS}
        if name is not None:
            where["fields"] = {"metadata.name": name}
        try:
            return self._retried(
                lambda: [cast("Object", one.to_dict()) for one in self._client.list(_resource(kind), **where)]
            )
        except ApiFailure as failure:
            if failure.code == 404:
                return []
            raise

    def refusal(self, tenant: str) -> str:
        """Why a job of the tenant would be refused; empty where it would be taken. Nothing is made."""
        from fairlead.workload.load import load_job
        from fairlead.workload.render import render

        job = {
            "kind": "TrainingJob",
            "name": PROBE,
            "tenant": tenant,
            "image": "fairlead.dev/none:1",
            "run": "true",
        }
        *_, probe = render(load_job(job, PROBE))
        try:
            self._retried(lambda: self._client.create(_custom(probe)(probe), dry_run=True))
        except ApiFailure as failure:
            return str(failure).splitlines()[0]
        return ""


def look(kubeconfig: Path, plan: PlatformPlan | None = None) -> Seen:
    """Reads a cluster; with a plan also what its tenants' jobs would meet. Raises ApiFailure."""
    api = Live(kubeconfig)
    only = {"ConfigMap": labels.OBJECT_STORE, "ServiceAccount": labels.WORKLOAD_ACCOUNT}
    objects = {kind: api.every(kind, only.get(kind)) for kind in KINDS}
    tenants = [one.namespace for one in plan.tenants] if plan and plan.layer("jobs").enabled else []
    refusals = {tenant: api.refusal(tenant) for tenant in tenants}
    server = api.server
    api.close()
    return Seen(server, objects, {tenant: why for tenant, why in refusals.items() if why})


def _resource(kind: str) -> Any:
    group, version, plural, everywhere = KINDS[kind]
    return resource_class(group, version, kind, plural, everywhere=everywhere)


def _custom(obj: Object) -> Any:
    group, version = obj["apiVersion"].split("/")
    return resource_class(group, version, obj["kind"], f"{obj['kind'].lower()}s", everywhere=False)
