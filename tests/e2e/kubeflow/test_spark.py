"""Spark: the real operator, the real Kueue and real Java processes on the real node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, Stage, throughout, until
from fairlead import labels
from fairlead.layers.spark import place, policies
from fairlead.plan.spark_model import NAMESPACE

pytestmark = pytest.mark.e2e

TENANT, QUEUE = "team-a", "training"
GPU = "nvidia.com/gpu"
DRIVER = f"system:serviceaccount:{TENANT}:{place.ACCOUNT}"
PROGRAM, EXAMPLE = yaml.safe_load_all((ROOT / "examples" / "spark" / "squares.yaml").read_text())


@pytest.fixture
def stage(tools: Stage) -> Stage:
    """A platform on which Spark applications run."""
    return tools


@pytest.fixture
def held(stage: Stage) -> Iterator[Stage]:
    """The tenant's queue lets nothing go."""

    def told(policy: str) -> None:
        patch = json.dumps({"spec": {"stopPolicy": policy}})
        stage.kubectl("patch", "localqueue", QUEUE, "-n", TENANT, "--type=merge", "-p", patch)

    told("Hold")
    yield stage
    told("None")


def application(name: str, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The example under another name, with these fields: a path with dots -> its value."""
    made = deepcopy(EXAMPLE)
    made["metadata"]["name"] = name
    for path, value in (change or {}).items():
        *above, last = path.split("/")
        inner = made["spec"]
        for key in above:
            inner = inner.setdefault(key, {})
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return made


def state(stage: Stage, name: str) -> dict[str, Any]:
    found = json.loads(stage.kubectl("get", "sparkapplication", name, "-n", TENANT, "-o", "json"))
    return found.get("status", {}).get("applicationState", {})


def pods(stage: Stage, name: str, role: str) -> list[dict[str, Any]]:
    chosen = f"{place.GROUP}/app-name={name},{place.ROLE}={role}"
    return json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def gated(pod: Mapping[str, Any]) -> bool:
    return policies.GATE in {gate["name"] for gate in pod["spec"].get("schedulingGates", [])}


def workload(stage: Stage, owner: str) -> dict[str, Any]:
    [found] = stage.workloads_of(owner)
    return found


def removed(stage: Stage, kind: str, name: str) -> None:
    stage.kubectl("delete", kind, name, "-n", TENANT, "--timeout=120s")
    until("its pods are gone", lambda: not pods(stage, name, place.DRIVER), 180)


def test_the_layer_is_healthy(stage: Stage) -> None:
    [line] = [one for one in stage.fairlead("status").splitlines() if one.startswith("spark ")]
    assert "healthy" in line


def test_an_application_waits_in_the_queue_and_then_computes(stage: Stage, held: Stage) -> None:
    """The example as it stands: a driver that the operator sends, and an executor that the driver makes."""
    stage.sent({"apiVersion": "v1", "kind": "List", "items": [PROGRAM, EXAMPLE]})
    [driver] = until("its driver is there", lambda: pods(stage, "squares", place.DRIVER), 300)
    throughout("it waits", lambda: all(map(gated, pods(stage, "squares", place.DRIVER))), 5)
    assert driver["spec"]["serviceAccountName"] == place.ACCOUNT
    patch = json.dumps({"spec": {"stopPolicy": "None"}})
    held.kubectl("patch", "localqueue", QUEUE, "-n", TENANT, "--type=merge", "-p", patch)
    [executor] = until("it has its executor", lambda: pods(stage, "squares", place.EXECUTOR), 400)
    assert executor["spec"]["serviceAccountName"] == labels.WORKLOAD_ACCOUNT
    assert "kube-api-access" not in str(executor["spec"]["volumes"])
    for pod in (driver, executor):
        assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "50m", "memory": "768Mi"}
    admitted = until(
        "it is let go", lambda: workload(stage, executor["metadata"]["name"])["status"].get("admission")
    )
    [assigned] = admitted["podSetAssignments"]
    assert assigned["resourceUsage"]["cpu"] == "50m"
    ended = until("it ends", lambda: _ended(stage, "squares"), 600)
    told = stage.kubectl("logs", "-n", TENANT, driver["metadata"]["name"], "--tail=-1")
    assert ended == {"state": "COMPLETED"}, told[-3000:]
    name = executor["metadata"]["name"]
    assert f"the sum of squares is {sum(x * x for x in range(1000))}, made on ['{name}']" in told
    until("its executor is gone", lambda: not pods(stage, "squares", place.EXECUTOR), 120)
    until("its place is free", lambda: _finished(workload(stage, driver["metadata"]["name"])))
    stage.kubectl("delete", "configmap", "squares", "-n", TENANT)
    removed(stage, "sparkapplication", "squares")


def _ended(stage: Stage, name: str) -> dict[str, Any]:
    found = state(stage, name)
    return found if found.get("state") in ("COMPLETED", "FAILED", "SUBMISSION_FAILED") else {}


def _finished(workload: Mapping[str, Any]) -> list[Any]:
    conditions = workload["status"].get("conditions", [])
    return [one for one in conditions if one["type"] == "Finished" and one["status"] == "True"]


def test_what_comes_by_the_clock_waits_too_where_it_does_not_fit_into_the_quota(stage: Stage) -> None:
    spec = application("large", {"driver/gpu": {"name": GPU, "quantity": 8}})["spec"]
    clock = {"schedule": "@every 5s", "concurrencyPolicy": "Forbid", "template": spec}
    stage.sent({**EXAMPLE, "kind": "ScheduledSparkApplication", "metadata": _named("large"), "spec": clock})

    def run() -> str:
        found = [one["metadata"]["name"] for one in stage.objects("sparkapplications", TENANT)]
        return next((name for name in found if name.startswith("large-")), "")

    name = until("it has sent one", run, 120)
    [driver] = until("that has a driver", lambda: pods(stage, name, place.DRIVER), 300)
    assert driver["spec"]["containers"][0]["resources"]["limits"][GPU] == "8"
    until("it waits", lambda: workload(stage, driver["metadata"]["name"])["status"].get("conditions"))
    throughout("it goes on waiting", lambda: all(map(gated, pods(stage, name, place.DRIVER))), 10)
    assert not pods(stage, name, place.EXECUTOR)
    stage.kubectl("delete", "scheduledsparkapplication", "large", "-n", TENANT, "--timeout=120s")
    until("its pods are gone", lambda: not pods(stage, name, place.DRIVER), 180)


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": TENANT}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"driver/labels": None}, "drivers wait in a queue"),
        ({"executor/labels": {"a": "b"}}, "executors wait in a queue"),
        ({"mode": "client"}, "mode must be cluster"),
        ({"mainApplicationFile": "--deploy-mode=client"}, "takes what has no such beginning for an option"),
        ({"mainApplicationFile": ""}, "mainApplicationFile must name"),
        ({"sparkConf": {"spark.kubernetes.namespace": "team-b"}}, "sparkConf has a setting"),
        (
            {"sparkConf": {"spark.kubernetes.driver.podTemplateFile": "/etc/passwd"}},
            "sparkConf has a setting",
        ),
        ({"hadoopConf": {"hadoop.security.group.mapping": "x"}}, "hadoopConf says"),
        ({"deps": {"packages": ["a:b:1"]}}, "deps.packages is not offered"),
        ({"deps": {"files": ["local:///a,/var/run/secrets/x"]}}, "deps.files must name"),
        ({"driver/template": {"metadata": {"namespace": "team-b"}}}, "driver.template names no namespace"),
    ],
)
def test_what_would_run_past_the_queue_or_with_the_operators_rights_is_refused(
    stage: Stage, change: Mapping[str, Any], said: str
) -> None:
    made = application("no", change)
    clock = {"schedule": "@every 5s", "template": made["spec"]}
    again = {**made, "kind": "ScheduledSparkApplication", "spec": clock}
    for one in (made, again):
        assert said in stage.sent(one, check=False), one["kind"]


def pod(**meta: Any) -> dict[str, Any]:
    """As a driver makes one."""
    sealed = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 185,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    asked = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}
    box = {"name": "x", "image": "x:1", "resources": asked, "securityContext": sealed}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "made-by-hand", "namespace": TENANT, **meta},
        "spec": {"containers": [box]},
    }


def as_driver(stage: Stage, made: Mapping[str, Any]) -> str:
    told = ("create", "--dry-run=server", "-o", "json", "-f", "-", "--as", DRIVER)
    return stage.kubectl(*told, given=made, check=False)


def test_a_driver_makes_no_pod_that_does_not_wait(stage: Stage) -> None:
    """Its program is the tenant's: it may do all that its account may."""
    mark = {place.LAUNCHED: "true"}
    assert gated(json.loads(as_driver(stage, pod(labels={**mark, labels.QUEUE: QUEUE}))))
    assert gated(json.loads(as_driver(stage, pod(labels=mark))))
    assert "no mark by which Kueue would hold it back" in as_driver(stage, pod())
    other = {"kueue.x-k8s.io/prebuilt-workload-name": "another"}
    assert "waits by itself" in as_driver(stage, pod(labels={**mark, **other}))
    assert "waits by itself" in as_driver(
        stage, pod(labels=mark, annotations={"kueue.x-k8s.io/pod-suspending-parent": "x"})
    )


def test_a_driver_takes_away_executors_alone(stage: Stage) -> None:
    stage.kubectl("create", "-f", "-", given=pod())
    told = stage.kubectl("delete", "pod", "made-by-hand", "-n", TENANT, "--as", DRIVER, check=False)
    assert "executors alone" in told
    told = stage.kubectl("delete", "pods", "--all", "-n", TENANT, "--as", DRIVER, check=False)
    assert "executors alone" in told
    stage.kubectl("label", "pod", "made-by-hand", "-n", TENANT, f"{place.ROLE}={place.EXECUTOR}")
    stage.kubectl("delete", "pod", "made-by-hand", "-n", TENANT, "--as", DRIVER, "--timeout=120s")


def test_members_send_and_strangers_do_not_and_the_operator_makes_pods_in_tenants_alone(stage: Stage) -> None:
    operator = f"system:serviceaccount:{NAMESPACE}:{place.OPERATOR}"

    def may(who: str, verb: str, what: str, where: str, *groups: str) -> bool:
        given = [part for group in groups for part in ("--as-group", group)]
        said = stage.kubectl("auth", "can-i", verb, what, "-n", where, "--as", who, *given, check=False)
        return said.split()[-1] == "yes"

    for kind in place.KINDS:
        assert may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, TENANT)
        assert not may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, "team-b")
    assert not may("somebody", "create", f"sparkconnects.{place.GROUP}", TENANT, TENANT)
    assert may(operator, "create", "pods", TENANT)
    assert not may(operator, "create", "pods", "default")
    assert not may(operator, "get", "secrets", TENANT)
    assert may(DRIVER, "create", "pods", TENANT)
    assert not may(DRIVER, "create", "pods", "team-b")
    assert not may(DRIVER, "patch", "pods", TENANT)
    assert not may(DRIVER, "get", "secrets", TENANT)
