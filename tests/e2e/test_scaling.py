"""Services follow requests and accelerators: the real KEDA and HPA, a stand-in that answers for Prometheus.

The service runs on simulated accelerators; its metrics are what a test says. No queue and no jobs run here: a
service needs neither, and the layer none of theirs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from e2e.stage import IMAGE, REMOTE_IMAGE, Stage, fairlead, make_stack, throughout, until
from fairlead import labels, series
from fairlead.layers.scaling import place

pytestmark = pytest.mark.e2e

STACK, SUBNET = "scaling", "100.64.91.0/30"
TENANT, SERVICE = "team-a", "chat"
MAX = 4
SHORT = 15
"""Seconds: idle_after of the service."""
LULL = 45
"""Seconds: its scale_down_after. Kubernetes counts them from its last look that wanted more."""
LOOK = 15
"""Seconds between two looks of the HPA, kube-controller-manager's own setting."""
PATIENCE = 4 * LOOK
"""What an HPA may take that looks at a metric, then at the replicas that it made: and a busy machine."""
OFF = {"enabled": False}
PLATFORM: dict[str, Any] = {
    "name": STACK,
    "environment": "dev",
    "target": {"kind": "local", "subnet": SUBNET},
    "pools": [{"name": "h100", "accelerators": "H100:8", "min": 1, "max": 1}],
    "tenants": [{"name": TENANT, "groups": [TENANT], "quota": {"accelerators": {"H100": 8}}}],
    "layers": {"queue": OFF, "jobs": OFF, "health": OFF, "scaling": {"enabled": True}},
}
STAND_IN = """\
import json, re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

values = {}
asked = []

class Answers(BaseHTTPRequestHandler):
    def say(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/asked":
            return self.say(200, asked)
        if url.path == "/set":
            values.clear()
            values.update(json.loads(parse_qs(url.query)["values"][0]))
            return self.say(200, values)
        if url.path != "/api/v1/query":
            return self.say(404, {})
        query = parse_qs(url.query)["query"][0]
        if query not in asked:
            asked.append(query)
        if values.get("broken"):
            return self.say(503, {})
        found = re.fullmatch(r'(sum|avg)\\((\\S+)\\{namespace="(\\S+)",workload="(\\S+)"\\}\\)', query)
        mine = found and found.group(3, 4) == ("team-a", "chat")
        value = values.get(found[2]) if mine else None
        result = [] if value is None else [{"metric": {}, "value": [0, str(value)]}]
        self.say(200, {"status": "success", "data": {"resultType": "vector", "result": result}})

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("", 9090), Answers).serve_forever()
"""


@pytest.fixture(scope="module")
def scaling(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """A platform that scales services, with the stand-in at the contract's address and one service."""
    project = make_stack(tmp_path_factory.mktemp("scaling"), STACK, PLATFORM)
    with Stage.standing(project, STACK, keep=keep) as made:
        made.apply(*stand_in(), service(made))
        rolled = ("rollout", "status", "deployment/metrics", "-n", labels.METRICS_NAMESPACE)
        made.kubectl(*rolled, "--timeout=110s")
        yield made


def stand_in() -> list[dict[str, Any]]:
    """Answers Prometheus' query API at the contract's address, on the real node."""
    space, chosen = labels.METRICS_NAMESPACE, {"app": "metrics"}
    box = {
        "name": "metrics",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", STAND_IN],
        "readinessProbe": {
            "httpGet": {"path": "/asked", "port": 9090},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
    }
    pod = {
        "metadata": {"labels": chosen},
        "spec": {
            "containers": [box],
            "nodeSelector": {labels.POOL: "system"},
            "terminationGracePeriodSeconds": 1,
        },
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "metrics", "namespace": space},
            "spec": {"selector": {"matchLabels": chosen}, "template": pod},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "metrics", "namespace": space},
            "spec": {"selector": chosen, "ports": [{"port": 9090}]},
        },
    ]


def service(stage: Stage, name: str = SERVICE) -> dict[str, Any]:
    """A Deployment whose replicas hold an accelerator each; it sleeps."""
    pool = next(one for one in stage.plan().pools if one.name == "h100")
    tolerations = [
        {"key": one.key, "operator": one.operator, "effect": one.effect} for one in pool.tolerations
    ]
    box = {
        "name": "server",
        "image": REMOTE_IMAGE,
        "resources": {
            "requests": {"cpu": "1", "memory": "1Gi", pool.resource: "1"},
            "limits": {pool.resource: "1"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "containers": [box],
        "nodeSelector": {labels.POOL: pool.name},
        "tolerations": tolerations,
        "securityContext": security,
        "terminationGracePeriodSeconds": 1,
    }
    chosen = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": TENANT},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": chosen},
            "template": {"metadata": {"labels": chosen}, "spec": spec},
        },
    }


def measured(stage: Stage, **values: float | bool) -> None:
    """From now on the metrics are these, and no others."""
    told = {
        "requests": series.SERVICE_REQUESTS,
        "busy": series.ACCELERATOR_UTILIZATION,
        "broken": "broken",
    }
    words = json.dumps({told[key]: one for key, one in values.items()})
    stage.kubectl("get", "--raw", proxied(f"set?{urlencode({'values': words})}"))


def proxied(path: str) -> str:
    """A path of the stand-in, as the API server leads there."""
    return f"/api/v1/namespaces/{labels.METRICS_NAMESPACE}/services/metrics:9090/proxy/{path}"


def running(stage: Stage) -> int:
    """Replicas that run on their accelerators."""
    found = [pod for pod in stage.objects("pods", TENANT) if pod["metadata"]["labels"].get("app") == SERVICE]
    return sum(pod["status"].get("phase") == "Running" for pod in found)


def condition(stage: Stage, name: str) -> str:
    """Status of a condition of the service's ScaledObject; empty while it has none."""
    [scaled] = stage.objects("scaledobjects", TENANT)
    found = scaled.get("status", {}).get("conditions", [])
    return next((one["status"] for one in found if one["type"] == name), "")


def after(what: str, stage: Stage, replicas: int, limit: float) -> float:
    """Waits for so many replicas; prints and gives the seconds that it took."""
    began = time.monotonic()
    until(f"{what}: {replicas} replicas", lambda: running(stage) == replicas, limit)
    took = time.monotonic() - began
    print(f"{what}: {replicas} replicas after {took:.1f} s")
    return took


def scale_file(folder: Path, **changes: Any) -> str:
    words = {
        "kind": "ServiceScale",
        "name": SERVICE,
        "tenant": TENANT,
        "min": 0,
        "max": MAX,
        "targets": {"requests_per_second": 20, "accelerator_utilization": 50},
        "scale_down_after": f"{LULL}s",
        "idle_after": f"{SHORT}s",
    }
    path = folder / "scale.yaml"
    path.write_text(yaml.safe_dump({**words, **changes}))
    return str(path)


@pytest.fixture
def asleep(scaling: Stage, tmp_path: Path) -> Stage:
    """The service scales, nobody asks for it, and it sleeps."""
    measured(scaling)
    scaling.fairlead("scale", "-f", scale_file(tmp_path))
    until("KEDA has taken it", lambda: condition(scaling, "Ready") == "True")
    until("it sleeps", lambda: running(scaling) == 0, PATIENCE)
    return scaling


def test_the_layer_is_healthy_and_external_metrics_are_answered(scaling: Stage) -> None:
    text = scaling.fairlead("status")
    line = next(line for line in text.splitlines() if line.startswith("scaling"))
    assert "healthy" in line
    for part in (place.OPERATOR, place.ADAPTER, place.WEBHOOKS):
        assert part in line
    answer = json.loads(scaling.kubectl("get", "--raw", "/apis/external.metrics.k8s.io/v1beta1"))
    assert answer["kind"] == "APIResourceList"


def test_a_service_wakes_grows_shrinks_and_sleeps_by_what_is_asked_of_it(
    asleep: Stage, tmp_path: Path
) -> None:
    again = asleep.fairlead("scale", "-f", scale_file(tmp_path))
    assert f"{TENANT}/{SERVICE} unchanged" in again
    throughout("it sleeps on while nobody asks", lambda: running(asleep) == 0, 8)

    measured(asleep, requests=35)
    until("it wakes", lambda: running(asleep) >= 1, PATIENCE)
    after("35 requests a second, 20 for each replica", asleep, 2, PATIENCE)

    measured(asleep, requests=35, busy=0.95)
    after("accelerators are 95 % busy, 50 % are wanted", asleep, MAX, PATIENCE)

    measured(asleep, requests=35, busy=0.1)
    took = after("accelerators are 10 % busy", asleep, 2, LULL + PATIENCE)
    assert took >= LULL - LOOK - 1, "it did not wait to see whether it was a lull"

    # Accelerators that are busy with something keep no service awake.
    measured(asleep, busy=0.95)
    until("it sleeps", lambda: running(asleep) == 0, SHORT + PATIENCE)
    asked = json.loads(asleep.kubectl("get", "--raw", proxied("asked")))
    assert sorted(one for one in asked if SERVICE in one) == [
        f'avg({series.ACCELERATOR_UTILIZATION}{{namespace="{TENANT}",workload="{SERVICE}"}})',
        f'sum({series.SERVICE_REQUESTS}{{namespace="{TENANT}",workload="{SERVICE}"}})',
    ]


def test_who_sees_nothing_takes_nothing_away(asleep: Stage) -> None:
    measured(asleep, requests=35)
    after("35 requests a second", asleep, 2, 2 * PATIENCE)
    measured(asleep, broken=True)
    until("KEDA holds on", lambda: condition(asleep, "Fallback") == "True", PATIENCE)
    throughout("what runs goes on", lambda: running(asleep) == 2, SHORT + 10)
    assert f"without metrics: {TENANT}/{SERVICE}" in asleep.fairlead("status")
    measured(asleep)
    until("it sleeps when its metrics are back", lambda: running(asleep) == 0, SHORT + PATIENCE)


def test_the_real_webhook_refuses_a_service_that_another_autoscaler_has(
    asleep: Stage, tmp_path: Path
) -> None:
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "old", "namespace": TENANT},
        "spec": {
            "maxReplicas": 2,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"},
        },
    }
    asleep.apply(service(asleep, "other"), autoscaler)
    file = scale_file(tmp_path, name="other")
    done = until("the webhook knows the autoscaler", lambda: refused(asleep, file))
    assert "already managed by the hpa 'old'" in done
    asleep.kubectl("delete", "hpa/old", "deployment/other", "-n", TENANT)
    missing = fairlead(asleep.stack.project, "scale", "-f", file, "-s", STACK)
    assert missing.returncode == 1
    assert "there is nothing to scale" in missing.stderr


def refused(stage: Stage, file: str) -> str:
    """What the cluster says against a scale; empty where it takes it, which is undone: its cache was behind."""
    done = fairlead(stage.stack.project, "scale", "-f", file, "-s", STACK)
    if done.returncode == 0:
        stage.kubectl("delete", "scaledobject/other", "-n", TENANT)
        return ""
    return done.stderr


def test_rights_are_enough_for_what_it_does_and_members_have_none_of_them(asleep: Stage) -> None:
    for part in (place.OPERATOR, place.ADAPTER, place.WEBHOOKS):
        told = asleep.kubectl("logs", f"deployment/{part}", "-n", place.NAMESPACE)
        assert told
        denied = [line for line in told.splitlines() if "forbidden" in line.lower()]
        assert denied == [], f"{part} is denied what it asks for"
    member = ("--as", "somebody", "--as-group", TENANT)
    asked = ("auth", "can-i", "create", "scaledobjects.keda.sh", "-n", TENANT, *member)
    assert asleep.kubectl(*asked, check=False).startswith("no")
    operator = ("--as", f"system:serviceaccount:{place.NAMESPACE}:{place.OPERATOR}")
    for wish in (("get", "secrets", "-n", TENANT), ("create", "jobs", "-n", TENANT), ("get", "nodes")):
        assert asleep.kubectl("auth", "can-i", *wish, *operator, check=False).startswith("no"), wish
    scale = ("auth", "can-i", "update", "deployments", "--subresource=scale", "-n", TENANT)
    assert asleep.kubectl(*scale, *operator).startswith("yes")


CALL = """\
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("open")
except OSError as error:
    print("closed", error)
"""


@pytest.mark.parametrize(
    ("part", "port", "answer"),
    [
        (place.OPERATOR, place.INSIDE_PORT, "closed"),
        (place.OPERATOR, place.METRICS_PORT, "open"),
        (place.WEBHOOKS, 443, "open"),
        (place.ADAPTER, 443, "open"),
    ],
)
def test_nobody_but_its_own_parts_calls_the_operator_for_metrics(
    scaling: Stage, part: str, port: int, answer: str
) -> None:
    call = ("exec", "deployment/metrics", "-n", labels.METRICS_NAMESPACE, "--", "python3", "-c", CALL)
    assert scaling.kubectl(*call, f"{part}.{place.NAMESPACE}.svc", str(port)).startswith(answer)
