"""The real engine with the real pack, and with the program's own guard: local state, no cluster and no cloud.

The provider writes files in place of asking a cluster: to the engine, the pack and the guard that makes no difference.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, make_project
from fairlead.engine import Engine, forget
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

ENGINE = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-kubernetes")
PACK = ROOT / "policies" / "__main__.py"
RULE = "kubernetes-no-privileged"
PROGRAM = """\
from datetime import date

import pulumi
import pulumi_kubernetes as kubernetes
from fairlead import guard
from fairlead.spec.policies import Policies

if {guarded}:
    guard.keep(Policies(), date.today())
files = kubernetes.Provider("files", render_yaml_to_directory={folder!r})
opts = pulumi.ResourceOptions(provider=files)
first = kubernetes.core.v1.ConfigMap("first", metadata={{"name": "first", "namespace": "ops"}}, opts=opts)


def pod(name, privileged):
    # Nothing else may be wrong with it: which of two that break a rule is refused first is nobody's promise.
    context = {{
        "privileged": privileged,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {{"drop": ["ALL"]}},
        "seccompProfile": {{"type": "RuntimeDefault"}},
    }}
    size = {{"requests": {{"cpu": "1"}}, "limits": {{"memory": "1Gi"}}}}
    container = {{"name": "main", "image": "registry.example.com/x:1.0", "resources": size}}
    containers = [{{**container, "securityContext": context}}]
    meta = {{"name": name, "namespace": "ops"}}
    spec = {{"containers": containers, "automountServiceAccountToken": False}}
    kubernetes.core.v1.Pod(name, metadata=meta, spec=spec, opts=opts)


pod("good", False)
{more}
"""
BAD = 'pod("bad", True)'
LATER = 'pod("later", first.id.apply(bool))'


class Programs:
    """One stack of a project with a state of its own, whose program a test writes."""

    def __init__(self, project: Path, tools: dict[str, Path]) -> None:
        self.project = project
        self.stack = Stack(project, "policed")
        self.engine = Engine(self.stack, tools)

    def configured(self, config: dict[str, Any]) -> None:
        """Writes the stack's configuration."""
        self.stack.config_file.write_text(yaml.safe_dump({"config": config}))

    def pulumi(
        self, command: str, more: str, *options: str, guarded: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """One command of the engine for the program with more at its end."""
        text = PROGRAM.format(folder=str(self.project / "rendered"), more=more, guarded=guarded)
        (self.project / "stacks" / "__main__.py").write_text(text)
        where = ("--stack", self.stack.name, "--config-file", str(self.stack.config_file))
        argv = [
            "pulumi",
            command,
            *(("--yes", "--skip-preview") if command == "up" else ()),
            *where,
            "--non-interactive",
            "--cwd",
            str(self.project),
            "--color",
            "never",
        ]
        environment = self.engine.environment()
        return subprocess.run([*argv, *options], env=environment, capture_output=True, text=True, check=False)

    def policed(
        self, command: str, more: str, config: dict[str, Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The same with the pack; config: what stands in the file of --policy-pack-config. Other rules stay silent."""
        file = self.project / "rules.json"
        file.write_text(json.dumps({"all": "disabled", RULE: "mandatory", **(config or {})}))
        return self.pulumi(command, more, "--policy-pack", str(PACK), "--policy-pack-config", str(file))


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(make_project(tmp_path), toolchain.ensure(ENGINE, Cache.default(), Progress(mode="plain")))
    made.configured({})
    forget(made.stack)
    made.engine.prepare()
    yield made
    forget(made.stack)
    shutil.rmtree(made.stack.run_dir, ignore_errors=True)


def output(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def violations(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Lines of the engine's list of policies that name a level, a rule and a resource."""
    return [line.strip() for line in output(done).splitlines() if line.strip().startswith("- [")]


def test_the_engine_refuses_what_breaks_a_rule_and_says_where_and_what_to_do(programs: Programs) -> None:
    good = programs.policed("preview", "")
    assert good.returncode == 0, output(good)
    assert violations(good) == []
    bad = programs.policed("preview", BAD)
    assert bad.returncode != 0
    assert violations(bad) == [f"- [mandatory]  {RULE}  (kubernetes:core/v1:Pod: bad)"]
    assert "Pod/ops/bad spec.containers[0].securityContext.privileged: " in output(bad)
    assert "fix:     " in output(bad)
    assert "Traceback" not in output(bad)


def test_levels_and_exceptions_of_a_file_hold_in_the_engine(programs: Programs) -> None:
    advised = programs.policed("preview", BAD, {RULE: "advisory"})
    assert advised.returncode == 0, output(advised)
    assert violations(advised) == [f"- [advisory]  {RULE}  (kubernetes:core/v1:Pod: bad)"]
    excuse = {"resource": "Pod/ops/bad", "owner": "team-nodes", "reason": "it loads modules of the kernel"}
    excused = {RULE: {"enforcementLevel": "mandatory", "exceptions": [{**excuse, "until": "2999-12-31"}]}}
    done = programs.policed("preview", BAD, excused)
    assert (done.returncode, violations(done)) == (0, []), output(done)


def test_a_file_that_is_wrong_ends_the_run_with_what_is_wrong(programs: Programs) -> None:
    done = programs.policed("preview", "", {"kubernetes-no-privilege": "advisory"})
    assert done.returncode != 0
    assert "kubernetes-no-privilege: no such rule" in output(done)
    assert f"nearest: {RULE}" in output(done)
    lacking = {RULE: {"exceptions": [{"resource": "x", "owner": "team-nodes", "until": "2999-12-31"}]}}
    done = programs.policed("preview", "", lacking)
    assert done.returncode != 0
    assert "reason is required" in output(done)


def test_what_is_not_known_at_a_preview_is_refused_when_it_is(programs: Programs) -> None:
    before = programs.policed("preview", LATER)
    assert (before.returncode, violations(before)) == (0, []), output(before)
    after = programs.policed("up", LATER)
    assert after.returncode != 0
    assert violations(after) == [f"- [mandatory]  {RULE}  (kubernetes:core/v1:Pod: later)"], output(after)


def test_a_platform_is_held_to_the_levels_of_its_own_spec(programs: Programs) -> None:
    nodes = {"names": ["a"], "cpu": "16", "memory": "64Gi"}
    platform = {
        "name": "lab",
        "environment": "dev",
        "target": {"kind": "onprem", "kubeconfig": "/nowhere", "context": "there"},
        "pools": [{"name": "system", "min": 1, "max": 1, "nodes": nodes}],
        "tenants": [{"name": "team-a", "quota": {"cpu": "1"}}],
    }
    for level, code in (("mandatory", 1), ("advisory", 0)):
        programs.configured({"fairlead:platform": {**platform, "policies": {"levels": {RULE: level}}}})
        done = programs.pulumi("preview", BAD, "--policy-pack", str(PACK))
        found = [one for one in violations(done) if RULE in one]
        assert found == [f"- [{level}]  {RULE}  (kubernetes:core/v1:Pod: bad)"], output(done)
        assert code == 0 or done.returncode != 0


def test_the_program_itself_registers_nothing_that_breaks_a_rule(programs: Programs) -> None:
    good = programs.pulumi("preview", "", guarded=True)
    assert good.returncode == 0, output(good)
    bad = programs.pulumi("preview", BAD, guarded=True)
    assert bad.returncode != 0
    assert "kubernetes:core/v1:Pod Pod/ops/bad breaks " in output(bad)
    assert f"(rule {RULE})" in output(bad)
    assert "Traceback" not in output(bad)
    assert "Pod bad create" not in output(bad)
