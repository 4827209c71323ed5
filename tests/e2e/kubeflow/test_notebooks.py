"""Notebooks: the real JupyterLab through the real queue and gateway; its files outlive it, its place does not."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.kubeflow.kernels import Channels
from e2e.stage import ROOT, Stage, throughout, until
from e2e.tools.web import DOMAIN, Answer, Web, web
from fairlead import labels
from fairlead.workload.documents import write
from fairlead.workload.notebook import Notebook
from fairlead.workload.notebook_load import load_file
from fairlead.workload.notebook_render import render

pytestmark = pytest.mark.e2e

TENANT = "team-a"
HOST = f"lab.{TENANT}.{DOMAIN}"
START = 240
"""Seconds: a server and a kernel import some hundred modules on two slow cores."""


def example(**changes: Any) -> Notebook:
    [found] = load_file(ROOT / "examples" / "notebooks" / "lab.yaml")
    return found.model_copy(update=changes)


def sent(stage: Stage, notebook: Notebook) -> str:
    """By the command; what it said."""
    path = stage.stack.project / f"{notebook.name}.yaml"
    path.write_text(write([notebook.model_dump(mode="json", exclude_none=True)]))
    return stage.fairlead("notebook", "-f", str(path))


def token(stage: Stage) -> str:
    found = json.loads(stage.kubectl("get", "secret", "lab-notebook", "-n", TENANT, "-o", "json"))
    return base64.b64decode(found["data"]["token"]).decode()


def asked(door: Web, path: str, token: str = "", body: object = None) -> Answer:
    return door.call(HOST, path, body, {"Authorization": f"token {token}"} if token else {})


def pods(stage: Stage) -> list[dict[str, Any]]:
    chosen = f"{labels.JOB}=lab"
    return json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def pod(stage: Stage) -> dict[str, Any]:
    [found] = [one for one in pods(stage) if not one["metadata"].get("deletionTimestamp")]
    return found


def held(stage: Stage) -> str:
    """Memory that the tenant's queue counts, in its own words."""
    [queue] = [one for one in stage.objects("clusterqueues") if one["metadata"]["name"] == TENANT]
    used = [
        resource["total"]
        for flavor in queue["status"].get("flavorsReservation", [])
        for resource in flavor["resources"]
        if resource["name"] == "memory" and resource["total"] != "0"
    ]
    return used[0] if used else "0"


def answers(door: Web) -> bool:
    return asked(door, "/api").status == 200


def kernel(door: Web, stage: Stage) -> Channels:
    secret = token(stage)
    made = asked(door, "/api/kernels", secret, {"name": "python3"})
    assert made.status == 201, made.body
    opened = Channels(door.open(HOST), HOST, made.json["id"], secret)
    assert opened.status == 101
    return opened


@pytest.fixture(scope="module")
def lab(tools: Stage) -> Iterator[Stage]:
    """The example, running and answering."""
    said = sent(tools, example())
    assert "team-a/lab created: " in said
    assert f"https://{HOST}/lab" in said
    assert token(tools) not in said
    tools.fairlead("wait", "team-a/lab", "--for", "running", "--timeout", "4m")
    with web(tools) as door:
        until("it answers", lambda: answers(door), START)
    yield tools
    tools.kubectl(
        "delete", "trainjobs,secrets,pvc", "-l", f"{labels.JOB}=lab", "-n", TENANT, "--timeout=120s"
    )


@pytest.fixture
def door(lab: Stage) -> Iterator[Web]:
    with web(lab) as found:
        yield found


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("notebooks ")]
    assert "healthy" in line


def test_it_came_through_the_queue_and_is_counted(lab: Stage) -> None:
    assert held(lab) == "512Mi"
    [workload] = [one for one in lab.objects("workloads", TENANT) if "lab" in one["metadata"]["name"]]
    assert workload["spec"]["queueName"] == "testing"
    assert "team-a/lab" in lab.fairlead("list")


def test_only_who_knows_the_token_is_answered(lab: Stage, door: Web) -> None:
    assert asked(door, "/api/contents").status == 403
    assert asked(door, "/api/contents", "guessed").status == 403
    assert asked(door, "/api/contents", token(lab)).status == 200
    page = asked(door, "/lab")
    assert (page.status, page.headers["location"].partition("?")[0]) == (302, "/login")
    assert asked(door, "/lab", token(lab)).status == 200


def test_a_call_without_the_token_opens_no_kernel(lab: Stage, door: Web) -> None:
    made = asked(door, "/api/kernels", token(lab), {"name": "python3"}).json["id"]
    assert Channels(door.open(HOST), HOST, made, "guessed").status == 403


def test_the_token_stands_in_no_object_and_in_no_log(lab: Stage) -> None:
    secret = token(lab)
    assert len(secret) >= 40
    told = [
        lab.kubectl(
            "get", "pods,trainjobs,jobsets,jobs,services,httproutes,events", "-n", TENANT, "-o", "json"
        ),
        lab.kubectl("logs", "-n", TENANT, pod(lab)["metadata"]["name"]),
        lab.fairlead("logs", "team-a/lab"),
    ]
    assert "Jupyter Server" in told[1]
    assert not any(secret in text for text in told)


def test_its_cells_run_and_find_where_objects_and_files_are(lab: Stage, door: Web) -> None:
    cell = (
        "import os; print(6 * 7, os.getcwd(), os.environ['FAIRLEAD_TENANT'], os.environ['HOME'], os.getuid())"
    )
    assert kernel(door, lab).run(cell) == f"42 /workspace {TENANT} /workspace 1000\n"
    written = "open('kept.txt', 'w').write('of the first start'); print(open('/proc/1/cmdline').read())"
    assert token(lab) not in kernel(door, lab).run(written)
    store = "import os; print(os.environ['FAIRLEAD_OBJECT_STORE_URI'])"
    assert kernel(door, lab).run(store).startswith("s3://")


def test_its_pod_keeps_the_restricted_standard(lab: Stage) -> None:
    spec = pod(lab)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    [box] = spec["containers"]
    assert box["readinessProbe"]["httpGet"]["path"] == "/api"


def test_its_files_outlive_a_pod_that_is_killed(lab: Stage, door: Web) -> None:
    before = pod(lab)["metadata"]
    lab.kubectl("delete", "pod", before["name"], "-n", TENANT, "--timeout=120s")
    until("another pod runs", lambda: _another(lab, before["uid"]), 180)
    until("it answers again", lambda: answers(door), START)
    kept = asked(door, "/api/contents/kept.txt", token(lab))
    assert (kept.status, kept.json["content"]) == (200, "of the first start")
    state = lab.client.state(TENANT, "lab")
    assert (state.phase, state.restarts, state.disruptions) == ("Running", 0, 1)


def _another(stage: Stage, uid: str) -> bool:
    found = [one for one in pods(stage) if one["metadata"]["uid"] != uid]
    return any(one["status"].get("phase") == "Running" for one in found)


def test_the_same_file_again_changes_nothing_and_a_different_one_is_refused(lab: Stage) -> None:
    secret, before = token(lab), pod(lab)["metadata"]["uid"]
    assert "team-a/lab unchanged: Running" in sent(lab, example())
    assert (token(lab), pod(lab)["metadata"]["uid"]) == (secret, before)
    path = lab.stack.project / "other.yaml"
    path.write_text(write([example(memory="600Mi").model_dump(mode="json", exclude_none=True)]))
    refused = lab.run("notebook", "-f", str(path))
    assert refused.returncode == 1
    assert "a different job of the name team-a/lab is there already" in refused.stderr


def test_who_stops_it_frees_its_place_and_keeps_its_files(lab: Stage) -> None:
    secret = token(lab)
    assert "cancelled" in lab.fairlead("cancel", "team-a/lab")
    until("its place is free", lambda: held(lab) == "0", 60)
    for kind in ("services", "httproutes"):
        until(f"its {kind} are gone", lambda kind=kind: not _named(lab, kind), 60)
    assert "team-a/lab created" in sent(lab, example(idle_after="1m"))
    assert token(lab) == secret
    with web(lab) as door:
        until("it answers", lambda: answers(door), START)
        assert asked(door, "/api/contents/kept.txt", secret).json["content"] == "of the first start"


def _named(stage: Stage, kind: str) -> list[dict[str, Any]]:
    return [one for one in stage.objects(kind, TENANT) if one["metadata"]["name"] == "lab-notebook"]


def test_when_nobody_works_in_it_it_ends_and_the_next_start_goes_on(lab: Stage, door: Web) -> None:
    """With a kernel and an open connection that do nothing."""
    opened = kernel(door, lab)
    assert opened.run("print('last')") == "last\n"
    until("it has ended", lambda: lab.client.state(TENANT, "lab").phase == "Succeeded", 330)
    until("its place is free", lambda: held(lab) == "0", 60)
    assert "team-a/lab replaced" in sent(lab, example())
    until("it answers", lambda: answers(door), START)
    assert asked(door, "/api/contents/kept.txt", token(lab)).json["content"] == "of the first start"


def test_without_a_queue_it_is_held(tools: Stage) -> None:
    *beside, job = render(example(name="passing"), DOMAIN)
    del job["metadata"]["labels"][labels.QUEUE]
    tools.apply(*beside, job)
    found = f"{labels.JOB}=passing"
    query = ("get", "pods", "-n", TENANT, "-l", found, "-o", "name")
    throughout("no pod is made", lambda: not tools.kubectl(*query).strip(), 15)
    [held_back] = [one for one in tools.objects("trainjobs", TENANT) if one["metadata"]["name"] == "passing"]
    assert held_back["spec"]["suspend"] is True
    tools.kubectl("delete", "trainjobs,services,httproutes,pvc", "-l", found, "-n", TENANT, "--timeout=60s")


def test_a_member_may_do_all_that_starting_one_takes(tools: Stage) -> None:
    for verb, kind in (
        ("list", "localqueues.kueue.x-k8s.io"),
        ("get", "configmaps"),
        ("create", "secrets"),
        ("create", "persistentvolumeclaims"),
        ("create", "trainjobs.trainer.kubeflow.org"),
        ("patch", "services"),
        ("create", "services"),
        ("create", "httproutes.gateway.networking.k8s.io"),
        ("patch", "httproutes.gateway.networking.k8s.io"),
    ):
        allowed = ["auth", "can-i", verb, kind, "-n", TENANT, "--as=somebody", "--as-group=team-a"]
        assert tools.kubectl(*allowed, check=False).split()[0] == "yes", (verb, kind)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"externalIPs": ["192.0.2.7"]}, "the addresses belong to others"),
        ({"type": "ExternalName", "externalName": "example.com"}, "has the type ClusterIP"),
        ({"type": "NodePort"}, "has the type ClusterIP"),
    ],
)
def test_a_service_of_a_member_names_pods_of_the_tenant_and_nothing_else(
    tools: Stage, spec: dict[str, Any], why: str
) -> None:
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "odd", "namespace": TENANT},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}], **spec},
    }
    said = tools.kubectl("create", "-f", "-", "--as=somebody", "--as-group=team-a", given=made, check=False)
    assert why in said
