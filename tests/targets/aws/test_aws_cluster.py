"""What a cluster on AWS declares: each decision once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from aws_declared import H100, cluster, of, one_of, stack, statements
from support.clouds import cloud_plan
from support.golden import REPO

from fairlead.catalog.packing import weights
from fairlead.targets.local.host.scheduler import ACCELERATOR

STACKS = ["aws-dev", "aws-prod"]
BROUGHT = {
    "vpc": "vpc-0123456789abcdef0",
    "subnets": {"us-east-1a": "subnet-0123456789abcdefa", "us-east-1b": "subnet-0123456789abcdefb"},
}
KEY = "${aws:kms/key:Key::fairlead-prod.arn}"


def test_the_api_server_has_no_address_in_the_internet_unless_the_spec_opens_it() -> None:
    closed = one_of(stack("aws-prod"), "Cluster")["vpcConfig"]
    assert (closed["endpointPrivateAccess"], closed["endpointPublicAccess"]) == (True, False)
    assert "publicAccessCidrs" not in closed
    opened = cluster(target={"endpoint": {"public": True, "allow": ["203.0.113.0/24"]}})
    settings = one_of(opened, "Cluster")["vpcConfig"]
    assert (settings["endpointPublicAccess"], settings["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


def _doors(**target: Any) -> list[tuple[Any, ...]]:
    """Group, range and ports of what lets a range in to the cluster's own security group."""
    rules = [one.inputs for one in of(cluster(target=target), "SecurityGroupIngressRule")]
    return [
        (rule.get("cidrIpv4", rule.get("cidrIpv6")), rule["fromPort"], rule["toPort"])
        for rule in rules
        if rule["securityGroupId"] == "${aws:eks/cluster:Cluster::lab.vpcConfig.clusterSecurityGroupId}"
        and "referencedSecurityGroupId" not in rule
    ]


@pytest.mark.parametrize("network", [{}, {"network": BROUGHT}], ids=["own network", "brought network"])
def test_a_private_api_server_is_opened_to_the_connected_ranges_that_are_allowed(network: Any) -> None:
    allow = {"allow": ["10.20.0.0/16", "fd00:20::/48"]}
    assert _doors(**network, endpoint=allow) == [("10.20.0.0/16", 443, 443), ("fd00:20::/48", 443, 443)]
    assert _doors(**network) == []
    assert _doors(**network, endpoint={"public": True, "allow": ["203.0.113.0/24"]}) == []


def test_the_cluster_is_called_only_once_its_doors_are_open() -> None:
    made = cluster(target={"endpoint": {"allow": ["10.20.0.0/16"]}})
    (provider,) = [one for one in made if one.type == "pulumi:providers:kubernetes"]
    assert any(urn.endswith("::lab-api-10-20-0-0-16") for urn in provider.depends_on)


def test_whoever_makes_the_cluster_gets_no_rights_by_that_and_those_who_are_named_do() -> None:
    access = one_of(stack("aws-prod"), "Cluster")["accessConfig"]
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    admins = {one.inputs["principalArn"] for one in of(stack("aws-prod"), "AccessPolicyAssociation")}
    assert admins == {
        "arn:aws:iam::444455556666:role/platform-admin",
        "${aws:iam/role:Role::fairlead-prod-ci.arn}",
    }


def test_members_of_a_tenant_come_in_as_its_group_and_nothing_more() -> None:
    (entry,) = [one for one in of(stack("aws-prod"), "AccessEntry") if one.name.endswith("role-research")]
    assert entry.inputs["kubernetesGroups"] == ["research"]


def test_every_log_of_the_control_plane_is_kept() -> None:
    kinds = one_of(stack("aws-prod"), "Cluster")["enabledClusterLogTypes"]
    assert set(kinds) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    logs = one_of(stack("aws-prod"), "LogGroup", "control-plane")
    assert logs["name"] == "/aws/eks/fairlead-prod/cluster", "EKS writes into the group of this name"
    assert logs["retentionInDays"] == 365


def test_the_scheduler_fills_nodes_by_their_accelerators_first_as_the_local_one_does() -> None:
    config = one_of(stack("aws-prod"), "Cluster")["kubeSchedulerConfig"]
    scoring = config["nodeResourcesFit"]["scoringStrategy"]
    found = {one["name"]: one["weight"] for one in scoring["resources"]}
    assert scoring["type"] == "MostAllocated"
    assert found == {"nvidia.com/gpu": 5, "aws.amazon.com/neuron": 5, "cpu": 1, "memory": 1}
    assert found.items() >= weights([ACCELERATOR]).items()


def test_everything_at_rest_is_encrypted_by_the_platforms_key() -> None:
    prod = stack("aws-prod")
    assert one_of(prod, "Cluster")["encryptionConfig"]["provider"]["keyArn"] == KEY
    disks = [one.inputs["blockDeviceMappings"][0]["ebs"] for one in of(prod, "LaunchTemplate")]
    disks += [one.inputs["spec"]["blockDeviceMappings"][0]["ebs"] for one in of(prod, "EC2NodeClass")]
    assert len(disks) >= 8
    assert {one.get("kmsKeyId", one.get("kmsKeyID")) for one in disks} == {KEY}
    for kind in ("FileSystem", "LustreFileSystem"):
        assert one_of(prod, kind)["kmsKeyId"] == KEY
    assert {one.inputs["kmsKeyId"] for one in of(prod, "LogGroup")} == {KEY}
    (rule,) = one_of(prod, "BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == KEY
    assert one_of(prod, "StorageClass", "fairlead-block")["parameters"]["kmsKeyId"] == KEY


def test_a_key_that_was_brought_is_used_and_none_is_made() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000001"
    made = cluster(target={"key": arn})
    assert not of(made, "Key")
    assert one_of(made, "Cluster")["encryptionConfig"]["provider"]["keyArn"] == arn


def test_what_holds_state_is_protected_where_the_spec_says_so() -> None:
    kinds = {"Key", "Vpc", "Cluster", "Bucket", "FileSystem", "LustreFileSystem"}
    prod = {one.type.rpartition(":")[2] for one in stack("aws-prod") if one.protect}
    assert kinds <= prod
    assert one_of(stack("aws-prod"), "Cluster")["deletionProtection"] is True
    assert not any(one.protect for one in stack("aws-dev"))
    assert one_of(stack("aws-dev"), "Cluster")["deletionProtection"] is False


def test_a_bucket_is_emptied_only_where_the_spec_gives_it_up() -> None:
    assert one_of(stack("aws-prod"), "Bucket", "prod")["forceDestroy"] is False
    assert one_of(stack("aws-dev"), "Bucket", "dev")["forceDestroy"] is True


def test_the_bucket_is_closed_versioned_and_reached_over_tls_alone() -> None:
    prod = stack("aws-prod")
    assert set(one_of(prod, "BucketPublicAccessBlock").values()) - {True} == {
        "${aws:s3/bucket:Bucket::fairlead-prod.id}"
    }
    assert one_of(prod, "BucketVersioning")["versioningConfiguration"]["status"] == "Enabled"
    refused = [one["Condition"] for one in statements(of(prod, "BucketPolicy")[0])]
    assert {"Bool": {"aws:SecureTransport": "false"}} in refused


def test_the_metadata_of_a_node_is_for_the_node_and_not_for_its_pods() -> None:
    prod = stack("aws-prod")
    options = [one.inputs["metadataOptions"] for one in of(prod, "LaunchTemplate")]
    options += [one.inputs["spec"]["metadataOptions"] for one in of(prod, "EC2NodeClass")]
    assert options
    for one in options:
        assert (one["httpTokens"], one["httpPutResponseHopLimit"]) == ("required", 1)


def test_nodes_are_in_private_subnets_and_leave_by_the_gateway_of_their_zone() -> None:
    prod = stack("aws-prod")
    for group in of(prod, "NodeGroup"):
        assert all("-nodes-us-east-1" in one for one in group.inputs["subnetIds"]), group.name
    assert not any(one.inputs["mapPublicIpOnLaunch"] for one in of(prod, "Subnet"))
    ways = {one.name: one.inputs["natGatewayId"] for one in of(prod, "Route") if "private" in one.name}
    assert len(set(ways.values())) == 3
    assert all(name.removesuffix("-out")[-10:] in gateway for name, gateway in ways.items())


def test_one_gateway_is_the_way_out_of_every_zone_where_there_is_one() -> None:
    ways = {one.inputs["natGatewayId"] for one in of(stack("aws-dev"), "Route") if "private" in one.name}
    assert len(ways) == 1
    assert len([one for one in of(stack("aws-dev"), "Route") if "private" in one.name]) == 2


def test_the_object_store_is_reached_inside_the_network_from_every_private_subnet() -> None:
    for name in STACKS:
        (endpoint,) = [
            one.inputs for one in of(stack(name), "VpcEndpoint") if one.inputs["vpcEndpointType"] == "Gateway"
        ]
        private = [one for one in of(stack(name), "RouteTable") if "private" in one.name]
        assert len(endpoint["routeTableIds"]) == len(private)


def test_the_fast_network_talks_to_itself_and_nobody_else() -> None:
    group = "${aws:ec2/securityGroup:SecurityGroup::fairlead-prod-fabric.id}"
    rules = [
        one.inputs
        for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule")
        for one in of(stack("aws-prod"), kind)
        if one.inputs["securityGroupId"] == group
    ]
    assert [(one["referencedSecurityGroupId"], one["ipProtocol"]) for one in rules] == [(group, "-1")] * 2
    assert not [one for one in of(stack("aws-dev"), "SecurityGroup") if "fabric" in one.name]


def test_a_network_that_was_brought_is_used_as_it_is() -> None:
    subnets = {"us-east-1a": "subnet-0123456789abcdef0", "us-east-1b": "subnet-0123456789abcdef1"}
    made = cluster(dict(H100), target={"network": {"vpc": "vpc-0123456789abcdef0", "subnets": subnets}})
    for kind in ("Vpc", "Subnet", "NatGateway", "VpcEndpoint", "FlowLog"):
        assert not of(made, kind), kind
    assert one_of(made, "Cluster")["vpcConfig"]["subnetIds"] == list(subnets.values())
    assert one_of(made, "NodeGroup", "h100-g1")["subnetIds"] == [subnets["us-east-1b"]]
    terms = one_of(made, "EC2NodeClass", "h100-g1-on-demand")["spec"]["subnetSelectorTerms"]
    assert terms == [{"id": subnets["us-east-1b"]}]


def test_nodes_that_stand_near_each_other_are_in_one_group_whoever_starts_them() -> None:
    made = cluster({**H100, "placement": "compact"})
    group = one_of(made, "PlacementGroup")
    assert group["strategy"] == "cluster"
    template = one_of(made, "LaunchTemplate", "h100-g1")["placement"]["groupName"]
    assert (
        template == "${aws:ec2/placementGroup:PlacementGroup::lab-h100-g1.name}" or template == group["name"]
    )
    assert one_of(made, "EC2NodeClass", "h100-g1-on-demand")["spec"]["placementGroupSelector"] == {
        "name": group["name"]
    }


def test_the_size_of_a_node_group_is_fixed_and_its_machine_stands_in_the_template_alone() -> None:
    for group in of(stack("aws-prod"), "NodeGroup"):
        sizes = group.inputs["scalingConfig"]
        assert len(set(sizes.values())) == 1, group.name
        assert "instanceTypes" not in group.inputs


def test_add_ons_and_karpenter_wait_for_the_systems_nodes_and_not_for_accelerators() -> None:
    groups = {one.urn: one.name for one in of(stack("aws-prod"), "NodeGroup")}
    for one in of(stack("aws-prod"), "Addon"):
        waits = {groups[urn] for urn in one.depends_on if urn in groups}
        early = one.name.endswith(("vpc-cni", "kube-proxy", "pod-identity-agent"))
        assert waits == (set() if early else {"fairlead-prod-system-g1"}), one.name
    for one in of(stack("aws-prod"), "NodeGroup"):
        before = {urn.rpartition("::")[2] for urn in one.depends_on}
        assert {"fairlead-prod-vpc-cni", "fairlead-prod-eks-pod-identity-agent"} <= before


def test_tags_for_an_autoscaler_lie_on_the_auto_scaling_group_itself() -> None:
    tags = [one.inputs for one in of(stack("aws-prod"), "Tag") if "-trainium-" in one.name]
    assert {one["autoscalingGroupName"] for one in tags} == {
        "${aws:eks/nodeGroup:NodeGroup::fairlead-prod-trainium-g1.resources[0].autoscalingGroups[0].name}"
    }
    assert {one["tag"]["key"].rpartition("node-template/")[2] for one in tags} == {
        "label/fairlead.dev/accelerator",
        "label/fairlead.dev/capacity",
        "label/fairlead.dev/pool",
        "resources/aws.amazon.com/neuron",
        "taint/aws.amazon.com/neuron",
    }


@pytest.mark.parametrize("name", STACKS)
def test_a_preview_in_which_nothing_is_known_yet_declares_the_same_resources(name: str) -> None:
    known = {one.urn: one.inputs.keys() for one in stack(name)}
    unknown = {one.urn: one.inputs.keys() for one in stack(name, unknown=True)}
    assert unknown == known


def test_twice_the_pools_are_at_most_twice_the_resources() -> None:
    def count(n: int) -> int:
        pools = [{**H100, "name": f"h100-{index}", "max": 2} for index in range(n)]
        return len(cluster(*pools))

    assert count(8) <= 2 * count(4)


def test_the_program_of_this_cloud_loads_no_other_clouds_library() -> None:
    code = (
        "import sys; from pathlib import Path; from fairlead.declared.record import declared;"
        "declared(Path('stacks'), 'aws-dev');"
        "print([one for one in sys.modules if one.split('.')[0] in ('pulumi_gcp', 'pulumi_azure_native')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_kubeconfig_names_a_command_and_no_token() -> None:
    (provider,) = of(stack("aws-prod"), "kubernetes")
    (user,) = json.loads(provider.inputs["kubeconfig"])["users"]
    assert list(user["user"]) == ["exec"]
    assert user["user"]["exec"]["args"][:2] == ["eks", "get-token"]


def test_the_program_works_in_its_account_alone() -> None:
    (provider,) = [one for one in stack("aws-prod") if one.type == "pulumi:providers:aws"]
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["444455556666"]
    assert provider.inputs["region"] == "us-east-1"
    strangers = [
        one.name
        for one in stack("aws-prod")
        if one.type.startswith("aws:") and not one.provider.startswith(provider.urn)
    ]
    assert strangers == []


def test_a_plan_of_another_target_is_refused() -> None:
    from aws_declared import built

    with pytest.raises(TypeError, match="gcp"):
        built(cloud_plan("gcp"))


def test_bottlerockets_two_disks_are_both_encrypted_and_the_second_has_the_size_of_the_pool() -> None:
    made = cluster({**H100, "image": "bottlerocket-nvidia", "disk_gib": 300})
    disks = one_of(made, "LaunchTemplate", "h100-g1")["blockDeviceMappings"]
    sizes = {one["deviceName"]: (one["ebs"]["volumeSize"], one["ebs"]["encrypted"]) for one in disks}
    assert sizes == {"/dev/xvda": (4, "true"), "/dev/xvdb": (300, "true")}
    karpenters = one_of(made, "EC2NodeClass", "h100-g1-on-demand")["spec"]["blockDeviceMappings"]
    assert [(one["deviceName"], one["ebs"]["volumeSize"]) for one in karpenters] == [
        ("/dev/xvda", "4Gi"),
        ("/dev/xvdb", "300Gi"),
    ]
