"""The workflow controller's objects: valid, fenced, and like upstream's manifests in all that the program reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import module_of, rendered
from support.specs import minimal
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.tool import Ground, Part
from fairlead.layers.workflows import controller, fence, place, policies, rights, tool
from fairlead.layers.workflows.settings import settings
from fairlead.plan.load import load_plan
from fairlead.plan.workflows_model import CONTROLLER, EXECUTOR, IMAGES, WorkflowsPlan

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: lock.images()[name].reference for name in IMAGES}
PLAN = WorkflowsPlan(True, 1, 604_800, 20)


def made(replicas: int = 1) -> list[Object]:
    told = settings(PLAN, None, None)
    return [
        place.space(),
        *fence.objects(),
        *policies.objects(),
        *rights.objects(archive=False),
        *controller.objects(told, REFERENCES[CONTROLLER], REFERENCES[EXECUTOR], HERE, replicas),
    ]


def one(kind: str, objects: Sequence[Object] | None = None) -> Any:
    [found] = [obj for obj in objects or made() if obj["kind"] == kind]
    return found


def box() -> Mapping[str, Any]:
    [found] = one("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


def manifests() -> list[Object]:
    """What a cluster install of the release consists of, without its server."""
    folder = module_of(place.CHART) / "manifests"
    files = [
        *(folder / "base" / "workflow-controller").glob("*.yaml"),
        *(folder / "cluster-install-no-crds" / "workflow-controller-rbac").glob("*.yaml"),
    ]
    loaded = [obj for path in sorted(files) for obj in yaml.safe_load_all(path.read_text()) if obj]
    return [obj for obj in loaded if obj["kind"] != "Kustomization"]


# ---- by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize(("replicas", "count"), [(1, 16), (2, 17)])
def test_every_object_keeps_its_schema(replicas: int, count: int) -> None:
    objects = made(replicas)
    assert len(objects) == count
    assert [problem for obj in objects for problem in problems(obj)] == []


def test_the_pod_keeps_the_standard_that_its_namespace_demands() -> None:
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    assert one("Namespace")["metadata"] == {"name": place.NAMESPACE, "labels": level}
    assert restricted_violations(one("Deployment")["spec"]["template"]) == []
    assert box()["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_pod_runs_its_own_image_on_the_platforms_nodes_within_limits() -> None:
    pod = one("Deployment")["spec"]["template"]["spec"]
    assert box()["image"] == REFERENCES[CONTROLLER]
    assert f"--executor-image={REFERENCES[EXECUTOR]}" in box()["args"]
    assert pod["nodeSelector"] == HERE
    assert "tolerations" not in pod, "the platform's own nodes have no taint"
    assert set(box()["resources"]["requests"]) == {"cpu", "memory"}
    assert set(box()["resources"]["limits"]) == {"memory"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1), (3, 1)])
def test_a_budget_guards_controllers_of_which_there_are_several(replicas: int, budgets: int) -> None:
    objects = made(replicas)
    found = [obj for obj in objects if obj["kind"] == "PodDisruptionBudget"]
    assert len(found) == budgets
    deployment = one("Deployment", objects)["spec"]
    assert deployment["replicas"] == replicas
    for budget in found:
        assert budget["spec"]["selector"] == deployment["selector"]
        assert budget["spec"]["maxUnavailable"] < replicas


def test_the_service_and_the_probes_lead_to_ports_on_which_the_pod_listens() -> None:
    ports = {port["containerPort"] for port in box()["ports"]}
    spec = one("Service")["spec"]
    assert spec["selector"].items() <= one("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    assert {port["targetPort"] for port in spec["ports"]} == {place.METRICS_PORT} <= ports
    for name in ("readinessProbe", "livenessProbe"):
        assert box()[name]["httpGet"] == {"path": "/healthz", "port": place.PROBE_PORT}
    assert place.PROBE_PORT in ports


def test_nobody_calls_the_controller_but_who_gathers_metrics() -> None:
    policy = {obj["metadata"]["name"]: obj["spec"] for obj in fence.objects()}
    assert policy["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    [rule] = policy[place.NAME]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": place.METRICS_PORT}]
    space = {"matchLabels": {"kubernetes.io/metadata.name": "fairlead-monitoring"}}
    assert rule["from"] == [{"namespaceSelector": space}]
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert policy[place.NAME]["podSelector"]["matchLabels"].items() <= labels.items()


# ---- with an archive ---------------------------------------------------------------------------


def with_archive(days: int | None = 90) -> dict[str, Part]:
    spec = {"workflows": {"enabled": True, "archive_days": days}, "databases": {"enabled": True}}
    images = {name: row.reference for name, row in lock.images().items()}
    handle = ClusterHandle("x", "local", NONE, NONE, {}, images, HERE, {"fairlead-block": "standard"}, {}, [])
    ground = Ground(load_plan(minimal(layers=spec), "test", load()), handle, lambda _: rendered(place.CHART))
    return {part.name: part for part in tool.parts(ground)}


def test_the_controller_stands_behind_its_database_and_checks_whom_it_calls() -> None:
    parts = with_archive()
    assert parts[place.NAME].after == (tool.ARCHIVE,)
    [told] = [obj for obj in parts[place.NAME].objects if obj["kind"] == "ConfigMap"]
    kept = yaml.safe_load(told["data"]["config"])["persistence"]
    assert (kept["archiveTTL"], kept["postgresql"]["sslMode"]) == ("90d", "verify-full")
    deployment = one("Deployment", parts[place.NAME].objects)
    assert problems(deployment) == []
    [found] = deployment["spec"]["template"]["spec"]["containers"]
    certificate = {"name": "PGSSLROOTCERT", "value": "/etc/database/ca.crt"}
    assert certificate in found["env"]
    assert found["volumeMounts"][0]["mountPath"] == "/etc/database"


def test_nothing_is_made_twice_where_the_namespace_stands_already() -> None:
    objects = [obj for part in with_archive().values() for obj in part.rest]
    names = [(obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]) for obj in objects]
    assert len(names) == len(set(names))
    assert "Namespace" not in {kind for kind, _, _ in names}
    alone = [obj for part in with_archive(None).values() for obj in part.rest]
    assert [obj["metadata"]["name"] for obj in alone if obj["kind"] == "Namespace"] == [place.NAMESPACE]


def test_an_archive_without_databases_is_refused() -> None:
    spec = {"workflows": {"enabled": True, "archive_days": 90}}
    with pytest.raises(InputError) as caught:
        load_plan(minimal(layers=spec), "test", load())
    assert [problem.where for problem in caught.value.problems] == ["platform.layers.databases.enabled"]


# ---- against what upstream says ----------------------------------------------------------------


def test_the_pod_says_what_upstreams_says() -> None:
    """Program, variables, ports, probes and user: a release that changes one of them is noticed here."""
    [deployment] = [obj for obj in manifests() if obj["kind"] == "Deployment"]
    [theirs] = deployment["spec"]["template"]["spec"]["containers"]
    ours = box()
    assert ours["command"] == theirs["command"]
    assert theirs["args"] == []
    names = {one["name"] for one in theirs["env"]}
    assert {one["name"] for one in ours["env"]} == names == {"LEADER_ELECTION_IDENTITY"}
    assert {port["containerPort"] for port in ours["ports"]} == {
        port["containerPort"] for port in theirs["ports"]
    }
    probe = theirs["livenessProbe"]
    assert ours["livenessProbe"]["httpGet"] == probe["httpGet"]
    for key in ("initialDelaySeconds", "periodSeconds", "timeoutSeconds"):
        assert ours["livenessProbe"][key] == probe[key]
    [settings_map] = [obj for obj in manifests() if obj["kind"] == "ConfigMap"]
    assert settings_map["metadata"]["name"] == place.SETTINGS


def test_every_argument_is_an_option_of_the_program() -> None:
    source = (module_of(place.CHART) / "cmd" / "workflow-controller" / "main.go").read_text()
    options = set(re.findall(r'Flags\(\)\.\w+\(&\w+, "([a-z-]+)"', source))
    assert {"configmap", "executor-image"} <= options
    assert {argument[2:].partition("=")[0] for argument in box()["args"]} <= options


def test_user_and_places_of_the_programs_are_those_of_upstreams_images() -> None:
    """The executor copies itself into the step's pod from a fixed place."""
    text = (module_of(place.CHART) / "Dockerfile").read_text()
    assert re.findall(r"^USER (\d+)$", text, re.MULTILINE)[:1] == [str(place.USER)]
    for name in IMAGES:
        build = lock.images()[name].build
        assert build is not None
        assert build.binary == f"/bin/{name}"
        assert f"dist/{name} /bin/" in text
        assert build.user == f"{place.USER}:{place.USER}"
    copied = (module_of(place.CHART) / "workflow" / "executor" / "emissary" / "binary.go").read_text()
    assert f'"/bin/{EXECUTOR}"' in copied or f'LookPath("{EXECUTOR}")' in copied


def test_both_programs_are_built_from_the_module_whose_kinds_are_installed() -> None:
    for name in IMAGES:
        build = lock.images()[name].build
        assert build is not None
        assert build.go is not None
        assert build.go.module == lock.charts()[place.CHART].module
        assert build.go.package == f"./cmd/{name}"


def test_the_server_is_left_out_because_the_module_lacks_what_it_embeds() -> None:
    """A release that carries the web interface is noticed here: the server could be built then."""
    assert "//go:embed dist/app" in (module_of(place.CHART) / "ui" / "embed.go").read_text()
    assert not (module_of(place.CHART) / "ui" / "dist").exists()


# ---- the kinds ---------------------------------------------------------------------------------


def test_all_kinds_of_the_module_are_installed_with_their_whole_schema() -> None:
    crds = tool.crds(lambda _: rendered(place.CHART))
    names = {one["spec"]["names"]["plural"] for one in crds}
    assert names == {
        "clusterworkflowtemplates",
        "cronworkflows",
        "workflowartifactgctasks",
        "workfloweventbindings",
        "workflows",
        "workflowtaskresults",
        "workflowtasksets",
        "workflowtemplates",
    }
    assert {one["spec"]["group"] for one in crds} == {place.GROUP}
    [workflows] = [one for one in crds if one["spec"]["names"]["plural"] == "workflows"]
    found = schemas(workflows)[f"{place.GROUP}/v1alpha1", "Workflow"]
    wrong = {"apiVersion": f"{place.GROUP}/v1alpha1", "kind": "Workflow", "spec": {"entrypiont": "main"}}
    assert list(jsonschema.Draft7Validator(found).iter_errors(wrong))
