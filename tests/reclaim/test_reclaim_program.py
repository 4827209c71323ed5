"""The program that takes accelerators back: what it asks, what it changes, what it may do, and what it survives."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from reclaim.stand_ins import Cluster, Metrics, pod, serving
from support.rights import granted
from support.specs import with_gpus

from fairlead import labels, series
from fairlead.catalog.read import load
from fairlead.layers.monitoring import reclaimer
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import IdlePlan
from fairlead.reclaim import calls
from fairlead.reclaim.__main__ import Reclaimer
from fairlead.reclaim.calls import Caller, CallFailed
from fairlead.reclaim.decide import Policy
from fairlead.reclaim.tell import Figures, serve

LIMIT = 3600
SLEEPS, BUSY = [7200.0] * 8, [7200.0] * 7 + [3.0]
LAYERS = ("queue", "jobs", "ray", "jobs-v1")


def plan(policy: str = "suspend", **more: Any) -> PlatformPlan:
    layers = {"monitoring": {"enabled": True, "idle": {"policy": policy, "after": "1h"}}, **more}
    return load_plan(with_gpus(layers=layers), "test", load())


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def cluster() -> Cluster:
    """A gang on two nodes that does nothing, another tenant's that is busy, one that serves."""
    made = Cluster()
    made.job("sleeps", "n1", "n2")
    made.job("busy", "n3", space="team-b")
    made.job("chat", "n4", queue="inference")
    return made


@pytest.fixture
def servers(metrics: Metrics, cluster: Cluster) -> Iterator[tuple[str, str]]:
    metrics.idle = {
        ("team-a", "sleeps-0", "n1"): [*SLEEPS],
        ("team-a", "sleeps-1", "n2"): [*SLEEPS],
        ("team-b", "busy-0", "n3"): [*BUSY],
        ("team-a", "chat-0", "n4"): [*SLEEPS],
    }
    with serving(metrics.answer) as prometheus, serving(cluster.answer) as api:
        yield prometheus, api


def made(servers: tuple[str, str], action: str = "suspend", after: int = LIMIT) -> Reclaimer:
    spaces = ["team-a", "team-b"]
    policy = Policy(action, after)
    return Reclaimer(policy, spaces, *map(Caller, servers), Figures(spaces, action))


def lines(capsys: pytest.CaptureFixture[str], what: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [one for one in told if one["what"] == what]


def active(cluster: Cluster) -> dict[str, bool]:
    return {
        one["metadata"]["name"].removeprefix("trainjob-"): one["spec"]["active"] for one in cluster.workloads
    }


# ---- what it does ------------------------------------------------------------------------------


def test_idle_work_is_suspended_and_everybody_can_see_why(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    program = made(servers)
    program.turn()
    assert active(cluster) == {"sleeps": False, "busy": True, "chat": True}
    note = json.loads(cluster.workloads[0]["metadata"]["annotations"][labels.RECLAIMED])
    said = (
        "all 16 accelerators of team-a/sleeps on n1, n2 idle for 2h, limit 1h: suspended by policy; "
        "it goes on after `fairlead resume team-a/sleeps`"
    )
    assert (note["said"], note["policy"], note["accelerators"], note["nodes"]) == (
        said,
        "suspend",
        16,
        ["n1", "n2"],
    )
    assert 7200 <= note["idle_seconds"] <= 7202
    [event] = cluster.events.values()
    assert (event["reason"], event["type"], event["message"]) == ("Reclaimed", "Warning", said)
    assert event["involvedObject"] == {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "name": "sleeps",
        "namespace": "team-a",
        "uid": "uid-sleeps",
    }
    [line] = lines(capsys, "reclaimed")
    assert {**line, **note} == line
    assert line["owner"] == "TrainJob sleeps"
    assert f'{series.RECLAIMS}{{namespace="team-a",action="suspend"}} 1' in program.figures.text()
    assert f'{series.RECLAIMS}{{namespace="team-b",action="suspend"}} 0' in program.figures.text()


def test_what_is_suspended_is_left_as_it_is(servers: tuple[str, str], cluster: Cluster) -> None:
    program = made(servers)
    program.turn()
    before = len(cluster.calls)
    program.turn()
    assert {method for method, _ in cluster.calls[before:]} == {"GET"}
    assert program.figures.reclaims == {"team-a": 1}


def test_by_another_policy_it_is_deleted_with_all_that_it_owns(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    made(servers, "cancel").turn()
    assert cluster.deleted == ["/apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/sleeps"]
    assert all(active(cluster).values())
    [event] = cluster.events.values()
    assert event["message"].endswith("cancelled by policy; send it again to go on")
    assert lines(capsys, "reclaimed")[0]["policy"] == "cancel"


def test_by_a_third_it_is_told_once_an_hour_and_nothing_else_happens(
    servers: tuple[str, str],
    cluster: Cluster,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, clock = made(servers, "warn"), [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    monkeypatch.setattr("fairlead.reclaim.look._began", lambda _: 0.0)
    for _ in range(5):
        program.turn()
        clock[0] += 60
    [event] = cluster.events.values()
    assert event["reason"] == "AcceleratorsIdle"
    assert event["message"].endswith("limit 1h: use them, or end it")
    assert all(active(cluster).values())
    assert len(lines(capsys, "warned")) == 1
    assert (program.figures.failures, program.figures.reclaims) == (0, {})
    clock[0] += 3600
    program.turn()
    assert len(cluster.events) == 2


def test_it_is_told_before_when_it_will_be_taken_back_and_how_to_keep_it(
    servers: tuple[str, str], metrics: Metrics, cluster: Cluster
) -> None:
    metrics.idle[("team-a", "sleeps-0", "n1")] = [1900.0] * 8
    made(servers).turn()
    [event] = cluster.events.values()
    assert event["reason"] == "AcceleratorsIdle"
    assert "it is suspended at 2" in event["message"]
    assert event["message"].endswith("unless it uses them; `fairlead keep team-a/sleeps --for 4h` keeps it")
    assert all(active(cluster).values())


# ---- what it leaves alone ----------------------------------------------------------------------


def _keep(cluster: Cluster, _: Metrics) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    [owner] = [one for path, one in cluster.owners.items() if path.endswith("/sleeps")]
    owner["metadata"]["annotations"][labels.KEEP_IDLE] = until


def _keep_workload(cluster: Cluster, metrics: Metrics) -> None:
    _keep(cluster, metrics)
    [owner] = [one for path, one in cluster.owners.items() if path.endswith("/sleeps")]
    cluster.workloads[0]["metadata"]["annotations"] = owner["metadata"].pop("annotations")


def _young(cluster: Cluster, _: Metrics) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.pods[1]["status"]["containerStatuses"][1] = {"state": {"running": {"startedAt": now}}}


def _labelled(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[0]["metadata"]["labels"][labels.STAGE] = "inference"


def _half_told(_: Cluster, metrics: Metrics) -> None:
    del metrics.idle[("team-a", "sleeps-1", "n2")]


def _one_untold(_: Cluster, metrics: Metrics) -> None:
    metrics.idle[("team-a", "sleeps-1", "n2")].pop()


def _of_another_node(_: Cluster, metrics: Metrics) -> None:
    metrics.idle[("team-a", "sleeps-1", "n9")] = metrics.idle.pop(("team-a", "sleeps-1", "n2"))


def _pending(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"] = {"phase": "Pending"}


def _crashing(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"]["containerStatuses"][1] = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def _lost(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["status"]["phase"] = "Unknown"


def _going(cluster: Cluster, _: Metrics) -> None:
    cluster.pods[1]["metadata"]["deletionTimestamp"] = "2027-01-01T00:00:00Z"


def _claimed(cluster: Cluster, metrics: Metrics) -> None:
    """Claimed devices are in no resources: without a word of one, it may be used."""
    cluster.pods[1]["spec"] = {"nodeName": "n2", "containers": [{}], "resourceClaims": [{"name": "gpu"}]}
    _half_told(cluster, metrics)


def _saved(_: Cluster, metrics: Metrics) -> None:
    metrics.saved[("team-a", "sleeps-1")] = 100.0


def _saving(_: Cluster, metrics: Metrics) -> None:
    metrics.saving.add(("team-a", "sleeps-0"))


def _evicted(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"].append({"type": "Evicted", "status": "True"})


def _waiting(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"] = []


def _finished(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["status"]["conditions"].append({"type": "Finished", "status": "True"})


def _leaving(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["metadata"]["deletionTimestamp"] = "2027-01-01T00:00:00Z"


def _unowned(cluster: Cluster, _: Metrics) -> None:
    cluster.workloads[0]["metadata"]["ownerReferences"] = []


def _without_owner(cluster: Cluster, _: Metrics) -> None:
    cluster.owners.clear()


def _no_tenants(_: Cluster, metrics: Metrics) -> None:
    metrics.idle = {("kube-system", "sleeps-0", "n1"): [*SLEEPS]}


LEFT = [
    _keep,
    _keep_workload,
    _young,
    _labelled,
    _half_told,
    _one_untold,
    _of_another_node,
    _pending,
    _crashing,
    _lost,
    _going,
    _claimed,
    _saved,
    _saving,
    _evicted,
    _waiting,
    _finished,
    _leaving,
    _unowned,
    _without_owner,
    _no_tenants,
]


@pytest.mark.parametrize("change", LEFT, ids=lambda change: change.__name__.strip("_"))
def test_it_is_left_alone(
    servers: tuple[str, str],
    cluster: Cluster,
    metrics: Metrics,
    change: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(cluster, metrics)
    for action in ("suspend", "cancel"):
        made(servers, action).turn()
    assert all(active(cluster).values())
    assert cluster.deleted == []
    assert {method for method, _ in cluster.calls} <= {"GET", "POST"}
    assert lines(capsys, "failed") == []


def test_it_looks_at_no_namespace_that_is_no_tenants(servers: tuple[str, str], cluster: Cluster) -> None:
    program = made(servers)
    program.namespaces = ["team-b"]
    program.turn()
    assert {path.split("/namespaces/")[1].partition("/")[0] for _, path in cluster.calls} == {"team-b"}


def test_an_old_checkpoint_and_an_exception_that_is_over_keep_nothing(
    servers: tuple[str, str], cluster: Cluster, metrics: Metrics
) -> None:
    metrics.saved[("team-a", "sleeps-1")] = 7000.0
    cluster.workloads[0]["metadata"]["annotations"] = {labels.KEEP_IDLE: "2020-01-01T00:00:00Z"}
    made(servers).turn()
    assert not active(cluster)["sleeps"]


def test_what_has_ended_and_what_is_over_count_no_more(servers: tuple[str, str], cluster: Cluster) -> None:
    """A rank that is done, and an eviction from which the work has come back."""
    cluster.workloads[0]["status"]["conditions"].append({"type": "Evicted", "status": "False"})
    cluster.pods.append(pod("sleeps-2", "n6", cluster.workloads[0], 8, 36000))
    cluster.pods[-1]["status"]["phase"] = "Succeeded"
    made(servers).turn()
    assert not active(cluster)["sleeps"]


def test_an_exception_without_an_end_keeps_nothing_and_is_told(
    servers: tuple[str, str], cluster: Cluster
) -> None:
    cluster.workloads[0]["metadata"]["annotations"] = {labels.KEEP_IDLE: "for ever"}
    made(servers).turn()
    assert not active(cluster)["sleeps"]
    [event] = cluster.events.values()
    assert event["message"].endswith(f"; {labels.KEEP_IDLE} is no time: for ever")


def test_why_something_is_spared_is_logged_once(
    servers: tuple[str, str], cluster: Cluster, metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    program = made(servers)
    _keep(cluster, metrics)
    for _ in range(3):
        program.turn()
    [line] = lines(capsys, "spared")
    assert line["why"].startswith("somebody keeps it until 2")
    assert line["owner"] == "TrainJob sleeps"


# ---- who sees nothing takes nothing ------------------------------------------------------------


def vector(*found: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(found)}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((503, {"status": "error", "error": "starting up"}), "503 starting up"),
        ((200, {"status": "error", "error": "query timed out"}), "query timed out"),
        ((200, vector({"metric": {}})), "the answer cannot be read: KeyError 'value'"),
        ((200, vector({"metric": {}, "value": [0, "NaN"]})), "a value is no number"),
        (
            (200, vector({"metric": {}, "value": [0, "9999"]})),
            "a series lacks one of the labels namespace, pod",
        ),
        ((200, b"<html>not me</html>"), "Expecting value"),
        ((200, []), "the answer is no object"),
    ],
)
def test_where_prometheus_says_nothing_that_can_be_read_nothing_is_done(
    servers: tuple[str, str],
    cluster: Cluster,
    metrics: Metrics,
    answer: Any,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.broken = answer
    program = made(servers)
    program.turn()
    assert cluster.calls == []
    [line] = lines(capsys, "failed")
    assert line["doing"] == "nothing is done: it cannot be seen what is used"
    assert words in line["why"]
    assert "fairlead_reclaimer_failures_total 1" in program.figures.text()
    assert program.figures.looked == 0


def test_where_nobody_answers_nothing_is_done(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(cluster.answer) as api:
        made(("http://127.0.0.1:1", api)).turn()
    assert cluster.calls == []
    assert len(lines(capsys, "failed")) == 1


def test_it_says_when_nobody_tells_of_accelerators_and_when_somebody_does_again(
    servers: tuple[str, str], metrics: Metrics, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    program, kept = made(servers), dict(metrics.idle)
    metrics.idle = {}
    program.turn()
    program.turn()
    metrics.idle = kept
    program.turn()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["what"], one["count"]) for one in told if "told of" in one["what"]] == [
        ("no accelerator is told of", 0),
        ("accelerators are told of", 32),
    ]


def test_what_was_changed_meanwhile_is_looked_at_anew(servers: tuple[str, str], cluster: Cluster) -> None:
    """Somebody may have kept it, or used it, between the look and the deed."""
    cluster.refused["PATCH"] = (409, {"message": "the object has been modified"})
    program = made(servers)
    program.turn()
    assert (cluster.events, program.figures.reclaims, program.figures.failures) == ({}, {}, 0)
    del cluster.refused["PATCH"]
    program.turn()
    assert not active(cluster)["sleeps"]


def test_a_deed_whose_event_is_refused_is_counted_and_logged(
    servers: tuple[str, str], cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.refused["POST"] = (403, {"message": "forbidden"})
    program = made(servers)
    program.turn()
    assert program.figures.reclaims == {"team-a": 1}
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["what"] for one in out if one["what"] in ("reclaimed", "failed")] == ["reclaimed", "failed"]


def test_one_that_cannot_be_changed_does_not_keep_the_others(
    servers: tuple[str, str], cluster: Cluster
) -> None:
    cluster.job("second", "n5")
    kept = cluster._patch

    def refuses_the_first(space: str, name: str, body: Any, kind: str) -> Any:
        return (500, {"message": "no"}) if name == "trainjob-sleeps" else kept(space, name, body, kind)

    cluster._patch = refuses_the_first  # type: ignore[method-assign]
    with serving(_with(servers, ("team-a", "second-0", "n5"))) as prometheus:
        made((prometheus, servers[1])).turn()
    assert active(cluster) == {"sleeps": True, "busy": True, "chat": True, "second": False}


def _with(servers: tuple[str, str], key: tuple[str, str, str]) -> Any:
    told = Metrics()
    told.idle = {
        ("team-a", "sleeps-0", "n1"): [*SLEEPS],
        ("team-a", "sleeps-1", "n2"): [*SLEEPS],
        key: [*SLEEPS],
    }
    return told.answer


# ---- what it may do ----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["warn", "suspend", "cancel"])
def test_its_rights_are_what_it_asks_for_and_no_more(
    servers: tuple[str, str], cluster: Cluster, metrics: Metrics, policy: str
) -> None:
    """Every kind of work that may be taken back idles once."""
    for place, ((group, kind), _) in enumerate(reclaimer.JOBS.items()):
        api = f"{group}/v1"
        cluster.job(f"other-{place}", f"m{place}", api=api, kind=kind)
        metrics.idle[("team-a", f"other-{place}-0", f"m{place}")] = [*SLEEPS]
    made(servers, policy).turn()
    given = set(granted(reclaimer.rights(IdlePlan(policy, LIMIT), LAYERS)))
    assert cluster.wishes == given
    assert {verb for _, _, verb in given} & {"patch", "delete"} == {
        "warn": set(),
        "suspend": {"patch"},
        "cancel": {"delete"},
    }[policy]


def test_it_has_no_right_to_kinds_that_are_not_there() -> None:
    groups = {
        group for group, _, _ in granted(reclaimer.rights(IdlePlan("suspend", LIMIT), ("queue", "jobs")))
    }
    assert groups == {"", "batch", "jobset.x-k8s.io", "kueue.x-k8s.io", "trainer.kubeflow.org"}


# ---- what is sent ------------------------------------------------------------------------------


def test_what_is_sent_runs_without_anything_else(tmp_path: Path) -> None:
    """Python's own library and the files of the ConfigMap are all that is loaded."""
    for key, text in reclaimer.program(plan()).items():
        path = tmp_path / reclaimer.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import fairlead.reclaim.__main__\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name not in sys.stdlib_module_names and name.partition('.')[0] not in sys.stdlib_module_names:\n"
        "        print(name, getattr(module, '__file__', ''))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = dict(line.split(" ", 1) for line in done.stdout.splitlines() if not line.startswith("__main__"))
    assert "fairlead.reclaim.__main__" in loaded
    assert {name.partition(".")[0] for name in loaded} == {"fairlead"}
    assert all(path.startswith(str(tmp_path)) for path in loaded.values())
    told = json.loads((tmp_path / reclaimer.SETTINGS).read_text())
    assert told == {
        "policy": "suspend",
        "after": 3600,
        "prometheus": labels.METRICS_URL,
        "namespaces": ["team-a"],
        "port": 8080,
    }


def test_it_turns_until_it_is_told_to_stop(
    tmp_path: Path, servers: tuple[str, str], cluster: Cluster
) -> None:
    """The whole program as a process, with the API server's place taken."""
    settings = {
        "policy": "suspend",
        "after": 60,
        "prometheus": servers[0],
        "namespaces": ["team-a"],
        "port": 0,
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    code = (
        "import sys; from fairlead.reclaim import __main__ as m, calls\n"
        f"m.api_server = lambda: calls.Caller({servers[1]!r})\n"
        "sys.exit(m.main())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "settings.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(json.loads(line)["what"])
            if told[-1] == "reclaimed":
                process.terminate()
        assert process.wait(20) == 0
    assert told == ["started", "accelerators are told of", "reclaimed", "stopped"]
    assert not active(cluster)["sleeps"]


def test_figures_and_health_are_answered() -> None:
    well = [True]
    server = serve(Figures(["team-a"], "suspend"), 0, lambda: well[0])
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        text = urlopen(f"{address}/metrics", timeout=5).read().decode()
        assert f"# TYPE {series.RECLAIMS} counter" in text
        assert urlopen(f"{address}/healthz", timeout=5).status == 200
        well[0] = False
        for path, code in (("healthz", 503), ("other", 404)):
            with pytest.raises(HTTPError) as caught:
                urlopen(f"{address}/{path}", timeout=5)
            assert caught.value.code == code
    finally:
        server.shutdown()
        server.server_close()


# ---- the API server ----------------------------------------------------------------------------


def test_the_api_server_is_known_by_its_authority_and_knows_the_token_of_the_hour(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = _certified(tmp_path)
    monkeypatch.setattr(calls, "ACCOUNT", tmp_path)
    (tmp_path / "ca.crt").write_text(authority)
    (tmp_path / "token").write_text("first\n")
    with serving(cluster.answer, context) as address:
        host, _, port = address.removeprefix("https://").partition(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        api = calls.api_server()
        cluster.page = 2
        found = list(api.all("/api/v1/namespaces/team-a/pods", labelSelector="kueue.x-k8s.io/podset"))
        assert [one["metadata"]["name"] for one in found] == ["sleeps-0", "sleeps-1", "chat-0"]
        (tmp_path / "token").write_text("second")
        list(api.all("/api/v1/namespaces/team-b/pods"))
        assert cluster.tokens == ["Bearer first", "Bearer first", "Bearer second"]
        with pytest.raises(CallFailed, match="CERTIFICATE_VERIFY_FAILED"):
            Caller(address).get("/api/v1/namespaces/team-a/pods")


def test_what_the_api_server_has_against_a_call_is_told(servers: tuple[str, str]) -> None:
    with pytest.raises(CallFailed, match="404 gone not found") as caught:
        Caller(servers[1]).get("/apis/batch/v1/namespaces/team-a/jobs/gone")
    assert caught.value.code == 404


def _certified(folder: Path) -> tuple[Any, str]:
    """A server's context with a certificate for 127.0.0.1, and the authority that knows it."""
    import ipaddress
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + text.encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, text
