"""The layers: what each is for, what it needs, what it is made of and where it runs. One row adds one to the plan.

What a row cannot say, since it depends on the spec, is decided in `plan.layers` (how accelerators are
advertised) and where the layer has a plan of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.plan import (
    certificates_model,
    databases_model,
    events_model,
    gateway_model,
    jobs_v1_model,
    katib_model,
    lws_model,
    model_registry_model,
    monitoring_model,
    opencost_model,
    pipelines_model,
    ray_model,
    scaling_model,
    secrets_model,
    serving_model,
    spark_model,
    store_model,
    tracking_model,
    workflows_model,
)


@dataclass(frozen=True)
class LayerRow:
    """One layer, as far as it can be said without a spec."""

    purpose: str
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Layers that must run before it -> why."""
    charts: tuple[str, ...] = ()
    """Charts of the lock that it is made of."""
    images: tuple[str, ...] = ()
    """Images of the lock that its own pods run."""
    namespaces: tuple[str, ...] = ()
    """Where its own pods run."""


ROWS: Mapping[str, LayerRow] = {
    "gpu": LayerRow("nodes advertise their accelerators", namespaces=("fairlead-gpu",)),
    "tenancy": LayerRow("namespaces, quotas, rights and network policies of the tenants"),
    "queue": LayerRow(
        "quota, order, gangs and preemption by Kueue",
        {"tenancy": "its local queues lie in the tenants' namespaces"},
        ("kueue",),
        ("kueue",),
        ("kueue-system",),
    ),
    "jobs": LayerRow(
        "distributed training jobs by JobSet and Kubeflow Trainer",
        {"queue": "jobs start when a queue admits them"},
        ("jobset", "kubeflow-trainer"),
        ("jobset", "kubeflow-trainer"),
        ("jobset-system", "kubeflow-system"),
    ),
    "health": LayerRow("faults of nodes are found and mended by one policy", namespaces=("fairlead-health",)),
    "scaling": LayerRow(
        "services follow requests and accelerator use, to and from zero, by KEDA",
        charts=("keda",),
        images=scaling_model.IMAGES,
        namespaces=("fairlead-scaling",),
    ),
    "certificates": LayerRow(
        "TLS certificates inside the cluster, issued and renewed by cert-manager",
        charts=(certificates_model.CHART,),
        images=certificates_model.IMAGES,
        namespaces=(certificates_model.NAMESPACE,),
    ),
    "secrets": LayerRow(
        "Secrets that are kept elsewhere, brought to the tenants' namespaces by External Secrets Operator",
        {
            "tenancy": "each tenant has a store of its own",
            "certificates": "its webhook is known by a certificate",
        },
        (secrets_model.KINDS, secrets_model.CHART),
        (secrets_model.IMAGE,),
        (secrets_model.NAMESPACE,),
    ),
    "gateway": LayerRow(
        "one way in for what tenants serve, with TLS, by Envoy Gateway",
        {
            "tenancy": "each tenant has a listener in it",
            "certificates": "callers are answered with TLS, and its parts know each other by certificates",
        },
        (gateway_model.KINDS, gateway_model.CHART),
        gateway_model.IMAGES,
        (gateway_model.NAMESPACE,),
    ),
    "store": LayerRow(
        "an object store inside the cluster, with a part for each tenant, by SeaweedFS",
        images=(store_model.IMAGE,),
        namespaces=("fairlead-store",),
    ),
    "databases": LayerRow(
        "PostgreSQL for those of the platform's own parts that need it, by CloudNativePG",
        charts=(databases_model.OPERATOR,),
        images=databases_model.IMAGES,
        namespaces=("fairlead-databases",),
    ),
    "tracking": LayerRow(
        "experiments, metrics, artefacts and a registry of models, by MLflow",
        {
            "tenancy": "each tenant has a workspace in it",
            "databases": "what was trained, and how, is kept in PostgreSQL",
        },
        images=(tracking_model.IMAGE,),
        namespaces=(tracking_model.NAMESPACE,),
    ),
    "workflows": LayerRow(
        "graphs of steps that run as pods in the tenants' namespaces, by Argo Workflows",
        {"tenancy": "workflows run in the tenants' namespaces"},
        ("argo-workflows",),
        workflows_model.IMAGES,
        ("fairlead-workflows",),
    ),
    "events": LayerRow(
        "what happens starts workflows in the tenants' namespaces, by Argo Events",
        {
            "workflows": "what events start are workflows of Argo",
            "certificates": "each tenant's bus is known by a certificate",
        },
        (events_model.CHART,),
        events_model.IMAGES,
        (events_model.NAMESPACE,),
    ),
    "pipelines": LayerRow(
        "pipelines of ML steps, kept, cached and started by the clock, by Kubeflow Pipelines",
        {
            "tenancy": "runs lie in the tenants' namespaces",
            "workflows": "a run is a workflow of Argo",
        },
        images=pipelines_model.IMAGES,
        namespaces=(pipelines_model.NAMESPACE,),
    ),
    "serving": LayerRow(
        "models behind the gateway, by KServe",
        {
            "tenancy": "models are served in the tenants' namespaces",
            "certificates": "its webhooks are known by certificates",
            "gateway": "what is served is reached through it",
        },
        (serving_model.KINDS, serving_model.CHART),
        serving_model.IMAGES,
        (serving_model.NAMESPACE,),
    ),
    "ray": LayerRow(
        "Ray clusters, jobs and services in the tenants' namespaces, by KubeRay",
        {"queue": "Ray clusters start when a queue admits them"},
        (ray_model.CHART,),
        (ray_model.IMAGE,),
        (ray_model.NAMESPACE,),
    ),
    "lws": LayerRow(
        "multi-host serving: groups of pods that start, restart and are placed as one, by LeaderWorkerSet",
        {"queue": "groups start when a queue admits them"},
        (lws_model.CHART,),
        (lws_model.IMAGE,),
        (lws_model.NAMESPACE,),
    ),
    "katib": LayerRow(
        "hyperparameter tuning by trials that run through the tenants' queues, by Katib",
        {
            "jobs": "trials are jobs, and start when a queue admits them",
            "certificates": "its webhooks are known by certificates",
            "databases": "what trials measure is kept in PostgreSQL",
        },
        (katib_model.CHART,),
        katib_model.IMAGES,
        (katib_model.NAMESPACE,),
    ),
    "spark": LayerRow(
        "Spark applications in the tenants' namespaces, by the Spark operator",
        {"queue": "drivers and executors start when a queue admits them"},
        (spark_model.CHART,),
        (spark_model.IMAGE,),
        (spark_model.NAMESPACE,),
    ),
    "jobs-v1": LayerRow(
        "jobs of Kubeflow's old API, kubeflow.org/v1, by its training operator",
        {"queue": "jobs start when a queue admits them"},
        (jobs_v1_model.CHART,),
        (jobs_v1_model.IMAGE,),
        (jobs_v1_model.NAMESPACE,),
    ),
    "notebooks": LayerRow(
        "JupyterLab in the tenants' namespaces, as jobs that serve until nobody works in them",
        {
            "jobs": "a notebook is a job that a queue admits",
            "gateway": "notebooks are reached through it",
        },
    ),
    model_registry_model.LAYER: LayerRow(
        "models, their versions and where they lie, in a registry for each tenant, by Kubeflow Model Registry",
        {
            "tenancy": "each tenant has a registry of its own",
            "databases": "what is registered is kept in PostgreSQL",
        },
        images=(model_registry_model.IMAGE,),
        namespaces=(model_registry_model.NAMESPACE,),
    ),
    "monitoring": LayerRow(
        "what the platform's own programs say of themselves, gathered by Prometheus",
        charts=(monitoring_model.CHART,),
        images=monitoring_model.IMAGES,
        namespaces=(monitoring_model.NAMESPACE,),
    ),
    opencost_model.LAYER: LayerRow(
        "what has run, and what it has cost, by tenant, job and model, by OpenCost",
        {monitoring_model.LAYER: "what has run is read from Prometheus, and what it has cost is kept there"},
        images=(opencost_model.IMAGE,),
        namespaces=(opencost_model.NAMESPACE,),
    ),
}
"""By name, in the order in which they run."""
