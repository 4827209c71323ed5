"""An issuer of OpenID Connect that we did not write, as a pod: dex, with users and passwords made for this run."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from e2e.stage import Stage
from fairlead import labels
from fairlead.catalog import lock
from fairlead.layers.certificates.authority import API, ROOT
from fairlead.layers.gateway.login import CALLBACK
from fairlead.plan.certificates_model import ISSUER
from fairlead.plan.certificates_model import NAMESPACE as CERTIFICATES
from fairlead.plan.gateway_model import NAMESPACE as GATEWAY

NAMESPACE, NAME = "issuer", "dex"
HOST = f"{NAME}.{NAMESPACE}.svc.cluster.local"
URL = f"https://{HOST}"
CLIENT, SECRET, AUTHORITY = "fairlead", "login", "issuer"
LIFETIME = 150
"""Seconds that a token is taken: MLflow's client needs most of them on a busy machine."""
LOGIN: Mapping[str, Any] = {
    "issuer": URL,
    "authorization_endpoint": f"{URL}/auth",
    "token_endpoint": f"{URL}/token",
    "jwks_uri": f"{URL}/keys",
    "client_id": CLIENT,
    "secret": SECRET,
    "scopes": ["openid", "email", "groups"],
    "admins": ["admins"],
    "authority": AUTHORITY,
}
"""What a platform is told of it."""
GROUPS = {"ann": "team-a", "bob": "team-b", "carol": "visitors", "root": "admins"}
"""User -> the group that they are in."""


@dataclass(frozen=True)
class Issuer:
    """What the test knows and no object says."""

    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    passwords: Mapping[str, str] = field(
        default_factory=lambda: {user: secrets.token_urlsafe(12) for user in GROUPS}
    )


def email(user: str) -> str:
    return f"{user}@example.com"


@contextmanager
def standing(stage: Stage, page: str) -> Iterator[Issuer]:
    """The issuer runs, and the platform has been given what its spec names. page: the host that logs in there."""
    made = Issuer()
    stage.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    stage.apply(_certificate(), _settings(made, page), _service(), _pod(), *_told(stage, made))
    stage.kubectl("wait", "--for=condition=Ready", f"pod/{NAME}", "-n", NAMESPACE, "--timeout=120s")
    yield made
    stage.kubectl("delete", "namespace", NAMESPACE, "--timeout=120s")
    stage.kubectl("delete", "secret", SECRET, "-n", GATEWAY)
    stage.kubectl("delete", "configmap", AUTHORITY, "-n", GATEWAY)


def trusted(stage: Stage) -> str:
    """The platform's authority, which signs for the issuer's host and for the gateway's."""
    found = json.loads(stage.kubectl("get", "secret", ROOT, "-n", CERTIFICATES, "-o", "json"))["data"]
    return base64.b64decode(found["tls.crt"]).decode()


def _meta(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}


def _told(stage: Stage, made: Issuer) -> list[dict[str, Any]]:
    """What the user of a platform with a login makes by hand."""
    key = {"client-secret": made.client_secret}
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, "namespace": GATEWAY},
            "stringData": key,
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": AUTHORITY, "namespace": GATEWAY},
            "data": {"ca.crt": trusted(stage)},
        },
    ]


def _certificate() -> dict[str, Any]:
    reference = {"name": ISSUER, "kind": "ClusterIssuer", "group": "cert-manager.io"}
    spec = {"secretName": "tls", "dnsNames": [HOST], "issuerRef": reference}
    return {"apiVersion": API, "kind": "Certificate", "metadata": _meta("tls"), "spec": spec}


def _settings(made: Issuer, page: str) -> dict[str, Any]:
    client = {"id": CLIENT, "name": CLIENT, "secret": made.client_secret}
    told = {
        "issuer": URL,
        "listen": ":8443",
        "certificate": "/tls/tls.crt",
        "key": "/tls/tls.key",
        "tokens": f"{LIFETIME}s",
        "clients": [
            {**client, "redirectURIs": [f"https://{page}{CALLBACK}"]},
            {**client, "id": "another", "redirectURIs": ["https://another.example.com"]},
        ],
        "users": [
            {"email": email(user), "password": made.passwords[user], "groups": [group]}
            for user, group in GROUPS.items()
        ],
    }
    data = {"settings.json": json.dumps(told)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _meta("settings"), "stringData": data}


def _service() -> dict[str, Any]:
    spec = {"selector": {"app": NAME}, "ports": [{"port": 443, "targetPort": 8443}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _meta(NAME), "spec": spec}


def _pod() -> dict[str, Any]:
    box = {
        "name": NAME,
        "image": lock.images()["dex"].reference,
        "command": ["/dex", "/settings/settings.json"],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8443, "scheme": "HTTPS"}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in ("tls", "settings")],
    }
    spec = {
        "containers": [box],
        "nodeSelector": {labels.POOL: "system"},
        "volumes": [{"name": name, "secret": {"secretName": name}} for name in ("tls", "settings")],
    }
    meta = {**_meta(NAME), "labels": {"app": NAME}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
