"""Container runtimes: the toolkit writes into the right containerd, in a version that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import OPERATOR, Facts, PoolFacts, Rule
from fairlead.plan.gpu_model import CLOUD, NONE
from fairlead.plan.gpu_model import OPERATOR as BY_OPERATOR
from fairlead.plan.software import OPERATOR_RUNTIME, SECURE_ENV, toolkit_env

PLACES = ("CONTAINERD_CONFIG", "CONTAINERD_SOCKET", "RUNTIME_DROP_IN_CONFIG")
SOURCE = "RUNTIME_CONFIG_SOURCE"
ENV = f"{OPERATOR}.toolkit_env"


def _together(facts: Facts) -> Iterator[Problem]:
    """Driver and toolkit come from one hand: an image that brings neither gets both, or neither fits."""
    for one in facts.operated:
        bare = one.image.driver == NONE
        owners = (one.software.driver == BY_OPERATOR, one.software.toolkit == BY_OPERATOR)
        if bare and owners[0] != owners[1]:
            lacking = "toolkit" if owners[0] else "driver"
            yield Problem(
                f"{OPERATOR}.{lacking}",
                f"node image {one.image.name} of pool {one.pool.name} brings neither driver nor container toolkit, and"
                f" the operator would install only one of them: {lacking} is left out",
                "skip",
                "auto, install",
                f"write {lacking}: auto",
            )
            return


def _second_toolkit(facts: Facts) -> Iterator[Problem]:
    if facts.gpu.operator is None or facts.gpu.operator.toolkit != "install":
        return
    for one in facts.operated:
        if one.image.toolkit == CLOUD and not one.image.toolkit_dir:
            what = f"the target itself installs the container toolkit on the nodes of pool {one.pool.name}"
            yield Problem(f"{OPERATOR}.toolkit", what, "install", "auto, skip", "write toolkit: auto")
            return


def _runtime_class(facts: Facts) -> Iterator[Problem]:
    for one in facts.operated:
        wanted = OPERATOR_RUNTIME if one.software.toolkit == BY_OPERATOR else one.image.runtime_class
        if wanted and one.software.runtime_class != wanted:
            what = f"containerd on the nodes of pool {one.pool.name} knows no runtime of this name"
            given = one.software.runtime_class
            yield Problem(f"{OPERATOR}.runtime_class", what, given, wanted, "leave runtime_class out")
            return


def _one_runtime(facts: Facts) -> Iterator[Problem]:
    """The operator configures one kind of container runtime in the whole cluster."""
    installed = [one for one in facts.operated if one.software.toolkit == BY_OPERATOR]
    for one in installed[1:]:
        if _places(one) != _places(installed[0]):
            yield Problem(
                f"{one.where}.image",
                "the GPU operator knows one place of containerd for all nodes, and those of pool"
                f" {installed[0].pool.name} have it elsewhere",
                one.image.name,
                installed[0].image.name,
                "use nodes of one distribution, or bring the toolkit with the nodes",
            )


def _places(one: PoolFacts) -> dict[str, str]:
    return {name: place for name, place in toolkit_env(one.image).items() if name not in SECURE_ENV}


def _containerd_place(facts: Facts) -> Iterator[Problem]:
    given = facts.gpu.operator.toolkit_env if facts.gpu.operator else {}
    for one in facts.operated:
        known = toolkit_env(one.image)
        for name in PLACES:
            if name in given and name in known and given[name] != known[name]:
                what = f"containerd of node image {one.image.name} is not there"
                yield Problem(f"{ENV}.{name}", what, given[name], known[name], f"leave {name} out")


def _config_source(facts: Facts) -> Iterator[Problem]:
    given = facts.gpu.operator.toolkit_env.get(SOURCE) if facts.gpu.operator else None
    for one in facts.operated:
        wanted = one.image.containerd_source
        if given is not None and wanted and given != wanted:
            what = f"on node image {one.image.name} the toolkit must read containerd's file: what containerd says of"
            what += " itself is of a later version, and a drop-in of that version stops it"
            yield Problem(f"{ENV}.{SOURCE}", what, given, wanted, f"leave {SOURCE} out")
            return


def _own_containerd(facts: Facts) -> Iterator[Problem]:
    """Distributions with a containerd of their own: the toolkit needs to be told all its places."""
    given = facts.gpu.operator.toolkit_env if facts.gpu.operator else {}
    for one in facts.operated:
        if one.image.containerd_drop_in and given.get(SOURCE) == "command":
            what = f"node image {one.image.name} has a containerd of its own: the program of this name on the path, if"
            what += " there is one, describes another"
            allowed = one.image.containerd_source or "file"
            yield Problem(f"{ENV}.{SOURCE}", what, "command", allowed, f"leave {SOURCE} out")
            return


def _back_door(facts: Facts) -> Iterator[Problem]:
    given = facts.gpu.operator.toolkit_env if facts.gpu.operator else {}
    for name, safe in SECURE_ENV.items():
        if name in given and given[name] != safe:
            what = "any pod could take every accelerator of its node by an environment variable"
            yield Problem(f"{ENV}.{name}", what, given[name], safe, f"leave {name} out")


RULES = (
    Rule(
        "toolkit-with-driver",
        "the operator installs half of what the node image lacks: no node image there is fits that",
        "https://github.com/NVIDIA/aicr/pull/1680",
        _together,
    ),
    Rule(
        "toolkit-twice",
        "the operator's toolkit overwrites the runtime configuration of the target and cannot put it back",
        "https://github.com/ai-dynamo/dynamo/pull/14506",
        _second_toolkit,
    ),
    Rule(
        "runtime-class-fits",
        'no pod of the operator starts: no runtime for "nvidia" is configured',
        "https://github.com/NVIDIA/gpu-operator/issues/413",
        _runtime_class,
    ),
    Rule(
        "runtime-one-for-all",
        "the toolkit configures a containerd that part of the nodes do not run",
        "https://github.com/NVIDIA/gpu-operator/issues/477",
        _one_runtime,
    ),
    Rule(
        "containerd-place",
        "on K3s, RKE2 and K0s the toolkit writes where no containerd reads, and does not start",
        "https://github.com/NVIDIA/gpu-operator/issues/1109",
        _containerd_place,
    ),
    Rule(
        "containerd-2-config",
        "a drop-in of a higher version than containerd's own file stops containerd, and the node is NotReady",
        "https://github.com/NVIDIA/aicr/issues/1688",
        _config_source,
    ),
    Rule(
        "containerd-of-its-own",
        "on K0s and K3s the configuration of another containerd is taken, and the runtime is broken",
        "https://github.com/NVIDIA/gpu-operator/issues/1323",
        _own_containerd,
    ),
    Rule(
        "no-accelerator-unasked",
        "every pod sees all accelerators of its node, whether it asked for one or not",
        "https://github.com/NVIDIA/gpu-operator/issues/421",
        _back_door,
    ),
)
