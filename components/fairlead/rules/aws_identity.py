"""Rules about who may do what: no keys that last, no rights to everything, no trust in everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.rules.aws_documents import STAR, Statement, allowing
from fairlead.rules.aws_values import entries
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import listed
from fairlead.rules.unseen import UNKNOWN

ROLE = "aws:iam/role:Role"
PROVIDER = "pulumi:providers:aws"
KEYS = (
    *("aws:iam/user:User", "aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile"),
    *("aws:iam/serviceSpecificCredential:ServiceSpecificCredential", "aws:iam/sshKey:SshKey"),
)
ATTACHMENTS = (
    *("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment"),
    *(
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    ),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
)
POLICIES = (
    *("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"),
    *("aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy"),
)
ADMINISTRATOR = ("AdministratorAccess", "IAMFullAccess")
"""Managed policies that give everything, at once or by one more step."""
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
EKS_ISSUER = "oidc-provider/oidc.eks."


def _keys(subject: Subject) -> Iterator[Flaw]:
    if subject.type != PROVIDER:
        what = "a person or a program gets credentials that last until somebody takes them away"
        fix = "use a role: pod identity for pods, OIDC for pipelines, IAM Identity Center for people"
        yield Flaw("", what, subject.kind, "a role", fix)
        return
    for key in ("accessKey", "secretKey"):
        if subject.get(key) not in (None, UNKNOWN):
            what = "the program has a key that lasts"
            fix = f"leave {key} out; take credentials from the environment: a role, or IAM Identity Center"
            yield Flaw("", what, f"{key} is given", "left out", fix)


def _administrators(subject: Subject) -> Iterator[Flaw]:
    found: list[tuple[str, Any]] = [("policyArn", subject.get("policyArn"))]
    for key in ("managedPolicyArns", "policyArns"):
        found += [(f"{key}[{place}]", one) for place, one in enumerate(listed(subject.get(key)))]
    for path, given in found:
        if isinstance(given, str) and ":aws:policy/" in given and given.rpartition("/")[2] in ADMINISTRATOR:
            what = "whoever takes it may do everything in the account"
            yield Flaw(
                path, what, given, "a policy of what is needed", "write down the actions that are needed"
            )


def _rights(subject: Subject) -> Iterator[Statement]:
    yield from allowing(subject.get("policy"), "policy")
    for place, one in entries(subject.get("inlinePolicies")):
        yield from allowing(one.get("policy"), f"inlinePolicies[{place}].policy")


def _everything(subject: Subject) -> Iterator[Flaw]:
    for one in _rights(subject):
        if STAR not in one.words("Resource") or one.data.get("Condition"):
            continue
        actions = one.words("Action")
        if {STAR, "*:*", "iam:*"} & set(actions) or "NotAction" in one.data:
            what = "it allows every action, or every right to be given, on everything"
            fix = "name the actions that are needed, and what they are for"
            yield Flaw(f"{one.path}.Action", what, ", ".join(actions) or "NotAction", "named actions", fix)


def _whole_services(subject: Subject) -> Iterator[Flaw]:
    for one in _rights(subject):
        wide = [each for each in one.words("Action") if each.endswith(":*") and each not in ("*:*", "iam:*")]
        if wide and STAR in one.words("Resource") and not one.data.get("Condition"):
            what = "it allows all that a service does, on everything there"
            yield Flaw(
                f"{one.path}.Action", what, ", ".join(wide), "named actions", "name the actions or resources"
            )


def _trust_everybody(subject: Subject) -> Iterator[Flaw]:
    for one in allowing(subject.get("assumeRolePolicy"), "assumeRolePolicy"):
        if one.is_for_everyone and not one.is_narrowed:
            what = "every account of AWS may take this role"
            yield Flaw(f"{one.path}.Principal", what, STAR, "named principals", "name who may take it")


def _web_identity(subject: Subject) -> Iterator[Flaw]:
    """A subject of nothing but stars is no subject."""
    for one in allowing(subject.get("assumeRolePolicy"), "assumeRolePolicy"):
        if WEB_IDENTITY not in one.words("Action"):
            continue
        found = list(one.conditions())
        for end, whom in ((":aud", "for whom the token was made"), (":sub", "whose it is")):
            said = [values for operator, key, values in found if _asks(operator) and key.endswith(end)]
            if not said or any(not value.strip("*:") for values in said for value in values):
                given = ", ".join(value for values in said for value in values) or "left out"
                what = f"any token of that issuer will do: nothing asks {whom}"
                fix = f"add a condition on ISSUER{end} that names it"
                yield Flaw(f"{one.path}.Condition", what, given, f"a condition on ISSUER{end}", fix)


def _asks(operator: str) -> bool:
    loose = operator.startswith("ForAllValues:") or operator.endswith("IfExists")
    return operator.rpartition(":")[2].startswith(("StringEquals", "StringLike")) and not loose


def _pod_identity(subject: Subject) -> Iterator[Flaw]:
    for one in allowing(subject.get("assumeRolePolicy"), "assumeRolePolicy"):
        if any(EKS_ISSUER in each for each in one.principals.get("Federated", ())):
            what = "it is bound to one cluster by the text of its trust policy"
            fix = "trust pods.eks.amazonaws.com, and declare aws.eks.PodIdentityAssociation"
            yield Flaw(f"{one.path}.Principal.Federated", what, "an issuer of EKS", "pod identity", fix)


RULES = (
    ResourceRule(
        id="aws-no-static-keys",
        title="Nobody has keys that last",
        reason="A key that lasts is copied, committed and forgotten; most intrusions into accounts begin with one.",
        level="mandatory",
        references=("CIS-AWS 5.0.0 1.20", "AWS FSBP IAM.3", "NSA 1.2 Authentication and authorization"),
        types=(*KEYS, PROVIDER),
        check=_keys,
    ),
    ResourceRule(
        id="aws-no-administrators",
        title="No role is an administrator of the account",
        reason="Whoever takes over what has the role then has the account: data, bills and other people's clusters.",
        level="mandatory",
        references=("AWS FSBP IAM.1", "CIS-AWS 5.0.0 1.15"),
        types=(*ATTACHMENTS, ROLE),
        check=_administrators,
    ),
    ResourceRule(
        id="aws-policy-bounded",
        title="No policy allows everything on everything",
        reason="A policy of stars is an administrator under another name, that no list of administrators shows.",
        level="mandatory",
        references=("AWS FSBP IAM.1", "CIS-AWS 5.0.0 1.15"),
        types=(*POLICIES, ROLE),
        check=_everything,
    ),
    ResourceRule(
        id="aws-policy-names-actions",
        title="Policies name actions, not whole services",
        reason="A star takes in what a service learns next year, and nobody will read the policy again then.",
        level="advisory",
        references=("AWS FSBP IAM.21",),
        types=(*POLICIES, ROLE),
        check=_whole_services,
    ),
    ResourceRule(
        id="aws-trust-named",
        title="A role says who may take it",
        reason="A role that everybody may take is taken by whoever guesses its name, from any account.",
        level="mandatory",
        references=("NSA 1.2 Authentication and authorization",),
        types=(ROLE,),
        check=_trust_everybody,
    ),
    ResourceRule(
        id="aws-trust-web-identity",
        title="A role taken with a token asks for whom it was made, and whose it is",
        reason="Of an issuer that the world uses, such as one of pipelines, everybody's tokens would do.",
        level="mandatory",
        references=("NSA 1.2 Authentication and authorization",),
        types=(ROLE,),
        check=_web_identity,
    ),
    ResourceRule(
        id="aws-pod-identity",
        title="Pods get their roles by pod identity",
        reason="Trust by a cluster's issuer is written anew for each cluster, and a wrong word lets other pods in.",
        level="advisory",
        references=("CIS-EKS 1.7.0 5.2.1",),
        types=(ROLE,),
        check=_pod_identity,
    ),
)
