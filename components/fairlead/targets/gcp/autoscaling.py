"""Objects of the cluster that tell GKE's autoscaler the order of ladders, and pods the networks of their nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.gcp_pools import DEFAULT_CLASS

NETWORKING = "networking.gke.io"


def compute_class(site: GcpSite) -> list[Mapping[str, Any]]:
    """The ComputeClass of all pods that name none: first steps of all ladders, then second ones, and so on.

    A pod's own selectors say which pools it may have; this says in which order they grow.
    """
    if not site.ladder:
        return []
    return [
        {
            "apiVersion": "cloud.google.com/v1",
            "kind": "ComputeClass",
            "metadata": {"name": DEFAULT_CLASS},
            "spec": {
                "priorities": [{"nodepools": list(step)} for step in site.ladder],
                "autoscalingPolicy": {"consolidationDelayMinutes": site.idle_minutes},
                "whenUnsatisfiable": "ScaleUpAnyway",
            },
        }
    ]


def networks(site: GcpSite) -> list[Mapping[str, Any]]:
    """Network objects under which pods ask for further interfaces."""
    found: list[Mapping[str, Any]] = []
    for fabric in site.fabrics:
        for name, subnet in zip(fabric.objects, fabric.subnets, strict=True):
            api = f"{NETWORKING}/v1"
            parameters = {
                "vpc": subnet.network,
                "vpcSubnet": subnet.subnet,
                "deviceMode": fabric.device_mode,
            }
            reference = {"group": NETWORKING, "kind": "GKENetworkParamSet", "name": name}
            found += [
                {
                    "apiVersion": api,
                    "kind": "GKENetworkParamSet",
                    "metadata": {"name": name},
                    "spec": parameters,
                },
                {
                    "apiVersion": api,
                    "kind": "Network",
                    "metadata": {"name": name},
                    "spec": {"parametersRef": reference, "type": "Device"},
                },
            ]
    return found
