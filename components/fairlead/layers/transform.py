"""Pure changes to rendered charts: each cures something that a real cluster showed.

Every function takes objects and gives new ones; none reads or writes anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]

CLUSTER_KINDS = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "MutatingWebhookConfiguration",
        "Namespace",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
"""Kinds of charts that live outside namespaces."""


Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Of a pod's spec."""


def flatten_aggregation(objects: Iterable[Object]) -> list[Object]:
    """Writes out the rules of aggregated ClusterRoles and drops their aggregation.

    The controller manager makes an aggregated role anew when its parts are deleted after it:
    a destroy then leaves roles behind and the next install fails on them. Written out, nothing
    is left to aggregate. Roles of the cluster itself are not touched.
    """
    objects = list(objects)
    roles = [obj for obj in objects if obj["kind"] == "ClusterRole"]
    return [_flattened(obj, roles) if _aggregates(obj) else obj for obj in objects]


def _aggregates(obj: Object) -> bool:
    return obj["kind"] == "ClusterRole" and bool(obj.get("aggregationRule"))


def _flattened(role: Object, roles: Sequence[Object]) -> Object:
    rules: list[Any] = []
    for part in roles:
        if part is not role and any(
            _selected(selector, part["metadata"].get("labels") or {})
            for selector in role["aggregationRule"]["clusterRoleSelectors"]
        ):
            own: list[Any] = part.get("rules") or []
            rules.extend(rule for rule in own if rule not in rules)
    return {**{key: value for key, value in role.items() if key != "aggregationRule"}, "rules": rules}


def _selected(selector: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    if selector.get("matchExpressions"):
        raise ValueError("an aggregation by matchExpressions is not written out: extend flatten_aggregation")
    return all(found.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def without_hooks(objects: Iterable[Object]) -> list[Object]:
    """Leaves out Helm hooks: jobs that a release runs beside its objects, tests among them."""
    return [obj for obj in objects if "helm.sh/hook" not in (obj["metadata"].get("annotations") or {})]


def in_namespace(objects: Iterable[Object], namespace: str) -> list[Object]:
    """Gives every namespaced object that has none the namespace of the release."""

    def placed(obj: Object) -> Object:
        if obj["kind"] in CLUSTER_KINDS or obj["metadata"].get("namespace"):
            return obj
        return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}

    return [placed(obj) for obj in objects]


def pod_specs(obj: Object) -> list[Mapping[str, Any]]:
    """The pod spec of a workload object; empty for other kinds."""
    if obj["kind"] in {"Deployment", "DaemonSet", "StatefulSet", "Job"}:
        return [obj["spec"]["template"]["spec"]]
    return []


def on_pods(objects: Iterable[Object], change: Change) -> list[Object]:
    """Changes the pod spec of every workload object."""

    def changed(obj: Object) -> Object:
        if not pod_specs(obj):
            return obj
        template = obj["spec"]["template"]
        return {**obj, "spec": {**obj["spec"], "template": {**template, "spec": change(template["spec"])}}}

    return [changed(obj) for obj in objects]


def without_nulls(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pod change: a list that a chart's template begins and leaves empty (`initContainers:`) is left out."""
    return {key: value for key, value in spec.items() if value is not None}


def with_image(image: str) -> Change:
    """A pod change: every container, those of its start too, runs this image; not pulled if it is there."""

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        lists = [name for name in ("initContainers", "containers") if name in spec]
        told = {"image": image, "imagePullPolicy": "IfNotPresent"}
        return {**spec, **{name: [{**box, **told} for box in spec[name]] for name in lists}}

    return change


def asked_only_for(objects: Iterable[Object], resource: str, chosen: Sequence[str]) -> list[Object]:
    """Webhooks for this resource are asked for objects with one of these labels, and nothing is stored without them.

    A webhook chooses by labels that an object has all of, so there is one for each label.

    Kueue's kind `LeaderWorkerSet` switches that for pods on by itself. Its webhook then holds back every pod of a
    tenant that no job owns, and its controller lets go only those of groups: steps of workflows waited for ever. And
    the chart has the API server pass by the webhook while it does not answer, for it knows only the kinds by name.
    """

    def narrowed(hook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if not any(resource in rule["resources"] for rule in hook["rules"]):
            yield hook
            return
        for place, label in enumerate(chosen):
            selector = {"matchExpressions": [{"key": label, "operator": "Exists"}]}
            name = f"{label.partition('.')[0]}-{hook['name']}" if place else hook["name"]
            yield {**hook, "name": name, "objectSelector": selector, "failurePolicy": "Fail"}

    return _on_webhooks(objects, narrowed)


def asked_only_about(objects: Iterable[Object], kept: Callable[[str, str], bool]) -> list[Object]:
    """Leaves out webhooks that are told of no resource, by API group and name, that is kept.

    A controller may be asked about kinds that it is told to leave alone: it answers each time that all is well. Kueue
    was asked three times about each pod of a Job, and for as long as it did not answer, kinds waited that are not its.
    """

    def wanted(hook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        pairs = ((g, r) for rule in hook["rules"] for g in rule["apiGroups"] for r in rule["resources"])
        if any(kept(group, resource) for group, resource in pairs):
            yield hook

    return _on_webhooks(objects, wanted)


def _on_webhooks(
    objects: Iterable[Object], change: Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]
) -> list[Object]:
    """Puts in the place of each webhook those that come of it."""

    def changed(obj: Object) -> Object:
        if not obj.get("webhooks"):
            return obj
        return {**obj, "webhooks": [one for hook in obj["webhooks"] for one in change(hook)]}

    return [changed(obj) for obj in objects]


def on_nodes(selector: Mapping[str, str]) -> Change:
    """A pod change: it runs on nodes with these labels."""

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**spec, "nodeSelector": {**(spec.get("nodeSelector") or {}), **selector}}

    return change


def without_empty_secret_data(objects: Iterable[Object]) -> list[Object]:
    """Drops the empty values of Secrets that a controller fills: who sends them owns them, and wipes them."""

    def cleaned(obj: Object) -> Object:
        data: Mapping[str, str] = obj.get("data") or {}
        if obj["kind"] != "Secret" or any(data.values()):
            return obj
        return {key: value for key, value in obj.items() if key != "data"}

    return [cleaned(obj) for obj in objects]


def with_resources(cpu: str, memory: str, limit: str) -> Change:
    """A pod change: every container asks for this cpu and memory and may use memory up to the limit; one that runs
    before it where its chart says nothing."""
    wanted = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        before = [{"resources": wanted, **box} for box in spec.get("initContainers") or ()]
        boxes = [{**box, "resources": wanted} for box in spec["containers"]]
        return {**spec, **({"initContainers": before} if before else {}), "containers": boxes}

    return change


def confined(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pod change: where nothing is said, the kernel refuses calls that containers never need. Privileged containers
    are refused nothing, whatever their pod says."""
    context: Mapping[str, Any] = spec.get("securityContext") or {}
    return {**spec, "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, **context}}


def renewing_only_its_own_webhooks(objects: Sequence[Object]) -> list[Object]:
    """Roles that may change every webhook of the cluster may change those of these objects, and see the others.

    A controller puts the certificate that it has made into its own configurations; whoever changes another's sees and
    changes what others write.
    """
    own = {
        kind: sorted(obj["metadata"]["name"] for obj in objects if f"{obj['kind'].lower()}s" == kind)
        for kind in (f"{which}webhookconfigurations" for which in ("mutating", "validating"))
    }

    def narrowed(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        changes = sorted(set(rule["verbs"]) & {"update", "patch"})
        if not changes or not set(rule.get("resources", ())) <= set(own) or rule.get("resourceNames"):
            yield rule
            return
        yield {**rule, "verbs": [verb for verb in rule["verbs"] if verb not in changes]}
        for kind in rule["resources"]:
            if own[kind]:
                yield {**rule, "resources": [kind], "resourceNames": own[kind], "verbs": changes}

    def changed(obj: Object) -> Object:
        if obj["kind"] != "ClusterRole" or not obj.get("rules"):
            return obj
        return {**obj, "rules": [new for rule in obj["rules"] for new in narrowed(rule)]}

    return [changed(obj) for obj in objects]


def probed_often(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pod change: readiness is asked for every second from the start, so that it is noticed at once."""

    def boxed(box: Mapping[str, Any]) -> Mapping[str, Any]:
        if "readinessProbe" not in box:
            return box
        return {
            **box,
            "readinessProbe": {**box["readinessProbe"], "initialDelaySeconds": 1, "periodSeconds": 1},
        }

    return {**spec, "containers": [boxed(box) for box in spec["containers"]]}
