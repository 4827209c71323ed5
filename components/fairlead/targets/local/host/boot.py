"""Makes the namespaces and becomes, in them, the cluster's supervisor.

Run as `python -m fairlead.targets.local.host.boot --stack NAME --run-dir DIR`. Two processes: the outer
one connects the network, records the inner one and ends; the inner one is the first process of the
namespaces and waits for the word to go on, so that a cluster never runs unrecorded, whenever the outer
one is killed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from fairlead.errors import FairleadError
from fairlead.targets.local.host import identity, isolate, kernel, network, supervisor
from fairlead.targets.local.host.board import say
from fairlead.targets.local.host.config import HostConfig
from fairlead.targets.local.host.files import read_json, write_json
from fairlead.targets.local.host.paths import HostPaths

_WORD = b"."


def main() -> int:
    """Starts the cluster of a run directory. Exit status 0 once the supervisor is on its way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", required=True)
    parser.add_argument("--run-dir", required=True, type=Path)
    arguments = parser.parse_args()
    cfg = HostConfig.from_json(read_json(HostPaths(arguments.run_dir).config) or {})
    isolated, tell_isolated = os.pipe()
    go, tell_go = os.pipe()
    kernel.unshare(kernel.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        os.close(isolated)
        os.close(tell_go)
        _inside(cfg, tell_isolated, go)
    os.close(tell_isolated)
    os.close(go)
    if os.read(isolated, 1) != _WORD:
        os.waitpid(child, 0)
        return 1  # its reason is in the log, which is this process's stderr, too
    network.connect(cfg, child)
    write_json(cfg.paths.supervisor, identity.of(child).to_json())
    os.write(tell_go, _WORD)
    return 0


def _inside(cfg: HostConfig, tell_isolated: int, go: int) -> None:
    status = 1
    try:
        os.setsid()
        isolate.private_view(cfg)
        isolate.private_network()
        os.write(tell_isolated, _WORD)
        os.close(tell_isolated)
        if os.read(go, 1) == _WORD:
            os.close(go)
            network.settle_inside(cfg)
            supervisor.Supervisor(cfg).run()
            status = 0
    except (FairleadError, OSError) as error:
        say(f"cannot start: {error}")
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (FairleadError, OSError) as error:
        say(f"cannot start: {error}")
        sys.exit(1)
