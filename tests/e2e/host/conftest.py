"""The local cluster's machine side, without the engine: one stack, which each file finds and leaves removed.

It has a stack name and a subnet of its own, so that it runs beside any other local cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.host.machine import quiet, settings, traces
from e2e.host.pods import Kubectl
from fairlead.catalog import lock
from fairlead.targets.local import host
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

STACK, SUBNET = "hoste2e", "100.64.78.0/30"
TOOLS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-proxy",
    "containerd", "runc", "cni-plugins", "nft", "slirp4netns", "kubectl",
)  # fmt: skip


@pytest.fixture(scope="package")
def have() -> setup.Have:
    wanted = setup.Wanted(tools=TOOLS, images=("pause", "coredns"), stages=True)
    return setup.ensure_all(wanted, Cache.default(), Progress(mode="plain"))


@pytest.fixture(scope="module")
def cfg(have: setup.Have) -> Iterator[host.HostConfig]:
    assert have.stages
    made = host.HostConfig(
        stack=STACK,
        run_dir=Cache.default().run(STACK),
        tools=have.tools,
        images=[have.images["pause"]],
        kubernetes_version="1.35.0",
        stages=have.stages,
        sandbox_image=lock.images()["pause"].reference,
        node_labels={"fairlead.dev/pool": "system"},
        subnet=SUBNET,
    )
    host.down(made.run_dir, quiet)
    yield made
    host.down(made.run_dir, quiet)


@pytest.fixture(scope="module")
def coredns(have: setup.Have) -> Path:
    return have.images["coredns"]


@pytest.fixture(scope="module")
def kubectl(have: setup.Have, cfg: host.HostConfig) -> Kubectl:
    return Kubectl(have.tools["kubectl"], cfg.paths.kubeconfig)


@pytest.fixture(scope="module", autouse=True)
def before(cfg: host.HostConfig) -> dict[str, Any]:
    """The machine before the first test of a file, whichever test asks for it."""
    return {"traces": traces(cfg), "settings": settings()}
