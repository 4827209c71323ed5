"""What dashboards ask for, by the parser and the evaluation of Prometheus itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.boards import CHOSEN, LAYERS, PLAN, every, filled, one, variables
from support.charts import module_of

from fairlead.catalog import dashboards, lock
from fairlead.layers.monitoring import rules
from fairlead.plan.monitoring_model import MonitoringPlan
from reference.gomodule import go_module
from reference.prometheus import board_sample
from reference.prometheus.cluster import LONG
from reference.prometheus.promtool import Series, expected, promtool, wrong

AT = "175m"
ONE, NONE = {"{}": 1.0}, {}
NOT_SO = {f"queue:Waiting, by how long already:{reference}" for reference in "ABD"}
"""Of the only workload that waits two hours and a half."""


def groups(plan: MonitoringPlan = PLAN) -> list[Mapping[str, Any]]:
    return [group for obj in rules.objects(plan, LAYERS) for group in obj["spec"]["groups"]]


def checked(expressions: Sequence[str], folder: Path) -> str:
    """What promtool says of rules with these expressions; empty where it finds nothing."""
    found = [{"record": f"board:query:{number}", "expr": text} for number, text in enumerate(expressions)]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": found}]}))
    done = subprocess.run(
        [promtool(), "check", "rules", "--lint=all", str(path)], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_query_can_be_read(tmp_path: Path) -> None:
    selectors = [filled(one) for name in dashboards.NEEDS for one in variables(name).values()]
    for values in ({}, CHOSEN):
        assert checked([*(query.filled(values) for query in every()), *selectors], tmp_path) == ""


def test_a_query_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    assert "parse error" in checked(["sum by (pool (up)"], tmp_path)


@pytest.mark.parametrize("values", [{}, CHOSEN], ids=["all", "chosen"])
def test_every_query_finds_something_of_a_cluster_that_has_everything(values: Mapping[str, str]) -> None:
    """A label that no series has, or a join of what does not fit, gives nothing. A 0 that is put there is no find."""
    plain = [
        query.filled(values).replace(" or vector(0)", "") for query in every() if query.name not in NOT_SO
    ]
    checks = [expected(f"count({expression}) > bool 0", AT, ONE) for expression in plain]
    assert wrong(groups(), board_sample.cluster(), *checks) == ""


def test_of_a_cluster_that_has_nothing_counts_say_none_and_all_else_says_nothing() -> None:
    """No query fails there, and no figure is made up."""
    checks = [
        expected(query.filled(), AT, {"{}": 0} if re.search(r"vector\(0\)\)?$", query.expression) else NONE)
        for query in every()
    ]
    # A budget is written in the spec, and is there before anything else is.
    assert wrong(groups(replace(PLAN, budgets={})), {"up": f"1{LONG}"}, *checks) == ""


def test_a_query_for_a_label_that_nothing_has_is_found() -> None:
    query = one("pool", "Held").filled().replace("pool=", "pol=").replace('".*"', '".+"')
    said = wrong(groups(), board_sample.cluster(), expected(f"count({query}) > bool 0", AT, ONE))
    assert "Held" in said or "pol=" in said


FIGURES: Mapping[tuple[str, str, str], Mapping[str, float]] = {
    ("fleet", "Accelerators", "A"): {"{}": 12},
    ("fleet", "Held", "A"): {"{}": 3},
    ("fleet", "Held, part", "A"): {"{}": 0.25},
    ("fleet", "Held and idle", "A"): {"{}": 1},
    ("fleet", "Nodes not ready", "A"): {"{}": 1},
    ("fleet", "Pools", "C"): {'{pool="h100"}': 9},
    ("fleet", "There and used, by vendor", "A"): {'{vendor="NVIDIA"}': 3},
    ("fleet", "There and used, by vendor", "B"): {'{vendor="NVIDIA"}': 2},
    ("fleet", "Nodes that nobody holds", "A"): {'{pool="h100"}': 1},
    ("pool", "Utilisation", "A"): {"{}": 0.5},
    ("pool", "Nodes that nobody holds", "A"): {'{pool="h100", node="n2"}': 10_500},
    ("pool", "Held and idle", "A"): {"{}": 1},
    ("tenant", "Held", "A"): {"{}": 3},
    ("tenant", "Held, by stage", "A"): {'{stage="training"}': 2, '{stage="inference"}': 1},
    ("tenant", "Utilisation, by workload", "A"): {
        '{namespace="team-a", workload="train-node-0"}': 0.375,
        '{namespace="team-a", workload="chat"}': 0.75,
    },
    ("tenant", "Waiting", "A"): {"{}": 1},
    ("tenant", "Longest wait", "A"): {"{}": 10_500},
    ("tenant", "Containers that do not start", "A"): {'{reason="ImagePullBackOff"}': 1},
    ("job", "Accelerators", "A"): {"{}": 2},
    ("job", "Utilisation", "A"): {"{}": 0.375},
    ("job", "Idle for", "A"): {"{}": 10_500},
    ("job", "Power, by pod", "A"): {'{pod="train-0"}': 800},
    ("job", "Memory, by pod", "A"): {'{pod="train-0"}': 0.75},
    ("job", "Restarts", "A"): {"{}": 175},
    ("serving", "Requests a second", "A"): {"{}": 100},
    ("serving", "Failed, part", "A"): {"{}": 0.01},
    ("serving", "95 of 100 within", "A"): {"{}": 92.5},
    ("serving", "In flight", "A"): {"{}": 7},
    ("serving", "Replicas missing", "A"): {"{}": 2},
    ("serving", "Requests, by route", "A"): {'{route="team-a/chat"}': 100},
    ("serving", "Pods that take requests, by route", "A"): {'{route="team-a/chat"}': 3},
    ("serving", "Utilisation, by workload", "A"): {'{namespace="team-a", workload="chat"}': 0.75},
    ("queue", "Cannot run as they are", "A"): {"{}": 1},
    ("queue", "Admitted", "A"): {"{}": 5},
    ("queue", "Evicted in an hour", "A"): {"{}": 60},
    ("queue", "Queues not active", "A"): {"{}": 1},
    ("queue", "Waiting, by how long already", "A"): {"{}": 0},
    ("queue", "Waiting, by how long already", "C"): {"{}": 1},
    ("queue", "Used part of the guaranteed share", "A"): {
        '{cluster_queue="team-a", flavor="h100-spot", resource="nvidia.com/gpu"}': 0.5
    },
    ("cost", "USD an hour", "A"): {"{}": 12},
    ("cost", "USD a month", "A"): {"{}": 8760},
    ("cost", "Of it by tenants", "A"): {"{}": 6},
    ("cost", "Of it by nobody", "A"): {"{}": 6},
    ("cost", "Of it idle", "A"): {"{}": 2},
    ("cost", "Over their budget", "A"): {"{}": 1},
    ("cost", "Used part of the budget", "A"): {'{tenant="team-a"}': 3},
    ("cost", "Spent in the time shown, by pool", "A"): {'{pool="h100"}': 12},
    ("node-health", "Nodes", "A"): {"{}": 3},
    ("node-health", "Not ready", "A"): {"{}": 1},
    ("node-health", "With faults", "A"): {"{}": 2},
    ("node-health", "Faults", "A"): {
        '{pool="h100", node="n1", condition="XIDErrors", status="true"}': 1,
        '{pool="h100", node="n2", condition="Ready", status="false"}': 1,
    },
    ("node-health", "Taints", "A"): {
        '{pool="h100", node="n1", key="fairlead.dev/quarantine", value="xid", effect="NoExecute"}': 1
    },
    ("node-health", "Last XID (NVIDIA)", "A"): {'{node="n1", gpu="0", UUID="GPU-n1-0"}': 79},
    ("node-health", "PCIe replays in an hour", "A"): {'{node="n1", gpu="0"}': 60},
}
"""Dashboard, panel and query -> what it says of the sample cluster, worked out by hand."""


def test_panels_say_of_the_sample_cluster_what_is_so() -> None:
    checks = [expected(one(*panel).filled(), AT, samples) for panel, samples in FIGURES.items()]
    assert wrong(groups(), board_sample.cluster(), *checks) == ""


def test_what_is_chosen_is_shown_and_nothing_else() -> None:
    other = {"pool": "l4", "tenant": "team-b", "namespace": "team-b", "job": "other", "node": "n9"}
    shown = [
        ("pool", "Utilisation", "A"),
        ("tenant", "Utilisation", "A"),
        ("job", "Utilisation", "A"),
        ("serving", "Requests a second", "A"),
        ("queue", "Admitted", "A"),
        ("cost", "USD an hour", "A"),
        ("node-health", "Warmest", "A"),
    ]
    checks = [expected(one(*panel).filled(other), AT, NONE) for panel in shown]
    assert wrong(groups(), board_sample.cluster(), *checks) == ""


# ---- the sample is what programs really tell ---------------------------------------------------


def labelled(series: Series) -> list[tuple[str, set[str]]]:
    """Name and labels of each."""
    found = [re.fullmatch(r"(\w+)\{(.*)\}", one) for one in series]
    return [(one[1], set(re.findall(r'(\w+)="', one[2]))) for one in found if one]


def test_kueue_tells_what_the_sample_says_it_does() -> None:
    """Names and labels in its source, where a histogram has its buckets by itself."""
    source = (module_of("kueue") / "pkg/metrics/metrics.go").read_text()
    told = {
        f"kueue_{name}": set(re.findall(r'"(\w+)"', labels))
        for name, labels in re.findall(
            r'Name:\s+"(\w+)",(?:(?!Name:).)*?\[\]string\{([^}]*)\}', source, re.DOTALL
        )
    }
    assert len(told) > 40
    for name, labels in labelled(board_sample.kueue()):
        assert labels - {"le"} <= told[name.removesuffix("_bucket")], name


def test_kube_state_metrics_tells_what_the_sample_says_it_does() -> None:
    image = lock.images()["kube-state-metrics"]
    assert image.build is not None
    assert image.build.go is not None
    row = image.build.go.module
    folder = go_module(f"{row.path}@{row.version}", row.sum) / "docs" / "metrics"
    pages = "\n".join(path.read_text() for path in folder.rglob("*.md"))
    told = {
        name: set(re.findall(r"`([a-z_]+)`?=", line))
        for name, line in re.findall(r"^\| (kube_\w+) (.*)$", pages, re.MULTILINE)
    }
    assert len(told) > 100
    for name, labels in labelled(board_sample.states()):
        if name.startswith("kube_"):
            assert labels <= told[name], name
