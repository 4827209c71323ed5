"""Who may touch the node for a fabric: policies of the API server itself, so no client goes past them.

Pod Security has no level between `restricted` and everything. A permitted tenant's namespace is therefore
`privileged` for it, and what follows here holds the namespace to `restricted` again, but for one daemon, by the
letter: its image, command, variables, capabilities, mounts. And since the device injector hands any device of the
node to any pod that carries its annotation, nobody else may carry one. docs/adr/0027.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.fabric.cel import quoted, restricted, texts
from fairlead.layers.objects import refusal, sent
from fairlead.plan.fabric_model import Daemon, FabricsPlan, JobFabric

HOST_ACCESS = f"{labels.DOMAIN}/host-access"
"""Namespace label: what of the nodes the tenant's jobs may touch."""
FABRIC = "fabric"
DEVICES, PODS, JOBS = "fairlead-fabric-devices", "fairlead-fabric-pods", "fairlead-fabric-jobs"
PERMITTED = [{"key": HOST_ACCESS, "operator": "In", "values": [FABRIC]}]
OTHERS = [
    {"key": labels.TENANT, "operator": "Exists"},
    {"key": HOST_ACCESS, "operator": "NotIn", "values": [FABRIC]},
]


def objects(plan: FabricsPlan, runtimes: Mapping[str, str]) -> list[Object]:
    """The policies and where they hold; none where no job has a daemon. plan: with images as pods name them.

    runtimes: accelerator -> beginning of the names of the runtimes of its jobs over several whole nodes.
    """
    daemons = list({one.daemon.name: one.daemon for one in plan.daemons if one.daemon}.values())
    if not daemons:
        return []
    return [
        *refusal(DEVICES, _pod_rules(), _devices(daemons), [OTHERS[0]]),
        *refusal(PODS, _pod_rules(ephemeral=True), _pods(plan, daemons), PERMITTED),
        *refusal(JOBS, [sent("trainer.kubeflow.org", ["trainjobs"])], _jobs(plan.daemons, runtimes), OTHERS),
    ]


def namespace_labels(host_access: Sequence[str]) -> Mapping[str, str]:
    """Labels of a permitted tenant's namespace."""
    if not host_access:
        return {}
    return {HOST_ACCESS: FABRIC, "pod-security.kubernetes.io/enforce": "privileged"}


def _pod_rules(*, ephemeral: bool = False) -> Sequence[Mapping[str, Any]]:
    return [sent("", ["pods", *(["pods/ephemeralcontainers"] if ephemeral else [])])]


def _rule(expression: str, message: str) -> Mapping[str, str]:
    return {"expression": expression, "message": message}


def _devices(daemons: Sequence[Daemon]) -> Sequence[Mapping[str, str]]:
    """Annotations by which a node's devices reach a pod: the daemon's own, in a permitted namespace, or none."""
    prefixes = list(dict.fromkeys(one.injector.partition("/")[0] + "/" for one in daemons))
    own = {key: value for one in daemons for key, value in one.annotations.items()}
    marked = " || ".join(f"k.startsWith({quoted(one)})" for one in prefixes)
    exact = " || ".join(
        f"(k == {quoted(key)} && object.metadata.annotations[k] == {quoted(value)})"
        for key, value in own.items()
    )
    allowed = (
        f"has(namespaceObject.metadata.labels) && {quoted(HOST_ACCESS)} in namespaceObject.metadata.labels"
        f" && namespaceObject.metadata.labels[{quoted(HOST_ACCESS)}] == {quoted(FABRIC)} && ({exact})"
    )
    return [
        _rule(
            "!has(object.metadata.annotations) || object.metadata.annotations.all(k,"
            f" !({marked}) || ({allowed}))",
            "a pod asks for devices of its node by an annotation: that is left to the daemon of the fast network,"
            " in namespaces of tenants with host_access",
        )
    ]


def _pods(plan: FabricsPlan, daemons: Sequence[Daemon]) -> Sequence[Mapping[str, str]]:
    """What pods of a permitted tenant keep: `restricted`, and for the daemon exactly what it is."""
    names = [one.name for one in daemons]
    folders = {path for one in daemons for path in (folder.path for folder in one.folders)}
    seen = {folder.path: folder.writable for one in plan.daemons for folder in one.folders}
    return [
        *(
            _rule(_every(f"c.name in {texts(names)} || ({expression})") if each else expression, message)
            for each, expression, message in restricted()
        ),
        _rule(
            "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath) || v.hostPath.path in"
            f" {texts(sorted({*folders, *seen}))})",
            "only folders of the node that the fast network needs may be mounted",
        ),
        _rule(
            _every(
                f"c.name in {texts(names)} || !has(c.volumeMounts) || c.volumeMounts.all(m,"
                f" {_host_path('m')} == '' || {_host_path('m')} in {texts(_which(seen, writable=True))}"
                f" || ({_host_path('m')} in {texts(_which(seen, writable=False))}"
                " && has(m.readOnly) && m.readOnly))"
            ),
            "a job sees the libraries of the fast network and cannot change them, and nothing else of the node",
        ),
        *(_rule(_exactly(one), _LETTER.format(name=one.name)) for one in daemons),
    ]


_LETTER = (
    "{name} is a container that starts before the job and runs exactly what the platform has written for it"
)


def _which(seen: Mapping[str, bool], *, writable: bool) -> list[str]:
    return sorted(path for path, may in seen.items() if may is writable)


def _host_path(mount: str) -> str:
    """The folder of the node behind a mount; empty for any other volume."""
    own = f"object.spec.volumes.filter(v, v.name == {mount}.name && has(v.hostPath))"
    return f"({own}.size() == 0 ? '' : {own}[0].hostPath.path)"


def _every(condition: str) -> str:
    return (
        f"object.spec.containers.all(c, {condition})"
        f" && (!has(object.spec.initContainers) || object.spec.initContainers.all(c, {condition}))"
    )


def _exactly(daemon: Daemon) -> str:
    """Containers of the daemon's name start before the job, live beside it, and are it to the letter."""
    mounts = {folder.mount: folder.path for folder in daemon.folders}
    env = " || ".join(
        f"(e.name == {quoted(name)} && has(e.value) && e.value == {quoted(value)})"
        for name, value in daemon.env.items()
    )
    folders = " || ".join(
        f"(m.mountPath == {quoted(mount)} && {_host_path('m')} == {quoted(path)})"
        for mount, path in mounts.items()
    )
    shared = f" || m.mountPath == {quoted(daemon.shared)} && {_empty_dir('m')}" if daemon.shared else ""
    probe = (
        f"has(c.startupProbe.exec) && c.startupProbe.exec.command == {texts(['cat', daemon.ready])}"
        if daemon.ready
        else "false"
    )
    same = " && ".join(
        (
            f"c.image == {quoted(daemon.image)}",
            f"c.command == {texts(daemon.command)}",
            "!has(c.args)",
            "has(c.restartPolicy) && c.restartPolicy == 'Always'",
            f"has(c.env) && c.env.all(e, {env}) && !has(c.envFrom)",
            "has(c.volumeMounts) && c.volumeMounts.all(m, !has(m.subPath) && !has(m.subPathExpr)"
            f" && ({folders}{shared}))",
            "!has(c.lifecycle) && !has(c.livenessProbe) && !has(c.readinessProbe)",
            f"(!has(c.startupProbe) || ({probe}))",
            "!has(c.volumeDevices) && !has(c.ports)",
            "has(c.securityContext) && !has(c.securityContext.privileged) && !has(c.securityContext.procMount)",
            "!has(c.securityContext.seccompProfile) && !has(c.securityContext.appArmorProfile)"
            " && !has(c.securityContext.seLinuxOptions) && !has(c.securityContext.windowsOptions)",
            "has(c.securityContext.capabilities) && c.securityContext.capabilities.add =="
            f" {texts(daemon.capabilities)}",
        )
    )
    name = quoted(daemon.name)
    return (
        f"object.spec.containers.all(c, c.name != {name})"
        f" && (!has(object.spec.initContainers) || object.spec.initContainers.all(c, c.name != {name} || ({same})))"
    )


def _empty_dir(mount: str) -> str:
    return f"object.spec.volumes.exists(v, v.name == {mount}.name && has(v.emptyDir))"


def _jobs(fabrics: Sequence[JobFabric], runtimes: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    """A job whose runtime has a daemon is refused in other namespaces when it is sent: its pods would be, later."""
    return [
        _rule(
            f"!object.spec.runtimeRef.name.startsWith({quoted(runtimes[one.accelerator])})",
            f"jobs over several nodes of {one.accelerator}:{one.count} use {one.kind} here, whose daemon needs rights"
            " on the node, and this tenant may not have them: ask the platform team for host_access: [fabric], or"
            " ask for fewer accelerators a node",
        )
        for one in fabrics
        if one.accelerator in runtimes
    ]
