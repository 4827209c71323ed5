"""Tries, in throw-away namespaces, what a cluster asks of the kernel, and prints what failed as JSON.

Run as `python -m fairlead.targets.local.host.trial DIR NFT`; leaves nothing but an empty DIR.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fairlead.targets.local.host import kernel

_ALL = (
    kernel.CLONE_NEWPID | kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWNET
)

RULES = """table ip trial {
  map services {
    type ipv4_addr . inet_proto . inet_service : verdict
  }
  chain endpoint {
    meta l4proto tcp dnat to 192.0.2.1:80
  }
  chain service {
    numgen random mod 1 vmap { 0 : goto endpoint }
  }
  chain nat {
    type nat hook output priority -100
    ip daddr . meta l4proto . th dport vmap @services
  }
  chain out {
    type nat hook postrouting priority 100
    masquerade
  }
}
"""
"""What kube-proxy's nftables mode writes, in small."""


def main(directory: Path, nft: str) -> int:
    """Prints a JSON object: name of each trial that failed -> the error."""
    try:
        kernel.unshare(_ALL)
    except OSError as error:
        print(json.dumps({"namespaces": str(error)}))
        return 0
    inner = os.fork()  # the first process of the new process namespace; the others live only as long as it
    if inner:
        return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    trials: dict[str, Callable[[], object]] = {
        "overlayfs": lambda: _overlay(directory),
        "veth": lambda: _run("ip", "link", "add", "trial0", "type", "veth", "peer", "name", "trial1"),
        "nftables": lambda: _run(nft, "-f", "-", text=RULES),
    }
    failed: dict[str, str] = {}
    for name, trial in trials.items():
        try:
            trial()
        except OSError as error:
            failed[name] = str(error)
    print(json.dumps(failed))
    return 0


def _overlay(directory: Path) -> None:
    layers = [directory / name for name in ("lower", "upper", "work", "merged")]
    for layer in layers:
        layer.mkdir(parents=True, exist_ok=True)
    options = "lowerdir={},upperdir={},workdir={}".format(*layers)
    kernel.mount("overlay", str(layers[-1]), "overlay", 0, options)
    (layers[-1] / "file").write_text("written")


def _run(*argv: str, text: str = "") -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True, input=text)
    if done.returncode != 0:
        raise OSError(f"`{' '.join(argv)}`: {done.stderr.strip()}")


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
