"""Nested classes one by one: the same as those of the SDK as it is, and only those that are named."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

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
