"""SDKs by their leaves: the same classes as ever, without the modules that nobody asks for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TARGETS = Path(__file__).parents[2] / "components" / "fairlead" / "targets"
SDKS = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure": "pulumi_azure_native"}
LOADED = """
import importlib, json, sys
from fairlead.sdk.leaves import load_by_leaves
load_by_leaves()
load_by_leaves()
names = json.loads(sys.argv[1])
for package, name in names:
    getattr(importlib.import_module(package), name)
print(json.dumps([package for package, _ in names if "__getattr__" not in vars(sys.modules[package])]))
"""


def said(code: str, *arguments: str) -> Any:
    """What a Python of its own prints: here other tests have loaded whole packages."""
    argv = [sys.executable, "-c", code, *arguments]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def used(folder: Path, sdk: str) -> Iterator[tuple[str, str]]:
    """Package and name, for each name of an SDK's packages in the files of a folder."""
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text())
        lines = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.module == sdk]
        known = {alias.asname or alias.name: alias.name for line in lines for alias in line.names}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in known
            ):
                yield f"{sdk}.{known[node.value.id]}", node.attr


@pytest.mark.parametrize("folder", ["aws", "gcp", "azure", "onprem"])
def test_every_name_that_a_target_uses_lies_in_a_leaf(folder: str) -> None:
    names = {name for sdk in SDKS.values() for name in used(TARGETS / folder, sdk)}
    assert len(names) >= 3
    assert said(LOADED, json.dumps(sorted(names))) == []


def test_what_nobody_asks_for_is_not_loaded() -> None:
    code = """
import json, sys
from fairlead.sdk.leaves import load_by_leaves
load_by_leaves()
from pulumi_gcp import compute
compute.Network, compute.RouterNatLogConfigArgs
print(json.dumps(sorted(name for name in sys.modules if name.startswith("pulumi_gcp.compute."))))
"""
    leaves = ["_inputs", "network", "outputs"]
    assert said(code) == [f"pulumi_gcp.compute.{leaf}" for leaf in leaves]


def test_a_name_that_no_leaf_has_runs_the_package_as_it_is() -> None:
    code = """
import json
from fairlead.sdk.leaves import load_by_leaves
load_by_leaves()
from pulumi_aws import eks
early = eks.Cluster
try:
    eks.Clutser
except AttributeError as error:
    print(json.dumps([str(error), early is eks.Cluster, "NodeGroup" in vars(eks)]))
"""
    assert said(code) == ["module 'pulumi_aws.eks' has no attribute 'Clutser'", True, True]


def test_a_function_is_not_taken_for_the_module_of_its_name() -> None:
    code = """
import json
from fairlead.sdk.leaves import load_by_leaves
load_by_leaves()
from pulumi_aws import eks
first, again = eks.get_cluster, eks.get_cluster
print(json.dumps([callable(first), first is again]))
"""
    assert said(code) == [True, True]


def test_packages_outside_the_sdks_are_left_alone() -> None:
    code = """
import json, sys
from fairlead.sdk.leaves import load_by_leaves
load_by_leaves()
import pulumi.dynamic, pulumi_kubernetes.core, email.mime
print(json.dumps([name for name, one in sys.modules.items() if "ByLeaves" in repr(getattr(one, "__loader__", ""))]))
"""
    assert said(code) == []
