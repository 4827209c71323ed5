"""What becomes of a resource: by what changes in it, by the rows of the catalogue, and by what others become."""

from __future__ import annotations

from typing import Any

import pytest
from made import BUCKET, CONFIG_MAP, HEAD, SECRET, SUBNET, VPC, made, reference, step

from fairlead.preview.model import Resource, Step
from fairlead.preview.steps import steps

ROLE = "aws:iam/role:Role"
NODE_POOL = "gcp:container/nodePool:NodePool"
OBJECT = "kubernetes:example.com/v1:Widget"


def by_name(found: tuple[Step, ...]) -> dict[str, Step]:
    return {one.resource.name: one for one in found}


def told(found: Step) -> tuple[str, tuple[str, ...]]:
    return found.verdict, found.forced_by


def widget(spec: Any, **metadata: Any) -> Resource:
    return made(OBJECT, "w", {"metadata": {"name": "w", "namespace": "a", **metadata}, "spec": spec})


def test_what_is_new_is_created_what_is_gone_deleted_and_what_is_equal_stays() -> None:
    kept, gone, new = (made(BUCKET, name, {"bucket": name}) for name in ("kept", "gone", "new"))
    found = by_name(steps([kept, gone], [kept, new]))
    assert {name: one.verdict for name, one in found.items()} == {
        "kept": "same",
        "gone": "delete",
        "new": "create",
    }


def test_steps_are_sorted_by_urn_whatever_the_order_was() -> None:
    many = [made(BUCKET, name, {}) for name in "cab"]
    assert [one.resource.name for one in steps([], many)] == ["a", "b", "c"]


def test_a_change_updates_and_one_that_is_fixed_replaces() -> None:
    old = made(SUBNET, "s", {"cidrBlock": "10.0.0.0/24", "tags": {"a": "b"}})
    tagged = made(SUBNET, "s", {"cidrBlock": "10.0.0.0/24", "tags": {"a": "c"}})
    moved = made(SUBNET, "s", {"cidrBlock": "10.0.1.0/24", "tags": {"a": "b"}})
    assert told(step(old, tagged)) == ("update", ())
    assert told(step(old, moved)) == ("replace", ("cidrBlock",))


def test_a_block_replaces_when_it_comes_or_goes_and_not_for_what_is_in_it() -> None:
    """Of a node pool the provider replaces for a nodeConfig that comes, and changes its machine in place."""
    bare = made(NODE_POOL, "p", {"cluster": "c"})
    first = made(NODE_POOL, "p", {"cluster": "c", "nodeConfig": {"machineType": "n4-standard-8"}})
    second = made(NODE_POOL, "p", {"cluster": "c", "nodeConfig": {"machineType": "n4-standard-16"}})
    spot = made(
        NODE_POOL, "p", {"cluster": "c", "nodeConfig": {"machineType": "n4-standard-8", "spot": True}}
    )
    assert told(step(bare, first)) == ("replace", ("nodeConfig",))
    assert told(step(first, second)) == ("update", ())
    assert told(step(first, spot)) == ("replace", ("nodeConfig.spot",))


def test_a_member_of_blocks_that_force_replaces() -> None:
    def pool(*networks: str) -> Resource:
        more = [{"network": one, "subnetwork": one} for one in networks]
        return made(NODE_POOL, "p", {"networkConfig": {"additionalNodeNetworkConfigs": more}})

    found = step(pool("a"), pool("a", "b"))
    assert told(found) == ("replace", ("networkConfig.additionalNodeNetworkConfigs[1]",))


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("10.0.0.0/20", "10.0.0.0/18", "update"),
        ("10.0.0.0/18", "10.0.0.0/20", "replace"),
        ("10.0.0.0/20", "10.9.0.0/20", "replace"),
    ],
)
def test_a_network_that_only_grows_stays(old: str, new: str, verdict: str) -> None:
    kind = "gcp:compute/subnetwork:Subnetwork"
    found = step(made(kind, "n", {"ipCidrRange": old}), made(kind, "n", {"ipCidrRange": new}))
    assert found.verdict == verdict


@pytest.mark.parametrize(("old", "new", "verdict"), [(2400, 4800, "update"), (4800, 2400, "replace")])
def test_a_file_system_that_shrinks_is_another_one(old: int, new: int, verdict: str) -> None:
    kind = "aws:fsx/lustreFileSystem:LustreFileSystem"
    found = step(made(kind, "f", {"storageCapacity": old}), made(kind, "f", {"storageCapacity": new}))
    assert (found.verdict, found.keeps) == (verdict, "files" if verdict == "replace" else "")


def test_encryption_of_a_cluster_comes_in_place_and_goes_with_the_cluster() -> None:
    kind = "aws:eks/cluster:Cluster"
    bare, locked = made(kind, "c", {}), made(kind, "c", {"encryptionConfig": {"provider": {"keyArn": "k"}}})
    assert step(bare, locked).verdict == "update"
    assert told(step(locked, bare)) == ("replace", ("encryptionConfig",))


def test_what_refers_to_a_replaced_resource_follows_it() -> None:
    old, new = (made(VPC, "v", {"cidrBlock": block}) for block in ("10.0.0.0/16", "10.1.0.0/16"))
    subnet = made(SUBNET, "s", {"vpcId": reference(old, "id")})
    rule = made("aws:sqs/queue:Queue", "q", {"policy": f"of {reference(subnet, 'arn')}"})
    alone = made(ROLE, "r", {"name": "r"})
    found = by_name(steps([old, subnet, rule, alone], [new, subnet, rule, alone]))
    assert told(found["v"]) == ("replace", ("cidrBlock",))
    assert told(found["s"]) == ("replace", ("vpcId",))
    assert told(found["q"]) == ("update", ())
    assert found["r"].verdict == "same"
    (field,) = found["s"].fields
    assert field.because == "v is replaced: its id is known after that"


def test_what_refers_to_an_updated_resource_stays() -> None:
    old, new = (made(VPC, "v", {"tags": {"a": tag}}) for tag in "bc")
    subnet = made(SUBNET, "s", {"vpcId": reference(old, "id")})
    found = by_name(steps([old, subnet], [new, subnet]))
    assert (found["v"].verdict, found["s"].verdict) == ("update", "same")


def test_a_reference_to_a_name_with_dots_finds_its_resource() -> None:
    old, new = (made(VPC, "v.example.com", {"cidrBlock": block}) for block in ("10.0.0.0/16", "10.1.0.0/16"))
    subnet = made(SUBNET, "s", {"vpcId": reference(old, "id")})
    assert by_name(steps([old, subnet], [new, subnet]))["s"].verdict == "replace"


def test_what_is_ignored_changes_nothing() -> None:
    ignore = ("initialNodeCount", "nodePools[0].count")
    old = made(NODE_POOL, "p", {"initialNodeCount": 1, "nodePools": [{"count": 1, "name": "a"}]})
    new = made(
        NODE_POOL,
        "p",
        {"initialNodeCount": 3, "nodePools": [{"count": 2, "name": "a"}]},
        ignore_changes=ignore,
    )
    other = made(
        NODE_POOL,
        "p",
        {"initialNodeCount": 3, "nodePools": [{"count": 2, "name": "b"}]},
        ignore_changes=ignore,
    )
    assert step(old, new).verdict == "same"
    assert [one.path for one in step(old, other).fields] == ["nodePools[0].name"]


def test_a_resource_can_say_itself_what_replaces_it() -> None:
    old = made(OBJECT, "w", {"spec": {"a": 1}})
    new = made(OBJECT, "w", {"spec": {"a": 2}}, replace_on_changes=("spec",), delete_before_replace=True)
    found = step(old, new)
    assert told(found) == ("replace", ("spec.a",))
    assert found.delete_first


def test_an_object_of_another_name_or_namespace_is_another_one() -> None:
    assert told(step(widget({}), widget({}, namespace="b"))) == ("replace", ("metadata.namespace",))
    assert told(step(widget({}), widget({}, name="v"))) == ("replace", ("metadata.name",))
    assert told(step(widget({}), widget({}, labels={"a": "b"}))) == ("update", ())


def test_an_object_of_the_same_name_goes_before_the_new_one_comes() -> None:
    old = made(CONFIG_MAP, "c", {"metadata": {"name": "c"}, "data": {"a.conf": "1"}})
    new = made(CONFIG_MAP, "c", {"metadata": {"name": "c"}, "data": {"a.conf": "2"}})
    found = step(old, new)
    assert told(found) == ("replace", ('data["a.conf"]',))
    assert found.delete_first


def test_a_provider_that_may_change_config_maps_does() -> None:
    provider = made("pulumi:providers:kubernetes", "k", {"enableConfigMapMutable": "true"})
    old, new = (made(CONFIG_MAP, "c", {"data": {"a": value}}, provider=provider.urn) for value in "12")
    assert by_name(steps([provider, old], [provider, new]))["c"].verdict == "update"
    fixed = [
        made(CONFIG_MAP, "c", {"data": {"a": value}, "immutable": True}, provider=provider.urn)
        for value in "12"
    ]
    assert by_name(steps([provider, fixed[0]], [provider, fixed[1]]))["c"].verdict == "replace"


def test_a_replaced_provider_replaces_all_that_it_serves() -> None:
    old, new = (made("pulumi:providers:kubernetes", "k", {"clusterIdentifier": name}) for name in "ab")
    served = made(SECRET, "s", {"metadata": {"name": "s"}}, provider=old.urn)
    found = by_name(steps([old, served], [new, served]))
    assert told(found["k"]) == ("replace", ("clusterIdentifier",))
    assert told(found["s"]) == ("replace", ("provider",))


def test_another_provider_replaces_only_where_it_leads_to_another_cluster() -> None:
    def served(name: str, cluster: str) -> list[Resource]:
        provider = made("pulumi:providers:kubernetes", name, {"clusterIdentifier": cluster})
        return [provider, made(SECRET, "s", {"metadata": {"name": "s"}}, provider=provider.urn)]

    assert by_name(steps(served("k", "a"), served("m", "a")))["s"].verdict == "same"
    found = by_name(steps(served("k", "a"), served("m", "b")))
    assert told(found["s"]) == ("replace", ("provider",))
    assert (found["k"].verdict, found["m"].verdict) == ("delete", "create")


def test_another_kubeconfig_of_the_same_cluster_replaces_nothing() -> None:
    old, new = (
        made("pulumi:providers:kubernetes", "k", {"clusterIdentifier": "a", "kubeconfig": text})
        for text in ("one", "two")
    )
    served = made(SECRET, "s", {"metadata": {"name": "s"}}, provider=old.urn)
    found = by_name(steps([old, served], [new, served]))
    assert (found["k"].verdict, found["s"].verdict) == ("update", "same")


def test_another_region_of_the_provider_replaces_what_lies_in_regions() -> None:
    old, new = (
        made("pulumi:providers:aws", "p", {"region": region}) for region in ("us-east-1", "eu-west-1")
    )
    bucket = made(BUCKET, "b", {"bucket": "b"}, provider=old.urn)
    role = made(ROLE, "r", {"name": "r"}, provider=old.urn)
    found = by_name(steps([old, bucket, role], [new, bucket, role]))
    assert told(found["b"]) == ("replace", ("region",))
    assert found["r"].verdict == "same", "roles have no region"
    assert found["p"].verdict == "update"


def test_another_project_of_the_provider_replaces_what_names_none() -> None:
    old, new = (made("pulumi:providers:gcp", "p", {"project": project}) for project in ("one", "two"))
    bare = made("gcp:storage/bucket:Bucket", "b", {"name": "b"}, provider=old.urn)
    named = made("gcp:storage/bucket:Bucket", "n", {"name": "n", "project": "x"}, provider=old.urn)
    found = by_name(steps([old, bare, named], [new, bare, named]))
    assert told(found["b"]) == ("replace", ("project",))
    assert found["n"].verdict == "same"


@pytest.mark.parametrize("alias", ["old", f"{HEAD}{BUCKET}::old"])
def test_a_resource_that_is_only_called_otherwise_stays(alias: str) -> None:
    old = made(BUCKET, "old", {"bucket": "b"})
    new = made(BUCKET, "new", {"bucket": "b"}, aliases=(alias,))
    (found,) = steps([old], [new])
    assert (found.verdict, found.renamed_from) == ("same", "old")


def test_a_component_is_no_step() -> None:
    assert steps([], [made("fairlead:aws:Network", "n", {}, custom=False)]) == ()


def test_what_cannot_change_in_place_is_refused_by_the_kinds_own_definition() -> None:
    schema = {
        "properties": {
            "spec": {
                "properties": {
                    "levels": {"x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
                    "size": {"x-kubernetes-validations": [{"rule": "self > 0"}]},
                }
            }
        }
    }
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]
    spec = {"group": "example.com", "names": {"kind": "Widget"}, "versions": versions}
    definition = made("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "d", {"spec": spec})
    old, new = widget({"levels": ["a"], "size": 1}), widget({"levels": ["b"], "size": 2})
    found = by_name(steps([definition, old], [definition, new]))["w"]
    assert found.verdict == "update"
    assert [one.path for one in found.refused] == ["spec.levels[0]"]


def test_pools_of_azure_are_refused_in_the_words_of_the_program() -> None:
    kind = "azure-native:containerservice:AgentPool"
    old, new = (made(kind, "p", {"osDiskSizeGB": size}) for size in (128, 256))
    found = step(old, new)
    assert found.verdict == "update"
    (refusal,) = found.refused
    assert (refusal.path, "raise the pool's generation" in refusal.fix) == ("osDiskSizeGB", True)


def test_a_type_that_nobody_has_described_is_said_to_be_unsure() -> None:
    old, new = (made("aws:glue/job:Job", "j", {"name": name}) for name in "ab")
    assert step(old, new).unsure
    assert not step(*(made(BUCKET, "b", {"tags": {"a": tag}}) for tag in "bc")).unsure


def test_a_replacement_goes_on_where_the_new_state_is_not_protected() -> None:
    old = made(BUCKET, "b", {"bucket": "a"}, protect=True)
    still, freed = (made(BUCKET, "b", {"bucket": "b"}, protect=protect) for protect in (True, False))
    assert (step(old, still).stopped, step(old, freed).stopped) == (True, False)


def test_what_is_protected_stops_the_engine_and_what_is_retained_stays() -> None:
    protected, kept = made(BUCKET, "p", {}, protect=True), made(BUCKET, "k", {}, retain_on_delete=True)
    found = by_name(steps([protected, kept], []))
    assert found["p"].stopped
    assert (found["k"].kept, found["k"].keeps) == (True, "")
    assert found["p"].keeps == "objects"
