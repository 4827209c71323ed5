"""The pack over the engine's own protocol: what it says of examples, and how levels, settings and exceptions hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import yaml
from policies.analyzer import LEVELS, PACK, Pack, running
from pulumi.runtime.proto import analyzer_pb2 as proto
from support.golden import REPO

from fairlead.pack.config import FACTS
from fairlead.plan.policies import check
from fairlead.rules.book import BY_ID, RULES
from fairlead.rules.examples import examples
from fairlead.rules.model import ResourceRule, Subject
from fairlead.rules.wire import SECRET_KIND, SIGNATURE
from fairlead.spec.layers import KEY
from fairlead.spec.policies import Policies

POD = "kubernetes:core/v1:Pod"
RULE = "kubernetes-no-privileged"
UNKNOWN_BOOL, UNKNOWN_TEXT = "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture(scope="module")
def started() -> Iterator[Pack]:
    with running() as pack:
        yield pack


@pytest.fixture
def pack(started: Pack) -> Pack:
    """As it is for a stack that is no platform, with every rule at its own level."""
    started.stack("dev", {})
    started.configure()
    return started


def pod(privileged: Any, name: str = "driver", **more: Any) -> Subject:
    container = {"name": "main", "securityContext": {"privileged": privileged, "runAsNonRoot": True}, **more}
    return Subject(
        POD, name, {"metadata": {"name": name, "namespace": "ops"}, "spec": {"containers": [container]}}
    )


def said(pack: Pack, subject: Subject, rule: str = RULE) -> list[tuple[str, str]]:
    """(level, text) of a rule's violations."""
    found = pack.analyze(subject)
    return [(LEVELS[one.enforcementLevel], one.message) for one in found if one.policyName == rule]


def excuse(**more: str) -> dict[str, str]:
    whole = {
        "resource": "Pod/ops/driver",
        "owner": "team-nodes",
        "reason": "the driver loads modules of the kernel",
        "until": "2999-12-31",
    }
    return whole | more


def test_every_rule_is_a_policy_with_its_level() -> None:
    with running() as fresh:
        info = fresh.info
    assert (info.name, info.supportsConfig) == ("fairlead", True)
    assert [one.name for one in info.policies] == [rule.id for rule in RULES]
    for one in info.policies:
        rule = BY_ID[one.name]
        alone = one.policy_type == proto.POLICY_TYPE_RESOURCE
        assert (LEVELS[one.enforcementLevel], one.displayName) == (rule.level, rule.title)
        assert alone == isinstance(rule, ResourceRule)


@pytest.mark.parametrize(
    "rule", [rule.id for rule in RULES if getattr(rule, "looks_at", "resources") == "resources"]
)
def test_each_example_is_told_as_it_should_be(pack: Pack, rule: str) -> None:
    # Whether a resource is left behind is not shown to packs.
    told = [one for one in examples()[rule] if not any(each.retain_on_delete for each in one.subjects)]
    assert {one.breaks for one in told} == {True, False}
    for one in told:
        facts = {key: one.plan[key] for key in FACTS if key in one.plan}
        settings = {**facts, **({"regions": one.policies["regions"]} if "regions" in one.policies else {})}
        pack.configure(**{rule.replace("-", "_"): settings})
        found = {told.policyName for subject in one.subjects for told in pack.analyze(subject)}
        found |= {told.policyName for told in pack.analyze_stack(one.subjects)} & {rule}
        assert found == ({rule} if one.breaks else set()), one.shown


def test_a_violation_says_where_what_and_what_to_do(pack: Pack) -> None:
    ((level, text),) = said(pack, pod(True))
    assert level == "mandatory"
    assert text.startswith(
        "No container is privileged\nPod/ops/driver spec.containers[0].securityContext.privileged: "
    )
    assert all(f"\n    {label}" in text for label in ("given:", "allowed:", "fix:"))


def test_a_level_of_the_file_holds(pack: Pack) -> None:
    for level, found in (("advisory", "advisory"), ("mandatory", "mandatory"), ("remediate", "mandatory")):
        pack.configure(**{RULE.replace("-", "_"): {"enforcementLevel": level}})
        assert [one for one, _ in said(pack, pod(True))] == [found]
    pack.configure(**{RULE.replace("-", "_"): {"enforcementLevel": "disabled"}})
    assert said(pack, pod(True)) == []


def test_an_exception_of_the_file_excuses_until_its_day(pack: Pack) -> None:
    pack.configure(kubernetes_no_privileged={"exceptions": [excuse()]})
    assert said(pack, pod(True)) == []
    assert said(pack, pod(True, "other"))
    pack.configure(kubernetes_no_privileged={"exceptions": [excuse(until="2020-01-31")]})
    assert said(pack, pod(True))


def test_what_the_file_says_wrongly_is_told_all_at_once(pack: Pack) -> None:
    lacking = {key: value for key, value in excuse().items() if key != "owner"}
    wrong = {"exceptions": [lacking, excuse(until="soon")], "exemptions": []}
    with pytest.raises(grpc.RpcError) as failed:
        pack.configure(kubernetes_no_privileged=wrong, kubernetes_no_privilege={"exceptions": []})
    assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    text = failed.value.details()
    assert text.startswith("--policy-pack-config: 4 problems\n")
    for part in (
        "kubernetes-no-privilege: no such rule",
        "nearest: kubernetes-no-privileged",
        f"{RULE}.exemptions: no such setting",
        f"{RULE}.exceptions[0].owner: is missing",
        f"{RULE}.exceptions[1].until: ",
    ):
        assert part in text


def test_what_is_not_known_at_a_preview_breaks_nothing(pack: Pack) -> None:
    assert said(pack, pod(UNKNOWN_BOOL)) == []
    later = Subject(POD, "x", {"metadata": {"namespace": "ops"}, "spec": UNKNOWN_TEXT})
    assert pack.analyze(later) == []


def test_a_secret_is_in_no_violation(pack: Pack) -> None:
    hidden = {SIGNATURE: SECRET_KIND, "value": "hunter2"}
    found = pack.analyze(pod(True, image=hidden, env=[{"name": "PASSWORD", "value": hidden}]))
    assert found
    assert "hunter2" not in str(found)
    assert said(pack, pod({SIGNATURE: SECRET_KIND, "value": True})) == []


def stack_config(**policies: Any) -> dict[str, str]:
    """The configuration of the local stack as the engine has it, with policies of its own."""
    own = yaml.safe_load((REPO / "stacks" / "Pulumi.local.yaml").read_text())["config"][KEY]
    return {KEY: json.dumps({**own, "policies": policies})}


def test_a_platform_is_held_to_what_its_own_spec_says(pack: Pack) -> None:
    exceptions = [{**excuse(), "rule": RULE}]
    pack.stack("local", stack_config(levels={RULE: "advisory"}, exceptions=exceptions))
    pack.configure()
    assert said(pack, pod(True)) == []
    assert [level for level, _ in said(pack, pod(True, "other"))] == ["advisory"]
    pack.stack("local", stack_config(levels={RULE: "off"}))
    pack.configure()
    assert said(pack, pod(True)) == []


def test_the_plan_of_a_platform_is_looked_at_with_its_resources(pack: Pack) -> None:
    own = yaml.safe_load((REPO / "stacks" / "Pulumi.aws-dev.yaml").read_text())["config"][KEY]
    for most, found in ((0.01, ["mandatory"]), (1_000_000, [])):
        pack.stack("aws-dev", {KEY: json.dumps({**own, "policies": {"month_most": most}})})
        pack.configure()
        told = [one for one in pack.analyze_stack([pod(False)]) if one.policyName == "cost-month-most"]
        assert [LEVELS[one.enforcementLevel] for one in told] == found


def test_a_spec_that_is_wrong_ends_the_run_with_its_problems(pack: Pack) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        pack.stack("local", stack_config(levels={"no-such-rule": "off"}))
    assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "platform.policies.levels.no-such-rule: no such rule" in failed.value.details()


MENDING = [rule for rule in RULES if isinstance(rule, ResourceRule) and rule.remedy]


@pytest.mark.parametrize("rule", MENDING, ids=lambda one: one.id)
def test_what_a_rule_can_mend_is_mended_where_the_stack_says_so(pack: Pack, rule: ResourceRule) -> None:
    bad = next(one.subjects[0] for one in examples()[rule.id] if one.breaks and rule.remedy(one.subjects[0]))
    assert pack.remediate(bad) == []
    pack.configure(**{rule.id.replace("-", "_"): {"enforcementLevel": "remediate"}})
    ((name, inputs),) = pack.remediate(bad)
    assert name == rule.id
    after = Subject(bad.type, bad.name, inputs, bad.urn, bad.protect)
    assert said(pack, after, rule.id) == []


def test_what_the_readme_shows_of_a_file_holds(pack: Pack) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", (PACK / "README.md").read_text(), re.DOTALL)
    shown = {
        rule.replace("-", "_"): {"enforcementLevel": one} if isinstance(one, str) else one
        for rule, one in json.loads(block).items()
    }
    pack.configure(**shown)
    assert {one.replace("_", "-") for one in shown} <= set(BY_ID)


def test_what_the_page_shows_of_a_spec_holds() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (REPO / "docs" / "policies.md").read_text(), re.DOTALL)
    assert len(blocks) > 1
    for one in blocks:
        policies = Policies.model_validate(yaml.safe_load(one)["policies"])
        assert list(check(policies, [])) == []


def test_the_folder_names_what_the_pack_is() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert (project["runtime"], project["main"]) == ("python", "__main__.py")
    version = re.search(r'^version = "(.*)"$', (REPO / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert project["version"] == version[1]
    assert (PACK / "__main__.py").stat().st_mode & 0o111
