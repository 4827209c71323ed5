"""The two controllers: what runs did goes to the API, and recurring runs start by the clock.

Flags, variables and token files: github.com/kubeflow/pipelines at tag 2.17.0, backend/src/agent/persistence/main.go and
client/tokenrefresher, backend/src/crd/controller/scheduledworkflow/main.go, backend/Dockerfile.persistenceagent and
Dockerfile.scheduledworkflow, read 2026-11-29. Neither elects a leader: there is one of each, never two.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.contract.chart import Object
from fairlead.layers.pipelines import pod
from fairlead.layers.pipelines.place import AGENT, API, GRPC, HTTP, METRICS_PORT, SCHEDULES

RESOURCES = ("50m", "128Mi", "1Gi")
"""Upstream asks 120m and 500 MB for the first, nothing for the second, and sets no limits."""
AGENT_TOKEN, SCHEDULES_TOKEN = "persistenceagent-sa-token", "scheduledworkflow-sa-token"


def objects(agent: str, schedules: str, selector: Mapping[str, str]) -> list[Object]:
    """agent, schedules: references of their images."""
    return [*pod.objects(_agent(agent), selector), *pod.objects(_schedules(schedules), selector)]


def _agent(image: str) -> pod.Program:
    """It listens on no port and writes no file: Kubernetes knows that its process lives, and nothing else."""
    volume, mount = pod.own_token(AGENT_TOKEN)
    return pod.Program(
        AGENT,
        image,
        ["/bin/persistence_agent"],
        [
            "--logtostderr=true",
            "--logLevel=info",
            # Empty: all namespaces.
            "--namespace=",
            "--executionType=Workflow",
            "--numWorker=2",
            f"--mlPipelineAPIServerName={API}",
            f"--mlPipelineServiceHttpPort={HTTP}",
            f"--mlPipelineServiceGRPCPort={GRPC}",
            # The token that it reads anew is good for an hour, and renewed when 48 minutes of it are over.
            "--saTokenRefreshIntervalInSecs=300",
        ],
        RESOURCES,
        volumes=[volume],
        mounts=[mount],
        alone=True,
    )


def _schedules(image: str) -> pod.Program:
    volume, mount = pod.own_token(SCHEDULES_TOKEN)
    metrics = {"httpGet": {"path": "/metrics", "port": METRICS_PORT}, "timeoutSeconds": 5}
    return pod.Program(
        SCHEDULES,
        image,
        ["/bin/controller"],
        [
            "--logtostderr=true",
            "--logLevel=info",
            "--namespace=",
            f"--mlPipelineAPIServerName={API}",
            f"--mlPipelineServiceGRPCPort={GRPC}",
            f"--metricsPort={METRICS_PORT}",
        ],
        RESOURCES,
        env=[pod.said("CRON_SCHEDULE_TIMEZONE", "UTC")],
        ports={"metrics": METRICS_PORT},
        # It listens once it has reached the API.
        probes={
            "readinessProbe": {**metrics, "periodSeconds": 5},
            "livenessProbe": {**metrics, "periodSeconds": 20, "initialDelaySeconds": 90},
        },
        volumes=[volume],
        mounts=[mount],
        alone=True,
    )
