"""Rules of the Kubernetes objects that are Google's own: storage classes, compute classes, the kubeconfig."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.common import Finding, Resource, is_unknown, whole_reference
from reference.gcp import compute_class, facts
from reference.gcp.declared import BUCKET, CLUSTER, KEY, NETWORK, POOL, Declared, finding, members, some

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
COMPUTE_CLASS = "kubernetes:cloud.google.com/v1:ComputeClass"
VOLUME = "kubernetes:core/v1:PersistentVolume"
LUSTRE = "gcp:lustre/instance:Instance"
KUBERNETES = "pulumi:providers:kubernetes"

# Parameters by provisioner; a tuple closes the values. Sources: the CSI drivers' own readers,
# github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver pkg/parameters (2026-08-18),
# gcp-filestore-csi-driver pkg/csi_driver/controller.go, GoogleCloudPlatform/lustre-csi-driver
# pkg/csi_driver/controller.go and volume.go (2026-08-19)
PARAMETERS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "pd.csi.storage.gke.io": {
        "type": (
            "pd-standard",
            "pd-balanced",
            "pd-ssd",
            "pd-extreme",
            "hyperdisk-balanced",
            "hyperdisk-balanced-high-availability",
            "hyperdisk-throughput",
            "hyperdisk-extreme",
            "hyperdisk-ml",
            "dynamic",
        ),
        "pd-type": ("pd-standard", "pd-balanced", "pd-ssd", "pd-extreme"),
        "hyperdisk-type": (
            "hyperdisk-balanced",
            "hyperdisk-balanced-high-availability",
            "hyperdisk-throughput",
            "hyperdisk-extreme",
            "hyperdisk-ml",
        ),
        "disk-type-preference": ("pd-type", "hyperdisk-type"),
        "use-allowed-disk-topology": ("true", "false"),
        "enable-confidential-storage": ("true", "false"),
        "replication-type": ("none", "regional-pd"),
        "disk-encryption-kms-key": None,
        "csi.storage.k8s.io/fstype": ("ext4", "xfs", "ext3"),
        "labels": None,
        "provisioned-iops-on-create": None,
        "provisioned-throughput-on-create": None,
        "storage-pools": None,
    },
    "filestore.csi.storage.gke.io": {
        "tier": (
            "standard",
            "premium",
            "basic_hdd",
            "basic_ssd",
            "enterprise",
            "zonal",
            "regional",
            "high_scale_ssd",
        ),
        "network": None,
        "connect-mode": ("DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS"),
        "reserved-ipv4-cidr": None,
        "reserved-ip-range": None,
        "instance-encryption-kms-key": None,
        "multishare": ("true", "false"),
        "max-volume-size": None,
        "labels": None,
        "location": None,
        "instance-storageclass-label": None,
        "nfs-export-options-on-create": None,
    },
    "lustre.csi.storage.gke.io": {
        "network": None,
        "perUnitStorageThroughput": ("125", "250", "500", "1000"),
        "filesystem": None,
        "description": None,
        "labels": None,
    },
}
DRIVERS = (*PARAMETERS, "gcsfuse.csi.storage.gke.io")
EXEC = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "gke-gcloud-auth-plugin"}
SECRETS = ("token", "tokenFile", "password", "client-key-data", "client-certificate-data", "auth-provider")


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on storage classes, compute classes and kubeconfigs."""
    for one in stack.of(STORAGE_CLASS):
        yield from _storage_class(one)
        yield from _dynamic(one, some(one["inputs"].get("parameters")))
        yield from _points(stack, one)
    for one in stack.of(VOLUME):
        yield from _volume(stack, one)
    for one in stack.of(COMPUTE_CLASS):
        yield from _compute_class(stack, one)
    if any(stack.of(CLUSTER)):
        for one in stack.of(KUBERNETES):
            yield from _kubeconfig(one)


def _storage_class(one: Resource) -> Iterator[Finding]:
    provisioner = one["inputs"].get("provisioner")
    parameters = some(one["inputs"].get("parameters"))
    known = PARAMETERS.get(str(provisioner))
    if known is None:
        if str(provisioner).endswith("gke.io"):
            yield finding(one, "provisioner", f"no driver {provisioner!r}")
        return
    for key, value in parameters.items():
        if not isinstance(value, str):
            yield finding(one, f"parameters.{key}", f"{value!r} is no text")
        elif key not in known:
            yield finding(one, f"parameters.{key}", f"{provisioner} has no such parameter")
        elif known[key] and value.lower() not in [allowed.lower() for allowed in known[key] or ()]:
            yield finding(one, f"parameters.{key}", f"{value!r} is none of {', '.join(known[key] or ())}")
    if one["inputs"].get("volumeBindingMode") not in ("WaitForFirstConsumer", "Immediate"):
        yield finding(one, "volumeBindingMode", f"{one['inputs'].get('volumeBindingMode')!r}")
    if provisioner == "pd.csi.storage.gke.io" and one["inputs"].get("volumeBindingMode") == "Immediate":
        yield finding(one, "volumeBindingMode", "a disk would be made in a zone where no node may be")


def _dynamic(one: Resource, parameters: Mapping[str, Any]) -> Iterator[Finding]:
    """A dynamic disk says which one of each kind, and nobody else says it."""
    kinds = [key for key in ("pd-type", "hyperdisk-type") if key in parameters]
    if parameters.get("type") == "dynamic" and len(kinds) != 2:
        yield finding(one, "parameters.type", "dynamic wants pd-type and hyperdisk-type")
    if parameters.get("type") != "dynamic" and kinds:
        yield finding(one, f"parameters.{kinds[0]}", "belongs to the type dynamic")


def _volume(stack: Declared, one: Resource) -> Iterator[Finding]:
    csi = some(some(one["inputs"].get("spec")).get("csi"))
    handle, path = csi.get("volumeHandle"), "spec.csi.volumeHandle"
    if csi.get("driver") == "gcsfuse.csi.storage.gke.io" and stack.follow(handle, BUCKET) is None:
        yield finding(one, path, f"{handle!r} is no bucket of this stack")
    elif csi.get("driver") == "lustre.csi.storage.gke.io":
        yield from _lustre(stack, one, csi)
    elif str(csi.get("driver")).endswith("gke.io") and csi["driver"] not in DRIVERS:
        yield finding(one, "spec.csi.driver", f"no driver {csi['driver']!r}")


def _lustre(stack: Declared, one: Resource, csi: Mapping[str, Any]) -> Iterator[Finding]:
    handle, path = csi.get("volumeHandle"), "spec.csi.volumeHandle"
    if not is_unknown(handle) and not re.fullmatch(r"[^/]+/[^/]+/[^/]+", str(handle)):
        yield finding(one, path, f"{handle!r}: project, location and instance, no more")
    places = {
        f"{each['inputs'].get('location')}/{each['inputs'].get('instanceId')}" for each in stack.of(LUSTRE)
    }
    if places and not is_unknown(handle) and str(handle).partition("/")[2] not in places:
        yield finding(one, path, f"{handle!r} is no instance of this stack")
    given = some(csi.get("volumeAttributes"))
    if "mountpoint" not in given and not {"ip", "filesystem"} <= given.keys():
        yield finding(one, "spec.csi.volumeAttributes", "ip and filesystem, or mountpoint")


def _points(stack: Declared, one: Resource) -> Iterator[Finding]:
    parameters = some(one["inputs"].get("parameters"))
    for key, kind in (
        ("network", NETWORK),
        ("disk-encryption-kms-key", KEY),
        ("instance-encryption-kms-key", KEY),
    ):
        value = parameters.get(key)
        if value is not None and "/" not in str(value).split("::")[0] and stack.follow(value, kind) is None:
            yield finding(
                one, f"parameters.{key}", f"{value!r} is no {kind.rpartition(':')[2]} of this stack"
            )
        elif is_unknown(value) and stack.follow(value, kind) is None:
            yield finding(one, f"parameters.{key}", f"{value!r} is no {kind.rpartition(':')[2]}")


def _compute_class(stack: Declared, one: Resource) -> Iterator[Finding]:
    spec = one["inputs"].get("spec")
    yield from (finding(one, path, what) for path, what in compute_class.problems(spec))
    pools = {pool["inputs"].get("name"): pool for pool in stack.of(POOL)}
    for index, priority in enumerate(members(some(spec).get("priorities"))):
        path = f"spec.priorities[{index}]"
        for name in priority.get("nodepools") or []:
            if not is_unknown(name) and name not in pools:
                yield finding(one, f"{path}.nodepools", f"no node pool {name!r} is declared")
        yield from _machine(one, path, priority)
        for zone in some(priority.get("location")).get("zones") or []:
            if facts.zone_region(str(zone)) is None:
                yield finding(one, f"{path}.location.zones", f"{zone!r} is no zone")


def _machine(one: Resource, path: str, priority: Mapping[str, Any]) -> Iterator[Finding]:
    machine, gpu = priority.get("machineType"), some(priority.get("gpu"))
    if machine is not None and facts.exists(str(machine)) is False:
        yield finding(one, f"{path}.machineType", f"there is no machine type {machine!r}")
    row = facts.gpus(str(machine))
    if row and gpu and (gpu.get("type"), gpu.get("count")) != (row.type, row.counts[str(machine)]):
        yield finding(one, f"{path}.gpu", f"{machine} has {row.counts[str(machine)]} {row.type}")
    if gpu and not row and gpu.get("type") not in {each.type for each in facts.GPUS} | facts.N1_GPUS:
        yield finding(one, f"{path}.gpu.type", f"there is no GPU {gpu.get('type')!r}")


def _kubeconfig(provider: Resource) -> Iterator[Finding]:
    text = provider["inputs"].get("kubeconfig")
    if not isinstance(text, str) or whole_reference(text):
        return
    try:
        config = json.loads(text)
    except ValueError:
        yield finding(provider, "kubeconfig", "is no JSON")
        return
    contexts = {one.get("name"): some(one.get("context")) for one in members(config.get("contexts"))}
    users = {one.get("name"): some(one.get("user")) for one in members(config.get("users"))}
    clusters = {one.get("name"): some(one.get("cluster")) for one in members(config.get("clusters"))}
    context = contexts.get(config.get("current-context"), {})
    user, cluster = users.get(context.get("user")), clusters.get(context.get("cluster"))
    if user is None or cluster is None:
        yield finding(provider, "kubeconfig", "the current context names no user or no cluster of its own")
        return
    for key in SECRETS:
        if key in user:
            yield finding(provider, f"kubeconfig.users.{key}", "a secret in the state")
    for key, value in EXEC.items():
        if some(user.get("exec")).get(key) != value:
            yield finding(provider, f"kubeconfig.users.exec.{key}", f"must be {value}")
    if not str(cluster.get("server")).startswith("https://"):
        yield finding(
            provider, "kubeconfig.clusters.server", f"{cluster.get('server')!r} is no https address"
        )
    if "insecure-skip-tls-verify" in cluster:
        yield finding(provider, "kubeconfig.clusters", "the API server's certificate is not looked at")
