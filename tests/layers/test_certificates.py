"""cert-manager's objects: the chart's own, valid, fenced, with our images; and the authority behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from pod_security import restricted_violations
from support.charts import chart_values, renderer
from support.specs import minimal
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.certificates import authority, programs
from fairlead.layers.certificates.tool import AUTHORITY, PART, TOOL
from fairlead.layers.tool import Ground, Part
from fairlead.plan.certificates_model import CHART, IMAGES, ISSUER, NAMESPACE
from fairlead.plan.load import load_plan

NONE: Any = None
REFERENCES = {name: lock.images()[name].reference for name in IMAGES}
HERE = {"fairlead.dev/pool": "system"}


def parts(replicas: int = 1) -> dict[str, Part]:
    layers = {"certificates": {"enabled": True, "replicas": replicas}}
    plan = load_plan(minimal(layers=layers), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, HERE, {}, {}, [])
    return {part.name: part for part in TOOL.parts(Ground(plan, handle, renderer([CHART])))}


def of_kind(kind: str, replicas: int = 1) -> dict[str, Any]:
    return {obj["metadata"]["name"]: obj for obj in parts(replicas)[PART].objects if obj["kind"] == kind}


def test_every_object_keeps_its_schema() -> None:
    for obj in parts(2)[PART].rest:
        assert problems(obj) == [], obj["metadata"]["name"]
    kinds = {key: schema for crd in parts()[PART].crds for key, schema in schemas(crd).items()}
    for obj in [*parts()[AUTHORITY].objects, *parts()[AUTHORITY].probes]:
        jsonschema.Draft7Validator(kinds[authority.API, obj["kind"]]).validate(obj)


def test_each_program_runs_its_own_image_under_the_standard_on_the_platforms_nodes() -> None:
    found = of_kind("Deployment")
    assert len(found) == 3
    for one in found.values():
        assert restricted_violations(one["spec"]["template"]) == []
        pod = one["spec"]["template"]["spec"]
        [box] = pod["containers"]
        assert box["image"] == REFERENCES[box["name"]]
        assert box["securityContext"]["readOnlyRootFilesystem"] is True
        assert set(box["resources"]["requests"]) == {"cpu", "memory"}
        assert pod["nodeSelector"] == HERE


def test_pods_are_spread_by_labels_that_they_have() -> None:
    for one in of_kind("Deployment").values():
        template = one["spec"]["template"]
        [rule] = template["spec"]["topologySpreadConstraints"]
        assert rule["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 3)])
def test_budgets_guard_programs_of_which_there_are_several(replicas: int, budgets: int) -> None:
    found = of_kind("PodDisruptionBudget", replicas)
    assert len(found) == budgets
    for name, budget in found.items():
        deployment = of_kind("Deployment", replicas)[name]
        assert deployment["spec"]["replicas"] == replicas
        assert budget["spec"]["selector"] == deployment["spec"]["selector"]


def test_the_fence_has_a_door_for_the_webhook_and_one_for_metrics() -> None:
    policies = of_kind("NetworkPolicy")
    [webhook] = [one for name, one in of_kind("Deployment").items() if name.endswith("webhook")]
    labels = webhook["spec"]["template"]["metadata"]["labels"]
    chosen: Mapping[str, str] = policies["webhook"]["spec"]["podSelector"]["matchLabels"]
    assert chosen.items() <= labels.items()
    [box] = webhook["spec"]["template"]["spec"]["containers"]
    ports = {port["containerPort"] for port in box["ports"]}
    assert {programs.WEBHOOK_PORT, programs.METRICS_PORT} <= ports
    assert f"--secure-port={programs.WEBHOOK_PORT}" in box["args"]


def test_every_value_that_we_set_is_one_that_the_chart_has() -> None:
    def walk(ours: Mapping[str, Any], theirs: Mapping[str, Any], path: str) -> None:
        for key, value in ours.items():
            assert key in theirs or (path, key) in {
                ("acmesolver.image", "digest"),
                ("acmesolver.image", "tag"),
                ("", "fullnameOverride"),
            }, f"{path}.{key}"
            if isinstance(value, Mapping) and theirs.get(key):
                walk(value, theirs[key], f"{path}.{key}".strip("."))

    walk(programs.values(1), chart_values(CHART), "")


def test_nothing_is_left_to_the_controller_manager_and_nothing_runs_beside_the_release() -> None:
    objects = parts()[PART].objects
    assert not [obj for obj in objects if obj.get("aggregationRule")]
    assert not [
        obj
        for obj in objects
        if "rbac.authorization.k8s.io/aggregate-to-edit" in (obj["metadata"].get("labels") or {})
    ]
    assert not [obj for obj in objects if obj["kind"] == "Job"]
    spaces = {obj["metadata"]["namespace"] for obj in objects if obj["metadata"].get("namespace")}
    assert spaces == {NAMESPACE}


def test_the_authority_signs_for_ten_years_and_is_asked_by_one_name() -> None:
    found = {(obj["kind"], obj["metadata"]["name"]): obj["spec"] for obj in parts()[AUTHORITY].objects}
    root = found["Certificate", authority.ROOT]
    assert (root["isCA"], root["duration"], root["renewBefore"]) == (True, "87600h", "8760h")
    assert found["ClusterIssuer", ISSUER] == {"ca": {"secretName": root["secretName"]}}
    assert ("ClusterIssuer", root["issuerRef"]["name"]) in found
    assert parts()[AUTHORITY].after == (PART,)


def test_our_programs_take_every_argument_that_the_chart_gives() -> None:
    from fairlead.tools import wrappers

    for one in of_kind("Deployment").values():
        [box] = one["spec"]["template"]["spec"]["containers"]
        source = (
            wrappers.root() / "cert-manager" / box["name"].removeprefix("cert-manager-") / "main.go"
        ).read_text()
        for argument in box["args"]:
            name = argument.lstrip("-").partition("=")[0]
            assert f'"{name}"' in source or "options.AddConfigFlags" in source, f"{box['name']}: {argument}"
