"""How the commands reach a cluster that only the engine knows: by the output of its stack, with an exec plugin."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import certifi
import pytest
import yaml
from support.golden import REPO
from test_contract_access import with_target
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.errors import FairleadError
from fairlead.operate import contract, kubeconfig, outputs, reach
from fairlead.operate.live import look
from fairlead.plan.credentials import is_text
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.onprem import ClusterPlan
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack
from fairlead.targets.aws import spelling as aws
from fairlead.targets.azure import access as azure
from fairlead.targets.gcp import spelling as gcp
from fairlead.targets.onprem import spelling as onprem

ENGINE = """\
#!/bin/sh
echo "$*" >> "{folder}/calls"
cat "{folder}/$(echo "$6" | tr / _)" 2>/dev/null || {{ echo "error: no stack named '$6' found" >&2; exit 255; }}
"""
PLUGIN = """\
#!/bin/sh
echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1",'
echo '"status": {"token": "of-'"$(basename "$0")"'"}}'
"""
NAMED = {"cloud": "aws", "name": "acme", "region": "eu-central-1"}


class Lab:
    """Programs that stand for the engine and the clouds' plugins, and a server that stands for a cluster."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        pem = Path(certifi.where()).read_text()
        first = pem[pem.index("-----BEGIN") : pem.index("-----END") + len("-----END CERTIFICATE-----")]
        self.authority = base64.b64encode(f"{first}\n".encode()).decode()

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def exports(self, stack: str, value: object) -> None:
        (self.folder / stack.replace("/", "_")).write_text(json.dumps(value))

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def acme(self) -> str:
        """The text that a stack on the named cluster exports."""
        cluster = ClusterPlan(**NAMED)
        return onprem.kubeconfig("acme", self.address, self.authority, onprem.exec_plugin(cluster))


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[str, list[str]]]:
    """Address of an empty cluster, and who called it."""
    callers: list[str] = []

    class Cluster(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            callers.append(self.headers["Authorization"])
            body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", callers
    server.shutdown()
    server.server_close()


@pytest.fixture
def lab(heard: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    heard[1].clear()
    made = Lab(folder, heard[0])
    made.program("pulumi", ENGINE.format(folder=folder))
    for name in ("aws", "gke-gcloud-auth-plugin", "kubelogin"):
        made.program(name, PLUGIN)
    return made


TEXTS: dict[str, Callable[[Lab], str]] = {
    "aws": lambda lab: aws.kubeconfig("fairlead-dev", "us-east-1", lab.address, lab.authority),
    "gcp": lambda lab: gcp.kubeconfig("fairlead-dev", lab.address[7:], lab.authority).replace(
        "https", "http"
    ),
    "azure": lambda lab: azure.kubeconfig("azure-dev", lab.address, lab.authority, "tenant"),
}
"""Cloud -> what the target's own code exports, with an address of this machine."""
PLUGINS = {"aws": "aws", "gcp": "gke-gcloud-auth-plugin", "azure": "kubelogin"}


@pytest.mark.parametrize("cloud", TEXTS)
def test_a_built_cluster_is_reached_as_whoever_has_signed_in_to_its_cloud(
    lab: Lab, heard: tuple[str, list[str]], cloud: str
) -> None:
    stack = Stack(REPO, f"{cloud}-dev")
    lab.exports(stack.name, TEXTS[cloud](lab))
    path = kubeconfig.of(stack)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "token" not in path.read_text().replace("get-token", "")
    assert look(path).server == lab.address
    assert set(heard[1]) == {f"Bearer of-{PLUGINS[cloud]}"}
    assert lab.calls() == [
        f"stack output kubeconfig --json --stack {stack.name} --cwd {REPO} --non-interactive --color never"
    ]


def test_the_contract_is_held_against_a_built_cluster_without_a_file_by_hand(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXTS["aws"](lab)
    lab.exports("aws-dev", text)
    provider = {"type": "pulumi:providers:kubernetes", "inputs": {"kubeconfig": text}}
    monkeypatch.setattr(contract, "resources", lambda _: [provider])
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(REPO))
    done = CliRunner().invoke(app, ["contract", "check", "-s", "aws-dev", "-o", "json"])
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    assert told["server"] == lab.address
    rules = {one["rule"]: one for one in told["rules"]}
    assert rules["C1"]["problems"][0]["what"].startswith("pool system: 0 of ")
    assert (rules["C9"]["status"], rules["C9"]["detail"]) == ("met", "the engine is given an exec plugin")


def test_a_cluster_named_at_a_cloud_is_reached_by_its_own_stack(lab: Lab, tmp_path: Path) -> None:
    stack = with_target(tmp_path, cluster=NAMED)
    lab.exports("rack", lab.acme())
    assert json.loads(kubeconfig.of(stack).read_text())["current-context"] == "acme"


def test_a_cluster_of_another_stack_is_reached_by_that_stack(lab: Lab, tmp_path: Path) -> None:
    stack = with_target(tmp_path, stack="acme/base/prod")
    lab.exports("acme/base/prod", lab.acme())
    assert json.loads(kubeconfig.of(stack).read_text())["current-context"] == "acme"
    assert "--stack acme/base/prod" in lab.calls()[0]


def test_another_stack_may_export_the_path_of_a_file(lab: Lab, tmp_path: Path) -> None:
    stack = with_target(tmp_path, stack="acme/base/prod")
    file = tmp_path / "theirs"
    file.write_text(lab.acme())
    lab.exports("acme/base/prod", str(file))
    assert json.loads(kubeconfig.of(stack).read_text())["current-context"] == "acme"
    file.unlink()
    with pytest.raises(FairleadError, match=r"theirs: no usable kubeconfig: .*No such file"):
        kubeconfig.of(stack)


def refused(stack: Stack) -> str:
    with pytest.raises(FairleadError) as caught:
        kubeconfig.of(stack)
    assert not (stack.run_dir / "kubeconfig").exists()
    assert "    fix:     " in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("stack", "command"),
    [
        ("aws-dev", "aws eks update-kubeconfig --name fairlead-dev --region us-east-1 --kubeconfig FILE"),
        (
            "gcp-dev",
            "KUBECONFIG=FILE gcloud container clusters get-credentials fairlead-dev --location us-central1"
            " --project fairlead-dev",
        ),
        (
            "azure-dev",
            "az aks get-credentials --resource-group azure-dev --name azure-dev --file FILE"
            " && kubelogin convert-kubeconfig --login azurecli --kubeconfig FILE",
        ),
    ],
)
def test_a_stack_that_never_ran_says_how_to_run_it_and_how_to_do_without(
    lab: Lab, stack: str, command: str
) -> None:
    told = refused(Stack(REPO, stack))
    assert f"stack {stack}: no kubeconfig in its state: no stack named '{stack}' found" in told
    assert f"`pulumi up -s {stack}`" in told
    assert f"`{command}`, then --kubeconfig FILE" in told
    assert len(told.splitlines()) == 2


def test_a_cluster_that_is_reached_by_a_dns_name_is_fetched_by_it() -> None:
    plan = plan_of(REPO / "stacks", "gcp-dev")
    assert isinstance(plan.site, GcpSite)
    assert not reach.fetch(plan).endswith(" --dns-endpoint")
    assert reach.fetch(replace(plan, site=replace(plan.site, dns_endpoint=True))).endswith(" --dns-endpoint")


def test_the_other_stack_is_the_one_to_run_where_its_cluster_is_meant(lab: Lab, tmp_path: Path) -> None:
    told = refused(with_target(tmp_path, stack="acme/base/prod"))
    assert "`pulumi up -s acme/base/prod`" in told
    assert told.endswith("or --kubeconfig FILE")


TOKEN = {"name": "acme", "user": {"token": "secret-word"}}
WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "hidden": (lambda _: "[secret]", "the output kubeconfig is a secret"),
    "no text": (lambda found: found, "the output kubeconfig is no text"),
    "empty": (lambda _: "", "the output kubeconfig is no text"),
    "no map": (lambda _: "- a\n- b\n", "contexts has no None"),
    "no YAML": (lambda _: "a: [\n", "no usable kubeconfig"),
    "no context": (lambda found: json.dumps({**found, "current-context": "b"}), "contexts has no b"),
    "no user": (lambda found: json.dumps({**found, "users": []}), "users has no acme"),
    "no body": (lambda found: json.dumps({**found, "users": [{"name": "acme"}]}), "not made of a cluster and"),
    "token": (lambda found: json.dumps({**found, "users": [TOKEN]}), r"a credential \(token\).*\(contract rule C9"),
    "moved": (
        lambda found: json.dumps(found).replace("acme", "old"),
        "is of cluster old, and the spec names acme",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_output_that_leads_to_no_cluster_is_refused_with_what_is_wrong(
    lab: Lab, tmp_path: Path, case: str
) -> None:
    change, words = WRONG[case]
    lab.exports("rack", change(json.loads(lab.acme())))
    stack = with_target(tmp_path, cluster=NAMED)
    with pytest.raises(FairleadError, match=words):
        kubeconfig.of(stack)
    told = refused(stack)
    assert "secret-word" not in told
    assert "aws eks update-kubeconfig --name acme --region eu-central-1" in told


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (None, "pulumi, which reads the state, is not on PATH"),
        ("#!/no/such/shell\n", "pulumi does not start: No such file"),
        ("#!/bin/sh\necho Updated\n", "what pulumi printed for the output kubeconfig is no JSON"),
        ("#!/bin/sh\nexit 3\n", "pulumi ended with status 3"),
        ("#!/bin/sh\nexec sleep 60\n", "pulumi did not answer within 0.5 s"),
    ],
    ids=["none", "broken", "talks", "fails", "hangs"],
)
def test_an_engine_that_does_not_answer_is_told(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, words: str
) -> None:
    monkeypatch.setattr(outputs, "ANSWER_SECONDS", 0.5)
    (lab.folder / "pulumi").unlink()
    if program:
        lab.program("pulumi", program)
    assert words in refused(with_target(tmp_path, cluster=NAMED))


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (None, "No such file or directory: 'aws'"),
        ("#!/bin/sh\necho 'the token has expired' >&2; exit 255\n", "the token has expired"),
    ],
    ids=["not installed", "not signed in"],
)
def test_a_plugin_that_gives_no_token_is_told_at_once(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugin: str | None, words: str
) -> None:
    lab.exports("rack", lab.acme())
    with_target(tmp_path, cluster=NAMED)
    (lab.folder / "aws").unlink()
    if plugin:
        lab.program("aws", plugin)
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(tmp_path))
    done = CliRunner().invoke(app, ["contract", "pools", "-s", "rack"])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), done.exception
    assert f"no credential for {lab.address}: " in done.stderr
    assert words in done.stderr
    assert "    fix:     install what the kubeconfig calls, or sign in with it" in done.stderr


def test_the_text_of_a_kubeconfig_is_told_from_a_path() -> None:
    assert is_text(json.dumps({"kind": "Config"}))
    assert is_text(yaml.safe_dump({"kind": "Config", "users": []}))
    assert not is_text("~/.kube/config")


def test_both_clients_have_one_class_of_a_core_kind_for_the_library_refuses_a_second() -> None:
    from fairlead.operate import live
    from fairlead.workload import api

    for kind in live.KINDS.keys() & api.KINDS.keys():
        assert live._resource(kind) is api._resource(kind)
