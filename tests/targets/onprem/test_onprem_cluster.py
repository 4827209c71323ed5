"""A brought cluster as the program declares it: how it is reached, what is put onto it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pulumi
import pytest
import yaml
from onprem_specs import DISK, FILE, NAMED, STORE, plan, spec
from support.engine import Recorder, recorded, value
from support.strict import problems
from support.targets import TARGETS

from fairlead.contract.handle import ClusterHandle
from fairlead.declared.record import Declared, record
from fairlead.errors import FairleadError
from fairlead.plan.credentials import held
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.onprem import ClusterPlan, VolumesPlan
from fairlead.targets.onprem import spelling, storage

cluster = TARGETS["onprem"].cluster
HELD = yaml.safe_dump({"users": [{"name": "a", "user": {"token": "x"}}]})


def made(of: PlatformPlan) -> tuple[ClusterHandle, Recorder]:
    return recorded(lambda: cluster(of), "rack")


def provider(of: PlatformPlan, *, unknown: bool = False) -> Declared:
    """The one Kubernetes provider."""
    found = record(lambda: cluster(of) and None, "rack", unknown=unknown)
    (one,) = [one for one in found if one.type == "pulumi:providers:kubernetes"]
    return one


def test_every_named_node_is_patched_once_and_no_node_is_made() -> None:
    _, engine = made(plan())
    patches = [one for one in engine.registered.values() if one.object.get("kind") == "Node"]
    assert {one.type for one in patches} == {"kubernetes:core/v1:NodePatch"}
    assert sorted(one.object["metadata"]["name"] for one in patches) == ["cpu-0", "gpu-0", "gpu-1"]


def test_a_patch_owns_labels_and_taint_and_forces_nothing() -> None:
    _, engine = made(plan())
    patches = {one["metadata"]["name"]: one for one in engine.objects("Node")}
    gpu, cpu = patches["gpu-0"], patches["cpu-0"]
    assert set(gpu) == {"apiVersion", "kind", "metadata", "spec"}
    assert gpu["spec"] == {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]}
    assert gpu["metadata"]["labels"] == {
        "fairlead.dev/pool": "h100",
        "fairlead.dev/accelerator": "H100",
        "fairlead.dev/capacity": "on-demand",
    }
    assert "spec" not in cpu, "a list of taints, even an empty one, would take those of others away"
    for one in patches.values():
        assert one["metadata"]["annotations"] == {"pulumi.com/patchFieldManager": "fairlead"}
        assert problems(one) == []


def test_the_provider_gets_the_path_and_the_context_and_nothing_of_this_machine() -> None:
    told = provider(plan()).inputs
    assert (told["kubeconfig"], told["context"]) == (FILE["kubeconfig"], FILE["context"])


def test_the_layers_get_a_path_that_every_client_can_open() -> None:
    handle, _ = made(plan())
    assert value(handle.kubeconfig).endswith("/.kube/config")
    assert "~" not in value(handle.kubeconfig)


@pytest.mark.parametrize("cloud", sorted(NAMED))
def test_a_cluster_of_a_cloud_is_reached_by_its_exec_plugin_without_any_key(cloud: str) -> None:
    text = provider(plan(cluster=NAMED[cloud])).inputs["kubeconfig"]
    config = yaml.safe_load(text)
    (user,) = config["users"]
    commands = {"aws": "aws", "gcp": "gke-gcloud-auth-plugin", "azure": "kubelogin"}
    assert user["user"]["exec"]["command"] == commands[cloud]
    assert held(text) == []
    cluster_part = config["clusters"][0]["cluster"]
    assert "${" in cluster_part["server"], "the address is looked up when the program runs"
    assert "${" in cluster_part["certificate-authority-data"]
    if cloud == "gcp":
        assert cluster_part["server"].startswith("https://")


@pytest.mark.parametrize("way", [{"stack": "acme/base/prod"}, *({"cluster": one} for one in NAMED.values())])
def test_the_program_also_runs_where_nothing_is_known_yet(way: dict[str, Any]) -> None:
    assert "context" not in provider(plan(**way), unknown=True).inputs


def test_a_stack_reference_gives_its_kubeconfig_to_the_provider() -> None:
    told = provider(plan(stack="acme/base/prod")).inputs["kubeconfig"]
    assert told == "${pulumi:pulumi:StackReference::acme/base/prod.outputs.kubeconfig}"


def test_a_kubeconfig_with_a_key_is_refused_before_it_enters_the_state() -> None:
    with pytest.raises(FairleadError, match="holds a credential") as caught:
        spelling.keyless(HELD, "stack acme/base/prod")
    assert "exec plugin" in str(caught.value)
    plain = spelling.kubeconfig(
        "a", "https://rack.example.com", "x", spelling.exec_plugin(ClusterPlan(**NAMED["aws"]))
    )
    assert spelling.keyless(plain, "s") == plain


@pytest.mark.parametrize(
    "key", ["token", "client-key-data", "client-certificate", "password", "auth-provider"]
)
def test_every_kind_of_credential_in_a_kubeconfig_is_found(key: str) -> None:
    user = {key: "x", "exec": {"command": "y"}}
    assert held(yaml.safe_dump({"users": [{"name": "a", "user": user}]})) == [key]
    assert held(yaml.safe_dump({"users": [{"name": "a", "user": None}]})) == []
    assert held("/etc/rack.kubeconfig") == []


def test_of_what_a_cloud_hands_out_only_address_and_authority_are_taken() -> None:
    text = json.dumps(
        {
            "clusters": [{"name": "a", "cluster": {"server": "s", "certificate-authority-data": "c"}}],
            "users": [{"name": "a", "user": {"client-key-data": "secret"}}],
        }
    )
    assert spelling.server_and_authority(base64.b64encode(text.encode()).decode()) == ("s", "c")


def test_a_lookup_that_is_not_foreseen_is_refused_where_there_are_no_credentials() -> None:
    def program() -> None:
        pulumi.runtime.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})

    with pytest.raises(FairleadError, match="needs credentials"):
        record(program, "rack")


def test_what_the_spec_names_becomes_a_class_of_the_contract() -> None:
    handle, engine = made(plan(target={"storage": {"block": DISK}}))
    (one,) = engine.objects("StorageClass")
    assert (one["metadata"]["name"], one["provisioner"]) == ("fairlead-block", DISK["provisioner"])
    assert one["parameters"] == DISK["parameters"]
    assert handle.storage_classes == {"fairlead-block": "fairlead-block"}
    assert problems(one) == []
    assert problems(storage.storage_class("fairlead-shared", VolumesPlan(provisioner="a"))) == []


def test_what_the_spec_does_not_name_is_declared_missing_and_where_to_name_it() -> None:
    handle, _ = made(plan())
    for name in ("storage-block", "storage-shared", "object-store", "identity"):
        assert handle.capabilities[name].status == "unsupported", name
        assert "platform.target." in handle.capabilities[name].reason, name
    assert (handle.object_store, handle.identity) == (None, None)


def test_each_tenant_gets_its_own_part_of_the_store_and_its_own_annotations() -> None:
    accounts = {
        "annotations": {"example.com/role": "platform-{tenant}"},
        "pod_labels": {"example.com/use": "true"},
    }
    handle, _ = made(plan(target={"object_store": {**STORE, "accounts": accounts}}))
    assert handle.object_store is not None
    assert handle.identity is not None
    assert handle.object_store.uris["team-b"] == "s3://models/platform/team-b"
    assert [(one.cidr, one.ports) for one in handle.object_store.reach] == [("10.1.0.0/16", (443,))]
    assert handle.identity.account_annotations["team-b"] == {"example.com/role": "platform-team-b"}
    assert handle.identity.pod_labels == {"example.com/use": "true"}
    assert handle.capabilities["object-store"].status != "unsupported"
    assert handle.capabilities["identity"].status != "unsupported"


LOADED = """
import json, sys
from fairlead.catalog.read import load
from fairlead.declared.record import record
from fairlead.plan.load import load_plan
from support.targets import TARGETS
cluster = TARGETS["onprem"].cluster
plan = load_plan(json.loads(sys.argv[1]), "f", load())
record(lambda: cluster(plan) and None, "rack")
print(*sorted({name.partition(".")[0] for name in sys.modules if name.startswith("pulumi_")}))
"""


@pytest.mark.parametrize(
    ("way", "sdk"),
    [
        ({}, set()),
        ({"cluster": NAMED["aws"]}, {"pulumi_aws"}),
        ({"cluster": NAMED["gcp"]}, {"pulumi_gcp"}),
        ({"cluster": NAMED["azure"]}, {"pulumi_azure_native"}),
    ],
    ids=["file", "aws", "gcp", "azure"],
)
def test_only_the_sdk_of_the_cloud_that_knows_the_cluster_is_loaded(
    way: dict[str, Any], sdk: set[str]
) -> None:
    argv = [sys.executable, "-c", LOADED, json.dumps(spec(**way))]
    tests = str(next(path for path in sys.path if path.endswith("/tests")))
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={"PYTHONPATH": tests})
    assert set(done.stdout.split()) == {"pulumi_kubernetes"} | sdk
