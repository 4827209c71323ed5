"""How Google Cloud and its tools write what the plan says: durations, kubeconfig, resource options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi

PLUGIN = "gke-gcloud-auth-plugin"


def seconds(count: int) -> str:
    """A duration as the APIs take it."""
    return f"{count}s"


def kept(
    parent: pulumi.Resource, protect: bool, after: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Options of what holds state: the engine refuses to delete it until protection is switched off."""
    return pulumi.ResourceOptions(parent=parent, protect=protect, depends_on=list(after))


def under(parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
    """Options of a child that must wait for others."""
    return pulumi.ResourceOptions(parent=parent, depends_on=list(after))


def kubeconfig(name: str, host: str, authority: str | None) -> str:
    """A kubeconfig whose user is whoever runs it: the plugin asks Google Cloud for a token each time.

    authority: the cluster's own certificate authority, base64; None where the address has a public certificate.
    """
    cluster: dict[str, Any] = {"server": f"https://{host}"}
    if authority is not None:
        cluster["certificate-authority-data"] = authority
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": PLUGIN,
        "installHint": f"install {PLUGIN}: gcloud components install {PLUGIN}",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"exec": plugin}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(config, indent=2)
