"""Rules about who may do what in Google Cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import is_known, listed, rows

GRANTS = ("gcp:*:*IAMMember", "gcp:*:*IamMember", "gcp:*:*IAMBinding", "gcp:*:*IamBinding")
POLICIES = ("gcp:*:*IAMPolicy", "gcp:*:*IamPolicy")
LISTS = ("gcp:storage/bucketAccessControl:*", "gcp:storage/*bjectAccessControl:*")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
WIDE = tuple(
    f"gcp:{scope}/iAM{kind}:IAM{kind}"
    for scope in ("projects", "folder", "organizations")
    for kind in ("Member", "Binding")
)
"""Grants that hold for all in a project or above."""
BASIC = ("roles/owner", "roles/editor")
PASSES_FOR = (
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.workloadIdentityUser",
    "roles/iam.serviceAccountKeyAdmin",
)
"""Roles by which one passes for a service account, or makes keys of it."""
POOL_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
AUDIT = "gcp:*:IAMAuditConfig"
"""Of a project, a folder, an organization."""
ACCESS = ("DATA_READ", "DATA_WRITE")


def members(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """(path, role, member) of each member that a resource names."""
    if subject.get("policyData") is not None:
        yield from _policy(subject.get("policyData"))
    for path in ("member", "entity"):
        if isinstance(subject.get(path), str):
            yield path, str(subject.get("role") or ""), subject.get(path)
    for place, one in enumerate(listed(subject.get("members"))):
        yield f"members[{place}]", str(subject.get("role") or ""), str(one)


def _policy(given: Any) -> Iterator[tuple[str, str, str]]:
    """Of a whole policy, which is a JSON text."""
    try:
        found: Any = json.loads(given)
    except (TypeError, ValueError):
        # No policy yet, or none that Google would take either: it says so itself.
        return
    bindings: Any = cast("dict[str, Any]", found).get("bindings") if isinstance(found, dict) else ()
    for one in listed(bindings):
        for member in listed(one.get("members")):
            yield "policyData", str(one.get("role")), str(member)


def _public(subject: Subject) -> Iterator[Flaw]:
    for path, role, member in members(subject):
        if member in EVERYBODY:
            what = f"everybody is given {role or 'rights'}"
            yield Flaw(path, what, member, "accounts and groups of yours", "name who needs it")


def _basic(subject: Subject) -> Iterator[Flaw]:
    for path, role, member in members(subject):
        if role in BASIC:
            what = f"{member} may change everything in it"
            yield Flaw(
                "role" if path != "policyData" else path, what, role, "narrower roles", "name what it does"
            )


def _passes(subject: Subject) -> Iterator[Flaw]:
    role = subject.get("role")
    if role in PASSES_FOR:
        what = "it holds for every service account there is, those of other teams too"
        fix = "give it on the one account, by gcp.serviceaccount.IAMMember"
        yield Flaw("role", what, role, "a grant on one account", fix)


def _key(subject: Subject) -> Iterator[Flaw]:
    what = "a key that holds until somebody deletes it, and lies in the state"
    yield Flaw(
        "", what, subject.kind, "tokens by workload identity", "sign in by workload identity federation"
    )


def _condition(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("attributeCondition")
    if not given and (subject.get("oidc") or subject.get("aws")):
        what = "every token of the issuer is taken, other people's too"
        fix = "compare assertion.sub, or the repository's id"
        yield Flaw("attributeCondition", what, "left out", "a condition", fix)


def _subjects(subject: Subject) -> Iterator[Flaw]:
    for path, role, member in members(subject):
        if (
            role == "roles/iam.workloadIdentityUser"
            and member.startswith("principalSet:")
            and member.endswith("/*")
        ):
            what = "whoever the pool lets in passes for the account"
            yield Flaw(path, what, member, "principal://…/subject/NAME", "name the subject")


def _exempted(subject: Subject) -> Iterator[Flaw]:
    for place, one in rows(subject.get("auditLogConfigs")):
        given = one.get("exemptedMembers")
        if given and is_known(given):
            path = f"auditLogConfigs[{place}].exemptedMembers"
            yield Flaw(path, "what they do is not kept", ", ".join(given), "nobody", "leave it out")


def _audited(whole: Whole) -> Iterator[Flaw]:
    kept = ("gcp:container/cluster:Cluster", "gcp:storage/bucket:Bucket", "gcp:kms/cryptoKey:CryptoKey")
    if any(whole.of(*kept)) and not any(_keeps_access(one) for one in whole.of(AUDIT)):
        what = "nobody keeps who read data or used keys"
        yield Flaw(
            "", what, "no IAMAuditConfig of it", "one for each service", "keep DATA_READ and DATA_WRITE"
        )


def _keeps_access(subject: Subject) -> bool:
    configs = subject.get("auditLogConfigs")
    return not is_known(configs) or any(one.get("logType") in ACCESS for _, one in rows(configs))


RULES = (
    ResourceRule(
        id="gcp-no-public-members",
        title="Nothing is given to everybody",
        reason="One of the two words is the internet, the other whoever has a Google account.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 5.1", "CIS-GCP 4.0.0 1.9"),
        types=(*GRANTS, *POLICIES, *LISTS),
        check=_public,
    ),
    ResourceRule(
        id="gcp-no-basic-roles",
        title="Nobody is owner or editor",
        reason="Basic roles allow thousands of things that nobody asked for, keys and grants among them.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 1.5",),
        types=(*GRANTS, *POLICIES),
        check=_basic,
    ),
    ResourceRule(
        id="gcp-no-wide-impersonation",
        title="Nobody passes for all service accounts of a project",
        reason="Whoever passes for the most powerful account of a project has all of its rights.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 1.6",),
        types=WIDE,
        check=_passes,
    ),
    ResourceRule(
        id="gcp-no-static-keys",
        title="No service account has keys",
        reason="Keys are copied, leak, and hold for years; tokens end by themselves.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 1.4",),
        types=("gcp:serviceaccount/key:Key", "gcp:storage/hmacKey:HmacKey"),
        check=_key,
    ),
    ResourceRule(
        id="gcp-federation-condition",
        title="A pool of identities says whose tokens it takes",
        reason="An issuer such as a forge signs tokens for all of its users: without a condition all are let in.",
        level="mandatory",
        references=(),
        types=(POOL_PROVIDER,),
        check=_condition,
    ),
    ResourceRule(
        id="gcp-federation-subject",
        title="One subject passes for a service account, not a pool",
        reason="A grant to a whole pool gives every repository or cluster in it the account's rights.",
        level="mandatory",
        references=(),
        types=GRANTS,
        check=_subjects,
    ),
    ResourceRule(
        id="gcp-audit-nobody-exempt",
        title="Nobody is left out of audit logs",
        reason="The one account that nobody watches is the one that is stolen.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 2.1",),
        types=(AUDIT,),
        check=_exempted,
    ),
    WholeRule(
        id="gcp-audit-data-access",
        title="Access to data and keys is kept",
        reason="Google keeps who changed things; who read data it keeps only where told to.",
        level="advisory",
        references=("CIS-GCP 4.0.0 2.1",),
        looks_at="resources",
        check=_audited,
    ),
)
