"""Output of containers in CloudWatch: groups that keep it for a time under the customer's key, and who adds to them."""

from __future__ import annotations

import json
from functools import cache

from aws_declared import built, of, one_of, statements
from support.clouds import cloud_plan

from fairlead.declared.record import Declared
from fairlead.plan.model import PlatformPlan

COLLECTOR = "amazon-cloudwatch-observability"
GROUPS = {f"/aws/containerinsights/lab/{part}" for part in ("application", "dataplane", "host")}
CI = {"issuer": "https://token.actions.githubusercontent.com", "subjects": ["repo:acme/platform:*"]}


def plan(**more: object) -> PlatformPlan:
    return cloud_plan("aws", target={"ci": CI}, **more)


@cache
def declared() -> tuple[Declared, ...]:
    return tuple(built(plan(logs={"days": 90})))


def test_the_groups_keep_for_the_days_of_the_spec_under_the_platforms_key() -> None:
    groups = {one.inputs["name"]: one.inputs for one in of(declared(), "LogGroup")}
    assert set(groups) >= GROUPS
    for name in GROUPS:
        assert groups[name]["retentionInDays"] == 90
        assert groups[name]["kmsKeyId"] == "${aws:kms/key:Key::lab.arn}"
    assert groups["/aws/eks/lab/cluster"]["retentionInDays"] == 365


def test_the_key_lets_cloudwatch_use_it_for_these_groups() -> None:
    (key,) = of(declared(), "Key")
    (logs,) = [one for one in statements(key) if one["Sid"] == "Logs"]
    named = logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    assert {one.partition(":log-group:")[2] for one in named} >= GROUPS


def test_the_collector_runs_alone_and_on_every_node() -> None:
    addon = one_of(declared(), "Addon", COLLECTOR)
    values = json.loads(addon["configurationValues"])
    assert values["containerLogs"] == {"enabled": True}
    assert values["agents"] == []
    measures = ("containerInsights", "applicationSignals", "dcgmExporter", "neuronMonitor")
    assert [name for name in measures if values[name] != {"enabled": False}] == []
    assert "tolerations" not in json.dumps(values), "its own are for every taint"


def test_its_role_adds_to_these_groups_and_makes_none() -> None:
    (bond,) = one_of(declared(), "Addon", COLLECTOR)["podIdentityAssociations"]
    assert bond["serviceAccount"] == "cloudwatch-agent"
    assert bond["roleArn"] == f"${{aws:iam/role:Role::lab-{COLLECTOR}.arn}}"
    (rights,) = [one for one in of(declared(), "RolePolicy") if one.name == f"lab-{COLLECTOR}"]
    (only,) = statements(rights)
    assert only["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert {one.partition(":log-group:")[2].partition(":")[0] for one in only["Resource"]} == GROUPS
    attached = [one for one in of(declared(), "RolePolicyAttachment") if COLLECTOR in one.name]
    assert attached == [], "a policy of AWS would let it write to every group"


def test_the_groups_stand_before_the_collector() -> None:
    (addon,) = [one for one in of(declared(), "Addon") if one.name.endswith(COLLECTOR)]
    waits = {urn.rpartition("::")[2] for urn in addon.depends_on}
    assert waits >= {f"lab-workloads-{part}" for part in ("application", "dataplane", "host")}


def test_the_pipeline_may_make_the_groups_and_the_role() -> None:
    told = {one.name: str(one.inputs["policy"]) for one in of(declared(), "RolePolicy")}
    assert all(name in told["lab-ci-cluster"] for name in GROUPS)
    assert f"role/lab-{COLLECTOR}" in told["lab-ci-roles"]


def test_cloudwatch_is_reached_inside_the_network_only_where_it_is_used() -> None:
    assert "logs" in plan(logs={}).site.network.endpoints  # type: ignore[attr-defined]
    assert "logs" not in plan().site.network.endpoints  # type: ignore[attr-defined]


def test_nothing_of_it_is_made_where_nobody_asks() -> None:
    found = built(plan())
    assert [one.name for one in found if COLLECTOR in one.name or "workloads" in one.name] == []
    assert GROUPS.isdisjoint(one.inputs["name"] for one in of(found, "LogGroup"))
