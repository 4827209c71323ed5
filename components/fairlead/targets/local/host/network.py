"""The one link between the machine and the cluster: a veth pair, made here, ended by the kernel."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import time
from pathlib import Path
from typing import Any, cast

from fairlead.errors import ToolError
from fairlead.targets.local.host.components import EGRESS_LINK
from fairlead.targets.local.host.config import HostConfig
from fairlead.targets.local.host.toolbox import machine_tool

_INSIDE = "eth0"
_GONE_S = 15.0

MASQUERADE = f"""table ip fairlead {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "{EGRESS_LINK}" masquerade
  }}
}}
"""
"""Pods leave under the node's address: slirp4netns knows no other."""


def exists(link: str) -> bool:
    """True while the machine has this network link."""
    return Path("/sys/class/net", link).exists()


def connect(cfg: HostConfig, pid: int) -> None:
    """Makes the link from the machine to the network namespace of a process. Raises ToolError."""
    remove(cfg.link)
    ip("link", "add", cfg.link, "type", "veth", "peer", "name", _INSIDE, "netns", f"/proc/{pid}/ns/net")
    ip("addr", "add", f"{cfg.host_ip}/30", "dev", cfg.link)
    ip("link", "set", cfg.link, "up")


def settle_inside(cfg: HostConfig) -> None:
    """Addresses and routes of the cluster's side. To be called in its network namespace. Raises ToolError."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{cfg.node_ip}/30", "dev", _INSIDE)
    ip("link", "set", _INSIDE, "up")
    # a packet to a Service needs some route before nftables can turn it to a pod; there is no default route
    # without egress, so that a connection to the outside fails at once instead of hanging
    ip("route", "add", cfg.service_cidr, "dev", _INSIDE)
    if "slirp4netns" in cfg.tools:
        _run([str(cfg.paths.bin / "nft"), "-f", "-"], MASQUERADE)


def remove(link: str) -> None:
    """Returns when the link is gone: by the end of its namespace, else by deletion. Raises ToolError."""
    if not exists(link):
        return
    subprocess.run([machine_tool("ip"), "link", "del", link], check=False, capture_output=True)
    deadline = time.monotonic() + _GONE_S
    while exists(link):
        if time.monotonic() > deadline:
            raise ToolError("ip", f"network link {link} cannot be removed", f"ip link del {link}")
        time.sleep(0.02)


def overlap(cfg: HostConfig) -> str:
    """The address or route of the machine that covers part of the cluster's subnet; empty where none does."""
    subnet = ipaddress.ip_network(cfg.subnet)
    for route in _routes():
        if route.get("dev") == cfg.link or route["dst"] in ("default", "0.0.0.0/0"):
            continue
        if ipaddress.ip_network(route["dst"]).overlaps(subnet):
            return f"route {route['dst']} by {route.get('dev', '?')}"
    return ""


def _routes() -> list[dict[str, Any]]:
    output = ip("-json", "-4", "route", "show", "table", "all")
    return cast(list[dict[str, Any]], json.loads(output or "[]"))


def ip(*arguments: str) -> str:
    """Runs ip(8). Raises ToolError with its own words."""
    return _run([str(machine_tool("ip")), *arguments])


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, check=False, capture_output=True, text=True, input=text)
    if done.returncode != 0:
        why = f"`{' '.join(argv)}` failed: {done.stderr.strip()}"
        raise ToolError(Path(argv[0]).name, why, "run `fairlead doctor`")
    return done.stdout
