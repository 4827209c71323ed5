"""`python tools/bench_program.py FOLDER STACK`: what one stack's program costs, as a line of JSON.

The program runs as the engine runs it: a Python process of its own, which speaks to resource monitor
and engine over gRPC. Both are here, in another process, and answer at once: every answer of a first
`up`, with a stand-in for each output, was made up before the program starts; what lies deeper in it than
LEVELS is left out, for no cloud's answer is filled at every level. So the figures are those of Python,
Pulumi's SDK and the program alone. start_s: from the start of the process until the program
is loaded (Pulumi, fairlead; no cloud's SDK); register_s: from then until the last answer has been
taken up; cpu_s: processor time of the whole process, which no other process on the machine lengthens
much; peak_mib: the most memory it had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from fairlead.declared.record import STACK_TYPE, declared, make_urn
from fairlead.spec.layers import KEY

LEVELS = 2
"""Levels of nested values that an answer has."""
PARALLEL = 16
"""As the engine asks for on four cores."""
SEVERITY_ERROR = 3
PROGRAM = """
import asyncio, json, sys, time
from pathlib import Path
import pulumi
from pulumi import runtime
import fairlead.program

folder, stack, address, began, preview = sys.argv[1:]
started = time.monotonic()
runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
runtime.configure(runtime.Settings(
    monitor=address, engine=address, project="fairlead", stack=stack, parallel=16,
    dry_run=preview == "preview",
))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
program = lambda: fairlead.program.run(Path(folder), standing=False)
loop.run_until_complete(runtime.run_in_stack(program))
ended = time.monotonic()
# Not ru_maxrss: that starts with what the process had that started this one.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({
    "start_s": started - float(began),
    "register_s": ended - started,
    "cpu_s": time.process_time(),
    "peak_mib": int(peak.split()[1]) / 1024,
}))
"""


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers what it has been given for each resource; keeps in `asked` what was declared, by URN."""

    def __init__(self, stack: str, answers: Mapping[str, Any]) -> None:
        self._stack = stack
        self._answers = answers
        self.asked: dict[str, Any] = {}

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """All that the SDK asks for."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Its own answer; the stack has only a name."""
        urn = make_urn(self._stack, request.parent, request.type, request.name)
        self.asked[urn] = request
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        return self._answers[urn]

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Heard."""
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any, context: Any) -> Any:
        """Heard: nothing is created, so none is called."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """The program may end."""
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    """Hears the program's messages and shows its errors."""

    def Log(self, request: Any, context: Any) -> Any:
        """One message."""
        if request.severity >= SEVERITY_ERROR:
            print(request.message, file=sys.stderr)
        return empty_pb2.Empty()


def measured(folder: Path, stack: str) -> dict[str, float]:
    """Runs the program of a stack once. Raises CalledProcessError if it fails: it has said why on stderr."""
    answers: dict[str, Any] = {}
    declared(folder, stack, answers=answers)
    for answer in answers.values():
        _cut(answer.object, LEVELS)
    figures = run_against(Monitor(stack, answers), folder, stack)
    return {**figures, "resources": len(answers)}


def _cut(struct: Any, levels: int) -> None:
    for name in [name for name, value in struct.fields.items() if value.HasField("struct_value")]:
        if levels == 1:
            del struct.fields[name]
        else:
            _cut(struct.fields[name].struct_value, levels - 1)
    for value in struct.fields.values():
        for item in value.list_value.values if value.HasField("list_value") else ():
            _cut(item.struct_value, max(levels - 1, 1))


def run_against(
    monitor: Monitor,
    folder: Path,
    stack: str,
    environment: Mapping[str, str] | None = None,
    *,
    preview: bool = False,
) -> dict[str, float]:
    """Runs the program of a stack against a monitor; what it cost. Raises as `measured`."""
    own = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["config"][KEY]
    server = grpc.server(ThreadPoolExecutor(PARALLEL))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        told = {**os.environ, **(environment or {}), "PULUMI_CONFIG": json.dumps({KEY: json.dumps(own)})}
        argv = [sys.executable, "-u", "-c", PROGRAM, str(folder), stack, address, str(time.monotonic())]
        argv.append("preview" if preview else "up")
        said = subprocess.run(argv, env=told, stdout=subprocess.PIPE, text=True, check=True).stdout
    finally:
        server.stop(None)
    return json.loads(said)


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), sys.argv[2])))
