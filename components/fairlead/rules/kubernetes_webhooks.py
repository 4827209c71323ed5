"""Rules about webhooks: what stands in the way of every request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.pods import entries, part
from fairlead.rules.settings import is_known, listed, text

TYPES = ("kubernetes:admissionregistration.k8s.io/*:*WebhookConfiguration",)
BUILT_IN = ("", "apps", "batch", "rbac.authorization.k8s.io", "coordination.k8s.io", "*")
"""Groups without whose objects a cluster does not come up."""
MOST_SECONDS = 15


def _selects(webhook: Data) -> bool:
    """Whether labels of namespaces or objects, or conditions, keep it off some of them."""
    return any(part(webhook, key) for key in ("namespaceSelector", "objectSelector")) or bool(
        webhook.get("matchConditions")
    )


def _groups(webhook: Data) -> Sequence[str]:
    return [str(group) for rule in entries(webhook.get("rules")) for group in listed(rule.get("apiGroups"))]


def _scope(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(entries(subject.get("webhooks"))):
        named = [group for group in _groups(one) if group in BUILT_IN]
        policy = one.get("failurePolicy")
        if policy != "Ignore" and is_known(policy) and named and not _selects(one):
            what = "while its server is away nothing of this is made in any namespace, nor the server itself"
            fix = "select namespaces without kube-system, or set failurePolicy to Ignore"
            given = ", ".join(repr(group) for group in named)
            yield Flaw(f"webhooks[{place}].namespaceSelector", what, given, "some namespaces", fix)


def _outside(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(entries(subject.get("webhooks"))):
        url = part(one, "clientConfig").get("url")
        if url:
            what = "objects, secrets among them, are sent out of the cluster"
            where = f"webhooks[{place}].clientConfig.url"
            yield Flaw(where, what, text(url), "a Service of the cluster", "name it in clientConfig.service")


def _slow(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(entries(subject.get("webhooks"))):
        seconds = one.get("timeoutSeconds")
        if isinstance(seconds, int) and seconds > MOST_SECONDS:
            what = "every request that it is asked about waits as long where its server hangs"
            where = f"webhooks[{place}].timeoutSeconds"
            yield Flaw(where, what, text(seconds), f"at most {MOST_SECONDS}", "leave it out: 10")


RULES = (
    ResourceRule(
        id="kubernetes-webhook-scope",
        title="No webhook can keep the whole cluster from working",
        reason="Its own pods are among what it holds back: the cluster does not come up again by itself.",
        level="mandatory",
        references=(),
        types=TYPES,
        check=_scope,
    ),
    ResourceRule(
        id="kubernetes-webhook-inside",
        title="Webhooks are answered inside the cluster",
        reason="Whoever answers sees every object that is written, and decides about it.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=TYPES,
        check=_outside,
    ),
    ResourceRule(
        id="kubernetes-webhook-quick",
        title="Webhooks are not waited for long",
        reason="Controllers give up before the API server does, and try again: a slow webhook becomes many.",
        level="advisory",
        references=(),
        types=TYPES,
        check=_slow,
    ),
)
