"""What a program declares is written down as it is: inputs, options, and where each reference points."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from support.golden import REPO
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.declared.record import SECRET, UNKNOWN, Declared, declared, record
from fairlead.errors import FairleadError


def role_and_groups() -> None:
    from pulumi_aws import eks, iam

    role = iam.Role("node", assume_role_policy="{}")
    cluster = eks.Cluster(
        "one", role_arn=role.arn, vpc_config=eks.ClusterVpcConfigArgs(subnet_ids=["subnet-1"])
    )
    issuer = cluster.identities[0].oidcs[0].issuer
    options = pulumi.ResourceOptions(
        protect=True,
        ignore_changes=["scalingConfig.desiredSize"],
        retain_on_delete=True,
        aliases=[pulumi.Alias(name="older")],
    )
    eks.NodeGroup(
        "pool",
        cluster_name=cluster.name,
        node_role_arn=role.arn,
        subnet_ids=["subnet-1"],
        scaling_config=eks.NodeGroupScalingConfigArgs(min_size=0, max_size=3, desired_size=0),
        labels={"issuer": pulumi.Output.concat("at ", issuer)},
        tags=pulumi.Output.secret({"key": "geheim"}),
        opts=options,
    )


def by_name(program: Callable[[], None], *, unknown: bool = False) -> dict[str, Declared]:
    return {one.name: one for one in record(program, "try", unknown=unknown)}


def test_an_output_of_another_shape_than_its_input_is_a_stand_in() -> None:
    """Azure takes a list of identities and gives back a map by id."""

    def program() -> None:
        from pulumi_azure_native import storage

        account = storage.StorageAccount(
            "store",
            resource_group_name="rg",
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS),
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=["/id/one"]),
        )
        storage.BlobContainer("part", resource_group_name="rg", account_name=account.name)

    found = by_name(program)
    assert found["store"].inputs["identity"]["userAssignedIdentities"] == ["/id/one"]
    assert found["part"].inputs["accountName"] == "${azure-native:storage:StorageAccount::store.name}"


def test_a_value_that_exists_only_after_creation_says_whose_it_is() -> None:
    found = by_name(role_and_groups)
    assert found["one"].inputs["roleArn"] == "${aws:iam/role:Role::node.arn}"
    assert found["pool"].inputs["clusterName"] == "${aws:eks/cluster:Cluster::one.name}"


def test_a_reference_is_kept_inside_a_longer_text_and_out_of_nested_outputs() -> None:
    issuer = "${aws:eks/cluster:Cluster::one.identities[0].oidcs[0].issuer}"
    assert by_name(role_and_groups)["pool"].inputs["labels"] == {"issuer": f"at {issuer}"}


def test_inputs_are_in_wire_case_and_whole_numbers_are_whole() -> None:
    scaling = by_name(role_and_groups)["pool"].inputs["scalingConfig"]
    assert json.dumps(scaling, sort_keys=True) == '{"desiredSize": 0, "maxSize": 3, "minSize": 0}'


def test_no_secret_is_shown() -> None:
    found = by_name(role_and_groups)
    assert found["pool"].inputs["tags"] == SECRET
    assert "geheim" not in str(found)


def test_the_options_of_a_resource_are_kept() -> None:
    found = by_name(role_and_groups)
    pool, role = found["pool"], found["node"]
    assert (pool.protect, pool.retain_on_delete, pool.aliases) == (True, True, ("older",))
    assert pool.ignore_changes == ("scalingConfig.desiredSize",)
    assert set(pool.depends_on) == {role.urn, found["one"].urn}
    assert (role.protect, role.retain_on_delete, role.aliases, role.depends_on) == (False, False, (), ())


def test_a_first_preview_knows_nothing_that_is_not_created_yet() -> None:
    found = by_name(role_and_groups, unknown=True)
    assert found["one"].inputs["roleArn"] == UNKNOWN
    assert found["one"].inputs["vpcConfig"] == {"subnetIds": ["subnet-1"]}


def test_a_urn_is_the_one_that_the_engine_makes() -> None:
    class Part(pulumi.ComponentResource):
        def __init__(self) -> None:
            from pulumi_aws import iam

            super().__init__("fairlead:aws:Part", "part", {})
            iam.Role("inner", assume_role_policy="{}", opts=pulumi.ResourceOptions(parent=self))

    found = by_name(lambda: Part() and None)
    assert found["part"].urn == "urn:pulumi:try::fairlead::fairlead:aws:Part::part"
    assert found["inner"].urn == "urn:pulumi:try::fairlead::fairlead:aws:Part$aws:iam/role:Role::inner"
    assert found["inner"].parent == found["part"].urn
    assert not found["part"].custom


def test_a_program_that_looks_something_up_is_refused() -> None:
    def program() -> None:
        from pulumi_aws import get_caller_identity

        get_caller_identity()

    with pytest.raises(FairleadError, match="getCallerIdentity"):
        record(program, "try")


def test_two_resources_of_one_name_are_refused() -> None:
    def program() -> None:
        from pulumi_aws import iam

        iam.Role("twin", assume_role_policy="{}")
        iam.Role("twin", assume_role_policy="{}")

    with pytest.raises(AssertionError, match="registered twice"):
        record(program, "try")


def test_the_local_stack_is_declared_the_same_every_time_and_without_its_cluster() -> None:
    once, again = (declared(REPO / "stacks", "local") for _ in range(2))
    assert once == again
    assert len(once) > 100


def test_the_command_prints_what_the_program_declares() -> None:
    run = CliRunner().invoke(app, ["resources", "-s", "local", "-o", "json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert [one["urn"] for one in found] == [one.urn for one in declared(REPO / "stacks", "local")]
    text = CliRunner().invoke(app, ["resources", "-s", "local"]).stdout
    assert "kubernetes:apps/v1:Deployment" in text


def test_a_wrong_stack_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    (stacks / "layers").mkdir()
    (stacks / "layers" / "defaults.yaml").write_text("{}\n")
    (stacks / "Pulumi.bad.yaml").write_text("config:\n  fairlead:platform: {name: bad}\n")
    command = [sys.executable, "-c", "from fairlead.cli.main import main; main()", "resources", "-s", "bad"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "platform.target: is missing" in done.stderr
    assert "Traceback" not in done.stderr
