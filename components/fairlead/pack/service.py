"""Answers the engine: what each resource breaks, what all of them break together, and how a resource is mended."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as proto
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2

from fairlead.errors import FairleadError
from fairlead.pack.config import Held, Spoken, configured, level_of, spoken
from fairlead.pack.describe import BY_VALUE, NAME, diagnostic, info, struct
from fairlead.rules.book import RULES
from fairlead.rules.judge import about, judge, of_resource
from fairlead.rules.model import Data, Finding, ResourceRule, Subject, WholeRule
from fairlead.rules.wire import HiddenValueError, mended, plain

LARGEST = 400 * 1024 * 1024
"""Bytes of a message, as in Pulumi's SDKs: a stack comes as one."""
OPTIONS = (("grpc.max_receive_message_length", LARGEST), ("grpc.max_send_message_length", LARGEST))


class Service(analyzer_pb2_grpc.AnalyzerServicer):
    """The pack for one run of the engine. today: the day on which exceptions still hold or no more."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._take(Spoken())
        self._inputs: dict[str, Subject] = {}

    def _take(self, said: Spoken) -> None:
        self._said = said
        self._levels: dict[str, str] = {rule.id: level_of(rule, said.policies) for rule in RULES}
        self._held: Mapping[str, Held] = configured(said, {})
        self._info = info(said.policies)

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Which stack it is: where it is a platform, its own spec says what holds."""
        with _told(context):
            self._take(spoken(request.stack, request.config, self._today))
        return proto.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Levels as the engine has put them together, and what else the user's file says."""
        given = {
            name: json_format.MessageToDict(one.properties) for name, one in request.policyConfig.items()
        }
        with _told(context):
            self._held = configured(self._said, given)
        self._levels |= {
            name: BY_VALUE[one.enforcementLevel]
            for name, one in request.policyConfig.items()
            if name in self._levels
        }
        return empty_pb2.Empty()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """What rules there are; asked for with every resource."""
        return self._info

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The pack's version."""
        return plugin_pb2.PluginInfo(version=self._info.version)

    def Analyze(self, request: Any, context: Any) -> Any:
        """What one resource breaks."""
        subject = _subject(request)
        self._inputs[subject.urn] = subject
        found = (
            diagnostic(rule, one, self._levels[rule.id])
            for rule in about(subject.type)
            for one in self._broken(rule, subject)
        )
        return proto.AnalyzeResponse(diagnostics=found)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """What all of them break together. What the program has declared is looked at, not what became of it."""
        subjects = [self._inputs.get(one.urn) or _subject(one) for one in request.resources]

        found = (
            diagnostic(rule, one, self._levels[rule.id])
            for rule in RULES
            if isinstance(rule, WholeRule)
            for one in self._broken_by_all(rule, subjects)
        )
        return proto.AnalyzeResponse(diagnostics=found)

    def _broken(self, rule: ResourceRule, subject: Subject) -> list[Finding]:
        """How a resource breaks a rule, without what is excused."""
        if self._levels[rule.id] == "disabled":
            return []
        found = of_resource(subject, self._held[rule.id].policies, self._today, (rule,))
        return [one for one in found if not one.excused]

    def _broken_by_all(self, rule: WholeRule, subjects: Sequence[Subject]) -> list[Finding]:
        if self._levels[rule.id] == "disabled":
            return []
        held = self._held[rule.id]
        found = judge(subjects, held.policies, self._today, plan=held.plan, rules=(rule,))
        # What is wrong with exceptions themselves is told by `fairlead check policies`.
        return [one for one in found if one.rule == rule.id and not one.excused]

    def Remediate(self, request: Any, context: Any) -> Any:
        """The resource mended, by one rule after the other."""
        wire, subject = json_format.MessageToDict(request.properties), _subject(request)
        made: list[Any] = []
        for rule in about(subject.type):
            if self._levels[rule.id] == "remediate" and self._broken(rule, subject):
                wire, subject, told = _remediation(rule, wire, subject)
                made += told
        return proto.RemediateResponse(remediations=made)


def _remediation(
    rule: ResourceRule, wire: dict[str, Any], subject: Subject
) -> tuple[dict[str, Any], Subject, list[Any]]:
    """The inputs and the resource after a remedy, and what is told of it; where it cannot be, all as it was: then the
    rule refuses it."""
    after: Data | None = rule.remedy(subject) if rule.remedy else None
    if after is None:
        return wire, subject, []
    try:
        new = mended(wire, subject.inputs, after)
    except HiddenValueError:
        return wire, subject, []
    told = proto.Remediation(
        policyName=rule.id, policyPackName=NAME, description=rule.title, properties=struct(new)
    )
    return new, Subject(subject.type, subject.name, plain(new), subject.urn, subject.protect), [told]


def _subject(request: Any) -> Subject:
    inputs = plain(json_format.MessageToDict(request.properties))
    return Subject(request.type, request.name, inputs, request.urn, request.options.protect)


@contextmanager
def _told(context: Any) -> Generator[None]:
    """What is wrong with the user's input goes to the engine as it is, without a traceback."""
    try:
        yield
    except FairleadError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def started(today: date) -> tuple[Any, int]:
    """The pack's server and its port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=OPTIONS)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Service(today), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve() -> None:
    """Serves until the engine ends this process; the port is the first line of the output."""
    server, port = started(date.today())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # The engine ends it as a terminal would.
    with suppress(KeyboardInterrupt):
        server.wait_for_termination()
