"""How the NVIDIA device plugin is told to share: a configuration for each way, chosen by a label of the node.

Shares keep the resource's own name (`renameByDefault: false`, MIG strategy `single`): so do the plugins that
some targets run by themselves, and so one job runs on all of them. The plan's label and taint keep work that
wants a whole accelerator off these nodes (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.plan.model import PoolPlan, SharingPlan
from fairlead.plan.sharing import MPS_CAPABLE, NVIDIA, PLUGIN_CONFIG, plugin_config_name

DEFAULT = "whole"
"""Configuration of nodes that carry no label: every accelerator is handed out whole."""


def plugin_config(pools: Sequence[PoolPlan]) -> Mapping[str, str]:
    """Configuration files (version v1) by name, for the plugin's ConfigMap; empty where no pool shares.

    The schema is that of github.com/NVIDIA/k8s-device-plugin v0.19.3, api/config/v1.
    """
    import yaml

    shared = [pool.sharing for pool in pools if pool.resource == NVIDIA and pool.sharing.share]
    if not shared:
        return {}
    found = {plugin_config_name(one): _config(one) for one in (SharingPlan(), *shared)}
    return {name: yaml.safe_dump(found[name], sort_keys=False) for name in sorted(found)}


def config_label(pool: PoolPlan) -> Mapping[str, str]:
    """The labels of a pool's nodes by which the plugin and its MPS daemon know what to do there."""
    return {key: pool.labels[key] for key in (PLUGIN_CONFIG, MPS_CAPABLE) if key in pool.labels}


def _config(sharing: SharingPlan) -> Mapping[str, Any]:
    strategy = "single" if sharing.kind == "mig" else "none"
    flags = {"version": "v1", "flags": {"migStrategy": strategy}}
    replicated = [{"name": NVIDIA, "replicas": sharing.replicas}]
    if sharing.kind == "time-slicing":
        # Two shares are no larger accelerator, and may be the same one: asking for them is an error.
        turns = {"renameByDefault": False, "failRequestsGreaterThanOne": True, "resources": replicated}
        return {**flags, "sharing": {"timeSlicing": turns}}
    if sharing.kind == "mps":
        # The plugin itself refuses more than one of these.
        return {**flags, "sharing": {"mps": {"renameByDefault": False, "resources": replicated}}}
    return flags
