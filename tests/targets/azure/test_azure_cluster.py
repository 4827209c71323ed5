"""What is declared on Azure: the cluster, who may do what, where data is, and that nothing of it leaks."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pulumi
import pytest
from azure_platforms import KEY, SUBNET, inputs, only, pool, production, registered
from support.clouds import cloud_plan

from fairlead import labels
from fairlead.errors import FairleadError
from fairlead.targets.azure import spelling
from fairlead.targets.azure.access import access_template, kubeconfig

AKS = "containerservice:ManagedCluster"
PIPELINE = {
    "ci": {"issuer": "https://token.actions.githubusercontent.com", "subjects": ["repo:acme/x:ref:main"]}
}


def cluster() -> dict[str, Any]:
    return only(production()[1], AKS)


def test_the_api_server_is_private_unless_the_spec_says_who_may_call_it() -> None:
    assert cluster()["apiServerAccessProfile"]["enablePrivateCluster"] is True
    ranges = ["203.0.113.0/24"]
    open_one = only(registered(target={"endpoint": {"public": True, "allow": ranges}}), AKS)
    assert open_one["apiServerAccessProfile"]["enablePrivateCluster"] is False
    assert open_one["apiServerAccessProfile"]["authorizedIPRanges"] == ranges


def test_nobody_enters_but_by_entra_and_rights_are_kubernetes_own() -> None:
    made = cluster()
    assert made["disableLocalAccounts"] is True
    assert (made["enableRBAC"], made["aadProfile"]["enableAzureRBAC"]) == (True, False)
    assert made["aadProfile"]["adminGroupObjectIDs"]


def test_secrets_and_disks_are_encrypted_with_the_platforms_key() -> None:
    made = cluster()
    assert made["securityProfile"]["azureKeyVaultKms"]["enabled"] is True
    assert made["securityProfile"]["azureKeyVaultKms"]["keyId"]
    assert made["diskEncryptionSetID"] == "azure-prod-disks-id"
    (block,) = [
        one for one in production()[1].objects("StorageClass") if one["metadata"]["name"] == "fairlead-block"
    ]
    assert block["parameters"]["diskEncryptionSetID"] == "azure-prod-disks-id"


def test_the_audit_log_is_kept_as_long_as_the_spec_says() -> None:
    recorder = production()[1]
    (told,) = [
        one for one in inputs(recorder, "monitor:DiagnosticSetting") if one["resourceUri"] == "azure-prod-id"
    ]
    on = {one["category"] for one in told["logs"] if one["enabled"]}
    assert {"kube-audit-admin", "guard"} <= on
    assert only(recorder, "operationalinsights:Workspace")["retentionInDays"] == 90


def test_who_uses_the_platforms_key_is_kept() -> None:
    vaults = [
        one for one in inputs(production()[1], "monitor:DiagnosticSetting") if "vault" in one["resourceUri"]
    ]
    assert [(one["resourceUri"], one["workspaceId"]) for one in vaults] == [
        ("azure-prod-vault-id", "azure-prod-logs-id")
    ]
    assert vaults[0]["logs"] == [{"category": "AuditEvent", "enabled": True}]


def test_azure_changes_cluster_and_nodes_in_the_window_only() -> None:
    windows = inputs(production()[1], "containerservice:MaintenanceConfiguration")
    assert {one["configName"] for one in windows} == {
        "aksManagedAutoUpgradeSchedule",
        "aksManagedNodeOSUpgradeSchedule",
    }
    for one in windows:
        window = one["maintenanceWindow"]
        assert (window["startTime"], window["durationHours"]) == ("20:00", 8)
        assert window["schedule"]["weekly"]["dayOfWeek"] == "Saturday"


def test_the_system_pool_comes_with_the_cluster_and_the_others_do_not() -> None:
    profiles = cluster()["agentPoolProfiles"]
    assert [(one["mode"], one["name"]) for one in profiles] == [("System", "systemg1o")]
    assert "nodeTaints" not in profiles[0]
    others = inputs(production()[1], "containerservice:AgentPool")
    assert {one["mode"] for one in others} == {"User"}
    assert not {one["agentPoolName"] for one in others} & {"systemg1o"}


def test_spot_is_what_the_plan_calls_spot() -> None:
    for one in inputs(production()[1], "containerservice:AgentPool"):
        spot = one["nodeLabels"][labels.CAPACITY] == "spot"
        assert (one["scaleSetPriority"] == "Spot") is spot
        assert ("spotMaxPrice" in one, "scaleSetEvictionPolicy" in one) == (spot, spot)


def test_the_cluster_may_use_the_reservation_that_a_pool_names() -> None:
    grants = inputs(production()[1], "authorization:RoleAssignment")
    contributor = spelling.role_id("00000000-0000-4000-8000-000000000001", "Contributor")
    scopes = [one["scope"] for one in grants if one["roleDefinitionId"] == contributor]
    assert any("capacityReservationGroups/a100" in scope for scope in scopes)


def test_each_tenant_reaches_its_own_container_and_no_other() -> None:
    handle, recorder = production()
    grants = inputs(recorder, "authorization:RoleAssignment")
    role = spelling.ROLES["Storage Blob Data Contributor"]
    found = {one["principalId"]: one["scope"] for one in grants if one["roleDefinitionId"].endswith(role)}
    assert len(found) == len(inputs(recorder, "storage:BlobContainer")) == 3
    assert all("tenant-" in one or "layer-" in one for one in found.values()), "never the whole account"
    assert handle.object_store is not None
    assert len(set(handle.object_store.uris.values())) == 3


def test_a_tenant_mounts_its_own_container_as_its_own_service_account() -> None:
    volumes = [
        one
        for one in production()[1].objects("PersistentVolume")
        if one["spec"]["csi"]["driver"] == "blob.csi.azure.com"
    ]
    assert {one["spec"]["claimRef"]["namespace"] for one in volumes} == {"research", "product"}
    for one in volumes:
        told = one["spec"]["csi"]["volumeAttributes"]
        assert told["containerName"] == f"tenant-{one['spec']['claimRef']['namespace']}"
        assert told["mountWithWorkloadIdentityToken"] == "true"
        assert "azure-prod-" in told["clientID"]


def test_service_accounts_are_vouched_for_by_the_cluster_and_have_no_key() -> None:
    handle, recorder = production()
    subjects = {
        one["subject"]
        for one in inputs(recorder, "managedidentity:FederatedIdentityCredential")
        if one["subject"].startswith("system:")
    }
    assert subjects == {
        f"system:serviceaccount:{space}:{labels.WORKLOAD_ACCOUNT}"
        for space in ("research", "product", "fairlead-tracking")
    }
    assert handle.identity is not None
    assert set(handle.identity.account_annotations) == {"research", "product", "fairlead-tracking"}
    assert handle.identity.pod_labels == {"azure.workload.identity/use": "true"}


def test_no_storage_account_has_a_key_or_an_address_in_the_internet() -> None:
    accounts = inputs(production()[1], "storage:StorageAccount")
    assert len(accounts) == 2
    for one in accounts:
        assert one["allowSharedKeyAccess"] is one["allowBlobPublicAccess"] is False
        assert one["publicNetworkAccess"] == "Disabled"
        assert one["networkRuleSet"]["defaultAction"] == "Deny"
        assert one["encryption"]["keySource"] == "Microsoft.Keyvault"
        assert one["minimumTlsVersion"] == "TLS1_2"
    doors = [one["privateEndpointName"] for one in inputs(production()[1], "network:PrivateEndpoint")]
    assert {"azure-prod-objects", "azure-prod-files"} <= set(doors)


def test_objects_are_versioned_and_old_versions_go_after_their_time() -> None:
    recorder = production()[1]
    assert only(recorder, "storage:BlobServiceProperties")["isVersioningEnabled"] is True
    (rule,) = only(recorder, "storage:ManagementPolicy")["policy"]["rules"]
    after = rule["definition"]["actions"]["version"]["delete"]["daysAfterCreationGreaterThan"]
    assert after == 90


def test_without_shared_storage_there_is_neither_its_class_nor_its_account() -> None:
    recorder = registered(target={"shared_storage": False})
    assert [one["metadata"]["name"] for one in recorder.objects("StorageClass")] == ["fairlead-block"]
    assert len(inputs(recorder, "storage:StorageAccount")) == 1


def test_the_pipeline_may_grant_only_roles_that_the_program_grants() -> None:
    recorder = production()[1]
    conditioned = [one for one in inputs(recorder, "authorization:RoleAssignment") if "condition" in one]
    assert len(conditioned) == 2
    granted = {
        one["roleDefinitionId"].rpartition("/")[2]
        for one in inputs(recorder, "authorization:RoleAssignment")
        if "condition" not in one
    }
    for one in conditioned:
        assert all(role in one["condition"] for role in granted)
        assert spelling.ROLES["Role Based Access Control Administrator"] not in one["condition"]


def test_without_a_pipeline_nobody_deploys_by_federation() -> None:
    recorder = registered()
    assert not [one for one in inputs(recorder, "authorization:RoleAssignment") if "condition" in one]
    assert not recorder.objects("ClusterRoleBinding")


def test_a_brought_network_and_key_are_used_and_none_is_made() -> None:
    recorder = registered(pool("t4", "T4:1"), target={"network": {"subnet": SUBNET}, "key": KEY})
    for kind in ("network:VirtualNetwork", "network:Subnet", "network:NatGateway", "keyvault:Vault"):
        assert inputs(recorder, kind) == [], kind
    assert {one["vnetSubnetID"] for one in inputs(recorder, "containerservice:AgentPool")} == {SUBNET}
    kms = only(recorder, AKS)["securityProfile"]["azureKeyVaultKms"]
    assert "acme-keys.vault.azure.net/keys/platform/" in kms["keyId"]
    assert "vault" not in str([one["resourceUri"] for one in inputs(recorder, "monitor:DiagnosticSetting")])


def test_node_provisioning_replaces_the_autoscaler() -> None:
    recorder = registered(
        pool("t4", "T4:1", capacity=["spot", "on-demand"]), target={"node_provisioning": True}
    )
    made = only(recorder, AKS)
    assert made["nodeProvisioningProfile"] == {"mode": "Auto", "defaultNodePools": "None"}
    assert "autoScalerProfile" not in made
    pools = {one["metadata"]["name"]: one["spec"] for one in recorder.objects("NodePool")}
    assert {"t4-1-spot", "t4-1-on-demand"} <= set(pools)
    assert pools["t4-1-spot"]["weight"] > pools["t4-1-on-demand"]["weight"]
    assert not [one for one in recorder.objects("ConfigMap") if "expander" in one["metadata"]["name"]]


def test_a_working_node_ends_neither_of_old_age_nor_outside_the_window() -> None:
    maintenance = {"day": "monday", "start": "01:00", "hours": 4}
    asked = {"node_provisioning": True, "maintenance": maintenance}
    for one in registered(pool("t4", "T4:1"), target=asked).objects("NodePool"):
        assert one["spec"]["template"]["spec"]["expireAfter"] == "Never"
        assert one["spec"]["disruption"]["consolidationPolicy"] == "WhenEmpty"
        (closed,) = [budget for budget in one["spec"]["disruption"]["budgets"] if budget["nodes"] == "0"]
        assert closed["reasons"] == ["Drifted", "Underutilized"]
        assert (closed["schedule"], closed["duration"]) == ("0 5 * * 1", "164h")


def test_the_kubeconfig_asks_for_a_token_and_holds_none() -> None:
    config = json.loads(kubeconfig("lab", "https://lab.example.com", "Q0E=", "tenant"))
    (user,) = config["users"]
    assert list(user["user"]) == ["exec"]
    assert user["user"]["exec"]["command"] == "kubelogin"
    assert spelling.AKS_SERVER in user["user"]["exec"]["args"]


def test_the_template_that_reads_the_address_deploys_nothing() -> None:
    template = access_template()
    assert template["resources"] == []
    assert set(template["outputs"]) == {"server", "authority"}
    for one in template["outputs"].values():
        assert one["value"].count("(") == one["value"].count(")")


def test_what_holds_data_is_protected_by_engine_and_cloud() -> None:
    recorder = production()[1]
    locked = {one["scope"] for one in inputs(recorder, "authorization:ManagementLockByScope")}
    data = {f"azure-prod-{one}-id" for one in ("vault", "objects", "files", "tracking-db")}
    assert locked == data
    free = registered(target={"protect": False})
    assert inputs(free, "authorization:ManagementLockByScope") == []


def test_the_cluster_has_no_lock_for_its_agent_pools_would_inherit_it() -> None:
    """They could be neither deleted nor replaced: the engine alone refuses to delete the cluster."""
    from support.targets import TARGETS

    from fairlead.declared.record import record

    found = record(lambda: TARGETS["azure"].cluster(cloud_plan("azure", pool("t4", "T4:1"))), "lab")
    (cluster,) = [one for one in found if one.type.endswith(":ManagedCluster")]
    assert cluster.protect
    locked = [one.inputs["scope"] for one in found if one.type.endswith(":ManagementLockByScope")]
    assert locked
    assert not [scope for scope in locked if ":ManagedCluster::" in scope or ":ResourceGroup::" in scope]


def test_what_data_is_encrypted_with_outlives_the_cluster_as_the_data_does() -> None:
    recorder = production()[1]
    kept = {one.name for one in recorder.registered.values() if one.retained}
    assert {
        "azure-prod-data-group",
        "azure-prod-vault",
        "azure-prod-key",
        "azure-prod-encryption",
        "azure-prod-encrypts",
        "azure-prod-disks",
        "azure-prod-objects",
        "azure-prod-files",
    } <= kept
    assert "azure-prod-group" not in kept
    thrown = registered(target={"object_store": {"protect": False}})
    assert not [one.name for one in thrown.registered.values() if one.retained]


def test_an_edit_that_azure_cannot_carry_out_ends_the_run_with_the_way_out() -> None:
    recorder = registered(pool("t4", "T4:1"))
    (hook,) = [call for name, call in recorder.hooks.items() if name.endswith("pools-keep-what-is-fixed")]
    edit = pulumi.ResourceHookArgs(
        urn="urn",
        id="id",
        name="lab-t4g1o",
        type="azure-native:containerservice:AgentPool",
        old_inputs={"gpuProfile": {"driver": "Install"}},
        new_inputs={"gpuProfile": {"driver": "None"}},
    )
    with pytest.raises(FairleadError, match="raise the pool's generation"):
        hook(edit)


def test_twice_the_pools_are_at_most_twice_the_resources() -> None:
    few = [pool(f"p{index}", "T4:1", capacity=["on-demand", "spot"]) for index in range(2)]
    many = [pool(f"p{index}", "T4:1", capacity=["on-demand", "spot"]) for index in range(4)]
    assert len(registered(*many).resources) <= 2 * len(registered(*few).resources)


def test_no_other_clouds_sdk_is_loaded() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); sys.path.insert(0, 'tests/targets/azure');"
        "import azure_platforms as a; a.registered(a.pool('t4', 'T4:1'));"
        "print([m for m in sys.modules if m.split('.')[0] in ('pulumi_aws', 'pulumi_gcp')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_first_preview_in_which_nothing_is_known_declares_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from support.targets import TARGETS

    from fairlead.declared import record

    plan = cloud_plan("azure", pool("t4", "T4:1", capacity=["on-demand", "spot"]), target=PIPELINE)
    known = {one.urn for one in record.record(lambda: TARGETS["azure"].cluster(plan), "lab")}
    monkeypatch.setattr(record._Unknown, "new_resource", lambda self, args: ("", {}))
    first = record.record(lambda: TARGETS["azure"].cluster(plan), "lab", unknown=True)
    assert {one.urn for one in first} == known
    (made,) = [one.inputs for one in first if one.type.endswith(":ManagedCluster")]
    assert made["diskEncryptionSetID"] == record.UNKNOWN
