"""What the objects that layers write themselves have in common: namespaces, fences, rights, what keeps pods up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside, Reach
from fairlead.plan.model import PeoplePlan, TenantPlan

HARDENED: Mapping[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""A container's security context: no more rights than it starts with, and none of root's."""
SEALED: Mapping[str, Any] = {**HARDENED, "readOnlyRootFilesystem": True}
"""The same, and the files of its image stay as they are."""
ADMISSION = "admissionregistration.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")
"""What reads, and hears of changes."""
WRITE = (*READ, "create", "update", "patch", "delete", "deletecollection")
"""What members may do with what they send."""


SPACE = "kubernetes.io/metadata.name"
"""Label by which the API server gives every namespace its name."""


def pods_of(namespace: str, pods: Mapping[str, str]) -> Mapping[str, Any]:
    """These pods of another namespace, as a policy's peer."""
    return {
        "namespaceSelector": {"matchLabels": {SPACE: namespace}},
        "podSelector": {"matchLabels": dict(pods)},
    }


def namespaces(names: Sequence[str]) -> list[Mapping[str, Any]]:
    """All pods of these namespaces, as a policy's peers: none where there are none, for no names would mean all."""
    chosen = {"key": SPACE, "operator": "In", "values": sorted(names)}
    return [{"namespaceSelector": {"matchExpressions": [chosen]}}] if names else []


MONITORING: Mapping[str, Any] = {"namespaceSelector": {"matchLabels": {SPACE: labels.METRICS_NAMESPACE}}}
"""Who gathers metrics, as a policy's peer."""
TENANTS: Sequence[Mapping[str, str]] = ({"key": labels.TENANT, "operator": "Exists"},)
"""Which namespaces are tenants', by their labels."""
DNS: Mapping[str, Any] = {"to": [pods_of("kube-system", {"k8s-app": "kube-dns"})]}
"""Names are looked up: the DNS pods listen on a port of their own choice, so the peer is named and the port is not."""

API_PORTS = (443, 6443)
"""Where API servers listen, behind their Service: policies look at a packet after it was led there."""


def restricted_namespace(name: str) -> Object:
    """A namespace in which nothing needs more than the restricted standard allows."""
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": level}}


def rule(
    groups: Sequence[str], resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()
) -> dict[str, Any]:
    """One rule of a role; names: of these objects alone."""
    found = {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
    return {**found, "resourceNames": list(names)} if names else found


EVENTS = rule(("",), ("events",), ("create", "patch"))
"""What says what it did, where people look for it."""


def role(meta: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> Object:
    """A role: in a namespace where the metadata name one, else of the whole cluster."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role" if "namespace" in meta else "ClusterRole",
        "metadata": dict(meta),
        "rules": list(rules),
    }


def binding(meta: Mapping[str, Any], role: tuple[str, str], subjects: Sequence[Mapping[str, str]]) -> Object:
    """A binding: in a namespace where the metadata name one, else in the whole cluster. role: its kind and name."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if "namespace" in meta else "ClusterRoleBinding",
        "metadata": dict(meta),
        "roleRef": {"apiGroup": RBAC, "kind": role[0], "name": role[1]},
        "subjects": [dict(one) for one in subjects],
    }


def subjects(people: PeoplePlan) -> list[Mapping[str, str]]:
    """People as a binding names them: groups, then single ones."""
    named = [("Group", one) for one in people.groups] + [("User", one) for one in people.members]
    return [{"apiGroup": RBAC, "kind": kind, "name": name} for kind, name in named]


def members(tenant: TenantPlan, name: str, rules: Sequence[Mapping[str, Any]]) -> list[Object]:
    """A role in the tenant's namespace, and whom it is given: members and admins; where there are none, nobody has it.

    Who may only look has a role of its own, `<name>-viewer`, of what of this reads and shows no secret.
    """
    return [
        *_given(tenant, name, rules, tenant.working, always=True),
        *_given(tenant, f"{name}-viewer", looking(rules), tenant.viewers),
    ]


def looking(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What of these rules reads: the same objects but secrets, without the verbs that change them."""
    found = [
        {
            **one,
            "resources": [kind for kind in one["resources"] if kind != "secrets"],
            "verbs": [verb for verb in one["verbs"] if verb in READ],
        }
        for one in rules
    ]
    return [one for one in found if one["resources"] and one["verbs"]]


def _given(
    tenant: TenantPlan,
    name: str,
    rules: Sequence[Mapping[str, Any]],
    people: PeoplePlan,
    *,
    always: bool = False,
) -> list[Object]:
    """A role and its binding; always: the role is there though nobody has it."""
    meta = {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    who = subjects(people)
    made = [role(meta, rules)] if rules and (who or always) else []
    return [*made, binding(meta, ("Role", name), who)] if made and who else made


def told(tenant: TenantPlan, name: str, data: Mapping[str, Any]) -> Object:
    """What a tenant's namespace is told by a layer, where jobs and people find it."""
    meta = {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def closed(
    name: str, namespace: str, pods: Mapping[str, str], doors: Sequence[Mapping[str, Any]] = ()
) -> Object:
    """Nobody calls these pods but through the doors; no labels: all pods of the namespace."""
    return _fence(name, namespace, pods, {"policyTypes": ["Ingress"], "ingress": list(doors)})


def _fence(name: str, namespace: str, pods: Mapping[str, str], told: Mapping[str, Any]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {"matchLabels": dict(pods)} if pods else {}, **told},
    }


def door(port: int, peers: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A TCP port that may be called. peers: by whom; empty for everybody."""
    ports = [{"protocol": "TCP", "port": port}]
    return {"ports": ports, "from": list(peers)} if peers else {"ports": ports}


def outward(reach: Reach | Inside) -> Mapping[str, Any]:
    """A rule by which pods call this, although everything is denied to them."""
    ports = [{"protocol": "TCP", "port": port} for port in reach.ports]
    if isinstance(reach, Inside):
        return {"to": [pods_of(reach.namespace, reach.pods)], "ports": ports}
    without = {"except": list(reach.without)} if reach.without else {}
    return {"to": [{"ipBlock": {"cidr": reach.cidr, **without}}], "ports": ports}


def api_server(ranges: Sequence[str]) -> Mapping[str, Any]:
    """A rule by which pods call the API server, which a tenant's fence shuts off.

    ranges: where it is. None: anywhere, on its ports alone. No policy can name it on every target: with some engines it
    is an identity and not an address, and a rule without peers is the one that means it everywhere.
    """
    ports = [{"protocol": "TCP", "port": port} for port in API_PORTS]
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in ranges]
    return {"ports": ports, "to": peers} if peers else {"ports": ports}


def calling(name: str, namespace: str, pods: Mapping[str, str], rules: Sequence[Mapping[str, Any]]) -> Object:
    """These pods call nobody but by these rules; no labels: all pods of the namespace."""
    return _fence(name, namespace, pods, {"policyTypes": ["Egress"], "egress": list(rules)})


def sent(
    group: str, kinds: Sequence[str], operations: Sequence[str] = ("CREATE", "UPDATE")
) -> Mapping[str, Any]:
    """What a policy looks at: objects of these kinds of a group, in all its versions, at these operations."""
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(kinds),
    }


def refusal(
    name: str,
    rules: Sequence[Mapping[str, Any]],
    validations: Sequence[Mapping[str, str]],
    where: Sequence[Mapping[str, Any]],
    more: Mapping[str, Any] | None = None,
    actions: Sequence[str] = ("Deny",),
) -> list[Object]:
    """A policy of the API server that refuses, and its binding. where: expressions for the namespaces' labels; actions:
    what else is done than refusing, `Warn` and `Audit`."""
    chosen = {"namespaceSelector": {"matchExpressions": list(where)}}
    return [
        {
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": list(rules)},
                "validations": list(validations),
                **(more or {}),
            },
        },
        {
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": list(actions), "matchResources": chosen},
        },
    ]


def asks_for_no_device(spec: str, why: str) -> list[Mapping[str, str]]:
    """What a policy demands of a pod that waits in no queue: it holds nothing that tenants have quotas of.

    spec: the expression of the pod's spec; why: what the sender is told.
    """
    free = " && ".join(
        f"(!has(c.resources.{which}) || c.resources.{which}.all(k, !k.contains('/')))"
        for which in ("requests", "limits")
    )
    each = f"!has(c.resources) || ({free})"
    boxes = (
        f"{spec}.containers.all(c, {each})"
        f" && (!has({spec}.initContainers) || {spec}.initContainers.all(c, {each}))"
    )
    return [
        {"expression": boxes, "message": why},
        {"expression": f"!has({spec}.resourceClaims)", "message": why},
    ]


FROM_WITHIN = (
    "!request.userInfo.username.startsWith('system:serviceaccount:')"
    " || request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')"
)
"""Somebody of the tenant: a person, or an account of its namespace. Controllers have accounts of other namespaces."""


def made_by_their_owner(name: str, group: str, kinds: Sequence[str], account: str = "") -> list[Object]:
    """Refuses, in tenants' namespaces, objects of these kinds that say of themselves that others own them.

    Kueue lets what a managed object owns go with it, and does not ask whether the owner has made it: who names one of
    his running jobs as the owner of the next would pass the queue. account: that of the controller, which makes such;
    empty: whoever is none of the tenant's own.
    """
    own = "has(object.metadata.ownerReferences)"
    none = "object.metadata.ownerReferences.all(o, !has(o.controller) || !o.controller)"
    same = (
        "oldObject != null && has(oldObject.metadata.ownerReferences)"
        " && oldObject.metadata.ownerReferences == object.metadata.ownerReferences"
    )
    user = f"request.userInfo.username != 'system:serviceaccount:{account}'" if account else FROM_WITHIN
    said = (
        "only the controller of an owner makes what it owns: leave ownerReferences with controller: true out"
    )
    return refusal(
        name,
        [sent(group, kinds)],
        [{"expression": f"!{own} || {none} || ({same})", "message": said}],
        TENANTS,
        {"matchConditions": [{"name": "not-the-controller", "expression": user}]},
    )


def spread(pods: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """These pods stand on different nodes where they can."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(pods)},
        }
    ]


def budget(metadata: Mapping[str, Any], pods: Mapping[str, str]) -> Object:
    """One of these pods may be away at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": dict(metadata),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": dict(pods)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def unprivileged(user: int) -> dict[str, Any]:
    """A pod's security context: this user and group, never root."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
