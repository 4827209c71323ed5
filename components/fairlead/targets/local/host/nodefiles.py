"""Configuration files of the node: containerd, CNI, kubelet, kube-proxy, and of the scheduler.

Each value that differs from the default says why. Written as JSON where the reader takes YAML.
"""

from __future__ import annotations

import json
from typing import Any

from fairlead.targets.local.host import kernel
from fairlead.targets.local.host.authentication import authentication
from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.files import write_private
from fairlead.targets.local.host.paths import RUNTIME
from fairlead.targets.local.host.scheduler import scheduler
from fairlead.targets.local.host.toolbox import cni_dir

CONTAINERD_SOCKET = RUNTIME / "containerd.sock"
EGRESS_DNS = "10.0.2.3"
"""Where slirp4netns answers DNS (slirp4netns(1), defaults)."""
KEPT_PERCENT = 1
"""Of the disk: with less than that free the kubelet takes away images, and then pods."""


def write_all(cfg: HostConfig) -> None:
    """Writes the files into HostPaths.etc."""
    etc = cfg.paths.etc
    (etc / "cni").mkdir(parents=True, exist_ok=True)
    write_private(etc / "containerd.toml", containerd_toml(cfg))
    write_private(etc / "cni" / "10-fairlead.conflist", json.dumps(cni_conflist(cfg), indent=1))
    write_private(etc / "kubelet.json", json.dumps(kubelet(cfg), indent=1))
    write_private(etc / "kube-proxy.json", json.dumps(kube_proxy(cfg), indent=1))
    write_private(etc / "scheduler.json", json.dumps(scheduler(cfg), indent=1))
    write_private(etc / "authentication.json", json.dumps(authentication(), indent=1))
    resolver = (
        f"nameserver {EGRESS_DNS}\n" if "slirp4netns" in cfg.tools else "# no way out of this cluster\n"
    )
    write_private(etc / "resolv.conf", resolver, mode=0o644)


def containerd_toml(cfg: HostConfig) -> str:
    """containerd 1.6 with the CRI plugin. State and sockets lie on the private tmpfs."""
    text = json.dumps  # a JSON string is a TOML basic string
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = {text(str(cfg.paths.containerd))}
state = {text(str(RUNTIME / "containerd"))}
# 0: a process without CAP_SYS_RESOURCE may not lower it
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = {text(str(CONTAINERD_SOCKET))}
[ttrpc]
  address = {text(f"{CONTAINERD_SOCKET}.ttrpc")}
[plugins."io.containerd.internal.v1.opt"]
  path = {text(str(cfg.paths.containerd / "opt"))}
[{cri}]
  sandbox_image = {text(cfg.sandbox_image)}
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  disable_tcp_service = true
  # pods' network namespaces are files; keep them on the private tmpfs, too
  netns_mounts_under_state_dir = true
[{cri}.cni]
  bin_dir = {text(str(cni_dir(cfg.tools).absolute()))}
  conf_dir = {text(str(cfg.paths.etc / "cni"))}
[{cri}.containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
[{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[{cri}.containerd.runtimes.runc.options]
  BinaryName = {text(str(cfg.paths.bin / "runc"))}
  SystemdCgroup = false
"""


def cni_conflist(cfg: HostConfig) -> dict[str, Any]:
    """One routed veth pair for each pod (ptp): no bridge, so bridge netfilter does not matter.

    The address book is on tmpfs: after a restart no pod of before lives, so no address may stay taken.
    """
    ranges = [[{"subnet": cfg.pod_cidr}]]
    ipam = {
        "type": "host-local",
        "dataDir": str(RUNTIME / "ipam"),
        "ranges": ranges,
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugin = {"type": "ptp", "mtu": 1500, "ipMasq": False, "ipam": ipam}
    return {"cniVersion": "0.4.0", "name": "fairlead", "plugins": [plugin]}


def kubelet(cfg: HostConfig) -> dict[str, Any]:
    """KubeletConfiguration."""
    pki = cfg.paths.pki
    # 1.35 refuses cgroup v1 unless told; on v2 the key is left out, it has no meaning there
    cgroup_v1: dict[str, Any] = {} if kernel.cgroup_v2() else {"failCgroupV1": False}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        **cgroup_v1,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet-serving.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-serving.key"),
        "readOnlyPort": 0,
        "healthzBindAddress": "127.0.0.1",
        "cgroupDriver": "cgroupfs",  # there need not be a systemd
        "cgroupRoot": f"/{cfg.cgroup}",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "podLogsDir": str(cfg.paths.pod_logs),
        "resolvConf": str(cfg.paths.etc / "resolv.conf"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [cfg.dns_ip],
        "oomScoreAdj": 0,  # lowering it needs CAP_SYS_RESOURCE
        "makeIPTablesUtilChains": False,
        "seccompDefault": True,
        "serializeImagePulls": False,
        # never delete an imported image: no registry may be there to bring it back
        "imageGCHighThresholdPercent": 100,
        "imageMaximumGCAge": "0s",
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": f"{KEPT_PERCENT}%",
            "imagefs.available": f"{KEPT_PERCENT}%",
        },
        "evictionPressureTransitionPeriod": "10s",
        # default 1m: a Secret written after the pod's start (webhook certificates) would come that late
        "syncFrequency": "5s",
        "nodeStatusReportFrequency": "1m",
        "maxPods": 110,
    }


def kube_proxy(cfg: HostConfig) -> dict[str, Any]:
    """KubeProxyConfiguration: nftables, as the only program it needs is nft."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(cfg.paths.component_config("kube-proxy"))},
        "hostnameOverride": NODE_NAME,
        "clusterCIDR": cfg.pod_cidr,
        "detectLocalMode": "ClusterCIDR",
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        # default 1s: a Service would answer up to a second after its pod is ready
        "nftables": {"minSyncPeriod": "100ms", "syncPeriod": "30s"},
        # 0: leave the machine's connection tracking limits alone
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
