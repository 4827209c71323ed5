"""A job as a Pulumi resource registers exactly what `fairlead submit` would send."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from job_samples import job
from support.engine import recorded

from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render
from fairlead.workload.resources import TrainingJobResource


def handle() -> ClusterHandle:
    return ClusterHandle(
        name="test",
        target="local",
        provider=kubernetes.Provider("k", kubernetes.ProviderArgs(kubeconfig="{}")),
        kubeconfig=pulumi.Output.from_input("{}"),
        pools={},
        images={},
        system_selector={},
        storage_classes={},
        capabilities={},
        ready=[],
    )


def plain(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Objects without what the provider is told; numbers as the engine carries them: as floats."""
    found: list[dict[str, Any]] = json.loads(json.dumps(objects), parse_int=float)
    for obj in found:
        told = obj["metadata"].pop("annotations", {})
        obj["metadata"]["annotations"] = {k: v for k, v in told.items() if not k.startswith("pulumi.com/")}
    return found


def test_it_registers_the_rendered_objects_and_nothing_else() -> None:
    wanted = job(num_nodes=2, checkpoint={"size": "1Gi"})
    _, recorder = recorded(lambda: TrainingJobResource("sample", wanted, handle()))
    made = [one.inputs for one in recorder.resources if one.typ.startswith("kubernetes:")]
    assert plain(made) == plain(render(wanted))
    assert [
        one.typ for one in recorder.resources if one.custom and not one.typ.startswith("pulumi:providers")
    ] == [
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:trainer.kubeflow.org/v1alpha1:TrainJob",
    ]
    assert "fairlead:workload:TrainingJob" in recorder.types()


def test_an_unknown_accelerator_is_refused_before_anything_is_registered() -> None:
    words = {"name": "x", "tenant": "t", "image": "a:1", "run": "x", "accelerators": "Z9:1"}
    with pytest.raises(InputError, match="no such accelerator"):
        TrainingJobResource("sample", TrainingJob.model_validate(words), None)  # type: ignore[arg-type]
