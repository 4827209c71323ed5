"""The pack as the engine has it: a program of its own that is asked over the engine's protocol."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from support.golden import REPO

from fairlead.rules.model import Subject

PACK = REPO / "policies"
LARGEST = 400 * 1024 * 1024
LEVELS = {proto.ADVISORY: "advisory", proto.MANDATORY: "mandatory"}


class Pack:
    """What the engine asks, in its order: stack, description, configuration, then resources."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def stack(self, name: str, config: Mapping[str, str]) -> None:
        self._stub.ConfigureStack(
            proto.AnalyzerStackConfigureRequest(stack=name, project="any", organization="any", config=config)
        )

    @property
    def info(self) -> Any:
        return self._stub.GetAnalyzerInfo(struct_pb2_empty())

    def configure(self, **rules: Mapping[str, Any]) -> None:
        """Levels and settings by rule, `-` in its id written as `_`; what is not named keeps its own level."""
        given = {name.replace("_", "-"): dict(one) for name, one in rules.items()}
        request = proto.ConfigureAnalyzerRequest()
        for policy in self.info.policies:
            request.policyConfig[policy.name].enforcementLevel = policy.enforcementLevel
        for name, one in given.items():
            level = one.pop("enforcementLevel", None)
            if level:
                request.policyConfig[name].enforcementLevel = getattr(proto, level.upper())
            request.policyConfig[name].properties.CopyFrom(struct(one))
        self._stub.Configure(request)

    def analyze(self, subject: Subject) -> list[Any]:
        """Diagnostics about one resource."""
        return list(self._stub.Analyze(_request(proto.AnalyzeRequest, subject)).diagnostics)

    def analyze_stack(self, subjects: Iterable[Subject]) -> list[Any]:
        """Diagnostics about resources together."""
        found = [_request(proto.AnalyzerResource, one) for one in subjects]
        return list(self._stub.AnalyzeStack(proto.AnalyzeStackRequest(resources=found)).diagnostics)

    def remediate(self, subject: Subject) -> list[Any]:
        """(rule, inputs) after each remedy."""
        found = self._stub.Remediate(_request(proto.AnalyzeRequest, subject)).remediations
        return [(one.policyName, json_format.MessageToDict(one.properties)) for one in found]


def struct_pb2_empty() -> Any:
    """A message of nothing."""
    from google.protobuf import empty_pb2

    return empty_pb2.Empty()


def struct(value: Mapping[str, Any]) -> Any:
    """Plain data as a message."""
    made: Any = struct_pb2.Struct()
    return json_format.ParseDict(dict(value), made)


def _request(kind: Any, subject: Subject) -> Any:
    return kind(
        type=subject.type,
        name=str(subject.name),
        urn=subject.urn or f"urn:pulumi:dev::any::{subject.type}::{subject.name}",
        properties=struct(subject.inputs),
        options=proto.AnalyzerResourceOptions(protect=subject.protect),
    )


@contextmanager
def running() -> Iterator[Pack]:
    """The pack, started as the engine starts it."""
    process = subprocess.Popen(
        [sys.executable, str(PACK / "__main__.py"), "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PACK,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        options = [("grpc.max_receive_message_length", LARGEST), ("grpc.max_send_message_length", LARGEST)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
