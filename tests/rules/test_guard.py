"""What a program registers is refused where it breaks a rule that must be kept, before the engine hears of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2

from fairlead import guard
from fairlead.rules.model import Finding, Subject
from fairlead.rules.wire import OUTPUT_KIND, SIGNATURE
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
RULE = "kubernetes-no-privileged"
ALONE = Policies(levels={"kubernetes-no-host-path": "off"})


class Monitor:
    """Stands for the engine: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def RegisterResource(self, request: Any) -> str:
        self.told.append(request.name)
        return "urn"


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Monitor:
    made = Monitor()
    monkeypatch.setattr(settings, "get_monitor", lambda: made)
    return made


def request(name: str = "driver", privileged: Any = True, **more: Any) -> Any:
    container = {"name": "main", "securityContext": {"privileged": privileged}}
    inputs = {"metadata": {"name": name, "namespace": "ops"}, "spec": {"containers": [container]}}
    sent: Any = struct_pb2.Struct()
    json_format.ParseDict(inputs, sent)
    whole = {"type": "kubernetes:core/v1:Pod", "name": name, "custom": True, "object": sent} | more
    return resource_pb2.RegisterResourceRequest(**whole)


def breaks(sent: Any, policies: Policies = ALONE) -> list[str]:
    return [one.rule for one in guard.refused(sent, policies, TODAY) if one.rule == RULE]


def test_what_breaks_a_mandatory_rule_never_reaches_the_engine(monitor: Monitor) -> None:
    guard.keep(ALONE, TODAY)
    with pytest.raises(pulumi.RunError) as failed:
        monitor.RegisterResource(request())
    text = str(failed.value)
    assert text.startswith("kubernetes:core/v1:Pod Pod/ops/driver breaks ")
    assert f"(rule {RULE})" in text
    assert "spec.containers[0].securityContext.privileged" in text
    assert "fairlead check policies -s STACK" in text
    assert monitor.told == []


def test_what_keeps_the_rules_is_registered_as_before(monitor: Monitor) -> None:
    guard.keep(ALONE, TODAY)
    role = resource_pb2.RegisterResourceRequest(type="acme:index:Thing", name="thing", custom=True)
    assert monitor.RegisterResource(role) == "urn"
    assert monitor.told == ["thing"]


def test_levels_and_exceptions_hold_as_everywhere() -> None:
    excuse = {
        "rule": RULE,
        "resource": "Pod/ops/driver",
        "owner": "team-nodes",
        "reason": "the driver loads modules of the kernel",
        "until": "2026-11-30",
    }
    excused = Policies.model_validate({"exceptions": [excuse]})
    assert breaks(request()) == [RULE]
    assert breaks(request(), Policies(levels={RULE: "advisory"})) == []
    assert breaks(request(), Policies(levels={RULE: "remediate"})) == [RULE]
    assert breaks(request(), excused) == []
    assert breaks(request("other"), excused) == [RULE]
    assert [one.rule for one in guard.refused(request(), excused, date(2026, 12, 1)) if one.rule == RULE] == [
        RULE
    ]


def test_what_comes_from_other_resources_is_not_known_yet_and_breaks_nothing() -> None:
    later = {SIGNATURE: OUTPUT_KIND, "dependencies": ["urn"]}
    assert breaks(request(privileged=later)) == []
    assert breaks(request(privileged={**later, "value": True})) == [RULE]


def test_components_have_no_inputs_to_look_at() -> None:
    assert breaks(request(custom=False)) == []


def test_rules_see_how_a_resource_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, bool]] = []

    def look(subject: Subject, *_: object) -> list[Finding]:
        seen.append((subject.protect, subject.retain_on_delete))
        return []

    monkeypatch.setattr(guard, "of_resource", look)
    for more in ({}, {"protect": True}, {"retainOnDelete": True}):
        guard.refused(request(**more), ALONE, TODAY)
    assert seen == [(False, False), (True, False), (False, True)]


def test_a_program_without_an_engine_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "get_monitor", lambda: None)
    guard.keep(ALONE, TODAY)
    assert breaks(request()) == [RULE]
