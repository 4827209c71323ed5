"""The processes of a cluster as rows: how each is started, when it is ready, what must be ready before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairlead.targets.local.host.config import API_PORT, NODE_NAME, HostConfig
from fairlead.targets.local.host.nodefiles import CONTAINERD_SOCKET
from fairlead.targets.local.host.paths import RUNTIME

HOST_NETWORK = RUNTIME / "host-netns"
"""The machine's network namespace, kept for the one component that needs it (egress)."""
OWN_NETWORK = RUNTIME / "own-netns"


@dataclass(frozen=True)
class Http:
    """Ready when this URL answers 200; with `credentials`, TLS is checked and a certificate shown."""

    url: str
    credentials: bool = False


@dataclass(frozen=True)
class Socket:
    """Ready when this Unix socket takes a connection."""

    path: Path


@dataclass(frozen=True)
class Link:
    """Ready when this network link has an address."""

    name: str


Probe = Http | Socket | Link


@dataclass(frozen=True)
class Component:
    """One long-running process. `argv[0]` is looked up in HostPaths.bin."""

    name: str
    argv: tuple[str, ...]
    probe: Probe
    after: tuple[str, ...] = ()
    """Components and tasks (see tasks.py) that must be ready or done first."""


def rows(cfg: HostConfig) -> tuple[Component, ...]:
    """All components of a cluster, in an order in which each stands behind what it needs."""
    egress = (_egress(),) if "slirp4netns" in cfg.tools else ()
    return (
        _etcd(cfg), _containerd(cfg), _apiserver(cfg), _controller_manager(cfg), _scheduler(cfg), _kwok(cfg),
        _kube_proxy(cfg), _kubelet(cfg), *egress,
    )  # fmt: skip


def _flags(program: str, /, **flags: object) -> tuple[str, ...]:
    return (program, *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items()))


def _etcd(cfg: HostConfig) -> Component:
    pki, client, peer = cfg.paths.pki, "https://127.0.0.1:2379", "https://127.0.0.1:2380"
    argv = _flags(
        "etcd", name="etcd", data_dir=cfg.paths.etcd,
        listen_client_urls=client, advertise_client_urls=client,
        listen_peer_urls=peer, initial_advertise_peer_urls=peer, initial_cluster=f"etcd={peer}",
        cert_file=pki / "etcd.crt", key_file=pki / "etcd.key",
        client_cert_auth="true", trusted_ca_file=pki / "ca.crt",
        peer_cert_file=pki / "etcd.crt", peer_key_file=pki / "etcd.key",
        peer_client_cert_auth="true", peer_trusted_ca_file=pki / "ca.crt",
        listen_metrics_urls="http://127.0.0.1:2381", auto_compaction_retention="1h", log_level="warn",
    )  # fmt: skip
    return Component("etcd", argv, Http("http://127.0.0.1:2381/readyz"))


def _apiserver(cfg: HostConfig) -> Component:
    pki = cfg.paths.pki
    argv = _flags(
        "kube-apiserver", bind_address="0.0.0.0", secure_port=API_PORT, advertise_address=cfg.node_ip,  # noqa: S104
        external_hostname=cfg.node_ip,
        etcd_servers="https://127.0.0.1:2379", etcd_cafile=pki / "ca.crt",
        etcd_certfile=pki / "apiserver-etcd-client.crt", etcd_keyfile=pki / "apiserver-etcd-client.key",
        tls_cert_file=pki / "apiserver.crt", tls_private_key_file=pki / "apiserver.key",
        tls_min_version="VersionTLS12", client_ca_file=pki / "ca.crt",
        authentication_config=cfg.paths.etc / "authentication.json",
        authorization_mode="Node,RBAC", enable_admission_plugins="NodeRestriction", allow_privileged="true",
        encryption_provider_config=pki / "encryption.json", profiling="false",
        service_cluster_ip_range=cfg.service_cidr,
        service_account_issuer="https://kubernetes.default.svc.cluster.local",
        service_account_key_file=pki / "sa.pub", service_account_signing_key_file=pki / "sa.key",
        kubelet_preferred_address_types="InternalIP", kubelet_certificate_authority=pki / "ca.crt",
        kubelet_client_certificate=pki / "apiserver-kubelet-client.crt",
        kubelet_client_key=pki / "apiserver-kubelet-client.key",
        requestheader_client_ca_file=pki / "front-proxy-ca.crt",
        requestheader_allowed_names="front-proxy-client", requestheader_username_headers="X-Remote-User",
        requestheader_group_headers="X-Remote-Group", requestheader_extra_headers_prefix="X-Remote-Extra-",
        proxy_client_cert_file=pki / "front-proxy-client.crt",
        proxy_client_key_file=pki / "front-proxy-client.key",
        # webhooks and aggregated APIs are called at their pods, not by kube-proxy's rules, which come later
        enable_aggregator_routing="true",
        v=1,
    )  # fmt: skip
    probe = Http(f"https://127.0.0.1:{API_PORT}/readyz", credentials=True)
    return Component("kube-apiserver", argv, probe, after=("etcd",))


def _authenticated(cfg: HostConfig, name: str) -> dict[str, Path]:
    config = cfg.paths.component_config(name)
    return {"kubeconfig": config, "authentication_kubeconfig": config, "authorization_kubeconfig": config}


def _controller_manager(cfg: HostConfig) -> Component:
    pki, name = cfg.paths.pki, "kube-controller-manager"
    argv = _flags(
        name, **_authenticated(cfg, name), bind_address="127.0.0.1", leader_elect="false", profiling="false",
        use_service_account_credentials="true", service_account_private_key_file=pki / "sa.key",
        root_ca_file=pki / "ca.crt",
        cluster_signing_cert_file=pki / "ca.crt", cluster_signing_key_file=pki / "ca.key",
        # defaults 20 and 30 make a gang of hundreds of pods wait for its own controller; as the queue has it
        kube_api_qps=300, kube_api_burst=500,
        v=1,
    )  # fmt: skip
    return Component(name, argv, Http("https://127.0.0.1:10257/healthz"), after=("kube-apiserver",))


def _scheduler(cfg: HostConfig) -> Component:
    name, config = "kube-scheduler", cfg.paths.component_config("kube-scheduler")
    argv = _flags(
        name,
        config=cfg.paths.etc / "scheduler.json",
        authentication_kubeconfig=config,
        authorization_kubeconfig=config,
        bind_address="127.0.0.1",
        v=1,
    )
    return Component(name, argv, Http("https://127.0.0.1:10259/readyz"), after=("kube-apiserver",))


def _kwok(cfg: HostConfig) -> Component:
    argv = _flags(
        "kwok", config=cfg.stages, kubeconfig=cfg.paths.component_config("kwok"),
        manage_all_nodes="false",  # the real node is none of its business
        manage_nodes_with_annotation_selector="kwok.x-k8s.io/node=fake",
        # renewed after a quarter: at 40 a thousand nodes write a hundred leases a second; after 50 s
        # without one the controller manager calls a node lost, so one renewal may be 30 s late
        node_lease_duration_seconds=80, server_address="127.0.0.1:10247",
    )  # fmt: skip
    return Component("kwok", argv, Http("http://127.0.0.1:10247/readyz"), after=("objects",))


def _containerd(cfg: HostConfig) -> Component:
    argv = ("containerd", "--config", str(cfg.paths.etc / "containerd.toml"))
    return Component("containerd", argv, Socket(CONTAINERD_SOCKET))


def _kubelet(cfg: HostConfig) -> Component:
    labels = ",".join(f"{key}={value}" for key, value in sorted(cfg.node_labels.items()))
    argv = _flags(
        "kubelet", config=cfg.paths.etc / "kubelet.json", kubeconfig=cfg.paths.component_config("kubelet"),
        root_dir=cfg.paths.kubelet, cert_dir=cfg.paths.kubelet / "pki",
        hostname_override=NODE_NAME, node_ip=cfg.node_ip, node_labels=labels, v=1,
    )  # fmt: skip
    probe = Http("http://127.0.0.1:10248/healthz")
    return Component("kubelet", argv, probe, after=("containerd", "kube-apiserver"))


def _kube_proxy(cfg: HostConfig) -> Component:
    argv = _flags("kube-proxy", config=cfg.paths.etc / "kube-proxy.json", v=1)
    return Component("kube-proxy", argv, Http("http://127.0.0.1:10256/livez"), after=("kube-apiserver",))


def _egress() -> Component:
    """User-mode NAT: outgoing connections of the cluster become ordinary ones of this process on the machine.

    It runs in the machine's network namespace and, like all, in the cluster's process namespace: it dies with
    it. The machine's loopback stays out of the pods' reach.
    """
    slirp = (
        "slirp4netns", "--configure", "--mtu=1500", "--disable-host-loopback",
        "--netns-type=path", str(OWN_NETWORK), EGRESS_LINK,
    )  # fmt: skip
    return Component("slirp4netns", ("nsenter", f"--net={HOST_NETWORK}", *slirp), Link(EGRESS_LINK))


EGRESS_LINK = "egress0"
