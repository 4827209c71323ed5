"""What a platform takes of the machine: memory and processor time, as kubelets and the kernel measure them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from e2e.stage import Stage
from fairlead import labels
from fairlead.targets.local import host


def used(stage: Stage) -> Mapping[str, tuple[int, float, int]]:
    """By namespace that is no tenant's: bytes, cores and pods, as the node's kubelet measures them."""
    node = stage.kubectl("get", "nodes", "-l", f"{labels.POOL}=system", "-o", "name").split("/")[1].strip()
    told = json.loads(stage.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    tenants = {one.namespace for one in stage.plan().tenants}
    sums: dict[str, tuple[int, float, int]] = defaultdict(lambda: (0, 0.0, 0))
    for pod in told["pods"]:
        name = pod["podRef"]["namespace"]
        if name not in tenants:
            memory, cpu, count = sums[name]
            more = pod.get("memory", {}).get("workingSetBytes", 0)
            cores = pod.get("cpu", {}).get("usageNanoCores", 0) / 1e9
            sums[name] = (memory + more, cpu + cores, count + 1)
    return sums


def components(stage: Stage) -> Mapping[str, int]:
    """By process of the cluster itself, from etcd to the kubelet: bytes that are in memory."""
    found = host.status(stage.stack.run_dir).components
    return {name: _resident(one.pid) for name, one in found.items() if one.pid}


def printed(stage: Stage, title: str) -> int:
    """Prints both as tables; the bytes of all namespaces together."""
    first = stage.first
    print(f"{title}: {first.counts} in {first.seconds:.0f} s" if first else title)
    print(f"{'NAMESPACE':<24}{'MEMORY':>10}{'CPU':>10}{'PODS':>6}")
    found = used(stage)
    for name, (memory, cpu, pods) in sorted(found.items()):
        print(f"{name:<24}{memory / 2**20:>6.0f} MiB{cpu:>9.3f}{pods:>6}")
    total = sum(memory for memory, _, _ in found.values())
    print(f"{'all':<24}{total / 2**20:>6.0f} MiB{sum(cpu for _, cpu, _ in found.values()):>9.3f}")
    for name, memory in sorted(components(stage).items()):
        print(f"{name:<24}{memory / 2**20:>6.0f} MiB")
    return total


def _resident(pid: int) -> int:
    """https://www.kernel.org/doc/html/latest/filesystems/proc.html: VmRSS, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)
