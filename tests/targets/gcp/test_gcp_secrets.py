"""Secrets in Google Secret Manager: an account of the cluster itself, and secrets of its namespace's names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from gcp_programs import of_type
from support.clouds import cloud_plan
from support.outside import KEPT_OUTSIDE
from support.targets import TARGETS

from fairlead.declared.record import Declared, record
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.gcp_model import GcpSite

SPACES = ("team-a", "team-a-b", "fairlead-gateway")
TENANTS = [
    {"name": name, "groups": [name], "quota": {"cpu": "1", "memory": "1Gi"}}
    for name in ("team-a", "team-a-b")
]
CI = {"issuer": "https://token.actions.githubusercontent.com", "subjects": ["repo:acme/platform:ref:x"]}
GRANT, SERVICE = "gcp:projects/iAMMember:IAMMember", "gcp:projects/service:Service"
READER = "roles/secretmanager.secretAccessor"


def plan(layers: Mapping[str, Any] = KEPT_OUTSIDE) -> PlatformPlan:
    return cloud_plan("gcp", tenants=TENANTS, layers=dict(layers), target={"ci": CI})


def site(layers: Mapping[str, Any] = KEPT_OUTSIDE) -> GcpSite:
    found = plan(layers).site
    assert isinstance(found, GcpSite)
    return found


@cache
def declared() -> tuple[Declared, ...]:
    return tuple(record(lambda: TARGETS["gcp"].cluster(plan()) and None, "lab"))


def grants() -> dict[str, Mapping[str, Any]]:
    found = of_type(list(declared()), GRANT)
    return {
        name.removeprefix("lab-secrets-"): one.inputs
        for name, one in found.items()
        if one.inputs["role"] == READER
    }


@pytest.mark.parametrize("space", SPACES)
def test_an_account_reads_secrets_of_its_own_names_and_no_others(space: str) -> None:
    assert set(grants()) == set(SPACES)
    given = grants()[space]
    pool = "projects/123456789012/locations/global/workloadIdentityPools/acme-platform.svc.id.goog"
    assert given["member"] == (
        f"principal://iam.googleapis.com/{pool}/subject/ns/{space}/sa/fairlead-secrets"
    )
    found = re.fullmatch(r'resource\.name\.startsWith\("([^"]+)"\)', given["condition"]["expression"])
    assert found, "one comparison that this test can make too"
    kept = {other: f"projects/123456789012/secrets/fairlead_lab_{other}_hub/versions/1" for other in SPACES}
    assert [other for other in SPACES if kept[other].startswith(found[1])] == [space]
    assert not f"projects/123456789012/secrets/fairlead_other_{space}_hub/versions/1".startswith(found[1])


def test_the_names_are_such_as_secrets_may_have() -> None:
    for part in site().secrets:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,200}", part.names)


def test_the_grants_wait_for_the_cluster_whose_accounts_they_name() -> None:
    for one in declared():
        if one.type == GRANT and one.inputs["role"] == READER:
            assert [urn for urn in one.depends_on if "container/cluster:Cluster" in urn]


def test_the_api_is_on_and_the_pipeline_gives_the_role_only_where_it_is_used() -> None:
    on = {one.inputs["service"] for one in of_type(list(declared()), SERVICE).values()}
    assert "secretmanager.googleapis.com" in on
    used, unused = site(), site({})
    assert READER in (used.ci.grantable if used.ci else ())
    assert READER not in (unused.ci.grantable if unused.ci else (READER,))
    assert "secretmanager.googleapis.com" not in unused.services
    assert unused.secrets == ()


def test_no_account_of_iam_stands_between_and_none_has_a_key() -> None:
    accounts = of_type(list(declared()), "gcp:serviceaccount/account:Account")
    assert not [name for name in accounts if "secrets" in name]
