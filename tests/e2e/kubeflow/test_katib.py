"""Katib: the real programs, the real Kueue, the real PostgreSQL; trials that really train."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.kubeflow.clients import answered, installed
from e2e.stage import IMAGE, ROOT, Stage, throughout, until
from e2e.tools.database import sql
from e2e.tuning import OTHER, SEALED, TENANT, USER, experiment
from fairlead import labels
from fairlead.layers.katib import place
from fairlead.plan.katib_model import CONTROLLER, MANAGER, NAMESPACE

pytestmark = pytest.mark.e2e

EXPERIMENT = "learning-rate"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def example() -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / "examples" / "katib" / "learning-rate.yaml").read_text())


@pytest.fixture(scope="module")
def tuned(tools: Stage, example: Mapping[str, Any]) -> dict[str, Any]:
    """The example, sent by a member, when it has ended; and how many of its trials ran at once."""
    tools.sent(example)
    together = until("two trials run at once", lambda: running(tools, EXPERIMENT) == 2, 300)
    assert together
    until("it has ended", lambda: condition(tools, EXPERIMENT), 600)
    return one(tools, "experiment", EXPERIMENT)


def one(stage: Stage, kind: str, name: str) -> dict[str, Any]:
    return json.loads(stage.kubectl("get", kind, name, "-n", TENANT, "-o", "json"))


def trials(stage: Stage, experiment: str) -> list[dict[str, Any]]:
    chosen = f"katib.kubeflow.org/experiment={experiment}"
    return json.loads(stage.kubectl("get", "trials", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def running(stage: Stage, experiment: str) -> int:
    """Pods of its trials that run."""
    chosen = f"katib.kubeflow.org/experiment={experiment},{place.TRIAL}"
    found = json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]
    return sum(pod["status"].get("phase") == "Running" for pod in found)


def condition(stage: Stage, experiment: str) -> str:
    """How it has ended; nothing while it goes on."""
    said = one(stage, "experiment", experiment).get("status", {}).get("conditions", [])
    ended = [c["type"] for c in said if c["status"] == "True" and c["type"] in ("Succeeded", "Failed")]
    return ended[0] if ended else ""


def measured(stage: Stage, metric: str) -> dict[str, list[float]]:
    """Trial -> what PostgreSQL has of the metric."""
    found: dict[str, list[float]] = {}
    query = f"select trial_name, value from observation_logs where metric_name = '{metric}'"
    for row in sql(stage, query, place.DATABASE):
        name, value = row.split("|")
        found.setdefault(name, []).append(float(value))
    return found


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("katib ")]
    assert "healthy" in line


# ---- the example --------------------------------------------------------------------------------


def test_an_experiment_of_a_member_finds_the_best_of_its_trials(
    tuned: Mapping[str, Any], tools: Stage
) -> None:
    status = tuned["status"]
    assert condition(tools, EXPERIMENT) == "Succeeded", status
    assert status["trialsSucceeded"] == 4
    best = status["currentOptimalTrial"]
    lowest = {
        name: min(values) for name, values in measured(tools, "loss").items() if name.startswith(EXPERIMENT)
    }
    assert len(lowest) == 4
    assert best["bestTrialName"] == min(lowest, key=lambda name: lowest[name])
    metrics = {one["name"]: one for one in best["observation"]["metrics"]}
    assert float(metrics["loss"]["min"]) == min(lowest.values())
    assert float(metrics["accuracy"]["max"]) > 0.5
    assert len(set(lowest.values())) > 1, "settings make a difference"


def test_every_trial_was_let_go_by_the_queue(tuned: Mapping[str, Any], tools: Stage) -> None:
    assert tuned
    names = {trial["metadata"]["name"] for trial in trials(tools, EXPERIMENT)}
    admitted = {
        ref["name"]: one
        for one in tools.objects("workloads", TENANT)
        for ref in one["metadata"].get("ownerReferences", [])
        if ref["kind"] == "TrainJob" and ref["name"] in names
    }
    assert set(admitted) == names
    for one_ in admitted.values():
        assert one_["spec"]["queueName"] == "training"
        said = {c["type"]: c["status"] for c in one_["status"]["conditions"]}
        assert said["Admitted"] == said["Finished"] == "True"


def test_what_proposes_the_trials_goes_when_the_experiment_has_ended(
    tuned: Mapping[str, Any], tools: Stage
) -> None:
    chosen = f"{place.SUGGESTION}={EXPERIMENT}"
    assert tuned["status"]["conditions"]
    until(
        "its pod is gone", lambda: not tools.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "name")
    )


# ---- the clients that users know ----------------------------------------------------------------

CLIENTS = """\
import json
import sys

from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.katib import KatibClient
from kubeflow.optimizer import OptimizerClient, RandomSearch, Search, TrialConfig
from kubeflow.trainer import CustomTrainer, TrainJobTemplate

told = json.load(sys.stdin)
client = KatibClient(config_file=told["kubeconfig"], namespace=told["tenant"])
name = told["experiment"]["metadata"]["name"]
client.create_experiment(told["experiment"])
client.wait_for_experiment_condition(name, timeout=400, polling_interval=2)
best = client.get_optimal_hyperparameters(name)
found = {
    "best": best.best_trial_name,
    "settings": {one.name: one.value for one in best.parameter_assignments},
    "metrics": {one.name: one.min for one in best.observation.metrics},
    "trials": [one.metadata.name for one in client.list_trials(name)],
    "kept": [
        (one.metric.name, one.metric.value)
        for one in client.get_trial_metrics(best.best_trial_name, db_manager_address=told["manager"])
    ],
}
client.delete_experiment(name)

optimizer = OptimizerClient(KubernetesBackendConfig(config_file=told["kubeconfig"], namespace=told["tenant"]))
job = optimizer.get_job(told["tuned"])
found["job"] = {"status": job.status, "trials": len(job.trials)}
found["results"] = optimizer.get_best_results(told["tuned"]).parameters


def train(rate):
    print(f"loss={rate}")


try:
    optimizer.optimize(
        TrainJobTemplate(trainer=CustomTrainer(func=train), runtime="torch-distributed"),
        search_space={"rate": Search.uniform(0.1, 1)},
        trial_config=TrialConfig(num_trials=1, parallel_trials=1),
        algorithm=RandomSearch(),
    )
except RuntimeError as error:
    found["refused"] = str(error.__cause__)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages of the clients lie: they need an older protobuf than this project."""
    return installed("katib-clients.txt", tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def driven(tools: Stage, clients: Path, tuned: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the clients of Katib and of Kubeflow have seen."""
    with tools.forwarded(NAMESPACE, MANAGER, place.API_PORT) as port:
        told = {
            "kubeconfig": str(tools.kubeconfig),
            "tenant": TENANT,
            "experiment": experiment("penalty"),
            "manager": f"127.0.0.1:{port}",
            "tuned": tuned["metadata"]["name"],
        }
        return answered(CLIENTS, told, clients, 600)


def test_the_client_of_katib_sends_waits_and_reads_what_the_database_keeps(driven: Mapping[str, Any]) -> None:
    assert len(driven["trials"]) == 3
    assert driven["best"] in driven["trials"]
    assert driven["kept"] == [["error", driven["metrics"]["error"]]]
    assert float(driven["settings"]["penalty"]) > 1, "without a penalty the line follows the noise"


def test_the_client_of_kubeflow_reads_experiments_and_cannot_name_a_queue(driven: Mapping[str, Any]) -> None:
    """Version 0.5.0 has no word for labels of a trial: what it sends is refused, and told why."""
    assert driven["job"] == {"status": "Complete", "trials": 4}
    assert set(driven["results"]) == {"rate", "width"}
    assert "a trial waits in a queue of its own tenant" in driven["refused"]


def test_what_a_trial_measured_goes_with_it(driven: Mapping[str, Any], tools: Stage) -> None:
    until("its rows are gone", lambda: not set(driven["trials"]) & set(measured(tools, "error")))
    assert len(measured(tools, "loss")) == 4, "those of others stay"


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (experiment("no", {"metadata": {}}), "a trial waits in a queue of its own tenant"),
        (
            experiment("no", {"metadata": {"labels": {labels.QUEUE: OTHER}}}),
            "a trial waits in a queue of its own tenant",
        ),
        (experiment("no", algorithm={"algorithmName": "enas"}), "failed to find suggestion config"),
        (
            experiment("no", earlyStopping={"algorithmName": "medianstop"}),
            "failed to find early stopping config",
        ),
    ],
    ids=["no-queue", "anothers-queue", "enas", "early-stopping"],
)
def test_what_would_pass_the_queue_or_cannot_work_is_refused(
    tools: Stage, made: Mapping[str, Any], said: str
) -> None:
    """All that the policies refuse: tests/e2e/test_katib_api.py."""
    assert said in tools.sent(made, check=False)


def test_a_value_that_takes_the_queue_away_makes_no_trial(tools: Stage) -> None:
    """Values are put into the template as text: this one closes what is open, and writes labels anew."""
    made = experiment("sly")
    value = 'default-scheduler"}}},"metadata":{"labels":{"free":"true"}},"x":{"x":{"x":{"y":"'
    made["spec"]["parameters"] = [
        {"name": "name", "parameterType": "categorical", "feasibleSpace": {"list": [value]}}
    ]
    made["spec"] |= {"algorithm": {"algorithmName": "random"}, "maxTrialCount": 1, "parallelTrialCount": 1}
    template = made["spec"]["trialTemplate"]
    template["trialParameters"] = [{"name": "name", "reference": "name"}]
    pod = template["trialSpec"]["spec"]["template"]["spec"]
    pod["schedulerName"] = "${trialParameters.name}"
    pod["containers"][0]["args"] = ["true"]
    tools.sent(made)

    def proposed() -> bool:
        found = tools.kubectl("get", "suggestion", "sly", "-n", TENANT, "-o", "json", check=False)
        return '"suggestionCount": 1' in found

    until("a trial is proposed", proposed, 180)
    throughout("none is made", lambda: not trials(tools, "sly"), 10)
    told = tools.kubectl("logs", "-n", NAMESPACE, f"deployment/{CONTROLLER}", "--tail=-1")
    assert "a trial waits in a queue of its own tenant" in told
    assert not [job for job in tools.objects("jobs", TENANT) if job["metadata"]["name"].startswith("sly-")]
    tools.kubectl("delete", "experiment", "sly", "-n", TENANT, "--timeout=60s")


# ---- rights and doors ---------------------------------------------------------------------------


def test_members_send_experiments_and_read_trials_and_the_controller_makes_things_in_tenants_alone(
    tools: Stage,
) -> None:
    controller = f"system:serviceaccount:{NAMESPACE}:{CONTROLLER}"

    def may(who: str, verb: str, what: str, where: str, *groups: str) -> bool:
        given = [part for group in groups for part in ("--as-group", group)]
        said = tools.kubectl("auth", "can-i", verb, what, "-n", where, "--as", who, *given, check=False)
        return said.split()[-1] == "yes"

    assert may("somebody", "create", f"experiments.{place.GROUP}", TENANT, TENANT)
    assert may("somebody", "list", f"trials.{place.GROUP}", TENANT, TENANT)
    assert not may("somebody", "create", f"trials.{place.GROUP}", TENANT, TENANT)
    assert not may("somebody", "create", f"experiments.{place.GROUP}", OTHER, TENANT)
    assert may(controller, "create", "jobs.batch", TENANT)
    assert not may(controller, "create", "jobs.batch", "default")
    assert not may(controller, "create", "roles.rbac.authorization.k8s.io", TENANT)
    assert not may(controller, "get", "secrets", TENANT)


@pytest.mark.parametrize(("labelled", "said"), [(True, "open"), (False, "closed")])
def test_pods_of_trials_reach_what_keeps_metrics_and_no_others_do(
    tools: Stage, labelled: bool, said: str
) -> None:
    host = f"{MANAGER}.{NAMESPACE}"
    program = (
        "import socket, time\n"
        "said = 'closed'\n"
        # What lets a new pod through comes a moment after the pod.
        f"for _ in range({20 if labelled else 1}):\n"
        "    try:\n"
        f"        socket.create_connection(('{host}', {place.API_PORT}), 5).close(); said = 'open'; break\n"
        "    except OSError: time.sleep(1)\n"
        "print(said)\n"
    )
    box = {
        "name": "main",
        "image": IMAGE,
        "command": ["python3", "-c", program],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": SEALED,
    }
    name = f"asks-{said}"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": TENANT,
            "labels": {place.TRIAL: "nobodys"} if labelled else {},
        },
        "spec": {"restartPolicy": "Never", "securityContext": USER, "containers": [box]},
    }
    tools.kubectl("create", "-f", "-", given=pod)
    until("it has ended", lambda: one(tools, "pod", name)["status"].get("phase") == "Succeeded", 120)
    told = tools.kubectl("logs", name, "-n", TENANT).strip()
    tools.kubectl("delete", "pod", name, "-n", TENANT)
    assert told == said
