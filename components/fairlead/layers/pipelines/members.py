"""What lies in a tenant's namespace: what its pods may ask of the API, what runs may do, and where artefacts go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import tenancy
from fairlead.layers.objects import READ, binding, members, role, rule
from fairlead.layers.pipelines import artifacts, fence, rights
from fairlead.layers.pipelines.kinds import PLURAL
from fairlead.layers.pipelines.place import (
    GROUP,
    METADATA_PORT,
    METADATA_SERVICE,
    SCHEDULES_GROUP,
    account,
)
from fairlead.layers.tool import Ground
from fairlead.layers.tracking import tool as tracking
from fairlead.plan.model import TenantPlan
from fairlead.plan.pipelines_model import NAMESPACE
from fairlead.plan.tracking_model import LAYER as TRACKING

MEMBERS, CALLERS, CONTROLLERS = "fairlead-pipelines", "fairlead-pipeline-callers", "fairlead-pipeline"
"""Roles and bindings: of people, of the tenant's pods, of the programs (with the program's name behind)."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant.

    Members see their schedules and write none: the controller would start what one names, another tenant's too.
    """
    own = {"kind": "ServiceAccount", "name": labels.WORKLOAD_ACCOUNT, "namespace": tenant.namespace}
    return [
        *members(tenant, MEMBERS, [rule((SCHEDULES_GROUP,), (PLURAL,), READ)]),
        role(_named(tenant, CALLERS), [*asked(), *steps()]),
        binding(_named(tenant, CALLERS), ("Role", CALLERS), [own]),
        *(
            binding(
                _named(tenant, f"{CONTROLLERS}-{program}"),
                ("ClusterRole", rights.in_tenants_name(program)),
                [account(program)],
            )
            for program in rights.in_tenants()
        ),
        *fence.of_tenant(tenant.namespace),
        *_configuration(ground, tenant),
    ]


def asked() -> list[dict[str, Any]]:
    """What the API server asks Kubernetes of a caller: apiserver/server/*_server.go at tag 2.17.0.

    It asks by the caller's name and tells no groups, so that no rule for a group would ever hold.
    """
    see = ("get", "list")
    return [
        rule((GROUP,), ("pipelines",), (*see, "create", "update", "delete")),
        rule((GROUP,), ("experiments",), (*see, "create", "delete", "archive", "unarchive")),
        rule(
            (GROUP,),
            ("runs",),
            (*see, "create", "delete", "archive", "unarchive", "retry", "terminate", "readArtifact"),
        ),
        rule((GROUP,), ("jobs",), (*see, "create", "delete", "enable", "disable")),
    ]


def steps() -> list[dict[str, Any]]:
    """What driver and launcher ask of Kubernetes, beside what every workflow's step may: backend/src/v2/driver/k8s.go,
    component/launcher_v2.go and config/env.go at tag 2.17.0. No secret: nothing here is opened by one."""
    return [
        rule(("",), ("configmaps",), ("get",), (artifacts.LAUNCHER,)),
        rule(("",), ("pods",), ("get",)),
        rule(("",), ("persistentvolumeclaims",), ("get", "create", "delete")),
    ]


def _named(tenant: TenantPlan, name: str) -> Mapping[str, Any]:
    return {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}


def _configuration(ground: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """What steps read. Raises KeyError where there is no object store: no plan has the layer then."""
    store = ground.handle.object_store
    if store is None:
        raise KeyError("pipelines keep artefacts in an object store, and the target hands none over")
    host = f"{METADATA_SERVICE}.{NAMESPACE}.svc.cluster.local"
    known = pulumi.Output.all(store.uris[tenant.name], store.endpoint)

    def root(values: list[str]) -> dict[str, str]:
        return artifacts.launcher(values[0], values[1], store.region)

    told = dict(tenancy.object_store(tenant, store)["data"])
    if ground.plan.layer(TRACKING).enabled:
        told |= tracking.variables(tenant)
    return [
        _config(tenant, artifacts.LAUNCHER, known.apply(root)),
        _config(tenant, artifacts.CONNECTION, artifacts.connection(host, METADATA_PORT, told)),
    ]


def _config(tenant: TenantPlan, name: str, data: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(tenant, name), "data": data}
