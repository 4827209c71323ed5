"""What only the real engine decides, with local state, no cluster and no cloud: another stack's output is read by
the program, and an edit that Azure cannot carry out ends the preview."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.stage import make_project
from fairlead.engine import Engine, forget
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

ENGINE = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-kubernetes")
EXPORTS = """\
import json

import pulumi
from fairlead.plan.sites.onprem import ClusterPlan
from fairlead.targets.onprem import spelling

plugin = spelling.exec_plugin(ClusterPlan("aws", "acme", "eu-central-1"))
config = json.loads(spelling.kubeconfig("acme", "https://acme.example.com", "Q0E=", plugin))
config["users"][0]["user"] |= {more}
pulumi.export("kubeconfig", json.dumps(config))
"""
READS = """\
from pathlib import Path

import pulumi
from fairlead.plan.stack import plan_of
from fairlead.targets.onprem import control_plane

site = plan_of(Path(__file__).parent, pulumi.get_stack()).site
pulumi.export("found", control_plane.kubeconfig(site, pulumi.ResourceOptions()))
"""
POOL = """\
import pulumi
import pulumi_kubernetes as kubernetes
from fairlead.targets.azure.immutable import pools_keep_what_is_fixed

# No cluster is asked: the provider writes files. To the engine and to the hook the inputs are those of an agent pool.
files = kubernetes.Provider("files", render_yaml_to_directory={folder!r})
pulumi.CustomResource(
    "kubernetes:example.com/v1:AgentPool",
    "lab-t4g1",
    {{"apiVersion": "example.com/v1", "kind": "AgentPool", "metadata": {{"name": "t4"}}, **{pool!r}}},
    pulumi.ResourceOptions(provider=files, hooks=pools_keep_what_is_fixed("lab")),
)
"""


class Stacks:
    """Stacks of one project with one state, whose program a test writes."""

    def __init__(self, project: Path, tools: dict[str, Path]) -> None:
        self.project, self._program = project, project / "stacks" / "__main__.py"
        self.first = Engine(self.stack("origin", {"kubeconfig": "/nowhere", "context": "there"}), tools)

    def stack(self, name: str, way: dict[str, str]) -> Stack:
        """A stack on a cluster that stands, found in this way."""
        nodes = {"names": ["a"], "cpu": "16", "memory": "64Gi"}
        platform = {
            "name": "lab",
            "environment": "dev",
            "target": {"kind": "onprem", **way},
            "pools": [{"name": "system", "min": 1, "max": 1, "nodes": nodes}],
            "tenants": [{"name": "team-a", "quota": {"cpu": "1"}}],
        }
        made = Stack(self.project, name)
        made.config_file.write_text(yaml.safe_dump({"config": {"fairlead:platform": platform}}))
        return made

    def runs(self, text: str) -> None:
        """Brings the first stack to a program."""
        self._program.write_text(text)
        self.first.up()

    def pulumi(self, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of the engine with the state of the first stack, for a program."""
        self._program.write_text(text)
        command = ["pulumi", *arguments, "--non-interactive", "--cwd", str(self.project), "--color", "never"]
        environment = self.first.environment()
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def stacks(tmp_path: Path) -> Iterator[Stacks]:
    made = Stacks(make_project(tmp_path), toolchain.ensure(ENGINE, Cache.default(), Progress(mode="plain")))
    forget(made.first.stack)
    made.first.prepare()
    yield made
    forget(made.first.stack)
    shutil.rmtree(made.first.stack.run_dir, ignore_errors=True)


def test_a_program_reads_the_kubeconfig_of_another_stack_and_refuses_one_with_a_key(stacks: Stacks) -> None:
    over = stacks.stack("over", {"stack": "organization/fairlead/origin"})
    where = ("--stack", over.name, "--config-file", str(over.config_file))
    stacks.runs(EXPORTS.format(more="{}"))
    made = stacks.pulumi(READS, "stack", "init", over.name)
    assert made.returncode == 0, made.stderr
    done = stacks.pulumi(READS, "up", "--yes", "--skip-preview", *where)
    assert done.returncode == 0, done.stdout + done.stderr
    told = stacks.pulumi(READS, "stack", "output", "found", "--stack", over.name)
    (user,) = json.loads(told.stdout)["users"]
    assert {"eks", "get-token", "acme"} <= set(user["user"]["exec"]["args"])
    stacks.runs(EXPORTS.format(more='{"token": "abc"}'))
    refused = stacks.pulumi(READS, "preview", *where)
    assert refused.returncode != 0
    assert "its kubeconfig holds a credential (token)" in refused.stdout + refused.stderr


def test_another_owner_of_the_driver_ends_the_preview_with_the_way_out(stacks: Stacks) -> None:
    def pool(driver: str, most: int) -> str:
        inputs = {"gpuProfile": {"driver": driver}, "maxCount": most}
        return POOL.format(folder=str(stacks.project / "rendered"), pool=inputs)

    where = ("--stack", "origin", "--config-file", str(stacks.first.stack.config_file))
    stacks.runs(pool("Install", 1))
    allowed = stacks.pulumi(pool("Install", 2), "preview", *where)
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    assert "1 to update" in allowed.stdout
    refused = stacks.pulumi(pool("None", 1), "preview", *where)
    assert refused.returncode != 0
    assert "raise the pool's generation" in refused.stdout + refused.stderr
