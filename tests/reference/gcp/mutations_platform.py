"""Mistakes that the judge of Google Cloud must notice, one at a time: cluster, network, identity, storage."""

from __future__ import annotations

import re

from reference.common import Resource
from reference.gcp.declared import (
    ACCOUNT,
    BUCKET,
    CLUSTER,
    KEY,
    KEY_RING,
    NETWORK,
    POLICY,
    POOL,
    PROVIDER,
    SUBNETWORK,
)
from reference.gcp.rules_interfaces import PARAMETERS, POD_NETWORK
from reference.gcp.rules_kube import COMPUTE_CLASS, KUBERNETES, LUSTRE, STORAGE_CLASS, VOLUME
from reference.gcp.rules_project import AUDIT
from reference.mutation import Mutation, add, delete, edit, rename, to

NAT = "gcp:compute/routerNat:RouterNat"
ROUTER = "gcp:compute/router:Router"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
FOLDER_GRANT = "gcp:storage/managedFolderIamMember:ManagedFolderIamMember"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
FILESTORE = "gcp:filestore/instance:Instance"
FOLDER = "gcp:storage/managedFolder:ManagedFolder"
ACCOUNT_GRANT = "gcp:serviceaccount/iAMMember:IAMMember"
FIREWALL = "gcp:compute/firewall:Firewall"
SERVICE = "gcp:projects/service:Service"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
PEERING = "gcp:servicenetworking/connection:Connection"
ISSUERS = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
ISSUER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"


def _has_ranges(one: Resource) -> bool:
    return bool(one["inputs"].get("secondaryIpRanges"))


def _driver(name: str):
    return lambda one: one["inputs"].get("provisioner") == name


def _volume_of(driver: str):
    return lambda one: str((one["inputs"]["spec"].get("csi") or {}).get("driver")).startswith(driver)


def _has_exec(one: Resource) -> bool:
    return "gke-gcloud-auth-plugin" in str(one["inputs"].get("kubeconfig"))


CLUSTERS = (
    Mutation("location of the cluster does not exist", CLUSTER, "location", to("us-middle1")),
    Mutation("zone of the cluster in another region", CLUSTER, "nodeLocations[0]", to("asia-east1-a")),
    Mutation("release channel that does not exist", CLUSTER, "releaseChannel.channel", to("LTS")),
    Mutation("release channel in small letters", CLUSTER, "releaseChannel.channel", edit(str.lower)),
    Mutation("releaseChannel misspelt", CLUSTER, "releaseChannel", rename("releaseChanel")),
    Mutation("version that is none", CLUSTER, "minMasterVersion", to("latest")),
    Mutation("datapath in small letters", CLUSTER, "datapathProvider", edit(str.lower)),
    Mutation("datapath in another block", CLUSTER, "", add("networkConfig", {"datapathProvider": "x"})),
    Mutation("public nodes", CLUSTER, "privateClusterConfig.enablePrivateNodes", to(False)),
    Mutation("private nodes are a text", CLUSTER, "privateClusterConfig.enablePrivateNodes", to("true")),
    Mutation("deletion protection is not said", CLUSTER, "deletionProtection", delete),
    Mutation("deletion protection is a text", CLUSTER, "deletionProtection", to("on")),
    Mutation("no workload identity", CLUSTER, "workloadIdentityConfig", delete),
    Mutation("workload pool of another shape", CLUSTER, "workloadIdentityConfig.workloadPool",
             edit(lambda pool: pool.replace(".svc.id.goog", ".iam.goog"))),
    Mutation("workload pool of another project", CLUSTER, "workloadIdentityConfig.workloadPool",
             to("another-project.svc.id.goog")),
    Mutation("network is a subnetwork", CLUSTER, "network",
             edit(lambda text: text.replace("compute/network:Network", "compute/subnetwork:Subnetwork"))),
    Mutation("network by its gateway", CLUSTER, "network",
             edit(lambda text: text.rpartition(".")[0] + ".gatewayIpv4}")),
    Mutation("subnetwork is not there", CLUSTER, "subnetwork", to("no-such-subnetwork")),
    Mutation("range of pods that does not exist", CLUSTER, "ipAllocationPolicy.clusterSecondaryRangeName",
             to("no-such-range")),
    Mutation("address policy misspelt", CLUSTER, "ipAllocationPolicy.clusterSecondaryRangeName",
             rename("clusterRangeName")),
    Mutation("default pool with two nodes", CLUSTER, "initialNodeCount", to(2)),
    Mutation("default pool stays", CLUSTER, "removeDefaultNodePool", to(False)),
    Mutation("legacy rights", CLUSTER, "enableLegacyAbac", to(True)),
    Mutation("log component that does not exist", CLUSTER, "loggingConfig.enableComponents", to("SYSTEM")),
    Mutation("add-on misspelt", CLUSTER, "addonsConfig", add("gcsFuseCsiDriver", {"enabled": True})),
    Mutation("add-on switched by a text", CLUSTER, "addonsConfig.gcsFuseCsiDriverConfig.enabled", to("enabled")),
    Mutation("window without a rule", CLUSTER, "maintenancePolicy.recurringWindow.recurrence", to("weekends")),
    Mutation("window that ends before it starts", CLUSTER, "maintenancePolicy.recurringWindow",
             edit(lambda span: {**span, "startTime": span["endTime"], "endTime": span["startTime"]})),
    Mutation("window without an end", CLUSTER, "maintenancePolicy.recurringWindow.endTime", delete),
    Mutation("output of the cluster as an input", CLUSTER, "", add("masterVersion", "1.35")),
    Mutation("name of the cluster too long", CLUSTER, "name", to("c" * 41)),
    Mutation("name of the cluster in capital letters", CLUSTER, "name", edit(str.upper)),
    Mutation("encryption state that does not exist", CLUSTER, "databaseEncryption.state", to("ENABLED")),
    Mutation("encryption without a key", CLUSTER, "databaseEncryption.keyName", delete),
    Mutation("encryption with a key ring", CLUSTER, "databaseEncryption.keyName",
             edit(lambda text: text.replace("cryptoKey:CryptoKey", "keyRing:KeyRing"))),
)  # fmt: skip

NETWORKS = (
    Mutation("routing mode in small letters", NETWORK, "routingMode", to("regional")),
    Mutation("automatic subnetworks are a text", NETWORK, "autoCreateSubnetworks", to("no")),
    Mutation("name of the network too long", NETWORK, "name", to("n" * 64)),
    Mutation("name of the network with a dot", NETWORK, "name", to("prod.net")),
    Mutation("range that is none", SUBNETWORK, "ipCidrRange", to("10.0.0.0")),
    Mutation("range with bits of a host", SUBNETWORK, "ipCidrRange", to("10.0.0.1/20")),
    Mutation("range is not there", SUBNETWORK, "ipCidrRange", delete),
    Mutation("ranges that overlap", SUBNETWORK, "secondaryIpRanges[0].ipCidrRange",
             edit(lambda _: "0.0.0.0/0"), _has_ranges),
    Mutation("range of pods too small", SUBNETWORK, "secondaryIpRanges[0].ipCidrRange",
             edit(lambda text: text.rpartition("/")[0] + "/29"), _has_ranges),
    Mutation("range without a name", SUBNETWORK, "secondaryIpRanges[0].rangeName", delete, _has_ranges),
    Mutation("region that does not exist", SUBNETWORK, "region", to("us-central-1")),
    Mutation("network of the subnetwork is not there", SUBNETWORK, "network", delete),
    Mutation("NAT of all ranges misspelt", NAT, "sourceSubnetworkIpRangesToNat", to("ALL_SUBNETS")),
    Mutation("NAT without addresses", NAT, "natIpAllocateOption", to("AUTO")),
    Mutation("NAT of a router by its id", NAT, "router", edit(lambda _: "projects/p/regions/r/routers/x")),
    Mutation("router without a network", ROUTER, "network", delete),
)  # fmt: skip

IDENTITIES = (
    Mutation("account id too short", ACCOUNT, "accountId", to("abc")),
    Mutation("account id too long", ACCOUNT, "accountId", to("a" * 31)),
    Mutation("account id with an underscore", ACCOUNT, "accountId", to("node_account")),
    Mutation("owner of the project", PROJECT_GRANT, "role", to("roles/owner")),
    Mutation("role that does not exist", PROJECT_GRANT, "role", to("roles/container.nodeAdmin")),
    Mutation("role without its prefix", PROJECT_GRANT, "role", edit(lambda role: role.removeprefix("roles/"))),
    Mutation("member without its kind", PROJECT_GRANT, "member", edit(lambda who: who.partition(":")[2])),
    Mutation("member of a kind that does not exist", PROJECT_GRANT, "member",
             edit(lambda who: "sa:" + who.partition(":")[2])),
    Mutation("member is the whole internet", FOLDER_GRANT, "member", to("allUsers")),
    Mutation("members where one belongs", FOLDER_GRANT, "member", rename("members")),
    Mutation("grant without a role", FOLDER_GRANT, "role", delete),
    Mutation("grant on a bucket by its URL", FOLDER_GRANT, "bucket", to("gs://data")),
    Mutation("key grant on a key ring", KEY_GRANT, "cryptoKeyId",
             edit(lambda text: text.replace("cryptoKey:CryptoKey", "keyRing:KeyRing"))),
    Mutation("key grant of a role that does not exist", KEY_GRANT, "role", to("roles/cloudkms.encrypter")),
    Mutation("issuer without https", ISSUER, "oidc.issuerUri", edit(lambda uri: uri.replace("https", "http"))),
    Mutation("issuer for everyone", ISSUER, "attributeCondition", delete),
    Mutation("issuer without a subject", ISSUER, "attributeMapping", to({"attribute.actor": "assertion.actor"})),
    Mutation("issuer's pool id too short", ISSUERS, "workloadIdentityPoolId", to("ci")),
    Mutation("issuer's pool id reserved", ISSUERS, "workloadIdentityPoolId", to("gcp-ci")),
    Mutation("key without a ring", KEY, "keyRing", delete),
    Mutation("key of a purpose that does not exist", KEY, "", edit(lambda key: {**key, "purpose": "ENCRYPT"})),
    Mutation("key rotated every second", KEY, "rotationPeriod", to("1s")),
    Mutation("key rotated in days", KEY, "rotationPeriod", to("90d")),
    Mutation("key ring away from the cluster", KEY_RING, "location", to("europe-west1")),
)  # fmt: skip

STORAGE = (
    Mutation("bucket open to the public", BUCKET, "publicAccessPrevention", to("inherited")),
    Mutation("public access prevention misspelt", BUCKET, "publicAccessPrevention", to("enforce")),
    Mutation("bucket with object lists", BUCKET, "uniformBucketLevelAccess", to(False)),
    Mutation("bucket without versions", BUCKET, "versioning", delete),
    Mutation("versioning is a text", BUCKET, "versioning.enabled", to("Enabled")),
    Mutation("bucket in a place that does not exist", BUCKET, "location", to("US-MIDDLE1")),
    Mutation("bucket without a place", BUCKET, "location", delete),
    Mutation("name of the bucket in capital letters", BUCKET, "name", edit(str.upper)),
    Mutation("name of the bucket too long", BUCKET, "name", to("b" * 64)),
    Mutation("lifecycle action that does not exist", BUCKET, "lifecycleRules[0].action.type", to("Expire")),
    Mutation("lifecycle rule without a condition", BUCKET, "lifecycleRules[0].condition", delete),
    Mutation("lifecycle age is a text", BUCKET, "lifecycleRules[0].condition",
             edit(lambda when: {**when, "age": "30d"})),
    Mutation("storage class with a number", STORAGE_CLASS, "parameters", add("type", 5),
             lambda one: "type" not in one["inputs"].get("parameters", {})),
    Mutation("disk type of another cloud", STORAGE_CLASS, "parameters.type", to("gp3"),
             _driver("pd.csi.storage.gke.io")),
    Mutation("disk parameter misspelt", STORAGE_CLASS, "parameters.type", rename("diskType"),
             _driver("pd.csi.storage.gke.io")),
    Mutation("driver that does not exist", STORAGE_CLASS, "provisioner", to("disk.csi.storage.gke.io"),
             _driver("pd.csi.storage.gke.io")),
    Mutation("disk made before its pod has a node", STORAGE_CLASS, "volumeBindingMode", to("Immediate"),
             _driver("pd.csi.storage.gke.io")),
    Mutation("file tier that does not exist", STORAGE_CLASS, "parameters.tier", to("gold"),
             _driver("filestore.csi.storage.gke.io")),
    Mutation("file network that does not exist", STORAGE_CLASS, "parameters.network", to("no-such-network"),
             _driver("filestore.csi.storage.gke.io")),
)  # fmt: skip

KUBERNETES_OBJECTS = (
    Mutation("a volume of an instance that is not there", VOLUME, "spec.csi.volumeHandle",
             edit(lambda handle: handle.rpartition("/")[0] + "/none"), _volume_of("lustre")),
    Mutation("a volume by the handle of another driver", VOLUME, "spec.csi.volumeHandle",
             edit(lambda handle: handle + "/default-pool/default-container"), _volume_of("lustre")),
    Mutation("a parallel volume for whoever comes first", VOLUME, "spec.claimRef", delete, _volume_of("lustre")),
    Mutation("a parallel volume of two tenants", VOLUME, "spec.claimRef.namespace", to("product"),
             lambda one: one["inputs"]["metadata"]["name"] == "fairlead-parallel-research"),
    Mutation("a parallel volume that tenants write", VOLUME, "spec.mountOptions", to(["flock"]),
             _volume_of("lustre")),
    Mutation("a volume without its address", VOLUME, "spec.csi.volumeAttributes.ip", delete, _volume_of("lustre")),
    Mutation("a volume of a bucket that is not there", VOLUME, "spec.csi.volumeHandle", to("no-such-bucket"),
             _volume_of("gcsfuse")),
    Mutation("a volume of a driver that does not exist", VOLUME, "spec.csi.driver", to("gcs.csi.storage.gke.io"),
             _volume_of("gcsfuse")),
    Mutation("a unit of another shape", POLICY, "workloadPolicy.acceleratorTopology", to("1x36")),
    Mutation("a policy of a type that does not exist", POLICY, "workloadPolicy.type", to("HIGH_SPEED")),
    Mutation("a policy in another region", POLICY, "region", to("europe-west4")),
    Mutation("a policy that is not there", POOL, "placementPolicy.policyName", to("no-such-policy")),
    Mutation("RDMA with a card less", POOL, "networkConfig.additionalNodeNetworkConfigs", edit(lambda many: many[1:]),
             lambda one: one["inputs"]["nodeConfig"]["machineType"] == "a4-highgpu-8g"),
    Mutation("one subnetwork for two cards", POOL, "networkConfig.additionalNodeNetworkConfigs",
             edit(lambda many: [*many[:-1], many[-2]]),
             lambda one: one["inputs"]["nodeConfig"]["machineType"] == "a4-highgpu-8g"),
    Mutation("file system in a region", LUSTRE, "location", edit(lambda zone: zone[:-2])),
    Mutation("file system of another throughput", LUSTRE, "perUnitStorageThroughput", to("100")),
    Mutation("file system too small", LUSTRE, "capacityGib", to("1200")),
    Mutation("name of the file system too long", LUSTRE, "filesystem", to("fairleadfiles")),
    Mutation("file system without the customer's key", LUSTRE, "kmsKey", delete),
    Mutation("file system by another thing than a key", LUSTRE, "kmsKey",
             edit(lambda key: key.replace("cryptoKey:CryptoKey", "keyRing:KeyRing"))),
    Mutation("file system updated at any time", LUSTRE, "maintenancePolicy", delete),
    Mutation("file system updated on a day in short", LUSTRE,
             "maintenancePolicy.weeklyMaintenanceWindows.dayOfWeek", to("SUN")),
    Mutation("file system updated at no time of a day", LUSTRE,
             "maintenancePolicy.weeklyMaintenanceWindows.startTime.hours", to(25)),
    Mutation("file system in a network misspelt", LUSTRE, "network", edit(lambda path: path + "x")),
    Mutation("peering with another service", PEERING, "service", to("lustre.googleapis.com")),
    Mutation("peering with another network", PEERING, "network", to("projects/x")),
    Mutation("peering of a range that is not there", PEERING, "reservedPeeringRanges", to(["no-such-range"])),
    Mutation("a device mode that does not exist", PARAMETERS, "spec.deviceMode", to("Netdevice")),
    Mutation("an interface in a network that is not there", PARAMETERS, "spec.vpc", to("no-such-network")),
    Mutation("an interface without its subnetwork", PARAMETERS, "spec.vpcSubnet", delete),
    Mutation("a network of parameters that are not there", POD_NETWORK, "spec.parametersRef.name", to("none")),
    Mutation("a network of a type that does not exist", POD_NETWORK, "spec.type", to("device")),
    Mutation("a token in the kubeconfig", KUBERNETES, "kubeconfig@json.users[0].user", to({"token": "x"}), _has_exec),
    Mutation("another plugin's API", KUBERNETES, "kubeconfig@json.users[0].user.exec.apiVersion",
             to("client.authentication.k8s.io/v1alpha1"), _has_exec),
    Mutation("a context without its user", KUBERNETES, "kubeconfig@json.contexts[0].context.user", to("nobody"),
             _has_exec),
    Mutation("a priority misspelt", COMPUTE_CLASS, "spec.priorities[0]", add("machinetype", "x")),
    Mutation("a class without an end", COMPUTE_CLASS, "spec.whenUnsatisfiable", delete),
    Mutation("an end that does not exist", COMPUTE_CLASS, "spec.whenUnsatisfiable", to("ScaleUp")),
    Mutation("a class of a pool that is not there", COMPUTE_CLASS, "spec.priorities",
             edit(lambda many: [*many, {"nodepools": ["no-such-pool"]}])),
    Mutation("a class of a machine that does not exist", COMPUTE_CLASS, "spec.priorities",
             edit(lambda many: [*many, {"machineType": "a3-highgpu-16g"}])),
    Mutation("a class by spot and flex-start", COMPUTE_CLASS, "spec.priorities",
             edit(lambda many: [*many, {"spot": True, "flexStart": {"enabled": True}}])),
    Mutation("an empty priority", COMPUTE_CLASS, "spec.priorities", edit(lambda many: [*many, {}])),
)  # fmt: skip

PROJECT = (
    Mutation("whatever project someone has signed in to", PROVIDER, "project", delete),
    Mutation("a provider of another project", PROVIDER, "project", edit(lambda name: name + "x")),
    Mutation("a provider of another region", PROVIDER, "region", to("europe-west4")),
    Mutation("the default provider", BUCKET, "", to(""), part="provider"),
    Mutation("access logs of a service that does not exist", AUDIT, "service", to("kms.googleapis.com")),
    Mutation("access logs of one service twice", AUDIT, "service", to("storage.googleapis.com"),
             lambda one: not one["inputs"]["service"].startswith("storage")),
    Mutation("a kind of access that does not exist", AUDIT, "auditLogConfigs[0].logType", to("READ")),
    Mutation("access logs that log nothing", AUDIT, "auditLogConfigs", to([])),
    Mutation("project of one resource misspelt", NETWORK, "project", edit(lambda name: name + "x")),
    Mutation("service that does not exist", SERVICE, "service", to("kubernetes.googleapis.com")),
    Mutation("service by its short name", SERVICE, "service", edit(lambda name: name.partition(".")[0])),
    Mutation("service agent that does not exist", KEY_GRANT, "member",
             edit(lambda who: re.sub("@[a-z-]+", "@gke-robot", who))),
    Mutation("service agent of another project", KEY_GRANT, "member",
             edit(lambda who: re.sub("service-[0-9]+", "service-1", who))),
    Mutation("pipeline from a pool that is not there", ACCOUNT_GRANT, "member",
             edit(lambda who: re.sub("workloadIdentityPools/[^/]+", "workloadIdentityPools/none", who)),
             lambda one: "workloadIdentityPools/" in one["inputs"]["member"]),
    Mutation("tenant's account that is not there", FOLDER_GRANT, "member",
             edit(lambda who: who.rpartition("/")[0] + "/nobody")),
    Mutation("tenant's namespace that is not there", FOLDER_GRANT, "member",
             edit(lambda who: re.sub("/ns/[^/]+", "/ns/nowhere", who))),
    Mutation("tenant's pool of another project", FOLDER_GRANT, "member",
             edit(lambda who: who.replace(".svc.id.goog", "x.svc.id.goog"))),
    Mutation("folder without its end", FOLDER, "name", edit(lambda name: name.rstrip("/"))),
    Mutation("folder of another bucket", FOLDER, "bucket", to("another-bucket")),
    Mutation("condition with a bracket too many", PROJECT_GRANT, "condition.expression", edit(lambda text: text + ")")),
    Mutation("condition without a title", PROJECT_GRANT, "condition.title", delete),
    Mutation("condition of a role that does not exist", PROJECT_GRANT, "condition.expression",
             edit(lambda text: text.replace("roles/container.", "roles/gke."))),
    Mutation("DNS zone without its dot", ZONE, "dnsName", edit(lambda name: name.rstrip("."))),
    Mutation("DNS zone of nobody", ZONE, "visibility", to("internal")),
    Mutation("record outside its zone", RECORD, "name", to("www.example.com.")),
    Mutation("record of a type that does not exist", RECORD, "type", edit(str.lower)),
    Mutation("record in a zone that is not there", RECORD, "managedZone", to("no-such-zone")),
    Mutation("firewall of a protocol that does not exist", FIREWALL, "allows[0].protocol", to("http")),
    Mutation("firewall open to the internet", FIREWALL, "sourceRanges", to(["0.0.0.0/0"])),
    Mutation("firewall that allows and denies", FIREWALL, "", add("denies", [{"protocol": "all"}])),
    Mutation("admin group of another name", CLUSTER, "authenticatorGroupsConfig.securityGroup",
             to("admins@example.com")),
    Mutation("first nodes of a machine that does not exist", CLUSTER, "nodeConfig.machineType", to("e2-standard-3")),
)  # fmt: skip
