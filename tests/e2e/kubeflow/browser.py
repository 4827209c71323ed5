"""Somebody outside of the platform: a pod that no policy lets in anywhere, with a real HTTP client and MLflow's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from e2e.kubeflow.issuer import CLIENT, NAMESPACE, URL, Issuer, email, trusted
from e2e.stage import Stage
from e2e.tools.web import pod
from fairlead.catalog import lock
from fairlead.layers.gateway.place import SERVICE
from fairlead.plan.gateway_model import NAMESPACE as GATEWAY
from fairlead.plan.tracking_model import IMAGE

NAME = "browser"
CA = "/trust/ca.crt"
START = """
import html, json, re, sys, urllib.parse
import requests
told = json.load(sys.stdin)
session = requests.Session()
session.verify = "/trust/ca.crt"

def log_in(page):
    "Follows every redirect, fills in the form that it comes to; what it ends at."
    form = session.get(page, timeout=60)
    action = html.unescape(re.search('action="([^"]+)"', form.text)[1])
    data = {"login": told["login"], "password": told["password"]}
    return session.post(urllib.parse.urljoin(form.url, action), data=data, timeout=60)

def say(answer, **more):
    return {"status": answer.status_code, "url": answer.url, "text": answer.text[:400], **more}
"""
TOKEN = """
answer = requests.post(
    told["issuer"] + "/token",
    auth=(told["client"], told["secret"]),
    data={"grant_type": "password", "username": told["login"], "password": told["password"],
          "scope": "openid email groups"},
    verify="/trust/ca.crt", timeout=60,
)
answer.raise_for_status()
print(json.dumps(answer.json()["id_token"]))
"""


@dataclass(frozen=True)
class Browser:
    """Runs scripts in that pod; what they are told goes over their standard input."""

    stage: Stage
    issuer: Issuer

    def run(self, script: str, user: str, **told: Any) -> Any:
        """What the script prints last, as JSON. It finds `session`, `log_in` and `say`, and what it was told."""
        known = {"login": email(user), "password": self.issuer.passwords[user], **told}
        words = ["exec", "-i", NAME, "-n", NAMESPACE, "--", "python3", "-c", START + script]
        return json.loads(self.stage.kubectl(*words, given=known).splitlines()[-1])

    def token(self, user: str, client: str = CLIENT) -> str:
        """A token as programs get it, without a page."""
        told = {"issuer": URL, "client": client, "secret": self.issuer.client_secret}
        return self.run(TOKEN, user, **told)


@contextmanager
def opened(stage: Stage, issuer: Issuer, *hosts: str) -> Iterator[Browser]:
    """hosts: names that lead to the gateway, as DNS would say."""
    found = stage.kubectl("get", "service", SERVICE, "-n", GATEWAY, "-o", "jsonpath={.spec.clusterIP}")
    aliases = [{"ip": found, "hostnames": list(hosts)}]
    trust = {"name": "trust", "configMap": {"name": "trust"}}
    made = pod(NAME, NAMESPACE, "import time; time.sleep(86400)", hostAliases=aliases, volumes=[trust])
    [box] = made["spec"]["containers"]
    box |= {
        "image": lock.images()[IMAGE].reference,
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "2Gi"}},
        "volumeMounts": [{"name": "trust", "mountPath": "/trust"}],
        "env": [{"name": "HOME", "value": "/tmp"}],
    }
    bundle = {"metadata": {"name": "trust", "namespace": NAMESPACE}, "data": {"ca.crt": trusted(stage)}}
    stage.apply({"apiVersion": "v1", "kind": "ConfigMap", **bundle}, made)
    stage.kubectl("wait", "--for=condition=Ready", f"pod/{NAME}", "-n", NAMESPACE, "--timeout=120s")
    yield Browser(stage, issuer)
    stage.kubectl("delete", "pod", NAME, "-n", NAMESPACE, "--grace-period=1", "--timeout=60s")
