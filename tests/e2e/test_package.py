"""The real engine with the package's provider: its schema, and a program of another language's kind that uses it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.golden import REPO

from e2e.stage import make_project
from fairlead.engine import Engine, forget
from fairlead.package.provider import schema
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

ENGINE = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-kubernetes")
PROGRAM = """\
import pulumi


class Remote(pulumi.ComponentResource):
    \"\"\"What a generated SDK makes of a component: a type, its inputs, and no code.\"\"\"

    def __init__(self, kind, name, inputs, outputs, opts=None):
        super().__init__(f"fairlead:index:{kind}", name, {**inputs, **dict.fromkeys(outputs)}, opts, remote=True)


SPEC = {
    "name": "lab",
    "environment": "dev",
    "target": {"kind": "onprem", "kubeconfig": "/nowhere", "context": "there"},
    "pools": [{"name": "system", "min": 1, "max": 1, "nodes": {"names": ["a"], "cpu": "16", "memory": "64Gi"}}],
    "tenants": [{"name": "team-a", "quota": {"cpu": "1"}}],
}
JOB = {"name": "hello", "tenant": "team-a", "image": "registry.example.com/a:1.0", "run": "true", "num_nodes": 2}
lab = Remote("Platform", "lab", {"spec": SPEC}, ["kubeconfig", "queues", "tenants"])
hello = Remote("TrainingJob", "hello", {"kubeconfig": lab.kubeconfig, "job": JOB}, ["objects"])
pulumi.export("queues", lab.queues)
pulumi.export("kubeconfig", lab.kubeconfig)
pulumi.export("objects", hello.objects)
"""


class Consumer:
    """A project that uses the package, whose provider lies on the path as an executable."""

    def __init__(self, project: Path, tools: dict[str, Path]) -> None:
        self.project, self.stack = project, Stack(project, "consumer")
        self.stack.config_file.write_text("config: {}\n")
        self.provider = project / "bin" / "pulumi-resource-fairlead"
        self.provider.parent.mkdir()
        self.provider.write_text(f'#!/bin/sh\nexec {sys.executable} -u {REPO / "components"} "$@"\n')
        self.provider.chmod(0o755)
        self._engine = Engine(self.stack, tools)
        forget(self.stack)
        self._engine.prepare()

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of the engine."""
        environment = self._engine.environment()
        environment["PATH"] = os.pathsep.join([str(self.provider.parent), environment["PATH"]])
        command = ["pulumi", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def previews(self, program: str) -> subprocess.CompletedProcess[str]:
        """What a program would make."""
        (self.project / "stacks" / "__main__.py").write_text(program)
        where = [
            "--stack",
            self.stack.name,
            "--config-file",
            str(self.stack.config_file),
            "--cwd",
            str(self.project),
        ]
        return self.pulumi("preview", "--non-interactive", "--color", "never", *where)


@pytest.fixture
def consumer(tmp_path: Path) -> Iterator[Consumer]:
    made = Consumer(make_project(tmp_path), toolchain.ensure(ENGINE, Cache.default(), Progress(mode="plain")))
    yield made
    forget(made.stack)
    shutil.rmtree(made.stack.run_dir, ignore_errors=True)


def test_the_engine_reads_the_schema_that_the_package_has(consumer: Consumer) -> None:
    done = consumer.pulumi("package", "get-schema", str(consumer.provider))
    assert done.returncode == 0, done.stderr
    read, wanted = json.loads(done.stdout), schema()
    assert read["name"] == "fairlead"
    assert set(read["resources"]) == set(wanted["resources"])
    for name, one in wanted["resources"].items():
        assert read["resources"][name]["requiredInputs"] == one["requiredInputs"]
        assert set(read["resources"][name]["properties"]) == set(one["properties"])


def test_a_program_that_knows_the_schema_alone_previews_a_platform_and_a_job_on_it(
    consumer: Consumer,
) -> None:
    done = consumer.previews(PROGRAM)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fairlead:index:Platform lab create" in done.stdout
    assert "kueue.x-k8s.io/v1beta2:ClusterQueue queue-tenants-clusterqueue-team-a create" in done.stdout
    assert "TrainJob trainjob-team-a-hello create" in done.stdout
    assert "kubeconfig: [secret]" in done.stdout
    assert '[0]: "TrainJob hello"' in done.stdout


def test_what_is_wrong_with_a_spec_ends_the_preview_with_its_path_and_without_our_traceback(
    consumer: Consumer,
) -> None:
    done = consumer.previews(PROGRAM.replace('"quota": {"cpu": "1"}', '"quota": {"cpu": "1", "gpus": 3}'))
    assert done.returncode != 0
    assert "platform lab: 1 problem" in done.stdout
    assert "property platform.tenants[0].quota.gpus has a problem: unknown key" in done.stdout
    assert "components/fairlead" not in done.stdout


def test_pulumi_new_makes_a_whole_project_of_a_template(consumer: Consumer, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    words = [
        "--name",
        "acme",
        "--description",
        'Our "own": one',
        "--yes",
        "--non-interactive",
        "--generate-only",
    ]
    for name in ("fairlead-aws", "fairlead-team"):
        where = made / name
        where.mkdir()
        done = consumer.pulumi("new", str(REPO / "templates" / name), *words, "--cwd", str(where))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "README.md has the first five commands." in done.stdout
        text = (where / "Pulumi.yaml").read_text()
        assert text.startswith("name: acme\n")
        assert "\ntemplate:" not in text
        assert (where / "stacks" / "Pulumi.dev.yaml").is_file()
