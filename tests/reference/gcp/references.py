"""Which property points to what: references by kind, and the shape of paths that are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reference.common import Finding, Resource, is_unknown, whole_reference
from reference.gcp.declared import (
    ACCOUNT,
    BUCKET,
    CLUSTER,
    KEY,
    KEY_RING,
    NETWORK,
    POLICY,
    POOL,
    RESERVATION,
    SUBNETWORK,
    Declared,
    finding,
)

NAME = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
PROJECT = r"[a-z][-a-z0-9]{4,28}[a-z0-9]"
SITE = r"(https://www\.googleapis\.com/compute/[a-z0-9]+/)?"


@dataclass(frozen=True)
class Source:
    """What a property may be: an output of a declared resource, or a text of a certain shape."""

    type: str
    outputs: frozenset[str]
    literal: str
    """Shape of a full path; a bare name must be that of a declared resource."""


def _source(kind: str, outputs: str, literal: str) -> Source:
    return Source(kind, frozenset(outputs.split()), literal)


_NETWORK = _source(NETWORK, "id selfLink name", rf"{SITE}projects/{PROJECT}/global/networks/{NAME}")
_SUBNETWORK = _source(
    SUBNETWORK, "id selfLink name", rf"{SITE}projects/{PROJECT}/regions/[a-z0-9-]+/subnetworks/{NAME}"
)
_KEY = _source(
    KEY, "id", rf"projects/{PROJECT}/locations/[a-z0-9-]+/keyRings/[\w-]{{1,63}}/cryptoKeys/[\w-]{{1,63}}"
)
_EMAIL = _source(ACCOUNT, "email", rf"[a-z][-a-z0-9]{{4,28}}[a-z0-9]@{PROJECT}\.iam\.gserviceaccount\.com")
_NO_PATH = r"(?!)"
"""For properties that take a name only."""
_BUCKET = _source(BUCKET, "name", _NO_PATH)
_ADDRESS = _source(
    "gcp:compute/address:Address",
    "id selfLink",
    rf"{SITE}projects/{PROJECT}/regions/[a-z0-9-]+/addresses/{NAME}",
)
_SQL = "gcp:sql/databaseInstance:DatabaseInstance"
_SERVER = _source(_SQL, "name", _NO_PATH)

TABLE: dict[str, dict[str, Source]] = {
    POOL: {
        "cluster": _source(
            CLUSTER, "id name", rf"projects/{PROJECT}/(locations|zones|regions)/[a-z0-9-]+/clusters/{NAME}"
        ),
        "nodeConfig.serviceAccount": _EMAIL,
        "nodeConfig.bootDiskKmsKey": _KEY,
        "nodeConfig.reservationAffinity.values[]": _source(
            RESERVATION, "name", rf"(projects/{PROJECT}/reservations/)?{NAME}(/reservationBlocks/.+)?"
        ),
        "placementPolicy.policyName": _source(POLICY, "name", _NO_PATH),
        "networkConfig.additionalNodeNetworkConfigs[].network": _source(
            NETWORK, "name", rf"{SITE}projects/{PROJECT}/global/networks/{NAME}"
        ),
        "networkConfig.additionalNodeNetworkConfigs[].subnetwork": _source(
            SUBNETWORK, "name", rf"{SITE}projects/{PROJECT}/regions/[a-z0-9-]+/subnetworks/{NAME}"
        ),
    },
    CLUSTER: {
        "network": _NETWORK,
        "subnetwork": _SUBNETWORK,
        "databaseEncryption.keyName": _KEY,
        "nodeConfig.serviceAccount": _EMAIL,
        "clusterAutoscaling.autoProvisioningDefaults.serviceAccount": _EMAIL,
        "clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey": _KEY,
    },
    SUBNETWORK: {"network": _NETWORK},
    "gcp:compute/router:Router": {"network": _NETWORK},
    "gcp:compute/routerNat:RouterNat": {
        "router": _source("gcp:compute/router:Router", "name", _NO_PATH),
        "subnetworks[].name": _SUBNETWORK,
        "natIps[]": _ADDRESS,
    },
    "gcp:compute/firewall:Firewall": {"network": _NETWORK, "targetServiceAccounts[]": _EMAIL},
    "gcp:compute/address:Address": {"subnetwork": _SUBNETWORK, "network": _NETWORK},
    "gcp:compute/globalAddress:GlobalAddress": {"network": _NETWORK},
    "gcp:servicenetworking/connection:Connection": {
        "network": _NETWORK,
        "reservedPeeringRanges[]": _source("gcp:compute/globalAddress:GlobalAddress", "name", _NO_PATH),
    },
    KEY: {
        "keyRing": _source(KEY_RING, "id", rf"projects/{PROJECT}/locations/[a-z0-9-]+/keyRings/[\w-]{{1,63}}")
    },
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {"cryptoKeyId": _KEY},
    "gcp:serviceaccount/iAMMember:IAMMember": {
        "serviceAccountId": _source(ACCOUNT, "name id", rf"projects/({PROJECT}|-)/serviceAccounts/.+@.+")
    },
    BUCKET: {"encryption.defaultKmsKeyName": _KEY, "logging.logBucket": _BUCKET},
    "gcp:storage/bucketIAMMember:BucketIAMMember": {"bucket": _BUCKET},
    "gcp:storage/managedFolder:ManagedFolder": {"bucket": _BUCKET},
    "gcp:storage/managedFolderIamMember:ManagedFolderIamMember": {
        "bucket": _BUCKET,
        "managedFolder": _source("gcp:storage/managedFolder:ManagedFolder", "name", _NO_PATH),
    },
    "gcp:dns/recordSet:RecordSet": {
        "managedZone": _source("gcp:dns/managedZone:ManagedZone", "name", _NO_PATH)
    },
    "gcp:dns/managedZone:ManagedZone": {"privateVisibilityConfig.networks[].networkUrl": _NETWORK},
    "gcp:sql/databaseInstance:DatabaseInstance": {"encryptionKeyName": _KEY},
    "gcp:sql/database:Database": {"instance": _SERVER},
    "gcp:sql/user:User": {"instance": _SERVER},
    "gcp:compute/forwardingRule:ForwardingRule": {
        "network": _NETWORK,
        "ipAddress": _ADDRESS,
        "target": _source(
            _SQL,
            "pscServiceAttachmentLink",
            rf"{SITE}projects/{PROJECT}/regions/[a-z0-9-]+/serviceAttachments/{NAME}",
        ),
    },
    "gcp:filestore/instance:Instance": {"kmsKeyName": _KEY, "networks[].network": _NETWORK},
    "gcp:lustre/instance:Instance": {"network": _NETWORK, "kmsKey": _KEY},
    "gcp:artifactregistry/repository:Repository": {"kmsKeyName": _KEY},
    "gcp:pubsub/topic:Topic": {"kmsKeyName": _KEY},
    "gcp:pubsub/subscription:Subscription": {
        "topic": _source("gcp:pubsub/topic:Topic", "id name", rf"projects/{PROJECT}/topics/[\w.~+%-]+")
    },
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
        "workloadIdentityPoolId": _source(
            "gcp:iam/workloadIdentityPool:WorkloadIdentityPool", "workloadIdentityPoolId", _NO_PATH
        )
    },
}


def check(stack: Declared) -> Iterator[Finding]:
    """Every property of the table, in every resource."""
    for resource in stack.resources:
        for path, source in TABLE.get(resource["type"], {}).items():
            for at, value in _at(resource["inputs"], path.split("."), ""):
                yield from _judge(stack, resource, at, value, source)


def _judge(stack: Declared, resource: Resource, path: str, value: Any, source: Source) -> Iterator[Finding]:
    kind = source.type.rpartition(":")[2]
    reference = whole_reference(value)
    if reference is not None:
        if reference.type != source.type or reference.output not in source.outputs:
            wanted = f"{kind}.{' or '.join(sorted(source.outputs))}"
            yield finding(resource, path, f"{value}, where {wanted} belongs")
    elif is_unknown(value):
        yield finding(resource, path, f"{value!r} is a reference inside a text, where one alone belongs")
    elif not isinstance(value, str) or not (
        _declared(stack, value, source) or re.fullmatch(source.literal, value)
    ):
        yield finding(resource, path, f"{value!r} is no {kind} of this stack, and no path of one")
    elif source.type == NETWORK and _makes_network(stack) and stack.follow(value, NETWORK) is None:
        yield finding(resource, path, f"{value!r}: the stack makes its network, and it is another one")


def _makes_network(stack: Declared) -> bool:
    """Whether the cluster's network is one that the stack declares, not a brought one."""
    return any(stack.follow(one["inputs"].get("network"), NETWORK) for one in stack.of(CLUSTER))


def _declared(stack: Declared, name: str, source: Source) -> bool:
    given = (one["inputs"].get(key) for one in stack.of(source.type) for key in source.outputs)
    return name in {one for one in given if one}


def _at(value: Any, path: Sequence[str], here: str) -> Iterator[tuple[str, Any]]:
    """The values at a path, lists marked with [], with the places where they stand."""
    if not path:
        yield here, value
        return
    step = path[0].removesuffix("[]")
    if not isinstance(value, dict) or step not in value:
        return
    at = f"{here}.{step}" if here else step
    if not path[0].endswith("[]"):
        yield from _at(value[step], path[1:], at)
        return
    for index, part in enumerate(value[step] or []):
        yield from _at(part, path[1:], f"{at}[{index}]")
