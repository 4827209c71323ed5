"""Rules of the objects under which pods ask for further network interfaces (networking.gke.io/v1).

GKE installs their CRDs. The facts were read on 2026-11-23 from the Go types of
github.com/GoogleCloudPlatform/gke-networking-api v0.2.4, apis/network/v1.
"""

from __future__ import annotations

from collections.abc import Iterator

from reference.common import Finding, Resource, is_unknown
from reference.gcp.declared import NETWORK, SUBNETWORK, Declared, finding, some

PARAMETERS = "kubernetes:networking.gke.io/v1:GKENetworkParamSet"
POD_NETWORK = "kubernetes:networking.gke.io/v1:Network"
MODES = ("DPDK-VFIO", "NetDevice", "RDMA")
FIELDS = ("vpc", "vpcSubnet", "deviceMode", "podIPv4Ranges", "networkAttachment")
TYPES = ("L2", "L3", "Device")
GROUP = "networking.gke.io"


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on networks of pods and their parameters."""
    for one in stack.of(PARAMETERS):
        yield from _parameters(stack, one)
    known = {some(one["inputs"].get("metadata")).get("name") for one in stack.of(PARAMETERS)}
    for one in stack.of(POD_NETWORK):
        spec = some(one["inputs"].get("spec"))
        reference = some(spec.get("parametersRef"))
        if spec.get("type") not in TYPES:
            yield finding(one, "spec.type", f"{spec.get('type')!r} is none of {', '.join(TYPES)}")
        if (reference.get("group"), reference.get("kind")) != (GROUP, "GKENetworkParamSet"):
            yield finding(one, "spec.parametersRef", f"{dict(reference)} is no GKENetworkParamSet")
        elif reference.get("name") not in known:
            yield finding(one, "spec.parametersRef.name", f"no {reference.get('name')!r} is declared")


def _parameters(stack: Declared, one: Resource) -> Iterator[Finding]:
    spec = some(one["inputs"].get("spec"))
    for key in spec:
        if key not in FIELDS:
            yield finding(one, f"spec.{key}", "no such field")
    if "deviceMode" in spec and spec["deviceMode"] not in MODES:
        yield finding(one, "spec.deviceMode", f"{spec['deviceMode']!r} is none of {', '.join(MODES)}")
    if ("vpc" in spec) != ("vpcSubnet" in spec):
        yield finding(one, "spec", "vpc and vpcSubnet belong together")
    if ("deviceMode" in spec) == ("podIPv4Ranges" in spec):
        yield finding(one, "spec", "deviceMode for devices, podIPv4Ranges for layer 3: one of them")
    for key, kind in (("vpc", NETWORK), ("vpcSubnet", SUBNETWORK)):
        value = spec.get(key)
        if value is not None and stack.follow(value, kind) is None and not is_unknown(value):
            yield finding(one, f"spec.{key}", f"no {kind.rpartition(':')[2]} {value!r} is declared")
