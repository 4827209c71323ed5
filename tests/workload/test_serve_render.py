"""A model as objects: valid by kinds that others wrote, placed as jobs are, the same on every target."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.charts import rendered
from support.golden import REPO, Golden
from support.strict import schemas

from fairlead import labels
from fairlead.plan.stack import plan_of
from fairlead.spec.layers import stacks
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.workload import serve_render
from fairlead.workload.documents import write
from fairlead.workload.load import load_job
from fairlead.workload.render import render as render_job
from fairlead.workload.scale import Scaling, ServiceScale
from fairlead.workload.scale_render import render as render_scale
from fairlead.workload.serve import ServedModel
from fairlead.workload.serve_load import load_file, load_model
from fairlead.workload.serve_render import AUTOSCALER, FIXED, SCALED, render
from fairlead.workload.serve_state import SERVICE_LABEL

DOMAIN = "ml.example.com"
FILE = REPO / "examples" / "serving" / "flowers.yaml"
BASE: dict[str, Any] = {"name": "flowers", "tenant": "team-a", "format": "sklearn"}
SCALE: dict[str, Any] = {"min": 0, "max": 3, "targets": {"concurrency": 8}}


def model(**changes: Any) -> ServedModel:
    where = {} if "versions" in changes else {"uri": "s3://models/flowers"}
    return load_model({**BASE, **where, **changes}, "test")


def made(kind: str, **changes: Any) -> list[dict[str, Any]]:
    return [one for one in render(model(**changes), DOMAIN) if one["kind"] == kind]


def predictor(**changes: Any) -> dict[str, Any]:
    [one] = made("InferenceService", **changes)
    return one["spec"]["predictor"]


@cache
def kinds() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for chart in ("kserve-crd", "gateway-api", "keda"):
        for one in rendered(chart):
            found |= schemas(one) if one["kind"] == "CustomResourceDefinition" else {}
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"replicas": 3, "args": ["--workers=2"], "server": "mine", "timeout": "5m"},
        {"accelerators": "H100:1", "scale": {**SCALE, "targets": {"accelerator_utilization": 80}, "min": 1}},
        {"accelerators": "H100/1g.10gb:1", "scale": SCALE},
        {"versions": {"1": {"uri": "s3://models/1", "weight": 90}, "2": {"uri": "models:/f@a", "weight": 0}}},
    ],
)
def test_every_object_keeps_the_schema_of_its_kind(changes: dict[str, Any]) -> None:
    for obj in render(model(**changes), DOMAIN):
        schema = jsonschema.Draft7Validator(kinds()[obj["apiVersion"], obj["kind"]])
        assert [error.message for error in schema.iter_errors(obj)] == []


def test_examples_are_the_same_objects_on_every_target(golden: Golden) -> None:
    """No target is asked for: there is one way to render a model, and this is what comes of it everywhere."""
    objects = [obj for one in load_file(FILE) for obj in render(one, "fairlead.internal")]
    golden.check("models/flowers.yaml", write(objects))


@pytest.mark.parametrize("stack", stacks(REPO / "stacks"))
def test_a_model_finds_the_nodes_of_its_accelerator_on_every_target(stack: str) -> None:
    pools = [one for one in plan_of(Path(REPO / "stacks"), stack).pools if one.accelerator]
    for pool in pools:
        name = pool.labels[labels.ACCELERATOR].replace("_", "/", 1)
        pod = predictor(accelerators=f"{name}:1")
        assert pod["nodeSelector"].items() <= pool.labels.items()
        held = {(one["key"], one.get("value")) for one in pod["tolerations"]}
        for taint in pool.taints:
            assert (taint.key, None) in held or (taint.key, taint.value) in held, f"{pool.name}: {taint}"
        assert pool.resource in pod["model"]["resources"]["limits"]
    assert pools


@pytest.mark.parametrize("accelerators", [None, "H100:1", "H100:4", "H100/1g.10gb:1"])
def test_a_replica_stands_and_holds_as_a_job_of_one_node_would(accelerators: str | None) -> None:
    asked = {"accelerators": accelerators} if accelerators else {}
    job = load_job({"name": "x", "tenant": "team-a", "image": "x:1", "run": "x", **asked}, "test")
    train_job = render_job(job)[-1]["spec"]
    [patch] = train_job["runtimePatches"]
    [part] = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    pod = part["template"]["spec"]["template"]["spec"]
    found = predictor(**asked)
    assert found.get("nodeSelector") == pod.get("nodeSelector")
    assert found["tolerations"] == pod["tolerations"]
    assert found["model"]["resources"] == train_job["trainer"]["resourcesPerNode"]


def test_versions_wait_in_the_queue_and_are_reached_inside_alone_under_one_name() -> None:
    versions = {"1": {"uri": "s3://models/1", "weight": 90}, "2": {"uri": "s3://models/2", "weight": 10}}
    found = made("InferenceService", versions=versions, priority="training")
    assert [one["metadata"]["name"] for one in found] == ["flowers-1", "flowers-2"]
    for one in found:
        marks = one["metadata"]["labels"]
        assert (marks[labels.QUEUE], marks[labels.PRIORITY]) == ("inference", "training")
        assert marks[labels.ENDPOINT] == "flowers"
        assert marks["networking.kserve.io/visibility"] == "cluster-local"
    assert [one["spec"]["predictor"]["model"]["storageUri"] for one in found] == [
        "s3://models/1",
        "s3://models/2",
    ]
    assert {one["spec"]["predictor"]["serviceAccountName"] for one in found} == {labels.WORKLOAD_ACCOUNT}


def test_the_route_leads_to_each_version_by_its_weight_and_waits_as_long_as_said() -> None:
    versions = {"1": {"uri": "s3://models/1", "weight": 90}, "2": {"uri": "s3://models/2", "weight": 10}}
    [route] = made("HTTPRoute", versions=versions, timeout="2m")
    assert route["spec"]["hostnames"] == [f"flowers.team-a.{DOMAIN}"]
    assert route["spec"]["parentRefs"] == [{"name": "fairlead", "namespace": "fairlead-gateway"}]
    [rule] = route["spec"]["rules"]
    assert rule["timeouts"] == {"request": "120s"}
    assert [(one["name"], one["port"], one["weight"]) for one in rule["backendRefs"]] == [
        ("flowers-1-predictor", 80, 90),
        ("flowers-2-predictor", 80, 10),
    ]


def test_an_answer_says_which_version_has_given_it() -> None:
    """By a filter of each version's own, by which the gateway counts them apart."""
    versions = {"1": {"uri": "s3://models/1", "weight": 90}, "2": {"uri": "s3://models/2", "weight": 10}}
    [route] = made("HTTPRoute", versions=versions)
    told = [
        header
        for backend in route["spec"]["rules"][0]["backendRefs"]
        for one in backend["filters"]
        for header in one["responseHeaderModifier"]["set"]
    ]
    assert told == [
        {"name": "fairlead-version", "value": "flowers-1"},
        {"name": "fairlead-version", "value": "flowers-2"},
    ]


def test_a_fixed_number_is_kserves_to_keep_and_a_scale_is_kedas() -> None:
    [fixed] = made("InferenceService", replicas=3)
    assert fixed["metadata"]["annotations"] == {AUTOSCALER: FIXED}
    assert (fixed["spec"]["predictor"]["minReplicas"], fixed["spec"]["predictor"]["maxReplicas"]) == (3, 3)
    assert made("ScaledObject", replicas=3) == []
    [scaled] = made("InferenceService", scale=SCALE)
    assert scaled["metadata"]["annotations"] == {AUTOSCALER: SCALED}
    assert not {"minReplicas", "maxReplicas"} & set(scaled["spec"]["predictor"])


def test_each_version_scales_as_a_service_of_the_same_words_would() -> None:
    versions = {"1": {"uri": "s3://models/1"}, "2": {"uri": "s3://models/2"}}
    found = made("ScaledObject", versions=versions, scale=SCALE)
    alike = [
        ServiceScale(
            name=f"flowers-{one}",
            tenant="team-a",
            workload=f"flowers-{one}-predictor",
            **dict(Scaling.model_validate(SCALE)),
        )
        for one in ("1", "2")
    ]
    assert found == [obj for one in alike for obj in render_scale(one)]


def test_the_longest_names_still_fit() -> None:
    versions = {"v" * 9: {"uri": "s3://models/1"}}
    [scaled] = made("ScaledObject", name="m" * 30, versions=versions, scale=SCALE)
    assert len("keda-hpa-" + scaled["metadata"]["name"]) <= 63
    assert len(scaled["spec"]["scaleTargetRef"]["name"] + "-xxxxxxxxxx-xxxxx") <= 253
    assert len(scaled["spec"]["scaleTargetRef"]["name"]) <= 63


def test_an_image_becomes_a_volume() -> None:
    image = "oci://registry.example.com/team-a/flowers:1"
    assert predictor(versions={"1": {"uri": image}})["model"]["storageUri"] == image.replace(
        "oci://", "oci+native://"
    )


def constants() -> str:
    return " ".join(
        (charts.part("kserve", "constants", Cache.default()) / "constants.go").read_text().split()
    )


def test_the_words_are_kserves() -> None:
    text = constants()
    assert 'AutoscalerClass = KServeAPIGroupName + "/autoscalerClass"' in text
    assert f'AutoscalerClassExternal AutoscalerClassType = "{SCALED}"' in text
    assert f'AutoscalerClassNone AutoscalerClassType = "{FIXED}"' in text
    assert 'NetworkVisibility = "networking.kserve.io/visibility"' in text
    assert 'ClusterLocalVisibility = "cluster-local"' in text
    assert f'InferenceServiceLabel = "{SERVICE_LABEL}"' in text
    assert serve_render.workload("x") == "x-predictor"
    assert 'return name + "-" + string(Predictor) }' in text
    assert 'Predictor InferenceServiceComponent = "predictor"' in text
