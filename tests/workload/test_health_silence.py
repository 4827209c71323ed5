"""A node that goes silent: no job waits long for it, and what hangs on it is given up."""

from __future__ import annotations

from typing import Any

import pytest
from job_samples import EXAMPLES, job
from support.rendered_pods import pod
from support.targets import built

from fairlead.layers import queue_controller
from fairlead.workload import silence
from fairlead.workload.load import load_file
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render
from fairlead.workload.runtime import runtime

KUBERNETES_WOULD_ADD = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
"""What the admission plugin DefaultTolerationSeconds looks for: a pod that tolerates both is left as it is."""
EVERY = [
    job(),
    job(accelerators="H100:8", num_nodes=2),
    *(j for f in EXAMPLES.glob("*.yaml") for j in load_file(f)),
]


def made(of: TrainingJob) -> dict[str, Any]:
    return pod(render(of)[-1], runtime(of.max_restarts))


@pytest.mark.parametrize("of", EVERY, ids=lambda one: one.name)
def test_no_job_waits_five_minutes_for_a_node_that_is_silent(of: TrainingJob) -> None:
    waits = {
        one["key"]: one["tolerationSeconds"]
        for one in made(of)["spec"]["tolerations"]
        if one.get("effect") == "NoExecute"
    }
    assert waits == dict.fromkeys(KUBERNETES_WOULD_ADD, silence.WAIT_SECONDS)
    assert 0 < silence.WAIT_SECONDS <= 60


@pytest.mark.parametrize("of", EVERY, ids=lambda one: one.name)
def test_a_pod_that_hangs_on_a_silent_node_may_be_given_up_and_the_queue_does_so(of: TrainingJob) -> None:
    assert silence.GIVEN_UP.items() <= made(of)["metadata"]["annotations"].items()
    assert (
        queue_controller.config(built("local").plan.queues)["featureGates"]["FailureRecoveryPolicy"] is True
    )


def test_no_job_stays_on_a_node_in_quarantine() -> None:
    for of in EVERY:
        for one in made(of)["spec"]["tolerations"]:
            assert one.get("key"), "a toleration without a key is for every taint"
            assert one["key"] != "fairlead.dev/quarantine"
