"""The judge itself: what each reference sees, and that the tables between them have no holes."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reference.common import REPO, Finding
from reference.gcp import bodies, compute_class, discovery, facts, sdk, terraform
from reference.gcp.body_rows import BODIES, UNDOCUMENTED
from reference.gcp.check import check
from reference.gcp.declared import POOL

CATALOG = REPO / "components" / "fairlead" / "catalog" / "data"
ABSENT = {
    "addonsConfig.cloudrunConfig": "beta, or withdrawn",
    "addonsConfig.istioConfig": "beta, or withdrawn",
    "addonsConfig.kalmConfig": "beta, or withdrawn",
    "autopilotClusterPolicyConfig": "not in container.v1",
    "autopilotPrivilegedAdmissions": "not in container.v1",
    "clusterTelemetry": "beta, or withdrawn",
    "dataplaneOptimizationMode": "not in container.v1",
    "desiredEmulatedVersion": "not in container.v1",
    "effectiveTaints": "computed",
    "ephemeralStorageConfig": "beta, replaced by ephemeralStorageLocalSsdConfig",
    "fleet.membershipId": "computed",
    "fleet.membershipLocation": "computed",
    "header[0].values": "no use of private registries here",
    "nodeImageConfigs": "not in container.v1",
    "nodePoolDefaults.": "no use of it here",
    "nodePools[0]": "pools are resources of their own",
    "podSecurityPolicyConfig": "beta, or withdrawn",
    "protectConfig": "beta, or withdrawn",
    "routingPolicy": "no use of it here",
    "tpuConfig": "beta, or withdrawn",
    "workloadAltsConfig": "beta, or withdrawn",
    "md5AuthenticationKeys": "no BGP here",
    "attestationRules": "no use of it here",
    "inlineTrustConfig": "no use of it here",
    "cloudStorageConfig": "no use of it here",
}
"""Properties of the SDK that the tables of bodies do not place, with the reason: to use one, place it."""


def resource(token: str, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:s::p::{token}::one",
        "type": token,
        "name": "one",
        "custom": True,
        "depends_on": [],
        "inputs": inputs,
    }


def pool(**config: Any) -> dict[str, Any]:
    return resource(POOL, cluster="c", name="p", nodeConfig={"machineType": "e2-standard-4", **config})


def paths(found: Sequence[Finding]) -> list[str]:
    return [one.path for one in found]


def anything(kind: Any) -> Any:
    """A value with every property that a type of the SDK may have."""
    from pulumi._types import is_input_type

    kind = sdk.plain(kind)
    origin = typing.get_origin(kind)
    if isinstance(kind, type) and is_input_type(kind):
        return {key: anything(part) for key, part in sdk.properties(kind).items()}
    if origin is not None:
        return [anything(typing.get_args(kind)[0])] if issubclass(origin, Sequence) else {}
    return {bool: True, int: 1, float: 1.0}.get(kind, "${gcp:x/y:Y::z.id}")


def test_a_resource_type_without_a_validator_is_a_finding():
    found = check([resource("gcp:redis/instance:Instance", name="cache", memorySizeGb=1)])
    assert "no validator knows the type gcp:redis/instance:Instance" in [one.what for one in found]


@pytest.mark.parametrize("token", [*BODIES, *UNDOCUMENTED])
def test_every_validated_type_is_one_of_the_sdk(token):
    assert sdk.args_class(token) is not None


@pytest.mark.parametrize("token", [*BODIES, *UNDOCUMENTED])
def test_every_validated_type_has_a_terraform_schema_or_a_reason(token):
    assert terraform.terraform_type(token) in terraform.schemas() or token in terraform.NEWER


@pytest.mark.parametrize("token", BODIES)
def test_every_property_of_the_sdk_has_its_place_in_the_request(token):
    row, args = BODIES[token], sdk.args_class(token)
    assert args is not None
    inputs = {key: anything(kind) for key, kind in sdk.properties(args).items()}
    found = discovery.problems(bodies.body(inputs, row), row.api, row.schema)
    lost = [one for one in found if "output only" not in one[1]]
    assert [one for one in lost if not any(part in one[0] for part in ABSENT)] == []


def test_the_sdk_refuses_a_misspelt_key_deep_inside():
    found = sdk.check(pool(guestAccelerators=[{"type": "nvidia-l4", "cuont": 1}]))
    assert paths(found) == ["nodeConfig.guestAccelerators[0].cuont", "nodeConfig.guestAccelerators[0].count"]


def test_the_document_refuses_an_enum_in_the_wrong_case():
    row = BODIES[POOL]
    made = bodies.body(pool(taints=[{"key": "a", "value": "b", "effect": "NoSchedule"}])["inputs"], row)
    assert [path for path, _ in discovery.problems(made, row.api, row.schema)] == ["config.taints[0].effect"]


def test_the_document_refuses_an_output_as_an_input():
    found = discovery.problems({"name": "p", "status": "RUNNING"}, "container.v1", "NodePool")
    assert found == [("status", "output only: may not be set")]


def test_a_value_that_is_not_yet_known_passes_every_reference():
    reference = "${gcp:container/cluster:Cluster::main.id}"
    assert (
        discovery.problems({"name": reference, "initialNodeCount": reference}, "container.v1", "NodePool")
        == []
    )
    assert sdk.check(resource(POOL, cluster=reference, nodeCount=reference)) == []


def test_the_schema_refuses_a_resource_without_what_it_needs():
    assert "cluster" in paths(terraform.check(resource(POOL, name="p")))


def test_a_label_with_dots_keeps_its_key_in_the_request():
    made = bodies.body(pool(labels={"fairlead.dev/pool": "a"})["inputs"], BODIES[POOL])
    assert made["config"]["labels"] == {"fairlead.dev/pool": "a"}


@pytest.mark.parametrize(
    ("priority", "what"),
    [
        ({"nodepools": ["a"], "spot": True}, "nodepools stands alone"),
        ({"spot": True, "flexStart": {"enabled": True}}, "flex-start is no spot"),
        (
            {"machineType": "a3-highgpu-8g", "machineFamily": "a3"},
            "machineFamily or machineType, one of them",
        ),
        ({"gpu": {"count": "8"}}, "'8' is no whole number from 0 to any"),
        ({"reservation": {}}, "no such field"),
    ],
)
def test_a_priority_of_a_compute_class_that_contradicts_itself_is_refused(priority, what):
    found = compute_class.problems({"whenUnsatisfiable": "DoNotScaleUp", "priorities": [priority]})
    assert what in [one for _, one in found]


@pytest.mark.parametrize(
    ("zone", "region"),
    [("us-central1-f", "us-central1"), ("us-central1-d", None), ("europe-west1-a", None), ("us-east1-b", "us-east1"),
     ("us-central1-ai1a", "us-central1"), ("us-central1", None), ("mars-north1-a", None)],
)  # fmt: skip
def test_a_zone_is_one_of_its_region(zone, region):
    assert facts.zone_region(zone) == region


def _rows(name: str) -> Mapping[str, Any]:
    return tomllib.loads((CATALOG / f"{name}.gcp.toml").read_text())


def test_every_machine_of_the_catalogue_is_known_with_the_same_cards():
    machines = {name.partition("+")[0]: row for name, row in _rows("machines").items() if "+" not in name}
    assert [name for name in machines if not facts.exists(name)] == []
    gpus = {name: (row["count"], facts.gpus(name)) for name, row in machines.items() if facts.gpus(name)}
    assert {name: count for name, (count, row) in gpus.items() if row and row.counts[name] != count} == {}
    tpus = {name: (row["count"], facts.tpus(name)) for name, row in machines.items() if facts.tpus(name)}
    assert {name: count for name, (count, row) in tpus.items() if row and row.chips[name] != count} == {}


def test_every_region_of_the_catalogue_has_its_machines_and_zones():
    wrong = [
        (name, region)
        for name, row in _rows("machines").items()
        for region in row.get("regions", [])
        if facts.offered(name.partition("+")[0], region) is False
    ]
    assert wrong == []
    zones = [(zone, name) for name, row in _rows("regions").items() for zone in row["zones"]]
    assert [zone for zone, region in zones if facts.zone_region(zone) != region] == []
