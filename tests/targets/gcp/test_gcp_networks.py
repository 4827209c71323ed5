"""Addresses, ways out and the networks between accelerators."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

from gcp_programs import ZONES, declared, gpu, h100, node_pools, of_type, one_of_type, site
from support.clouds import refused

from fairlead.targets.gcp.storage import reach

MEGA = {"machine": "a3-megagpu-8g"}
H200 = {"accelerators": "H200:8", "capacity": "spot", "zones": ["us-central1-b"]}


def test_every_card_of_a_machine_has_a_network_of_its_own_that_pools_share() -> None:
    found = site(h100(), h100(name="mega", **MEGA))
    assert len(found.fabrics) == 8
    pools = {one.pool: one.networks for one in found.node_pools}
    assert (len(pools["h100"]), len(pools["mega"]), pools["system"]) == (4, 8, ())
    assert pools["mega"][:4] == pools["h100"]


def test_a_fabric_that_is_switched_off_makes_no_network() -> None:
    assert site(h100(fabric="off")).fabrics == ()


def test_rdma_has_a_network_of_its_zone_with_a_subnet_for_each_card_beside_a_second_host_network() -> None:
    found = site(gpu(**H200))
    second, rdma = found.fabrics
    assert (second.profile, rdma.profile) == (None, "us-central1-b-vpc-roce")
    assert (len(second.subnets), len(rdma.subnets)) == (1, 8)
    (pool,) = [one for one in found.node_pools if one.pool == "gpu"]
    assert pool.networks == (*second.subnets, *rdma.subnets)


def test_networks_between_accelerators_do_not_overlap_and_lie_in_their_range() -> None:
    found = site(h100(**MEGA), gpu(**H200))
    cuts = [IPv4Network(one.cidr) for fabric in found.fabrics for one in fabric.subnets]
    assert len(cuts) == 8 + 1 + 8
    assert not any(one.overlaps(other) for one, other in combinations(cuts, 2))
    assert all(one.subnet_of(IPv4Network("172.16.0.0/14")) for one in cuts)
    assert {one.prefixlen for one in cuts} == {20}


def test_a_further_pool_moves_no_subnet_that_stands() -> None:
    def cuts(*pools):
        return {one.subnet: one.cidr for fabric in site(*pools).fabrics for one in fabric.subnets}

    before, after = cuts(h100(), gpu(**H200)), cuts(h100(**MEGA), gpu(**H200))
    assert before.items() <= after.items()
    other = gpu(**{**H200, "name": "more", "zones": ZONES[:1]})
    assert cuts(gpu(**H200)).items() <= cuts(gpu(**H200), other).items()


def test_more_nodes_than_a_network_between_accelerators_has_addresses_are_refused() -> None:
    wide = {"zones": ZONES, "cidr": "10.0.0.0/16", "pod_cidr": "10.128.0.0/9"}
    found = refused("gcp", h100(max=4092, capacity="spot"), target=wide)
    assert [one.where for one in found] == ["platform.pools[1].max"]
    assert refused("gcp", h100(max=4091, capacity="spot"), target=wide) == ()


def test_a_range_that_is_too_small_for_them_is_refused_before() -> None:
    (problem,) = refused("gcp", h100(), target={"fabric_cidr": "172.16.0.0/20", "zones": ZONES})
    assert problem.where == "platform.target.fabric_cidr"


def test_nodes_have_no_public_address_and_one_way_out() -> None:
    found = declared(gpu())
    cluster = one_of_type(found, "gcp:container/cluster:Cluster").inputs
    assert cluster["privateClusterConfig"]["enablePrivateNodes"]
    pools = of_type(found, "gcp:container/nodePool:NodePool")
    assert all(one.inputs["networkConfig"]["enablePrivateNodes"] for one in pools.values())
    nat = one_of_type(found, "gcp:compute/routerNat:RouterNat").inputs
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"


def test_registry_and_object_store_are_reached_without_the_internet() -> None:
    found = declared()
    subnet = one_of_type(found, "gcp:compute/subnetwork:Subnetwork").inputs
    assert subnet["privateIpGoogleAccess"] is True
    zones = of_type(found, "gcp:dns/managedZone:ManagedZone")
    assert {one.inputs["dnsName"] for one in zones.values()} == {"googleapis.com.", "pkg.dev.", "gcr.io."}
    records = of_type(found, "gcp:dns/recordSet:RecordSet").values()
    addresses = {text for one in records if one.inputs["type"] == "A" for text in one.inputs["rrdatas"]}
    assert all(IPv4Network("199.36.153.8/30").supernet_of(IPv4Network(text)) for text in addresses)


def test_a_network_that_stands_is_used_as_it_is() -> None:
    network = {"project": "acme-network", "name": "shared", "subnet": "nodes", "pods": "p", "services": "s"}
    found = declared(network=network)
    assert not of_type(found, "gcp:compute/network:Network")
    cluster = one_of_type(found, "gcp:container/cluster:Cluster").inputs
    assert cluster["network"] == "projects/acme-network/global/networks/shared"
    assert cluster["subnetwork"] == "projects/acme-network/regions/us-central1/subnetworks/nodes"
    assert cluster["ipAllocationPolicy"] == {
        "clusterSecondaryRangeName": "p",
        "servicesSecondaryRangeName": "s",
    }
    shared = next(one for one in found if one.name.endswith("storageclass-fairlead-shared"))
    assert shared.inputs["parameters"]["connect-mode"] == "PRIVATE_SERVICE_ACCESS"


def test_networks_are_known_to_the_cluster_before_the_nodes_that_use_them() -> None:
    found = declared(h100())
    named = {one.urn for one in found if one.type == "kubernetes:networking.gke.io/v1:Network"}
    assert len(named) == 4
    pool = of_type(found, "gcp:container/nodePool:NodePool")["lab-h100-g1"]
    assert named <= set(pool.depends_on)
    assert len(pool.inputs["networkConfig"]["additionalNodeNetworkConfigs"]) == 4
    assert node_pools(gpu())["gpu-g1"].networks == ()


def test_tenants_reach_their_identity_and_the_store_and_nothing_else_by_default() -> None:
    own = [(one.cidr, one.ports, one.without) for one in reach(site())]
    assert own == [("169.254.169.254/32", (80, 8080), ()), ("199.36.153.8/30", (443,), ())]
    network = {"name": "n", "subnet": "s", "pods": "p", "services": "v"}
    anywhere = reach(site(network=network))[1]
    assert (anywhere.cidr, anywhere.ports) == ("0.0.0.0/0", (443,))
    assert "10.0.0.0/8" in anywhere.without
