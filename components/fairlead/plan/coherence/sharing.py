"""Sharing: only what the accelerator, the API server and the autoscaler can hold."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import Facts, PoolFacts, Rule
from fairlead.plan.sharing import plan_of
from fairlead.spec.sharing import Mig, Mps, TimeSlicing

OLDEST_DRA = (1, 34)
"""Oldest Kubernetes with resource.k8s.io/v1 on. https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu/issues/533"""


def _grows(one: PoolFacts) -> bool:
    return one.pool.min != one.pool.max


def _given(one: PoolFacts) -> str:
    return f"{plan_of(one.pool.sharing).kind}, min {one.pool.min}, max {one.pool.max}"


def _fixed(one: PoolFacts) -> str:
    return f"write min: {one.pool.max}, or leave sharing out"


def _mig(facts: Facts) -> Iterator[Problem]:
    for one in facts.pools:
        if isinstance(one.pool.sharing, Mig) and one.accelerator.name not in facts.catalog.mig:
            what = f"the catalogue knows no MIG profile of {one.accelerator.name}"
            able = ", ".join(facts.catalog.mig)
            yield Problem(f"{one.where}.sharing", what, "mig", able, "choose another way of sharing")


def _time_slices(facts: Facts) -> Iterator[Problem]:
    for one in facts.pools:
        if facts.karpenter and _grows(one) and isinstance(one.pool.sharing, TimeSlicing | Mps):
            what = "Karpenter counts whole accelerators: it asks for a machine with as many as there are shares, and"
            what += " finds none"
            yield Problem(f"{one.where}.sharing", what, _given(one), fix=_fixed(one))


def _dra_grows(facts: Facts) -> Iterator[Problem]:
    for one in facts.pools:
        if facts.karpenter and _grows(one) and one.pool.sharing == "dra":
            what = "Karpenter does not know which devices a node that does not stand yet would publish"
            yield Problem(f"{one.where}.sharing", what, _given(one), fix=_fixed(one))


def _dra_version(facts: Facts) -> Iterator[Problem]:
    major, minor = (int(part) for part in facts.kubernetes.split(".")[:2])
    for one in facts.pools:
        if one.pool.sharing == "dra" and (major, minor) < OLDEST_DRA:
            oldest = ".".join(map(str, OLDEST_DRA))
            what = f"dynamic resource allocation needs Kubernetes {oldest} or newer, and this is {facts.kubernetes}"
            yield Problem(f"{one.where}.sharing", what, "dra", fix="raise platform.target.version")


RULES = (
    Rule(
        "mig-on-what-can",
        "the MIG manager fails on the accelerator, and the node stays without any",
        "https://github.com/NVIDIA/gpu-operator/issues/2249",
        _mig,
    ),
    Rule(
        "karpenter-counts-whole",
        "pods that ask for shares wait for ever: Karpenter finds no machine with that many accelerators",
        "https://github.com/kubernetes-sigs/karpenter/issues/729",
        _time_slices,
    ),
    Rule(
        "karpenter-without-dra",
        "pods with resource claims bring up no node",
        "https://github.com/kubernetes-sigs/karpenter/issues/3228",
        _dra_grows,
    ),
    Rule(
        "dra-on-new-enough",
        "the driver's device classes are of an API that the server does not serve",
        "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu/issues/533",
        _dra_version,
    ),
)
