"""Names, addresses and keys of an Azure platform, decided before anything is asked of Azure."""

from __future__ import annotations

import re
from ipaddress import ip_network

import pytest
from azure_platforms import KEY, SUBNET, pool, site

from fairlead.errors import InputError
from fairlead.plan.sites.azure_edits import FIXED, refused, refused_of_cluster
from fairlead.plan.sites.azure_names import container, names, node_prefix
from fairlead.plan.store_model import Share

LONGEST = "a" + "b" * 39
VAULT = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,22}[a-z0-9]")
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]")


@pytest.mark.parametrize("name", ["a", "lab", "azure-prod", "a--b", LONGEST])
def test_vaults_and_storage_accounts_have_names_that_azure_takes(name: str) -> None:
    made = names(name, "sub")
    assert VAULT.fullmatch(made.vault), made.vault
    assert ACCOUNT.fullmatch(made.objects), made.objects
    assert ACCOUNT.fullmatch(made.files), made.files
    assert made.objects != made.files


def test_two_subscriptions_do_not_want_the_same_name() -> None:
    one, other = names("lab", "sub-1"), names("lab", "sub-2")
    assert not {one.vault, one.objects, one.files} & {other.vault, other.objects, other.files}


def called(tenant: str) -> str:
    return container("lab", Share(tenant, tenant, "account")).container


@pytest.mark.parametrize("tenant", ["a", "ml", "team--a", "a---b", LONGEST])
def test_a_tenants_container_has_a_name_that_azure_takes(tenant: str) -> None:
    assert CONTAINER.fullmatch(called(tenant))


def test_tenants_that_differ_in_hyphens_only_have_containers_of_their_own() -> None:
    found = {called(tenant) for tenant in ("a-b", "a--b", "a---b")}
    assert len(found) == 3


@pytest.mark.parametrize("nodes", [1, 100, 300, 2000])
def test_the_nodes_subnet_has_room_for_an_old_and_a_new_generation(nodes: int) -> None:
    assert 2 ** (32 - node_prefix(nodes)) >= 2 * nodes + 5


def test_subnets_lie_in_the_range_and_do_not_overlap() -> None:
    found = site(pool("t4", "T4:1", max=200), target={"parallel_storage_tib": 8}).network
    space = ip_network(found.space)
    subnets = [ip_network(one) for one in (found.nodes, found.endpoints, found.lustre)]
    assert all(one.subnet_of(space) for one in subnets)
    assert not [1 for one in subnets for other in subnets if one is not other and one.overlaps(other)]


def test_a_network_that_stands_is_cut_no_further() -> None:
    found = site(target={"network": {"subnet": SUBNET, "egress": "routes"}}).network
    assert (found.subnet, found.nodes, found.outbound) == (SUBNET, "", "userDefinedRouting")


def test_a_brought_key_is_found_in_its_vault() -> None:
    key = site(target={"key": KEY}).key
    assert key is not None
    assert key.vault.endswith("/vaults/Acme-Keys")
    host, _, rest = key.uri.removeprefix("https://").partition("/")
    assert (host, rest) == ("acme-keys.vault.azure.net", f"keys/platform/{'0123456789abcdef' * 2}")


def test_aks_gets_a_minor_version_and_picks_the_patch() -> None:
    assert site().version == "1.35"
    assert site(target={"version": "1.36"}).version == "1.36"


def test_every_wrong_thing_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        site(
            pool("t4", "T4:1", disk_gib=25, repair=False),
            target={"admins": [], "service_cidr": "10.0.4.0/24", "parallel_storage_tib": 9},
        )
    assert [problem.where for problem in caught.value.problems] == [
        "platform.target.admins",
        "platform.target.service_cidr",
        "platform.target.parallel_storage_tib",
        "platform.pools[1].disk_gib",
        "platform.pools[1].repair",
    ]


STANDING = {
    "vmSize": "Standard_NC4as_T4_v3",
    "gpuProfile": {"driver": "Install"},
    "availabilityZones": ["1", "2"],
    "maxCount": 4,
}


def test_who_installs_the_driver_cannot_be_edited_and_the_way_out_is_told() -> None:
    (problem,) = refused("t4g1o", STANDING, {**STANDING, "gpuProfile": {"driver": "None"}})
    assert "who installs the accelerator's driver" in problem.what
    assert "raise the pool's generation" in problem.fix


def test_sizes_may_be_edited_and_order_of_zones_means_nothing() -> None:
    assert refused("t4g1o", STANDING, {**STANDING, "maxCount": 9, "availabilityZones": ["2", "1"]}) == []


@pytest.mark.parametrize("key", sorted(FIXED))
def test_each_thing_that_azure_fixes_is_refused(key: str) -> None:
    assert refused("p", {key: "a"}, {key: "b"})
    assert not refused("p", {key: "a"}, {key: "a"})


def profile(name: str, **more: object) -> dict[str, object]:
    return {"agentPoolProfiles": [{"name": name, "vmSize": "Standard_D4ds_v5", **more}]}


def test_the_pool_that_came_with_the_cluster_stays_and_keeps_its_machine() -> None:
    old = profile("systemg1o", maxCount=3)
    assert refused_of_cluster("lab", old, profile("systemg1o", maxCount=9)) == []
    (moved,) = refused_of_cluster("lab", old, profile("systemg2o"))
    assert "cannot be taken away" in moved.what
    (larger,) = refused_of_cluster("lab", old, profile("systemg1o", vmSize="Standard_D8ds_v5"))
    assert "the machine" in larger.what
