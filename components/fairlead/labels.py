"""The names under which everything in a Fairlead cluster is found: contract rules C1, C2, C6 and C8."""

from __future__ import annotations

DOMAIN = "fairlead.dev"

POOL = f"{DOMAIN}/pool"
"""Node label: name of the pool in the spec."""
ACCELERATOR = f"{DOMAIN}/accelerator"
"""Node label: catalogue name of the accelerator, for example H100; of a share, H100_1g.10gb; `none` without."""
NO_ACCELERATOR = "none"
"""Value of the label above on nodes without accelerators: plain nodes can be selected by it."""
SHARE = f"{DOMAIN}/share"
"""Node taint of pools whose accelerators are shared: which share, for example 1g.10gb. Only what asks for a
share tolerates it, so that nothing that wants a whole accelerator lands on a part of one."""
CAPACITY = f"{DOMAIN}/capacity"
"""Node label: reserved, on-demand, flex or spot."""
LADDER = f"{DOMAIN}/ladder"
"""Node label of pools that may be filled from several capacities: all of them, best first, joined by dots."""
SIMULATED = f"{DOMAIN}/simulated"
"""Node label: "true" where pods are simulated: no process runs, logs do not exist."""
TENANT = f"{DOMAIN}/tenant"
"""Namespace and workload label: name of the tenant."""
OWNER = f"{DOMAIN}/owner"
"""Namespace annotation: who answers for the tenant."""
COST_CENTER = f"{DOMAIN}/cost-center"
"""Namespace label: whom the tenant's costs are charged to."""
STAGE = f"{DOMAIN}/stage"
"""Workload label: testing, training or inference."""
JOB = f"{DOMAIN}/job"
"""Workload and pod label: name of the TrainingJob."""
QUARANTINE = f"{DOMAIN}/quarantine"
"""Node taint: an operator has taken the node out; its value is free, its effect NoExecute."""
STACK = f"{DOMAIN}/stack"
"""Label of cluster objects: the platform's name."""
LAYER = f"{DOMAIN}/layer"
"""Label of cluster objects: the layer that made them."""
MANAGED_BY = "app.kubernetes.io/managed-by"
"""Recommended Kubernetes label; its value here is `fairlead`."""

SIMULATION = "simulation.fairlead.dev"
RUN_FOR = f"{SIMULATION}/run-for"
"""Pod annotation: how long a simulated pod runs before it succeeds, for example 90s."""
EXIT = f"{SIMULATION}/exit"
"""Pod annotation: `failure` makes a simulated pod fail instead of succeed."""

QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"

ENDPOINT = f"{DOMAIN}/endpoint"
"""Label of an InferenceService that is one of several versions: the name under which its model is asked for."""

WORKLOAD_ACCOUNT = "fairlead-workload"
"""C5: the service account of each tenant under which workloads reach the object store."""
OBJECT_STORE = "fairlead-object-store"
"""C4: the ConfigMap of each tenant that tells workloads where the object store is."""

GATEWAY = "fairlead-gateway"
"""C7: the ConfigMap of each tenant that says under which names it serves; also the namespace of the gateway."""
GATEWAY_DOMAIN = "FAIRLEAD_GATEWAY_DOMAIN"
"""Key in it: a host is `<name>.<tenant>.<domain>`."""

TAINT_VALUE = "present"
"""C2: every accelerator node is tainted `<resource>=present:NoSchedule`."""

STAGES = ("testing", "training", "inference")
"""C6: LocalQueues and priority classes by these names, lowest priority first."""

METRICS = f"{DOMAIN}/metrics"
"""C8: label of pods of tenants that tell of themselves in Prometheus' words at /metrics; its value is the port, 1024 or
above."""
KEEP_IDLE = f"{DOMAIN}/keep-idle-until"
"""Annotation of what somebody has sent, or of its workload: until then it may hold accelerators that it does not use;
a time with its zone, RFC 3339."""
RECLAIMED = f"{DOMAIN}/reclaimed"
"""Annotation of a workload that was suspended because it used no accelerator: when, and by what; JSON."""
METRICS_NAMESPACE = "fairlead-monitoring"
METRICS_HOST = f"metrics.{METRICS_NAMESPACE}.svc"
METRICS_URL = f"http://{METRICS_HOST}:9090"
"""C8: where Prometheus' query API answers inside the cluster. Behind the name may stand a Prometheus or the query
frontend of a managed one; who asks is not told."""

TRACKING = "fairlead-tracking"
"""The ConfigMap of each tenant that says where runs and models are kept; also the namespace of the server."""
TRACKING_HOST, TRACKING_PORT = f"mlflow.{TRACKING}.svc", 5000
TRACKING_URL = f"http://{TRACKING_HOST}:{TRACKING_PORT}"
"""Where MLflow's API answers inside the cluster."""

MODEL_REGISTRY = "fairlead-model-registry"
"""The ConfigMap of each tenant that says where its registry of models is; also the namespace of the servers."""
TOLD = (OBJECT_STORE, TRACKING, MODEL_REGISTRY)
"""ConfigMaps of a tenant that its jobs and the steps of its workflows take as environment variables."""

NOTEBOOKS = "fairlead-notebooks"
"""The ConfigMap of each tenant that says below which domain notebooks answer; there where the layer is on."""
NOTEBOOK_DOMAIN = "FAIRLEAD_NOTEBOOK_DOMAIN"
"""Its one key."""
