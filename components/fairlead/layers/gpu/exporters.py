"""Programs that tell of accelerators in Prometheus' words: of each vendor one, and how much of the node it needs.

All of them call the devices of their node by themselves, since no pod that asked for one would leave it to others. What
opens them differs: NVIDIA's toolkit goes by a capability, the other vendors' programs must be privileged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.layers.gpu import counters
from fairlead.layers.gpu.daemons import FILES, Daemon
from fairlead.layers.objects import READ, rule
from fairlead.plan.gpu_model import AMD_EXPORTER, DCGM, NEURON_MONITOR
from fairlead.plan.model import PoolPlan

PORTS: Mapping[str, int] = {DCGM: 9400, AMD_EXPORTER: 5000, NEURON_MONITOR: 8000}
"""Part -> where it tells: the makers' own ports."""
HOLDERS = {"pod-resources": "/var/lib/kubelet/pod-resources"}
"""Where the kubelet says whose pod has which device."""
CLAIMS = (rule(("",), ("pods",), READ), rule(("resource.k8s.io",), ("resourceslices",), READ))
"""What tells whose pod has a claimed device: without, metrics of such devices name no pod."""


def dcgm(pools: Sequence[PoolPlan]) -> Daemon:
    """DCGM exporter, which names the pod of each accelerator, also where it is shared or claimed.

    After deployment/{values.yaml,templates/daemonset.yaml} of github.com/NVIDIA/dcgm-exporter 4.5.3-4.8.2, the flags of
    its pkg/cmd/app.go for the variables, 2026-11-30. The capability is for DCGM's profiling metrics. It opens a second
    door: runtimes that give no device to who only names it in a variable give it to who has this too
    (https://github.com/bottlerocket-os/bottlerocket/issues/3992).
    """
    kinds = {pool.sharing.kind for pool in pools}
    env = {
        "DCGM_EXPORTER_KUBERNETES": "true",
        "DCGM_EXPORTER_LISTEN": f":{PORTS[DCGM]}",
        "DCGM_EXPORTER_COLLECTORS": f"{FILES}/{counters.FILE}",
        "NVIDIA_VISIBLE_DEVICES": "all",
        **({"KUBERNETES_VIRTUAL_GPUS": "true"} if kinds & {"time-slicing", "mps"} else {}),
        **({"KUBERNETES_ENABLE_DRA": "true"} if "dra" in kinds else {}),
    }
    return Daemon(
        DCGM,
        reads=HOLDERS,
        files={counters.FILE: counters.text()},
        rules=CLAIMS if "dra" in kinds else (),
        env=env,
        adds=("SYS_ADMIN",),
        port=PORTS[DCGM],
        health="/health",
    )


AMD = Daemon(
    AMD_EXPORTER,
    mounts={"dev": "/dev"},
    reads={"sys": "/sys", **HOLDERS},
    env={"METRICS_EXPORTER_PORT": str(PORTS[AMD_EXPORTER])},
    args=("-enable-k8s=false", "-enable-slurm-scl=false"),
    privileged=True,
    port=PORTS[AMD_EXPORTER],
)
"""After helm-charts/templates/daemonsets.yaml, docs/installation/docker.md and cmd/exporter/main.go of
github.com/ROCm/device-metrics-exporter at afd0fe8, 2026-11-30. Less than the chart has: without the API server it names
pods all the same, by the kubelet, and cannot label nodes; the directories of the node by which it speaks with AMD's
plugin and with Slurm are left out, since neither does here."""

NEURON = Daemon(
    NEURON_MONITOR,
    command=("/opt/bin/entrypoint.sh",),
    args=(
        "--port",
        str(PORTS[NEURON_MONITOR]),
        "--neuron-monitor-config",
        "/opt/aws/neuron/bin/neuron-monitor.conf",
    ),
    privileged=True,
    port=PORTS[NEURON_MONITOR],
)
"""After the Neuron SDK's repository at 81ce03a, src/k8/k8s-neuron-monitor-daemonset.yml, 2026-11-30. It names no pods:
the script that would is a beta, and no manifest runs it."""
