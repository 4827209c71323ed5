"""The plan of the serving layer: plain data, as the rest of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LAYER = "serving"
CHART, KINDS = "kserve", "kserve-crd"
"""Charts of the lock: the controller, and its kinds."""
CONTROLLER, FETCHER, SKLEARN = "kserve-controller", "kserve-storage-initializer", "kserve-sklearnserver"
IMAGES = (CONTROLLER, FETCHER, SKLEARN)
"""Images of the lock that every cluster with the layer has; servers that are only pulled come beside them."""
NAMESPACE = "fairlead-serving"
FORMATS: Mapping[str, Mapping[str, str]] = {
    SKLEARN: {"sklearn": "1"},
    "kserve-xgbserver": {"xgboost": "2"},
    "tensorflow-serving": {"tensorflow": "2"},
    "tritonserver": {"triton": "2", "onnx": "1", "pytorch": "1", "tensorrt": "8"},
    "vllm-openai": {"vLLM": "1"},
}
"""Image of a server -> formats of models that it takes -> their version: config/runtimes of github.com/kserve/kserve
v0.20.0."""
REGISTRY = "models:/"
"""How the address of a model in the registry of the layer `tracking` begins, as MLflow has it."""


@dataclass(frozen=True)
class ServingPlan:
    """Whether models are served, by how many controllers, and with which servers."""

    enabled: bool = False
    replicas: int = 1
    servers: tuple[str, ...] = ()
    """Images of the lock that models are served by."""
