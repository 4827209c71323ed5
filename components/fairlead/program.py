"""The Pulumi program: from the stack's configuration to a registered platform."""

from __future__ import annotations

import gc
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pulumi

from fairlead import guard
from fairlead.catalog import lock, read
from fairlead.contract.chart import Renderer
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import FairleadError
from fairlead.layers.chart import HelmRenderer
from fairlead.layers.store.tool import with_store
from fairlead.plan.model import PlatformPlan
from fairlead.plan.ruled import keep
from fairlead.plan.stack import plan_of
from fairlead.platform import Platform
from fairlead.sdk.leaves import load_by_leaves
from fairlead.sdk.quick import make_quick
from fairlead.spec.layers import KEY

NAMESPACE = KEY.partition(":")[0]
"""Before the colon of the configuration's key, whatever the project is called."""
GARBAGE_AFTER = 50_000
"""Objects made, and not gone by themselves, before garbage is looked for."""


def run(folder: Path, *, standing: bool = True) -> None:
    """Registers the platform of the current stack; `folder` holds the stack files and configuration layers.

    standing: as in `build`. Raises pulumi.RunError with every problem of the configuration, or with every rule
    that the plan breaks: nothing is registered then. A resource that breaks a rule is not registered either.
    """
    # What is loaded by now stays until the process ends, and nearly all that comes as well: to look for
    # garbage after every 700 objects would be a fifth of the program's time.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    make_quick()
    try:
        own = pulumi.Config(NAMESPACE).require_object("platform")
        build(folder, pulumi.get_stack(), own, standing=standing, ruled=True)
    except FairleadError as error:
        raise pulumi.RunError(str(error)) from error


def build(
    folder: Path,
    stack: str,
    own: Mapping[str, Any] | None = None,
    *,
    standing: bool = True,
    ruled: bool = False,
) -> None:
    """Registers the platform of a stack.

    own: its object, where the engine has it already; standing: a cluster that others start (target
    local) must run by now; ruled: what breaks a mandatory rule is refused, where others only write down what is
    declared, to judge it afterwards. Raises InputError with every problem of the configuration: nothing is
    registered then.
    """
    plan = plan_of(folder, stack, own)
    if ruled:
        keep_rules(plan)
    for name, value in outputs(plan, register(plan, stack, standing=standing)).items():
        pulumi.export(name, value)


def keep_rules(plan: PlatformPlan) -> None:
    """Holds the plan, and from now on every resource, against the rules. Raises RefusedError for the plan."""
    today = date.today()
    guard.keep(keep(plan, read.load(), today), today)


def register(
    plan: PlatformPlan, stack: str, parent: pulumi.Resource | None = None, *, standing: bool = True
) -> ClusterHandle:
    """Registers all that a plan has, under a component where one is given; standing: as in `build`."""
    render = renderer(plan)
    opts = pulumi.ResourceOptions(parent=parent)
    handle = with_store(plan.store, cluster(plan, render, stack, opts, standing=standing))
    Platform(plan, handle, render, parent).build()
    return handle


def charts_of(plan: PlatformPlan) -> list[str]:
    """Charts of the lock that a platform is made of: those of its layers, and of its target."""
    layers = [name for layer in plan.layers if layer.enabled for name in layer.charts]
    return [
        *layers,
        *(part.name for part in plan.fabrics.parts if part.name in lock.charts()),
        *plan.site.own_charts,
    ]


def renderer(plan: PlatformPlan) -> HelmRenderer:
    """The chart renderer with the pinned charts that the plan's layers need; fetches what is missing."""
    from fairlead.tools import charts, toolchain
    from fairlead.tools.cache import Cache
    from fairlead.tools.progress import Progress

    cache, progress = Cache.default(), Progress(mode="quiet")
    names = charts_of(plan)
    helm = toolchain.ensure(["helm"], cache, progress)["helm"]
    versions = {name: lock.charts()[name].version for name in names}
    return HelmRenderer(
        helm, charts.ensure(names, cache, progress), versions, plan.kubernetes, cache.root / "rendered"
    )


@contextmanager
def _sdks() -> Generator[None]:
    """Raises FairleadError for a cloud's SDK that is not installed, in place of Python's own error."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("pulumi_"):
            raise
        what = f"{error.name} is not installed, by which the stack's target is built"
        extra = str(error.name).split("_")[1]
        raise FairleadError(f"{what}\n    fix:     make clouds, or pip install 'fairlead[{extra}]'") from None


@_sdks()
def cluster(
    plan: PlatformPlan,
    render: Renderer,
    stack: str,
    opts: pulumi.ResourceOptions | None = None,
    *,
    standing: bool = True,
) -> ClusterHandle:
    """Builds the plan's target. Only here are targets told apart, and only the one is imported.

    Raises FairleadError where its SDK is not installed.
    """
    rows = lock.images()
    # Clusters that pull get digests; the local one has its images imported under their names.
    pulled = plan.target != "local"
    images = {name: row.pinned if pulled else row.reference for name, row in rows.items()}
    load_by_leaves()
    if plan.target == "aws":
        from fairlead.targets.aws.cluster import AwsCluster, AwsClusterArgs

        return AwsCluster(plan.name, AwsClusterArgs(plan, images, render), opts).handle
    if plan.target == "gcp":
        from fairlead.targets.gcp.cluster import GcpCluster, GcpClusterArgs

        return GcpCluster(plan.name, GcpClusterArgs(plan, images, render), opts).handle
    if plan.target == "azure":
        from fairlead.targets.azure.cluster import AzureCluster, AzureClusterArgs

        return AzureCluster(plan.name, AzureClusterArgs(plan, images, render), opts).handle
    if plan.target == "onprem":
        from fairlead.targets.onprem.cluster import OnpremCluster, OnpremClusterArgs

        return OnpremCluster(plan.name, OnpremClusterArgs(plan, images, render), opts).handle
    if plan.target == "local":
        from fairlead.stack import kubeconfig_path
        from fairlead.targets.local.cluster import LocalCluster, LocalClusterArgs
        from fairlead.tools.cache import Cache

        run_dir = Cache.default().run(stack)
        kubeconfig = kubeconfig_path(stack) if standing else run_dir / "kubeconfig"
        args = LocalClusterArgs(plan, kubeconfig, images, run_dir / "host" / "volumes", render)
        return LocalCluster(plan.name, args, opts).handle
    raise FairleadError(f"target {plan.target} has no builder")


def outputs(plan: PlatformPlan, handle: ClusterHandle) -> dict[str, Any]:
    """The stack's outputs: what stands, in plain data."""
    return {
        "name": plan.name,
        "target": plan.target,
        # C9: a path, or a text without a key: another stack may take the cluster over by it.
        "kubeconfig": handle.kubeconfig,
        "pools": {pool.name: f"{pool.max_nodes} x {pool.machine}" for pool in plan.pools},
        "tenants": [tenant.name for tenant in plan.tenants],
        "layers": [layer.name for layer in plan.layers if layer.enabled],
    }
