"""Rules about namespaces: the standard that they keep, and what keeps tenants apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fairlead import labels
from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.pods import TYPES, meta, part
from fairlead.rules.settings import is_known, listed, text

NAMESPACE = "kubernetes:core/v1:Namespace"
ENFORCE = "pod-security.kubernetes.io/enforce"
LEVELS = ("restricted", "baseline", "privileged")
KEPT = LEVELS[:2]
"""Standards that keep something from pods."""
HOST_ACCESS = f"{labels.DOMAIN}/host-access"
"""Label of tenants that may touch nodes for a fabric: policies hold them to the standard then."""
DIRECTIONS = frozenset({"Ingress", "Egress"})


def _labels(subject: Subject) -> dict[str, str]:
    return {str(key): str(one) for key, one in part(part(subject.inputs, "metadata"), "labels").items()}


def _standard(subject: Subject) -> Iterator[Flaw]:
    given = _labels(subject).get(ENFORCE)
    if given not in LEVELS and is_known(subject.get("metadata.labels")):
        what = "pods in it may do anything to their nodes"
        fix = f"add the label {ENFORCE}: restricted"
        where = f"metadata.labels.{ENFORCE}"
        yield Flaw(where, what, given or "left out", ", ".join(LEVELS), fix)


def _default(subject: Subject) -> Iterator[Flaw]:
    if meta(subject, "namespace") in ("", "default"):
        what = "it runs in the namespace default, which nobody has fenced"
        fix = "name a namespace of its own"
        yield Flaw("metadata.namespace", what, "default", "another namespace", fix)


def _of_tenants(whole: Whole) -> Iterator[tuple[Subject, str]]:
    for one in whole.of(NAMESPACE):
        if labels.TENANT in _labels(one):
            yield one, meta(one, "name")


def _tenants_standard(whole: Whole) -> Iterator[Flaw]:
    for one, _ in _of_tenants(whole):
        own = _labels(one)
        if own.get(ENFORCE) not in KEPT and HOST_ACCESS not in own and is_known(own):
            what = "a tenant's pods may take over the nodes of all tenants"
            fix = "leave pod_security out, or use host_access"
            where = f"metadata.labels.{ENFORCE}"
            yield Flaw(where, what, own.get(ENFORCE, "left out"), " or ".join(KEPT), fix, one)


def _lacking(
    pattern: str, holds: Callable[[Subject], bool], what: str, fix: str
) -> Callable[[Whole], Iterator[Flaw]]:
    """A check that every tenant's namespace has an object of a type that is as it must be."""

    def check(whole: Whole) -> Iterator[Flaw]:
        found = [one for one in whole.of(pattern) if not is_known(one.get("spec")) or holds(one)]
        if not all(map(_placed, found)):
            return
        there = {meta(one, "namespace") for one in found}
        for one, name in _of_tenants(whole):
            if name not in there:
                yield Flaw("metadata.name", what, name, "", fix, one)

    return check


def _placed(subject: Subject) -> bool:
    """Whether it is known in which namespace it will be."""
    return bool(meta(subject, "namespace")) and is_known(meta(subject, "namespace"))


def _closes(policy: Subject) -> bool:
    """Whether it shuts off all pods, both ways."""
    spec = part(policy.inputs, "spec")
    return (
        not part(spec, "podSelector")
        and set(listed(spec.get("policyTypes"))) >= DIRECTIONS
        and not spec.get("ingress")
        and not spec.get("egress")
    )


def _limits(quota: Subject) -> bool:
    return bool(part(part(quota.inputs, "spec"), "hard")) and not quota.get("spec.scopeSelector")


def _named_for_nothing(whole: Whole) -> Iterator[Flaw]:
    """Where Kueue's queues are in the stack: each tenant has one, for whatever it sends waits for one."""
    found = list(whole.of("kubernetes:kueue.x-k8s.io/*:LocalQueue"))
    queues = {meta(one, "namespace") for one in found}
    if queues and all(map(_placed, found)):
        for one, name in _of_tenants(whole):
            if name not in queues:
                what = "what it sends waits for ever: no queue lets it go"
                fix = "add a LocalQueue for each stage"
                yield Flaw("metadata.name", what, name, ", ".join(map(text, labels.STAGES)), fix, one)


RULES = (
    ResourceRule(
        id="kubernetes-namespace-standard",
        title="Every namespace says which Pod Security Standard it keeps",
        reason="Where nothing is said, whoever may make a pod in it has the node.",
        level="mandatory",
        references=sources.STANDARD,
        types=(NAMESPACE,),
        check=_standard,
    ),
    ResourceRule(
        id="kubernetes-no-default-namespace",
        title="Nothing runs in the namespace default",
        reason="It has no quota, no fence and no owner, and what is applied without a namespace lands beside it.",
        level="mandatory",
        references=sources.DEFAULT_NAMESPACE,
        types=TYPES,
        check=_default,
    ),
    WholeRule(
        id="workload-tenant-standard",
        title="Tenants' namespaces keep a Pod Security Standard",
        reason="Tenants share nodes: a pod that has the node has what all others run on it.",
        level="mandatory",
        references=sources.STANDARD,
        looks_at="resources",
        check=_tenants_standard,
    ),
    WholeRule(
        id="workload-tenant-fence",
        title="Tenants' namespaces are shut off until something is allowed",
        reason="Without a policy every pod of the cluster calls every other.",
        level="mandatory",
        references=sources.FENCES,
        looks_at="resources",
        check=_lacking(
            "kubernetes:networking.k8s.io/*:NetworkPolicy",
            _closes,
            "no network policy shuts off its pods",
            "add one for all pods and both directions that allows nothing",
        ),
    ),
    WholeRule(
        id="workload-tenant-quota",
        title="Tenants' namespaces have a quota",
        reason="Objects and volumes are in no queue: one tenant fills the API server and the disks of all.",
        level="mandatory",
        references=(sources.NETWORK,),
        looks_at="resources",
        check=_lacking(
            "kubernetes:core/v1:ResourceQuota",
            _limits,
            "nothing limits what lies in it",
            "add a ResourceQuota",
        ),
    ),
    WholeRule(
        id="workload-tenant-queue",
        title="Tenants' namespaces have a queue",
        reason="Accelerators are handed out by queues: work that names none is held back for ever.",
        level="mandatory",
        references=(),
        looks_at="resources",
        check=_named_for_nothing,
    ),
)
