"""Expressions of admission policies: texts and lists in CEL, and the Pod Security Standard `restricted` in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
"""Kinds that `restricted` allows. https://kubernetes.io/docs/concepts/security/pod-security-standards/, 2026-11-28"""
PROBES = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop")
UNCONFINED = "Unconfined"


def quoted(text: str) -> str:
    """A text as CEL writes it: as JSON does."""
    return json.dumps(text)


def texts(values: Sequence[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(quoted, values))}]"


def restricted() -> Iterator[tuple[bool, str, str]]:
    """(of each container, expression, message) for each rule; one about a container speaks of it as `c`.

    Host folders are left to the caller. Stricter than the standard in few things that jobs never use: no ephemeral
    containers, no sysctls, no SELinux options.
    """
    yield (
        False,
        " && ".join(f"(!has(object.spec.{one}) || !object.spec.{one})" for one in _HOST),
        "pods share no namespace with their node",
    )
    yield False, "!has(object.spec.ephemeralContainers)", "no container is added to a pod that runs"
    kinds = " || ".join(f"has(v.{one})" for one in (*VOLUMES, "hostPath"))
    yield (
        False,
        f"!has(object.spec.volumes) || object.spec.volumes.all(v, {kinds})",
        "volumes are of the kinds that the standard restricted allows",
    )
    pod = "object.spec.securityContext"
    yield (
        False,
        f"!has({pod}) || (!has({pod}.sysctls) && !has({pod}.seLinuxOptions) && !has({pod}.windowsOptions)"
        f" && {_confined(pod)} && (!has({pod}.runAsUser) || {pod}.runAsUser != 0))",
        "the pod's security context loosens nothing",
    )
    own = "c.securityContext"
    yield (
        True,
        f"has({own}) && has({own}.allowPrivilegeEscalation) && !{own}.allowPrivilegeEscalation"
        f" && (!has({own}.privileged) || !{own}.privileged) && (!has({own}.procMount) || {own}.procMount == 'Default')"
        f" && !has({own}.seLinuxOptions) && !has({own}.windowsOptions) && {_confined(own)}",
        "containers are not privileged and cannot become it",
    )
    yield (
        True,
        f"has({own}) && has({own}.capabilities) && has({own}.capabilities.drop)"
        f" && {own}.capabilities.drop.exists(one, one == 'ALL') && (!has({own}.capabilities.add)"
        f" || {own}.capabilities.add.all(one, one == 'NET_BIND_SERVICE'))",
        "containers drop all capabilities",
    )
    yield (
        True,
        f"(!has({own}.runAsUser) || {own}.runAsUser != 0) && (has({own}.runAsNonRoot) ? {own}.runAsNonRoot :"
        f" has({pod}) && has({pod}.runAsNonRoot) && {pod}.runAsNonRoot)",
        "containers do not run as root",
    )
    yield (
        True,
        f"has({own}.seccompProfile) || (has({pod}) && has({pod}.seccompProfile))",
        "containers have a seccomp profile",
    )
    yield (
        True,
        "!has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0)",
        "containers take no port of their node",
    )
    yield True, " && ".join(map(_no_host, PROBES)), "probes call the container itself"


_HOST = ("hostNetwork", "hostPID", "hostIPC")


def _confined(context: str) -> str:
    return (
        f"(!has({context}.seccompProfile) || {context}.seccompProfile.type != {quoted(UNCONFINED)})"
        f" && (!has({context}.appArmorProfile) || {context}.appArmorProfile.type != {quoted(UNCONFINED)})"
    )


def _no_host(probe: str) -> str:
    """A probe or hook that names no host: `has` goes down one step at a time."""
    steps = probe.split(".")
    there = " || ".join(f"!has(c.{'.'.join(steps[: place + 1])})" for place in range(len(steps)))
    kinds = " && ".join(
        f"(!has(c.{probe}.{kind}) || !has(c.{probe}.{kind}.host) || c.{probe}.{kind}.host == '')"
        for kind in ("httpGet", "tcpSocket")
    )
    return f"({there} || ({kinds}))"
