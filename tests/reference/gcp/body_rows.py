"""The rows of bodies.py: each resource type, its schema in a discovery document, and what differs."""

from __future__ import annotations

from reference.gcp.bodies import DROP, Body, as_list, flag, keyed, only
from reference.gcp.body_rows_sql import SQL

PROVIDER = {"project": DROP, "deletionPolicy": DROP}
_NODES = {
    "guestAccelerators": "accelerators",
    "guestAccelerators.type": "acceleratorType",
    "guestAccelerators.count": "acceleratorCount",
    "gpudirectStrategy": "gpuDirectConfig.gpuDirectStrategy",
    "loggingVariant": "loggingConfig.variantConfig.variant",
    "linuxNodeConfig.hugepagesConfig": "hugepages",
    "sandboxConfig.sandboxType": "type",
    "windowsNodeConfig.osversion": "osVersion",
    "hostMaintenancePolicy": DROP,  # container.v1beta1 only
    "containerdConfig.privateRegistryAccessConfig.certificateAuthorityDomainConfigs": (
        "certificateAuthorityDomainConfig"
    ),
    "containerdConfig.registryHosts.hosts.cas": "ca",
    "containerdConfig.registryHosts.hosts.clients": "client",
    "containerdConfig.registryHosts.hosts.headers": "header",
}
_POOL = {
    "cluster": DROP,
    "location": DROP,
    "namePrefix": DROP,
    "ignoreNodeCountChanges": DROP,
    "nodeLocations": "locations",
    "nodeCount": "initialNodeCount",
    "maxPodsPerNode": "maxPodsConstraint.maxPodsPerNode",
    "nodeDrainConfigs": "nodeDrainConfig",
    "maintenancePolicies": "maintenancePolicy",
    "networkConfig.podCidrOverprovisionConfig.disabled": "disable",
    "networkConfig.additionalPodNetworkConfigs.maxPodsPerNode": "maxPodsPerNode.maxPodsPerNode",
    "networkConfig.additionalNodeNetworkConfigs.stackType": DROP,  # in no API document
    "nodeConfig": "config",
    **{f"nodeConfig.{key}": value for key, value in _NODES.items()},
}
_FLAG = "insecureKubeletReadonlyPortEnabled"
_CLUSTER = {
    "allowNetAdmin": "autopilot.workloadPolicyConfig.allowNetAdmin",
    "enableAutopilot": "autopilot.enabled",
    "clusterAutoscaling": "autoscaling",
    "clusterAutoscaling.enabled": "enableNodeAutoprovisioning",
    "clusterAutoscaling.autoProvisioningLocations": "autoprovisioningLocations",
    "clusterAutoscaling.autoProvisioningDefaults": "autoprovisioningNodePoolDefaults",
    "clusterAutoscaling.autoProvisioningDefaults.diskSize": "diskSizeGb",
    "clusterAutoscaling.defaultComputeClassEnabled": "defaultComputeClassConfig.enabled",
    "addonsConfig.rayOperatorConfigs": "rayOperatorConfig",
    "datapathProvider": "networkConfig.datapathProvider",
    "defaultMaxPodsPerNode": "defaultMaxPodsConstraint.maxPodsPerNode",
    "defaultSnatStatus": "networkConfig.defaultSnatStatus",
    "deletionProtection": DROP,
    "disableL4LbFirewallReconciliation": "networkConfig.disableL4LbFirewallReconciliation",
    "dnsConfig": "networkConfig.dnsConfig",
    "enableCiliumClusterwideNetworkPolicy": "networkConfig.enableCiliumClusterwideNetworkPolicy",
    "enableFqdnNetworkPolicy": "networkConfig.enableFqdnNetworkPolicy",
    "enableIntranodeVisibility": "networkConfig.enableIntraNodeVisibility",
    "enableL4IlbSubsetting": "networkConfig.enableL4ilbSubsetting",
    "enableLegacyAbac": "legacyAbac.enabled",
    "enableMultiNetworking": "networkConfig.enableMultiNetworking",
    "enableShieldedNodes": "shieldedNodes.enabled",
    "gatewayApiConfig": "networkConfig.gatewayApiConfig",
    "inTransitEncryptionConfig": "networkConfig.inTransitEncryptionConfig",
    "ipAllocationPolicy.additionalIpRangesConfigs": DROP,  # output only at creation
    "ipAllocationPolicy.podCidrOverprovisionConfig.disabled": "disable",
    "loggingConfig.enableComponents": "componentConfig.enableComponents",
    "monitoringConfig.enableComponents": "componentConfig.enableComponents",
    "monitoringConfig.managedPrometheus": "managedPrometheusConfig",
    "maintenancePolicy.dailyMaintenanceWindow": "window.dailyMaintenanceWindow",
    "maintenancePolicy.recurringMaintenanceWindow": "window.recurringMaintenanceWindow",
    "maintenancePolicy.recurringWindow": "window.recurringWindow",
    "maintenancePolicy.recurringWindow.startTime": "window.startTime",
    "maintenancePolicy.recurringWindow.endTime": "window.endTime",
    "maintenancePolicy.maintenanceExclusions": "window.maintenanceExclusions",
    "maintenancePolicy.maintenanceExclusions.exclusionOptions": "maintenanceExclusionOptions",
    "minMasterVersion": "initialClusterVersion",
    "networkingMode": DROP,
    "networkPerformanceConfig": "networkConfig.networkPerformanceConfig",
    "nodeLocations": "locations",
    "nodeVersion": DROP,
    "location": DROP,
    "ignoreNodeCountChanges": DROP,
    "removeDefaultNodePool": DROP,
    "skipNodePoolRefresh": DROP,
    "privateIpv6GoogleAccess": "networkConfig.privateIpv6GoogleAccess",
    "serviceExternalIpsConfig": "networkConfig.serviceExternalIpsConfig",
    "notificationConfig.pubsub.filter.eventTypes": "eventType",
    "resourceUsageExportConfig.enableResourceConsumptionMetering": "consumptionMeteringConfig.enabled",
    "nodePoolDefaults.nodeConfigDefaults.loggingVariant": "loggingConfig.variantConfig.variant",
    "nodePoolDefaults.nodeConfigDefaults.insecureKubeletReadonlyPortEnabled": (
        "nodeKubeletConfig.insecureKubeletReadonlyPortEnabled"
    ),
    **{f"nodeConfig.{key}": value for key, value in _NODES.items()},
}


def _member(api: str, *where: str) -> Body:
    """A grant: one member of one role's binding; `where` are the properties that name the resource."""
    return Body(
        api,
        "Binding",
        {**PROVIDER, **dict.fromkeys(where, DROP), "member": "members"},
        {"member": as_list},
    )


def _plain(api: str, schema: str, **moves: str) -> Body:
    return Body(api, schema, {**PROVIDER, **moves})


BODIES: dict[str, Body] = {
    "gcp:container/nodePool:NodePool": Body(
        "container.v1",
        "NodePool",
        {
            **PROVIDER,
            **_POOL,
            "maintenancePolicies.exclusionUntilEndOfSupports": "exclusionUntilEndOfSupport",
        },
        {
            f"nodeConfig.kubeletConfig.{_FLAG}": flag,
            "nodeDrainConfigs": only,
            "maintenancePolicies": only,
            "maintenancePolicies.exclusionUntilEndOfSupports": only,
        },
    ),
    "gcp:container/cluster:Cluster": Body(
        "container.v1",
        "Cluster",
        {**PROVIDER, **_CLUSTER},
        {
            "maintenancePolicy.maintenanceExclusions": keyed("exclusionName"),
            f"nodeConfig.kubeletConfig.{_FLAG}": flag,
            f"nodePoolDefaults.nodeConfigDefaults.{_FLAG}": flag,
            f"clusterAutoscaling.autoProvisioningDefaults.{_FLAG}": flag,
            "addonsConfig.rayOperatorConfigs": only,
            "clusterAutoscaling.autoProvisioningDefaults.management.upgradeOptions": only,
        },
    ),
    "gcp:compute/network:Network": Body(
        "compute.v1",
        "Network",
        {
            **PROVIDER,
            "routingMode": "routingConfig.routingMode",
            "bgpBestPathSelectionMode": "routingConfig.bgpBestPathSelectionMode",
            "bgpAlwaysCompareMed": "routingConfig.bgpAlwaysCompareMed",
            "bgpInterRegionCost": "routingConfig.bgpInterRegionCost",
            "deleteBgpAlwaysCompareMed": DROP,
            "deleteDefaultRoutesOnCreate": DROP,
        },
    ),
    "gcp:compute/subnetwork:Subnetwork": _plain("compute.v1", "Subnetwork", sendSecondaryIpRangeIfEmpty=DROP),
    "gcp:compute/router:Router": _plain("compute.v1", "Router"),
    "gcp:compute/routerNat:RouterNat": Body(
        "compute.v1",
        "RouterNat",
        {
            **PROVIDER,
            "router": DROP,
            "region": DROP,
            "initialNatIps": DROP,
            "subnetworks.sourceIpRangesToNats": "sourceIpRangesToNat",
        },
    ),
    "gcp:compute/firewall:Firewall": Body(
        "compute.v1",
        "Firewall",
        {
            **PROVIDER,
            "allows": "allowed",
            "denies": "denied",
            "allows.protocol": "IPProtocol",
            "denies.protocol": "IPProtocol",
            "enableLogging": "logConfig.enable",
        },
    ),
    "gcp:compute/route:Route": _plain("compute.v1", "Route", nextHopInstanceZone=DROP),
    "gcp:compute/address:Address": _plain("compute.v1", "Address", region=DROP),
    "gcp:compute/globalAddress:GlobalAddress": _plain("compute.v1", "Address"),
    # beta: the provider's fields maxDistance, tpuTopology and maintenanceInterval are there only
    "gcp:compute/resourcePolicy:ResourcePolicy": Body(
        "compute.beta",
        "ResourcePolicy",
        {**PROVIDER, "region": DROP, "diskConsistencyGroupPolicy.enabled": DROP},
    ),
    "gcp:compute/reservation:Reservation": Body(
        "compute.beta",
        "Reservation",
        {**PROVIDER, "shareSettings.projectMaps": "projectMap", "shareSettings.projects": DROP},
        {"shareSettings.projectMaps": keyed("id")},
    ),
    "gcp:serviceaccount/account:Account": _plain(
        "iam.v1", "ServiceAccount", accountId=DROP, createIgnoreAlreadyExists=DROP, disabled=DROP
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": _member("iam.v1", "serviceAccountId"),
    "gcp:projects/iAMMember:IAMMember": _member("cloudresourcemanager.v3"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _plain(
        "iam.v1", "Role", roleId=DROP, permissions="includedPermissions"
    ),
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": _plain("cloudresourcemanager.v3", "AuditConfig"),
    "gcp:projects/service:Service": _plain(
        "serviceusage.v1",
        "GoogleApiServiceusageV1Service",
        service=DROP,
        disableOnDestroy=DROP,
        disableDependentServices=DROP,
        checkIfServiceHasUsageOnDestroy=DROP,
    ),
    "gcp:storage/bucket:Bucket": Body(
        "storage.v1",
        "Bucket",
        {
            **PROVIDER,
            "forceDestroy": DROP,
            "enableObjectRetention": DROP,
            "requesterPays": "billing.requesterPays",
            "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
            "uniformBucketLevelAccess": "iamConfiguration.uniformBucketLevelAccess.enabled",
            "lifecycleRules": "lifecycle.rule",
            **{
                f"lifecycleRules.condition.{key}": DROP
                for key in (
                    "withState",
                    "sendAgeIfZero",
                    "sendDaysSinceCustomTimeIfZero",
                    "sendDaysSinceNoncurrentTimeIfZero",
                    "sendNumNewerVersionsIfZero",
                )
            },
            "lifecycleRules.condition.matchesPrefixes": "matchesPrefix",
            "lifecycleRules.condition.matchesSuffixes": "matchesSuffix",
            "lifecycleRules.condition.matchesStorageClasses": "matchesStorageClass",
            "cors.methods": "method",
            "cors.origins": "origin",
            "cors.responseHeaders": "responseHeader",
        },
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _member("iam.v1", "bucket"),
    "gcp:storage/managedFolder:ManagedFolder": _plain("storage.v1", "ManagedFolder", forceDestroy=DROP),
    "gcp:storage/managedFolderIamMember:ManagedFolderIamMember": _member("iam.v1", "bucket", "managedFolder"),
    "gcp:kms/keyRing:KeyRing": _plain("cloudkms.v1", "KeyRing", name=DROP, location=DROP),
    "gcp:kms/cryptoKey:CryptoKey": _plain(
        "cloudkms.v1", "CryptoKey", name=DROP, keyRing=DROP, skipInitialVersionCreation=DROP
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _member("cloudkms.v1", "cryptoKeyId"),
    "gcp:kms/keyRingIAMMember:KeyRingIAMMember": _member("cloudkms.v1", "keyRingId"),
    "gcp:filestore/instance:Instance": Body(
        "file.v1",
        "Instance",
        {
            **PROVIDER,
            "name": DROP,
            "location": DROP,
            "zone": DROP,
            "desiredReplicaState": DROP,
            "initialReplication": "replication",
        },
        {"fileShares": as_list},
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _plain(
        "iam.v1", "WorkloadIdentityPool", workloadIdentityPoolId=DROP
    ),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": _plain(
        "iam.v1",
        "WorkloadIdentityPoolProvider",
        workloadIdentityPoolId=DROP,
        workloadIdentityPoolProviderId=DROP,
    ),
    "gcp:artifactregistry/repository:Repository": Body(
        "artifactregistry.v1",
        "Repository",
        {**PROVIDER, "repositoryId": DROP, "location": DROP},
        {"cleanupPolicies": keyed("id")},
    ),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": _member(
        "artifactregistry.v1", "repository", "location"
    ),
    "gcp:pubsub/topic:Topic": _plain("pubsub.v1", "Topic"),
    "gcp:pubsub/subscription:Subscription": _plain("pubsub.v1", "Subscription"),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": _member("pubsub.v1", "topic"),
    "gcp:dns/managedZone:ManagedZone": _plain("dns.v1", "ManagedZone", forceDestroy=DROP, reverseLookup=DROP),
    "gcp:dns/recordSet:RecordSet": _plain("dns.v1", "ResourceRecordSet", managedZone=DROP),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": _plain(
        "logging.v2", "LogBucket", bucketId=DROP, location=DROP, enableAnalytics="analyticsEnabled"
    ),
    "gcp:logging/projectSink:ProjectSink": _plain(
        "logging.v2", "LogSink", uniqueWriterIdentity=DROP, customWriterIdentity=DROP
    ),
    "gcp:logging/projectExclusion:ProjectExclusion": _plain("logging.v2", "LogExclusion"),
    "gcp:secretmanager/secret:Secret": Body(
        "secretmanager.v1",
        "Secret",
        {**PROVIDER, "secretId": DROP, "deletionProtection": DROP, "replication.auto": "automatic"},
    ),
    "gcp:secretmanager/secretIamMember:SecretIamMember": _member("secretmanager.v1", "secretId"),
    "gcp:servicenetworking/connection:Connection": _plain(
        "servicenetworking.v1", "Connection", service=DROP, updateOnCreationFail=DROP
    ),
    **SQL,
}
UNDOCUMENTED = {
    "gcp:projects/serviceIdentity:ServiceIdentity": "made by a call that has no body: generateServiceIdentity",
    "gcp:lustre/instance:Instance": "google-api-python-client 2.202.0 has no document of the Managed Lustre API",
}
"""Resource types that no discovery document describes, with the reason: the SDK and the rules judge them."""
