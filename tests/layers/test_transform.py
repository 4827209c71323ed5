"""Each cure for what a real cluster showed: it cures, and leaves everything else alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fairlead.contract.crd import without_descriptions
from fairlead.layers import transform


def role(name: str, labels: dict[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    return {"kind": "ClusterRole", "metadata": {"name": name, "labels": labels or {}}, **rest}


READ = {"apiGroups": ["x"], "resources": ["a"], "verbs": ["get"]}
WRITE = {"apiGroups": ["x"], "resources": ["a"], "verbs": ["update"]}
PART = role("part", {"for": "sum"}, rules=[READ])
OTHER = role("other", {"for": "else"}, rules=[WRITE])
SUM = role("sum", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"for": "sum"}}]}, rules=[])


def deployment(**spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "a", "image": "old"}], **spec}
    return {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"spec": pod}}}


def test_an_aggregated_role_gets_the_rules_of_its_parts_and_loses_its_aggregation() -> None:
    flat = transform.flatten_aggregation([PART, OTHER, SUM])
    assert flat[:2] == [PART, OTHER]
    assert flat[2]["rules"] == [READ]
    assert "aggregationRule" not in flat[2]


def test_a_rule_that_two_parts_have_is_written_once() -> None:
    twin = role("twin", {"for": "sum"}, rules=[READ, WRITE])
    assert transform.flatten_aggregation([PART, twin, SUM])[2]["rules"] == [READ, WRITE]


def test_an_aggregation_that_cannot_be_written_out_is_an_error_and_not_left_out() -> None:
    rule = {"clusterRoleSelectors": [{"matchExpressions": [{"key": "for", "operator": "Exists"}]}]}
    with pytest.raises(ValueError, match="matchExpressions"):
        transform.flatten_aggregation([PART, role("sum", aggregationRule=rule)])


def test_helm_hooks_are_left_out_and_other_annotations_are_no_reason() -> None:
    hook = {"kind": "Job", "metadata": {"name": "h", "annotations": {"helm.sh/hook": "pre-install"}}}
    kept = [
        {"kind": "Job", "metadata": {"name": "a", "annotations": {"helm.sh/resource-policy": "keep"}}},
        {"kind": "Job", "metadata": {"name": "b", "annotations": None}},
        {"kind": "Job", "metadata": {"name": "c"}},
    ]
    assert transform.without_hooks([hook, *kept]) == kept


def test_objects_without_a_namespace_get_the_releases_and_cluster_wide_ones_none() -> None:
    objects = [
        {"kind": "Service", "metadata": {"name": "a"}},
        {"kind": "Role", "metadata": {"name": "b", "namespace": "kube-system"}},
        role("c"),
    ]
    placed = transform.in_namespace(objects, "here")
    assert [one["metadata"].get("namespace") for one in placed] == ["here", "kube-system", None]


def test_every_container_gets_the_image_and_is_not_pulled_without_need() -> None:
    obj = deployment(initContainers=[{"name": "i", "image": "old", "imagePullPolicy": "Always"}])
    pod = transform.on_pods([obj], transform.with_image("repo:1"))[0]["spec"]["template"]["spec"]
    for box in [*pod["containers"], *pod["initContainers"]]:
        assert (box["image"], box["imagePullPolicy"]) == ("repo:1", "IfNotPresent")


def test_a_node_selector_is_added_to_the_charts_own() -> None:
    obj = deployment(nodeSelector={"kubernetes.io/os": "linux"})
    pod = transform.on_pods([obj], transform.on_nodes({"pool": "system"}))[0]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "system"}


def test_containers_get_requests_and_a_memory_limit_and_no_cpu_limit() -> None:
    change = transform.with_resources("50m", "128Mi", "1Gi")
    box = transform.on_pods([deployment()], change)[0]["spec"]["template"]["spec"]["containers"][0]
    assert box["resources"] == {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}


def test_only_the_times_of_a_readiness_probe_change() -> None:
    probe = {"httpGet": {"path": "/readyz"}, "initialDelaySeconds": 5, "periodSeconds": 10}
    obj = deployment(containers=[{"name": "a", "readinessProbe": probe}, {"name": "b"}])
    boxes = transform.on_pods([obj], transform.probed_often)[0]["spec"]["template"]["spec"]["containers"]
    assert boxes[0]["readinessProbe"] == {**probe, "initialDelaySeconds": 1, "periodSeconds": 1}
    assert boxes[1] == {"name": "b"}


def test_what_runs_no_pods_is_not_changed() -> None:
    service = {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": []}}
    assert transform.on_pods([service], transform.with_image("x:1")) == [service]


def test_a_secret_that_its_controller_fills_is_sent_without_data() -> None:
    empty = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"tls.crt": "", "tls.key": None}}
    full = {"kind": "Secret", "metadata": {"name": "f"}, "data": {"tls.crt": "eA=="}}
    bare = {"kind": "Secret", "metadata": {"name": "b"}}
    cleaned = transform.without_empty_secret_data([empty, full, bare])
    assert "data" not in cleaned[0]
    assert cleaned[1:] == [full, bare]


def crd(schema: dict[str, Any]) -> dict[str, Any]:
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]
    return {"kind": "CustomResourceDefinition", "metadata": {"name": "c"}, "spec": {"versions": versions}}


def test_a_crds_prose_goes_and_whatever_is_called_so_by_a_user_stays() -> None:
    schema = {
        "type": "object",
        "description": "prose",
        "properties": {
            "description": {"type": "string", "description": "prose"},
            "properties": {
                "type": "object",
                "default": {"description": "a value"},
                "properties": {"default": {"type": "string", "description": "prose"}},
            },
        },
        "required": ["description"],
    }
    thin = without_descriptions(crd(schema))
    assert thin["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "properties": {
                "type": "object",
                "default": {"description": "a value"},
                "properties": {"default": {"type": "string"}},
            },
        },
        "required": ["description"],
    }


def test_no_cure_changes_what_it_was_given() -> None:
    objects = [PART, SUM, deployment(), crd({"description": "prose"})]
    before = copy.deepcopy(objects)
    transform.flatten_aggregation(objects)
    transform.in_namespace(objects, "x")
    transform.on_pods(objects, transform.with_image("x:1"))
    without_descriptions(objects[3])
    assert objects == before


def test_pods_that_say_nothing_of_the_kernel_are_confined_and_what_they_say_stays() -> None:
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    [plain] = transform.on_pods([deployment()], transform.confined)
    assert plain["spec"]["template"]["spec"]["securityContext"] == profile
    own = {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}, "runAsUser": 5}
    [told] = transform.on_pods([deployment(securityContext=own)], transform.confined)
    assert told["spec"]["template"]["spec"]["securityContext"] == own


def test_what_runs_before_a_container_gets_resources_where_its_chart_says_none() -> None:
    before = [{"name": "b"}, {"name": "c", "resources": {"limits": {"memory": "1Mi"}}}]
    [found] = transform.on_pods(
        [deployment(initContainers=before)], transform.with_resources("1m", "2Mi", "3Mi")
    )
    wanted = {"requests": {"cpu": "1m", "memory": "2Mi"}, "limits": {"memory": "3Mi"}}
    spec = found["spec"]["template"]["spec"]
    assert [one["resources"] for one in spec["initContainers"]] == [wanted, {"limits": {"memory": "1Mi"}}]
    assert "initContainers" not in transform.with_resources("1m", "2Mi", "3Mi")(
        {"containers": [{"name": "a"}]}
    )


def test_a_controller_changes_its_own_webhooks_alone_and_sees_all() -> None:
    kinds = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
    group = {"apiGroups": ["admissionregistration.k8s.io"]}
    verbs = ["get", "list", "update", "watch"]
    wide = role("controller", rules=[{**group, "resources": kinds, "verbs": verbs}, WRITE])
    own = {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "own"}, "webhooks": []}
    [found, kept] = transform.renewing_only_its_own_webhooks([wide, own])
    assert found["rules"] == [
        {**group, "resources": kinds, "verbs": ["get", "list", "watch"]},
        {**group, "resources": kinds[1:], "resourceNames": ["own"], "verbs": ["update"]},
        WRITE,
    ]
    assert kept == own
    narrow = role("controller", rules=[{**group, "resources": kinds, "resourceNames": ["x"], "verbs": verbs}])
    assert transform.renewing_only_its_own_webhooks([narrow]) == [narrow]
