"""Which layers run in the cluster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Flag, Model, Text
from fairlead.spec.certificates import Certificates
from fairlead.spec.databases import Databases
from fairlead.spec.events import Events
from fairlead.spec.gateway import Gateway
from fairlead.spec.health import Health
from fairlead.spec.jobs import Jobs
from fairlead.spec.jobs_v1 import JobsV1
from fairlead.spec.katib import Katib
from fairlead.spec.lws import Lws
from fairlead.spec.model_registry import ModelRegistry
from fairlead.spec.monitoring import Monitoring
from fairlead.spec.notebooks import Notebooks
from fairlead.spec.opencost import Opencost
from fairlead.spec.pipelines import Pipelines
from fairlead.spec.queue import QueueOptions
from fairlead.spec.ray import Ray
from fairlead.spec.scaling import Scaling
from fairlead.spec.secrets import Secrets
from fairlead.spec.serving import Serving
from fairlead.spec.spark import Spark
from fairlead.spec.store import Store
from fairlead.spec.tracking import Tracking
from fairlead.spec.workflows import Workflows

Part = Literal[
    "node-feature-discovery",
    "nvidia-gpu-operator",
    "nvidia-device-plugin",
    "nvidia-dra-driver",
    "dcgm-exporter",
    "amd-gpu-operator",
    "amd-device-plugin",
    "amd-metrics-exporter",
    "neuron-device-plugin",
    "neuron-monitor",
]
Setting = Literal["auto", "install", "skip"]
NodePath = Annotated[str, StringConstraints(pattern=r"^/([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?$")]
"""An absolute path on the node, without a slash at its end."""


class Layer(Model):
    """A part of the platform that runs in the cluster."""

    enabled: Flag = True
    """Off: it is left out, and whatever needs it is refused by name."""


class GpuOperator(Model):
    """NVIDIA's GPU operator. What is left at auto follows from the node images of the pools."""

    driver: Setting = "auto"
    """Whether it installs the driver; auto: where the node image brings none."""
    toolkit: Setting = "auto"
    """Whether it installs the container toolkit; auto: where the node image brings none."""
    stack: Literal["auto", "cluster-policy", "gpu-cluster"] = "auto"
    """Which of its two resources it serves: device plugins, or DRA. auto: what the pools' sharing asks for."""
    kernel_modules: Literal["auto", "open", "proprietary"] = "auto"
    """Kind of kernel modules, where it installs the driver."""
    runtime_class: Text | None = None
    """RuntimeClass of its own pods; left out, the one of the node images."""
    driver_root: NodePath | None = None
    """Where the driver lies on the nodes; left out, where the node images have it."""
    toolkit_env: dict[str, Text] = Field(default_factory=dict)
    """Further environment of the container toolkit's installer."""


class NodeToleration(Model):
    """A taint of the cluster's owner that accelerator nodes carry beside those of the contract."""

    key: Text | None = None
    """Key of the taint, for example node-role.example.com/gpu. Left out it would mean every taint: refused."""
    value: Text | None = None
    """Its value; left out, any."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """Its effect."""


class GpuLayer(Layer):
    """What makes nodes advertise their accelerators, and who brings which part of it."""

    operator: GpuOperator | None = None
    """NVIDIA's GPU operator, installed by this platform; left out, device plugins run by themselves."""
    discovery: Flag = True
    """Node Feature Discovery and GPU feature discovery label the nodes with what they are."""
    metrics: Flag = True
    """Accelerators have their metrics exported where neither the target nor a GPU operator does it; the target's own
    exporters are asked."""
    brought: tuple[Part, ...] = ()
    """What others install in this cluster: the platform then leaves it alone and checks that it fits."""
    tolerations: tuple[NodeToleration, ...] = ()
    """Further taints that everything which runs on accelerator nodes must tolerate."""


class QueueLayer(Layer, QueueOptions):
    """Kueue: quota, order, gangs, preemption. Its queues lie in the tenants' namespaces."""


class Layers(Model):
    """Which layers run."""

    gpu: GpuLayer = GpuLayer()
    """Makes nodes advertise their accelerators."""
    tenancy: Layer = Layer()
    """Namespaces, quotas, rights, network policies."""
    queue: QueueLayer = QueueLayer()
    """Kueue: who runs when, and on what."""
    jobs: Jobs = Jobs()
    """JobSet and Kubeflow Trainer: distributed training jobs, which start from a queue."""
    health: Health = Health()
    """Finds faults of nodes and has them mended; says how long jobs may take to stop."""
    scaling: Scaling = Scaling()
    """Scales services by requests and accelerator use, to and from zero."""
    certificates: Certificates = Certificates()
    """TLS inside the cluster: cert-manager."""
    secrets: Secrets = Secrets()
    """Secrets that are kept elsewhere: External Secrets Operator."""
    gateway: Gateway = Gateway()
    """One way in for what tenants serve: Envoy Gateway."""
    store: Store = Store()
    """An object store inside the cluster."""
    databases: Databases = Databases()
    """PostgreSQL for the platform's own parts: CloudNativePG."""
    tracking: Tracking = Tracking()
    """Experiments, artefacts and a registry of models: MLflow."""
    workflows: Workflows = Workflows()
    """Runs graphs of steps as pods: Argo Workflows."""
    events: Events = Events()
    """What happens starts workflows: Argo Events."""
    pipelines: Pipelines = Pipelines()
    """Pipelines of ML steps: Kubeflow Pipelines."""
    serving: Serving = Serving()
    """Models behind the gateway: KServe."""
    ray: Ray = Ray()
    """Ray clusters, jobs and services: KubeRay."""
    lws: Lws = Lws()
    """Groups of pods that live and die together: LeaderWorkerSet."""
    katib: Katib = Katib()
    """Finds good settings by trying many: Katib."""
    spark: Spark = Spark()
    """Spark applications: the Spark operator."""
    jobs_v1: JobsV1 = Field(default=JobsV1(), alias="jobs-v1")
    """Jobs of Kubeflow's old API, while they are moved: its training operator."""
    notebooks: Notebooks = Notebooks()
    """JupyterLab for members of the tenants, behind the gateway and let go by the queues."""
    model_registry: ModelRegistry = Field(default=ModelRegistry(), alias="model-registry")
    """Models, their versions and where they lie: Kubeflow Model Registry."""
    monitoring: Monitoring = Monitoring()
    """Metrics of the platform's own programs: Prometheus."""
    opencost: Opencost = Opencost()
    """What has run, and what it has cost, by tenant, job and model: OpenCost."""

    def enabled(self, name: str) -> bool:
        """Whether the layer of this name runs. Raises AttributeError for no such layer."""
        return getattr(self, name.replace("-", "_")).enabled
