"""Rendering: pure, the same everywhere, and what a cluster would accept."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from crd_schema import problems
from hypothesis import given
from hypothesis import strategies as st
from job_samples import EXAMPLES, job
from support.rendered_pods import check_core, expanded, job_set_spec, pod, restricted_violations

from fairlead import labels
from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError
from fairlead.workload import silence
from fairlead.workload.load import load_file
from fairlead.workload.model import RESTARTS, TrainingJob
from fairlead.workload.render import HASH, render, script
from fairlead.workload.runtime import LAUNCHER, runtime, runtime_name, runtimes, unexpanded

FULL: dict[str, Any] = {
    "accelerators": "H100:8",
    "num_nodes": 4,
    "stage": "testing",
    "priority": "inference",
    "setup": "pip install -e .",
    "run": "torchrun train.py",
    "envs": {"STEPS": "10"},
    "secrets": {"HF_TOKEN": "hub/token"},
    "file_mounts": {"/data": {"claim": "datasets", "read_only": True}, "/scratch": "scratch"},
    "checkpoint": {"size": "50Gi"},
    "max_restarts": 3,
    "timeout": "2h",
    "labels": {"team": "vision"},
    "annotations": {"simulation.fairlead.dev/run-for": "20s"},
}


def train_job(of: TrainingJob) -> dict[str, Any]:
    return render(of)[-1]


def container(of: TrainingJob) -> dict[str, Any]:
    return pod(train_job(of), runtime(of.max_restarts))["spec"]["containers"][0]


def env(of: TrainingJob) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container(of)["env"]}


EXAMPLE_JOBS = [job for file in sorted(EXAMPLES.glob("*.yaml")) for job in load_file(file)]
SEVERAL = [job(), job(**FULL), *EXAMPLE_JOBS]


@pytest.mark.parametrize("of", SEVERAL, ids=lambda j: j.name)
def test_the_train_job_is_exactly_what_the_pinned_crd_allows(of: TrainingJob) -> None:
    assert problems(train_job(of)) == []


def test_the_crd_check_notices_an_unknown_key_and_a_wrong_type() -> None:
    good = train_job(job())
    good["spec"]["trainer"]["numNodez"] = 2
    good["spec"]["trainer"]["numNodes"] = "2"
    assert len(problems(good)) == 2


@pytest.mark.parametrize("of", runtimes(), ids=lambda r: r["metadata"]["name"])
def test_every_runtime_is_exactly_what_the_pinned_crd_allows(of: dict[str, Any]) -> None:
    assert problems(of) == []


@pytest.mark.parametrize("of", SEVERAL, ids=lambda j: j.name)
def test_the_pods_and_claims_are_valid_kubernetes_objects(of: TrainingJob) -> None:
    *claims, main = render(of)
    check_core(pod(main, runtime(of.max_restarts)))
    for claim in claims:
        check_core(claim)


@pytest.mark.parametrize("of", SEVERAL, ids=lambda j: j.name)
def test_the_pods_keep_pod_security_restricted(of: TrainingJob) -> None:
    made = pod(train_job(of), runtime(of.max_restarts))
    assert restricted_violations(made) == []
    assert made["spec"]["automountServiceAccountToken"] is False
    del made["spec"]["securityContext"]["seccompProfile"]
    assert restricted_violations(made) == ["seccompProfile"]


def test_rendering_depends_on_nothing_but_the_job_and_its_accelerators_row() -> None:
    catalog = load_catalog()
    row = catalog.accelerators["H100"]
    bare = dataclasses.replace(
        catalog, accelerators={"H100": row}, machines={}, targets={}, capabilities={}, limits={}
    )
    assert render(job(**FULL), catalog) == render(job(**FULL), bare) == render(job(**FULL))


def test_the_job_waits_in_its_stages_queue_with_its_priority() -> None:
    assert train_job(job())["metadata"]["labels"][labels.QUEUE] == "training"
    assert train_job(job())["metadata"]["labels"][labels.PRIORITY] == "training"
    full = train_job(job(**FULL))["metadata"]["labels"]
    assert (full[labels.QUEUE], full[labels.PRIORITY]) == ("testing", "inference")


def test_only_the_queue_decides_when_the_job_starts() -> None:
    for of in SEVERAL:
        assert "suspend" not in train_job(of)["spec"]
        managers = [patch["manager"] for patch in train_job(of)["spec"]["runtimePatches"]]
        assert managers == ["fairlead.dev/workload"]


def test_accelerators_bring_request_limit_toleration_and_node_label() -> None:
    made = pod(train_job(job(**FULL)), runtime(3))["spec"]
    resources = made["containers"][0]["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == "8"
    own = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert made["tolerations"] == [own, *every_targets_own(), *silence.tolerations()]
    assert made["nodeSelector"] == {labels.ACCELERATOR: "H100"}


def every_targets_own() -> list[dict[str, str]]:
    rows = load_catalog().taints.values()
    assert rows
    return [{"key": r.key, "operator": "Equal", "value": r.value, "effect": r.effect} for r in rows]


def test_a_job_without_accelerators_tolerates_only_what_targets_put_there_themselves() -> None:
    made = pod(train_job(job()), runtime(0))["spec"]
    assert made["tolerations"] == [*every_targets_own(), *silence.tolerations()]
    vendors = {row.resource for row in load_catalog().accelerators.values()}
    assert not vendors & {one["key"] for one in made["tolerations"]}
    assert made["containers"][0]["resources"] == {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"memory": "1Gi"},
    }


def test_cores_and_memory_follow_the_catalogue_unless_said() -> None:
    row = load_catalog().accelerators["H100"]
    asked = container(job(accelerators="H100:2"))["resources"]["requests"]
    assert asked["cpu"] == str(2 * int(row.job_cpu))
    assert asked["memory"] == f"{2 * int(row.job_memory.removesuffix('Gi'))}Gi"
    said = container(job(accelerators="H100:2", cpus="500m", memory="3Gi"))["resources"]["requests"]
    assert (said["cpu"], said["memory"]) == ("500m", "3Gi")


@pytest.mark.parametrize("written", ["h100:2", "H100:2"])
def test_an_accelerator_is_known_by_any_spelling_of_its_name(written: str) -> None:
    made = pod(train_job(job(accelerators=written)), runtime(0))["spec"]
    assert made["nodeSelector"] == {labels.ACCELERATOR: "H100"}


def test_an_accelerator_that_the_catalogue_lacks_is_refused() -> None:
    of = TrainingJob.model_validate(
        {"name": "x", "tenant": "t", "image": "a:1", "run": "x", "accelerators": "Z9:1"}
    )
    with pytest.raises(InputError, match="no such accelerator"):
        render(of)


def test_every_rank_learns_who_it_is_and_where_rank_zero_listens() -> None:
    known = env(job(**FULL, name="four"))
    rank = {"fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}
    assert known["FAIRLEAD_NODE_RANK"] == known["PET_NODE_RANK"] == rank
    assert known["FAIRLEAD_NUM_NODES"] == known["PET_NNODES"] == "4"
    assert known["FAIRLEAD_NUM_ACCELERATORS_PER_NODE"] == known["PET_NPROC_PER_NODE"] == "8"
    assert (
        known["FAIRLEAD_MASTER_ADDR"]
        == known["MASTER_ADDR"]
        == known["PET_MASTER_ADDR"]
        == "four-node-0-0.four"
    )
    assert known["FAIRLEAD_MASTER_PORT"] == known["MASTER_PORT"] == known["PET_MASTER_PORT"] == "29500"
    assert (known["FAIRLEAD_JOB"], known["FAIRLEAD_TENANT"], known["FAIRLEAD_STAGE"]) == (
        "four",
        "team-a",
        "testing",
    )
    assert known["FAIRLEAD_CHECKPOINT_DIR"] == "/checkpoints"
    assert known["STEPS"] == "10"
    assert known["HF_TOKEN"] == {"secretKeyRef": {"name": "hub", "key": "token"}}


@given(st.text(alphabet="$()A x{}", max_size=30))
def test_what_the_kubelet_expands_comes_out_as_it_was_written(text: str) -> None:
    assert expanded(unexpanded(text), {"A": "replaced", "": "replaced", "$": "replaced"}) == text


def test_scripts_and_variables_are_not_expanded_by_the_cluster() -> None:
    of = job(run="echo $$ $(STEPS) $STEPS", envs={"STEPS": "$(FAIRLEAD_JOB)"})
    made = container(of)
    assert expanded(made["args"][0], {"STEPS": "10"}) == script(of)
    assert "echo $$ $(STEPS) $STEPS" in script(of)
    assert expanded(made["command"][2], {}) == LAUNCHER
    assert expanded(env(of)["STEPS"], {"FAIRLEAD_JOB": "small"}) == "$(FAIRLEAD_JOB)"


def test_no_variable_is_set_twice() -> None:
    for of in SEVERAL:
        names = [entry["name"] for entry in container(of)["env"]]
        assert len(names) == len(set(names))


def test_volumes_are_mounted_where_they_were_asked_for() -> None:
    made = pod(train_job(job(**FULL)), runtime(3))["spec"]
    claims = {v["name"]: v["persistentVolumeClaim"] for v in made["volumes"] if "persistentVolumeClaim" in v}
    mounts = {
        m["mountPath"]: (claims[m["name"]]["claimName"], m.get("readOnly", False))
        for m in made["containers"][0]["volumeMounts"]
        if m["name"] in claims
    }
    assert mounts == {
        "/data": ("datasets", True),
        "/scratch": ("scratch", False),
        "/checkpoints": ("small-checkpoint", False),
    }


def test_a_new_checkpoint_volume_is_shared_by_all_nodes_and_made_before_the_job() -> None:
    claim, main = render(job(**FULL))
    assert (claim["kind"], main["kind"]) == ("PersistentVolumeClaim", "TrainJob")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["spec"]["storageClassName"] == "fairlead-shared"
    assert claim["spec"]["resources"]["requests"]["storage"] == "50Gi"
    assert [o["kind"] for o in render(job(checkpoint={"claim": "mine"}))] == ["TrainJob"]


@pytest.mark.parametrize("of", SEVERAL, ids=lambda j: j.name)
def test_no_autoscaler_moves_a_running_pod_to_save_a_node(of: TrainingJob) -> None:
    """The words that Karpenter and the Cluster Autoscaler obey, on every target alike."""
    notes = pod(train_job(of), runtime(of.max_restarts))["metadata"]["annotations"]
    assert notes["karpenter.sh/do-not-disrupt"] == "true"
    assert notes["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"


def test_a_job_cannot_give_itself_up_to_an_autoscaler() -> None:
    gives = {"karpenter.sh/do-not-disrupt": "false"}
    notes = pod(train_job(job(annotations=gives)), runtime(0))["metadata"]["annotations"]
    assert notes["karpenter.sh/do-not-disrupt"] == "true"


def test_labels_and_annotations_reach_the_pods() -> None:
    made = pod(train_job(job(**FULL)), runtime(3))["metadata"]
    assert made["labels"][labels.JOB] == "small"
    assert made["labels"]["team"] == "vision"
    assert made["annotations"]["simulation.fairlead.dev/run-for"] == "20s"
    assert train_job(job(**FULL))["metadata"]["annotations"]["simulation.fairlead.dev/run-for"] == "20s"


@pytest.mark.parametrize("limit", RESTARTS)
def test_the_restart_limit_is_that_of_the_runtime_it_refers_to(limit: int) -> None:
    by_name = {r["metadata"]["name"]: r for r in runtimes()}
    main = train_job(job(max_restarts=limit))
    policy = job_set_spec(main, by_name[main["spec"]["runtimeRef"]["name"]])["failurePolicy"]
    assert policy["maxRestarts"] == limit
    assert runtime_name(0) == "fairlead"


def test_one_failed_node_fails_the_attempt_and_no_container_restarts_by_itself() -> None:
    for of in SEVERAL:
        attempt = job_set_spec(train_job(of), runtime(of.max_restarts))["replicatedJobs"][0]["template"][
            "spec"
        ]
        assert attempt["backoffLimit"] == 0
        assert attempt["template"]["spec"]["restartPolicy"] == "Never"
        assert attempt["parallelism"] == attempt["completions"] == of.num_nodes


def test_no_runtime_lets_a_finished_job_expire() -> None:
    # Trainer 2.3.0 starts a failed job again when its JobSet is gone (docs/adr/0006).
    assert "ttlSecondsAfterFinished" not in str(runtimes())


def test_a_timeout_is_the_jobs_deadline_and_none_means_none() -> None:
    assert train_job(job(timeout="2h"))["spec"]["activeDeadlineSeconds"] == 7200
    assert "activeDeadlineSeconds" not in train_job(job())["spec"]


def test_the_hash_tells_jobs_apart_and_nothing_else() -> None:
    def digest(**changes: Any) -> str:
        return train_job(job(**changes))["metadata"]["annotations"][HASH]

    assert digest() == digest(stage="training", num_nodes=1)
    assert (
        len(
            {
                digest(),
                digest(run="false"),
                digest(max_restarts=1),
                digest(num_nodes=2),
                digest(checkpoint={"size": "1Gi"}),
                digest(checkpoint={"size": "2Gi"}),
            }
        )
        == 6
    )


@given(
    nodes=st.integers(1, 10_000),
    accelerators=st.sampled_from(
        [None, *(f"{name}:{n}" for name in load_catalog().accelerators for n in (1, 8))]
    ),
    restarts=st.sampled_from(RESTARTS),
    stage=st.sampled_from(labels.STAGES),
    run=st.text(min_size=1, max_size=200).filter(lambda text: bool(text.strip()) and "\0" not in text),
    checkpoint=st.sampled_from([None, {"size": "1Gi"}, {"claim": "x", "path": "/keep"}]),
)
def test_any_job_renders_to_valid_objects_the_same_every_time(
    nodes: int,
    accelerators: str | None,
    restarts: int,
    stage: str,
    run: str,
    checkpoint: dict[str, str] | None,
) -> None:
    of = job(
        num_nodes=nodes,
        accelerators=accelerators,
        max_restarts=restarts,
        stage=stage,
        run=run,
        checkpoint=checkpoint,
    )
    objects = render(of)
    assert objects == render(of.model_copy())
    check_core(pod(objects[-1], runtime(restarts)))
    requests = objects[-1]["spec"]["trainer"]["resourcesPerNode"]
    extended = {k: v for k, v in requests["requests"].items() if "/" in k}
    assert extended == {k: v for k, v in requests["limits"].items() if "/" in k}
