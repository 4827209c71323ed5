"""Login, decided: which of the platform's own pages stand behind it, and that nothing stands there without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.errors import Problem
from fairlead.plan import tracking_model
from fairlead.plan.gateway_model import LoginPlan
from fairlead.spec.layer import Layers
from fairlead.spec.tenant import Tenant

WHERE = "platform.layers.gateway.login"
WITHOUT_PUBLIC_AUTHORITIES = "local"
"""The target whose image of the proxy is made here, of Envoy and nothing else."""


def pages(layers: Layers) -> dict[str, str]:
    """Layers that ask to be reached from outside -> the first label of their host."""
    asked = {"tracking": (layers.tracking.enabled and layers.tracking.login, tracking_model.PAGE)}
    return {layer: page for layer, (wanted, page) in asked.items() if wanted}


def check(layers: Layers, target: str, tenants: Mapping[int, Tenant]) -> Iterator[Problem]:
    """Nothing of the platform's own is reached without login, and somebody can log in."""
    spec = layers.gateway.login if layers.gateway.enabled else None
    for layer in pages(layers) if spec is None else ():
        yield Problem(
            f"platform.layers.{layer}.login",
            "it is to be reached through the gateway, and nobody is let in there who has not logged in",
            "true, and no layer gateway with a login",
            "false, or platform.layers.gateway with enabled: true and login",
            "write who issues the tokens under platform.layers.gateway.login",
        )
    if spec is None:
        return
    if target == WITHOUT_PUBLIC_AUTHORITIES and spec.authority is None:
        yield Problem(
            f"{WHERE}.authority",
            f"proxies of target {target} know no public authorities: they could not tell the issuer from others",
            "nothing",
            "the name of a ConfigMap with the authority that signs for the issuer",
        )
    if not spec.admins and not any(tenant.groups or tenant.roles.admin.groups for tenant in tenants.values()):
        yield Problem(
            f"{WHERE}.admins",
            "nobody could log in: no tenant has groups, and there are no groups of administrators",
            "nothing",
            "groups of the issuer",
            "write groups here or at the tenants",
        )


def login_plan(layers: Layers) -> LoginPlan | None:
    """Who is let in where; None where nobody is."""
    spec = layers.gateway.login
    if spec is None or not layers.gateway.enabled:
        return None
    return LoginPlan(
        pages=tuple(pages(layers).values()),
        issuer=spec.issuer,
        authorization_endpoint=spec.authorization_endpoint,
        token_endpoint=spec.token_endpoint,
        jwks_uri=spec.jwks_uri,
        client_id=spec.client_id,
        secret=spec.secret,
        audiences=(spec.client_id, *spec.audiences),
        scopes=spec.scopes,
        groups_claim=spec.groups_claim,
        claims=spec.claims,
        admins=spec.admins,
        authority=spec.authority or "",
    )
