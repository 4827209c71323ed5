"""`make bench`: what the product's main paths cost on this machine. It reports figures and judges none.

Warm set-up, cluster start, first `up`, `up` without changes, destroy, program start and registration,
peak memory; a cold set-up too where FAIRLEAD_BENCH_COLD is set (it takes half an hour on two cores).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STACK, SUBNET = "bench", "100.64.82.0/30"
STACKS = ("local", "aws-prod", "gcp-prod", "azure-prod")
"""Stacks whose program is measured; those whose cloud's SDK is not installed are left out."""


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def program(folder: Path, stack: str) -> dict[str, float]:
    """Start of the program and registration of a stack, without an engine; empty without the cloud's SDK."""
    argv = [sys.executable, str(ROOT / "tools" / "bench_program.py"), str(folder), stack]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError: No module named 'pulumi_" in done.stderr:
        return {}
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def programs() -> dict[str, float]:
    """Every stack's program, the clouds' also with every pool twice: time may at most double."""
    figures: dict[str, float] = {}
    for stack in STACKS:
        figures |= {f"{stack}_{name}": one for name, one in program(ROOT / "stacks", stack).items()}
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        for stack in STACKS[1:]:
            twice = program(doubled(Path(folder) / stack, stack), stack)
            figures |= {f"{stack}_twice_{name}": one for name, one in twice.items()}
    return figures


def doubled(folder: Path, stack: str) -> Path:
    """A copy of the stack files in which every pool stands twice."""
    import yaml

    from fairlead.spec.layers import KEY, resolve_stack

    spec = resolve_stack(ROOT / "stacks", stack).value
    # What is reserved cannot be had twice: another on-demand pool stands in for it.
    plain = next(pool for pool in spec["pools"] if "accelerators" not in pool)
    twins = [plain if "reservation" in pool else pool for pool in spec["pools"]]
    spec["pools"] += [{**twin, "name": f"{twin['name'][:6]}-{place}"} for place, twin in enumerate(twins)]
    (folder / "layers").mkdir(parents=True)
    for layer in ("defaults", f"environment-{spec['environment']}"):
        (folder / "layers" / f"{layer}.yaml").write_text("{}\n")
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": {KEY: spec}}))
    return folder


def help_seconds() -> float:
    """`fairlead --help` as a whole process."""
    command = [str(Path(sys.executable).parent / "fairlead"), "--help"]
    return min(timed(lambda: subprocess.run(command, capture_output=True, check=True)) for _ in range(5))


def project(folder: Path) -> Path:
    """A copy of the project with a stack of its own."""
    import yaml

    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    spec = yaml.safe_load((ROOT / "stacks" / "Pulumi.local.yaml").read_text())
    spec["config"]["fairlead:platform"] |= {"name": STACK, "target": {"kind": "local", "subnet": SUBNET}}
    (folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(spec))
    return folder


def cluster_figures(folder: Path) -> dict[str, float]:
    """A whole life of a local stack."""
    from fairlead.operate.up import down, up
    from fairlead.stack import Stack
    from fairlead.targets.local import host
    from fairlead.tools.progress import Progress

    quiet, stack = Progress(mode="quiet"), Stack(project(folder), STACK)
    down(stack, quiet)
    first = up(stack, quiet)
    again = up(stack, quiet)
    ids = [part.pid for part in host.status(stack.run_dir).components.values() if part.pid]
    memory = sum(_resident_mib(pid) for pid in ids)
    gone = timed(lambda: down(stack, quiet))
    return {
        "warm_setup_s": first.setup,
        "cluster_start_s": first.cluster,
        "first_up_s": first.platform.seconds,
        "first_up_resources": first.platform.changed,
        "second_up_s": again.platform.seconds,
        "second_up_changed": again.platform.changed,
        "control_plane_and_node_mib": memory,
        "down_s": gone,
    }


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cold_setup() -> dict[str, float]:
    """Everything from nothing, into a cache of its own."""
    from fairlead.operate.up import prepare
    from fairlead.plan.stack import plan_of
    from fairlead.stack import Stack
    from fairlead.tools.progress import Progress

    stack = Stack(ROOT, "local")
    plan = plan_of(stack.folder, stack.name)
    with tempfile.TemporaryDirectory(prefix="fairlead-cold-") as folder:
        os.environ["FAIRLEAD_CACHE"] = folder
        return {"cold_setup_s": timed(lambda: prepare(stack, plan, Progress(), samples=True))}


def main() -> None:
    """Measures and prints, one figure a line."""
    figures: dict[str, float] = {
        "cores": len(os.sched_getaffinity(0)),
        "help_s": help_seconds(),
        **programs(),
    }
    if os.geteuid() == 0:
        with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
            figures |= cluster_figures(Path(folder))
    if os.environ.get("FAIRLEAD_BENCH_COLD"):
        figures |= cold_setup()
    figures["peak_mib_of_this_process"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, figure in figures.items():
        print(f"{name:32} {figure:10.2f}")


if __name__ == "__main__":
    main()
