"""The spark layer: the operator and its webhooks, then what applications are held to, and what each tenant gets."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.spark import members, operator, place, policies, rights
from fairlead.layers.spark.place import GROUP
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan
from fairlead.plan.spark_model import LAYER, NAMESPACE

PART, POLICIES = "spark", "spark-policies"


def _parts(ground: Ground) -> list[Part]:
    own = [restricted_namespace(NAMESPACE), *rights.objects(), *operator.objects(ground)]
    return [
        Part(PART, own),
        # Behind the webhooks' answer: so nothing counts as standing whose pods nobody would complete.
        Part(POLICIES, policies.objects(), after=(PART,), probes=[probe()]),
    ]


def probe() -> Object:
    """A harmless object that the webhooks must answer for before the layer counts as standing."""
    part = {"cores": 1, "memory": "512m"}
    return {
        "apiVersion": f"{GROUP}/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "fairlead-probe", "namespace": NAMESPACE},
        "spec": {
            "type": "Python",
            "mode": "cluster",
            "sparkVersion": "4.0.1",
            "mainApplicationFile": "local:///none.py",
            "driver": part,
            "executor": {**part, "instances": 1},
        },
    }


def _measured(_: PlatformPlan) -> list[Measured]:
    programs = (place.OPERATOR, place.WEBHOOK)
    return [Measured(one, NAMESPACE, place.labels_of(one), place.METRICS_PORT, PART) for one in programs]


TOOL = Tool(LAYER, _parts, members.objects, measured=_measured)
