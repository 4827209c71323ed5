"""The gateway: the real Envoy answers for what tenants serve, each under its own names, and takes no other's routes."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.stage import Stage, until
from e2e.tools.web import DOMAIN, Web, exchange, pod, service, web
from fairlead.layers.gateway.place import API, GROUP, HTTP, HTTPS, SERVICE
from fairlead.plan.gateway_model import NAME, NAMESPACE

pytestmark = pytest.mark.e2e

SERVE = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.environ['HOSTNAME']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 8080), Answer).serve_forever()
"""
CALL = f"""
import socket, ssl, sys
raw = socket.create_connection(("{SERVICE}.{NAMESPACE}.svc.cluster.local", {HTTPS}), 20)
loose = ssl._create_unverified_context()
link = loose.wrap_socket(raw, server_hostname="first.team-a.{DOMAIN}")
link.sendall(b"GET /inside HTTP/1.1\\r\\nHost: first.team-a.{DOMAIN}\\r\\nConnection: close\\r\\n\\r\\n")
answer = b""
while part := link.recv(4096):
    answer += part
print(answer.decode())
"""


def route(namespace: str, host: str, **backends: int) -> dict[str, Any]:
    """Backend -> its weight."""
    refs = [{"name": name, "port": 80, "weight": weight} for name, weight in backends.items()]
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": {"name": host.partition(".")[0], "namespace": namespace},
        "spec": {
            "parentRefs": [{"group": GROUP, "kind": "Gateway", "name": NAME, "namespace": NAMESPACE}],
            "hostnames": [host],
            "rules": [{"backendRefs": refs}],
        },
    }


@pytest.fixture(scope="module")
def served(tools: Stage) -> Iterator[Stage]:
    """Two pods of team-a behind a route each."""
    for name in ("first", "second"):
        tools.apply(pod(name, "team-a", SERVE), service(name, "team-a", 8080))
        tools.apply(route("team-a", f"{name}.team-a.{DOMAIN}", **{name: 1}))
    tools.kubectl(
        "wait", "--for=condition=Ready", "pod/first", "pod/second", "-n", "team-a", "--timeout=120s"
    )
    yield tools
    tools.kubectl("delete", "httproutes,services,pods", "--all", "-n", "team-a", "--timeout=60s")


@pytest.fixture
def door(served: Stage) -> Iterator[Web]:
    with web(served) as found:
        yield found


def test_the_layer_is_healthy_and_the_contract_has_its_gateway(tools: Stage) -> None:
    line = next(one for one in tools.fairlead("status").splitlines() if one.startswith("gateway"))
    assert "healthy" in line
    rules = {
        one["rule"]: one for one in json.loads(tools.fairlead("contract", "check", "-o", "json"))["rules"]
    }
    assert rules["C7"]["status"] == "met"


def test_a_route_of_a_tenant_is_answered_with_tls_under_its_name(door: Web) -> None:
    for name in ("first", "second"):
        host = f"{name}.team-a.{DOMAIN}"
        answer = until("it is routed", lambda host=host: _ok(door, host), 60)
        assert answer.decode() == f"{name} /path"


def _ok(door: Web, host: str) -> bytes:
    answer = door.call(host, "/path")
    return answer.body if answer.status == 200 else b""


def test_who_does_not_know_the_authority_is_not_deceived(door: Web) -> None:
    plain = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=f"first.team-a.{DOMAIN}")


def test_weights_share_calls_out(served: Stage, door: Web) -> None:
    host = f"shared.team-a.{DOMAIN}"
    served.apply(route("team-a", host, first=75, second=25))
    until("it is routed", lambda: _ok(door, host), 60)
    found = [_ok(door, host).split()[0] for _ in range(200)]
    assert 120 <= found.count(b"first") <= 180
    assert found.count(b"first") + found.count(b"second") == 200


def test_a_route_takes_no_name_of_another_tenant(served: Stage, door: Web) -> None:
    stolen = f"first.team-a.{DOMAIN}"
    served.apply(route("team-b", stolen, second=1))

    def parents() -> list[dict[str, Any]]:
        [one] = [
            made for made in served.objects("httproutes", "team-b") if made["metadata"]["name"] == "first"
        ]
        return one.get("status", {}).get("parents", [])

    [told] = until("the controller has looked", parents, 60)
    accepted = next(one for one in told["conditions"] if one["type"] == "Accepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "NoMatchingListenerHostname")
    assert _ok(door, stolen).startswith(b"first")
    served.kubectl("delete", "httproute", "first", "-n", "team-b")


def test_plain_http_is_sent_on(served: Stage) -> None:
    host = f"first.team-a.{DOMAIN}"
    with (
        served.forwarded(NAMESPACE, SERVICE, HTTP) as port,
        socket.create_connection(("127.0.0.1", port)) as link,
    ):
        answer = exchange(link, host, "/path")
    assert answer.status == 301
    assert answer.headers["location"] == f"https://{host}/path"


def test_pods_of_a_tenant_come_to_it_and_its_answer_comes_back(served: Stage) -> None:
    served.apply(pod("caller", "team-a", CALL, restartPolicy="Never"))

    def phase() -> str:
        return served.kubectl("get", "pod", "caller", "-n", "team-a", "-o", "jsonpath={.status.phase}")

    until("it has ended", lambda: phase() in ("Failed", "Succeeded"), 90)
    said = served.kubectl("logs", "caller", "-n", "team-a")
    assert phase() == "Succeeded", said
    assert "first /inside" in said


def test_a_member_writes_routes_and_changes_no_proxy(served: Stage) -> None:
    for kind, allowed in (
        ("httproutes.gateway.networking.k8s.io", "yes"),
        ("gateways.gateway.networking.k8s.io", "no"),
        ("envoypatchpolicies.gateway.envoyproxy.io", "no"),
        ("envoyproxies.gateway.envoyproxy.io", "no"),
    ):
        asked = ["auth", "can-i", "create", kind, "-n", "team-a", "--as=somebody", "--as-group=team-a"]
        assert served.kubectl(*asked, check=False).split()[0] == allowed


def test_keys_of_hosts_are_in_no_state(tools: Stage) -> None:
    secrets = json.loads(tools.kubectl("get", "secrets", "-n", NAMESPACE, "-o", "json"))["items"]
    keys = [
        one["data"][name] for one in secrets for name in ("tls.key", "hmac-secret") if name in one["data"]
    ]
    assert len(keys) >= 5
    texts = [path.read_text() for path in (tools.stack.run_dir / "pulumi" / "state").rglob("*.json")]
    assert texts
    assert not any(key[:60] in text for key in keys for text in texts)
