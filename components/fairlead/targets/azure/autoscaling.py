"""What grows pools: the order of the cluster autoscaler's steps, or Karpenter's NodePools under AKS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from fairlead.plan.sites.azure_model import AzureSite, ProvisionedPool
from fairlead.plan.sites.window import Window
from fairlead.targets.azure.spelling import zone_label

NODE_CLASS_API, NODE_POOL_API = "karpenter.azure.com/v1beta1", "karpenter.sh/v1"
CAPACITY: Mapping[str, str] = {"on-demand": "on-demand", "spot": "spot"}
EXPIRE = "Never"
"""Old age takes no node from a job: new images come by drift, in the window."""
REPLACED = ["Drifted", "Underutilized"]
"""Why a node is taken that is neither empty nor broken."""

Object = Mapping[str, Any]


def priorities(site: AzureSite) -> Object:
    """The list that the priority expander reads: higher numbers go first.

    https://learn.microsoft.com/azure/aks/cluster-autoscaler-overview, 2026-11-23
    """
    # JSON is YAML too, and quotes what a pattern may contain.
    lines = [f"{number}: {json.dumps(list(names))}" for number, names in site.priorities.items()]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-priority-expander", "namespace": "kube-system"},
        "data": {"priorities": "\n".join(lines) + "\n"},
    }


def objects(site: AzureSite, subnet: pulumi.Input[str]) -> list[Object]:
    """What the autoscaler in use must know."""
    if not site.node_provisioning:
        return [priorities(site)]
    return [one for pool in site.provisioned for one in (_class(site, pool, subnet), _pool(site, pool))]


def _class(site: AzureSite, pool: ProvisionedPool, subnet: pulumi.Input[str]) -> Object:
    return {
        "apiVersion": NODE_CLASS_API,
        "kind": "AKSNodeClass",
        "metadata": {"name": pool.name},
        "spec": {
            "imageFamily": pool.image_family,
            "osDiskSizeGB": pool.os_disk_gib,
            "vnetSubnetID": subnet,
            "maxPods": 110,
            "security": {"encryptionAtHost": site.host_encryption},
        },
    }


def _pool(site: AzureSite, pool: ProvisionedPool) -> Object:
    requirements = {
        "node.kubernetes.io/instance-type": [pool.vm_size],
        "karpenter.sh/capacity-type": [CAPACITY[pool.capacity]],
        "kubernetes.io/arch": [pool.arch],
        "kubernetes.io/os": ["linux"],
        "topology.kubernetes.io/zone": [zone_label(site.region, zone) for zone in pool.zones],
    }
    node = {
        "nodeClassRef": {"group": "karpenter.azure.com", "kind": "AKSNodeClass", "name": pool.name},
        "requirements": [
            {"key": key, "operator": "In", "values": values} for key, values in requirements.items()
        ],
        "expireAfter": EXPIRE,
        "terminationGracePeriod": f"{pool.drain_minutes}m",
        **({"taints": [_taint(text) for text in pool.taints]} if pool.taints else {}),
    }
    return {
        "apiVersion": NODE_POOL_API,
        "kind": "NodePool",
        "metadata": {"name": pool.name},
        "spec": {
            "template": {"metadata": {"labels": dict(pool.labels)}, "spec": node},
            "weight": pool.weight,
            "limits": {"cpu": pool.cpu, "memory": pool.memory},
            "disruption": _disruption(pool, site.window),
        },
    }


def _disruption(pool: ProvisionedPool, window: Window) -> Object:
    """Empty nodes go at any time, all of them. Others are replaced in the window only, a few at a time."""
    return {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": f"{pool.idle_seconds}s",
        "budgets": [
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": str(pool.max_unavailable), "reasons": REPLACED},
            {
                "nodes": "0",
                "reasons": REPLACED,
                "schedule": window.closed_from,
                "duration": window.closed_for,
            },
        ],
    }


def _taint(text: str) -> Mapping[str, str]:
    key, _, rest = text.partition("=")
    value, _, effect = rest.partition(":")
    return {"key": key, "value": value, "effect": effect}
