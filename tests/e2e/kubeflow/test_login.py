"""Login: nobody comes to MLflow from outside whom the issuer has not named, and each to the workspaces of their groups.

The issuer is dex, the gateway is Envoy, the clients are `requests` and MLflow's own.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from e2e.kubeflow import issuer
from e2e.kubeflow.browser import Browser, opened
from e2e.stage import Stage, until
from e2e.tools.web import DOMAIN, Answer, Web, exchange, web
from fairlead.layers.gateway.login import CALLBACK, POLICY
from fairlead.layers.gateway.place import OWN
from fairlead.layers.tracking.page import CALLS, PAGES, WORKSPACE
from fairlead.plan.gateway_model import NAMESPACE
from fairlead.plan.tracking_model import PAGE

pytestmark = pytest.mark.e2e

HOST = f"{PAGE}.{DOMAIN}"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=5"
SKEW = 60
"""Seconds for which Envoy takes a token longer: the clocks of two machines differ."""
LOOKS = """
page = log_in(told["page"])
answers = {}
for name, workspace in told["workspaces"].items():
    headers = {told["header"]: workspace} if workspace else {}
    answers[name] = session.get(told["page"] + told["search"], headers=headers, timeout=60).status_code
made = session.post(told["page"] + "/api/3.0/mlflow/workspaces", json={"name": "mine"}, timeout=60)
first = session.get(told["page"] + "/static-files/favicon.ico", timeout=60)
cookies = {one.name: [one.domain, one.secure] for one in session.cookies if "mlflow" in one.domain}
print(json.dumps(say(page, answers=answers, made=made.status_code, file=first.status_code, cookies=cookies)))
"""
KEEPS = """
import os
os.environ |= {
    "MLFLOW_TRACKING_URI": told["page"], "MLFLOW_TRACKING_TOKEN": told["token"],
    "MLFLOW_TRACKING_SERVER_CERT_PATH": "/trust/ca.crt", "MLFLOW_WORKSPACE": told["workspace"],
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false", "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
}
import mlflow
try:
    mlflow.set_experiment("from-outside")
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.5)
        mlflow.log_text("came through the gateway", "note.txt")
    found = mlflow.artifacts.load_text(run.info.artifact_uri + "/note.txt")
    said = {"run": run.info.run_id, "text": found, "metric": mlflow.get_run(run.info.run_id).data.metrics["accuracy"]}
except Exception as error:
    said = {"error": str(error)}
print(json.dumps(said))
"""
FORGES = """
import base64, time
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
head, body = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in told["token"].split(".")[:2])
body["exp"] = int(time.time()) + 3600
def packed(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
signed = b".".join(packed(json.dumps(part).encode()) for part in (head, body))
made = packed(key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))
print(json.dumps((signed + b"." + made).decode()))
"""


@pytest.fixture(scope="module")
def named(tools: Stage) -> Iterator[issuer.Issuer]:
    with issuer.standing(tools, HOST) as made:
        yield made


@pytest.fixture(scope="module")
def browser(tools: Stage, named: issuer.Issuer) -> Iterator[Browser]:
    with opened(tools, named, HOST) as found:
        until("login is asked for", lambda: _redirected(tools), 120)
        yield found


@pytest.fixture
def door(tools: Stage) -> Iterator[Web]:
    with web(tools) as found:
        yield found


def _redirected(stage: Stage) -> bool:
    with web(stage) as found:
        return found.call(HOST).status == 302


def _bearing(door: Web, token: str, workspace: str = "team-a", path: str = SEARCH) -> Answer:
    plain = socket.create_connection(("127.0.0.1", door.port), timeout=60)
    with door.trust.wrap_socket(plain, server_hostname=HOST) as link:
        return exchange(link, HOST, path, headers={"Authorization": f"Bearer {token}", WORKSPACE: workspace})


@pytest.fixture(scope="module")
def run(browser: Browser) -> dict[str, Any]:
    """What MLflow's own client has kept and read back from outside, for the tenant of its user."""
    told = {"page": f"https://{HOST}", "token": browser.token("ann"), "workspace": "team-a"}
    return browser.run(KEEPS, "ann", **told)


def _looked(browser: Browser, user: str) -> dict[str, Any]:
    workspaces = {"own": issuer.GROUPS[user], "other": "team-b", "none": ""}
    told = {"page": f"https://{HOST}", "search": SEARCH, "header": WORKSPACE, "workspaces": workspaces}
    return browser.run(LOOKS, user, **told)


def test_as_long_as_the_secret_is_missing_nobody_comes_to_it(tools: Stage) -> None:
    with web(tools) as found:
        for path in ("/", SEARCH):
            answer = found.call(HOST, path)
            assert (answer.status, answer.body) == (403, b"RBAC: access denied")


@pytest.mark.usefixtures("browser")
def test_the_gateway_has_taken_every_policy(tools: Stage) -> None:
    found = {one["metadata"]["name"]: one for one in tools.objects(f"securitypolicies.{OWN}", NAMESPACE)}
    assert set(found) == {POLICY, PAGES, CALLS}
    for one in found.values():
        [ancestor] = one["status"]["ancestors"]
        conditions = {told["type"]: told["status"] for told in ancestor["conditions"]}
        assert conditions["Accepted"] == "True", one
    assert "Merged" in str(found[CALLS]["status"])


@pytest.mark.usefixtures("browser")
def test_who_has_no_token_is_sent_to_the_issuer(door: Web) -> None:
    answer = door.call(HOST)
    at = urlsplit(answer.headers["location"])
    asked = parse_qs(at.query)
    assert answer.status == 302
    assert f"{at.scheme}://{at.netloc}{at.path}" == issuer.LOGIN["authorization_endpoint"]
    assert asked["redirect_uri"] == [f"https://{HOST}{CALLBACK}"]
    assert asked["client_id"] == [issuer.CLIENT]
    assert asked["code_challenge_method"] == ["S256"]


def test_who_logs_in_sees_the_page_and_the_workspace_of_their_group_alone(browser: Browser) -> None:
    seen = _looked(browser, "ann")
    assert (seen["status"], seen["url"]) == (200, f"https://{HOST}/")
    assert "<title>MLflow</title>" in seen["text"]
    assert seen["file"] == 200
    assert seen["answers"] == {"own": 200, "other": 403, "none": 403}
    assert seen["made"] == 404
    assert seen["cookies"]["__Host-fairlead-id"] == [HOST, True]


def test_administrators_see_every_workspace_and_make_none_from_outside(browser: Browser) -> None:
    seen = browser.run(
        LOOKS,
        "root",
        page=f"https://{HOST}",
        search=SEARCH,
        header=WORKSPACE,
        workspaces={"a": "team-a", "b": "team-b"},
    )
    assert seen["answers"] == {"a": 200, "b": 200}
    assert seen["made"] == 404


def test_who_is_in_no_group_that_may_come_gets_no_further_than_the_login(browser: Browser) -> None:
    seen = _looked(browser, "carol")
    assert (seen["status"], seen["url"]) == (403, f"https://{HOST}/")
    assert "MLflow" not in seen["text"]
    assert set(seen["answers"].values()) == {403}


def test_mlflows_own_client_comes_with_a_token_and_without_a_page(run: dict[str, Any]) -> None:
    assert (run.get("text"), run.get("metric")) == ("came through the gateway", 0.5), run


def test_a_run_is_found_by_its_name_in_its_own_workspace_alone(
    browser: Browser, door: Web, run: dict[str, Any]
) -> None:
    path = f"/api/2.0/mlflow/runs/get?run_id={run['run']}"
    assert _bearing(door, browser.token("ann"), "team-a", path).status == 200
    assert _bearing(door, browser.token("bob"), "team-b", path).status == 404


def test_mlflows_own_client_is_kept_out_of_other_workspaces(browser: Browser) -> None:
    told = {"page": f"https://{HOST}", "token": browser.token("bob")}
    assert "403" in browser.run(KEEPS, "bob", workspace="team-a", **told)["error"]


def test_a_program_without_a_token_is_told_so(browser: Browser) -> None:
    told = {"page": f"https://{HOST}", "token": "", "workspace": "team-a"}
    assert "401" in browser.run(KEEPS, "ann", **told)["error"]


def test_a_token_that_others_have_signed_or_that_is_for_others_is_refused(
    browser: Browser, door: Web
) -> None:
    token = browser.token("ann")
    assert _bearing(door, token).status == 200
    assert _bearing(door, browser.run(FORGES, "ann", token=token)).status == 401
    assert _bearing(door, browser.token("ann", client="another")).status == 403
    assert _bearing(door, "none.at.all").status == 401


def test_a_token_is_refused_when_its_time_is_over(browser: Browser, door: Web) -> None:
    token = browser.token("ann")
    assert _bearing(door, token).status == 200
    body = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
    time.sleep(max(0.0, body["exp"] + SKEW + 2 - time.time()))
    assert _bearing(door, token).status == 401


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize(("known", "said"), [(HOST, "evil.example.com"), (f"x.team-a.{DOMAIN}", HOST)])
def test_a_host_that_is_not_the_one_it_was_called_by_is_refused(door: Web, known: str, said: str) -> None:
    plain = socket.create_connection(("127.0.0.1", door.port), timeout=60)
    with door.trust.wrap_socket(plain, server_hostname=known) as link:
        assert exchange(link, said, "/").status in {404, 421}


def test_the_secret_is_in_no_state(tools: Stage, named: issuer.Issuer) -> None:
    texts = [path.read_text() for path in (tools.stack.run_dir / "pulumi" / "state").rglob("*.json")]
    assert texts
    secret = base64.b64encode(named.client_secret.encode()).decode()
    assert not any(one in text for text in texts for one in (named.client_secret, secret))
