"""Nested classes one by one: the same as those of the SDK as it is, and only those that are named."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.abc import InspectLoader
from types import ModuleType
from typing import Any

import pulumi
import pytest

from fairlead.sdk import classes

LIGHT = "from fairlead.sdk.leaves import load_by_leaves\nload_by_leaves()\n"


def said(code: str) -> Any:
    """What a Python of its own prints: here other tests have loaded whole packages."""
    argv = [sys.executable, "-c", "import json, sys, importlib\n" + code]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SHAPES = """
from pulumi import _types
def shape(package, name):
    one = getattr(importlib.import_module(package), name)
    kinds = _types.input_type_types(one) if _types.is_input_type(one) else _types.output_type_types(one)
    names = _types.input_type_py_to_pulumi_names(one) if _types.is_input_type(one) else {}
    return [one.__qualname__, one.__module__, {k: str(v) for k, v in kinds.items()}, names]
wanted = json.loads(%r)
print(json.dumps([shape(*one) for one in wanted], sort_keys=True))
"""
WANTED = [
    ("pulumi_aws.ec2", "LaunchTemplateNetworkInterfaceArgs"),
    ("pulumi_aws.ec2.outputs", "LaunchTemplateBlockDeviceMapping"),
    ("pulumi_gcp.container", "ClusterNodePoolAutoConfigArgs"),
    ("pulumi_gcp.container.outputs", "NodePoolNodeConfig"),
    ("pulumi_azure_native.containerservice", "ManagedClusterIdentityArgs"),
    ("pulumi_azure_native.network.outputs", "SubnetResponse"),
]


def test_a_class_has_the_fields_types_and_names_that_it_has_in_the_sdk_as_it_is() -> None:
    code = SHAPES % json.dumps(WANTED)
    light, as_it_is = said(LIGHT + code), said(code)
    assert light == as_it_is
    assert all(len(kinds) > 1 for _, _, kinds, _ in light)


RESOURCES = [
    ("pulumi_aws.eks", "NodeGroup"),
    ("pulumi_gcp.container", "NodePool"),
    ("pulumi_azure_native.containerservice", "ManagedCluster"),
]


@pytest.mark.parametrize(("package", "name"), RESOURCES)
def test_a_resources_outputs_have_the_types_that_they_have_in_the_sdk_as_it_is(
    package: str, name: str
) -> None:
    code = f"""
from pulumi import _types
one = getattr(importlib.import_module({package!r}), {name!r})
print(json.dumps({{k: str(v) for k, v in _types.resource_types(one).items()}}, sort_keys=True))
"""
    light = said(LIGHT + code)
    assert light == said(code)
    assert len(light) > 10


COUNT = """
from pulumi_aws import ec2
from fairlead.sdk.classes import WAITING
ec2.VpcArgs, ec2.SecurityGroupIngressArgs
inputs = sys.modules["pulumi_aws.ec2._inputs"]
print(json.dumps([len(vars(inputs)[WAITING]), len(inputs.__all__), "SecurityGroupIngressArgs" in vars(inputs)]))
"""


def test_what_nobody_names_waits() -> None:
    waiting, offered, made = said(LIGHT + COUNT)
    assert offered > 600
    assert waiting > offered - 20
    assert made


def test_whoever_takes_all_names_over_gets_them_all() -> None:
    code = """
from pulumi_aws import ec2
ec2.VpcArgs
taken = {}
exec("from pulumi_aws.ec2._inputs import *", taken)
inputs = sys.modules["pulumi_aws.ec2._inputs"]
print(json.dumps([len(inputs.__all__), sum(isinstance(taken[name], type) for name in inputs.__all__)]))
"""
    offered, classes = said(LIGHT + code)
    assert offered == classes > 600


def test_a_name_that_is_not_there_is_not_there() -> None:
    code = """
from pulumi_aws import ec2
ec2.VpcArgs
try:
    sys.modules["pulumi_aws.ec2._inputs"].NoSuchArgs
except AttributeError as error:
    print(json.dumps(str(error)))
"""
    assert said(LIGHT + code) == "module pulumi_aws.ec2._inputs has no attribute NoSuchArgs"


def test_no_thread_sees_a_class_without_those_that_it_names() -> None:
    inside: dict[str, Any] = {}
    seen: list[list[str]] = []

    def noted(made: type) -> type:
        seen.append(sorted(inside))
        return made

    def first() -> None:
        "Second"

    def second() -> None:
        "First"

    waiting = {
        "First": classes.Waiting(first, "First", (), {}, [noted]),
        "Second": classes.Waiting(second, "Second", (), {}, [noted]),
    }
    classes._make("First", waiting, inside)
    assert seen == [[], []]
    assert sorted(inside) == ["First", "Second"]
    assert waiting == {}


SOURCE = """
import sys
import pulumi
import pulumi.runtime

__all__ = ["A"]
meanwhile = sys.modules["pulumi"].input_type, pulumi.input_type

@pulumi.input_type
class A:
    def __init__(self, *, some_name: pulumi.Input[str]):
        pulumi.set(self, "some_name", some_name)

    @property
    @pulumi.getter(name="someName")
    def some_name(self) -> pulumi.Input[str]:
        return pulumi.get(self, "some_name")
"""


class Source(InspectLoader):
    """A module of nested classes that is no file."""

    def get_source(self, fullname: str) -> str:
        return SOURCE


@pytest.fixture
def nested(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("nested")
    monkeypatch.setitem(sys.modules, "nested", module)
    classes.ByClasses(Source()).exec_module(module)
    return module


def test_nobody_else_meets_the_decorators_that_wait(nested: ModuleType) -> None:
    """Another thread may make its own classes while such a file runs."""
    others, own = nested.meanwhile
    assert others is pulumi.input_type
    assert own is not others
    assert nested.pulumi is pulumi
    assert pulumi._types.input_type_py_to_pulumi_names(nested.A) == {"some_name": "someName"}
    assert nested.A(some_name="a").some_name == "a"


def test_the_names_of_a_file_are_hidden_from_the_thread_alone_that_runs_a_leaf(nested: ModuleType) -> None:
    def taken() -> list[str]:
        found: dict[str, Any] = {}
        exec("from nested import *", found)
        return sorted(set(found) - {"__builtins__"})

    with classes._nothing_for_a_star(nested), ThreadPoolExecutor(1) as other:
        assert taken() == []
        assert other.submit(taken).result(20) == ["A"]
    assert taken() == ["A"]


def test_threads_that_ask_for_one_class_at_once_all_get_it() -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
from pulumi_gcp import container
container.NodePool
outputs = sys.modules["pulumi_gcp.container.outputs"]
names = [name for name in outputs.__all__ if name.startswith("NodePool")]
with ThreadPoolExecutor(16) as pool:
    found = list(pool.map(lambda name: getattr(outputs, name), names * 16))
print(json.dumps([len(names), len(set(found)), all(isinstance(one, type) for one in found)]))
"""
    names, classes, all_made = said(LIGHT + code)
    assert names == classes > 20
    assert all_made
