"""Rules about what pods must say, so that they get no more rights than they start with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.pods import ANY, complete, containers_of, part
from fairlead.rules.settings import is_known, text


def _plain(subject: Subject) -> Iterator[tuple[str, Data, Data]]:
    """(path, context, that of the pod) of containers that are not privileged: those have every right already. Nothing
    is said of one whose context, or whose pod's, is not known yet."""
    for path, pod in complete(subject):
        for where, one in containers_of(path, pod):
            context = part(one, "securityContext")
            seen = is_known(one.get("securityContext")) and is_known(pod.get("securityContext"))
            if seen and not context.get("privileged"):
                yield f"{where}.securityContext", context, part(pod, "securityContext")


def _given(value: Any) -> str:
    return "left out" if value is None else text(value)


def _non_root(subject: Subject) -> Iterator[Flaw]:
    for path, own, pod in _plain(subject):
        said = own.get("runAsNonRoot", pod.get("runAsNonRoot"))
        if not said and own.get("runAsUser", pod.get("runAsUser")) != 0:
            what = "an image that runs as root is run as root"
            fix = "set runAsNonRoot to true, here or for the whole pod"
            yield Flaw(f"{path}.runAsNonRoot", what, _given(said), "true", fix)


def _escalation(subject: Subject) -> Iterator[Flaw]:
    for path, own, _ in _plain(subject):
        if own.get("allowPrivilegeEscalation") is not False:
            given = _given(own.get("allowPrivilegeEscalation"))
            what = "a process gets rights that it did not start with, by a program that is owned by root"
            fix = "set allowPrivilegeEscalation to false"
            yield Flaw(f"{path}.allowPrivilegeEscalation", what, given, "false", fix)


def _dropped(subject: Subject) -> Iterator[Flaw]:
    for path, own, _ in _plain(subject):
        drop = part(own, "capabilities").get("drop")
        if not isinstance(drop, list) or "ALL" not in drop:
            what = "the runtime's usual capabilities stay, NET_RAW among them"
            yield Flaw(f"{path}.capabilities.drop", what, _given(drop), "ALL", "drop ALL, add what is needed")


def _seccomp(subject: Subject) -> Iterator[Flaw]:
    for path, own, pod in _plain(subject):
        if not own.get("seccompProfile") and not pod.get("seccompProfile"):
            what = "every call of the kernel is open to it"
            fix = "set seccompProfile to type RuntimeDefault, here or for the whole pod"
            yield Flaw(f"{path}.seccompProfile", what, "left out", "RuntimeDefault or Localhost", fix)


def _sealed(subject: Subject) -> Iterator[Flaw]:
    for path, own, _ in _plain(subject):
        if not own.get("readOnlyRootFilesystem"):
            given = _given(own.get("readOnlyRootFilesystem"))
            what = "what takes the process over writes itself into the image's files"
            fix = "set readOnlyRootFilesystem to true, with an emptyDir where it must write"
            yield Flaw(f"{path}.readOnlyRootFilesystem", what, given, "true", fix)


def _shared(subject: Subject) -> Iterator[Flaw]:
    for path, pod in complete(subject):
        if pod.get("shareProcessNamespace"):
            what = "each container sees the others' processes, variables and files"
            fix = "leave shareProcessNamespace out"
            yield Flaw(f"{path}.shareProcessNamespace", what, "true", "false", fix)


def _sets(change: Callable[[dict[str, Any]], None]) -> Callable[[Subject], Data | None]:
    """A remedy that changes the security context of every container that is not privileged."""

    def remedy(subject: Subject) -> Data | None:
        mended = replace(subject, inputs=copy.deepcopy(dict(subject.inputs)))
        for path, pod in complete(mended):
            for _, one in containers_of(path, pod):
                context = one.setdefault("securityContext", {}) if isinstance(one, dict) else None
                if not isinstance(context, dict):
                    return None
                if not context.get("privileged"):  # pyright: ignore[reportUnknownMemberType]
                    change(context)  # pyright: ignore[reportUnknownArgumentType]
        return mended.inputs

    return remedy


def _drop(context: dict[str, Any]) -> None:
    context["capabilities"] = {**part(context, "capabilities"), "drop": ["ALL"]}


RULES = (
    ResourceRule(
        id="kubernetes-run-as-non-root",
        title="Pods say that they do not run as root",
        reason="Most images run as root unless somebody says otherwise, and nobody looks at each of them.",
        level="mandatory",
        references=sources.ROOT,
        types=ANY,
        check=_non_root,
    ),
    ResourceRule(
        id="kubernetes-no-privilege-escalation",
        title="No container gets more rights than it starts with",
        reason="Programs that are owned by root, sudo among them, make root of whoever may start them.",
        level="mandatory",
        references=sources.ESCALATION,
        types=ANY,
        check=_escalation,
        remedy=_sets(lambda context: context.update(allowPrivilegeEscalation=False)),
    ),
    ResourceRule(
        id="kubernetes-drop-capabilities",
        title="Containers drop all capabilities",
        reason="With what is usual a container forges packets, changes owners of files and more that it never needs.",
        level="mandatory",
        references=sources.RAW,
        types=ANY,
        check=_dropped,
        remedy=_sets(_drop),
    ),
    ResourceRule(
        id="kubernetes-seccomp-profile",
        title="Pods name a seccomp profile",
        reason="Without one each of some 300 calls of the kernel may be tried for a fault that leads out.",
        level="mandatory",
        references=sources.SECCOMP,
        types=ANY,
        check=_seccomp,
        remedy=_sets(lambda context: context.update(seccompProfile={"type": "RuntimeDefault"})),
    ),
    ResourceRule(
        id="kubernetes-read-only-root",
        title="Containers do not write to their image's files",
        reason="What cannot be written cannot be replaced by somebody else's program.",
        level="advisory",
        references=(sources.PODS,),
        types=ANY,
        check=_sealed,
    ),
    ResourceRule(
        id="kubernetes-no-shared-processes",
        title="Containers of a pod do not see each other's processes",
        reason="A helper that is taken over reads the secrets of what it helps, from its variables and its memory.",
        level="advisory",
        references=(sources.PODS,),
        types=ANY,
        check=_shared,
    ),
)
