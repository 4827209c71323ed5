"""What the sweep may do: the role in docs/health.md has every right that it uses, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from support.clouds import cloud_plan
from support.golden import REPO

from fairlead import labels
from fairlead.operate import sweep
from fairlead.workload.api import KINDS
from fairlead.workload.client import Client
from fairlead.workload.state import JOB_SET

Object = dict[str, Any]
NODE = {
    "metadata": {"name": "gpu-0", "resourceVersion": "1", "labels": {labels.POOL: "gpu"}},
    "spec": {},
    "status": {
        "conditions": [{"type": "GPULost", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    },
}
POD = {
    "metadata": {"name": "gang-0", "namespace": "team-a", "uid": "p", "labels": {JOB_SET: "gang"}},
    "spec": {"nodeName": "gpu-0", "terminationGracePeriodSeconds": 1},
    "status": {"phase": "Running"},
}
JOB = {
    "metadata": {
        "name": "gang",
        "namespace": "team-a",
        "uid": "j",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {"suspend": True},
    "status": {},
}


class Cluster:
    """The API of a cluster with a gang on a bad node, which leaves when it must; it notes what it is asked."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()
        self.pods: list[Object] = [POD]

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        self.asked.add(("get", kind))
        return {"Node": NODE, "TrainJob": JOB}.get(kind)

    def list(self, kind: str, namespace: str | None, *_: Any) -> tuple[list[Object], str]:
        self.asked.add(("list", kind))
        return {"Node": [NODE], "Pod": self.pods}.get(kind, []), "1"

    def patch(self, kind: str, name: str, change: Object) -> Object:
        self.asked.add(("patch", kind))
        self.pods = []
        return change


def documented() -> set[tuple[str, str, str]]:
    """(verb, group, resource) of the role in the page."""
    text = (REPO / "docs" / "health.md").read_text(encoding="utf-8")
    (role,) = [
        part.partition("```")[0] for part in text.split("```yaml\n")[1:] if "kind: ClusterRole\n" in part
    ]
    return {
        (verb, group, resource)
        for rule in yaml.safe_load(role)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_role_of_the_page_is_what_the_sweep_asks_for_and_nothing_more() -> None:
    cluster = Cluster()
    plan = cloud_plan("gcp", {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 1})
    swept = sweep.sweep(Client(Path(), api=cluster), plan)  # type: ignore[arg-type]
    assert [one.node for one in swept.done] == ["gpu-0"]
    assert [one.state.name for one in swept.done[0].gangs] == ["gang"]
    used = {(verb, KINDS[kind][0], KINDS[kind][2]) for verb, kind in cluster.asked}
    assert used == documented()
