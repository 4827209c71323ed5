"""KEDA's objects: valid, fenced, with the rights of its manifests and fewer, and like those in all that it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from reference.gomodule import go_module
from support.charts import rendered
from support.rights import granted
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.layers.scaling import fence, keda, place, rights
from fairlead.plan.scaling_model import IMAGES, ScalingPlan
from fairlead.tools.gobuild import program_name

Object = Mapping[str, Any]
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: lock.images()[name].reference for name in IMAGES}
PARTS = (place.OPERATOR, place.ADAPTER, place.WEBHOOKS)


def made(replicas: int = 1) -> list[Object]:
    return keda.on_cluster(keda.objects(ScalingPlan(True, replicas)), REFERENCES, HERE)


def of(kind: str, objects: Sequence[Object] | None = None) -> dict[str, Any]:
    """Objects of a kind by name."""
    return {o["metadata"]["name"]: o for o in objects or made() if o["kind"] == kind}


def box(part: str) -> Mapping[str, Any]:
    [found] = of("Deployment")[part]["spec"]["template"]["spec"]["containers"]
    return found


# ---- by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    objects = [*made(replicas), keda.metrics_api()]
    assert len(objects) == 26 + (3 if replicas > 1 else 0)
    assert [problem for one in objects for problem in problems(one)] == []


def test_every_pod_keeps_the_standard_that_its_namespace_demands() -> None:
    assert of("Namespace")[place.NAMESPACE]["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted"
    }
    pods = [one["spec"]["template"] for one in of("Deployment").values()]
    assert len(pods) == 3
    assert [restricted_violations(pod) for pod in pods] == [[], [], []]
    assert all(box(part)["securityContext"]["readOnlyRootFilesystem"] for part in PARTS)


def test_every_pod_runs_its_own_image_on_the_platforms_nodes_within_limits() -> None:
    for part in PARTS:
        pod = of("Deployment")[part]["spec"]["template"]["spec"]
        assert box(part)["image"] == REFERENCES[place.IMAGE_OF[part]]
        assert pod["nodeSelector"] == HERE
        assert "tolerations" not in pod, "the platform's own nodes have no taint"
        assert set(box(part)["resources"]) == {"requests", "limits"}
        assert set(box(part)["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 3), (3, 3)])
def test_a_budget_guards_controllers_of_which_there_are_several(replicas: int, budgets: int) -> None:
    objects = made(replicas)
    found = of("PodDisruptionBudget", objects)
    assert len(found) == budgets
    for name, deployment in of("Deployment", objects).items():
        assert deployment["spec"]["replicas"] == replicas
        if budgets:
            selector = deployment["spec"]["selector"]
            assert found[name]["spec"]["selector"] == selector
            assert found[name]["spec"]["maxUnavailable"] < replicas


def test_every_service_leads_to_the_port_on_which_its_pods_listen() -> None:
    for part in PARTS:
        spec = of("Service")[part]["spec"]
        template = of("Deployment")[part]["spec"]["template"]
        assert spec["selector"].items() <= template["metadata"]["labels"].items()
        listened = {port["containerPort"] for port in box(part)["ports"]}
        assert {port["targetPort"] for port in spec["ports"]} == listened


def test_what_the_api_server_calls_is_what_the_certificates_are_made_for() -> None:
    services = of("Service")
    calls: list[Any] = []
    for hook in of("ValidatingWebhookConfiguration")[place.VALIDATION]["webhooks"]:
        calls.append(hook["clientConfig"]["service"])
        assert hook["failurePolicy"] == "Fail"
    calls.append(keda.metrics_api()["spec"]["service"])
    for call in calls:
        assert call["namespace"] == place.NAMESPACE
        assert call["port"] in {port["port"] for port in services[call["name"]]["spec"]["ports"]}
    assert {call["name"] for call in calls} == {place.ADAPTER, place.WEBHOOKS}


# ---- the fence ---------------------------------------------------------------------------------


def test_nobody_calls_a_pod_unless_a_policy_opens_its_port() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in fence.objects()}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    for part in PARTS:
        labels = of("Deployment")[part]["spec"]["template"]["metadata"]["labels"]
        assert policies[part]["podSelector"]["matchLabels"].items() <= labels.items()
        opened = {port["port"] for rule in policies[part]["ingress"] for port in rule["ports"]}
        assert opened == {port["containerPort"] for port in box(part)["ports"]}


def test_the_operator_is_called_by_the_adapter_and_by_who_gathers_metrics_alone() -> None:
    [spec] = [one["spec"] for one in fence.objects() if one["metadata"]["name"] == place.OPERATOR]
    peers = {rule["ports"][0]["port"]: rule["from"] for rule in spec["ingress"]}
    adapter = of("Deployment")[place.ADAPTER]["spec"]["template"]["metadata"]["labels"]
    assert peers[place.INSIDE_PORT] == [{"podSelector": {"matchLabels": adapter}}]
    space = {"matchLabels": {"kubernetes.io/metadata.name": "fairlead-monitoring"}}
    assert peers[place.METRICS_PORT] == [{"namespaceSelector": space}]


def test_only_the_doors_of_the_api_server_are_open_to_all() -> None:
    open_to_all = {
        (one["metadata"]["name"], port["port"])
        for one in fence.objects()
        for rule in one["spec"]["ingress"]
        if not rule.get("from")
        for port in rule["ports"]
    }
    assert open_to_all == {(place.ADAPTER, place.ADAPTER_PORT), (place.WEBHOOKS, place.WEBHOOKS_PORT)}


# ---- rights, and what upstream's manifests say --------------------------------------------------


def manifests() -> list[Object]:
    """What KEDA itself installs, out of the module that the lock pins."""
    module = lock.charts()["keda"].module
    assert module is not None
    folder = Path(go_module(module.query, module.sum)) / "config"
    files = [path for path in sorted(folder.rglob("*.yaml")) if path.parent.name in KEPT]
    loaded = [one for path in files for one in yaml.safe_load_all(path.read_text()) if one]
    return [one for one in loaded if one.get("kind") not in (None, "Kustomization")]


KEPT = ("rbac", "manager", "metrics-server", "webhooks", "service_account")


def permits(rules: set[tuple[str, str, str]], wish: tuple[str, str, str]) -> bool:
    group, resource, verb = wish
    kinds = {resource, "*", f"*/{resource.partition('/')[2]}" if "/" in resource else resource}
    return any((g, r, v) in rules for g in (group, "*") for r in kinds for v in (verb, "*"))


def test_no_part_has_a_right_that_upstream_does_not_give() -> None:
    roles = [
        o for o in manifests() if o["kind"] == "ClusterRole" and o["metadata"]["name"] == "keda-operator"
    ]
    [role] = roles
    upstream = set(granted(role["rules"]))
    for rules in (rights.operator_rules(), rights.webhook_rules(), rights.adapter_rules()):
        wished = set(granted(rules))
        assert wished
        assert [wish for wish in wished if not permits(upstream, wish)] == []
    [own] = [o for o in manifests() if o["kind"] == "Role" and o["metadata"]["name"] == "keda-operator"]
    assert [
        wish for wish in granted(rights.own_rules()) if not permits(set(granted(own["rules"])), wish)
    ] == []


def test_no_part_reads_secrets_starts_jobs_or_has_a_right_to_everything_in_the_cluster() -> None:
    everywhere = [
        *granted(rights.operator_rules()),
        *granted(rights.webhook_rules()),
        *granted(rights.adapter_rules()),
    ]
    assert "*" not in {word for wish in everywhere for word in wish}
    assert not {resource for _, resource, _ in everywhere} & {"secrets", "jobs", "serviceaccounts/token"}
    changed = {r for g, r, v in everywhere if g == "apps" and v in ("update", "patch", "create", "delete")}
    assert changed == {"deployments/scale", "statefulsets/scale"}
    names = {
        resource: one.get("resourceNames")
        for one in rights.operator_rules()
        for resource in one["resources"]
        if "update" in one["verbs"] and resource in ("validatingwebhookconfigurations", "apiservices")
    }
    assert names == {
        "validatingwebhookconfigurations": [place.VALIDATION],
        "apiservices": [place.API_SERVICE],
    }


def test_secrets_are_read_in_the_operators_own_namespace_alone_and_it_knows() -> None:
    assert {"name": "KEDA_RESTRICT_SECRET_ACCESS", "value": "true"} in box(place.OPERATOR)["env"]
    binding = of("RoleBinding")[place.OPERATOR]
    assert binding["metadata"]["namespace"] == place.NAMESPACE
    assert ("", "secrets", "get") in set(granted(of("Role")[place.OPERATOR]["rules"]))


def test_every_part_has_an_account_of_its_own_and_every_binding_a_role_that_is_there() -> None:
    accounts = of("ServiceAccount")
    for part in PARTS:
        assert of("Deployment")[part]["spec"]["template"]["spec"]["serviceAccountName"] == part
        assert part in accounts
    ours = {*of("ClusterRole"), *of("Role")}
    builtin = {"system:auth-delegator", "extension-apiserver-authentication-reader"}
    bound = [*of("ClusterRoleBinding").values(), *of("RoleBinding").values()]
    assert len(bound) == 6
    for one in bound:
        assert one["roleRef"]["name"] in ours | builtin
        assert {subject["name"] for subject in one["subjects"]} <= set(PARTS)


UPSTREAM_NAME = {
    place.OPERATOR: "keda-operator",
    place.ADAPTER: "keda-metrics-apiserver",
    place.WEBHOOKS: "keda-admission",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_parts_pod_says_what_upstreams_says(part: str) -> None:
    """Program, options, certificate, probes and user: a release that changes one of them is noticed here."""
    found = {o["metadata"]["name"]: o for o in manifests() if o["kind"] == "Deployment"}
    pod = found[UPSTREAM_NAME[part]]["spec"]["template"]["spec"]
    [theirs] = pod["containers"]
    ours = box(part)
    assert ours["command"] == theirs["command"]
    own_choice = ("--zap-", "--secure-port")
    flags = {flag for flag in theirs["args"] if not flag.startswith(own_choice)}
    assert {flag for flag in ours["args"] if not flag.startswith(own_choice)} == flags
    # An option is known by upstream's own manifests, or it is none.
    assert {flag.partition("=")[0] for flag in ours["args"]} <= {
        flag.partition("=")[0] for flag in (*theirs["args"], "--zap-encoder", "--zap-time-encoding")
    }
    mounted = {mount["mountPath"] for mount in theirs["volumeMounts"]}
    assert mounted <= {mount["mountPath"] for mount in ours["volumeMounts"]}
    secrets = {v["name"]: v["secret"] for v in pod["volumes"] if "secret" in v}
    [secret] = [
        v["secret"] for v in of("Deployment")[part]["spec"]["template"]["spec"]["volumes"] if "secret" in v
    ]
    assert secret["secretName"] == secrets["certificates"]["secretName"]
    assert secret["optional"] == bool(secrets["certificates"].get("optional"))
    for name in ("readinessProbe", "livenessProbe"):
        assert ours[name]["httpGet"]["path"] == theirs[name]["httpGet"]["path"]
        assert ours[name]["httpGet"].get("scheme") == theirs[name]["httpGet"].get("scheme")
    if part != place.ADAPTER:
        assert ours["readinessProbe"]["httpGet"]["port"] == theirs["readinessProbe"]["httpGet"]["port"]


def test_the_webhooks_look_at_all_that_upstreams_look_at() -> None:
    [theirs] = [o for o in manifests() if o["kind"] == "ValidatingWebhookConfiguration"]
    ours = of("ValidatingWebhookConfiguration")[place.VALIDATION]
    assert theirs["metadata"]["name"] == ours["metadata"]["name"]

    def told(obj: Object) -> dict[str, Any]:
        return {hook["clientConfig"]["service"]["path"]: hook["rules"] for hook in obj["webhooks"]}

    assert told(ours) == told(theirs)


def test_the_metrics_api_is_upstreams() -> None:
    [theirs] = [o for o in manifests() if o["kind"] == "APIService"]
    ours = keda.metrics_api()
    assert ours["metadata"]["name"] == theirs["metadata"]["name"] == place.API_SERVICE
    where = {"service": None}
    assert {**ours["spec"], **where} == {**theirs["spec"], **where}


def test_every_program_is_built_from_the_module_whose_kinds_are_installed() -> None:
    module = lock.charts()["keda"].module
    for name in IMAGES:
        build = lock.images()[name].build
        assert build is not None
        assert build.go is not None
        assert build.go.module == module
        command = next(part.command for part in keda.PARTS if place.IMAGE_OF[part.name] == name)
        assert build.binary == command
        assert program_name(build.go.package) in ("operator", "adapter", "webhooks")


# ---- the kinds ---------------------------------------------------------------------------------


def test_all_kinds_of_the_module_are_installed_for_the_operator_watches_each() -> None:
    kinds = {one["spec"]["names"]["plural"]: one["spec"]["group"] for one in rendered("keda")}
    wanted = {f"{kind}s": group for group, names in keda.CHECKED.items() for kind in names}
    assert kinds == wanted
    assert set(wanted) == {*rights.KINDS, *rights.EVENT_KINDS}


def test_the_probe_is_a_harmless_object_that_a_webhook_looks_at() -> None:
    probe = keda.probe()
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for crd in rendered("keda"):
        found |= schemas(crd)
    schema = found[probe["apiVersion"], probe["kind"]]
    assert list(jsonschema.Draft7Validator(schema).iter_errors(probe)) == []
    assert "namespace" not in probe["metadata"]
    hooks = of("ValidatingWebhookConfiguration")[place.VALIDATION]["webhooks"]
    assert f"{probe['kind'].lower()}s" in {kind for hook in hooks for kind in hook["rules"][0]["resources"]}
