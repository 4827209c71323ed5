"""What the program of a cluster on Google Cloud declares."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from gcp_programs import CLUSTER, NODE_POOL, declared, gpu, h100, of_type, one_of_type, plan, tpu
from support.golden import REPO

from fairlead.catalog.read import load
from fairlead.declared.record import declared as declared_by_stack

KEY = "projects/acme-platform/locations/us-central1/keyRings/ring/cryptoKeys/key"
PIPELINE = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subjects": ["repo:acme/platform:ref:refs/heads/main"],
}


def test_the_api_server_has_its_private_address_only_unless_the_spec_opens_it() -> None:
    closed = one_of_type(declared(), CLUSTER).inputs
    assert closed["privateClusterConfig"]["enablePrivateEndpoint"] is True
    assert closed["masterAuthorizedNetworksConfig"]["cidrBlocks"] == []
    assert closed["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["allowExternalTraffic"] is False
    opened = one_of_type(declared(endpoint={"public": True, "allow": ["192.0.2.0/24"]}), CLUSTER).inputs
    assert opened["privateClusterConfig"]["enablePrivateEndpoint"] is False
    (block,) = opened["masterAuthorizedNetworksConfig"]["cidrBlocks"]
    assert block["cidrBlock"] == "192.0.2.0/24"


@pytest.mark.parametrize(("by_name", "host"), [(False, ".endpoint}"), (True, "dnsEndpointConfig.endpoint}")])
def test_the_kubeconfig_asks_a_plugin_and_holds_no_credential(by_name: bool, host: str) -> None:
    provider = one_of_type(declared(dns_endpoint=by_name), "pulumi:providers:kubernetes").inputs
    config = json.loads(provider["kubeconfig"])
    (cluster,), (user,) = config["clusters"], config["users"]
    assert cluster["cluster"]["server"].endswith(host)
    assert ("certificate-authority-data" in cluster["cluster"]) is not by_name
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert set(user["user"]) == {"exec"}


def test_everything_goes_through_one_provider_with_the_platforms_project_and_region() -> None:
    found = declared(gpu(), h100())
    provider = one_of_type(found, "pulumi:providers:gcp")
    assert provider.inputs == {"project": "acme-platform", "region": "us-central1"}
    made = [one for one in found if one.type.startswith("gcp:")]
    assert len(made) > 30
    assert {one.provider for one in made} == {provider.urn}


AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"


def test_access_to_data_is_logged_where_the_spec_says_so_and_stays_logged_when_the_platform_goes() -> None:
    assert of_type(declared(), AUDIT) == {}
    made = of_type(declared(data_access_logs=True), AUDIT).values()
    kinds = {
        one.inputs["service"]: {kind["logType"] for kind in one.inputs["auditLogConfigs"]} for one in made
    }
    assert kinds == {
        "cloudkms.googleapis.com": {"ADMIN_READ", "DATA_READ", "DATA_WRITE"},
        "container.googleapis.com": {"DATA_READ"},
        "storage.googleapis.com": {"ADMIN_READ", "DATA_WRITE"},
    }
    assert all(one.retain_on_delete for one in made)


def test_a_pool_with_a_cache_of_images_has_a_disk_of_each() -> None:
    images = [f"projects/acme-platform/global/images/{name}" for name in ("serving", "training")]
    pool = gpu(image_streaming=True, image_cache=images)
    (config,) = [
        one.inputs["nodeConfig"]
        for one in of_type(declared(pool), NODE_POOL).values()
        if one.inputs["nodeConfig"]["machineType"].startswith("g2-")
    ]
    wanted = [{"diskImage": image, "mode": "CONTAINER_IMAGE_CACHE"} for image in images]
    assert (config["secondaryBootDisks"], config["gcfsConfig"]) == (wanted, {"enabled": True})


def test_a_version_that_the_spec_names_stays_until_its_support_ends() -> None:
    pinned = one_of_type(declared(version="1.35"), CLUSTER).inputs
    (exclusion,) = pinned["maintenancePolicy"]["maintenanceExclusions"]
    assert exclusion["exclusionOptions"] == {
        "scope": "NO_MINOR_UPGRADES",
        "endTimeBehavior": "UNTIL_END_OF_SUPPORT",
    }
    assert pinned["minMasterVersion"] == "1.35"
    assert "maintenanceExclusions" not in one_of_type(declared(), CLUSTER).inputs["maintenancePolicy"]


def test_the_maintenance_window_is_the_one_of_the_spec() -> None:
    asked = {"day": "saturday", "start": "22:30", "hours": 12}
    window = one_of_type(declared(maintenance=asked), CLUSTER).inputs["maintenancePolicy"]["recurringWindow"]
    assert window == {
        "startTime": "2026-01-10T22:30:00Z",
        "endTime": "2026-01-11T10:30:00Z",
        "recurrence": "FREQ=WEEKLY;BYDAY=SA",
    }


def test_no_node_pool_declares_a_taint_for_the_cloud_sets_that_of_accelerators_by_itself() -> None:
    pools = of_type(declared(gpu(), h100(), tpu()), NODE_POOL).values()
    assert len(pools) == 5
    assert not any("taints" in one.inputs["nodeConfig"] for one in pools)


def test_arm_nodes_carry_no_taint_of_their_architecture() -> None:
    arm = {"name": "arm", "machine": "c4a-standard-8", "min": 0, "max": 2, "capacity": "spot"}
    pools = of_type(declared(arm), NODE_POOL)
    assert pools["lab-arm-g1"].inputs["nodeConfig"]["taintConfig"] == {"architectureTaintBehavior": "NONE"}
    assert "taintConfig" not in pools["lab-system-g1"].inputs["nodeConfig"]


def test_accelerator_nodes_come_after_plain_ones_for_only_then_the_cloud_taints_them() -> None:
    pools = of_type(declared(gpu()), NODE_POOL)
    assert pools["lab-system-g1"].urn in pools["lab-gpu-g1"].depends_on
    assert pools["lab-gpu-g1"].urn not in pools["lab-system-g1"].depends_on


def test_the_number_of_nodes_belongs_to_the_autoscaler_where_there_is_room() -> None:
    pools = of_type(declared(gpu(), gpu(name="fixed", capacity="spot", min=3, max=3)), NODE_POOL)
    assert pools["lab-gpu-g1"].ignore_changes == ("initialNodeCount",)
    assert pools["lab-gpu-g1"].inputs["autoscaling"]["totalMaxNodeCount"] == 4
    assert pools["lab-fixed-g1"].ignore_changes == ()
    assert pools["lab-fixed-g1"].inputs["nodeCount"] == 1
    assert "autoscaling" not in pools["lab-fixed-g1"].inputs


def test_flexible_nodes_say_how_long_they_stay_and_take_from_no_reservation() -> None:
    node = of_type(declared(gpu(capacity="flex", max_duration="1d")), NODE_POOL)["lab-gpu-g1"].inputs
    assert (node["nodeConfig"]["flexStart"], node["nodeConfig"]["maxRunDuration"]) == (True, "86400s")
    assert node["nodeConfig"]["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}
    assert node["management"]["autoRepair"] is False


def test_the_order_of_a_ladder_is_told_to_the_autoscaler_for_all_pods_at_once() -> None:
    found = declared(h100(capacity=["reserved", "spot"], reservation="r"))
    order = one_of_type(found, "kubernetes:cloud.google.com/v1:ComputeClass").inputs
    assert order["metadata"]["name"] == "default"
    assert order["spec"]["priorities"] == [
        {"nodepools": ["system-g1", "h100-g1-res"]},
        {"nodepools": ["h100-g1-spot"]},
    ]
    assert one_of_type(found, CLUSTER).inputs["clusterAutoscaling"]["defaultComputeClassEnabled"] is True
    plain = declared(gpu())
    assert not of_type(plain, "kubernetes:cloud.google.com/v1:ComputeClass")
    assert "defaultComputeClassEnabled" not in one_of_type(plain, CLUSTER).inputs["clusterAutoscaling"]


def test_one_key_encrypts_secrets_disks_volumes_and_bucket() -> None:
    found = declared(gpu(), key=KEY)
    assert not of_type(found, "gcp:kms/cryptoKey:CryptoKey")
    assert one_of_type(found, CLUSTER).inputs["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": KEY}
    pools = of_type(found, NODE_POOL).values()
    assert {one.inputs["nodeConfig"]["bootDiskKmsKey"] for one in pools} == {KEY}
    bucket = one_of_type(found, "gcp:storage/bucket:Bucket").inputs
    assert bucket["encryption"] == {"defaultKmsKeyName": KEY}
    classes = of_type(found, "kubernetes:storage.k8s.io/v1:StorageClass").values()
    assert sum(KEY in one.inputs["parameters"].values() for one in classes) == len(classes) == 2


def test_every_service_that_encrypts_may_use_the_key_before_it_must() -> None:
    found = declared()
    users = of_type(found, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
    assert {name.rpartition("-")[2] for name in users} == {"container", "compute", "storage", "file"}
    assert {one.urn for one in users.values()} <= set(one_of_type(found, CLUSTER).depends_on)
    with_lustre = of_type(declared(parallel_storage_tib=9), "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
    assert "lab-lustre" in with_lustre


def test_what_holds_state_is_protected_until_it_is_switched_off() -> None:
    kinds = {CLUSTER, "gcp:kms/cryptoKey:CryptoKey", "gcp:kms/keyRing:KeyRing", "gcp:storage/bucket:Bucket"}
    kinds |= {
        "gcp:compute/network:Network",
        "gcp:compute/subnetwork:Subnetwork",
        "gcp:lustre/instance:Instance",
    }
    guarded = {one.type for one in declared(parallel_storage_tib=9) if one.protect}
    assert guarded == kinds
    assert one_of_type(declared(), CLUSTER).inputs["deletionProtection"] is True
    free = declared(protect=False)
    assert not any(one.protect for one in free)
    assert one_of_type(free, CLUSTER).inputs["deletionProtection"] is False


def test_the_bucket_keeps_versions_for_a_time_and_is_never_public() -> None:
    bucket = one_of_type(declared(object_store={"expire_days": 30}), "gcp:storage/bucket:Bucket").inputs
    assert bucket["publicAccessPrevention"] == "enforced"
    assert bucket["uniformBucketLevelAccess"] is True
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["lifecycleRules"][0]["condition"] == {
        "daysSinceNoncurrentTime": 30,
        "withState": "ARCHIVED",
    }
    assert bucket["forceDestroy"] is False


def test_a_tenant_reaches_its_own_part_of_the_bucket_and_no_other() -> None:
    found = declared()
    folder = one_of_type(found, "gcp:storage/managedFolder:ManagedFolder").inputs
    grant = one_of_type(found, "gcp:storage/managedFolderIamMember:ManagedFolderIamMember").inputs
    assert folder["name"] == grant["managedFolder"] == "tenants/team-a/"
    assert grant["member"].endswith("/acme-platform.svc.id.goog/subject/ns/team-a/sa/fairlead-workload")
    assert not of_type(found, "gcp:storage/bucketIAMMember:BucketIAMMember")


def test_no_key_of_a_service_account_is_ever_made() -> None:
    found = declared(gpu(), ci=PIPELINE)
    assert not [one for one in found if "key" in one.type.lower() and "serviceaccount" in one.type.lower()]


def test_nodes_may_write_logs_and_read_images_and_nothing_else() -> None:
    grants = of_type(declared(), "gcp:projects/iAMMember:IAMMember").values()
    assert {one.inputs["role"] for one in grants} == {
        "roles/container.defaultNodeServiceAccount",
        "roles/artifactregistry.reader",
    }


def test_the_pipeline_signs_in_by_its_own_tokens_and_can_grant_only_roles_of_the_platform() -> None:
    found = declared(ci=PIPELINE)
    provider = one_of_type(found, "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider").inputs
    assert provider["attributeCondition"] == 'assertion.sub in ["repo:acme/platform:ref:refs/heads/main"]'
    assert provider["oidc"] == {"issuerUri": PIPELINE["issuer"]}
    grants = {
        one.inputs["role"]: one.inputs for one in of_type(found, "gcp:projects/iAMMember:IAMMember").values()
    }
    assert not {"roles/owner", "roles/editor", "roles/iam.serviceAccountUser"} & set(grants)
    acts = of_type(found, "gcp:serviceaccount/iAMMember:IAMMember")["lab-pipeline-nodes"].inputs
    assert "lab-nodes" in acts["serviceAccountId"]
    condition = grants["roles/resourcemanager.projectIamAdmin"]["condition"]["expression"]
    assert "hasOnly" in condition
    assert "roles/owner" not in condition


def test_admins_are_admins_of_this_cluster_and_may_only_find_it_otherwise() -> None:
    found = declared(admins=["user:ops@example.com"])
    binding = one_of_type(found, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding").inputs
    assert binding["subjects"] == [
        {"kind": "User", "name": "ops@example.com", "apiGroup": "rbac.authorization.k8s.io"}
    ]
    roles = {
        one.inputs["role"]
        for one in of_type(found, "gcp:projects/iAMMember:IAMMember").values()
        if one.inputs["member"] == "user:ops@example.com"
    }
    assert roles == {"roles/container.clusterViewer"}


def test_a_parallel_file_system_has_the_size_and_the_speed_that_were_asked_for() -> None:
    found = declared(parallel_storage_tib=18)
    instance = one_of_type(found, "gcp:lustre/instance:Instance").inputs
    assert (instance["capacityGib"], instance["perUnitStorageThroughput"]) == ("18000", "1000")
    assert not of_type(declared(), "gcp:lustre/instance:Instance")


def test_a_parallel_file_system_has_the_platforms_key_and_window() -> None:
    window = {"day": "saturday", "start": "22:30", "hours": 12}
    found = declared(parallel_storage_tib=9, maintenance=window, key=KEY)
    (instance,) = [one for one in found if one.type == "gcp:lustre/instance:Instance"]
    assert instance.inputs["kmsKey"] == KEY
    assert instance.inputs["maintenancePolicy"]["weeklyMaintenanceWindows"] == {
        "dayOfWeek": "SATURDAY",
        "startTime": {"hours": 22, "minutes": 30},
    }
    assert any(urn.endswith("::lab-lustre") for urn in instance.depends_on), "its agent may use the key first"


@pytest.mark.parametrize("stack", ["gcp-dev", "gcp-prod"])
def test_the_program_runs_where_nothing_is_known_yet(stack: str) -> None:
    known = {one.urn for one in declared_by_stack(REPO / "stacks", stack)}
    unknown = {one.urn for one in declared_by_stack(REPO / "stacks", stack, unknown=True)}
    assert known == unknown


def test_twice_the_pools_declare_at_most_twice_the_resources() -> None:
    one = [gpu(), h100(capacity=["reserved", "spot"], reservation="r"), tpu()]
    twice = [*one, *({**pool, "name": f"{pool['name']}-2"} for pool in one)]
    assert len(declared(*twice)) <= 2 * len(declared(*one))


def test_no_other_clouds_sdk_is_loaded() -> None:
    code = "import sys, fairlead.targets.gcp.cluster; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "pulumi_gcp" in loaded
    assert not {"pulumi_aws", "pulumi_azure_native"} & loaded


def test_a_plan_of_google_cloud_is_the_same_whenever_it_is_made() -> None:
    assert plan(gpu(), tpu()) == plan(gpu(), tpu())


def test_every_resource_has_a_name_of_its_own_kind() -> None:
    found = declared(h100(), tpu(), ci=PIPELINE)
    assert max(Counter((one.type, one.name) for one in found).values()) == 1


def test_a_part_of_the_bucket_can_be_mounted_by_its_tenant_alone() -> None:
    (volume,) = of_type(declared(), "kubernetes:core/v1:PersistentVolume").values()
    spec = volume.inputs["spec"]
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"]) == ("team-a", "fairlead-fuse")
    assert "only-dir=tenants/team-a" in spec["mountOptions"]


def test_further_networks_can_be_added_to_a_cluster_that_began_without() -> None:
    assert one_of_type(declared(), CLUSTER).inputs["enableMultiNetworking"] is True


def test_the_cluster_exports_the_metrics_of_accelerators_as_the_rows_of_its_images_say() -> None:
    asked = one_of_type(declared(), CLUSTER).inputs["monitoringConfig"]["enableComponents"]
    assert "DCGM" in asked
    assert {row.metrics for row in load().node_images["gcp"].values()} == {"cloud"}
