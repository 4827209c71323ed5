"""Charts to objects: `helm template` on a pinned chart, kept by what went into it.

Rendering here, before anything is registered, lets the first preview list every object, with or
without a cluster, and lets tests check each object against the API's own schemas.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.contract.chart import Object, Release
from fairlead.errors import ToolError

API_VERSIONS = ("resource.k8s.io/v1/DeviceClass",)
"""What charts that ask the cluster are told it serves: on by default from Kubernetes 1.34 on, which every target has.
https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu/issues/533, 2026-11-24"""


@dataclass(frozen=True)
class HelmRenderer:
    """Renders with the helm program; a result is kept under its inputs and read from there next time."""

    helm: Path
    charts: Mapping[str, Path]
    """Chart of the lock -> its directory."""
    versions: Mapping[str, str]
    """Chart of the lock -> its version."""
    kubernetes: str
    """Version the charts are told, without a leading v."""
    kept: Path
    """Directory of the results."""

    def __call__(self, release: Release) -> Sequence[Object]:
        """The release's objects. Raises ToolError with helm's own words if the chart refuses the values."""
        key = self._key(release)
        stored = self.kept / f"{release.name}-{key}.json"
        if stored.exists():
            return json.loads(stored.read_text())
        objects = self._template(release)
        self.kept.mkdir(parents=True, exist_ok=True)
        fresh = stored.with_suffix(f".{key}.new")
        fresh.write_text(json.dumps(objects))
        fresh.rename(stored)
        return objects

    def _key(self, release: Release) -> str:
        parts = [
            release.chart,
            self.versions[release.chart],
            release.name,
            release.namespace,
            self.kubernetes,
            *API_VERSIONS,
        ]
        parts += [str(self.helm), str(self.charts[release.chart]), json.dumps(release.values, sort_keys=True)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _template(self, release: Release) -> list[Object]:
        command = [str(self.helm), "template", release.name, str(self.charts[release.chart])]
        command += ["--namespace", release.namespace, "--kube-version", self.kubernetes]
        command += [word for one in API_VERSIONS for word in ("--api-versions", one)]
        command += ["--include-crds", "--skip-tests", "--values", "-"]
        done = subprocess.run(
            command, input=json.dumps(release.values), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ToolError("helm", f"chart {release.chart} cannot be rendered: {done.stderr.strip()}")
        return _documents(done.stdout)


def _documents(text: str) -> list[Object]:
    import yaml

    class Loader(yaml.CSafeLoader):
        """A bare `=`, which the kinds of Prometheus have among their operators, is text as to Kubernetes."""

    def bare(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> str:
        return str(loader.construct_scalar(node))

    Loader.add_constructor("tag:yaml.org,2002:value", bare)
    return [obj for obj in yaml.load_all(text, Loader=Loader) if obj]
