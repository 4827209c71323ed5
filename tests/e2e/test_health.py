"""Faults and warnings, as the real controllers, the real node and its kernel log show them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.stage import IMAGE, Stage, until
from fairlead import labels
from fairlead.catalog import faults
from fairlead.layers.health import detector
from fairlead.plan.health_model import DetectorRule
from fairlead.workload import silence
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

STACK = "mend"
WORKERS = 2
STEPS = 150
TRAINING = f"""\
cat > /tmp/train.py <<'PROGRAM'
import os, pathlib, signal, sys, time
kept = pathlib.Path(os.environ["FAIRLEAD_CHECKPOINT_DIR"]) / ("step-" + os.environ["FAIRLEAD_NODE_RANK"])
step = int(kept.read_text()) if kept.exists() else 0
print("start at", step, "attempt", os.environ["FAIRLEAD_RESTART"], flush=True)
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))
while step < {STEPS}:
    time.sleep(0.1)
    step += 1
    if told:
        kept.write_text(str(step))
        print("saved at", step, flush=True)
        sys.exit(0)
print("done at", step, flush=True)
PROGRAM
python3 /tmp/train.py
"""
GRACE = 10
"""Seconds that pods have to stop on this platform: a silent node's pods use them up, for nobody answers."""
NOTICED = 50
"""Seconds until Kubernetes says that a node is silent: node-monitor-grace-period."""
GIVEN_UP = 60
"""Seconds after their grace until Kueue gives pods of such a node up."""
AGAIN = 30
"""Seconds for controllers to see all of it, and for the gang to start again."""
CPUS = "300m"
"""Of each worker: both tenants together have one core, so that two such jobs do not run at once."""


@pytest.fixture(scope="module")
def mend(project: Path) -> Iterator[Stage]:
    """A platform of its own: it is torn at."""
    file = project / "stacks" / f"Pulumi.{STACK}.yaml"
    spec = yaml.safe_load(file.read_text())
    spec["config"]["fairlead:platform"]["layers"] = {"health": {"checkpoint_grace": f"{GRACE}s"}}
    file.write_text(yaml.safe_dump(spec))
    made = Stage.of(project, STACK)
    made.down()
    made.up()
    yield made
    made.down()


@pytest.fixture(autouse=True)
def _whole_again(mend: Stage) -> Iterator[None]:
    yield
    for node in mend.objects("nodes"):
        if any(taint["key"] == labels.QUARANTINE for taint in node["spec"].get("taints") or []):
            mend.fairlead("node", "release", node["metadata"]["name"])
    mend.clean()


def training(on: Stage, name: str, **fields: object) -> TrainingJob:
    """Two real processes on the real node that count, and save what they have counted when they are told to stop."""
    job = on.submit(
        name=name,
        num_nodes=WORKERS,
        cpus=CPUS,
        memory="64Mi",
        image=IMAGE,
        checkpoint={"size": "1Gi"},
        run=TRAINING,
        **fields,
    )
    until("both have counted", lambda: said(on, job, "start at") == WORKERS and len(on.running(job)) == 2)
    return job


def said(stage: Stage, job: TrainingJob, words: str) -> int:
    """How many lines of the job's pods have these words."""
    if len(stage.running(job)) < WORKERS:
        return 0
    return sum(words in line.text for line in stage.client.logs(job.tenant, job.name))


def starts(stage: Stage, job: TrainingJob) -> dict[int, tuple[int, int]]:
    """Rank -> the step that it began with, and the attempt that it belongs to."""
    lines = [line for line in stage.client.logs(job.tenant, job.name) if line.text.startswith("start at")]
    return {line.rank: (int(line.text.split()[2]), int(line.text.split()[4])) for line in lines}


@pytest.mark.parametrize("way", ["evicted", "deleted"])
def test_a_training_whose_pod_is_taken_saves_starts_again_whole_and_has_spent_no_restart(
    mend: Stage, way: str
) -> None:
    """Evicted, as by a drain or a taint; or deleted, as Karpenter does when a node's time is up."""
    job = training(mend, way)
    victim = mend.pods(job)[0]["metadata"]["name"]
    if way == "evicted":
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": victim}}
        path = f"/api/v1/namespaces/{job.tenant}/pods/{victim}/eviction"
        mend.kubectl("create", "--raw", path, "-f", "-", given=eviction)
    else:
        mend.kubectl("delete", "pod", victim, "-n", job.tenant, "--wait=false")
    until("the next attempt counts", lambda: said(mend, job, "attempt 1") == WORKERS)
    # Both were told and have saved, also the one that nobody took.
    assert all(step > 0 for step, _ in starts(mend, job).values())
    state = mend.client.state(job.tenant, job.name)
    assert (state.restarts, state.disruptions, job.max_restarts) == (0, 1, 0)
    assert mend.finished(job) == "Succeeded"


def test_a_preempted_training_saves_waits_and_goes_on_where_it_was(mend: Stage) -> None:
    job = training(mend, "preempted", stage="testing")
    urgent = mend.submit(
        name="urgent", stage="inference", num_nodes=2, cpus=CPUS, memory="64Mi", run="sleep 3"
    )
    assert mend.finished(urgent) == "Succeeded"
    assert mend.client.state(job.tenant, job.name).evictions == 1
    until("it counts again", lambda: said(mend, job, "start at") == WORKERS)
    assert all(step > 0 for step, _ in starts(mend, job).values())
    assert mend.finished(job) == "Succeeded"
    assert mend.client.state(job.tenant, job.name).restarts == 0


def test_a_quarantined_nodes_gang_leaves_whole_runs_elsewhere_and_a_released_node_is_used(
    mend: Stage,
) -> None:
    gang = mend.submit(name="gang", accelerators="H100:8", num_nodes=2, run_for="600s")
    until("it runs", lambda: len(mend.running(gang)) == 2)
    before = {pod["metadata"]["uid"] for pod in mend.pods(gang)}
    out = sorted(mend.nodes_of(mend.pods(gang)))[0]

    text = mend.fairlead("node", "quarantine", out, "--reason", "xid79")
    assert f"node {out} is in quarantine" in text
    assert "team-a/gang has left whole; now Running on " in text
    assert "(restarts 0, disrupted 1)" in text
    assert before.isdisjoint(pod["metadata"]["uid"] for pod in mend.pods(gang))
    assert out not in mend.nodes_of(mend.pods(gang))

    whole = mend.submit(name="whole", accelerators="H100:8", num_nodes=2, run_for="600s")
    reason = until("two nodes are not there", lambda: mend.client.state("team-a", "whole").reason)
    assert not mend.pods(whole), reason
    assert f"node {out} takes pods again" in mend.fairlead("node", "release", out)
    until("it runs", lambda: len(mend.running(whole)) == 2)
    assert out in mend.nodes_of(mend.pods(whole))


def test_a_gang_that_fits_nowhere_else_waits_in_the_queue_until_its_node_is_back(mend: Stage) -> None:
    gang = mend.submit(name="gang", accelerators="H100:8", num_nodes=4, run_for="600s")
    until("it runs on every node", lambda: len(mend.running(gang)) == 4)
    assert "team-a/gang has left whole; now Queued" in mend.fairlead("node", "quarantine", "h100-1-2")
    assert not mend.pods(gang)
    mend.fairlead("node", "release", "h100-1-2")
    until("it runs on every node again", lambda: len(mend.running(gang)) == 4, 120)


def test_a_node_that_goes_silent_costs_its_gang_little_though_nobody_takes_the_node_away(mend: Stage) -> None:
    """KWOK leaves alone a node whose lease somebody else holds, and its pods: they never say that they have stopped."""
    gang = mend.submit(name="gang", accelerators="H100:8", num_nodes=2, run_for="900s")
    until("it runs", lambda: len(mend.running(gang)) == 2)
    before = {pod["metadata"]["uid"] for pod in mend.pods(gang)}
    silent = sorted(mend.nodes_of(mend.pods(gang)))[0]
    held(mend, silent, "nobody", 3600)
    began = time.monotonic()
    try:

        def again() -> bool:
            alive = mend.running(gang)
            fresh = {pod["metadata"]["uid"] for pod in alive}
            return len(alive) == 2 and not fresh & before and silent not in mend.nodes_of(alive)

        until("it runs elsewhere", again, NOTICED + silence.WAIT_SECONDS + GRACE + GIVEN_UP + AGAIN)
        assert time.monotonic() - began > silence.WAIT_SECONDS, "a short silence costs nothing"
        state = mend.client.state(gang.tenant, gang.name)
        assert (state.restarts, state.disruptions) == (0, 1)
        ready = condition(mend, "Ready", silent)
        assert ready["status"] == "Unknown", "the node is still there, and still silent"
    finally:
        held(mend, silent, "nobody", 1)
        until("the node is back", lambda: condition(mend, "Ready", silent).get("status") == "True", 60)


def held(on: Stage, node: str, by: str, seconds: int) -> None:
    """Takes the lease by which a node says that it lives."""
    change = json.dumps({"spec": {"holderIdentity": by, "leaseDurationSeconds": seconds}})
    on.kubectl("patch", "lease", node, "-n", "kube-node-lease", "--type=merge", "-p", change)


def test_a_line_of_the_kernel_log_becomes_a_condition_of_the_real_node_alone(mend: Stage) -> None:
    rows = faults.load()
    lost = next(row for row in rows.faults.values() if "79" in row.xids)
    rule = DetectorRule("GPULost", "GpuLost", rf"NVRM: Xid \(PCI:[^)]*\): ({'|'.join(lost.xids)}), .*", True)
    text = json.dumps(detector.monitor([*_own_rules(mend), rule]))
    space = detector.NAMESPACE
    change = json.dumps({"data": {detector.MONITOR: text}})
    mend.kubectl("patch", "configmap", detector.NAME, "-n", space, "--type=merge", "-p", change)
    mend.kubectl("rollout", "restart", f"daemonset/{detector.NAME}", "-n", space)
    mend.kubectl("rollout", "status", f"daemonset/{detector.NAME}", "-n", space, "--timeout=60s")
    assert {pod["spec"]["nodeName"] for pod in mend.objects("pods", space)} == {"node-0"}
    until("it has looked", lambda: condition(mend, "GPULost"))

    line = f"NVRM: Xid (PCI:0000:{os.getpid() % 99:02d}:00): 79, pid=1, GPU has fallen off the bus."
    Path("/dev/kmsg").write_text(f"<3>{line}\n")
    seen = until("the node shows it", lambda: condition(mend, "GPULost").get("message") == line and "seen")
    assert seen
    assert condition(mend, "GPULost")["status"] == "True"
    assert condition(mend, "ReadonlyFilesystem")["status"] == "False"
    given_back = mend.fairlead("node", "release", "node-0")
    assert f"it still shows GPULost: {line}" in given_back


def _own_rules(stage: Stage) -> tuple[DetectorRule, ...]:
    plan = stage.plan().health.detector
    assert plan is not None
    return plan.rules


def condition(stage: Stage, name: str, of: str = "node-0") -> dict[str, str]:
    """A condition of a node, the real one unless said, empty where it has none."""
    node = json.loads(stage.kubectl("get", "node", of, "-o", "json"))
    return next((one for one in node["status"]["conditions"] if one["type"] == name), {})
