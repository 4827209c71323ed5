"""The parts of the layer that a plan wants, as objects, and how each is fitted to one cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.layers.gpu import daemons, dra, exporters, nfd, nvidia, operator, place
from fairlead.layers.gpu.place import BASE
from fairlead.layers.objects import closed
from fairlead.plan.coherence import rendered
from fairlead.plan.gpu_model import DCGM, LAYER
from fairlead.plan.model import PlatformPlan, PoolPlan


@dataclass(frozen=True)
class Part:
    """What is installed in one go."""

    name: str
    objects: Sequence[Object]
    after: tuple[str, ...] = (BASE,)
    """Parts that stand before it does, and go after it has gone."""


def parts(plan: PlatformPlan, render: Renderer) -> list[Part]:
    """All parts in their order, the namespace first; none where the plan names none.

    Raises FairleadError if what a chart gives breaks an invariant, whatever its values say.
    """
    if not plan.gpu.parts:
        return []
    made = [part for name in plan.gpu.parts for part in _split(name, _MAKERS[name](plan, render))]
    found = [Part(BASE, place.space(), ()), *made]
    rendered.verify([one for part in found for one in part.objects], "layer gpu")
    return found


def _split(name: str, objects: Sequence[Object]) -> list[Part]:
    """The operator's own resources apart from it: some have a finalizer that only a living operator takes off."""
    told = [one for one in objects if one["kind"] in operator.POLICY_KINDS]
    rest = [one for one in objects if one["kind"] not in operator.POLICY_KINDS]
    return [Part(name, rest), *([Part(operator.POLICY, told, (BASE, name))] if told else [])]


def _pools(plan: PlatformPlan, part: str) -> list[PoolPlan]:
    names = plan.gpu.pools_of(part)
    return [pool for pool in plan.pools if pool.name in names]


def _chart(release: Release, render: Renderer) -> list[Object]:
    objects = transform.on_pods(transform.without_hooks(render(release)), transform.without_nulls)
    return transform.in_namespace(objects, place.NAMESPACE)


def _discovery(plan: PlatformPlan, render: Renderer) -> list[Object]:
    objects = _chart(nfd.release(_pools(plan, nfd.NAME), plan.gpu.tolerations), render)
    return [closed(nfd.NAME, place.NAMESPACE, nfd.PODS), *objects]


def _nvidia(plan: PlatformPlan, render: Renderer) -> list[Object]:
    pools = _pools(plan, nvidia.NAME)
    discovery = all(
        one.discovery != "none" for one in plan.gpu.software if one.pool in {p.name for p in pools}
    )
    objects = _chart(nvidia.release(pools, plan.gpu.tolerations, discovery=discovery), render)
    objects = transform.on_pods(objects, nvidia.without_token)
    return [closed(nvidia.NAME, place.NAMESPACE, nvidia.PODS), *objects]


def _dra(plan: PlatformPlan, render: Renderer) -> list[Object]:
    pools = _pools(plan, dra.NAME)
    software = [one for one in plan.gpu.software if one.pool in {pool.name for pool in pools}]
    release = dra.release(
        pools,
        plan.gpu.tolerations,
        driver_root=software[0].driver_root,
        gpus=any(one.dra_driver == LAYER for one in software),
        domains=any(one.compute_domains == LAYER for one in software),
    )
    return _chart(release, render)


def _operator(plan: PlatformPlan, render: Renderer) -> list[Object]:
    if plan.gpu.operator is None:
        raise AssertionError("a plan with the operator's part says what the operator is told")
    release = operator.release(plan.gpu.operator, _pools(plan, operator.NAME), plan.gpu.tolerations)
    return _chart(release, render)


def _dcgm(plan: PlatformPlan, _: Renderer) -> list[Object]:
    pools = _pools(plan, DCGM)
    return daemons.objects(exporters.dcgm(pools), pools, plan.gpu.tolerations)


def _plain(daemon: daemons.Daemon) -> Callable[[PlatformPlan, Renderer], list[Object]]:
    def make(plan: PlatformPlan, _: Renderer) -> list[Object]:
        return daemons.objects(daemon, _pools(plan, daemon.name), plan.gpu.tolerations)

    return make


_MAKERS: Mapping[str, Callable[[PlatformPlan, Renderer], list[Object]]] = {
    nfd.NAME: _discovery,
    nvidia.NAME: _nvidia,
    dra.NAME: _dra,
    operator.NAME: _operator,
    daemons.AMD.name: _plain(daemons.AMD),
    daemons.NEURON.name: _plain(daemons.NEURON),
    DCGM: _dcgm,
    exporters.AMD.name: _plain(exporters.AMD),
    exporters.NEURON.name: _plain(exporters.NEURON),
}

RESOURCES = ("50m", "128Mi", "1Gi")
"""What each container of a part asks for: cpu, memory, most memory."""
LARGER: Mapping[str, tuple[str, str, str]] = {exporters.AMD.name: ("50m", "512Mi", "4Gi")}
"""The same of parts that need more memory, as their makers' charts have it."""


def on_cluster(
    name: str, objects: Sequence[Object], images: Mapping[str, str], system: Mapping[str, str]
) -> list[Object]:
    """A part's objects for one cluster: images of the lock, and what is no DaemonSet on the system's nodes.

    The operator keeps its own images and sizes: its release pins those of a dozen programs that it starts.
    """
    on_system = transform.on_nodes(system)
    found = [one if one["kind"] == "DaemonSet" else transform.on_pods([one], on_system)[0] for one in objects]
    if name in (BASE, operator.NAME, operator.POLICY):
        return found
    found = transform.on_pods(found, transform.with_image(images[name]))
    found = transform.on_pods(found, transform.with_resources(*LARGER.get(name, RESOURCES)))
    found = transform.on_pods(found, transform.confined)
    return transform.on_pods(found, transform.probed_often)
