"""The jobs-v1 layer: jobs of Kubeflow's old API, while they are moved to the new one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class JobsV1(Model):
    """Jobs of kubeflow.org/v1, which wait in queues until they are TrainJobs: Kubeflow's old training operator."""

    enabled: Flag = False
    """On: members of a tenant may send PyTorchJobs, TFJobs, XGBoostJobs and JAXJobs to its namespace. Needs the layer
    queue."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many operators; left out, 2 where two nodes are always there for the platform's own pods, else 1. One works,
    the others wait for its end."""
