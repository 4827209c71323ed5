"""`fairlead contract check`: each rule is met, or what breaks it is named with what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from contract_cluster import GPU, STORE, broken, objects, outside, pod, report

Found = dict[str, list[Any]]
LABELS = "labels"


def of(found: Found, kind: str, name: str) -> Any:
    return next(one for one in found[kind] if one["metadata"]["name"] == name)


def test_a_cluster_that_keeps_the_contract_breaks_no_rule() -> None:
    found = report(objects())
    assert found.kept
    assert [one.rule for one in found.verdicts] == [f"C{number}" for number in range(1, 11)]
    assert [one.rule for one in found.verdicts if one.status == "not applicable"] == ["C5", "C7", "C8"]
    assert all(one.detail for one in found.verdicts)


def without_label(found: Found) -> None:
    del of(found, "Node", "gpu-0")["metadata"][LABELS]["fairlead.dev/capacity"]


def wrong_label(found: Found) -> None:
    of(found, "Node", "gpu-0")["metadata"][LABELS]["fairlead.dev/accelerator"] = "L4"


def without_host_name(found: Found) -> None:
    del of(found, "Node", "gpu-0")["metadata"][LABELS]["kubernetes.io/hostname"]


def without_node(found: Found) -> None:
    found["Node"] = [one for one in found["Node"] if one["metadata"]["name"] != "gpu-1"]


def without_taint(found: Found) -> None:
    of(found, "Node", "gpu-0")["spec"] = {}


def foreign_taint(found: Found) -> None:
    of(found, "Node", "cpu-0")["spec"]["taints"] = [{"key": "a/b", "value": "c", "effect": "NoExecute"}]


def stray_pod(found: Found) -> None:
    found["Pod"].append(pod("stray", "gpu-0"))


def without_accelerators(found: Found) -> None:
    del of(found, "Node", "gpu-0")["status"]["allocatable"][GPU]


def one_too_few(found: Found) -> None:
    of(found, "Node", "gpu-0")["status"]["allocatable"][GPU] = "7"


def accelerators_on_a_plain_node(found: Found) -> None:
    of(found, "Node", "cpu-0")["status"]["allocatable"][GPU] = "1"


def smaller_than_said(found: Found) -> None:
    of(found, "Node", "gpu-0")["status"]["allocatable"]["cpu"] = "95500m"


def without_class(found: Found) -> None:
    found["StorageClass"].pop()


def without_store(found: Found) -> None:
    found["ConfigMap"].clear()


def half_a_store(found: Found) -> None:
    del found["ConfigMap"][0]["data"]["FAIRLEAD_OBJECT_STORE_REGION"]


def without_account(found: Found) -> None:
    found["ServiceAccount"].clear()


def account_with_a_key(found: Found) -> None:
    found["ServiceAccount"][0]["secrets"] = [{"name": "token"}]


def without_queue(found: Found) -> None:
    found["LocalQueue"].pop()


def without_share(found: Found) -> None:
    found["ClusterQueue"].clear()


def inactive_share(found: Found) -> None:
    condition = {"type": "Active", "status": "False", "message": "no such flavor"}
    found["ClusterQueue"][0]["status"]["conditions"] = [condition]


def without_priority(found: Found) -> None:
    found["WorkloadPriorityClass"].pop()


def wrong_priority(found: Found) -> None:
    found["WorkloadPriorityClass"][0]["value"] = 5


BREAKS: list[tuple[Callable[[Found], None], str, str]] = [
    (without_label, "C1", "node gpu-0: no fairlead.dev/capacity"),
    (wrong_label, "C1", "node gpu-0: fairlead.dev/accelerator is L4, not H100"),
    (without_host_name, "C1", "node gpu-0: no topology label kubernetes.io/hostname"),
    (without_node, "C1", "pool h100: the cluster has no node gpu-1"),
    (without_taint, "C2", "node gpu-0: the taint nvidia.com/gpu=present:NoSchedule is missing"),
    (foreign_taint, "C2", "node cpu-0: no workload tolerates its taint a/b=c:NoExecute"),
    (stray_pod, "C2", "pod team-a/stray is on accelerator node gpu-0 and asks for no nvidia.com/gpu"),
    (without_accelerators, "C3", "node gpu-0: offers 0 nvidia.com/gpu, the plan says 8"),
    (one_too_few, "C3", "node gpu-0: offers 7 nvidia.com/gpu, the plan says 8"),
    (accelerators_on_a_plain_node, "C3", "node cpu-0: offers 1 nvidia.com/gpu, which its pool does not have"),
    (smaller_than_said, "C3", "node gpu-0: gives cpu 95500m to pods, the plan hands out 96"),
    (without_class, "C4", "no storage class fairlead-shared"),
    (without_store, "C4", "tenant team-a: no ConfigMap fairlead-object-store"),
    (half_a_store, "C4", "ConfigMap fairlead-object-store lacks FAIRLEAD_OBJECT_STORE_REGION"),
    (without_account, "C5", "tenant team-a: no service account fairlead-workload"),
    (account_with_a_key, "C5", "a Secret with a token hangs on fairlead-workload"),
    (without_queue, "C6", "tenant team-a: no queue inference"),
    (without_share, "C6", "its share team-a (ClusterQueue) is not there"),
    (inactive_share, "C6", "its share team-a admits nothing: no such flavor"),
    (without_priority, "C6", "no priority inference"),
    (wrong_priority, "C6", "priority testing is 5, not 1000"),
]


@pytest.mark.parametrize(("change", "rule", "what"), BREAKS, ids=[one[0].__name__ for one in BREAKS])
def test_what_breaks_a_rule_is_named_with_its_fix(
    change: Callable[[Found], None], rule: str, what: str
) -> None:
    found = objects()
    change(found)
    problems = broken(found)
    assert set(problems) == {rule}
    assert [one for one, _ in problems[rule] if what in one], problems
    assert all(fix for _, fix in problems[rule])


def test_a_pod_that_claims_accelerators_asks_for_them_and_is_no_stray() -> None:
    found = objects()
    claiming = pod("rank-0", "gpu-0")
    claims = [{"name": "accelerators", "resourceClaimTemplateName": "nvidia-gpu-8"}]
    found["Pod"].append({**claiming, "spec": {**claiming["spec"], "resourceClaims": claims}})
    assert report(found).kept


def test_a_job_that_would_be_refused_breaks_the_rule_of_the_queues() -> None:
    problems = broken(objects(), refusals={"team-a": "no endpoints available"})
    assert set(problems) == {"C6"}
    assert "a job would be refused: no endpoints available" in problems["C6"][0][0]


def test_a_taint_that_kubernetes_takes_back_by_itself_breaks_nothing() -> None:
    found = objects()
    cordoned = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    of(found, "Node", "gpu-0")["spec"]["taints"].append(cordoned)
    assert report(found).kept


def test_what_the_spec_does_not_name_does_not_apply_and_says_why() -> None:
    found = objects()
    for kind in ("StorageClass", "ConfigMap"):
        found[kind].clear()
    verdicts = {one.rule: one for one in report(found, storage={}, object_store=None).verdicts}
    assert verdicts["C4"].status == "not applicable"
    assert "platform.target.storage.block" in verdicts["C4"].detail
    assert "platform.target.object_store" in verdicts["C4"].detail


def test_a_class_that_is_there_though_declared_missing_breaks_the_last_rule() -> None:
    problems = broken(objects(), storage={"block": {"provisioner": "a"}})
    assert set(problems) == {"C10"}
    assert "fairlead-shared is there, though storage-shared is declared missing" in problems["C10"][0][0]


def test_an_annotation_that_the_store_wants_must_be_on_the_account() -> None:
    accounts = {"annotations": {"example.com/role": "{tenant}"}}
    store = {**STORE, "accounts": accounts}
    assert "lacks its annotation example.com/role" in broken(objects(), object_store=store)["C5"][0][0]
    found = objects()
    found["ServiceAccount"][0]["metadata"]["annotations"] = {"example.com/role": "team-a"}
    assert report(found, object_store=store).kept


def test_a_kubeconfig_with_a_key_in_the_program_breaks_the_rule_of_keys() -> None:
    from contract_cluster import plan

    from fairlead.operate.contract import judge
    from fairlead.operate.live import Seen

    text = "users:\n- name: a\n  user: {token: x}\n"
    found = judge(plan(), Seen("s", objects()), [text])
    assert {one.rule: one.problems for one in found.verdicts}["C9"][0][0].endswith("a kubeconfig with token")
    assert not found.kept


def test_nodes_of_a_local_cluster_are_labelled_by_hand_those_of_a_brought_one_by_the_engine() -> None:
    from support.golden import REPO

    from fairlead.operate.contract import judge
    from fairlead.operate.live import KINDS, Seen
    from fairlead.plan.stack import plan_of

    found = objects()
    without_label(found)
    assert "pulumi up --refresh" in broken(found)["C1"][0][1]
    local = plan_of(REPO / "stacks", "local")
    lost = outside("h100-1-0")
    lost["metadata"]["labels"] = {"fairlead.dev/accelerator": "H100", "fairlead.dev/capacity": "on-demand"}
    lost["metadata"]["labels"] |= {"fairlead.dev/simulated": "true"}
    seen = Seen("s", {**{kind: [] for kind in KINDS}, "Node": [lost]})
    (first, *_) = judge(local, seen, ["path"]).verdicts
    fixes = [fix for what, fix in first.problems if "h100-1-0" in what]
    assert fixes == ["kubectl label node h100-1-0 fairlead.dev/pool=h100 --overwrite"]


def test_the_report_is_plain_data_and_readable_lines() -> None:
    found = objects()
    without_taint(found)
    one = report(found)
    data = json.loads(json.dumps(one.to_dict()))
    assert data["kept"] is False
    assert {rule["rule"]: rule["status"] for rule in data["rules"]}["C2"] == "not met"
    text = "\n".join(one.lines())
    assert "C2  not met" in text
    assert "fix: run `pulumi up --refresh`" in text


def test_what_the_monitoring_layer_computes_is_what_the_contract_names() -> None:
    from contract_cluster import spec

    from fairlead import series
    from fairlead.catalog.read import load
    from fairlead.layers.monitoring import rules
    from fairlead.operate.contract import judge
    from fairlead.operate.live import Seen
    from fairlead.plan.load import load_plan

    found = objects()
    on = load_plan({**spec(), "layers": {"monitoring": {"enabled": True}}}, "f", load())

    def missing() -> list[str]:
        [verdict] = [one for one in judge(on, Seen("s", found, {}), ["path"]).verdicts if one.rule == "C8"]
        return [what for what, _ in verdict.problems]

    assert f"nothing is recorded as {series.ACCELERATOR_IDLE}" in missing()
    found["PrometheusRule"] = list(rules.objects(on.monitoring, {"queue"}))
    assert missing() == []
    group = found["PrometheusRule"][0]["spec"]["groups"][0]
    group["rules"] = [rule for rule in group["rules"] if rule["record"] != series.POOL_HELD]
    assert missing() == [f"nothing is recorded as {series.POOL_HELD}"]
