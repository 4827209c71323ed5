"""Rules about accounts of pods and their tokens."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Admission, Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.pods import ANY, TEMPLATES, complete, entries, meta, part
from fairlead.rules.settings import is_known

TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secrets
BINDINGS = ("kubernetes:rbac.*:RoleBinding", "kubernetes:rbac.*:ClusterRoleBinding")
ACCOUNTS = "kubernetes:*:ServiceAccount"
IDENTITY = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
"""Annotations of accounts whose token is shown to a cloud."""


def _default(subject: Subject) -> Iterator[Flaw]:
    for path, pod in complete(subject):
        named = pod.get("serviceAccountName") or pod.get("serviceAccount")
        mounted = pod.get("automountServiceAccountToken")
        if named in (None, "default") and mounted is not False and is_known(mounted):
            what = "it has the token of an account that all pods of the namespace share"
            fix = "name an account of its own, or set automountServiceAccountToken to false"
            yield Flaw(
                f"{path}.serviceAccountName", what, str(named or "left out"), "an account of its own", fix
            )


def _token_secret(subject: Subject) -> Iterator[Flaw]:
    if subject.get("type") == TOKEN:
        what = "it is a token of an account that never ends"
        fix = "let the kubelet bring one that does: automountServiceAccountToken, or a projected volume"
        yield Flaw("type", what, TOKEN, "any other type", fix)


def _unused(whole: Whole) -> Iterator[Flaw]:
    """Accounts of this stack whose token is mounted and gives no right: nothing here binds one, no cloud knows it."""
    bound = {(one.get("namespace") or meta(of, "namespace"), one.get("name")) for of, one in _subjects(whole)}
    accounts = {(meta(one, "namespace"), meta(one, "name")): one for one in whole.of(ACCOUNTS)}
    for subject in whole.of(*ANY):
        if subject.kind not in TEMPLATES:
            continue
        for path, pod in complete(subject):
            key = (meta(subject, "namespace"), pod.get("serviceAccountName"))
            account = accounts.get(key)  # pyright: ignore[reportArgumentType]
            if (
                account is None
                or key in bound
                or not _mounts(pod.get("automountServiceAccountToken"), account)
            ):
                continue
            what = "it is given the token of an account that has no rights"
            fix = "set automountServiceAccountToken to false"
            yield Flaw(f"{path}.automountServiceAccountToken", what, "true", "false", fix, subject)


def _mounts(said: object, account: Subject) -> bool:
    notes = part(part(account.inputs, "metadata"), "annotations")
    mounted = account.get("automountServiceAccountToken") if said is None else said
    return mounted is not False and not any(one in notes for one in IDENTITY)


def _subjects(whole: Whole) -> Iterator[tuple[Subject, dict[str, str]]]:
    for binding in whole.of(*BINDINGS):
        for one in entries(binding.get("subjects")):
            if one.get("kind") == "ServiceAccount":
                yield binding, dict(one)


RULES = (
    ResourceRule(
        id="kubernetes-no-default-account",
        title="No pod uses the token of its namespace's default account",
        reason="A right that is given to one such pod is given to all pods of the namespace, also those of tomorrow.",
        level="mandatory",
        references=sources.DEFAULT_ACCOUNT,
        types=ANY,
        check=_default,
    ),
    ResourceRule(
        id="kubernetes-no-token-secret",
        title="No Secret holds a token of an account",
        reason="It is valid until somebody deletes it, wherever it was copied to, and has all rights of the account.",
        level="mandatory",
        references=(sources.PODS,),
        types=("kubernetes:core/v1:Secret",),
        check=_token_secret,
        admission=Admission(
            ("/v1/secrets",),
            f"!has(object.type) || object.type != '{TOKEN}'",
            "tokens of accounts are not kept in Secrets: pods get theirs from the kubelet",
        ),
    ),
    WholeRule(
        id="kubernetes-token-unused",
        title="No pod is given the token of an account without rights",
        reason="The token opens nothing today; whoever has read it has what the account is given tomorrow.",
        level="advisory",
        references=sources.TOKENS,
        looks_at="resources",
        check=_unused,
    ),
)
