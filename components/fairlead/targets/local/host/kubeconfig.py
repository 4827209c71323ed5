"""kubeconfig files with the certificates inside, so that one file is enough."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from fairlead.targets.local.host.config import API_PORT, HostConfig
from fairlead.targets.local.host.files import write_private
from fairlead.targets.local.host.pki import CA

COMPONENTS = ("kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kwok")


def context_name(stack: str) -> str:
    """The context of a stack's kubeconfig."""
    return f"fairlead-{stack}"


def write_all(cfg: HostConfig) -> None:
    """Writes the kubeconfig of each component and the administrator's at run_dir/kubeconfig."""
    inside = f"https://127.0.0.1:{API_PORT}"
    for name in COMPONENTS:
        _write(cfg.paths.component_config(name), cfg, user=name, server=inside)
    _write(cfg.paths.kubeconfig, cfg, user="admin", server=cfg.api_url)


def _write(path: Path, cfg: HostConfig, *, user: str, server: str) -> None:
    pki, context = cfg.paths.pki, context_name(cfg.stack)

    def data(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    credentials = {"client-certificate-data": data(f"{user}.crt"), "client-key-data": data(f"{user}.key")}
    cluster = {"server": server, "certificate-authority-data": data(f"{CA}.crt")}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": f"{context}-{user}", "user": credentials}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": f"{context}-{user}"}}],
        "current-context": context,
    }
    write_private(path, json.dumps(config, indent=1) + "\n")  # JSON is YAML: every client reads it
