"""Rules between the pools and what runs on them: taints and who tolerates them, the autoscaler's priorities."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import yaml
from support.golden import REPO

from reference.azure import facts
from reference.azure.rules_cluster import at
from reference.azure.stack import Pool, Stack, wrong
from reference.common import Finding, Resource

_PLUGINS = "/var/lib/kubelet/device-plugins"
"""Where a device plugin meets the kubelet."""
_PRIORITIES = "cluster-autoscaler-priority-expander"
"""The ConfigMap that the autoscaler's priority expander reads, in kube-system."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against what runs on the pools."""
    plugins = [one for one in stack.objects("DaemonSet") if _of_gpus(one)]
    for pool in stack.pools():
        if plugins:
            yield from _advertised(pool, plugins)
        yield from _reached(pool, stack.objects("ResourceFlavor"))
    for one in stack.objects("ConfigMap"):
        if at(one["inputs"], "metadata.name") == _PRIORITIES:
            yield from _priorities(one, stack)
    for one in stack.of("containerservice:ManagedCluster"):
        by_priority = at(one["inputs"], "autoScalerProfile.expander") == "priority"
        names = [at(found["inputs"], "metadata.name") for found in stack.objects("ConfigMap")]
        if by_priority and names and _PRIORITIES not in names:
            yield wrong(one, "autoScalerProfile.expander", f"nobody makes {_PRIORITIES}")


def _of_gpus(one: Resource) -> bool:
    """A device plugin, but none of network cards."""
    name = str(at(one["inputs"], "metadata.name"))
    return _PLUGINS in json.dumps(one["inputs"]) and not name.startswith("rdma-")


def _taints(pool: Pool) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for text in pool.inputs.get("nodeTaints") or ():
        word, _, effect = str(text).rpartition(":")
        key, _, value = word.partition("=")
        found.append({"key": key, "value": value, "effect": effect})
    return found


def _tolerated(taint: Mapping[str, str], tolerations: Sequence[Mapping[str, Any]]) -> bool:
    return any(
        one.get("effect") in (None, taint["effect"])
        and one.get("key") in (None, taint["key"])
        and (one.get("operator") == "Exists" or one.get("value", "") == taint["value"])
        for one in tolerations
    )


def _advertised(pool: Pool, plugins: Sequence[Resource]) -> Iterator[Finding]:
    """The kubelet knows of NVIDIA GPUs by a device plugin that runs on the pool."""
    known = facts.gpus().get(str(pool.inputs.get("vmSize", "")).lower())
    if known is None or known.vendor != "nvidia":
        return
    specs = [at(one["inputs"], "spec.template.spec") or {} for one in plugins]
    left = [
        [taint["key"] for taint in _taints(pool) if not _tolerated(taint, spec.get("tolerations") or ())]
        for spec in specs
        if _chosen(spec, pool.inputs.get("nodeLabels") or {})
    ]
    if not left:
        yield pool.wrong("nodeLabels", "no device plugin chooses these nodes")
    elif all(left):
        yield pool.wrong("nodeTaints", f"no device plugin tolerates {', '.join(min(left, key=len))}")


def _chosen(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """True if a pod may run on nodes of these labels, as far as the labels are the platform's."""
    path = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    terms = (at(spec, path) or {}).get("nodeSelectorTerms") or [{}]
    wanted = spec.get("nodeSelector") or {}
    return set(wanted.items()) <= set(labels.items()) and any(
        all(
            labels.get(one["key"]) in one.get("values", ())
            for one in term.get("matchExpressions") or ()
            if one["key"].startswith("fairlead.dev/") and one["operator"] == "In"
        )
        for term in terms
    )


@cache
def _of_every_job() -> Sequence[Mapping[str, Any]]:
    """Tolerations that a job without accelerators brings, as the product renders it."""
    text = (REPO / "tests" / "golden" / "jobs" / "train-cpu.yaml").read_text(encoding="utf-8")
    (job,) = [one for one in yaml.safe_load_all(text) if one["kind"] == "TrainJob"]
    found: list[Mapping[str, Any]] = []
    for patch in job["spec"]["runtimePatches"]:
        for part in patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]:
            found += part["template"]["spec"]["template"]["spec"].get("tolerations") or []
    return found


def _reached(pool: Pool, flavors: Sequence[Resource]) -> Iterator[Finding]:
    """Every queue that may send pods to a pool gives them the tolerations they do not bring themselves:
    a job brings those of its rendered form.

    AKS taints spot nodes with `kubernetes.azure.com/scalesetpriority=spot:NoSchedule`, asked or not
    (MicrosoftDocs/azure-aks-docs, spot-node-pool.md, read 2026-11-23).
    """
    labels = pool.inputs.get("nodeLabels") or {}
    for flavor in flavors:
        spec = flavor["inputs"].get("spec") or {}
        wanted = spec.get("nodeLabels") or {}
        if not wanted or not set(wanted.items()) <= set(labels.items()):
            continue
        brought = [(one["key"], one["effect"]) for one in spec.get("nodeTaints") or ()]
        for taint in _taints(pool):
            mine = (taint["key"], taint["effect"]) in brought
            if not mine and not _tolerated(taint, [*(spec.get("tolerations") or ()), *_of_every_job()]):
                what = f"pods of {flavor['name']} do not tolerate {taint['key']}, so none runs here"
                yield pool.wrong("nodeTaints", what)


def _priorities(one: Resource, stack: Stack) -> Iterator[Finding]:
    """Every pattern is of a pool that scales, and every pool that scales has one."""
    listed = yaml.load(str(at(one["inputs"], "data.priorities") or ""), yaml.CSafeLoader) or {}
    pools = [
        str(pool.inputs.get("agentPoolName", pool.inputs.get("name")))
        for pool in stack.pools()
        if pool.inputs.get("enableAutoScaling")
    ]
    scale_sets = {name: f"aks-{name}-12345678-vmss" for name in pools}
    patterns = [pattern for several in listed.values() for pattern in several]
    for priority in listed:
        if not isinstance(priority, int):
            yield wrong(one, "data.priorities", f"{priority!r} is no priority")
    for pattern in patterns:
        if not any(re.search(pattern, name) for name in scale_sets.values()):
            yield wrong(one, "data.priorities", f"{pattern} is of no pool that scales")
    for name, scale_set in scale_sets.items():
        if sum(bool(re.search(pattern, scale_set)) for pattern in patterns) != 1:
            yield wrong(one, "data.priorities", f"not exactly one priority for {name}")
