"""The tenancy layer: a namespace per tenant with quota, its people's rights and a fence around its pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside, ObjectStore, Reach, WorkloadIdentity
from fairlead.layers.fabric.guard import namespace_labels
from fairlead.layers.objects import DNS, READ, WRITE, binding, members, outward, role, rule, subjects
from fairlead.plan.model import TenantPlan

ROLE, ADMINS = "fairlead-member", "fairlead-admin"


def namespace(tenant: TenantPlan, marks: Mapping[str, str] | None = None) -> Object:
    """The namespace. Its labels make the API server keep the tenant's Pod Security Standard; marks: further labels."""
    security = {
        f"pod-security.kubernetes.io/{mode}": tenant.pod_security for mode in ("enforce", "audit", "warn")
    }
    charged = {labels.COST_CENTER: tenant.cost_center} if tenant.cost_center else {}
    answers = {"annotations": {labels.OWNER: tenant.owner}} if tenant.owner else {}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": tenant.namespace,
            **answers,
            "labels": {
                labels.TENANT: tenant.name,
                **charged,
                **(marks or {}),
                **security,
                **namespace_labels(tenant.host_access),
            },
        },
    }


def _in(tenant: TenantPlan, api: str, kind: str, name: str, **rest: Any) -> Object:
    metadata = {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def quota(tenant: TenantPlan) -> Object:
    """What the namespace may hold beside accelerators, which the queue counts."""
    return _in(tenant, "v1", "ResourceQuota", "tenant", spec={"hard": dict(tenant.quota)})


def service_accounts(tenant: TenantPlan, identity: WorkloadIdentity | None = None) -> list[Object]:
    """The workload's account, and the default one, neither with a token in pods that do not ask."""
    accounts = [
        _in(tenant, "v1", "ServiceAccount", name, automountServiceAccountToken=False)
        for name in (labels.WORKLOAD_ACCOUNT, "default")
    ]
    notes = identity.account_annotations.get(tenant.name) if identity else None
    if notes:
        workload = accounts[0]
        accounts[0] = {**workload, "metadata": {**workload["metadata"], "annotations": dict(notes)}}
    return accounts


def object_store(tenant: TenantPlan, store: ObjectStore) -> Object:
    """Where the tenant's part of the object store is. Jobs take it as environment variables."""
    data = {
        "FAIRLEAD_OBJECT_STORE_URI": store.uris[tenant.name],
        "FAIRLEAD_OBJECT_STORE_ENDPOINT": store.endpoint,
        "FAIRLEAD_OBJECT_STORE_REGION": store.region,
        **store.environment.get(tenant.name, {}),
    }
    return _in(tenant, "v1", "ConfigMap", labels.OBJECT_STORE, data=data)


def rights(tenant: TenantPlan) -> list[Object]:
    """What a member may do: send, see and stop work, use its logs, volumes and secrets. No exec."""
    rules = [
        rule(("trainer.kubeflow.org",), ("trainjobs",), WRITE),
        # Trainer's SDK looks for runtimes of the namespace first; there are none, and members make none.
        rule(("trainer.kubeflow.org",), ("trainjobs/status", "trainingruntimes"), READ),
        rule(("jobset.x-k8s.io",), ("jobsets",), READ),
        rule(("batch",), ("jobs",), WRITE),
        rule(("",), ("pods", "pods/log", "events", "services", "resourcequotas"), READ),
        rule(("",), ("persistentvolumeclaims", "configmaps", "secrets"), WRITE),
        rule(("kueue.x-k8s.io",), ("localqueues", "workloads"), READ),
        rule(("visibility.kueue.x-k8s.io",), ("localqueues/pendingworkloads",), ("get",)),
    ]
    return [*members(tenant, ROLE, rules), *_admins(tenant)]


def _admins(tenant: TenantPlan) -> list[Object]:
    """What admins may do beside that: hold and drain the tenant's queues, and end pods that hang.

    Which queue of the cluster stands behind a tenant's one cannot be changed. No exec either, and no rights to give.
    """
    rules = [
        rule(("kueue.x-k8s.io",), ("localqueues",), ("update", "patch")),
        rule(("",), ("pods",), ("delete",)),
    ]
    meta = {"name": ADMINS, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    people = subjects(tenant.admins)
    return [role(meta, rules), binding(meta, ("Role", ADMINS), people)] if people else []


def network_policies(tenant: TenantPlan, reach: Sequence[Reach | Inside] = ()) -> list[Object]:
    """Default deny both ways, then what a job needs: its namespace, DNS, the object store, named ranges."""
    api, kind = "networking.k8s.io/v1", "NetworkPolicy"
    everyone: Mapping[str, Any] = {}
    policies = [
        _in(
            tenant,
            api,
            kind,
            "default-deny",
            spec={"podSelector": everyone, "policyTypes": ["Ingress", "Egress"]},
        ),
        _in(
            tenant,
            api,
            kind,
            "same-tenant",
            spec={
                "podSelector": everyone,
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": everyone}]}],
                "egress": [{"to": [{"podSelector": everyone}]}, DNS],
            },
        ),
    ]
    if tenant.egress:
        to = [{"ipBlock": {"cidr": cidr}} for cidr in tenant.egress]
        spec = {"podSelector": everyone, "policyTypes": ["Egress"], "egress": [{"to": to}]}
        policies.append(_in(tenant, api, kind, "egress", spec=spec))
    if reach:
        rules = [outward(one) for one in reach]
        spec = {"podSelector": everyone, "policyTypes": ["Egress"], "egress": rules}
        policies.append(_in(tenant, api, kind, "object-store", spec=spec))
    return policies


def objects(
    tenant: TenantPlan, store: ObjectStore | None = None, identity: WorkloadIdentity | None = None
) -> Sequence[Object]:
    """Everything of one tenant but its namespace and its queues."""
    return [
        quota(tenant),
        *([object_store(tenant, store)] if store else []),
        *service_accounts(tenant, identity),
        *rights(tenant),
        *network_policies(tenant, store.reach if store else ()),
    ]
