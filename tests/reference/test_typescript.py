"""A TypeScript program with the components: its SDK from their schema, the compiler's word, and what it asks for.

What brings SDK and compiler is pinned: the generator of the engine's own release, and npm's lock file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.golden import REPO

from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(
        shutil.which("npm") is None, reason="no npm on PATH: TypeScript needs Node.js 20 or later"
    ),
]
SOURCE = REPO / "tests" / "package" / "typescript"
SCHEMA = REPO / "tests" / "golden" / "package" / "schema.json"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with its SDK beside it, and what npm's lock names."""
    folder = tmp_path_factory.mktemp("typescript") / "project"
    shutil.copytree(SOURCE, folder)
    generator = toolchain.ensure(["pulumi-sdk-gen"], Cache.default(), Progress(mode="quiet"))[
        "pulumi-sdk-gen"
    ]
    subprocess.run([str(generator), str(SCHEMA), str(folder / "sdk")], check=True)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(install, cwd=folder, check=True)
    return folder


def compiled(project: Path, program: str) -> tuple[int, str]:
    """The compiler's exit status and words about one program."""
    settings = json.loads((project / "tsconfig.json").read_text())
    file = project / f"tsconfig.{program}.json"
    file.write_text(json.dumps({**settings, "files": [program]}))
    command = ["node_modules/.bin/tsc", "--project", file.name]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_program_with_both_components_compiles(project: Path) -> None:
    assert compiled(project, "program.ts") == (0, "")


def test_the_compiler_refuses_what_the_schema_does_not_have(project: Path) -> None:
    status, said = compiled(project, "wrong.ts")
    assert status != 0
    assert "Property 'spec' is missing" in said
    assert "Type 'number' is not assignable to type '{ [key: string]: any; }'" in said
    assert "Property 'nodes' does not exist on type 'Platform'" in said


def test_it_asks_for_both_components_with_all_that_was_written(project: Path) -> None:
    """Pulumi's own mocks stand in for the engine; the job gets the kubeconfig that the platform gives."""
    assert compiled(project, "mocked.ts") == (0, "")
    sdk = project / "modules" / "@pulumi" / "fairlead"
    shutil.copytree(project / "out" / "sdk", sdk)
    shutil.copy(project / "sdk" / "package.json", sdk)
    told = {**os.environ, "NODE_PATH": str(sdk.parents[1])}
    command = ["node", str(project / "out" / "mocked.js")]
    done = subprocess.run(command, cwd=project, env=told, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    asked = {line["type"]: line["inputs"] for line in lines if "type" in line}
    assert asked["fairlead:index:Platform"]["spec"]["pools"] == [{"name": "cpu", "min": 1, "max": 1}]
    assert asked["fairlead:index:TrainingJob"] == {
        "kubeconfig": "apiVersion: v1",
        "job": {"name": "hello", "tenant": "team-a", "image": "registry.example.com/a:1.0", "run": "true"},
    }
    assert {"queues": ["team-a"]} in lines
