"""What a local cluster is started with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import host_configs
import pytest

from fairlead.errors import InputError
from fairlead.targets.local.host import HostConfig
from fairlead.targets.local.host.config import fixed_changes


def test_it_comes_back_from_its_file_as_it_was(cfg: HostConfig) -> None:
    assert HostConfig.from_json(json.loads(json.dumps(cfg.to_json()))) == cfg


def test_the_two_ends_of_the_link_are_the_two_addresses_of_the_subnet(cfg: HostConfig) -> None:
    assert (cfg.host_ip, cfg.node_ip) == ("100.64.77.1", "100.64.77.2")
    assert cfg.api_url == "https://100.64.77.2:6443"


@pytest.mark.parametrize("stack", ["a", "local", "a-stack-with-quite-a-long-name-indeed"])
def test_the_links_name_fits_into_the_kernels_15_bytes(tmp_path: Path, stack: str) -> None:
    link = host_configs.make(tmp_path, stack=stack).link
    assert len(link.encode()) <= 15
    assert link.startswith("fl-")


def test_long_stack_names_with_the_same_beginning_get_different_links(tmp_path: Path) -> None:
    links = {host_configs.make(tmp_path, stack=f"a-rather-long-name-{n}").link for n in range(20)}
    assert len(links) == 20


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"stack": "Local"}, "stack"),
        ({"stack": "../up"}, "stack"),
        ({"stack": "x" * 41}, "stack"),
        ({"run_dir": Path("relative")}, "run_dir"),
        ({"subnet": "100.64.77.0/24"}, "subnet"),
        ({"subnet": "100.64.77.1/30"}, "subnet"),
        ({"service_cidr": "somewhere"}, "service_cidr"),
        ({"pod_cidr": "10.244.0.0/30"}, "pod_cidr"),
        ({"dns_ip": "10.97.0.10"}, "dns_ip"),
        ({"tools": {}}, "tools"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        host_configs.make(tmp_path, **changes)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_all_wrong_values_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        host_configs.make(tmp_path, stack="UP", subnet="no")
    assert [problem.where for problem in caught.value.problems] == ["stack", "subnet"]


def test_another_program_asks_for_a_restart_and_another_image_does_not(cfg: HostConfig) -> None:
    before, images = cfg.running_parts(), cfg.image_parts()
    cfg.images[0].write_text("another")
    assert cfg.running_parts() == before
    assert cfg.image_parts() != images
    os.utime(cfg.tools["kubelet"], (1, 1))
    assert cfg.running_parts() != before


def test_what_certificates_and_data_hold_cannot_change(tmp_path: Path, cfg: HostConfig) -> None:
    other = host_configs.make(tmp_path, subnet="100.64.80.0/30", node_labels={"a": "b"})
    assert fixed_changes(cfg.to_json(), other) == ["subnet: 100.64.77.0/30 -> 100.64.80.0/30"]
    assert fixed_changes(cfg.to_json(), cfg) == []


def test_the_order_in_which_programs_are_named_asks_for_no_restart(tmp_path: Path, cfg: HostConfig) -> None:
    other = host_configs.make(tmp_path, tools=dict(reversed(list(cfg.tools.items()))))
    assert other.running_parts() == cfg.running_parts()
