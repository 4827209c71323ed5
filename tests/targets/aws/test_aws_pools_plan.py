"""Pools as AWS builds them: node groups, Karpenter's pools, interfaces, what nodes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_declared import H100, RESERVATION
from support.clouds import cloud_plan

from fairlead.catalog import releases
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.sites import aws_names, aws_nodes
from fairlead.plan.sites.aws_model import AwsSite
from fairlead.plan.sites.aws_user_data import user_data
from fairlead.plan.store_model import Share


def site(*pools: dict[str, Any], **more: Any) -> AwsSite:
    found = cloud_plan("aws", *pools, **more).site
    assert isinstance(found, AwsSite)
    return found


def test_nodes_that_are_always_there_are_one_group_of_that_size_and_the_rest_is_karpenters() -> None:
    made = site(dict(H100))
    group = next(one for one in made.groups if one.shape.pool == "h100")
    (above,) = [one for one in made.provisioners if one.shape.pool == "h100"]
    assert (group.nodes, above.nodes) == (1, 3)


def test_a_pool_of_fixed_size_is_no_business_of_karpenter() -> None:
    made = site({**H100, "min": 2, "max": 2})
    assert "h100" not in {one.shape.pool for one in made.provisioners}


def test_a_pool_that_may_be_empty_has_no_node_group() -> None:
    made = site({**H100, "min": 0})
    assert {one.shape.pool for one in made.groups} == {"system"}


def test_a_platform_whose_pools_do_not_grow_installs_no_karpenter() -> None:
    fixed = cloud_plan("aws", pools=[{"name": "system", "machine": "m7i.xlarge", "min": 2, "max": 2}]).site
    assert isinstance(fixed, AwsSite)
    assert (fixed.provisioners, fixed.charts) == ((), ())


def test_the_steps_of_a_ladder_are_tried_in_their_order() -> None:
    pool = {**H100, "capacity": ["reserved", "on-demand", "spot"], "reservation": RESERVATION}
    steps = [one for one in site(pool).provisioners if one.shape.pool == "h100"]
    assert [one.market for one in steps] == ["reserved", "on-demand", "spot"]
    assert [one.weight for one in steps] == [100, 90, 80]
    assert [one.shape.reservation for one in steps] == [RESERVATION, "", ""]
    assert len({one.name for one in steps}) == 3


def test_the_nodes_that_are_always_there_are_bought_by_the_first_step() -> None:
    pool = {**H100, "capacity": ["spot", "on-demand"]}
    group = next(one for one in site(pool).groups if one.shape.pool == "h100")
    assert (group.market, group.shape.labels["fairlead.dev/capacity"]) == ("SPOT", "spot")


def test_a_capacity_block_is_bought_as_one() -> None:
    pool = {**H100, "capacity": "reserved", "reservation": RESERVATION, "min": 2, "max": 2}
    (group,) = [
        one
        for one in site(pool, target={"capacity_blocks": [RESERVATION]}).groups
        if one.shape.pool == "h100"
    ]
    assert group.market == "CAPACITY_BLOCK"
    (group,) = [one for one in site(pool).groups if one.shape.pool == "h100"]
    assert group.market == "ON_DEMAND"


EFA = [row for row in load().machines["aws"].values() if row.fabric == "efa" and row.fabric_cards]


@pytest.mark.parametrize("row", EFA, ids=lambda row: row.name)
def test_every_card_of_the_fast_network_has_one_interface_of_its_own_beside_the_one_with_an_address(
    row: Any,
) -> None:
    made = aws_nodes.interfaces(row.fabric, row.fabric_cards, row.fabric_first_card)
    assert (made[0].card, made[0].device, made[0].kind) == (0, 0, "interface")
    fast = [one for one in made if one.kind == "efa-only"]
    assert len(fast) == row.fabric_cards == len({one.card for one in fast})
    assert len({(one.card, one.device) for one in made}) == len(made)


def test_a_first_card_that_takes_no_fast_network_is_left_alone() -> None:
    row = load().machines["aws"]["p6-b300.48xlarge"]
    made = aws_nodes.interfaces(row.fabric, row.fabric_cards, row.fabric_first_card)
    assert {one.card for one in made if one.kind == "efa-only"} == set(range(1, 17))


def test_a_pool_that_leaves_the_fast_network_alone_has_one_interface() -> None:
    group = next(one for one in site({**H100, "fabric": "off"}).groups if one.shape.pool == "h100")
    assert group.shape.interfaces == ()


def test_an_autoscaler_can_tell_nodes_that_do_not_run() -> None:
    tags = next(one for one in site(dict(H100)).groups if one.shape.pool == "h100").template_tags
    start = "k8s.io/cluster-autoscaler/node-template"
    assert tags[f"{start}/label/fairlead.dev/accelerator"] == "H100"
    assert tags[f"{start}/taint/nvidia.com/gpu"] == "present:NoSchedule"
    assert tags[f"{start}/resources/nvidia.com/gpu"] == "8"


def test_disks_inside_the_machine_are_striped_unless_the_pool_leaves_them_alone() -> None:
    def striped(**more: str) -> bool:
        return next(one for one in site({**H100, **more}).groups if one.shape.pool == "h100").shape.stripe

    assert striped()
    assert not striped(local_disks="raw")
    assert not striped(local_disks="off")
    assert not next(one for one in site().groups if one.shape.pool == "system").shape.stripe


def test_a_node_is_told_its_pods_and_its_disks_in_the_words_of_its_image() -> None:
    nodeadm = user_data("al2023", 110, stripe=True)
    assert "      maxPods: 110\n" in nodeadm
    assert '    maxPodsExpression: "110"\n' in nodeadm
    assert "strategy: RAID0" in nodeadm
    assert nodeadm.startswith("MIME-Version: 1.0\n")
    assert "RAID0" not in user_data("al2023", 110, stripe=False)
    assert "max-pods = 110" in user_data("bottlerocket", 110, stripe=False)
    with pytest.raises(KeyError):
        user_data("windows", 110, stripe=False)


def test_bottlerockets_settings_are_toml() -> None:
    import tomllib

    settings = tomllib.loads(user_data("bottlerocket", 110, stripe=True))["settings"]
    (command,) = settings["bootstrap-commands"].values()
    assert command["commands"][0] == ["apiclient", "ephemeral-storage", "init"]


def test_nodes_of_a_new_generation_have_other_names() -> None:
    assert aws_names.node_group("h100", 1) != aws_names.node_group("h100", 2)
    assert aws_names.provisioner("h100", 1, "spot") != aws_names.provisioner("h100", 2, "spot")


def test_names_stay_within_the_limits_and_apart_however_long_the_platform_is_called() -> None:
    platform = "p" * 40
    shares = [Share(name, name, "account") for name in ("t" * 40, "t" * 39 + "x")]
    roles = aws_names.roles(platform, shares)
    names = [roles.cluster, roles.karpenter_nodes, *roles.shares.values()]
    assert all(len(name) <= 64 for name in names)
    assert len(set(names)) == len(names)
    bucket = aws_names.bucket(platform, "111122223333", "ap-southeast-1")
    assert len(bucket) <= 63
    assert bucket != aws_names.bucket(platform, "111122223334", "ap-southeast-1")
    assert aws_names.fit("short", 64) == "short"


def test_karpenter_runs_no_more_copies_than_there_are_nodes_for_them() -> None:
    alone = cloud_plan("aws", pools=[{"name": "system", "machine": "m7i.xlarge", "min": 1, "max": 4}]).site
    assert isinstance(alone, AwsSite)
    assert (alone.controllers, site().controllers) == (1, 2)


def test_the_window_is_closed_from_its_end_until_it_opens_again() -> None:
    asked = {"maintenance": {"day": "saturday", "start": "22:30", "hours": 6}, "parallel_storage_tib": 1}
    planned = site(target=asked)
    assert (planned.window.closed_from, planned.window.closed_for) == ("30 4 * * 0", "162h")
    assert planned.lustre is not None
    assert planned.lustre.maintenance == "6:22:30"


@pytest.mark.parametrize(("tib", "gib"), [(1, 1200), (2, 2400), (3, 4800), (7, 7200), (8, 9600)])
def test_a_parallel_file_system_has_a_size_that_there_is_and_no_less_than_asked_for(
    tib: int, gib: int
) -> None:
    lustre = site(target={"parallel_storage_tib": tib}).lustre
    assert lustre is not None
    assert lustre.gib == gib >= tib * 1024


def test_everything_that_aws_installs_is_pinned_for_the_version_of_the_catalogue() -> None:
    row, pinned = load().targets["aws"], releases.load("aws")
    assert {row.kubernetes.rpartition(".")[0]} == set(row.versions)
    assert {(one.kubernetes,) for one in pinned.rows()} == {row.versions}
    assert set(pinned.aliases) == {row.os for row in load().node_images["aws"].values()}


def test_a_release_that_no_source_has_for_the_version_is_told_in_the_plan() -> None:
    rows = releases.load("aws").addons
    plan = cloud_plan("aws", target={"parallel_storage_tib": 1})
    assert isinstance(plan.site, AwsSite)
    (told,) = [note for note in plan.notes if "describe-addon-versions" in note]
    for one in plan.site.addons:
        assert (f"{one.name} {one.version}" in told) != rows[one.name].confirmed, one.name


def test_where_all_are_confirmed_nothing_is_told() -> None:
    rows = releases.load("aws")
    confirmed = [name for name, row in rows.addons.items() if row.confirmed]
    assert confirmed
    assert list(releases.unconfirmed(confirmed, rows)) == []


def test_a_release_without_a_number_is_no_pin(tmp_path: Path) -> None:
    row = 'kubernetes = "1.35"\nconfirmed = true\nsource = "x"\ndate = 2026-11-28\n'
    (tmp_path / "addons.aws.toml").write_text(f'[addons.coredns]\nversion = "latest"\n{row}[charts.x]\n')
    with pytest.raises(InputError) as refused:
        releases.load_from(tmp_path, "aws")
    assert {one.what for one in refused.value.problems} == {"unknown table", "a pinned release has a number"}


def test_people_and_roles_have_one_entry_each_with_all_their_groups() -> None:
    arn = "arn:aws:iam::111122223333:role/deploy"
    other = "arn:aws:iam::111122223333:role/ml"
    found = site(target={"groups": {"team-a": [arn, other], "team-b": [other]}}).access
    assert [(one.principal, one.admin, one.groups) for one in found] == [
        (arn, True, ("team-a",)),
        (other, False, ("team-a", "team-b")),
    ]
