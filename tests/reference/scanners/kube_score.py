"""kube-score, built from its locked module: run once over the objects of one stack.

It looks from one object to others (a pod's fence, a Service's pods), so the objects of stacks must not be mixed.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fairlead.catalog.read import load
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from reference.scanners.finding import Finding, Report

KNOWN = {
    *("Pod", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob"),
    *("Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
}
"""Kinds that it looks at; of others it says nothing."""
OPTIONAL = ("container-seccomp-profile", "container-ports-check")
"""Its optional checks about security and mistakes; the other four want requests that equal limits."""
ALL_IS_WELL = 10
"""Its best grade."""


@cache
def program() -> Path:
    return toolchain.ensure(["kube-score"], Cache.default(), Progress(mode="quiet"))["kube-score"]


def scanned(folder: Path, files: Sequence[str]) -> Report:
    """What kube-score says of these files of a folder."""
    version = load().targets["local"].kubernetes
    argv = [
        *(str(program()), "score", "--output-format", "json", "--kubernetes-version", f"v{minor(version)}"),
        *(word for name in OPTIONAL for word in ("--enable-optional-test", name)),
        *("--disable-ignore-checks-annotations", "--disable-optional-checks-annotations", *files),
    ]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.startswith("["), done.stderr
    return _report(json.loads(done.stdout))


def minor(version: str) -> str:
    """Major and minor of a version."""
    return ".".join(version.split(".")[:2])


def _report(said: Sequence[dict[str, Any]]) -> Report:
    made = [
        (Path(one["file_name"]).name, check)
        for one in said
        for check in one["checks"]
        if not check["skipped"]
    ]
    return Report(
        [found for file, check in made if check["grade"] < ALL_IS_WELL for found in _findings(file, check)],
        {Path(one["file_name"]).name for one in said},
        Counter(check["check"]["id"] for _, check in made),
    )


def _findings(file: str, check: dict[str, Any]) -> list[Finding]:
    """One for each thing that is said: a check may have several against a container."""
    name, places = check["check"]["id"], dict[str, list[str]]()
    for one in check["comments"] or [{"summary": check["check"]["name"], "path": ""}]:
        places.setdefault(one["summary"], []).append(one["path"])
    return [
        Finding(f"{name}: {said}", file, ", ".join(filter(None, where)), said)
        for said, where in places.items()
    ]
