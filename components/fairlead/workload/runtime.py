"""The runtimes that jobs refer to: what is the same for every job, held once per cluster.

A TrainJob (Kubeflow Trainer 2.3.0) can patch its pods, but neither the number of restarts nor the
security settings of a pod nor its service account token. Those lie in a ClusterTrainingRuntime.
There is one per restart limit, because `failurePolicy.maxRestarts` can be said nowhere else:
pkg/apis/trainer/v1alpha1/trainjob_types.go, type JobSetSpecPatch. See docs/adr/0006.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.sharing import object_name
from fairlead.plan.store_model import AccountToken
from fairlead.workload import beside, claims
from fairlead.workload.model import REPLICATED_JOB, RESTARTS
from fairlead.workload.signing import with_token

API_VERSION = "trainer.kubeflow.org/v1alpha1"
NAME = "fairlead"
"""The runtime of plain jobs without restarts; the others are called fairlead-restart-N."""
NODES = "nodes"
"""Part of the names of runtimes for jobs over several whole nodes, which get the network between them."""
ANCESTOR = "trainer.kubeflow.org/trainjob-ancestor-step"
"""Job label by which Trainer finds the part that a TrainJob's `trainer` fields apply to."""
USER = 1000
"""User and group of every container: Pod Security `restricted` forbids root."""
SHELL = "/bin/sh"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - not a temporary file: where POSIX shared memory lies

GRACE_SECONDS = 60
"""How long a pod may take to stop unless its job or the platform says otherwise."""
STOPPED = 143
"""Exit code of a job that was told to stop: 128 + SIGTERM, as shells have it."""
DISRUPTED = "disrupted"
"""Name of the failure policy's rule; JobSet shows it as the reason of such a restart."""

LAUNCHER = f"""\
"$0" -c "$1" &
job=$! told=
[ $$ -ne 1 ] || trap 'told=1; kill -TERM -1' TERM INT
wait "$job"; code=$?
while kill -0 "$job" 2>/dev/null; do wait "$job"; code=$?; done
[ -z "$told" ] || [ "$code" -ne 0 ] || code={STOPPED}
exit "$code"
"""
"""Process 1 of every container: starts the job's script and hands on a request to stop.

The kernel drops signals that process 1 does not handle, and a shell handles none while a command
runs in its foreground: without this, an evicted job would not hear SIGTERM, could not save its
checkpoint, and would hold its place for the whole grace period. `kill -1` reaches every process
of the container (never this one), so it is armed only where this shell is process 1. A job that was
told to stop and then ends well has not finished its work: it must not count as succeeded.
"""

PROFILED = """\
[ ! -r PROFILE ] || ! command -v bash >/dev/null || exec bash -c '. PROFILE; exec "$0" "$@"' "$0" "$@"
exec "$0" "$@"
"""
"""Before the launcher, where the network between nodes has a file of variables: sourced by bash, for which such
files are written, if the image has both."""


def unexpanded(text: str) -> str:
    """A text as it must be written so that Kubernetes leaves it alone.

    Commands, arguments and values of variables are expanded before a container starts: `$(NAME)` is
    replaced and `$$` becomes `$` (API reference, Container.args). Shell scripts use both.
    """
    return re.sub(r"\$\$+|\$(?=\()", lambda match: match.group() * 2, text)


def runtime_name(
    max_restarts: int,
    accelerator: str = "",
    nearness: str = "",
    *,
    connected: bool = False,
    claimed: int = 0,
) -> str:
    """Name of the runtime with that restart limit, for example fairlead-h100-nodes-near-restart-3.

    accelerator, nearness: of a job with accelerators, as it asks for them; connected: over several whole nodes.
    claimed: how many of them each node claims, where it does.
    """
    number = str(claimed) if claimed else ""
    parts = [NAME, object_name(accelerator), NODES if connected else "", number, nearness]
    name = "-".join(part for part in parts if part)
    return name if max_restarts == 0 else f"{name}-restart-{max_restarts}"


def runtimes(
    pod_labels: Mapping[str, str] | None = None,
    nearness: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    fabrics: Sequence[JobFabric] = (),
    grace_seconds: int = GRACE_SECONDS,
    selectors: Mapping[str, Mapping[str, str]] | None = None,
    token: AccountToken | None = None,
    claimed: Mapping[str, Sequence[int]] | None = None,
) -> list[dict[str, Any]]:
    """Every ClusterTrainingRuntime that jobs may refer to on this cluster, fewest restarts first.

    pod_labels: labels that every pod needs on this cluster, contract rule C5. nearness: accelerators of
    the cluster, the words that jobs of each may say, and the pod annotations that they mean here. fabrics:
    what jobs over several whole nodes of an accelerator get. grace_seconds: how long pods may take to stop
    where the job does not say. selectors: accelerators whose pods must name labels of their nodes, and these.
    token: what pods are given to sign in at the object store, where the target gives them nothing.
    claimed: accelerators that pods claim, and in which numbers: a runtime for each.
    All that lies here, so that the jobs themselves are the same everywhere.
    """
    connected = {one.accelerator: one for one in fabrics}
    variants: list[tuple[str, str, Mapping[str, str], JobFabric | None]] = [("", "", {}, None)]
    for name, words in (nearness or {}).items():
        for fabric in (None, connected[name]) if name in connected else (None,):
            variants += [(name, word, notes, fabric) for word, notes in words.items()]
    return [
        fitted(one, (selectors or {}).get(name), token)
        for name, word, notes, fabric in variants
        for limit in RESTARTS
        for one in _numbered(
            runtime(limit, pod_labels, word, notes, fabric, grace_seconds, name),
            _names(limit, name, word, fabric, (claimed or {}).get(name, ())),
        )
    ]


def _names(
    limit: int, accelerator: str, nearness: str, fabric: JobFabric | None, counts: Sequence[int]
) -> Mapping[int, str]:
    """How many accelerators pods claim -> the runtime's name; none where they are asked for by number."""
    offered = [fabric.count] if fabric and counts else counts
    return {
        count: runtime_name(limit, accelerator, nearness, connected=fabric is not None, claimed=count)
        for count in offered
    }


def _numbered(base: dict[str, Any], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The runtime; of accelerators that pods claim, one for each number, which no job could say itself."""
    return [claims.numbered(base, name, count) for count, name in names.items()] or [base]


def fitted(
    made: dict[str, Any], selector: Mapping[str, str] | None, token: AccountToken | None
) -> dict[str, Any]:
    """The runtime for one cluster: its pods bound to nodes with these labels, and with what they sign in by."""
    for one in made["spec"]["template"]["spec"]["replicatedJobs"]:
        template = one["template"]["spec"]["template"]
        chosen = {**template["spec"].get("nodeSelector", {}), **(selector or {})}
        template["spec"] = {
            **with_token(template["spec"], token),
            **({"nodeSelector": chosen} if chosen else {}),
        }
    return made


def runtime(
    max_restarts: int,
    pod_labels: Mapping[str, str] | None = None,
    nearness: str = "",
    annotations: Mapping[str, str] | None = None,
    fabric: JobFabric | None = None,
    grace_seconds: int = GRACE_SECONDS,
    accelerator: str = "",
) -> dict[str, Any]:
    """The ClusterTrainingRuntime for jobs that may start again that often."""
    of = fabric.accelerator if fabric else accelerator
    template = _template(pod_labels or {}, annotations or {}, fabric, grace_seconds)
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterTrainingRuntime",
        "metadata": {
            "name": runtime_name(max_restarts, of, nearness, connected=fabric is not None),
            # Without Trainer's label of a framework: its SDK then leaves out what has no image of its own.
            "labels": {labels.MANAGED_BY: "fairlead"},
        },
        "spec": {
            # Without a policy Trainer does not apply numNodes and resourcesPerNode.
            "mlPolicy": {"numNodes": 1},
            "template": {
                "spec": {
                    "failurePolicy": failure_policy(max_restarts),
                    "replicatedJobs": [part(REPLICATED_JOB, template)],
                }
            },
        },
    }


def _template(
    pod_labels: Mapping[str, str],
    annotations: Mapping[str, str],
    fabric: JobFabric | None,
    grace_seconds: int,
) -> dict[str, Any]:
    said = {"labels": dict(pod_labels), "annotations": dict(annotations)}
    said["annotations"] |= beside.notes(fabric)
    metadata = {key: value for key, value in said.items() if value}
    made = beside.added(pod(grace_seconds, {"command": command(fabric), **connected(fabric)}), fabric)
    return {**({"metadata": metadata} if metadata else {}), "spec": made}


def failure_policy(max_restarts: int) -> dict[str, Any]:
    """When a set of jobs starts again: as often as it may, and whenever a node was taken away."""
    return {
        # All jobs of an attempt are gone, with their pods and volumes, before the next one starts:
        # a gang never shares its nodes with its own past.
        "maxRestarts": max_restarts,
        "restartStrategy": "BlockingRecreate",
        # A node that was taken away is no failure of the job: the gang starts again, uncounted.
        "rules": [
            {
                "name": DISRUPTED,
                "action": "RestartJobSetAndIgnoreMaxRestarts",
                "onJobFailureReasons": ["PodFailurePolicy"],
            }
        ],
    }


def part(name: str, template: Mapping[str, Any], *, trains: bool = True) -> dict[str, Any]:
    """One of the jobs of a set. trains: what a TrainJob says of its trainer is meant for it."""
    return {
        "name": name,
        "template": {
            **({"metadata": {"labels": {ANCESTOR: "trainer"}}} if trains else {}),
            "spec": {
                # One failed node fails the attempt: the others could only wait for it.
                "backoffLimit": 0,
                "podFailurePolicy": {"rules": _disruptions()},
                "template": template,
            },
        },
    }


def _disruptions() -> list[dict[str, Any]]:
    """What is told apart from a failure of the job: its pods were evicted, or told to stop.

    Kubernetes marks pods that the eviction API, a taint, a node's shutdown or a higher priority takes
    (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions). Who
    deletes a pod does not mark it: Karpenter, once a node's time is up. The launcher's exit code tells.
    """
    told = {"containerName": REPLICATED_JOB, "operator": "In", "values": [STOPPED]}
    return [
        {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": told},
    ]


def command(fabric: JobFabric | None = None) -> list[str]:
    """The container's command, to which the job's script is added as last argument."""
    plain = [SHELL, "-c", unexpanded(LAUNCHER), SHELL]
    if fabric is None or not fabric.profile:
        return plain
    return [SHELL, "-c", unexpanded(PROFILED.replace("PROFILE", fabric.profile)), *plain]


def connected(fabric: JobFabric | None) -> dict[str, Any]:
    """What the container gets of the network between nodes, beside what the job asks for.

    Trainer 2.3.0 adds the two: a variable of the job wins over one of the same name here
    (pkg/apply/apply.go, UpsertEnvVars), amounts are merged by name
    (pkg/util/trainingruntime/trainingruntime.go, MergeResourceRequirements).
    """
    if fabric is None:
        return {}
    amounts = dict(fabric.requests)
    env = [{"name": name, "value": unexpanded(value)} for name, value in fabric.env.items()]
    return {
        **({"env": env} if env else {}),
        **({"resources": {"requests": amounts, "limits": amounts}} if amounts else {}),
    }


def pod(grace_seconds: int, box: Mapping[str, Any]) -> dict[str, Any]:
    """The pod of every node of a job. box: what its container has beside what all have."""
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": grace_seconds,
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
                # Where the object store is, contract rule C4, and the registries: not every cluster has them.
                "envFrom": [{"configMapRef": {"name": name, "optional": True}} for name in labels.TOLD],
                **box,
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
