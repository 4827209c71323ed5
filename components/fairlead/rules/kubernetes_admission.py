"""Pods in the API server's own language: where each kind has them, and what is asked of all of them.

What `pods` finds by looking everywhere is written out here by kind. What a tenant sends is looked at when it is sent:
its pods come later, and are refused where nobody looks. Kinds that others have closed already are not listed: Spark's,
Argo's, Katib's and KServe's (`fairlead.layers`).
"""

from __future__ import annotations

from typing import Literal

from fairlead.rules.model import Admission

PODS = ("/v1/pods", "/v1/pods/ephemeralcontainers")
SENT = (
    *("batch/v1/jobs", "batch/v1/cronjobs", "/v1/replicationcontrollers"),
    *(f"apps/v1/{kind}" for kind in ("deployments", "statefulsets", "daemonsets", "replicasets")),
    *("jobset.x-k8s.io/v1alpha2/jobsets", "trainer.kubeflow.org/v1alpha1/trainjobs"),
    *(f"ray.io/v1/{kind}" for kind in ("rayclusters", "rayjobs", "rayservices")),
    *(f"kubeflow.org/v1/{kind}" for kind in ("pytorchjobs", "tfjobs", "xgboostjobs", "jaxjobs", "notebooks")),
    "leaderworkerset.x-k8s.io/v1/leaderworkersets",
)
"""What pods are made of."""
_PATCHES = (
    "variables.spec.runtimePatches.filter(r, has(r.trainingRuntimeSpec) && has(r.trainingRuntimeSpec.template)"
    " && has(r.trainingRuntimeSpec.template.spec) && has(r.trainingRuntimeSpec.template.spec.replicatedJobs))"
    ".map(r, r.trainingRuntimeSpec.template.spec.replicatedJobs.filter(j, has(j.template) && has(j.template.spec)"
    " && has(j.template.spec.template) && has(j.template.spec.template.spec)).map(j, j.template.spec.template.spec))"
)
_KUBEFLOW = "".join(
    f" : has(variables.spec.{one}) ? [variables.spec.{one}.map(k, variables.spec.{one}[k].template.spec)]"
    for one in ("pytorchReplicaSpecs", "tfReplicaSpecs", "xgbReplicaSpecs", "jaxReplicaSpecs")
)
_GROUPS = "variables.spec.leaderWorkerTemplate"
VARIABLES = (
    ("spec", "dyn(object).spec"),
    (
        "cluster",
        "has(variables.spec.rayClusterSpec) ? variables.spec.rayClusterSpec"
        " : has(variables.spec.rayClusterConfig) ? variables.spec.rayClusterConfig : variables.spec",
    ),
    (
        "pods",
        "has(variables.spec.jobTemplate) ? [[variables.spec.jobTemplate.spec.template.spec]]"
        " : has(variables.spec.template) && has(variables.spec.template.spec) ? [[variables.spec.template.spec]]"
        " : has(variables.spec.replicatedJobs)"
        " ? [variables.spec.replicatedJobs.map(j, j.template.spec.template.spec)]"
        " : has(variables.cluster.headGroupSpec) ? [[variables.cluster.headGroupSpec.template.spec]]"
        " + (has(variables.cluster.workerGroupSpecs)"
        " ? [variables.cluster.workerGroupSpecs.map(w, w.template.spec)] : [])"
        f" : has({_GROUPS}) ? [[{_GROUPS}.workerTemplate.spec]]"
        f" + (has({_GROUPS}.leaderTemplate) ? [[{_GROUPS}.leaderTemplate.spec]] : [])"
        f" : has(variables.spec.runtimeRef) ? (has(variables.spec.runtimePatches) ? {_PATCHES} : [])"
        f"{_KUBEFLOW} : [[variables.spec]]",
    ),
    (
        "boxes",
        "variables.pods.map(g, g.map(p, (has(p.containers) ? p.containers : [])"
        " + (has(p.initContainers) ? p.initContainers : [])"
        " + (has(p.ephemeralContainers) ? p.ephemeralContainers : [])))"
        " + (has(variables.spec.runtimeRef) && has(variables.spec.trainer) ? [[[variables.spec.trainer]]] : [])",
    ),
)
"""pods: the specs of all pods of an object, in groups. boxes: their containers, by pod and group; and the trainer of a
TrainJob, which has an image and variables like one."""


def every_pod(condition: str) -> str:
    """Of all pods of an object; the condition speaks of one as `p`."""
    return f"variables.pods.all(g, g.all(p, {condition}))"


def every_box(condition: str) -> str:
    """Of all containers of an object; the condition speaks of one as `c`."""
    return f"variables.boxes.all(g, g.all(b, b.all(c, {condition})))"


def every_context(condition: str) -> str:
    """Of the security contexts of all pods and containers; the condition speaks of one as `s.securityContext`."""
    free = f"!has(s.securityContext) || ({condition})"
    return f"{every_pod(f'[p].all(s, {free})')} && {every_box(f'[c].all(s, {free})')}"


def unless(field: str, condition: str) -> str:
    """Where a field is there, this holds of it. field: with the name of what has it, `c.securityContext`."""
    return f"(!has({field}) || {condition})"


def of_pods(
    expression: str,
    message: str,
    *,
    operations: tuple[str, ...] = ("CREATE", "UPDATE"),
    pods_alone: bool = False,
) -> Admission:
    """Of pods, and, unless of pods alone, of what they are made of."""
    kinds = PODS if pods_alone else (*PODS, *SENT)
    return Admission(kinds, expression, message, VARIABLES, operations)


def as_pod_security(expression: str, message: str, standard: Literal["baseline", "restricted"]) -> Admission:
    """Of what pods are made of, where Pod Security refuses the pods: who sends it is told at once."""
    return Admission(SENT, expression, message, VARIABLES, standard=standard)
