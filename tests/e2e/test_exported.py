"""What a stack exports is kept by the real engine, and the commands find it there: no cluster and no cloud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.stage import fairlead, make_project
from fairlead.engine import Engine, forget
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

ENGINE = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
CLUSTER = {"cloud": "aws", "name": "acme", "region": "eu-central-1"}
PROGRAM = """\
import pulumi
from fairlead.plan.sites.onprem import ClusterPlan
from fairlead.targets.onprem import spelling

plugin = spelling.exec_plugin(ClusterPlan("aws", "acme", "eu-central-1"))
text = spelling.kubeconfig("acme", "https://acme.example.com", "Q0E=", plugin)
pulumi.export("kubeconfig", {value})
"""


class Acme:
    """A stack on a cluster that its cloud knows by name; its program does nothing but export."""

    def __init__(self, project: Path, tools: dict[str, Path]) -> None:
        nodes = {"names": ["a"], "cpu": "16", "memory": "64Gi"}
        platform = {
            "name": "lab",
            "environment": "dev",
            "target": {"kind": "onprem", "cluster": CLUSTER},
            "pools": [{"name": "system", "min": 1, "max": 1, "nodes": nodes}],
            "tenants": [{"name": "team-a", "quota": {"cpu": "1"}}],
        }
        self.stack, self._program = Stack(project, "acme"), project / "stacks" / "__main__.py"
        self.stack.config_file.write_text(yaml.safe_dump({"config": {"fairlead:platform": platform}}))
        self.engine = Engine(self.stack, tools)

    def exports(self, value: str) -> None:
        """Runs a program that exports this expression."""
        self._program.write_text(PROGRAM.format(value=value))
        self.engine.up()

    def told(self, status: int) -> str:
        """What `fairlead kubeconfig` says."""
        done = fairlead(self.stack.project, "kubeconfig", "-s", self.stack.name)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if status else done.stdout


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    made = Acme(make_project(tmp_path), toolchain.ensure(ENGINE, Cache.default(), Progress(mode="plain")))
    forget(made.stack)
    made.engine.prepare()
    for name, value in made.engine.environment().items():
        if name == "PATH" or name.startswith("PULUMI_"):
            monkeypatch.setenv(name, value)
    yield made
    forget(made.stack)
    shutil.rmtree(made.stack.run_dir, ignore_errors=True)


def test_the_commands_find_what_the_last_run_has_exported(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "stack acme: no kubeconfig in its state" in acme.told(1)
    assert "`aws eks update-kubeconfig --name acme --region eu-central-1 --kubeconfig FILE`" in acme.told(1)
    acme.exports("text")
    found = json.loads(acme.told(0))
    assert found["current-context"] == "acme"
    assert found["users"][0]["user"]["exec"]["command"] == "aws"
    acme.exports("pulumi.Output.secret(text)")
    assert "the output kubeconfig is a secret" in acme.told(1)
    acme.exports("text")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{acme.stack.project}")
    assert "no stack named 'acme' found" in acme.told(1)


def test_a_stack_that_takes_over_the_cluster_of_another_finds_it_by_the_other(acme: Acme) -> None:
    acme.exports("text")
    spec = yaml.safe_load(acme.stack.config_file.read_text())
    platform = spec["config"]["fairlead:platform"]
    platform["target"] = {"kind": "onprem", "stack": "organization/fairlead/acme"}
    other = Stack(acme.stack.project, "over")
    other.config_file.write_text(yaml.safe_dump(spec))
    done = fairlead(other.project, "kubeconfig", "-s", other.name)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["current-context"] == "acme"
    shutil.rmtree(other.run_dir)
