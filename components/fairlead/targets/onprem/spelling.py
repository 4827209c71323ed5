"""How the clouds want their clusters called: the exec plugins that a kubeconfig names in place of a key."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

import yaml

from fairlead.errors import FairleadError
from fairlead.plan.credentials import held
from fairlead.plan.sites.onprem import ClusterPlan

API_VERSION = "client.authentication.k8s.io/v1beta1"
AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Application of AKS for every tenant. https://learn.microsoft.com/azure/aks/kubelogin-authentication, 2026-11-23"""


def _exec(command: str, *arguments: str) -> dict[str, Any]:
    plugin: dict[str, Any] = {"apiVersion": API_VERSION, "command": command, "interactiveMode": "Never"}
    return {**plugin, "args": list(arguments), "provideClusterInfo": command == "gke-gcloud-auth-plugin"}


def exec_plugin(cluster: ClusterPlan) -> dict[str, Any]:
    """What fetches a short-lived token for a cluster of a cloud.

    https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html,
    https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl,
    https://azure.github.io/kubelogin/, 2026-11-23
    """
    if cluster.cloud == "aws":
        region = str(cluster.region)
        return _exec("aws", "--region", region, "eks", "get-token", "--cluster-name", cluster.name)
    if cluster.cloud == "gcp":
        return _exec("gke-gcloud-auth-plugin")
    return _exec("kubelogin", "get-token", "--login", "azurecli", "--server-id", AKS_SERVER_ID)


def kubeconfig(name: str, server: str, authority: str, plugin: Mapping[str, Any]) -> str:
    """A kubeconfig without a credential, as JSON: every client reads it as YAML.

    authority: the cluster's certificate authority, base64.
    """
    cluster = {"server": server, "certificate-authority-data": authority}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"exec": dict(plugin)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(config, indent=1)


def server_and_authority(encoded: str) -> tuple[str, str]:
    """Address and certificate authority out of a kubeconfig that a cloud hands out, base64.

    Its user is left behind: it may hold a key.
    """
    found = cast("Mapping[str, Any]", yaml.safe_load(base64.b64decode(encoded)))
    cluster = found["clusters"][0]["cluster"]
    return cluster["server"], cluster["certificate-authority-data"]


def keyless(text: str, source: str) -> str:
    """The text of a kubeconfig. Raises FairleadError if a credential stands in it: it would enter the state."""
    found = held(text)
    if found:
        raise FairleadError(
            f"{source}: its kubeconfig holds a credential ({', '.join(found)}), which would enter this stack's"
            " state\n    fix:     let that stack export a kubeconfig with an exec plugin (contract rule C9)"
        )
    return text
