"""A scale as a Pulumi resource registers exactly what `fairlead scale` would send, and waits for KEDA."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from support.engine import recorded

from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.workload.resources import ServiceScaleResource
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import render


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


def scale(low: int) -> ServiceScale:
    targets = {"concurrency": 8} if low else {"accelerator_memory": 80}
    words = {"name": "chat", "tenant": "team-a", "min": low, "max": 4, "targets": targets}
    return ServiceScale.model_validate(words)


def test_it_registers_the_rendered_object_and_is_ready_when_keda_is() -> None:
    _, engine = recorded(lambda: ServiceScaleResource("chat", scale(1), handle()))
    [made] = engine.of_kind("ScaledObject")
    [wanted] = render(scale(1))
    assert made.object["spec"] == wanted["spec"]
    assert made.object["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
    assert made.parent.rpartition("::")[0].endswith("fairlead:workload:ServiceScale")
    assert made.provider.endswith("::k")


def test_what_does_not_fit_together_is_refused_at_preview() -> None:
    with pytest.raises(InputError, match="would sleep for ever"):
        ServiceScaleResource("chat", scale(0), None)  # type: ignore[arg-type]
