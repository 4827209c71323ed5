"""Whom the API server answers without knowing who asks: nobody, but for the public keys of its tokens.

By those keys services of the cluster tell that a token is the cluster's (the object store does): OpenID Connect's
discovery, https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
#service-account-issuer-discovery. RBAC still has to grant it.
"""

from __future__ import annotations

from typing import Any

DISCOVERY = ("/.well-known/openid-configuration", "/openid/v1/jwks")


def authentication() -> dict[str, Any]:
    """AuthenticationConfiguration of apiserver.config.k8s.io/v1: users sign in by certificate, pods by their token."""
    anonymous = {"enabled": True, "conditions": [{"path": path} for path in DISCOVERY]}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": anonymous,
    }
