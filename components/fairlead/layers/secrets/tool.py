"""The secrets layer: the programs behind their webhooks' answer, and what each tenant gets of them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.certificates.tool import AUTHORITY
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.secrets import place, programs, rights, stores
from fairlead.layers.secrets.place import API
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan
from fairlead.plan.secrets_model import LAYER, NAMESPACE

PART, STORES = "secrets", "secrets-stores"


def _parts(ground: Ground) -> Sequence[Part]:
    own = [
        restricted_namespace(NAMESPACE),
        *programs.crds(ground),
        *rights.objects(),
        *programs.objects(ground),
    ]
    return [
        Part(PART, own, after=(AUTHORITY,)),
        # Behind the webhook's answer: so a tenant's store comes when somebody looks at it.
        Part(STORES, [rights.tenants_role(), *_kept(ground)], after=(PART,), probes=[probe()]),
    ]


def _kept(ground: Ground) -> list[Object]:
    """Where each tenant's Secrets are kept, if that is here."""
    if ground.plan.secrets.vault or ground.plan.secrets.cloud:
        return []
    return [obj for tenant in ground.plan.tenants for obj in stores.kept(tenant)]


def probe() -> Object:
    """A harmless object that the webhook must answer for before the first store is created."""
    provider = {"fake": {"data": [{"key": "none", "value": "none"}]}}
    return {
        "apiVersion": API,
        "kind": "SecretStore",
        "metadata": {"name": "fairlead-probe", "namespace": NAMESPACE},
        "spec": {"provider": provider},
    }


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured(name, NAMESPACE, pods, place.METRICS_PORT, PART) for name, pods in place.LABELS.items()]


TOOL = Tool(LAYER, _parts, stores.objects, measured=_measured)
