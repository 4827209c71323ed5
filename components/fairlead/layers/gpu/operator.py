"""NVIDIA's GPU operator: values of its chart out of the plan. What the node images bring, it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Release
from fairlead.layers.gpu import place, sharing
from fairlead.plan.gpu_model import OperatorPlan
from fairlead.plan.model import PoolPlan, Toleration

NAME = "gpu-operator"
POLICY = "gpu-operator-policy"
"""What the operator is told to do: it goes before the operator does, which must release it."""
POLICY_KINDS = frozenset({"ClusterPolicy", "GPUCluster", "NVIDIADriver"})
CONFIG = "fairlead-device-plugin"
"""ConfigMap of the device plugin's configurations, which the chart makes."""
DEVICE_LIST = "cdi-cri,cdi-annotations,volume-mounts"
"""How the plugin hands accelerators to a runtime of the operator's own toolkit: never by an environment variable that
any pod could set. A toolkit of the node image is left as it is.
https://github.com/NVIDIA/gpu-operator/issues/700; the list is that of NVIDIA/aicr's values, 2026-11-24"""


_MIG: Mapping[str, Any] = {"mig": {"strategy": "single"}, "migManager": {"enabled": True}}
"""Every accelerator of a node is cut alike, and its slices keep the accelerator's resource name: docs/adr/0017."""


def values(plan: OperatorPlan, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Mapping[str, Any]:
    """Values of the chart, v26.7.0.

    Its hooks (upgrade and clean-up of CRDs) are not run: CRDs come and go as objects of this platform. Metrics are
    exported; who scrapes them is not this layer's.
    """
    dra = plan.stack == "gpu-cluster"
    return {
        "nfd": {"enabled": False},
        "operator": {
            "runtimeClass": plan.runtime_class,
            "tolerations": [],
            "affinity": {"nodeAffinity": None},
            "upgradeCRD": False,
            "cleanupCRD": False,
        },
        "hostPaths": {"driverInstallDir": plan.driver_root},
        "daemonsets": {"tolerations": place.tolerations(pools, further)},
        "driver": {
            "enabled": plan.driver,
            "kernelModuleType": plan.kernel_modules,
            "nvidiaDriverCRD": {"enabled": dra and plan.driver},
        },
        "toolkit": {
            "enabled": plan.toolkit,
            "env": _env(plan.toolkit_env),
            **({"installDir": plan.toolkit_dir} if plan.toolkit_dir else {}),
        },
        "devicePlugin": {
            "enabled": not dra,
            "env": _env({"DEVICE_LIST_STRATEGY": DEVICE_LIST}) if plan.toolkit else [],
            **_configs(pools),
        },
        "gfd": {"enabled": not dra},
        "dcgmExporter": {"enabled": True, "serviceMonitor": {"enabled": False}},
        "ccManager": {"enabled": False},
        **(_MIG if any(pool.sharing.kind == "mig" for pool in pools) else {}),
        "clusterPolicy": {"deployCR": not dra},
        "gpuCluster": {"deployCR": dra},
    }


def _env(names: Mapping[str, str]) -> list[Mapping[str, str]]:
    return [{"name": name, "value": value} for name, value in names.items()]


def _configs(pools: Sequence[PoolPlan]) -> Mapping[str, Any]:
    configs = sharing.plugin_config(pools)
    if not configs:
        return {}
    return {"config": {"create": True, "name": CONFIG, "default": sharing.DEFAULT, "data": configs}}


def release(plan: OperatorPlan, pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Release:
    """The operator's chart for these pools."""
    return Release(NAME, NAME, place.NAMESPACE, values(plan, pools, further))
