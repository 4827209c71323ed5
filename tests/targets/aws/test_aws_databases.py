"""PostgreSQL by RDS in place of the operator's: nobody keeps its password, and the layer's pods alone can read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from aws_declared import built, of, one_of, stack, statements
from support.clouds import cloud_plan, refused

from fairlead.catalog import servers
from fairlead.contract.handle import Reach
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws_databases import servers as planned
from fairlead.spec.target import Maintenance
from fairlead.targets.aws.databases import ASKING

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
MANAGED = "platform.layers.databases.managed"


def layers(**managed: Any) -> dict[str, Any]:
    return {
        "databases": {"enabled": True, "managed": {"authority": PEM, **managed}},
        "tracking": {"enabled": True},
    }


@cache
def plan(**more: Any) -> PlatformPlan:
    return cloud_plan("aws", layers=layers(), **more)


def test_the_password_is_made_by_rds_and_stands_in_no_input() -> None:
    server = one_of(stack("aws-prod"), "Instance")
    assert server["manageMasterUserPassword"] is True
    assert not {"password", "passwordWo"} & set(server)
    assert (server["multiAz"], server["deletionProtection"], server["publiclyAccessible"]) == (
        True,
        True,
        False,
    )


def test_the_layers_role_reads_the_password_of_its_own_server_and_no_other() -> None:
    (policy,) = [one for one in of(stack("aws-prod"), "RolePolicy") if one.name.endswith("-prod-tracking")]
    first, second = statements(policy)
    assert first["Action"] == "secretsmanager:GetSecretValue"
    assert first["Resource"].endswith("fairlead-prod-tracking.masterUserSecrets[0].secretArn}")
    assert second["Action"] == "kms:Decrypt"
    assert policy.inputs["role"] == "fairlead-prod-layer-tracking"


def test_pods_of_the_layer_call_the_servers_subnets_on_one_port() -> None:
    from fairlead.targets.aws.databases import reach

    ranges = [zone.control for zone in plan().site.network.zones]  # type: ignore[attr-defined]
    assert reach(plan().site) == [Reach(one, (5432,)) for one in ranges]  # type: ignore[arg-type]


def test_passwords_are_asked_for_inside_the_network_where_other_services_are() -> None:
    assert "secretsmanager" in plan().site.network.endpoints  # type: ignore[attr-defined]
    assert "secretsmanager" not in cloud_plan("aws").site.network.endpoints  # type: ignore[attr-defined]


def test_without_it_no_server_is_declared_and_the_pipeline_may_make_none() -> None:
    found = built(cloud_plan("aws"))
    assert not [one for one in found if ":rds/" in one.type]
    assert "rds" not in json.dumps([one.inputs for one in found if "Policy" in one.type])


def test_the_archive_of_workflows_stays_with_the_operator_and_the_plan_says_why() -> None:
    both = cloud_plan("aws", layers={**layers(), "workflows": {"enabled": True, "archive_days": 30}})
    assert (both.databases.namespaces, both.databases.outside) == (("fairlead-workflows",), ("tracking",))
    assert both.databases.operated
    assert any("databases of workflows stay in the cluster" in note for note in both.notes)


def test_the_question_is_one_that_secrets_manager_answers() -> None:
    import botocore.session
    from moto import mock_aws

    with mock_aws():
        made = botocore.session.get_session().create_client(
            "secretsmanager", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        made.create_secret(Name="db", SecretString=json.dumps({"username": "mlflow", "password": "found"}))
        answer = made.get_secret_value(SecretId="db")
    assert json.loads(answer["SecretString"])["password"] == "found"
    assert 'get_secret_value(SecretId=os.environ["SECRET"])' in ASKING
    compile(ASKING, "asking", "exec")


@pytest.mark.parametrize("hours", [4, 6, 24])
@pytest.mark.parametrize("start", ["00:00", "00:15", "02:00", "23:45"])
def test_backups_and_maintenance_never_overlap(start: str, hours: int) -> None:
    managed = plan().databases.managed
    (server,) = planned("lab", managed, Maintenance(day="saturday", start=start, hours=hours))
    assert server.backup_window.endswith(f"-{start}")
    begin, end = (one.partition(":")[2] for one in server.maintenance_window.split("-"))
    assert begin == start
    length = (_minutes(end) - _minutes(begin)) % 1440
    assert length == min(hours * 60, 1410)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def test_a_name_with_two_hyphens_beside_each_other_is_no_name_of_a_server() -> None:
    (server,) = planned("a--b", plan().databases.managed, Maintenance())
    assert server.name == "a-b-tracking"


def where(found: Sequence[Any]) -> set[str]:
    return {one.where for one in found}


def test_what_the_catalogue_does_not_know_is_refused() -> None:
    assert where(refused("aws", layers=layers(machine="db.x1.none"))) == {f"{MANAGED}.machine"}
    assert where(refused("aws", layers=layers(storage_gib=100, most_gib=50))) == {f"{MANAGED}.most_gib"}
    assert where(refused("aws", layers=layers(backup_days=36))) == {f"{MANAGED}.backup_days"}
    for text in ("no certificate", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + PEM):
        assert where(refused("aws", layers=layers(authority=text))) == {f"{MANAGED}.authority"}


def test_machines_are_as_large_as_those_of_ec2_by_their_names() -> None:
    import gzip
    from importlib.resources import files

    table = json.loads(
        gzip.decompress(files("moto.ec2.resources").joinpath("instance_types.json.gz").read_bytes())
    )
    for row in servers.load()["aws"].values():
        known = table[row.name.removeprefix("db.")]
        assert row.vcpus == known["VCpuInfo"]["DefaultVCpus"], row.name
        assert row.memory_gib * 1024 == known["MemoryInfo"]["SizeInMiB"], row.name
