"""The processes of a local cluster and their files."""

from __future__ import annotations

import json
import tomllib
from graphlib import TopologicalSorter
from typing import Any

import pytest

from fairlead.targets.local.host import (
    HostConfig,
    components,
    kernel,
    kubeconfig,
    nodefiles,
    objects,
    pki,
    tasks,
)


def flags(cfg: HostConfig, name: str) -> dict[str, str]:
    row = next(row for row in components.rows(cfg) if row.name == name)
    return dict(flag.removeprefix("--").split("=", 1) for flag in row.argv[1:] if "=" in flag)


def test_every_part_waits_for_parts_that_exist_and_none_for_itself(cfg: HostConfig) -> None:
    graph = {row.name: set(row.after) for row in (*components.rows(cfg), *tasks.rows())}
    assert {name for after in graph.values() for name in after} <= graph.keys()
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("etcd") < order.index("kube-apiserver") < order.index("objects") < order.index("kwok")


def test_every_program_is_one_that_the_set_up_provides(cfg: HostConfig) -> None:
    from fairlead.targets.local.host.toolbox import MACHINE_TOOLS

    assert {row.argv[0] for row in components.rows(cfg)} <= {*cfg.tools, *MACHINE_TOOLS}


def test_without_slirp4netns_there_is_no_egress_and_nothing_else_is_missing(cfg: HostConfig) -> None:
    import dataclasses

    tools = {name: path for name, path in cfg.tools.items() if name != "slirp4netns"}
    alone = {row.name for row in components.rows(dataclasses.replace(cfg, tools=tools))}
    assert {row.name for row in components.rows(cfg)} - alone == {"slirp4netns"}


def test_the_pods_cannot_reach_the_loopback_of_the_machine(cfg: HostConfig) -> None:
    row = next(row for row in components.rows(cfg) if row.name == "slirp4netns")
    assert "--disable-host-loopback" in row.argv


def test_the_api_server_lets_nobody_in_unknown_and_limits_nodes(cfg: HostConfig) -> None:
    given = flags(cfg, "kube-apiserver")
    assert "anonymous-auth" not in given
    assert given["authentication-config"].endswith("/authentication.json")
    assert given["authorization-mode"] == "Node,RBAC"
    assert "NodeRestriction" in given["enable-admission-plugins"]
    assert given["profiling"] == "false"


def test_who_does_not_say_who_he_is_gets_public_keys_and_nothing_else(cfg: HostConfig) -> None:
    """The object store asks for the keys by which it knows the cluster's tokens."""
    cfg.paths.etc.mkdir(parents=True, exist_ok=True)
    nodefiles.write_all(cfg)
    told = json.loads((cfg.paths.etc / "authentication.json").read_text())
    assert told["kind"] == "AuthenticationConfiguration"
    assert told["anonymous"] == {
        "enabled": True,
        "conditions": [{"path": "/.well-known/openid-configuration"}, {"path": "/openid/v1/jwks"}],
    }


def test_the_front_proxys_authority_is_not_the_clients(cfg: HostConfig) -> None:
    given = flags(cfg, "kube-apiserver")
    assert given["requestheader-client-ca-file"] != given["client-ca-file"]
    assert given["requestheader-allowed-names"] == "front-proxy-client"


def test_etcd_listens_on_loopback_only_and_wants_certificates(cfg: HostConfig) -> None:
    given = flags(cfg, "etcd")
    listening = [value for name, value in given.items() if name.startswith("listen-")]
    assert listening
    assert all("//127.0.0.1:" in url for url in listening)
    assert (given["client-cert-auth"], given["peer-client-cert-auth"]) == ("true", "true")


def test_kwok_leaves_the_real_node_alone(cfg: HostConfig) -> None:
    given = flags(cfg, "kwok")
    assert given["manage-all-nodes"] == "false"
    assert given["manage-nodes-with-annotation-selector"] == "kwok.x-k8s.io/node=fake"


def test_every_certificate_that_a_component_is_given_is_made(cfg: HostConfig) -> None:
    pki.write_all(cfg)
    named = {value for row in components.rows(cfg) for value in flags(cfg, row.name).values()}
    wanted = {value for value in named if value.startswith(f"{cfg.paths.pki}/")}
    made = {str(path) for path in cfg.paths.pki.iterdir()}
    assert len(wanted) > 10
    assert wanted <= made


def test_nothing_is_written_outside_the_run_directory(cfg: HostConfig) -> None:
    for row in components.rows(cfg):
        paths = {value for value in flags(cfg, row.name).values() if value.startswith("/")}
        outside = {path for path in paths if not path.startswith((f"{cfg.run_dir}/", "/run/fairlead/"))}
        assert outside <= {str(cfg.stages)}, row.name


def test_the_kubeconfig_is_private_and_names_the_stacks_context(cfg: HostConfig) -> None:
    pki.write_all(cfg)
    cfg.paths.etc.mkdir(parents=True)
    kubeconfig.write_all(cfg)
    config: dict[str, Any] = json.loads(cfg.paths.kubeconfig.read_text())
    assert cfg.paths.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert config["current-context"] == "fairlead-unit"
    assert config["clusters"][0]["cluster"]["server"] == cfg.api_url
    assert "token" not in json.dumps(config)


@pytest.mark.parametrize("v2", [True, False])
def test_the_kubelet_is_told_of_cgroup_v1_only_where_it_is(
    cfg: HostConfig, monkeypatch: Any, v2: bool
) -> None:
    monkeypatch.setattr(kernel, "cgroup_v2", lambda: v2)
    assert ("failCgroupV1" in nodefiles.kubelet(cfg)) is not v2


def test_pods_run_below_the_clusters_own_control_group(cfg: HostConfig) -> None:
    assert nodefiles.kubelet(cfg)["cgroupRoot"] == "/fairlead-unit"


def test_the_kubelet_serves_nobody_unknown(cfg: HostConfig) -> None:
    config = nodefiles.kubelet(cfg)
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authorization"] == {"mode": "Webhook"}
    assert config["readOnlyPort"] == 0


def test_containerds_file_is_toml_and_keeps_its_data_in_the_run_directory(cfg: HostConfig) -> None:
    config = tomllib.loads(nodefiles.containerd_toml(cfg))
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert config["root"] == str(cfg.paths.containerd)
    assert config["grpc"]["address"] == "/run/fairlead/containerd.sock"
    assert cri["sandbox_image"] == cfg.sandbox_image
    assert cri["cni"]["bin_dir"] == str(cfg.tools["ptp"].parent)


def test_sockets_have_names_that_the_kernel_takes_wherever_the_cache_is(cfg: HostConfig) -> None:
    assert len(str(nodefiles.CONTAINERD_SOCKET) + ".ttrpc") < 108


def test_kwoks_role_cannot_read_secrets_or_make_pods() -> None:
    granted = {
        (resource, verb)
        for rule in objects.KWOK_RULES
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert ("pods", "create") not in granted
    assert not {resource for resource, _ in granted} & {"secrets", "configmaps", "*"}
