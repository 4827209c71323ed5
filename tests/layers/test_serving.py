"""KServe's objects: valid, fenced, in Standard mode behind the gateway; servers under the standard, pinned by us."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import renderer
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.chart import Release
from fairlead.contract.handle import ClusterHandle, WorkloadIdentity
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.queue_controller import PODS
from fairlead.layers.serving import controller, fetcher, place, servers
from fairlead.layers.serving.tool import PART, SERVERS, TOOL
from fairlead.layers.tool import Ground, Part
from fairlead.plan.load import load_plan
from fairlead.plan.serving import SERVERS as IMAGES
from fairlead.plan.serving_model import CHART, CONTROLLER, FETCHER, KINDS, NAMESPACE
from fairlead.plan.store_model import AccountToken
from fairlead.plan.tracking_model import IMAGE as MLFLOW
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.workload.signing import VOLUME

NONE: Any = None
ALL = (CONTROLLER, FETCHER, *IMAGES)
REFERENCES = {name: lock.images()[name].reference for name in ALL}
HERE = {"fairlead.dev/pool": "system"}
TOKEN = AccountToken("store", "/var/run/token", 3600)
ON = {name: {"enabled": True} for name in ("certificates", "gateway")}


def ground(replicas: int = 1, token: AccountToken | None = TOKEN) -> Ground:
    tenants = [{"name": "team-a", "groups": ["people"], "quota": {"cpu": "1", "memory": "1Gi"}}]
    layers = {**ON, "serving": {"enabled": True, "replicas": replicas}}
    plan = load_plan(minimal(tenants=tenants, layers=layers), "test", load())
    handle = ClusterHandle(
        "x", "local", NONE, NONE, {}, REFERENCES, HERE, {}, {}, [], identity=WorkloadIdentity({}, {}, token)
    )
    return Ground(plan, handle, renderer([CHART, KINDS]))


def parts(replicas: int = 1) -> dict[str, Part]:
    return {part.name: part for part in TOOL.parts(ground(replicas))}


def of_kind(kind: str, replicas: int = 1) -> dict[str, Any]:
    return {obj["metadata"]["name"]: obj for obj in parts(replicas)[PART].rest if obj["kind"] == kind}


@cache
def kinds() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    made = [
        *parts()[PART].crds,
        *renderer(["cert-manager"])(Release("cert-manager", "x", "x", {"crds": {"enabled": True}})),
    ]
    crds = [one for one in made if one["kind"] == "CustomResourceDefinition"]
    return {key: schema for crd in crds for key, schema in schemas(crd).items()}


def valid(obj: Mapping[str, Any]) -> None:
    schema = kinds().get((obj["apiVersion"], obj["kind"]))
    if schema is None:
        assert problems(obj) == []
    else:
        jsonschema.Draft7Validator(schema).validate(obj)


def test_every_object_keeps_its_schema() -> None:
    one = ground()
    for obj in [*parts(2)[PART].rest, *parts()[SERVERS].objects, *parts()[SERVERS].probes]:
        valid(obj)
    for obj in [*TOOL.tenant(one, one.plan.tenants[0]), *servers.objects(REFERENCES, TOKEN)]:
        valid(obj)


def test_it_stands_behind_the_gateway_and_servers_behind_its_webhooks() -> None:
    found = parts()
    assert found[PART].after == (ENTRANCE,)
    assert found[SERVERS].after == (PART,)
    assert found[SERVERS].probes


def test_the_controller_runs_our_image_alone_under_the_standard() -> None:
    [one] = of_kind("Deployment", 2).values()
    assert restricted_violations(one["spec"]["template"]) == []
    pod = one["spec"]["template"]["spec"]
    [box] = pod["containers"]
    assert box["image"] == REFERENCES[CONTROLLER]
    assert set(box["resources"]["requests"]) == {"cpu", "memory"}
    assert pod["nodeSelector"] == HERE
    assert one["spec"]["replicas"] == 2
    assert place.LABELS.items() <= one["spec"]["template"]["metadata"]["labels"].items()
    [budget] = of_kind("PodDisruptionBudget", 2).values()
    assert budget["spec"]["selector"]["matchLabels"] == place.LABELS
    assert of_kind("PodDisruptionBudget") == {}


def test_the_settings_are_ours() -> None:
    data = of_kind("ConfigMap")["inferenceservice-config"]["data"]
    assert json.loads(data["deploy"]) == {"defaultDeploymentMode": "Standard"}
    ingress = json.loads(data["ingress"])
    assert ingress["enableGatewayApi"] is True
    assert ingress["kserveIngressGateway"] == "fairlead-gateway/fairlead"
    assert ingress["domainTemplate"] == "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"
    assert (ingress["ingressDomain"], ingress["urlScheme"]) == ("fairlead.internal", "https")
    assert json.loads(data["security"]) == {"autoMountServiceAccountToken": False}
    assert json.loads(data["storageInitializer"])["image"] == lock.images()[FETCHER].reference


def test_the_fence_has_a_door_for_the_webhooks_and_one_for_metrics() -> None:
    [box] = of_kind("Deployment")[place.NAME]["spec"]["template"]["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in box["ports"]}
    doors = {
        one["ports"][0]["port"]: one.get("from")
        for one in of_kind("NetworkPolicy")[place.NAME]["spec"]["ingress"]
    }
    assert doors[ports["webhook-server"]] is None
    assert doors[place.METRICS_PORT]
    assert f"--metrics-addr=0.0.0.0:{place.METRICS_PORT}" in box["args"]


def test_nothing_runs_beside_the_controller_and_no_right_is_left_of_what_did() -> None:
    names = {one["metadata"]["name"] for one in parts()[PART].rest}
    assert not [name for name in names if "proxy" in name]
    assert "kube-rbac-proxy" not in json.dumps(
        [obj for obj in parts()[PART].rest if obj["kind"] == "Deployment"]
    )


def test_webhooks_lead_into_the_layers_own_namespace() -> None:
    hooks = [
        hook
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
        for one in of_kind(kind).values()
        for hook in one["webhooks"]
    ]
    assert len(hooks) >= 6
    assert {hook["clientConfig"]["service"]["namespace"] for hook in hooks} == {NAMESPACE}


@pytest.mark.parametrize("server", servers.SERVERS, ids=lambda one: one.name)
def test_each_server_is_pinned_and_runs_under_the_standard(server: servers.Server) -> None:
    [one] = [obj for obj in servers.objects(REFERENCES, TOKEN) if obj["metadata"]["name"] == server.name]
    [box] = one["spec"]["containers"]
    assert box["name"] == servers.CONTAINER
    assert box["image"] == REFERENCES[server.image]
    template = {"metadata": {}, "spec": {"containers": [box], "volumes": one["spec"]["volumes"]}}
    assert restricted_violations(template) == []
    assert [volume["name"] for volume in one["spec"]["volumes"]] == ["shm", VOLUME]


def upstream() -> dict[str, Mapping[str, Any]]:
    """The servers that KServe itself comes with, by their type: out of its module."""
    folder = charts.part(CHART, "runtimes", Cache.default())
    made = [yaml.safe_load(path.read_text()) for path in folder.glob("kserve-*.yaml")]
    return {one["metadata"]["annotations"]["serving.kserve.io/server-type"]: one["spec"] for one in made}


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("fairlead-sklearn", "sklearnserver"),
        ("fairlead-xgboost", "xgbserver"),
        ("fairlead-tensorflow", "tensorflow-serving"),
        ("fairlead-triton", "tritonserver"),
        ("fairlead-vllm", "vllmserver"),
    ],
)
def test_formats_protocols_and_options_are_known_to_those_who_make_the_server(name: str, theirs: str) -> None:
    own = next(one for one in servers.SERVERS if one.name == name)
    other = upstream()[theirs]
    assert set(own.protocols) <= set(other.get("protocolVersions", []))
    assert set(own.formats.items()) <= {
        (one["name"], one["version"]) for one in other["supportedModelFormats"]
    }
    [box] = other["containers"]
    known = {arg.partition("=")[0] for arg in box["args"]}
    more = {
        "--model-repository",
        "--metrics-port",
    }  # of Triton: docs/user_guide/model_repository.md, metrics.md
    assert {arg.partition("=")[0] for arg in own.args} <= known | more


def test_versions_of_an_endpoint_are_asked_for_by_its_name() -> None:
    for one in servers.SERVERS:
        text = " ".join(one.args)
        if one.name != "fairlead-triton":
            assert f"index .Labels `{labels.ENDPOINT}`" in text
            assert '"' not in text, "it is filled in within a JSON text"


def test_what_fetches_models_signs_in_as_the_tenant() -> None:
    made = fetcher.container("image", TOKEN)["spec"]["container"]
    assert made["envFrom"] == [{"configMapRef": {"name": labels.OBJECT_STORE, "optional": True}}]
    assert made["volumeMounts"] == [{"name": VOLUME, "mountPath": TOKEN.folder, "readOnly": True}]
    assert "volumeMounts" not in fetcher.container("image", None)["spec"]["container"]


def test_one_thing_fetches_models_and_no_other() -> None:
    """KServe takes whichever fits and comes first: beside the chart's own one it was chance which one that was."""
    every = [obj for part in parts().values() for obj in part.objects]
    assert [obj["metadata"]["name"] for obj in every if obj["kind"] == fetcher.KIND] == ["fairlead"]


def test_models_of_the_registry_are_fetched_by_its_own_client_in_the_tenants_name() -> None:
    made = fetcher.registry("mlflow")
    valid(made)
    spec = made["spec"]
    assert spec["supportedUriFormats"] == [{"prefix": "models:/"}]
    box = spec["container"]
    assert box["envFrom"] == [{"configMapRef": {"name": labels.TRACKING}}]
    assert restricted_violations({"metadata": {}, "spec": {"containers": [box]}}) == []
    argv = subprocess.run(  # what KServe hands over: the address, then the folder
        [*box["command"][:2], box["command"][2].replace("exec", "echo"), "models:/a b/1", "/mnt/models"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert argv == "python3 -m mlflow artifacts download -u models:/a b/1 -d /mnt/models\n"


def test_the_registrys_client_is_there_where_the_registry_is_and_takes_no_other_address() -> None:
    kept = fetcher.container("image", None)["spec"]["supportedUriFormats"]
    for form in kept:
        assert not "models:/flowers/1".startswith(form.get("prefix", "nothing"))
        assert not re.match(form.get("regex", "^$"), "models:/flowers/1")
    one = ground()
    tracked = replace(one.plan, tracking=replace(one.plan.tracking, enabled=True))
    images = {**REFERENCES, MLFLOW: "mlflow"}
    found = TOOL.parts(replace(one, plan=tracked, handle=replace(one.handle, images=images)))
    names = [obj["metadata"]["name"] for part in found for obj in part.objects if obj["kind"] == fetcher.KIND]
    assert names == ["fairlead", "fairlead-registry"]


def test_servers_take_more_cores_than_they_asked_for_while_those_idle() -> None:
    """As jobs do. KServe fills in what a predictor lacks, and a limit below what it asks for would be refused."""
    for one in servers.objects(REFERENCES, TOKEN):
        [box] = one["spec"]["containers"]
        assert set(box["resources"]["limits"]) == {"memory"}
    given = json.loads(of_kind("ConfigMap")["inferenceservice-config"]["data"]["inferenceService"])
    assert given["resource"]["cpuLimit"] == ""
    assert given["resource"]["memoryLimit"] != ""


def test_no_key_is_known_to_the_settings() -> None:
    text = yaml.safe_dump(controller.values("x.example.com"))
    assert "SECRET" not in text.upper().replace("SECRETSPEC", "")


def test_a_model_without_a_queue_is_refused_where_there_are_queues() -> None:
    found = of_kind("ValidatingAdmissionPolicy")["fairlead-serving-queued"]["spec"]
    [rule] = found["validations"]
    assert f"'{labels.QUEUE}' in object.metadata.labels" in rule["expression"]
    assert "inference" in rule["message"]


def test_pods_that_wait_are_known_by_the_label_that_kserve_gives_them() -> None:
    text = (charts.part(CHART, "constants", Cache.default()) / "constants.go").read_text()
    assert f'InferenceServiceLabel = "{PODS["serving"]}"' in re.sub(r" +", " ", text)


def test_pods_of_models_bear_the_labels_by_which_the_target_knows_users_of_an_identity() -> None:
    marks = {"azure.workload.identity/use": "true"}
    made = servers.objects(REFERENCES, None, marks)
    assert made
    for obj in made:
        valid(obj)
        assert marks.items() <= obj["spec"]["labels"].items()
    assert not any(marks.keys() & obj["spec"]["labels"].keys() for obj in servers.objects(REFERENCES, None))


def test_servers_that_tell_something_are_asked_at_their_port() -> None:
    asked = {
        obj["metadata"]["name"]: obj["spec"]["labels"].get("fairlead.dev/metrics")
        for obj in servers.objects(REFERENCES, None)
    }
    assert asked["fairlead-sklearn"] == "8080"
    assert asked["fairlead-triton"] == "8002"
    assert asked["fairlead-tensorflow"] is None
