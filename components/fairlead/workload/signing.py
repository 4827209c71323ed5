"""The token by which a pod signs in at the object store, where the target itself gives it none.

Pure: a pod in, a pod out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.store_model import AccountToken

Pod = Mapping[str, Any]
VOLUME = "store-token"
FILE = "token"


def with_token(pod: Pod, token: AccountToken | None) -> Pod:
    """The pod with the token of its service account in each of its containers; the kubelet renews it."""
    if token is None:
        return pod
    mount = {"name": VOLUME, "mountPath": token.folder, "readOnly": True}
    return {
        **pod,
        "containers": [
            {**box, "volumeMounts": [*box.get("volumeMounts", []), mount]} for box in pod["containers"]
        ],
        "volumes": [*pod.get("volumes", []), volume(token)],
    }


def volume(token: AccountToken) -> dict[str, Any]:
    """The volume that the token is in."""
    source = {"audience": token.audience, "expirationSeconds": token.seconds, "path": FILE}
    return {"name": VOLUME, "projected": {"sources": [{"serviceAccountToken": source}]}}
