"""Shared accelerators on nodes that others have built: counted, named and kept apart as anywhere else."""

from __future__ import annotations

from onprem_specs import gpu, plan, refused

from fairlead import labels

MIG = {"mig": {"1g.10gb": 7}}


def test_slices_that_the_owner_has_cut_are_counted_and_nodes_are_told_apart() -> None:
    h100 = next(one for one in plan(gpu(sharing=MIG)).pools if one.name == "h100")
    assert (h100.asked_as, h100.offered) == ("H100/1g.10gb", 56)
    assert h100.labels[labels.ACCELERATOR] == "H100_1g.10gb"
    assert labels.SHARE in {taint.key for taint in h100.taints}


def test_the_plugin_of_this_platform_is_told_and_the_owners_is_left_alone() -> None:
    own = next(one for one in plan(gpu(sharing={"mps": 4})).pools if one.name == "h100")
    theirs = next(
        one for one in plan(gpu(sharing={"mps": 4}, image="plugin-installed")).pools if one.name == "h100"
    )
    assert own.labels["nvidia.com/device-plugin.config"] == "mps-4"
    assert not [key for key in theirs.labels if key.startswith("nvidia.com/")]


def test_slices_that_are_not_all_of_an_accelerator_are_refused() -> None:
    (problem,) = refused(gpu(sharing={"mig": {"1g.10gb": 3}}))
    assert (problem.where, problem.allowed) == ("platform.pools[1].sharing.mig.1g.10gb", "7")
