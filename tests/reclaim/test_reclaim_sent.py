"""The program that takes accelerators back, as it is sent: its rights, its files, its process and its own pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from socket import socket
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from reclaim.program import LIMIT, SLEEPS, active, made
from reclaim.stand_ins import Cluster, Metrics
from support.rights import granted
from support.specs import with_gpus

from fairlead import labels, series
from fairlead.catalog.read import load
from fairlead.layers.monitoring import reclaimer
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import IdlePlan
from fairlead.reclaim.tell import Figures, serve

LAYERS = ("queue", "jobs", "ray", "jobs-v1")


def plan(policy: str = "suspend", **more: Any) -> PlatformPlan:
    layers = {"monitoring": {"enabled": True, "idle": {"policy": policy, "after": "1h"}}, **more}
    return load_plan(with_gpus(layers=layers), "test", load())


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


def test_a_caller_that_goes_away_is_a_line_of_the_log_like_any_other(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    server = serve(Figures(["team-a"], "suspend"), 0, lambda: True)
    monkeypatch.setattr(server, "finish_request", gone)
    try:
        server.process_request_thread(socket(), ("10.0.0.1", 4711))
    finally:
        server.shutdown()
        server.server_close()
    told, errors = capfd.readouterr()
    assert (json.loads(told)["what"], errors) == ("call failed", "")
    assert "Broken pipe" in json.loads(told)["why"]


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
