"""Mistakes that the judge of AWS must notice, one at a time: network, cluster, identity, storage, events."""

from __future__ import annotations

from reference.aws.declared import CLUSTER, NODE_GROUP, PROVIDER, ROLE, SECURITY_GROUP, SUBNET, VPC
from reference.aws.kubernetes_objects import PROVIDER as KUBERNETES
from reference.aws.kubernetes_objects import STORAGE_CLASS, VOLUME
from reference.aws.rules_cluster import ADDON, ASSOCIATION, ATTACHMENT, ENTRY, POD_IDENTITY
from reference.aws.rules_files import LUSTRE, MOUNT_TARGET
from reference.aws.rules_links import ISSUER, TAG
from reference.aws.rules_network import EGRESS, ENDPOINT, INGRESS, NAT, ROUTE
from reference.aws.rules_services import BUCKET, EVENT_RULE, EVENT_TARGET, KEY, QUEUE
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"


def _interface(one: Resource) -> bool:
    return one["inputs"].get("vpcEndpointType") == "Interface"


def _with_ports(one: Resource) -> bool:
    return one["inputs"].get("ipProtocol") == "tcp"


def _to_itself(one: Resource) -> bool:
    return one["inputs"].get("securityGroupId") == one["inputs"].get("referencedSecurityGroupId")


def _of(driver: str):
    return lambda one: one["inputs"].get("provisioner") == driver


def _crossed(source: str, other: str):
    return edit(lambda text: text.replace(source, other))


def _tells(kind: str):
    return lambda one: f"node-template/{kind}/" in one["inputs"]["tag"]["key"]


def _federated(one: Resource) -> bool:
    return "Federated" in str(one["inputs"].get("assumeRolePolicy"))


def _door(one: Resource) -> bool:
    """A range outside that may call the private API server."""
    return "cidrIpv4" in one["inputs"] and CLUSTER in one["inputs"]["securityGroupId"]


_SCORING = "kubeSchedulerConfig.nodeResourcesFit.scoringStrategy"
_VPC_ARN = "${aws:ec2/vpc:Vpc::nobody.arn}"

NETWORK = (
    Mutation("region that does not exist", PROVIDER, "region", to("us-east-9")),
    Mutation("region is another", PROVIDER, "region", to("eu-south-2")),
    Mutation("network range with host bits", VPC, "cidrBlock", to("10.0.0.1/16")),
    Mutation("network range too wide", VPC, "cidrBlock", to("10.0.0.0/8")),
    Mutation("network without names for hosts", VPC, "enableDnsHostnames", to(False)),
    Mutation("subnet outside the network", SUBNET, "cidrBlock", to("192.168.7.0/24")),
    Mutation("subnet over another", SUBNET, "cidrBlock", to("10.0.0.0/16")),
    Mutation("zone of another region", SUBNET, "availabilityZone", to("eu-west-1a")),
    Mutation("zone that does not exist", SUBNET, "availabilityZone", edit(lambda zone: zone[:-1] + "z")),
    Mutation("subnet in a security group", SUBNET, "vpcId", _crossed("aws:ec2/vpc:Vpc", SECURITY_GROUP)),
    Mutation("subnet without a network", SUBNET, "vpcId", delete),
    Mutation("route without a destination", ROUTE, "destinationCidrBlock", delete),
    Mutation("route to two targets", ROUTE, "natGatewayId", lambda at, key: at.update(gatewayId=at[key])),
    Mutation("NAT gateway with an address's ARN", NAT, "allocationId", _crossed(".id}", ".arn}")),
    Mutation("NAT gateway in a private subnet", NAT, "subnetId", _crossed("-public-", "-nodes-")),
    Mutation("endpoint's service in another region", ENDPOINT, "serviceName", to("com.amazonaws.ap-south-2.s3")),
    Mutation("endpoint's service misspelt", ENDPOINT, "serviceName", edit(lambda name: name + "x")),
    Mutation("endpoint's type in small letters", ENDPOINT, "vpcEndpointType", to("interface"), _interface),
    Mutation("interface endpoint without subnets", ENDPOINT, "subnetIds", delete, _interface),
    Mutation("rule lets the internet in", INGRESS, "cidrIpv4", to("0.0.0.0/0")),
    Mutation("rule with ports turned round", INGRESS, "fromPort", to(65535), _with_ports),
    Mutation("rule with a protocol that does not exist", INGRESS, "ipProtocol", to("all")),
    Mutation("EFA may not talk to itself", EGRESS, "ipProtocol", to("tcp"), _to_itself),
    Mutation("route with a range that is none", ROUTE, "destinationCidrBlock", to("0.0.0.0/33")),
    Mutation("rule for all protocols with ports", INGRESS, "ipProtocol", to("-1"), _with_ports),
    Mutation("tags kept for AWS", VPC, "tags", add("aws:mine", "x")),
    Mutation("tag with a key too long", VPC, "tags", add("k" * 129, "x")),
    Mutation("too many tags", VPC, "tags", to({f"k{number}": "x" for number in range(51)})),
    Mutation("tags are a text", VPC, "tags", to("prod")),
    Mutation("a reference that no rule knows", ENDPOINT, "", add("resourceConfigurationArn", _VPC_ARN)),
    Mutation("rule from nowhere", INGRESS, "referencedSecurityGroupId", delete),
    Mutation("flow log of a traffic that does not exist", FLOW_LOG, "trafficType", to("DENY")),
    Mutation("flow log by another role", FLOW_LOG, "iamRoleArn", to("${aws:iam/role:Role::nobody.arn}")),
)  # fmt: skip

CLUSTERS = (
    Mutation("cluster without vpcConfig", CLUSTER, "vpcConfig", delete),
    Mutation("vpcConfig misspelt", CLUSTER, "vpcConfig", rename("resourcesVpcConfig")),
    Mutation("endpoint open to the internet", CLUSTER, "vpcConfig", lambda at, key: at[key].update(
        endpointPublicAccess=True, publicAccessCidrs=["0.0.0.0/0"])),
    Mutation("no endpoint at all", CLUSTER, "vpcConfig", lambda at, key: at[key].update(
        endpointPublicAccess=False, endpointPrivateAccess=False)),
    Mutation("public endpoint without an allow-list", CLUSTER, "vpcConfig", lambda at, key: at.update({key: {
        **{name: value for name, value in at[key].items() if name != "publicAccessCidrs"},
        "endpointPublicAccess": True}})),
    Mutation("allow-list of what is no range", CLUSTER, "vpcConfig", lambda at, key: at[key].update(
        endpointPublicAccess=True, publicAccessCidrs=["203.0.113.0/33"])),
    Mutation("range let in to the nodes too", INGRESS, "toPort", to(10250), _door),
    Mutation("range let in to another port", INGRESS, "", lambda at, key: at[key].update(fromPort=22, toPort=22),
             _door),
    Mutation("range let in by all protocols", INGRESS, "", lambda at, key: at.update({key: {
        "ipProtocol": "-1", **{name: at[key][name] for name in ("cidrIpv4", "securityGroupId")}}}), _door),
    Mutation("range of six with the internet in it", INGRESS, "", lambda at, key: at.update({key: {
        "cidrIpv6": "::/0", **{name: value for name, value in at[key].items() if name != "cidrIpv4"}}}), _door),
    Mutation("services in a range with host bits", CLUSTER, "kubernetesNetworkConfig.serviceIpv4Cidr",
             to("172.20.0.1/16")),
    Mutation("services in the internet's range", CLUSTER, "kubernetesNetworkConfig.serviceIpv4Cidr", to("8.8.0.0/16")),
    Mutation("services in the network's range", CLUSTER, "kubernetesNetworkConfig.serviceIpv4Cidr", to("10.0.0.0/16")),
    Mutation("scheduler spreads pods", CLUSTER, f"{_SCORING}.type", to("LeastAllocated")),
    Mutation("scoring strategy that EKS has not", CLUSTER, f"{_SCORING}.type", to("RequestedToCapacityRatio")),
    Mutation("scheduler as it is by default", CLUSTER, "kubeSchedulerConfig", delete),
    Mutation("weight of nothing", CLUSTER, f"{_SCORING}.resources[0].weight", to(0)),
    Mutation("weight beyond the limit", CLUSTER, f"{_SCORING}.resources[0].weight", to(101)),
    Mutation("weight is a text", CLUSTER, f"{_SCORING}.resources[0].weight", to("heavy")),
    Mutation("resource that EKS does not count", CLUSTER, f"{_SCORING}.resources[0].name", to("amd.com/gpu")),
    Mutation("resource counted twice", CLUSTER, f"{_SCORING}.resources", edit(lambda many: [*many, many[0]])),
    Mutation("memory counts for nothing", CLUSTER, f"{_SCORING}.resources", edit(lambda many: many[:-1])),
    Mutation("scoring misspelt", CLUSTER, _SCORING, rename("scoring")),
    Mutation("log types are a text", CLUSTER, "enabledClusterLogTypes", to("audit")),
    Mutation("add-on preserves what is not there", ADDON, "resolveConflictsOnCreate", to("PRESERVE")),
    Mutation("add-on with two roles", ADDON, "", add("serviceAccountRoleArn", "arn:aws:iam::123456789012:role/x"),
             lambda one: bool(one["inputs"].get("podIdentityAssociations"))),
    Mutation("add-on without its role", ADDON, "podIdentityAssociations", delete),
    Mutation("no agent for pod identities", ADDON, "addonName", to("metrics-server"),
             lambda one: one["inputs"]["addonName"] == "eks-pod-identity-agent"),
    Mutation("access for somebody without an entry", ASSOCIATION, "principalArn",
             to("arn:aws:iam::123456789012:role/nobody")),
    Mutation("access to a namespace of no name", ASSOCIATION, "accessScope",
             to({"type": "namespace", "namespaces": ["No_Body"]})),
    Mutation("pod identity of a service account of no name", POD_IDENTITY, "serviceAccount", to("No_Body")),
    Mutation("kubeconfig of no cluster", KUBERNETES, "kubeconfig@json.users[0].user.exec.args",
             edit(lambda words: [word for word in words if word != "--cluster-name"])),
    Mutation("kubeconfig of another region", KUBERNETES, "kubeconfig@json.users[0].user.exec.args",
             edit(lambda words: [word.replace("us-east-1", "eu-west-1") for word in words])),
    Mutation("kubeconfig without an authority", KUBERNETES,
             "kubeconfig@json.clusters[0].cluster.certificate-authority-data", delete),
    Mutation("private endpoint is a text", CLUSTER, "vpcConfig.endpointPrivateAccess", to("yes")),
    Mutation("cluster in one subnet", CLUSTER, "vpcConfig.subnetIds", edit(lambda many: many[:1])),
    Mutation("log type misspelt", CLUSTER, "enabledClusterLogTypes[0]", to("Api")),
    Mutation("Kubernetes version with a v", CLUSTER, "version", edit(lambda text: f"v{text}")),
    Mutation("encryption of what does not exist", CLUSTER, "encryptionConfig.resources[0]", to("configmaps")),
    Mutation("encryption without a key", CLUSTER, "encryptionConfig.provider", delete),
    Mutation("authentication mode misspelt", CLUSTER, "accessConfig.authenticationMode", to("Api")),
    Mutation("access entries with a config map", CLUSTER, "accessConfig.authenticationMode", to("CONFIG_MAP")),
    Mutation("support type misspelt", CLUSTER, "upgradePolicy.supportType", to("standard")),
    Mutation("cluster role of the nodes", CLUSTER, "roleArn", to("${aws:iam/role:Role::nobody.arn}")),
    Mutation("cluster's name too long", CLUSTER, "name", to("c" * 101)),
    Mutation("cluster's name with an underscore first", CLUSTER, "name", to("_prod")),
    Mutation("add-on that does not exist", ADDON, "addonName", to("vpc-cnii")),
    Mutation("add-on version without a build", ADDON, "addonVersion", to("1.20.4")),
    Mutation("add-on conflict word misspelt", ADDON, "resolveConflictsOnCreate", to("Overwrite")),
    Mutation("add-on values are no JSON", ADDON, "", lambda at, key: at[key].update(configurationValues="a: b")),
    Mutation("add-on without a cluster", ADDON, "clusterName", delete),
    Mutation("add-on as another service account", ADDON, "podIdentityAssociations[0].serviceAccount", to("default")),
    Mutation("access entry of a group", ENTRY, "principalArn", to("arn:aws:iam::123456789012:group/admins")),
    Mutation("access entry of a type that does not exist", ENTRY, "type", to("LINUX")),
    Mutation("access entry in a kept group", ENTRY, "", add("kubernetesGroups", ["system:masters"])),
    Mutation("access policy that does not exist", ASSOCIATION, "policyArn",
             to("arn:aws:eks::aws:cluster-access-policy/AmazonEKSRootPolicy")),
    Mutation("access policy of IAM", ASSOCIATION, "policyArn", to("arn:aws:iam::aws:policy/AdministratorAccess")),
    Mutation("access scope misspelt", ASSOCIATION, "accessScope.type", to("Cluster")),
    Mutation("namespace scope without namespaces", ASSOCIATION, "accessScope", to({"type": "namespace"})),
    Mutation("pod identity without a namespace", POD_IDENTITY, "namespace", delete),
    Mutation("pod identity with a policy's ARN", POD_IDENTITY, "roleArn", to("${aws:iam/policy:Policy::nobody.arn}")),
    Mutation("kubeconfig with a token", KUBERNETES, "kubeconfig@json.users[0].user", add("token", "abc")),
    Mutation("kubeconfig runs another program", KUBERNETES, "kubeconfig@json.users[0].user.exec.args[1]", to("token")),
    Mutation("kubeconfig's exec of an old version", KUBERNETES, "kubeconfig@json.users[0].user.exec.apiVersion",
             to("client.authentication.k8s.io/v1alpha1")),
)  # fmt: skip

IDENTITY = (
    Mutation("role's name too long", ROLE, "", lambda at, key: at[key].update(name="r" * 65)),
    Mutation("trust is no JSON", ROLE, "assumeRolePolicy", to("{")),
    Mutation("trust's effect misspelt", ROLE, "assumeRolePolicy@json.Statement[0].Effect", to("allow")),
    Mutation("trust's action misspelt", ROLE, "assumeRolePolicy@json.Statement[0].Action", to("sts:Assume")),
    Mutation("trust in everyone", ROLE, "assumeRolePolicy@json.Statement[0].Principal", to("*")),
    Mutation("trust in a service that is none", ROLE, "assumeRolePolicy@json.Statement[0].Principal.Service",
             to("eks.amazon.com")),
    Mutation("pods without tagged sessions", ROLE, "assumeRolePolicy@json.Statement[0].Action", to("sts:AssumeRole"),
             lambda one: "pods.eks.amazonaws.com" in str(one["inputs"].get("assumeRolePolicy"))),
    Mutation("managed policy that does not exist", ATTACHMENT, "policyArn",
             to("arn:aws:iam::aws:policy/AmazonEKSWorkerPolicy")),
    Mutation("managed policy in the wrong path", ATTACHMENT, "policyArn",
             to("arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy")),
    Mutation("nodes without their policy", ATTACHMENT, "policyArn", to("arn:aws:iam::aws:policy/ReadOnlyAccess"),
             lambda one: "AmazonEKSWorkerNode" in one["inputs"]["policyArn"]),
    Mutation("key that is kept for a day", KEY, "deletionWindowInDays", to(1)),
    Mutation("key that is not rotated", KEY, "enableKeyRotation", to(False)),
    Mutation("alias without its prefix", "aws:kms/alias:Alias", "name", edit(lambda name: name.removeprefix("alias/"))),
    Mutation("queue anyone may send to", QUEUE_POLICY, "policy@json.Statement[0].Principal", to("*")),
    Mutation("queue's policy on another thing", QUEUE_POLICY, "policy@json.Statement[0].Resource",
             to("arn:aws:s3:::bucket")),
    Mutation("queue's action misspelt", QUEUE_POLICY, "policy@json.Statement[0].Action", to("sqs:SendMessages")),
    Mutation("condition on a key of no service", QUEUE_POLICY,
             "policy@json.Statement[0].Condition.ArnEquals.aws:SourceArn", rename("awz:SourceArn")),
    Mutation("condition by an operator that does not exist", QUEUE_POLICY,
             "policy@json.Statement[0].Condition.ArnEquals", rename("ArnIs")),
    Mutation("EventBridge may not send", QUEUE_POLICY, "policy@json.Statement[0].Principal.Service",
             to("sqs.amazonaws.com")),
)  # fmt: skip

SERVICES = (
    Mutation("bucket's name in capitals", BUCKET, "", lambda at, key: at[key].update(bucket="Fairlead")),
    Mutation("bucket's name too long", BUCKET, "", lambda at, key: at[key].update(bucket="b" * 64)),
    Mutation("versioning off", "aws:s3/bucketVersioning:BucketVersioning", "versioningConfiguration.status",
             to("Suspended")),
    Mutation("versioning misspelt", "aws:s3/bucketVersioning:BucketVersioning", "versioningConfiguration.status",
             to("enabled")),
    Mutation("public access not blocked", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
             "restrictPublicBuckets", to(False)),
    Mutation("encryption misspelt", "aws:s3/bucketServerSideEncryptionConfiguration:"
             "BucketServerSideEncryptionConfiguration",
             "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", to("kms")),
    Mutation("queue keeps messages too long", QUEUE, "messageRetentionSeconds", to(9999999)),
    Mutation("event pattern is no JSON", EVENT_RULE, "eventPattern", to("source: aws.ec2")),
    Mutation("event pattern without lists", EVENT_RULE, "eventPattern@json.source", to("aws.ec2")),
    Mutation("event that nobody sends", EVENT_RULE, "eventPattern@json.detail-type[0]", to("Spot Interruption")),
    Mutation("event of another source", EVENT_RULE, "eventPattern@json.source[0]", to("aws.ecs")),
    Mutation("target of another rule", EVENT_TARGET, "rule", to("nobody")),
    Mutation("target is the queue's URL", EVENT_TARGET, "arn", _crossed(".arn}", ".url}")),
    Mutation("retention that does not exist", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", to(100)),
    Mutation("file system mode misspelt", FILE_SYSTEM, "throughputMode", to("Elastic")),
    Mutation("file system with a broken key", FILE_SYSTEM, "kmsKeyId", to("arn:aws:kms:key/x")),
    Mutation("mount target without NFS", MOUNT_TARGET, "securityGroups", to([])),
    Mutation("mount target in a network", MOUNT_TARGET, "subnetId", to("${aws:ec2/vpc:Vpc::nobody.id}")),
    Mutation("Lustre of a type that does not exist", LUSTRE, "deploymentType", to("PERSISTENT_3")),
    Mutation("Lustre of a size that does not exist", LUSTRE, "storageCapacity", to(1300)),
    Mutation("Lustre at a speed that does not exist", LUSTRE, "perUnitStorageThroughput", to(300)),
    Mutation("class of a driver that does not exist", STORAGE_CLASS, "provisioner", to("kubernetes.io/aws-ebs")),
    Mutation("class with a volume type that does not exist", STORAGE_CLASS, "parameters.type", to("gp5"),
             _of("ebs.csi.aws.com")),
    Mutation("class with a parameter misspelt", STORAGE_CLASS, "parameters", add("encrypt", "true")),
    Mutation("class with a switch that is no text", STORAGE_CLASS, "parameters.encrypted", to(True)),
    Mutation("class of files by another way", STORAGE_CLASS, "parameters.provisioningMode", to("efs-dir")),
    Mutation("class of standing volumes with parameters", STORAGE_CLASS, "", add("parameters", {"type": "gp3"}),
             _of("kubernetes.io/no-provisioner")),
    Mutation("volume of another driver", VOLUME, "spec.csi.driver", to("nfs.csi.k8s.io")),
    Mutation("volume of another file system", VOLUME, "spec.csi.volumeHandle",
             _crossed("aws:fsx/lustreFileSystem:LustreFileSystem", FILE_SYSTEM)),
    Mutation("volume for whoever comes first", VOLUME, "spec.claimRef", delete),
    Mutation("volume that tenants write", VOLUME, "spec.mountOptions", to(["flock"])),
    Mutation("volume of a class that makes others", STORAGE_CLASS, "provisioner", to("ebs.csi.aws.com"),
             _of("kubernetes.io/no-provisioner")),
    Mutation("volume by another output", VOLUME, "spec.csi.volumeAttributes.dnsname", _crossed(".dnsName}", ".id}")),
    Mutation("rule by time and by event", EVENT_RULE, "", add("scheduleExpression", "rate(1 day)")),
    Mutation("two mount targets in a zone", MOUNT_TARGET, "subnetId", _crossed("us-east-1b", "us-east-1c")),
    Mutation("Lustre's port closed", INGRESS, "fromPort", to(989), lambda one: one["inputs"].get("fromPort") == 988),
    Mutation("Lustre's servers shut out from each other", INGRESS, "securityGroupId", _crossed("-parallel", "-fabric"),
             lambda one: one["name"].endswith("-parallel-servers-988")),
    Mutation("Lustre's servers let each other in on too few ports", INGRESS, "toPort", to(1022),
             lambda one: one["name"].endswith("-parallel-servers-1018")),
    Mutation("Lustre's servers may not call each other", EGRESS, "referencedSecurityGroupId",
             _crossed("-parallel", "-fabric"), lambda one: one["name"].endswith("-parallel-servers-988")),
    Mutation("Lustre's servers may not call the nodes", EGRESS, "fromPort", to(1019),
             lambda one: one["name"].endswith("-parallel-nodes-1018")),
    Mutation("nodes shut Lustre's servers out", INGRESS, "ipProtocol", to("udp"),
             lambda one: one["name"].endswith("-parallel-back-988")),
    Mutation("Lustre before its doors are open", LUSTRE, "", lambda at, key: at.update({key: at[key][:-1]}),
             part="depends_on"),
    Mutation("public access blocked on another bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
             "bucket", to("nobody")),
    Mutation("class that binds at once", STORAGE_CLASS, "volumeBindingMode", to("Immediate"), _of("ebs.csi.aws.com")),
    Mutation("class without its file system", STORAGE_CLASS, "parameters.fileSystemId", delete),
)  # fmt: skip

LINKS = (
    Mutation("access entry in a group without rights", ENTRY, "kubernetesGroups[0]", to("nobody")),
    Mutation("pod identity of a service account that is not there", POD_IDENTITY, "serviceAccount", to("nobody")),
    Mutation("pod identity in a namespace that is not there", POD_IDENTITY, "namespace", to("nowhere")),
    Mutation("autoscaler told of another label", TAG, "tag.value", to("nobody"), _tells("label")),
    Mutation("autoscaler told of a label that is not there", TAG, "tag.key", edit(lambda key: f"{key}x"),
             _tells("label")),
    Mutation("autoscaler told of another taint", TAG, "tag.value", to("present:NoExecute"), _tells("taint")),
    Mutation("autoscaler told of accelerators in words", TAG, "tag.value", to("eight"), _tells("resources")),
    Mutation("autoscaler told of nothing it knows", TAG, "tag.key", to("k8s.io/autoscaler/label/a")),
    Mutation("tag on nothing", TAG, "autoscalingGroupName", to("nobody")),
    Mutation("nodes newer than their cluster", NODE_GROUP, "version", to("1.99")),
    Mutation("release of another version", NODE_GROUP, "releaseVersion", to("1.20.1-20250101")),
    Mutation("pipeline's trust in another issuer", ROLE, "assumeRolePolicy@json.Statement[0].Condition", to(
        {"StringEquals": {"example.com:aud": "sts.amazonaws.com"}, "StringLike": {"example.com:sub": "x"}}),
             _federated),
    Mutation("pipeline's trust for anyone", ROLE, "assumeRolePolicy@json.Statement[0].Condition.StringLike",
             edit(lambda tests: dict.fromkeys(tests, "*")), _federated),
    Mutation("pipeline's trust without a subject", ROLE, "assumeRolePolicy@json.Statement[0].Condition.StringLike",
             delete, _federated),
    Mutation("pipeline's trust for another audience", ROLE, "assumeRolePolicy@json.Statement[0].Condition.StringEquals",
             edit(lambda tests: dict.fromkeys(tests, "everyone")), _federated),
    Mutation("issuer without TLS", ISSUER, "url", edit(lambda url: url.replace("https://", "http://"))),
)  # fmt: skip
