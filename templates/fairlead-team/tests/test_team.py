"""What we hold ourselves to: the team's own file, each job, and what is sent of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pulumi
import pytest
import yaml
from fairlead.catalog.read import load
from fairlead.declared.record import record
from fairlead.spec.tenant import Tenant
from fairlead.workload.load import load_file
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render

PROJECT = Path(__file__).parents[1]
FILES = sorted((PROJECT / "jobs").glob("*.yaml"))
[OURS] = (PROJECT / "tenants").glob("*.yaml")
TEAM = Tenant.model_validate({"name": OURS.stem, **yaml.safe_load(OURS.read_text(encoding="utf-8"))})

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def jobs(file: Path) -> list[TrainingJob]:
    """The jobs of a file; what is wrong with them is told all at once."""
    return load_file(file, load())


def test_the_team_has_an_owner_people_a_quota_and_a_budget() -> None:
    assert TEAM.owner
    assert TEAM.groups
    assert TEAM.quota.accelerators or TEAM.quota.cpu != "0"
    assert TEAM.budget


@every_file
def test_every_job_is_ours_and_ends(file: Path) -> None:
    for job in jobs(file):
        assert job.tenant == TEAM.name
        assert job.timeout is not None, f"{job.name} has no timeout"


@every_file
def test_no_job_asks_for_more_accelerators_than_we_are_guaranteed(file: Path) -> None:
    for job in jobs(file):
        if job.accelerators is not None:
            asked = job.accelerators.count * job.num_nodes
            assert asked <= TEAM.quota.accelerators.get(job.accelerators.name, 0), job.name


@every_file
def test_every_job_becomes_a_job_of_our_namespace_with_all_its_nodes(file: Path) -> None:
    for job in jobs(file):
        [sent] = [one for one in render(job) if one["kind"] == "TrainJob"]
        assert sent["metadata"]["namespace"] == TEAM.name
        assert sent["spec"]["trainer"]["numNodes"] == job.num_nodes


def test_the_program_sends_each_file_to_the_platforms_cluster() -> None:
    pulumi.runtime.set_all_config({"fairlead:cluster": "organization/platform/dev"})
    sent = record(lambda: runpy.run_path(str(PROJECT / "stacks" / "__main__.py")) and None, "dev")
    names = [one.name for one in sent if one.type == "fairlead:index:TrainingJob"]
    assert names == [file.stem for file in FILES]
    providers = [one for one in sent if one.type == "pulumi:providers:kubernetes"]
    assert all("organization/platform/dev" in str(one.inputs["kubeconfig"]) for one in providers)
