"""What a pod that nobody lets in gets from an address of the cluster."""

from __future__ import annotations

from e2e.stage import IMAGE, Stage, until
from fairlead import labels

SPACE = "default"


def stranger(stage: Stage, url: str) -> str:
    """What such a pod says before it fails, having called the address. Asserts that it fails."""
    script = f"import urllib.request; urllib.request.urlopen('{url}', timeout=5)"
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    box = {"name": "c", "image": IMAGE, "command": ["python3", "-c", script], "securityContext": security}
    spec = {"containers": [box], "restartPolicy": "Never", "nodeSelector": {labels.POOL: "system"}}
    meta = {"name": "stranger", "namespace": SPACE}
    stage.apply({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})

    def phase() -> str:
        return stage.kubectl("get", "pod", "stranger", "-n", SPACE, "-o", "jsonpath={.status.phase}")

    until("the stranger has ended", lambda: phase() in ("Failed", "Succeeded"), 90)
    assert phase() == "Failed"
    said = stage.kubectl("logs", "stranger", "-n", SPACE)
    stage.kubectl("delete", "pod", "stranger", "-n", SPACE)
    return said
