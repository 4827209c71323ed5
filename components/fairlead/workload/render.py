"""A training job as Kubernetes objects: a pure function, the same on every target.

What it depends on is the job and the catalogue's rows of its accelerator; the cluster it goes to
plays no part. Everything that all jobs share lies in the runtime: `fairlead.workload.runtime`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.plan.sharing import Asked, claimed
from fairlead.values import seconds
from fairlead.workload import silence
from fairlead.workload.model import REPLICATED_JOB, TrainingJob
from fairlead.workload.runtime import API_VERSION, runtime_name, unexpanded
from fairlead.workload.sizing import accelerator, placement, read_catalog, resources

PATCH_MANAGER = f"{labels.DOMAIN}/workload"
"""Owner of our entry in `runtimePatches`; the queue writes one of its own."""
HASH = f"{labels.DOMAIN}/job-hash"
"""Annotation: SHA-256 over the rendered objects, by which the same job is known again."""
MASTER_PORT = 29500
"""Port of rank 0 for rendezvous: PyTorch's default, and Trainer's (pkg/constants/constants.go)."""
SHARED_CLASS = "fairlead-shared"
"""C4: storage class of volumes that several nodes mount."""
KEPT: Mapping[str, str] = {
    "karpenter.sh/do-not-disrupt": "true",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
}
"""Annotations of every pod: no autoscaler moves a job that runs to save a node. Karpenter obeys the first,
the Cluster Autoscaler the second, and neither minds the other's.

https://karpenter.sh/docs/concepts/disruption/#pod-level-controls,
https://github.com/kubernetes/autoscaler cluster-autoscaler/FAQ.md; 2026-11-24
"""
_RESTART_PATH = "metadata.labels['jobset.sigs.k8s.io/restart-attempt']"
_RANK_PATH = "metadata.annotations['batch.kubernetes.io/job-completion-index']"

Object = dict[str, Any]


def render(job: TrainingJob, catalog: Catalog | None = None) -> list[Object]:
    """The objects of a job, in the order in which they are made; the TrainJob comes last.

    Raises InputError if the catalogue has no such accelerator.
    """
    known = catalog or read_catalog()
    asked = accelerator(job, "job", known)
    objects: list[Object] = []
    if job.checkpoint is not None and job.checkpoint.size is not None:
        objects.append(_checkpoint_claim(job))
    train_job = _train_job(job, asked, known)
    objects.append(train_job)
    train_job["metadata"]["annotations"][HASH] = _digest(objects)
    return objects


def master_address(job: TrainingJob) -> str:
    """DNS name of rank 0 within the namespace: JobSet's POD.SUBDOMAIN, the subdomain being the job's name."""
    return f"{job.name}-{REPLICATED_JOB}-0-0.{job.name}"


def _digest(objects: list[Object]) -> str:
    text = json.dumps(objects, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _job_labels(job: TrainingJob) -> dict[str, str]:
    own = {
        labels.MANAGED_BY: "fairlead",
        labels.JOB: job.name,
        labels.TENANT: job.tenant,
        labels.STAGE: job.stage,
    }
    told = {labels.METRICS: str(job.metrics_port)} if job.metrics_port else {}
    return {**own, **told, **job.labels}


def _checkpoint_claim(job: TrainingJob) -> Object:
    assert job.checkpoint is not None  # noqa: S101 - the caller looked
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": job.checkpoint_claim, "namespace": job.tenant, "labels": _job_labels(job)},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": SHARED_CLASS,
            "resources": {"requests": {"storage": job.checkpoint.size}},
        },
    }


def _train_job(job: TrainingJob, asked: Asked | None, catalog: Catalog) -> Object:
    return {
        "apiVersion": API_VERSION,
        "kind": "TrainJob",
        "metadata": {
            "name": job.name,
            "namespace": job.tenant,
            "labels": {
                **_job_labels(job),
                labels.QUEUE: job.stage,
                labels.PRIORITY: job.queue_priority,
            },
            "annotations": dict(job.annotations),
        },
        "spec": {
            "runtimeRef": {
                "apiGroup": API_VERSION.partition("/")[0],
                "kind": "ClusterTrainingRuntime",
                "name": _runtime(job, asked),
            },
            **_deadline(job),
            "trainer": {
                "image": job.image,
                "args": [unexpanded(script(job))],
                "env": _env(job),
                "numNodes": job.num_nodes,
                "resourcesPerNode": resources(job, asked, catalog),
            },
            "runtimePatches": [
                {"manager": PATCH_MANAGER, "trainingRuntimeSpec": {"template": _patch(job, asked, catalog)}}
            ],
        },
    }


def _runtime(job: TrainingJob, asked: Asked | None) -> str:
    """The runtime of the job's accelerator: a cluster says there how near its nodes can be, and by which network.

    Jobs over several whole nodes have one of their own: only they get the network between nodes. So has each number of
    accelerators that are claimed: a TrainJob can say no claim.
    """
    if asked is None or job.accelerators is None:
        return runtime_name(job.max_restarts)
    given = job.accelerators
    connected = asked.whole and asked.row.whole_node == given.count and job.num_nodes > 1
    return runtime_name(
        job.max_restarts, asked.name, job.nearness, connected=connected, claimed=claimed(given)
    )


def _deadline(job: TrainingJob) -> Object:
    # Counts from the start, and anew after an eviction: time in the queue is free.
    return {"activeDeadlineSeconds": seconds(job.timeout)} if job.timeout else {}


def script(job: TrainingJob) -> str:
    """What every node runs: setup, then run, in one shell that stops at the first failure."""
    # The trap runs when the command in the foreground has ended: that one gets the signal itself.
    parts = ["set -eu", "trap 'exit 143' TERM", *(part.strip("\n") for part in (job.setup, job.run) if part)]
    return "\n".join(parts) + "\n"


def _env(job: TrainingJob) -> list[Object]:
    count = job.accelerators.count if job.accelerators else 0
    nodes, procs = str(job.num_nodes), str(max(count, 1))
    address, port = master_address(job), str(MASTER_PORT)
    rank: Object = {"valueFrom": {"fieldRef": {"fieldPath": _RANK_PATH}}}
    values: dict[str, str | Object] = {
        "FAIRLEAD_JOB": job.name,
        "FAIRLEAD_TENANT": job.tenant,
        "FAIRLEAD_STAGE": job.stage,
        "FAIRLEAD_NODE_RANK": rank,
        "FAIRLEAD_RESTART": {"valueFrom": {"fieldRef": {"fieldPath": _RESTART_PATH}}},
        "FAIRLEAD_NUM_NODES": nodes,
        "FAIRLEAD_NUM_ACCELERATORS_PER_NODE": str(count),
        "FAIRLEAD_MASTER_ADDR": address,
        "FAIRLEAD_MASTER_PORT": port,
        "MASTER_ADDR": address,
        "MASTER_PORT": port,
        # What torchrun reads in place of its options: `torchrun train.py` is enough.
        "PET_NNODES": nodes,
        "PET_NPROC_PER_NODE": procs,
        "PET_NODE_RANK": rank,
        "PET_MASTER_ADDR": address,
        "PET_MASTER_PORT": port,
    }
    if job.checkpoint is not None:
        values["FAIRLEAD_CHECKPOINT_DIR"] = job.checkpoint.path
    values.update({name: unexpanded(value) for name, value in job.envs.items()})
    values.update({name: _from_secret(reference) for name, reference in job.secrets.items()})
    return [{"name": name, **({"value": v} if isinstance(v, str) else v)} for name, v in values.items()]


def _from_secret(reference: str) -> Object:
    name, _, key = reference.partition("/")
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _patch(job: TrainingJob, asked: Asked | None, catalog: Catalog) -> Object:
    pod: Object = {**placement(asked, catalog), **_volumes(job), **_grace(job)}
    pod_metadata: Object = {
        "labels": _job_labels(job),
        "annotations": {**job.annotations, **KEPT, **silence.GIVEN_UP},
    }
    template: Object = {"metadata": pod_metadata, **({"spec": pod} if pod else {})}
    return {
        "metadata": {"labels": _job_labels(job)},
        "spec": {"replicatedJobs": [{"name": REPLICATED_JOB, "template": {"spec": {"template": template}}}]},
    }


def _grace(job: TrainingJob) -> Object:
    if job.checkpoint is None or job.checkpoint.grace is None:
        return {}
    return {"terminationGracePeriodSeconds": seconds(job.checkpoint.grace)}


def _volumes(job: TrainingJob) -> Object:
    mounts: dict[str, tuple[str, bool]] = {
        path: (mount.claim, mount.read_only) for path, mount in job.file_mounts.items()
    }
    if job.checkpoint is not None and job.checkpoint_claim is not None:
        mounts[job.checkpoint.path] = (job.checkpoint_claim, False)
    if not mounts:
        return {}
    return {
        "volumes": _claims(mounts),
        "containers": [{"name": REPLICATED_JOB, "volumeMounts": _mounts(mounts)}],
    }


def _claims(mounts: Mapping[str, tuple[str, bool]]) -> list[Object]:
    return [
        {
            "name": f"mount-{i}",
            "persistentVolumeClaim": {"claimName": claim, **({"readOnly": True} if ro else {})},
        }
        for i, (claim, ro) in enumerate(mounts.values())
    ]


def _mounts(mounts: Mapping[str, tuple[str, bool]]) -> list[Object]:
    return [
        {"name": f"mount-{i}", "mountPath": path, **({"readOnly": True} if ro else {})}
        for i, (path, (_, ro)) in enumerate(mounts.items())
    ]
