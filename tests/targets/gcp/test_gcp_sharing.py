"""Shared accelerators on GKE: its node pools cut, or time-share, by themselves."""

from __future__ import annotations

import pytest
from gcp_programs import NODE_POOL, declared, gpu, h100, of_type, only

from fairlead import labels


def card(*pools: dict[str, object]) -> dict[str, object]:
    made = [
        one for name, one in of_type(declared(*pools), NODE_POOL).items() if not name.endswith("system-g1")
    ]
    (found,) = [one.inputs["nodeConfig"] for one in made]
    return found


def test_a_mig_profile_is_the_partition_size_of_every_card() -> None:
    found = card(h100(sharing={"mig": {"1g.10gb": 7}}))
    (gpus,) = found["guestAccelerators"]
    assert (gpus["count"], gpus["gpuPartitionSize"]) == (8, "1g.10gb")
    assert "gpuSharingConfig" not in gpus


@pytest.mark.parametrize(("kind", "strategy"), [("time-slicing", "TIME_SHARING"), ("mps", "MPS")])
def test_time_slicing_and_mps_are_the_sharing_of_the_card(kind: str, strategy: str) -> None:
    (gpus,) = card(gpu(sharing={kind: 4}))["guestAccelerators"]
    assert gpus["gpuSharingConfig"] == {"gpuSharingStrategy": strategy, "maxSharedClientsPerGpu": 4}
    assert "gpuPartitionSize" not in gpus


def test_nodes_of_shares_carry_a_taint_beside_the_one_that_gke_sets() -> None:
    found = card(gpu(sharing={"mps": 4}))
    assert found["taints"] == [{"key": labels.SHARE, "value": "shared", "effect": "NO_SCHEDULE"}]
    assert "taints" not in card(gpu())


def test_nothing_of_the_device_plugin_of_this_platform_is_on_nodes_where_gke_runs_its_own() -> None:
    assert not [key for key in only(gpu(sharing={"mps": 4})).labels if key.startswith("nvidia.com/")]
