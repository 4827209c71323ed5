"""Runs on every node: one process for each accelerator, all of them together one communicator.

python3 -m collective nccl|ring FIRST LAST: sizes in bytes, each twice the one before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from .star import Star

WARM, TIMES = 5, 20
"""Rounds before the clock starts, and rounds under it: the defaults of nccl-tests."""
LOCAL = "COLLECTIVE_LOCAL_RANK"


def main() -> int:
    """A node's processes, or one of them. Exit status of the first that failed."""
    local = os.environ.get(LOCAL)
    if local is not None:
        return work(int(local))
    count = per_node()
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "collective", *sys.argv[1:]], env={**os.environ, LOCAL: str(place)}
        )
        for place in range(count)
    ]
    return max(abs(one.wait()) for one in started)


def per_node() -> int:
    """Processes of a node: one for each accelerator; the stand-in has one."""
    return int(os.environ["FAIRLEAD_NUM_ACCELERATORS_PER_NODE"]) if sys.argv[1] == "nccl" else 1


def work(local: int) -> int:
    """One rank's part. Rank 0 prints the table."""
    kind, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    nodes, node = int(os.environ["FAIRLEAD_NUM_NODES"]), int(os.environ["FAIRLEAD_NODE_RANK"])
    host, port = os.environ["FAIRLEAD_MASTER_ADDR"], int(os.environ["FAIRLEAD_MASTER_PORT"])
    star = Star(node * per_node() + local, nodes * per_node(), host, port)
    device = device_of(kind, star, local, last)
    lines: list[tuple[int, list[float]]] = []
    if star.rank == 0:
        print(head(device, star.world, nodes, first, last), flush=True)
    size = first
    while size <= last:
        cells = [*measure(star, device, size, False), *measure(star, device, size, True)]
        lines.append((size, cells))
        if star.rank == 0:
            print(row(size, device.type_name, cells), flush=True)
        size *= 2
    star.barrier()
    wrong = int(sum(cells[3] + cells[7] for _, cells in lines))
    if star.rank == 0:
        average = sum(cells[2] + cells[6] for _, cells in lines) / (2 * len(lines))
        print(f"# Out of bounds values : {wrong} {'FAILED' if wrong else 'OK'}")
        print(f"# Avg bus bandwidth    : {average:g}", flush=True)
    return 1 if wrong else 0


def device_of(kind: str, star: Star, local: int, most: int) -> Any:
    """What reduces: loaded only where it is needed."""
    if kind == "nccl":
        from .nccl import Nccl

        return Nccl(star, local, most)
    from .ring import Ring

    name = f"{os.environ['FAIRLEAD_JOB']}-node-0-{star.rank}.{os.environ['FAIRLEAD_JOB']}"
    return Ring(star, os.environ.get("COLLECTIVE_HOST", name), most)


def measure(star: Star, device: Any, size: int, in_place: bool) -> list[float]:
    """Microseconds of one all-reduce (mean over ranks), its two bandwidths in GB/s, and wrong numbers of all ranks."""
    wrong = sum(star.all_gather(device.wrong(size, in_place)))
    for _ in range(WARM):
        device.reduce(size, in_place)
    device.wait()
    star.barrier()
    start = time.perf_counter()
    for _ in range(TIMES):
        device.reduce(size, in_place)
    device.wait()
    spent = star.all_gather((time.perf_counter() - start) / TIMES)
    seconds = sum(spent) / len(spent)
    algorithm = size / seconds / 1e9
    return [seconds * 1e6, algorithm, algorithm * 2 * (star.world - 1) / star.world, wrong]


def head(device: Any, world: int, nodes: int, first: int, last: int) -> str:
    """What stands above the table."""
    return "\n".join(
        [
            f"# {device.version()}",
            f"# all-reduce, {world} ranks on {nodes} nodes, one {device.place} each,"
            f" minBytes {first} maxBytes {last} step: 2(factor) warmup iters: {WARM} iters: {TIMES}",
            "#" + " " * 62 + "out-of-place" + " " * 23 + "in-place",
            "#       size         count      type   redop    root     time   algbw   busbw  #wrong"
            "     time   algbw   busbw  #wrong",
            "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)"
            "             (us)  (GB/s)  (GB/s)",
        ]
    )


def row(size: int, kind: str, cells: list[float]) -> str:
    """One line of the table."""
    halves = [cells[:4], cells[4:]]
    shown = "".join(f" {one[0]:8.2f} {speed(one[1])} {speed(one[2])} {int(one[3]):7d}" for one in halves)
    return f"{size:12d} {size // 4:13d} {kind:>9} {'sum':>7} {-1:7d}{shown}"


def speed(gbps: float) -> str:
    """A bandwidth with two digits behind the point, as nccl-tests has it, or four where it is small."""
    return f"{gbps:7.2f}" if gbps >= 1 else f"{gbps:7.4f}"


if __name__ == "__main__":
    sys.exit(main())
