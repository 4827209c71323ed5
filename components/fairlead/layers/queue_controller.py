"""Kueue: its configuration, and its chart's objects as they go into a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.contract.crd import in_one_version
from fairlead.layers import transform
from fairlead.plan.queue_model import QueuesPlan

NAMESPACE, GROUP = "kueue-system", "kueue.x-k8s.io"
FRAMEWORKS = ("batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob")
"""Kinds of work that wait in queues; every one of them makes whole gangs."""
KINDS = ("Job.batch", "JobSet.jobset.x-k8s.io", "TrainJob.trainer.kubeflow.org")
"""The same, as the controllers' settings name them."""
MORE: Mapping[str, Mapping[str, str]] = {
    "ray": {
        "ray.io/raycluster": "RayCluster.ray.io",
        "ray.io/rayjob": "RayJob.ray.io",
        "ray.io/rayservice": "RayService.ray.io",
    },
    "lws": {"leaderworkerset.x-k8s.io/leaderworkerset": "LeaderWorkerSet.leaderworkerset.x-k8s.io"},
    "serving": {"pod": "Pod"},
    "spark": {"pod": "Pod"},
    # Kueue's MPIJob is another operator's, of v2beta1: it would never see one of v1.
    "jobs-v1": {
        "kubeflow.org/pytorchjob": "PyTorchJob.kubeflow.org",
        "kubeflow.org/tfjob": "TFJob.kubeflow.org",
        "kubeflow.org/xgboostjob": "XGBoostJob.kubeflow.org",
        "kubeflow.org/jaxjob": "JAXJob.kubeflow.org",
    },
}
"""Layer -> the further kinds of work that wait in queues where it runs, and how the controllers' settings name them.
Their CRDs stand before Kueue does. It would start without them too, look for them in steps of up to two minutes, and
take them then: pkg/controller/jobframework/setup.go of v0.19.2."""
PODS: Mapping[str, str] = {
    "lws": "leaderworkerset.sigs.k8s.io/name",
    "serving": "serving.kserve.io/inferenceservice",
    "spark": "sparkoperator.k8s.io/launched-by-spark-operator",
}
"""Layers of whose work Kueue lets go pod by pod, and the label that each of those pods has."""
AT_A_TIME = 20
"""Jobs that are let go side by side: each takes several requests that pass webhooks. With 5 at a time and a busy
server, 487 of 879 admitted jobs were still suspended nine minutes later; a kind that is not named has one."""
LEASE: Mapping[str, str] = {"leaseDuration": "60s", "renewDeadline": "45s", "retryPeriod": "5s"}
"""Who loses the lease ends, and its webhooks with it. With the usual 15 and 10 s that happened whenever the API
server was slow for ten seconds: many jobs at once. There is one replica: nobody waits to take over."""


FAIR_SHARING: Mapping[str, Any] = {
    # The first evicts so little that the tenant which loses keeps at least as much as the one that gains;
    # the second is for large gangs, which take more than one small one frees.
    "preemptionStrategies": ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]
}
FEATURES: Mapping[str, bool] = {
    # A job runs with all of its pods or not at all, also where it says that fewer would do.
    "PartialAdmission": False,
    # Pods of a node that is silent never say that they have stopped: see workload/silence.
    "FailureRecoveryPolicy": True,
}


def config(plan: QueuesPlan, uncounted: Sequence[str] = (), layers: Sequence[str] = ()) -> Mapping[str, Any]:
    """Kueue's own configuration file: Configuration of config.kueue.x-k8s.io/v1beta2.

    uncounted: resources that pods may ask for and no quota counts, by the beginning of their names; layers: those that
    run, some of which bring further kinds of work.
    """
    more = _more(layers)
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io", **LEASE},
        "controller": {
            "groupKindConcurrency": {
                **dict.fromkeys((*KINDS, *more.values()), AT_A_TIME),
                **({"Pod": AT_A_TIME} if set(PODS) & set(layers) else {}),
                "Workload.kueue.x-k8s.io": AT_A_TIME,
                "LocalQueue.kueue.x-k8s.io": 5,
                "ClusterQueue.kueue.x-k8s.io": 5,
                "ResourceFlavor.kueue.x-k8s.io": 1,
            }
        },
        "clientConnection": {"qps": 300, "burst": 500},
        # In a tenant's namespace nothing runs past the queue: work without a queue name stays suspended.
        # The chart puts the selector into the webhooks too: outside tenants Kueue stops no install.
        "manageJobsWithoutQueueName": True,
        "managedJobsNamespaceSelector": {"matchExpressions": [{"key": labels.TENANT, "operator": "Exists"}]},
        "waitForPodsReady": {
            "timeout": f"{plan.ready.start}s",
            "recoveryTimeout": f"{plan.ready.recovery}s",
            "blockAdmission": False,
            "requeuingStrategy": {
                "timestamp": "Eviction",
                "backoffBaseSeconds": 60,
                "backoffMaxSeconds": 3600,
            },
        },
        "integrations": {"frameworks": [*FRAMEWORKS, *more]},
        **_resources(plan, uncounted),
        **({"fairSharing": FAIR_SHARING} if plan.fair else {}),
        "featureGates": dict(FEATURES),
    }


def _more(layers: Sequence[str]) -> dict[str, str]:
    """The kinds of work that these layers bring, as `MORE` has them."""
    return {name: kind for layer, kinds in MORE.items() if layer in layers for name, kind in kinds.items()}


def _resources(plan: QueuesPlan, uncounted: Sequence[str]) -> Mapping[str, Any]:
    """What no quota counts, and by which name it counts devices that pods claim."""
    mapped = [{"name": name, "deviceClassNames": [device]} for device, name in plan.claims.items()]
    found = {
        **({"excludeResourcePrefixes": list(uncounted)} if uncounted else {}),
        **({"deviceClassMappings": mapped} if mapped else {}),
    }
    return {"resources": found} if found else {}


def release(plan: QueuesPlan, uncounted: Sequence[str] = (), layers: Sequence[str] = ()) -> Release:
    """Kueue's chart with this layer's values."""
    import yaml

    values = {
        # Who asks for the places of waiting jobs gets an answer also while the API server is busy.
        "enableVisibilityAPF": True,
        "managerConfig": {
            "controllerManagerConfigYaml": yaml.safe_dump(config(plan, uncounted, layers), sort_keys=False)
        },
    }
    return Release("kueue", "kueue", NAMESPACE, values)


def controller(
    render: Renderer, plan: QueuesPlan, uncounted: Sequence[str] = (), layers: Sequence[str] = ()
) -> list[Object]:
    """Kueue's objects: the chart in one version, without roles that only feed other roles."""
    objects = transform.without_hooks(render(release(plan, uncounted, layers)))
    objects = transform.in_namespace(objects, NAMESPACE)
    chosen = [label for layer, label in PODS.items() if layer in layers]
    # Groups of lws: Kueue takes their pods along.
    frameworks = {*FRAMEWORKS, *_more(layers), *(["pod"] if chosen else [])}
    objects = transform.asked_only_about(objects, lambda group, name: _known(group, name, frameworks))
    if chosen:
        objects = transform.asked_only_for(objects, "pods", chosen)
    kept = [obj for obj in transform.flatten_aggregation(objects) if not _only_aggregated(obj)]
    return [in_one_version(obj) if obj["kind"] == "CustomResourceDefinition" else obj for obj in kept]


def _known(group: str, resource: str, frameworks: Set[str]) -> bool:
    """Whether a resource is of work that waits in queues, or one of Kueue's own."""
    return group == GROUP or f"{group}/{resource.removesuffix('s')}".lstrip("/") in frameworks


def _only_aggregated(obj: Object) -> bool:
    if obj["kind"] != "ClusterRole":
        return False
    return any(key.startswith("rbac.kueue.x-k8s.io/") for key in obj["metadata"].get("labels", {}))
