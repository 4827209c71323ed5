"""The jobs-v1 layer: the operator and its webhooks, then what jobs are held to, and what each tenant gets."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers.jobs_v1 import members, operator, place, policies, rights
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.jobs_v1_model import IMAGE, LAYER, NAMESPACE
from fairlead.plan.model import PlatformPlan

PART, POLICIES = "jobs-v1", "jobs-v1-policies"


def _parts(ground: Ground) -> list[Part]:
    made = operator.objects(ground.image(IMAGE), ground.plan.jobs_v1.replicas, ground.handle.system_selector)
    own = [restricted_namespace(NAMESPACE), *operator.crds(ground.render), *rights.objects(), *made]
    return [
        Part(PART, own),
        # Behind the webhooks' answer: so nothing counts as standing whose jobs nobody would take.
        Part(POLICIES, policies.objects(), after=(PART,), probes=[probe()]),
    ]


def probe() -> Object:
    """A harmless object that the webhooks must answer for before the layer counts as standing."""
    pod = {"containers": [{"name": "pytorch", "image": "none"}]}
    return {
        "apiVersion": f"{place.GROUP}/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "fairlead-probe", "namespace": NAMESPACE},
        "spec": {
            "runPolicy": {"suspend": True},
            "pytorchReplicaSpecs": {"Worker": {"replicas": 1, "template": {"spec": pod}}},
        },
    }


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured(place.OPERATOR, NAMESPACE, place.LABELS, place.METRICS_PORT, PART)]


TOOL = Tool(LAYER, _parts, members.objects, measured=_measured)
