"""The real Kueue beside a bare API server: it holds jobs back and lets them go, and no node runs anything."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from e2e.bare import Bare, free_port, program_of
from fairlead.layers import queue
from fairlead.plan.queue_model import QueuesPlan

Object = Mapping[str, Any]
HOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


class Certificate:
    """Of whoever answers on this machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        key, crt = folder / "tls.key", folder / "tls.crt"
        subprocess.run(
            ["openssl", "genrsa", "-traditional", "-out", str(key), "2048"], check=True, capture_output=True
        )
        told = ["-x509", "-new", "-key", str(key), "-days", "1", "-subj", "/CN=localhost", "-out", str(crt)]
        more = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(["openssl", "req", *told, *more], check=True, capture_output=True)
        self.key, self.crt = (base64.b64encode(one.read_bytes()).decode() for one in (key, crt))

    def here(self, obj: Object, port: int) -> Object:
        """The webhooks of an object, asked on this machine."""

        def moved(hook: Object) -> Object:
            path = hook["clientConfig"]["service"]["path"]
            told = {"url": f"https://localhost:{port}{path}", "caBundle": self.crt}
            return {**hook, "clientConfig": told, "timeoutSeconds": 30}

        return {**obj, "webhooks": [moved(hook) for hook in obj["webhooks"]]}


def space(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def make_queues(bare: Bare, queues: QueuesPlan, trees: bool = False) -> None:
    """The tenants' queues.

    trees: flavors keep the trees of their nodes. Such a flavor lets nothing go where there is no node.
    """
    bare.make(
        *queue.priorities(queues),
        *(queue.topologies(queues) if trees else ()),
        *(queue.flavors(queues) if trees else map(_anywhere, queue.flavors(queues))),
        *queue.cohort(queues),
        *(queue.cluster_queue(queues, one) for one in queues.queues),
        *(one for each in queues.queues for one in queue.local_queues(queues, each)),
    )


def _anywhere(flavor: Object) -> Object:
    if flavor["kind"] != "ResourceFlavor":
        return flavor
    return {**flavor, "spec": {key: value for key, value in flavor["spec"].items() if key != "topologyName"}}


def start_kueue(
    bare: Bare,
    config: Mapping[str, Any],
    objects: Sequence[Object],
    certificate: Certificate,
    asked: Mapping[str, str],
) -> None:
    """Kueue with its chart's objects, asked for these alone: framework -> plural of its kind."""
    port = free_port()
    told = {
        **config,
        "health": {"healthProbeBindAddress": f"127.0.0.1:{free_port()}"},
        "metrics": {"bindAddress": f"127.0.0.1:{free_port()}"},
        "webhook": {"port": port, "certDir": str(certificate.folder)},
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "integrations": {"frameworks": list(asked)},
        "featureGates": {**config["featureGates"], "VisibilityOnDemand": False},
    }
    file = bare.folder / "kueue.yaml"
    file.write_text(yaml.safe_dump(told))
    place = "/etc/kueue/metrics/certs"
    script = f'mount -t tmpfs tmpfs /etc && mkdir -p {place} && cp "$0"/* {place} && exec "$1" "--config=$2"'
    words = [str(certificate.folder), str(program_of("kueue", "/manager", bare.folder)), str(file)]
    env = {"KUBECONFIG": str(bare.kubeconfig)}
    bare.run("/usr/bin/unshare", "--mount", "sh", "-c", script, *words, env=env)
    chosen = [_only(one, set(asked.values())) for one in objects if one["kind"] in HOOKS]
    bare.make(*(certificate.here(one, port) for one in chosen if one["webhooks"]))


def _only(obj: Object, plurals: set[str]) -> Object:
    def wanted(hook: Object) -> bool:
        return any(plurals & set(rule["resources"]) for rule in hook["rules"])

    return {**obj, "webhooks": [hook for hook in obj["webhooks"] if wanted(hook)]}


def kubeconfig(bare: Bare, account: str, namespace: str) -> Path:
    """As the account itself: what it may not, fails."""
    token = bare.kubectl("create", "token", account, "-n", namespace, "--duration=2h").strip()
    told = yaml.safe_load(bare.kubeconfig.read_text())
    told["users"] = [{"name": "admin", "user": {"token": token}}]
    file = bare.folder / f"{account}.kubeconfig"
    file.write_text(yaml.safe_dump(told))
    return file
