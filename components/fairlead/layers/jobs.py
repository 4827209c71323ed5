"""The jobs layer: JobSet and Kubeflow Trainer, and the training runtime that every TrainingJob refers to."""

from __future__ import annotations

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform

JOBSET_NAMESPACE = "jobset-system"
TRAINER_NAMESPACE = "kubeflow-system"


def jobset(render: Renderer) -> list[Object]:
    """JobSet's objects out of its chart."""
    objects = transform.without_hooks(render(Release("jobset", "jobset", JOBSET_NAMESPACE, {})))
    objects = transform.renewing_only_its_own_webhooks(transform.in_namespace(objects, JOBSET_NAMESPACE))
    return transform.without_empty_secret_data(objects)


def trainer(render: Renderer) -> list[Object]:
    """Kubeflow Trainer's objects out of its chart.

    JobSet is a row of its own. The chart's runtimes come by a job that installs programs from the
    network when it runs; the runtime used here is `workload.runtime`'s and needs none.
    """
    values = {"jobset": {"install": False}, "dataCache": {"enabled": False}}
    objects = transform.without_hooks(
        render(Release("kubeflow-trainer", "kubeflow-trainer", TRAINER_NAMESPACE, values))
    )
    objects = transform.renewing_only_its_own_webhooks(transform.in_namespace(objects, TRAINER_NAMESPACE))
    return transform.without_empty_secret_data(objects)


def probes() -> list[Object]:
    """Harmless objects that the webhooks of Trainer and of JobSet must answer for before there is any job."""
    from fairlead.workload.runtime import runtime

    template: Object = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": []}}}}
    return [
        {**runtime(0), "metadata": {"name": "fairlead-probe"}},
        {
            "apiVersion": "jobset.x-k8s.io/v1alpha2",
            "kind": "JobSet",
            "metadata": {"name": "fairlead-probe", "namespace": JOBSET_NAMESPACE},
            "spec": {
                "suspend": True,
                "replicatedJobs": [{"name": "none", "replicas": 1, "template": template}],
            },
        },
    ]
