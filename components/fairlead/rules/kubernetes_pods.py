"""Rules about what pods may do to the node that they run on: what the Pod Security Standards forbid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from fairlead.rules import kubernetes_pods_told as told
from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.kubernetes_pods_told import GRANTED, HOOKS, HOST, PROBES, PROFILES, SYSCTLS
from fairlead.rules.model import Admission, Data, Flaw, ResourceRule, Subject
from fairlead.rules.pods import ANY, containers, contexts, entries, part, pods
from fairlead.rules.settings import text


def _privileged(subject: Subject) -> Iterator[Flaw]:
    for path, one in contexts(subject):
        if one.get("privileged"):
            what = "a container is privileged: it is root on the node"
            fix = "leave privileged out and add the one capability that it needs"
            yield Flaw(f"{path}.privileged", what, "true", "false", fix)
        if part(one, "windowsOptions").get("hostProcess"):
            what = "a process of the node itself, on Windows"
            yield Flaw(f"{path}.windowsOptions.hostProcess", what, "true", "false", "leave hostProcess out")


def _host_namespaces(subject: Subject) -> Iterator[Flaw]:
    for path, pod in pods(subject):
        for key in HOST:
            if pod.get(key):
                what = "the pod shares this with its node, and with all else that runs there"
                yield Flaw(f"{path}.{key}", what, "true", "false", f"leave {key} out")


def _host_path(subject: Subject) -> Iterator[Flaw]:
    fix = "use an emptyDir, or a claim of a storage class"
    for path, pod in pods(subject):
        for place, one in enumerate(entries(pod.get("volumes"))):
            if "hostPath" in one:
                given = text(part(one, "hostPath").get("path", ""))
                what = "a folder of the node is mounted"
                yield Flaw(f"{path}.volumes[{place}].hostPath", what, given, "any other kind of volume", fix)
    if subject.kind == "PersistentVolume" and subject.get("spec.hostPath"):
        given = text(subject.get("spec.hostPath.path"))
        what = "a folder of the node is offered as a volume"
        yield Flaw("spec.hostPath", what, given, "a volume of a storage driver", fix)


def _host_port(subject: Subject) -> Iterator[Flaw]:
    for path, one in containers(subject):
        for place, port in enumerate(entries(one.get("ports"))):
            if port.get("hostPort"):
                what = "a port of the node is taken, past every network policy"
                where, given = f"{path}.ports[{place}].hostPort", text(port["hostPort"])
                yield Flaw(where, what, given, "none", "leave hostPort out: a Service reaches the container")


def _capabilities(subject: Subject) -> Iterator[Flaw]:
    for path, one in contexts(subject):
        added: Any = part(one, "capabilities").get("add")
        listed = cast("list[Any]", added) if isinstance(added, list) else []
        for place, name in enumerate(listed):
            if name not in GRANTED:
                where = f"{path}.capabilities.add[{place}]"
                what = "a capability of root is added"
                yield Flaw(where, what, text(name), ", ".join(GRANTED), "leave it out")


def _unconfined(subject: Subject) -> Iterator[Flaw]:
    for path, one in contexts(subject):
        for key, none in PROFILES.items():
            if part(one, key).get("type") == none:
                what = "what the kernel would keep a process from is switched off"
                yield Flaw(
                    f"{path}.{key}.type", what, none, "RuntimeDefault or Localhost", "set RuntimeDefault"
                )
        if one.get("procMount") not in (None, "Default"):
            what = "what is masked of the node's /proc is shown"
            yield Flaw(f"{path}.procMount", what, text(one["procMount"]), "Default", "leave procMount out")


def _sysctls(subject: Subject) -> Iterator[Flaw]:
    for path, pod in pods(subject):
        context = part(pod, "securityContext")
        for place, one in enumerate(entries(context.get("sysctls"))):
            if one.get("name") not in SYSCTLS:
                where = f"{path}.securityContext.sysctls[{place}].name"
                what = "a setting of the node's kernel is changed"
                yield Flaw(where, what, text(one.get("name")), "those of the pod alone", "leave it out")


def _root(subject: Subject) -> Iterator[Flaw]:
    fix = "run as another user, for example 1000"
    for path, one in contexts(subject):
        if one.get("runAsUser") == 0:
            yield Flaw(f"{path}.runAsUser", "a process runs as root", "0", "1 or above", fix)
        if one.get("runAsNonRoot") is False:
            yield Flaw(f"{path}.runAsNonRoot", "a process may run as root", "false", "true", fix)


def _probes(subject: Subject) -> Iterator[Flaw]:
    for path, one in containers(subject):
        for where, handler in _handlers(one):
            for kind in ("httpGet", "tcpSocket"):
                host = part(handler, kind).get("host")
                if host:
                    what = "the node calls an address of the pod's choice"
                    yield Flaw(f"{path}.{where}.{kind}.host", what, text(host), "none", "leave host out")


def _handlers(container: Data) -> Iterator[tuple[str, Data]]:
    yield from ((name, part(container, name)) for name in PROBES)
    hooks = part(container, "lifecycle")
    yield from ((f"lifecycle.{name}", part(hooks, name)) for name in HOOKS)


def _rule(
    name: str,
    title: str,
    reason: str,
    references: tuple[str, ...],
    check: Callable[[Subject], Iterable[Flaw]],
    admission: Admission,
) -> ResourceRule:
    return ResourceRule(
        id=f"kubernetes-{name}",
        title=title,
        reason=reason,
        level="mandatory",
        references=references,
        types=ANY,
        check=check,
        admission=admission,
    )


RULES = (
    _rule(
        "no-privileged",
        "No container is privileged",
        "A privileged container has every device and capability of its node: who takes it over has the node.",
        sources.PRIVILEGED,
        _privileged,
        told.PRIVILEGED,
    ),
    _rule(
        "no-host-namespaces",
        "No pod shares its node's network, processes or memory",
        "It sees and signals what others run there, and calls the node's own services as if it were the node.",
        sources.HOST_NAMESPACES,
        _host_namespaces,
        told.HOST_NAMESPACES,
    ),
    _rule(
        "no-host-path",
        "No folder of a node is mounted",
        "What is written there is run by the node and by others; the kubelet's folder has the tokens of all pods.",
        sources.HOST_PATH,
        _host_path,
        told.HOST_PATH,
    ),
    _rule(
        "no-host-port",
        "No container takes a port of its node",
        "Network policies do not see it, and no second pod can run on that node.",
        sources.HOST_PORT,
        _host_port,
        told.HOST_PORT,
    ),
    _rule(
        "no-added-capabilities",
        "No container gets capabilities of root",
        "Each of them is a part of root's power: SYS_ADMIN alone is enough to leave the container.",
        sources.CAPABILITIES,
        _capabilities,
        told.CAPABILITIES,
    ),
    _rule(
        "no-unconfined",
        "Nothing switches off what the kernel keeps containers from",
        "Seccomp, AppArmor and the masks of /proc stand between a process and faults of the kernel that it shares.",
        sources.UNCONFINED,
        _unconfined,
        told.UNCONFINED,
    ),
    _rule(
        "safe-sysctls",
        "No pod changes settings of its node's kernel",
        "Settings that do not belong to the pod alone change how everything on the node behaves.",
        (sources.BASELINE,),
        _sysctls,
        told.SAFE_SYSCTLS,
    ),
    _rule(
        "no-root",
        "Nothing asks to run as root",
        "Root inside the container is root outside as soon as anything between them fails.",
        sources.ROOT,
        _root,
        told.ROOT,
    ),
    _rule(
        "no-host-probes",
        "Probes and hooks call the container itself",
        "The kubelet makes the call, from the node: a host of the pod's choice lets the pod call what it cannot reach.",
        (sources.BASELINE,),
        _probes,
        told.HOST_PROBES,
    ),
)
