"""Who reads what is kept in Secret Manager: one account of the cluster, secrets of its namespace's names, and no more.

https://cloud.google.com/secret-manager/docs/access-control and https://cloud.google.com/iam/docs/conditions-overview
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reference.common import Finding, Resource
from reference.gcp.declared import Declared, finding, some
from reference.gcp.rules_order import PROJECT_GRANT

READER = "roles/secretmanager.secretAccessor"
PRINCIPAL = re.compile(
    r"principal://iam\.googleapis\.com/projects/(\d+)/locations/global/workloadIdentityPools/[a-z0-9-]+"
    r"\.svc\.id\.goog/subject/ns/([a-z0-9-]+)/sa/[a-z0-9.-]+"
)
CONDITION = re.compile(r'resource\.name\.startsWith\("projects/(\d+)/secrets/([a-zA-Z0-9_-]{1,200})"\)')
SERVICE = "gcp:projects/service:Service"


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on every grant of the role that reads secrets."""
    grants = [one for one in stack.of(PROJECT_GRANT) if one["inputs"].get("role") == READER]
    for one in grants:
        yield from _grant(one)
    on = {one["inputs"].get("service") for one in stack.of(SERVICE)}
    if grants and "secretmanager.googleapis.com" not in on:
        yield finding(grants[0], "role", "the API that keeps the secrets is off")


def _grant(grant: Resource) -> Iterator[Finding]:
    inputs = grant["inputs"]
    who = PRINCIPAL.fullmatch(str(inputs.get("member")))
    what = CONDITION.fullmatch(str(some(inputs.get("condition")).get("expression")))
    if who is None:
        yield finding(grant, "member", "is not one account of the cluster")
    if what is None:
        yield finding(grant, "condition.expression", "is not for secrets of some names alone")
    if who is None or what is None:
        return
    if what[1] != who[1]:
        yield finding(grant, "condition.expression", f"is for secrets of project {what[1]}")
    if not what[2].endswith(f"_{who[2]}_"):
        yield finding(grant, "condition.expression", f"{what[2]} does not end with the namespace {who[2]}")
