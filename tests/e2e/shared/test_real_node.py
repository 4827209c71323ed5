"""What really runs on the real node: training, logs, volumes, network policies, tenants' fences."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.stage import IMAGE, Stage, fairlead, until
from fairlead import labels
from fairlead.plan.layer_rows import ROWS

pytestmark = pytest.mark.e2e


def test_two_workers_train_for_real_and_their_falling_loss_comes_back_in_the_logs(stage: Stage) -> None:
    stage.fairlead("submit", "-f", "examples/train-cpu.yaml", "--wait", "--timeout", "3m")
    said = stage.fairlead("logs", "train-cpu")
    assert stage.nodes_of(stage.objects("pods", "team-a")) == {"node-0"}
    for rank in (0, 1):
        losses = [float(found) for found in re.findall(rf"\[{rank}\] step +\d+ +loss ([0-9.]+)", said)]
        assert len(losses) == 25
        assert losses == sorted(losses, reverse=True), "the loss falls at every step"
        assert losses[-1] < 0.9 * losses[0]
    others = [line for line in said.splitlines() if not re.search("worker|step", line)]
    assert not others, "nothing else is printed"


def test_a_simulated_pod_has_no_logs_and_says_so(stage: Stage) -> None:
    job = stage.submit(name="simulated", accelerators="L4:1", run_for="1s")
    assert stage.finished(job) == "Succeeded"
    assert "simulated" in stage.fairlead("logs", "simulated")


def test_a_checkpoint_written_by_one_job_is_read_by_the_next(stage: Stage) -> None:
    claim = {"checkpoint": {"size": "64Mi"}}
    small = {"cpus": "50m", "memory": "32Mi"}
    script = """
        echo "$FAIRLEAD_RESTART" >> "$FAIRLEAD_CHECKPOINT_DIR/seen"
        [ "$FAIRLEAD_RESTART" = 1 ] || exit 1
        cat "$FAIRLEAD_CHECKPOINT_DIR/seen"
    """
    job = stage.submit(name="resume", **small, **claim, max_restarts=1, run=script)
    assert stage.finished(job) == "Succeeded"
    assert [line.text for line in stage.client.logs("team-a", "resume")] == ["0", "1"]
    bound = {claim["metadata"]["name"]: claim["status"]["phase"] for claim in stage.objects("pvc", "team-a")}
    assert set(bound.values()) == {"Bound"}


@pytest.mark.parametrize("storage_class", ["fairlead-block", "fairlead-shared"])
def test_a_volume_of_each_storage_class_can_be_claimed_and_written(stage: Stage, storage_class: str) -> None:
    name = storage_class.removeprefix("fairlead-")
    mode = "ReadWriteOnce" if name == "block" else "ReadWriteMany"
    spec = {
        "storageClassName": storage_class,
        "accessModes": [mode],
        "resources": {"requests": {"storage": "16Mi"}},
    }
    meta = {"name": name, "namespace": "team-a"}
    stage.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})
    mounts = {"/data": name}
    script = "echo hi > /data/x; cat /data/x"
    job = stage.submit(name=name, cpus="50m", memory="32Mi", file_mounts=mounts, run=script)
    assert stage.finished(job) == "Succeeded"


def _pod(name: str, namespace: str, command: list[str]) -> dict[str, Any]:
    hardened = {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    box = {"name": "box", "image": IMAGE, "command": command, "securityContext": hardened}
    meta = {"name": name, "namespace": namespace}
    spec = {"containers": [box], "restartPolicy": "Never", "nodeSelector": {"fairlead.dev/pool": "system"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def _exit(stage: Stage, name: str, namespace: str) -> str:
    found = json.loads(stage.kubectl("get", "pod", name, "-n", namespace, "-o", "json"))
    phase = found["status"].get("phase", "")
    return phase if phase in {"Succeeded", "Failed"} else ""


def test_network_policies_are_enforced_between_tenants(stage: Stage) -> None:
    stage.apply(_pod("server", "team-a", ["python3", "-m", "http.server", "8080"]))

    def address() -> str:
        found = json.loads(stage.kubectl("get", "pod", "server", "-n", "team-a", "-o", "json"))["status"]
        return found.get("podIP", "") if found.get("phase") == "Running" else ""

    server = until("the server has an address", address)
    # Tried for a while: the policy engine sees a new pod a moment after it has its address.
    call = f"""
import socket, sys, time
end = time.monotonic() + 15
while time.monotonic() < end:
    try:
        socket.create_connection(("{server}", 8080), timeout=2).close(); sys.exit(0)
    except OSError:
        time.sleep(0.3)
sys.exit(1)
"""
    refuse = f"""
import socket, sys, time
time.sleep(3)
try:
    socket.create_connection(("{server}", 8080), timeout=3).close(); sys.exit(1)
except OSError:
    sys.exit(0)
"""
    stage.apply(
        _pod("friend", "team-a", ["python3", "-c", call]),
        _pod("stranger", "team-b", ["python3", "-c", refuse]),
    )
    assert until("the tenant's own pod is answered", lambda: _exit(stage, "friend", "team-a")) == "Succeeded"
    assert until("the other tenant's is refused", lambda: _exit(stage, "stranger", "team-b")) == "Succeeded"


def test_a_privileged_pod_is_refused_in_a_tenants_namespace(stage: Stage) -> None:
    pod = _pod("root", "team-a", ["true"])
    pod["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    assert "violates PodSecurity" in stage.kubectl("apply", "-f", "-", given=pod, check=False)


@pytest.mark.parametrize(
    ("group", "verb", "what", "namespace", "answer"),
    [
        ("team-a", "create", "trainjobs.trainer.kubeflow.org", "team-a", "yes"),
        ("team-a", "get", "pods/log", "team-a", "yes"),
        ("team-a", "create", "trainjobs.trainer.kubeflow.org", "team-b", "no"),
        ("team-a", "create", "pods/exec", "team-a", "no"),
        ("team-a", "delete", "networkpolicies.networking.k8s.io", "team-a", "no"),
        ("team-a", "update", "clusterqueues.kueue.x-k8s.io", "", "no"),
    ],
)
def test_members_may_work_in_their_own_namespace_only(
    stage: Stage, group: str, verb: str, what: str, namespace: str, answer: str
) -> None:
    where = ["-n", namespace] if namespace else []
    who = ["--as", "someone", "--as-group", group]
    said = stage.kubectl("auth", "can-i", verb, what, *where, *who, check=False)
    assert said.split()[0] == answer


def test_status_says_what_stands_and_the_kubeconfig_works_at_once(stage: Stage, tmp_path: Path) -> None:
    found = json.loads(stage.fairlead("status", "-o", "json"))
    assert found["healthy"] is True
    assert {pool["name"]: pool["ready"] for pool in found["pools"]} == {"system": 1, "h100": 4, "l4": 2}
    assert [layer["name"] for layer in found["layers"]] == list(ROWS)
    written = tmp_path / "kubeconfig"
    stage.fairlead("kubeconfig", "-o", str(written))
    assert written.stat().st_mode & 0o077 == 0
    command = [str(stage.tools["kubectl"]), "--kubeconfig", str(written), "get", "nodes", "-o", "name"]
    assert len(subprocess.check_output(command, text=True).split()) == 7


def test_no_credential_of_the_cluster_stands_in_the_engines_state(stage: Stage) -> None:
    state = stage.stack.run_dir / "pulumi" / "state"
    texts = [path.read_text() for path in state.rglob("*.json")]
    assert texts
    user = yaml.safe_load(stage.kubeconfig.read_text())["users"][0]["user"]
    key = user["client-key-data"]
    assert len(key) > 100
    assert not any(key in text or "PRIVATE KEY" in text for text in texts)


def test_a_local_cluster_is_held_against_the_same_contract(stage: Stage) -> None:
    """The rules are those of every target; here the fix that is printed is what is then done."""
    stage.fairlead("contract", "check")
    stage.kubectl("label", "node", "h100-1-0", f"{labels.POOL}-")
    done = fairlead(stage.stack.project, "contract", "check", "-s", stage.stack.name)
    assert done.returncode == 1
    assert f"node h100-1-0: no {labels.POOL}" in done.stdout
    fix = f"kubectl label node h100-1-0 {labels.POOL}=h100 --overwrite"
    assert f"fix: {fix}" in done.stdout
    stage.kubectl(*fix.split()[1:])
    stage.fairlead("contract", "check")
