"""Who may use which part of the store: roles that a service account's token opens, and nothing else.

The document is what `weed server -s3.iam.config` reads. It has a hole: the key that session tokens are signed with is
made in the pod, kept on its volume and filled in there, so that neither the cluster's objects nor the state has it.
"""

from __future__ import annotations

import json
from typing import Any

from fairlead.catalog import s3
from fairlead.layers.store.place import AUDIENCE
from fairlead.plan.store_model import Share, StorePlan

PROVIDER = "cluster"
KEYS = "https://kubernetes.default.svc/openid/v1/jwks"
"""Where the API server tells the public keys of its tokens."""
CA_FOLDER = "/etc/cluster"
"""Folder with ca.crt, the API server's certificate authority."""
HOLE = "@signing-key@"


def document(plan: StorePlan) -> dict[str, Any]:
    """Who may sign in, as which role, and what each role may do."""
    return {
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": "fairlead-store",
            "signingKey": HOLE,
            "providers": [_provider(plan.issuer)],
        },
        "policy": {"defaultEffect": "Deny"},
        "policies": [
            {"name": share.bucket, "document": s3.whole_bucket(share.bucket)} for share in plan.shares
        ],
        "roles": [_role(share) for share in plan.shares],
    }


def _provider(issuer: str) -> dict[str, Any]:
    config = {
        "issuer": issuer,
        "clientId": AUDIENCE,
        "jwksUri": KEYS,
        "tlsCaCert": f"{CA_FOLDER}/ca.crt",
    }
    return {"name": PROVIDER, "type": "oidc", "enabled": True, "config": config}


def _role(share: Share) -> dict[str, Any]:
    subject = f"system:serviceaccount:{share.namespace}:{share.account}"
    return {
        "roleName": share.bucket,
        "roleArn": s3.role(share.bucket),
        "trustPolicy": s3.trusts(PROVIDER, subject),
        "attachedPolicies": [share.bucket],
    }


def halves(plan: StorePlan) -> tuple[str, str]:
    """The document's text before and behind the hole."""
    before, behind = json.dumps(document(plan), indent=1, sort_keys=True).split(HOLE)
    return before, behind
