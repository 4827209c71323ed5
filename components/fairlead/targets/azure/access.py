"""The way in: a kubeconfig without a credential, for people, programs and the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_azure_native import containerservice, resources

from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure import spelling

LIST_CREDENTIALS = "2025-09-01"
"""Version of the interface that tells where the API server is; that of the cluster's own resource."""


def way_in(
    name: str, site: AzureSite, cluster: containerservice.ManagedCluster, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Contract rule C9: the text of a kubeconfig.

    Address and certificate authority are in no output of the cluster: a deployment that deploys nothing reads
    them after its creation.
    """
    told = resources.Deployment(
        f"{name}-access",
        resources.DeploymentArgs(
            resource_group_name=site.names.group,
            deployment_name=f"{name}-access",
            properties=resources.DeploymentPropertiesArgs(
                mode=resources.DeploymentMode.INCREMENTAL,
                template=access_template(),
                parameters={"cluster": resources.DeploymentParameterArgs(value=cluster.id)},
            ),
        ),
        opts,
    )
    return told.properties.apply(
        lambda found: kubeconfig(
            name, _told(found.outputs, "server"), _told(found.outputs, "authority"), site.entra_tenant
        )
    )


def _told(outputs: Any, key: str) -> str:
    """One output of a deployment; empty while there is none, in a preview."""
    if isinstance(outputs, Mapping):
        return str(outputs[key]["value"])  # pyright: ignore[reportUnknownArgumentType]
    return f"{outputs or ''}"


def access_template() -> dict[str, Any]:
    """A template without resources whose outputs are the cluster's address and certificate authority.

    The credentials of a cluster without local accounts hold no secret: people and programs sign in by Entra.
    """
    listed = f"listClusterUserCredential(parameters('cluster'), '{LIST_CREDENTIALS}').kubeconfigs[0].value"

    def line(key: str) -> dict[str, str]:
        rest = f"last(split(base64ToString({listed}), '{key}: '))"
        return {"type": "string", "value": f"[first(split({rest}, base64ToString('Cg==')))]"}

    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"cluster": {"type": "string"}},
        "resources": [],
        "outputs": {"server": line("server"), "authority": line("certificate-authority-data")},
    }


def kubeconfig(name: str, server: str, authority: str, tenant: str) -> str:
    """Contract rule C9: kubelogin asks for a token as whoever has signed in to Azure."""
    args = ["get-token", "--login", "azurecli", "--server-id", spelling.AKS_SERVER, "--tenant-id", tenant]
    user = {
        "exec": {
            # The client of this platform knows no newer one, and kubelogin writes both.
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": args,
            "env": None,
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": False,
            "installHint": "az aks install-cli",
        }
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(config, indent=1)
