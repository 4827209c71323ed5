"""The real API server, and Argo Events' real programs beside it, each with the rights that it has: no node.

What the controller makes of event sources and sensors, how one becomes a workflow over a real bus, what is refused.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.charts import renderer
from support.specs import minimal

from e2e.bare import Bare, free_port, program_of, until
from e2e.bare_kueue import Certificate, kubeconfig, space
from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import tenancy
from fairlead.layers.events import bus, members, place
from fairlead.layers.events.tool import TOOL
from fairlead.layers.tool import Ground
from fairlead.layers.workflows import tool as workflows
from fairlead.plan.events_model import IMAGE, IMAGES, NAMESPACE, SERVER
from fairlead.plan.load import load_plan

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
NONE: Any = None
TENANT = "team-a"
SENSOR = f"system:serviceaccount:{TENANT}:{place.ACCOUNT}"
EXAMPLE = Path(__file__).parents[2] / "examples" / "events" / "nightly.yaml"
EVENT, TRIGGER = yaml.safe_load_all(EXAMPLE.read_text())
NONE_YET: dict[str, Any] = {}
UNSEEN = ("Certificate", "Deployment", "ResourceQuota")
"""Kinds that nobody serves or counts here."""


@pytest.fixture(scope="module")
def bare(bare: Bare) -> Bare:
    standing(bare)
    return bare


def standing(bare: Bare) -> None:
    """Everything that the layer has, but for what needs a node; and the controller, as its own account."""
    layers = {name: {"enabled": True} for name in ("certificates", "workflows", "events")}
    plan = load_plan(minimal(layers=layers), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, dict.fromkeys(IMAGES, "x"), {}, {}, {}, [])
    ground = Ground(plan, handle, renderer([IMAGE, "argo-workflows"]))
    [part] = TOOL.parts(ground)
    [tenant] = plan.tenants
    bare.define([*part.crds, *workflows.crds(ground.render)])
    bare.make(tenancy.namespace(tenant), space(NAMESPACE), *tenancy.service_accounts(tenant))
    bare.make(*(one for one in part.rest if one["kind"] not in UNSEEN))
    bare.make(*(one for one in members.objects(ground, tenant) if one["kind"] not in UNSEEN))
    _controller(bare, [one for one in part.rest if one["kind"] in ("Deployment", "ConfigMap")])


def _program(bare: Bare) -> str:
    made = bare.folder / "bin-argo-events"
    return str(made if made.exists() else program_of(IMAGE, "/bin/argo-events", bare.folder))


def _controller(bare: Bare, own: list[Object]) -> None:
    [settings] = [one for one in own if one["kind"] == "ConfigMap"]
    [box] = next(one for one in own if one["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    told = bare.folder / place.FILE
    told.write_text(settings["data"][place.FILE])
    script = f'mount -t tmpfs tmpfs /etc && mkdir {place.FOLDER} && cp "$0" {place.FOLDER} && exec "$@"'
    here = [f"--{kind}-port={free_port()}" for kind in ("metrics", "health")]
    words = [str(told), _program(bare), box["args"][0], *here, "--leader-election=false"]
    env = {entry["name"]: entry["value"] for entry in box["env"] if "value" in entry}
    env |= {"KUBECONFIG": str(kubeconfig(bare, place.CONTROLLER, NAMESPACE)), "NAMESPACE": NAMESPACE}
    bare.run("/usr/bin/unshare", "--mount", "sh", "-c", script, *words, env=env)


def source(name: str, **calendar: Any) -> dict[str, Any]:
    """The example's event source under another name, at other times."""
    made = deepcopy(EVENT)
    made["metadata"]["name"] = name
    made["spec"]["calendar"] = {"nightly": calendar or {"interval": "2s"}}
    return made


def sensor(name: str, **template: Any) -> dict[str, Any]:
    """The example's sensor for that event source, with this in its template."""
    made = deepcopy(TRIGGER)
    made["metadata"]["name"] = name
    made["spec"]["dependencies"][0]["eventSourceName"] = name
    made["spec"]["template"] |= template
    return made


def deployment(bare: Bare, of: str, name: str) -> Any:
    chosen = ("-l", f"{of}-name={name}", "-n", TENANT, "-o", "json")
    found = json.loads(bare.kubectl("get", "deployments", *chosen))["items"]
    return found[0] if found else None


def test_the_controller_takes_up_the_bus_and_makes_a_pod_for_each_with_the_rights_that_it_has(
    bare: Bare,
) -> None:
    def ready() -> bool:
        status: dict[str, Any] = (bare.get("eventbus", place.DEFAULT, TENANT) or NONE_YET).get("status", {})
        return {one["type"]: one["status"] for one in status.get("conditions", [])}.get("Deployed") == "True"

    until("the bus is taken up", ready)
    bare.make(source("made"), sensor("made"))
    for of in ("eventsource", "sensor"):
        pod = until(f"the {of} has a Deployment", lambda of=of: deployment(bare, of, "made"))["spec"][
            "template"
        ]
        [box] = pod["spec"]["containers"]
        assert box["image"] == "x"
        assert box["imagePullPolicy"] == "IfNotPresent"
        volumes = [one.get("secret", {}).get("secretName") for one in pod["spec"]["volumes"]]
        assert bus.BUS in volumes, "by what is in it the bus is known"
    assert place.SENSOR in pod["metadata"]["labels"], "by which a sensor reaches the API server"
    assert pod["spec"]["serviceAccountName"] == place.ACCOUNT


def test_what_the_calendar_says_becomes_a_workflow_by_a_sensors_own_account(bare: Bare) -> None:
    """Over the real bus. Each program takes the same port for its metrics: they run one after another."""
    bare.make(source("clock"), sensor("clock"))
    made = {
        of: until(f"the {of} is made", lambda of=of: deployment(bare, of, "clock"))
        for of in ("eventsource", "sensor")
    }
    port, monitor = _bus(bare)
    _run(bare, made["sensor"], port)
    until("the sensor waits for events", lambda: _told(monitor)["consumer_count"])
    _killed(bare)
    _run(bare, made["eventsource"], port)
    until("an event is on the bus", lambda: _told(monitor)["messages"])
    _killed(bare)
    assert not _sent(bare)
    _run(bare, made["sensor"], port)
    [found, *_] = until("a workflow is sent", lambda: _sent(bare))
    _killed(bare)
    assert found["metadata"]["generateName"] == "flowers-"
    assert found["spec"] == {"workflowTemplateRef": {"name": "flowers"}}


def _sent(bare: Bare) -> list[Any]:
    told = ("-l", "events.argoproj.io/sensor=clock", "-n", TENANT, "-o", "json")
    return json.loads(bare.kubectl("get", "workflows.argoproj.io", *told))["items"]


def _bus(bare: Bare) -> tuple[int, int]:
    """The server as the layer has it, at other places."""
    certificate = Certificate(bare.folder / "certificate")
    port, monitor = free_port(), free_port()
    text = bus.CONFIG.replace(bus.SERVED, str(certificate.folder)).replace(bus.DATA, str(bare.folder / "bus"))
    for old, new in (
        (f"port: {place.CLIENT_PORT}", f"port: {port}"),
        (str(place.MONITOR_PORT), str(monitor)),
    ):
        assert old in text
        text = text.replace(old, new)
    file = bare.folder / bus.FILE
    file.write_text(text)
    bare.run(program_of(SERVER, "/nats-server", bare.folder), "--config", str(file))
    return port, monitor


def _told(monitor: int) -> Mapping[str, int]:
    """What the server says of the stream of events."""
    told: Any = {}
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{monitor}/jsz?streams=1") as answer:
        told = json.load(answer)
    found = [one for account in told.get("account_details", []) for one in account.get("stream_detail", [])]
    states = [one["state"] for one in found if one["name"] == "default"]
    return states[0] if states else {"consumer_count": 0, "messages": 0}


def _run(bare: Bare, made: Object, port: int) -> None:
    """What the Deployment's pod would run, as its account, told where the bus is here."""
    [box] = made["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry["value"] for entry in box["env"] if "value" in entry}
    config = json.loads(base64.b64decode(env["EVENTBUS_CONFIG"]))
    config["jetstream"] |= {"url": f"nats://localhost:{port}", "tls": {"insecureSkipVerify": True}}
    account = kubeconfig(bare, place.ACCOUNT, TENANT)
    env |= {
        "EVENTBUS_CONFIG": base64.b64encode(json.dumps(config).encode()).decode(),
        "POD_NAME": "here",
        "KUBECONFIG": str(account),
    }
    bare.run(_program(bare), *box["args"], env=env)


def _killed(bare: Bare) -> None:
    """The last one, at once: what it has at the bus stays."""
    bare.processes[-1].kill()
    bare.processes.pop().wait()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (sensor("no", serviceAccountName="default"), f"serviceAccountName must be {place.ACCOUNT}"),
        (sensor("no", container={"resources": {"limits": {"nvidia.com/gpu": "1"}}}), "takes no accelerator"),
        ({**sensor("no"), "spec": {**sensor("no")["spec"], "replicas": 3}}, "replicas is at most 2"),
        (
            {
                **sensor("no"),
                "spec": {
                    **sensor("no")["spec"],
                    "triggers": [{"template": {"name": "x", "argoWorkflow": {"operation": "submit"}}}],
                },
            },
            "triggers of kind argoWorkflow are not offered",
        ),
        ({**source("no"), "spec": {**source("no")["spec"], "replicas": 3}}, "replicas is at most 2"),
        (
            {
                **source("no"),
                "spec": {"template": {"container": {"resources": {"requests": {"x.io/y": "1"}}}}},
            },
            "takes no accelerator",
        ),
    ],
)
def test_what_would_hold_what_no_queue_gave_or_never_work_is_refused(
    bare: Bare, made: Object, said: str
) -> None:
    assert said in "".join(bare.refusals([made]))


def test_a_source_and_a_sensor_that_ask_for_nothing_special_are_taken(bare: Bare) -> None:
    assert not bare.refusals([source("plain"), sensor("plain"), {**source("two"), "spec": {"replicas": 2}}])


@pytest.mark.parametrize(
    ("account", "taken"), [("", True), (labels.WORKLOAD_ACCOUNT, True), (place.ACCOUNT, False)]
)
def test_a_workflow_that_a_sensor_sends_runs_as_every_other_one(
    bare: Bare, account: str, taken: bool
) -> None:
    spec: dict[str, Any] = {"workflowTemplateRef": {"name": "flowers"}}
    if account:
        spec["serviceAccountName"] = account
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "x", "namespace": TENANT},
        "spec": spec,
    }
    told = ("create", "--dry-run=server", "-f", "-", "--as", SENSOR)
    said = bare.kubectl(*told, given=made, check=False)
    assert (f"runs as {labels.WORKLOAD_ACCOUNT}" not in said) is taken, said
    assert not taken or "created" in said


def test_each_has_the_rights_that_it_needs_and_no_other(bare: Bare) -> None:
    controller = f"system:serviceaccount:{NAMESPACE}:{place.CONTROLLER}"

    def may(who: str, verb: str, what: str, where: str) -> bool:
        said = bare.kubectl("auth", "can-i", verb, what, "-n", where, "--as", who, check=False)
        return said.split()[-1] == "yes"

    assert may(SENSOR, "create", "workflows.argoproj.io", TENANT)
    assert not may(SENSOR, "create", "workflows.argoproj.io", "default")
    assert not may(SENSOR, "get", "secrets", TENANT)
    assert not may(SENSOR, "create", "sensors.argoproj.io", TENANT)
    assert may(controller, "create", "deployments.apps", TENANT)
    assert not may(controller, "create", "deployments.apps", "default")
    assert not may(controller, "get", "secrets", TENANT)
    assert not may(controller, "create", "pods", TENANT)
