"""Login before the platform's own pages: who has no token is sent to the issuer, who has one is judged by its claims.

One policy stands at the listeners of the pages: administrators are let in to whatever is behind them, nobody else is. A
page that is for more people adds a policy to its own route, which takes the place of the rules: cookies stay those of
the listeners' policy, so that one login does for all routes of a host.

Fields: charts/gateway-helm/charts/crds of github.com/envoyproxy/gateway v1.8.3. Its `oidc.forwardIDToken` is in the
schema and is not read by that release: the token is taken from its cookie, which the proxy itself has opened by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from fairlead.contract.chart import Object
from fairlead.layers.gateway.place import GROUP, OWN, OWN_API, metadata, page_listener
from fairlead.plan.gateway_model import NAME, LoginPlan

POLICY, PROVIDER = "login", "issuer"
ID_COOKIE, ACCESS_COOKIE = "__Host-fairlead-id", "__Host-fairlead-access"
"""Browsers take cookies of such names from the host itself alone, and from no other host of the domain."""
CALLBACK, LOGOUT = "/oauth2/callback", "/oauth2/logout"
BEARER = {"name": "Authorization", "valuePrefix": "Bearer "}
NO_BROWSER_TAB = (
    # A page's own calls in the background, and MLflow's client: neither can follow to a form.
    {"name": "Sec-Fetch-Mode", "type": "RegularExpression", "value": "cors|no-cors|same-origin"},
    {"name": "User-Agent", "type": "Prefix", "value": "mlflow-"},
)
HTTPS = 443
"""Where an address without a port leads."""


def objects(plan: LoginPlan) -> list[Object]:
    """The policy of the listeners, and the issuer's hosts where no public authority signs for them."""
    targets = [
        {"group": GROUP, "kind": "Gateway", "name": NAME, "sectionName": page_listener(page)}
        for page in plan.pages
    ]
    if not targets:
        return []
    policy: Object = {
        "apiVersion": OWN_API,
        "kind": "SecurityPolicy",
        "metadata": metadata(POLICY),
        "spec": {
            "targetRefs": targets,
            "oidc": _browsers(plan),
            "jwt": {"providers": [_tokens(plan)]},
            "authorization": rules([allow(plan, "administrators", plan.admins)]),
        },
    }
    return [*_hosts(plan), policy]


def rules(allowed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Who is named is let in, and nobody else. Rules for nobody are left out."""
    return {"defaultAction": "Deny", "rules": [dict(one) for one in allowed if one]}


def allow(
    plan: LoginPlan, name: str, groups: Sequence[str], headers: Sequence[Mapping[str, Any]] = ()
) -> Mapping[str, Any]:
    """Users of one of these groups, if the call has these headers; empty for no groups."""
    if not groups:
        return {}
    claims = [
        {"name": plan.groups_claim, "valueType": "StringArray", "values": list(groups)},
        *({"name": claim, "values": list(values)} for claim, values in plan.claims.items()),
    ]
    principal = {"jwt": {"provider": PROVIDER, "claims": claims}}
    told = {"headers": [dict(one) for one in headers]} if headers else {}
    return {"name": name, "action": "Allow", "principal": {**principal, **told}}


def of_route(plan: LoginPlan, route: str, allowed: Sequence[Mapping[str, Any]]) -> Object:
    """Rules of a route, in the place of those of its listener. Claims are judged only where tokens are named too."""
    return {
        "apiVersion": OWN_API,
        "kind": "SecurityPolicy",
        "metadata": metadata(route),
        "spec": {
            "targetRefs": [{"group": GROUP, "kind": "HTTPRoute", "name": route}],
            "mergeType": "JSONMerge",
            "jwt": {"providers": [_tokens(plan)]},
            "authorization": rules(allowed),
        },
    }


def _browsers(plan: LoginPlan) -> dict[str, Any]:
    provider = {
        "issuer": plan.issuer,
        "authorizationEndpoint": plan.authorization_endpoint,
        "tokenEndpoint": plan.token_endpoint,
        **_reached(plan, plan.token_endpoint),
    }
    return {
        "provider": provider,
        "clientID": plan.client_id,
        "clientSecret": {"group": "", "kind": "Secret", "name": plan.secret},
        "scopes": list(plan.scopes),
        "redirectURL": f"https://%REQ(:authority)%{CALLBACK}",
        "logoutPath": LOGOUT,
        "cookieNames": {"idToken": ID_COOKIE, "accessToken": ACCESS_COOKIE},
        "cookieConfig": {"sameSite": "Lax"},
        "passThroughAuthHeader": True,
        "denyRedirect": {"headers": [dict(one) for one in NO_BROWSER_TAB]},
    }


def _tokens(plan: LoginPlan) -> dict[str, Any]:
    return {
        "name": PROVIDER,
        "issuer": plan.issuer,
        "audiences": list(plan.audiences),
        "remoteJWKS": {"uri": plan.jwks_uri, **_reached(plan, plan.jwks_uri)},
        "extractFrom": {"headers": [BEARER], "cookies": [ID_COOKIE]},
    }


def _reached(plan: LoginPlan, url: str) -> dict[str, Any]:
    """The Backend of an address, which says whose signature is believed; none where that of public authorities is."""
    if not plan.authority:
        return {}
    _, port, name = _host(url)
    return {"backendRefs": [{"group": OWN, "kind": "Backend", "name": name, "port": port}]}


def _hosts(plan: LoginPlan) -> list[Object]:
    if not plan.authority:
        return []
    return [
        _backend(plan, *host) for host in sorted({_host(url) for url in (plan.token_endpoint, plan.jwks_uri)})
    ]


def _backend(plan: LoginPlan, hostname: str, port: int, name: str) -> Object:
    signer = {"group": "", "kind": "ConfigMap", "name": plan.authority}
    return {
        "apiVersion": OWN_API,
        "kind": "Backend",
        "metadata": metadata(name),
        "spec": {
            "endpoints": [{"fqdn": {"hostname": hostname, "port": port}}],
            "tls": {"caCertificateRefs": [signer], "sni": hostname},
        },
    }


def _host(url: str) -> tuple[str, int, str]:
    """Name, port and Backend of an address."""
    at = urlsplit(url)
    host, port = str(at.hostname), at.port or HTTPS
    return host, port, f"issuer-{host.replace('.', '-')}-{port}"[:253]
