"""How the network is cut, and that pools find room in it."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import combinations

import pytest
from support.clouds import cloud_plan, refused

from fairlead.plan.sites import aws_network
from fairlead.plan.sites.aws_model import OwnNetwork

LETTERS = "abcdef"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "192.168.0.0/17", "10.20.0.0/20"])
@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_subnets_lie_in_the_range_and_never_overlap(cidr: str, count: int) -> None:
    zones = tuple(f"us-east-1{letter}" for letter in LETTERS[:count])
    ranges = [
        ip_network(part)
        for zone in aws_network.cut(cidr, zones)
        for part in (zone.nodes, zone.control, zone.public)
    ]
    assert len(ranges) == 3 * count
    assert all(one.subnet_of(ip_network(cidr)) for one in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))
    assert all(one.prefixlen <= 28 for one in ranges), "smaller than AWS makes a subnet"


def test_a_pool_that_grows_moves_no_subnet() -> None:
    small, large = (
        cloud_plan("aws", {"name": "cpu", "machine": "m7i.xlarge", "min": 0, "max": n}) for n in (1, 90)
    )
    assert small.site.network == large.site.network


def test_a_third_zone_leaves_the_first_two_where_they_are() -> None:
    two, three = (
        aws_network.cut("10.0.0.0/16", tuple(f"us-east-1{letter}" for letter in LETTERS[:n])) for n in (2, 3)
    )
    assert three[:2] == two


def test_pools_that_no_zone_can_hold_are_refused_with_what_there_is() -> None:
    (problem,) = refused("aws", {"name": "cpu", "machine": "m7i.xlarge", "min": 0, "max": 300})
    assert problem.where == "platform.pools[1].max"
    assert "16379 addresses" in problem.what
    assert not refused("aws", {"name": "cpu", "machine": "m7i.xlarge", "min": 0, "max": 220})


def test_a_pool_in_one_zone_counts_there_alone() -> None:
    pool = {"name": "cpu", "machine": "m7i.xlarge", "min": 0, "max": 112, "zones": ["us-east-1b"]}
    (problem,) = refused("aws", pool)
    assert "zone us-east-1b" in problem.what


def test_services_get_the_range_that_the_network_leaves_free() -> None:
    assert aws_network.service_range("10.0.0.0/16") == "172.20.0.0/16"
    assert aws_network.service_range("172.20.0.0/16") == "10.100.0.0/16"


def test_one_gateway_serves_all_zones_where_the_spec_saves_on_them() -> None:
    def gateways(**target: str) -> tuple[str, ...]:
        network = cloud_plan("aws", target=target).site.network
        assert isinstance(network, OwnNetwork)
        return network.nat

    assert gateways() == ("us-east-1a", "us-east-1b")
    assert gateways(nat="single") == ("us-east-1a",)
