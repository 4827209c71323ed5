"""Rules about rights: who may become more than he is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Admission, Data, Flaw, Level, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.pods import entries, meta

ROLES = ("kubernetes:rbac.*:Role", "kubernetes:rbac.*:ClusterRole")
BINDINGS = ("kubernetes:rbac.*:RoleBinding", "kubernetes:rbac.*:ClusterRoleBinding")
READ = ("get", "list", "watch", "*")
WRITE = ("create", "update", "patch", "*")
EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts")
MASTERS = "system:masters"
BOUND = "/rolebindings"


@dataclass(frozen=True)
class Power:
    """What a role must not give, unless of named objects."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    what: str
    fix: str
    cluster: bool = True
    """Whether of the whole cluster alone; else also within a namespace."""
    named: bool = True
    """Whether it may be given of named objects."""


def _has(rule: Data, key: str, wanted: Iterable[str]) -> list[str]:
    given: Any = rule.get(key)
    found = cast("list[Any]", given) if isinstance(given, list) else []
    return [str(one) for one in found if one in tuple(wanted)]


def gives(power: Power) -> Callable[[Subject], Iterator[Flaw]]:
    """A check that a role does not give a power. Stars are left to the rule about them."""

    def check(subject: Subject) -> Iterator[Flaw]:
        if power.cluster and subject.kind == "Role":
            return
        for place, rule in enumerate(entries(subject.get("rules"))):
            resources = _has(rule, "resources", power.resources)
            verbs = _has(rule, "verbs", power.verbs)
            named = power.named and rule.get("resourceNames")
            if resources and verbs and _has(rule, "apiGroups", (power.group,)) and not named:
                given = f"{', '.join(verbs)} of {', '.join(resources)}"
                yield Flaw(f"rules[{place}]", power.what, given, "no such right", power.fix)

    return check


def _wildcards(subject: Subject) -> Iterator[Flaw]:
    for place, rule in enumerate(entries(subject.get("rules"))):
        for key in ("verbs", "resources", "apiGroups"):
            if _has(rule, key, ("*",)):
                what = "it gives what nobody has listed, also what a later version adds"
                yield Flaw(f"rules[{place}].{key}", what, "*", "names", "list what is needed")


def _escalation(subject: Subject) -> Iterator[Flaw]:
    for place, rule in enumerate(entries(subject.get("rules"))):
        verbs = _has(rule, "verbs", ("escalate", "bind", "impersonate"))
        if verbs and not rule.get("resourceNames"):
            what = "who has it gives himself every other right"
            fix = "leave it out, or name the objects in resourceNames"
            yield Flaw(f"rules[{place}].verbs", what, ", ".join(verbs), "other verbs", fix)


def _cluster_admin(subject: Subject) -> Iterator[Flaw]:
    if subject.get("roleRef.name") == "cluster-admin":
        what = "whoever is bound may do everything, there where it is bound"
        yield Flaw("roleRef.name", what, "cluster-admin", "a role of what is needed", "write such a role")


def _everybody(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(entries(subject.get("subjects"))):
        name = one.get("name")
        if name in EVERYBODY or name == MASTERS:
            what = (
                "rights are given to whoever comes"
                if name != MASTERS
                else "nobody in this group is ever refused"
            )
            fix = "name a group of people, or an account"
            yield Flaw(f"subjects[{place}].name", what, str(name), "a named group or account", fix)


def _secrets(whole: Whole) -> Iterator[Flaw]:
    """Roles of the whole cluster that are bound in all of it: within a namespace it is the namespace's own matter."""
    bound = {one.get("roleRef.name") for one in whole.of(BINDINGS[1])}
    power = Power(
        "", ("secrets",), READ, "every secret of every namespace can be read", "bind it by namespace"
    )
    for role in whole.of(ROLES[1]):
        if meta(role, "name") in bound:
            for flaw in gives(power)(role):
                yield Flaw(flaw.path, flaw.what, flaw.given, "secrets of named namespaces", flaw.fix, role)


def _power(
    name: str, title: str, reason: str, references: tuple[str, ...], power: Power, level: Level = "mandatory"
) -> ResourceRule:
    return ResourceRule(
        id=f"kubernetes-{name}",
        title=title,
        reason=reason,
        level=level,
        references=references,
        types=ROLES,
        check=gives(power),
    )


_REGISTRATION = "admissionregistration.k8s.io"
_HOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
_POLICIES = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
POWERS = (
    _power(
        "no-exec-rights",
        "No role starts programs in pods that run",
        "Whoever may start a program in a pod has its files, its secrets and its account.",
        (sources.ACCESS,),
        Power(
            "",
            ("pods/exec", "pods/attach"),
            WRITE,
            "it starts programs in pods of others",
            "leave it out",
            False,
        ),
    ),
    _power(
        "no-ephemeral-rights",
        "No role adds containers to pods that run",
        "A container of one's own beside another's sees its processes and has its account.",
        (sources.ACCESS,),
        Power("", ("pods/ephemeralcontainers",), WRITE, "it adds containers to pods", "leave it out", False),
    ),
    _power(
        "no-node-proxy",
        "No role calls the kubelets of nodes",
        "The kubelet starts programs in every pod of its node, and writes nothing of it into the audit log.",
        sources.NODE_PROXY,
        Power(
            "",
            ("nodes/proxy",),
            (*READ, "create"),
            "it calls kubelets as the API server does",
            "leave it out",
        ),
    ),
    _power(
        "no-token-rights",
        "No role makes tokens of accounts",
        "Whoever makes tokens of an account has its rights, and keeps them for as long as he has asked for.",
        sources.TOKEN_RIGHTS,
        Power(
            "",
            ("serviceaccounts/token",),
            ("create", "*"),
            "it becomes any account",
            "name them in resourceNames",
        ),
    ),
    _power(
        "no-approval-rights",
        "No role approves requests for certificates",
        "A certificate of the cluster's own authority can name any user, those of the control plane too.",
        sources.APPROVAL,
        Power(
            "certificates.k8s.io",
            ("certificatesigningrequests/approval",),
            WRITE,
            "it makes certificates of any user",
            "leave it out",
        ),
    ),
    _power(
        "no-webhook-rights",
        "No role changes webhooks or policies of the API server",
        "A webhook sees and changes every object that is written; without the policies what they refuse is let in.",
        sources.WEBHOOK_RIGHTS,
        Power(
            _REGISTRATION,
            (*_HOOKS, *_POLICIES),
            WRITE,
            "it sees and changes what others write",
            "name its own in resourceNames",
        ),
    ),
    _power(
        "no-volume-rights",
        "No role makes volumes of the cluster",
        "A volume may be any folder of a node, or a disk of somebody else.",
        sources.VOLUME_RIGHTS,
        Power(
            "",
            ("persistentvolumes",),
            ("create", "*"),
            "it offers any folder or disk as a volume",
            "let a driver do it",
        ),
        "advisory",
    ),
)
RULES = (
    ResourceRule(
        id="kubernetes-no-cluster-admin",
        title="Nobody is bound to cluster-admin",
        reason="What takes such an account over has the cluster, its secrets and what its nodes may do in the cloud.",
        level="mandatory",
        references=sources.CLUSTER_ADMIN,
        types=BINDINGS,
        check=_cluster_admin,
        admission=Admission(
            (f"rbac.authorization.k8s.io/v1{BOUND}",),
            "object.roleRef.name != 'cluster-admin'",
            "nobody is bound to cluster-admin here: write a role of what is needed",
        ),
    ),
    ResourceRule(
        id="kubernetes-no-wildcard-rights",
        title="Roles list what they give",
        reason="With a star a role gives more with each controller that is installed, and nobody decides it.",
        level="mandatory",
        references=sources.WILDCARDS,
        types=ROLES,
        check=_wildcards,
    ),
    ResourceRule(
        id="kubernetes-no-escalation-rights",
        title="No role lets others bind, escalate or impersonate",
        reason="Each of these verbs is enough to become administrator of the cluster.",
        level="mandatory",
        references=sources.ESCALATION_RIGHTS,
        types=ROLES,
        check=_escalation,
    ),
    ResourceRule(
        id="kubernetes-no-rights-for-everybody",
        title="No rights are given to everybody",
        reason="These groups have whoever reaches the API server, or every pod of the cluster.",
        level="mandatory",
        references=(*sources.EVERYBODY, *sources.MASTERS),
        types=BINDINGS,
        check=_everybody,
        admission=Admission(
            (f"rbac.authorization.k8s.io/v1{BOUND}",),
            f"!has(object.subjects) || !object.subjects.exists(s, s.name in {[*EVERYBODY, MASTERS]})",
            "rights are given to named groups and accounts, not to everybody",
        ),
    ),
    WholeRule(
        id="kubernetes-no-secrets-of-all",
        title="Nobody reads the secrets of all namespaces",
        reason="What is taken over has the passwords, keys and tokens of every tenant and of the platform.",
        level="mandatory",
        references=sources.SECRET_RIGHTS,
        looks_at="resources",
        check=_secrets,
    ),
    *POWERS,
)
