"""Two scanners that we did not write, over every object that a cluster would be told: nothing is left unexplained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from fairlead.plan.layer_rows import ROWS
from reference.common import REPO
from reference.scanners import checkov, explained, kube_score, objects
from reference.scanners.finding import Report

WITHOUT_SWITCH = {"health"}
"""Layers that run where nodes need them, whatever a spec says."""
FEWEST = 1500
"""Distinct objects: fewer would mean that a stack is not looked at."""
CHECKS = {"checkov": 95, "kube-score": 28}
"""Checks that some object passed or failed: fewer would mean that a scanner looks at less than it did."""


@dataclass(frozen=True)
class Answers:
    """What was scanned, and what the scanners say of it."""

    scanned: objects.Scanned
    checkov: Report
    kube_score: Mapping[str, Report]
    """By stack."""

    def found(self) -> set[tuple[str, str]]:
        """Every check with every object that it is against."""
        reports = [self.checkov, *self.kube_score.values()]
        return {
            (one.check, objects.name_of(self.scanned.objects[one.file]))
            for report in reports
            for one in report.findings
        }


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("scan") / "objects"
    folder.mkdir()
    scanned = objects.everything()
    scanned.write(folder)
    by_stack = {stack: kube_score.scanned(folder, files) for stack, files in scanned.stacks.items()}
    return Answers(scanned, checkov.scanned(folder), by_stack)


def kinds(scanned: objects.Scanned, files: Sequence[str]) -> Counter[str]:
    return Counter(scanned.objects[file]["kind"] for file in files)


def test_checkov_has_looked_at_every_object(answers: Answers) -> None:
    seen = kinds(answers.scanned, sorted(answers.checkov.looked_at))
    assert seen == kinds(answers.scanned, sorted(answers.scanned.objects))
    assert seen.total() > FEWEST
    assert len(answers.checkov.checks) >= CHECKS["checkov"]


def test_kube_score_has_looked_at_every_object_of_the_kinds_that_it_knows(answers: Answers) -> None:
    for stack, files in answers.scanned.stacks.items():
        known = [file for file in files if answers.scanned.objects[file]["kind"] in kube_score.KNOWN]
        seen = kinds(answers.scanned, sorted(answers.kube_score[stack].looked_at))
        assert seen == kinds(answers.scanned, known), stack
    asked = {check for report in answers.kube_score.values() for check in report.checks}
    assert len(asked) >= CHECKS["kube-score"]


def test_every_stack_and_every_kind_of_workload_is_scanned(answers: Answers) -> None:
    declared = {path.name.split(".")[1] for path in (REPO / "stacks").glob("Pulumi.*.yaml")}
    assert declared < set(answers.scanned.stacks)
    owners = {
        obj["metadata"]["name"].partition("-")[0]
        for obj in answers.scanned.objects.values()
        if obj["kind"] == "Pod"
    }
    sent = {"trainjob", "inferenceservice", "pytorchjob", "leaderworkerset", "rayjob"}
    assert owners >= sent | {"clustertrainingruntime", "clusterservingruntime"}


def test_no_layer_is_left_out() -> None:
    files = [REPO / "stacks" / "layers" / "defaults.yaml", *objects.OWN.glob("Pulumi.*.yaml")]
    told = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    layers = [one.get("config", {}).get("fairlead:platform", one)["layers"] for one in told]
    on = {name for each in layers for name, said in each.items() if said["enabled"]}
    assert on >= set(ROWS) - WITHOUT_SWITCH


def test_no_finding_is_unexplained(answers: Answers) -> None:
    assert explained.unexplained(answers.found(), explained.rows()) == set()


def test_every_explanation_is_of_use(answers: Answers) -> None:
    assert explained.idle(answers.found(), explained.rows()) == set()


def test_no_reason_is_empty_and_every_page_that_one_names_is_there() -> None:
    rows = explained.rows()
    assert rows
    for row in rows:
        assert len(row.reason) > 30, row
        assert row.source.startswith("https://") or Path(REPO, row.source).is_file(), row.source
