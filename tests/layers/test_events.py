"""Argo Events in a cluster: valid, fenced, restricted, a bus for each tenant, and what sensors and members may do."""

from __future__ import annotations

import re

import pytest
import yaml
from events_ground import HERE, REFERENCES, box, ground, of_tenant, one, part
from pod_security import restricted_violations
from support.golden import REPO
from support.rights import granted
from support.strict import problems

from fairlead import labels
from fairlead.layers.events import bus, members, place, policies, rights, tool
from fairlead.plan.events_model import IMAGE, SERVER


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    own = [obj for obj in of_tenant() if obj["kind"] not in ("EventBus", "Certificate")]
    objects = [*part(replicas).rest, *own]
    assert len(objects) >= 25
    assert [problem for obj in objects for problem in problems(obj)] == []


@pytest.mark.parametrize("whose", ["controller", "bus"])
def test_the_pods_keep_the_standard_and_run_on_the_platforms_nodes_within_limits(whose: str) -> None:
    objects = part().objects if whose == "controller" else of_tenant()
    template = one("Deployment", objects)["spec"]["template"]
    assert restricted_violations(template) == []
    assert template["spec"]["nodeSelector"] == HERE
    assert box(objects)["image"] == REFERENCES[IMAGE if whose == "controller" else SERVER]
    assert box(objects)["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box(objects)["resources"]) == {"requests", "limits"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_a_budget_guards_controllers_of_which_there_are_several(replicas: int, budgets: int) -> None:
    found = [obj for obj in part(replicas).objects if obj["kind"] == "PodDisruptionBudget"]
    assert len(found) == budgets
    deployment = one("Deployment", part(replicas).objects)
    assert deployment["spec"]["replicas"] == replicas
    assert all(obj["spec"]["selector"] == deployment["spec"]["selector"] for obj in found)


def test_nobody_calls_the_controller_but_who_gathers_metrics() -> None:
    fence = {obj["metadata"]["name"]: obj["spec"] for obj in part().objects if obj["kind"] == "NetworkPolicy"}
    assert fence["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    [rule] = fence[place.CONTROLLER]["ingress"]
    [measured] = tool.TOOL.measured(ground().plan)
    assert [port["port"] for port in rule["ports"]] == [measured.port]
    assert "fairlead-monitoring" in str(rule["from"])


@pytest.mark.parametrize(("groups", "bound"), [(("people",), True), ((), False)])
def test_members_send_sources_and_sensors_and_see_the_bus(groups: tuple[str, ...], bound: bool) -> None:
    objects = of_tenant(groups)
    wishes = set(granted(one("Role", objects, members.MEMBERS)["rules"]))
    changes = {kind for _, kind, verb in wishes if verb not in rights.READ}
    assert changes == {"eventsources", "sensors"}
    assert ("argoproj.io", "eventbus", "get") in wishes
    bindings = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "RoleBinding"}
    assert (members.MEMBERS in bindings) is bound
    assert {members.CONTROLLER, place.ACCOUNT} <= bindings


def test_a_sensor_may_send_workflows_and_nothing_else() -> None:
    objects = of_tenant()
    assert set(granted(one("Role", objects, place.ACCOUNT)["rules"])) == {
        ("argoproj.io", "workflows", "create")
    }
    [subject] = one("RoleBinding", objects, place.ACCOUNT)["subjects"]
    account = one("ServiceAccount", objects)["metadata"]
    assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])


@pytest.mark.parametrize("ranges", [[], ["10.0.0.0/28"]])
def test_sensors_call_the_api_server_where_the_layer_workflows_says_that_it_is(ranges: list[str]) -> None:
    fence = one("NetworkPolicy", of_tenant(ranges=ranges))["spec"]
    assert fence["podSelector"]["matchExpressions"] == [{"key": place.SENSOR, "operator": "Exists"}]
    [rule] = fence["egress"]
    assert [port["port"] for port in rule["ports"]] == [443, 6443]
    assert [peer["ipBlock"]["cidr"] for peer in rule.get("to", [])] == ranges


def test_what_no_queue_counts_is_counted() -> None:
    hard = one("ResourceQuota", of_tenant())["spec"]["hard"]
    assert hard == {"count/eventsources.argoproj.io": "7", "count/sensors.argoproj.io": "7"}


def test_the_bus_is_known_by_a_certificate_for_the_name_that_it_is_called_by() -> None:
    objects = of_tenant()
    certificate = one("Certificate", objects)
    told = one("EventBus", objects)["spec"]["jetstreamExotic"]
    space = certificate["metadata"]["namespace"]
    host = told["url"].removeprefix("nats://").removesuffix(f":{place.CLIENT_PORT}")
    assert host == f"{one('Service', objects)['metadata']['name']}.{space}.svc"
    assert host in certificate["spec"]["dnsNames"]
    assert told["tls"]["caCertSecret"] == {"name": certificate["spec"]["secretName"], "key": "ca.crt"}
    volumes = {one["name"]: one for one in one("Deployment", objects)["spec"]["template"]["spec"]["volumes"]}
    assert volumes["served"]["secret"]["secretName"] == certificate["spec"]["secretName"]
    mounts = {entry["name"]: entry["mountPath"] for entry in box(objects)["volumeMounts"]}
    text = one("ConfigMap", objects)["data"][bus.FILE]
    assert box(objects)["command"][-1] == f"{mounts['settings']}/{bus.FILE}"
    assert f'cert_file: "{mounts["served"]}/tls.crt"' in text
    assert f'store_dir: "{mounts["data"]}"' in text
    chosen = one("Service", objects)["spec"]["selector"]
    assert chosen.items() <= one("Deployment", objects)["spec"]["template"]["metadata"]["labels"].items()


def test_the_policies_hold_in_tenants_namespaces() -> None:
    objects = policies.objects()
    bindings = [obj for obj in objects if obj["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert {obj["metadata"]["name"] for obj in bindings} == {
        policies.SIZES,
        policies.SENSORS,
        policies.WORKFLOWS,
    }
    for binding in bindings:
        chosen = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert chosen == [{"key": labels.TENANT, "operator": "Exists"}]


def test_the_example_starts_the_workflow_of_the_other_example_and_keeps_the_tenants_standard() -> None:
    text = (REPO / "examples" / "events" / "nightly.yaml").read_text()
    event, sensor = yaml.safe_load_all(text)
    [dependency] = sensor["spec"]["dependencies"]
    assert dependency["eventSourceName"] == event["metadata"]["name"]
    assert dependency["eventName"] in event["spec"]["calendar"]
    assert sensor["spec"]["template"]["serviceAccountName"] == place.ACCOUNT
    for made in (event, sensor):
        template = made["spec"]["template"]
        pod = {"securityContext": template["securityContext"]}
        assert (
            restricted_violations(
                {"spec": {**pod, "containers": [{"name": "main", **template["container"]}]}}
            )
            == []
        )
    [trigger] = sensor["spec"]["triggers"]
    sent = trigger["template"]["k8s"]["source"]["resource"]
    flowers = (REPO / "examples" / "workflows" / "flowers.yaml").read_text()
    [script] = re.findall(r"sed '(.+?)' examples/workflows", text)
    for old, new in re.findall(r"s/(.+?)/(.+?)/", script):
        assert re.search(old, flowers, re.MULTILINE), old
        flowers = re.sub(old, new, flowers, count=1, flags=re.MULTILINE)
    kept = yaml.safe_load(flowers)
    assert (kept["kind"], kept["metadata"]["name"]) == (
        "WorkflowTemplate",
        sent["spec"]["workflowTemplateRef"]["name"],
    )
