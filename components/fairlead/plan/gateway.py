"""The gateway layer, decided: who reaches it, and which names each tenant has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog import gateways
from fairlead.errors import Problem
from fairlead.plan import login
from fairlead.plan.certificates_model import ISSUER
from fairlead.plan.gateway_model import GatewayPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.gateway import Gateway
from fairlead.spec.layer import Layers
from fairlead.spec.tenant import Tenant

LISTENERS = 64
"""A Gateway has no more. One is that for plain HTTP, and each page of the platform's own has one.
config/crd/standard/gateway.networking.k8s.io_gateways.yaml of sigs.k8s.io/gateway-api v1.5.1, 2026-11-29."""
OFF = "the spec switches it off: platform.layers.gateway.enabled is false"
EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})


def check(layers: Layers, target: str, tenants: Mapping[int, Tenant]) -> Iterator[Problem]:
    """Nobody reaches it who was not named, and the target can do what is asked."""
    spec = layers.gateway
    yield from login.check(layers, target, tenants)
    if not spec.enabled:
        return
    where = "platform.layers.gateway"
    if spec.expose != "cluster" and target not in gateways.load():
        yield Problem(
            f"{where}.expose",
            f"target {target} has no load balancer",
            spec.expose,
            "cluster",
            "write cluster, and reach it by kubectl port-forward from elsewhere",
        )
    if spec.expose == "internet" and not spec.allow:
        yield Problem(
            f"{where}.allow",
            "the internet would reach every model: say who may call",
            "nothing",
            "address ranges, for example 203.0.113.0/24; 0.0.0.0/0 for everybody",
        )
    if spec.expose == "cluster" and spec.allow:
        yield Problem(
            f"{where}.allow",
            "there is no load balancer to let anybody in",
            ", ".join(spec.allow),
            "nothing, or expose: internal or internet",
        )
    most = LISTENERS - 1 - len(login.pages(layers))
    if len(tenants) > most:
        yield Problem(
            f"{where}.enabled",
            "each tenant has a listener of its own, and a Gateway has no more",
            f"{len(tenants)} tenants",
            f"at most {most} tenants",
        )


def gateway_plan(
    layers: Layers, target: str, pools: Sequence[PoolPlan], namespaces: Sequence[str]
) -> GatewayPlan:
    """Whether there is a way in."""
    spec = layers.gateway
    if not spec.enabled:
        return GatewayPlan()
    rows = gateways.load()
    told: Mapping[str, str] = {}
    if spec.expose != "cluster":
        told = rows[target].annotations(spec.expose)
    return GatewayPlan(
        enabled=True,
        domain=spec.domain,
        expose=spec.expose,
        allow=spec.allow,
        annotations=told,
        issuer=spec.issuer or ISSUER,
        replicas=spec.replicas or pair(pools),
        controllers=pair(pools),
        namespaces=tuple(namespaces),
        login=login.login_plan(layers),
    )


def notes(plan: GatewayPlan) -> Iterator[str]:
    """What the reader of a plan should know: who is let in."""
    if not plan.enabled:
        return
    if plan.expose == "internet" and EVERYBODY & set(plan.allow):
        yield "Everybody on the internet may call the gateway: what a tenant's route leads to is asked for by all."
    if plan.expose != "cluster" and plan.issuer == ISSUER:
        yield (
            "Hosts of the gateway are signed by the platform's own authority: callers from outside have to be told"
            " of it, or layers.gateway.issuer names an issuer that they know."
        )


def lacks(spec: Gateway) -> Mapping[str, str]:
    """What the platform has not without the layer."""
    return {} if spec.enabled else {"gateway": OFF}
