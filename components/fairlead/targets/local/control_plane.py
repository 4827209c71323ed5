"""The local control plane runs before the program does; here is its provider and nothing else."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes


def provider(name: str, kubeconfig: Path, opts: pulumi.ResourceOptions) -> kubernetes.Provider:
    """The one Kubernetes provider. It is given the kubeconfig's path, so no credential enters the state."""
    return kubernetes.Provider(
        name,
        kubeconfig=str(kubeconfig),
        cluster_identifier=name,
        enable_server_side_apply=True,
        # Our own programs watch closely; the server is ours alone.
        kube_client_settings=kubernetes.KubeClientSettingsArgs(qps=200, burst=400),
        opts=opts,
    )
