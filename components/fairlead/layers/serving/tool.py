"""The serving layer: the controller behind its webhooks, then the servers; and who of a tenant may use them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.objects import WRITE, members, restricted_namespace, rule
from fairlead.layers.serving import controller, fetcher, place, policies, servers
from fairlead.layers.serving.place import GROUP, OLD
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan, TenantPlan
from fairlead.plan.serving_model import FETCHER, NAMESPACE
from fairlead.plan.tracking_model import IMAGE as MLFLOW

PART, SERVERS = "serving", "serving-servers"
MEMBERS = "fairlead-serving"


def _parts(ground: Ground) -> list[Part]:
    identity = ground.handle.identity
    token = identity.token if identity else None
    images = {name: ground.image(name) for name in ground.plan.serving.servers}
    own = [restricted_namespace(NAMESPACE), *controller.crds(ground), *controller.objects(ground)]
    if ground.plan.layer("queue").enabled:
        own += policies.objects()
    marks = identity.pod_labels if identity else None
    made = [fetcher.container(ground.image(FETCHER), token), *servers.objects(images, token, marks)]
    if ground.plan.tracking.enabled:
        made.append(fetcher.registry(ground.image(MLFLOW)))
    return [
        Part(PART, own, after=(ENTRANCE,)),
        Part(SERVERS, made, after=(PART,), probes=[_probe()]),
    ]


def _probe() -> Object:
    """A harmless object that the webhooks must answer for before the first server is known."""
    box = {"name": servers.CONTAINER, "image": "fairlead.dev/probe:1"}
    spec = {"supportedModelFormats": [{"name": "fairlead-probe"}], "containers": [box]}
    return {
        "apiVersion": OLD,
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "fairlead-probe"},
        "spec": spec,
    }


def _tenant(_: Ground, tenant: TenantPlan) -> Sequence[Object]:
    """Members of a tenant serve models in its namespace, by servers of their own too."""
    return members(tenant, MEMBERS, [rule((GROUP,), ("inferenceservices", "servingruntimes"), WRITE)])


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured("kserve", NAMESPACE, place.LABELS, place.METRICS_PORT, PART)]


TOOL = Tool("serving", _parts, _tenant, measured=_measured)
