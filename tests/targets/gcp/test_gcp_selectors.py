"""TPUs are asked for by kind and shape: the runtime of their accelerator says so, no job does."""

from __future__ import annotations

from gcp_programs import ZONES, gpu, plan, tpu

from fairlead.plan.selecting import selectors
from fairlead.workload.nearness import pod_annotations
from fairlead.workload.runtime import runtimes

SHAPE = "cloud.google.com/gke-tpu-topology"
KIND = "cloud.google.com/gke-tpu-accelerator"


def test_every_runtime_of_a_tpu_names_its_kind_and_shape_and_no_other_runtime_does() -> None:
    made = plan(tpu(), gpu())
    asked = selectors(made.pools, made.site)
    assert asked == {"TPU-v6e": {KIND: "tpu-v6e-slice", SHAPE: "4x4"}}
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"][
            "template"
        ]
        for one in runtimes(None, pod_annotations(made.queues), made.fabrics.jobs, selectors=asked)
    }
    mine = {name: pod for name, pod in pods.items() if "-tpu-v6e" in name}
    assert mine
    assert all(pod["spec"]["nodeSelector"] == asked["TPU-v6e"] for pod in mine.values())
    assert not [name for name, pod in pods.items() if name not in mine and "nodeSelector" in pod["spec"]]


def test_pools_of_one_tpu_in_two_shapes_share_no_selector_and_the_plan_says_so() -> None:
    made = plan(tpu(), tpu(name="wide", topology="4x8", max=8, zones=ZONES[1:2]))
    assert selectors(made.pools, made.site) == {}
    assert any("TPU-v6e" in note and "4x8" in note for note in made.notes)


def test_where_one_shape_is_asked_for_nothing_is_told() -> None:
    made = plan(tpu())
    assert not [note for note in made.notes if "node selector" in note]
