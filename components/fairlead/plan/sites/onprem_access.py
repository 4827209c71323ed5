"""Which cluster is meant: exactly one of three ways says it, and says all that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fairlead.errors import Problem
from fairlead.spec.onprem import NamedCluster, OnpremTarget

TARGET = "platform.target"
WAYS = ("kubeconfig", "stack", "cluster")
STACK = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "aws": ("region",),
    "gcp": ("region", "project"),
    "azure": ("resource_group",),
}
"""Cloud -> what finds one of its clusters beside the name."""
OPTIONAL = ("region", "project", "resource_group")


def check(target: OnpremTarget) -> Iterator[Problem]:
    """Every problem of the way to the cluster."""
    yield from _one_way(target)
    if target.kubeconfig is not None:
        yield from _file(target.kubeconfig, target.context)
    elif target.context is not None:
        what = "names a context of no file"
        yield Problem(f"{TARGET}.context", what, target.context, fix="add kubeconfig, or leave context out")
    if target.stack is not None and not STACK.fullmatch(target.stack):
        what, allowed = "is no name of a stack", "ORGANIZATION/PROJECT/STACK"
        yield Problem(f"{TARGET}.stack", what, target.stack, allowed)
    if target.cluster is not None:
        yield from _named(target.cluster)


def _one_way(target: OnpremTarget) -> Iterator[Problem]:
    said = [way for way in WAYS if getattr(target, way) is not None]
    if not said:
        what = "does not say which cluster it is"
        fix = "add kubeconfig and context, or stack, or cluster"
        yield Problem(TARGET, what, allowed=f"exactly one of {', '.join(WAYS)}", fix=fix)
    elif len(said) > 1:
        what = "says in more than one way which cluster it is"
        allowed = f"exactly one of {', '.join(WAYS)}"
        yield Problem(TARGET, what, ", ".join(said), allowed, f"keep {said[0]}, or another")


def _file(path: str, context: str | None) -> Iterator[Problem]:
    if not path.startswith(("/", "~/")):
        what = "is relative: the program and the commands run in different directories"
        yield Problem(f"{TARGET}.kubeconfig", what, path, "an absolute path, or one that begins with ~/")
    if context is None:
        what = "is missing: the file's current context changes under the stack"
        fix = "add the context of this cluster: `kubectl config get-contexts` lists them"
        yield Problem(f"{TARGET}.context", what, fix=fix)


def _named(cluster: NamedCluster) -> Iterator[Problem]:
    needed = NEEDED[cluster.cloud]
    for key in OPTIONAL:
        given: str | None = getattr(cluster, key)
        where = f"{TARGET}.cluster.{key}"
        if key in needed and given is None:
            yield Problem(where, f"is missing: a cluster of {cluster.cloud} is found by it", fix=f"add {key}")
        elif key not in needed and given is not None:
            yield Problem(where, f"finds no cluster of {cluster.cloud}", given, fix=f"leave {key} out")
