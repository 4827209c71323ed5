"""The lws layer: the controller, what its objects are held to, and the rights of each tenant's members."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers import objects
from fairlead.layers.lws import controller
from fairlead.layers.objects import WRITE, made_by_their_owner, rule
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.lws_model import LAYER, NAMESPACE
from fairlead.plan.model import PlatformPlan, TenantPlan

PART, POLICIES = "lws", "lws-policies"
GROUP, KIND = "leaderworkerset.x-k8s.io", "leaderworkersets"
MEMBERS, OWNERS = "fairlead-lws", "fairlead-lws-owners"


def _parts(ground: Ground) -> list[Part]:
    owners = made_by_their_owner(OWNERS, GROUP, (KIND,), f"{NAMESPACE}:{controller.CONTROLLER}")
    return [
        Part(PART, controller.objects(ground)),
        # Behind the webhooks' answer: so nothing counts as standing whose groups nobody would complete.
        Part(POLICIES, owners, after=(PART,), probes=[probe()]),
    ]


def probe() -> Object:
    """A harmless object that the webhooks must answer for before the layer counts as standing."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "fairlead-probe", "namespace": NAMESPACE},
        "spec": {
            "replicas": 0,
            "leaderWorkerTemplate": {
                "size": 1,
                "workerTemplate": {"spec": {"containers": [{"name": "none", "image": "none"}]}},
            },
        },
    }


def members(_: Ground, tenant: TenantPlan) -> list[Object]:
    """What members of a tenant may do."""
    return objects.members(tenant, MEMBERS, [rule((GROUP,), (KIND,), WRITE)])


def _measured(_: PlatformPlan) -> list[Measured]:
    pods = {"app.kubernetes.io/name": controller.NAME}
    return [Measured("lws", NAMESPACE, pods, controller.METRICS_PORT, PART, asks=True)]


TOOL = Tool(LAYER, _parts, members, measured=_measured)
