"""The runtimes that jobs refer to: what is the same for every job, held once per cluster.

A TrainJob (Kubeflow Trainer 2.3.0) can patch its pods, but neither the number of restarts nor the
security settings of a pod nor its service account token. Those lie in a ClusterTrainingRuntime.
There is one per restart limit, because `failurePolicy.maxRestarts` can be said nowhere else:
pkg/apis/trainer/v1alpha1/trainjob_types.go, type JobSetSpecPatch. See docs/adr/0006.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.workload.model import MAX_RESTARTS, REPLICATED_JOB

API_VERSION = "trainer.kubeflow.org/v1alpha1"
NAME = "fairlead"
"""The runtime without restarts; the others are called fairlead-restart-N."""
ANCESTOR = "trainer.kubeflow.org/trainjob-ancestor-step"
"""Job label by which Trainer finds the part that a TrainJob's `trainer` fields apply to."""
USER = 1000
"""User and group of every container: Pod Security `restricted` forbids root."""
SHELL = "/bin/sh"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - not a temporary file: where POSIX shared memory lies

LAUNCHER = """\
"$0" -c "$1" &
job=$!
[ $$ -ne 1 ] || trap 'kill -TERM -1' TERM INT
wait "$job"; code=$?
while kill -0 "$job" 2>/dev/null; do wait "$job"; code=$?; done
exit "$code"
"""
"""Process 1 of every container: starts the job's script and hands on a request to stop.

The kernel drops signals that process 1 does not handle, and a shell handles none while a command
runs in its foreground: without this, an evicted job would not hear SIGTERM, could not save its
checkpoint, and would hold its place for the whole grace period. `kill -1` reaches every process
of the container (never this one), so it is armed only where this shell is process 1.
"""


def unexpanded(text: str) -> str:
    """A text as it must be written so that Kubernetes leaves it alone.

    Commands, arguments and values of variables are expanded before a container starts: `$(NAME)` is
    replaced and `$$` becomes `$` (API reference, Container.args). Shell scripts use both.
    """
    return re.sub(r"\$\$+|\$(?=\()", lambda match: match.group() * 2, text)


def runtime_name(max_restarts: int) -> str:
    """Name of the runtime with that restart limit."""
    return NAME if max_restarts == 0 else f"{NAME}-restart-{max_restarts}"


def runtimes(pod_labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Every ClusterTrainingRuntime that jobs may refer to, fewest restarts first.

    pod_labels: labels that every pod needs on this cluster, contract rule C5. They lie here, so that
    the jobs themselves are the same everywhere.
    """
    return [runtime(limit, pod_labels) for limit in range(MAX_RESTARTS + 1)]


def runtime(max_restarts: int, pod_labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The ClusterTrainingRuntime for jobs that may start again that often."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterTrainingRuntime",
        "metadata": {
            "name": runtime_name(max_restarts),
            "labels": {"trainer.kubeflow.org/framework": "plain", labels.MANAGED_BY: "fairlead"},
        },
        "spec": {
            # Without a policy Trainer does not apply numNodes and resourcesPerNode.
            "mlPolicy": {"numNodes": 1},
            "template": {"spec": _job_set(max_restarts, pod_labels or {})},
        },
    }


def _job_set(max_restarts: int, pod_labels: Mapping[str, str]) -> dict[str, Any]:
    pod = {"metadata": {"labels": dict(pod_labels)}, "spec": _pod()} if pod_labels else {"spec": _pod()}
    return {
        # All jobs of an attempt are gone, with their pods and volumes, before the next one starts:
        # a gang never shares its nodes with its own past.
        "failurePolicy": {"maxRestarts": max_restarts, "restartStrategy": "BlockingRecreate"},
        "replicatedJobs": [
            {
                "name": REPLICATED_JOB,
                "template": {
                    "metadata": {"labels": {ANCESTOR: "trainer"}},
                    "spec": {
                        # One failed node fails the attempt: the others could only wait for it.
                        "backoffLimit": 0,
                        "template": pod,
                    },
                },
            }
        ],
    }


def _pod() -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "serviceAccountName": labels.WORKLOAD_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": REPLICATED_JOB,
                # Where the object store is, contract rule C4: there is none on some targets.
                "envFrom": [{"configMapRef": {"name": labels.OBJECT_STORE, "optional": True}}],
                "command": [SHELL, "-c", unexpanded(LAUNCHER), SHELL],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "shm", "mountPath": SHARED_MEMORY}],
            }
        ],
        # The default of 64 MiB is too small for data loaders and collectives. It counts as the pod's memory.
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
    }
