"""Rules as policies of the API server: which, where, how strict, and for whom not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from support.strict import problems

from fairlead import labels
from fairlead.layers import admission
from fairlead.layers.objects import FROM_WITHIN
from fairlead.rules.book import BY_ID, RULES
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
TOLD = [rule for rule in RULES if rule.admission]
PINNED, LITERAL = "kubernetes-image-pinned", "workload-no-literal-secret"


def made(**policies: Any) -> Sequence[Mapping[str, Any]]:
    return admission.objects(Policies.model_validate(policies), TODAY)


def pair(rule: str, **policies: Any) -> tuple[Any, Any]:
    """The policy and the binding of a rule."""
    policy, binding = (
        one["spec"] for one in made(**policies) if one["metadata"]["name"] == admission.PREFIX + rule
    )
    return policy, binding


def excuse(resource: str, until: str = "2026-12-31") -> dict[str, str]:
    return {
        "rule": PINNED,
        "resource": resource,
        "owner": "team-paint",
        "reason": "their registry has no versions before the year ends",
        "until": until,
    }


def conditions(policy: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["expression"] for one in policy["matchConditions"]}


def test_every_rule_that_the_api_server_can_keep_has_a_policy_and_a_binding() -> None:
    found = made()
    assert len(TOLD) >= 18
    assert len(found) == 2 * len(TOLD)
    assert [one["metadata"]["name"] for one in found[::2]] == [f"fairlead-rule-{one.id}" for one in TOLD]
    assert {one["kind"] for one in found[1::2]} == {"ValidatingAdmissionPolicyBinding"}


def test_every_object_keeps_its_schema() -> None:
    assert [problem for one in made() for problem in problems(one)] == []


def test_a_rule_that_is_advised_warns_and_one_that_is_off_is_not_there() -> None:
    assert pair(PINNED)[1]["validationActions"] == ["Deny"]
    assert pair(LITERAL)[1]["validationActions"] == ["Warn", "Audit"]
    assert pair(PINNED, levels={PINNED: "advisory"})[1]["validationActions"] == ["Warn", "Audit"]
    assert pair(LITERAL, levels={LITERAL: "mandatory"})[1]["validationActions"] == ["Deny"]
    assert admission.PREFIX + PINNED not in {one["metadata"]["name"] for one in made(levels={PINNED: "off"})}


def test_they_hold_for_what_tenants_send_into_their_namespaces_and_for_nobody_else() -> None:
    for rule in TOLD:
        policy, binding = pair(rule.id)
        [tenants, *more] = binding["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert tenants == {"key": labels.TENANT, "operator": "Exists"}
        assert conditions(policy)["sent-by-a-tenant"] == FROM_WITHIN
        assert policy["failurePolicy"] == "Fail"
        assert bool(more) == bool(rule.admission and rule.admission.standard)


def test_what_pod_security_forbids_is_told_to_the_sender_where_the_namespace_keeps_the_standard() -> None:
    def levels(rule: str) -> Any:
        [_, level] = pair(rule)[1]["matchResources"]["namespaceSelector"]["matchExpressions"]
        return level["values"]

    assert levels("kubernetes-no-privileged") == ["baseline", "restricted"]
    assert levels("kubernetes-no-root") == ["restricted"]
    policy, _ = pair("kubernetes-no-privileged")
    looked = {kind for one in policy["matchConstraints"]["resourceRules"] for kind in one["resources"]}
    assert {"jobs", "trainjobs", "rayclusters"} <= looked
    assert "pods" not in looked, "Pod Security refuses the pods itself"


def test_a_refusal_names_its_rule_so_that_it_can_be_looked_up() -> None:
    for rule in TOLD:
        [validation] = pair(rule.id)[0]["validations"]
        assert validation["message"].endswith(f"(rule {rule.id})")
        assert re.fullmatch(r"[a-z].{20,}", validation["message"])


def test_a_node_is_named_only_when_a_pod_is_made() -> None:
    policy, _ = pair("workload-no-node-name")
    assert {tuple(one["operations"]) for one in policy["matchConstraints"]["resourceRules"]} == {("CREATE",)}


# ---- exceptions ---------------------------------------------------------------------------------


def test_an_exception_is_a_condition_of_its_rules_policy_alone_until_its_day_is_past() -> None:
    policy, _ = pair(PINNED, exceptions=[excuse("Job/team-a/paint-*"), excuse("an-engine-name")])
    [condition] = [text for name, text in conditions(policy).items() if name.startswith("exception")]
    assert '"^Job/team\\\\-a/paint\\\\-.*$"' in condition
    other, _ = pair("kubernetes-no-root", exceptions=[excuse("Job/team-a/paint-*")])
    assert set(conditions(other)) == {"sent-by-a-tenant", "new-or-changed"}
    late, _ = pair(PINNED, exceptions=[excuse("Job/team-a/paint-*", "2026-11-29")])
    assert set(conditions(late)) == {"sent-by-a-tenant", "new-or-changed"}


@pytest.mark.parametrize(
    ("pattern", "name", "same"),
    [
        ("Job/team-a/paint-*", "Job/team-a/paint-1", True),
        ("Job/team-a/paint-*", "Job/team-b/paint-1", False),
        ("Job/team-a/paint-?", "Job/team-a/paint-12", False),
        ("Job/team-a/a.b", "Job/team-a/axb", False),
        ("*/team-a/x", "CronJob/team-a/x", True),
    ],
)
def test_a_pattern_of_an_exception_means_the_same_to_the_api_server(
    pattern: str, name: str, same: bool
) -> None:
    [condition] = [
        text
        for key, text in conditions(pair(PINNED, exceptions=[excuse(pattern)])[0]).items()
        if key.startswith("exception")
    ]
    found = re.search(r'matches\("(.*)"\)$', condition)
    assert found is not None
    expression = found[1].replace("\\\\", "\\")
    assert bool(re.search(expression, name)) is same


def test_rules_that_the_api_server_cannot_keep_have_none() -> None:
    told = {one["metadata"]["name"] for one in made()}
    for rule in ("kubernetes-image-digest", "workload-tenant-fence", "kubernetes-run-as-non-root"):
        assert BY_ID[rule].admission is None
        assert admission.PREFIX + rule not in told
