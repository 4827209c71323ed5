"""`fairlead top` and `fairlead report`: what they print and write, and what they say to mistakes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from in_project import stand
from support.metrics import DOOR, Series, StandIn, answering, kubeconfig
from support.usage import Page
from typer.testing import CliRunner, Result

from fairlead.cli import usage as commands
from fairlead.cli.main import app
from fairlead.operate import top_show
from fairlead.operate.usage import HELD, PENDING, THERE

REPO = Path(__file__).parents[2]
ON = "    layers:\n      monitoring:\n        enabled: true\n"


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand(monkeypatch, tmp_path)


def told(query: str) -> Sequence[Series]:
    """Of a pool what is there and held; nothing else."""
    return {
        THERE: [({"pool": "h100"}, 32)],
        HELD: [({"pool": "h100"}, 8)],
        PENDING: [({"tenant": "t"}, 0)],
    }.get(query, [({}, 5)] if query.startswith("sum_over_time((sum(sum by (pool)") else [])


@pytest.fixture
def prometheus() -> Iterator[StandIn]:
    with answering(told) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stacks of this repository, as somebody may change them."""
    made = tmp_path / "project"
    made.mkdir()
    shutil.copy(REPO / "Pulumi.yaml", made)
    shutil.copytree(REPO / "stacks", made / "stacks")
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(made))
    return made


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# ---- top -------------------------------------------------------------------------------------------


def test_without_a_terminal_there_is_one_table(prometheus: StandIn) -> None:
    result = run("top", "--prometheus", prometheus.url)
    assert result.exit_code == 0
    assert ["h100", "-", "32", "8", "-", "-", "-"] in [line.split() for line in result.stdout.splitlines()]
    assert result.stdout.count("POOL") == 1
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_programs_get_json(prometheus: StandIn) -> None:
    plain = json.loads(run("top", "--prometheus", prometheus.url, "-o", "json").stdout)
    assert plain["idle_after"] == 900
    assert plain["pools"] == [
        {
            "name": "h100",
            "nodes": None,
            "there": 32,
            "held": 8,
            "busy": None,
            "idle": None,
            "usd_an_hour": None,
        }
    ]
    assert plain["queues"] == [{"tenant": "t", "pending": 0, "stuck": None}]


def test_by_the_door_of_the_api_server(tmp_path: Path) -> None:
    with answering(told, DOOR) as server:
        config = kubeconfig(tmp_path, server.url)
        result = run("top", "--kubeconfig", str(config), "-o", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["pools"][0]["there"] == 32
    assert {path for path, _ in server.asked} == {f"{DOOR}/api/v1/query"}


@pytest.mark.parametrize(
    ("words", "looks"), [([], "watched"), (["--once"], "once"), (["-o", "json"], "once")]
)
def test_on_a_terminal_it_goes_on_unless_told_not_to(
    monkeypatch: pytest.MonkeyPatch, prometheus: StandIn, words: list[str], looks: str
) -> None:
    watched: list[int] = []
    monkeypatch.setattr(top_show, "watch", lambda look, every: watched.append(every))
    monkeypatch.setattr(commands, "_terminal", lambda: True)
    assert run("top", "--prometheus", prometheus.url, "--watch", "2s", *words).exit_code == 0
    assert watched == ([2] if looks == "watched" else [])


def test_idle_is_what_somebody_says(prometheus: StandIn) -> None:
    run("top", "--prometheus", prometheus.url, "--idle", "1h")
    asked = [given["query"] for _, given in prometheus.asked]
    assert any("> bool 3600" in one for one in asked)
    assert not any("> bool 900" in one for one in asked)


def test_a_stack_says_which_pools_and_tenants_there_should_be(
    project: Path, monkeypatch: pytest.MonkeyPatch, prometheus: StandIn
) -> None:
    file = project / "stacks" / "Pulumi.local.yaml"
    file.write_text(file.read_text().rstrip("\n") + "\n" + ON)
    from fairlead.operate.prometheus import Prometheus

    monkeypatch.setattr(commands, "_asked", lambda *_: Prometheus(address=prometheus.url))
    plain = json.loads(run("top", "-o", "json").stdout)
    assert [one["name"] for one in plain["pools"]] == ["system", "h100", "l4"]
    assert [one["name"] for one in plain["tenants"]][:2] == ["team-a", "team-b"]


@pytest.mark.parametrize("words", [["top"], ["report", "-o", "x.html"]], ids=["top", "report"])
def test_a_stack_that_measures_nothing_is_told_how_it_would(words: list[str], tmp_path: Path) -> None:
    result = run(*words, "-s", "local")
    assert (result.exit_code, result.stdout) == (1, "")
    for said in (
        "stack local: layer monitoring is off",
        "monitoring.enabled: true in Pulumi.local.yaml",
        "fairlead up",
    ):
        assert said in result.stderr
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("words", [["top"], ["report", "-o", "x.html"]], ids=["top", "report"])
def test_a_cluster_without_the_layer_is_told_how_to_have_it(words: list[str], tmp_path: Path) -> None:
    with answering(told, DOOR) as server:
        server.refuses = (404, '{"message": "services \\"metrics\\" not found"}')
        result = run(*words, "--kubeconfig", str(kubeconfig(tmp_path, server.url)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert 'services "metrics" not found' in result.stderr
    assert "platform.layers.monitoring.enabled: true" in result.stderr
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["top", "--watch", "0s"], ("--watch: is too often, or too seldom", "allowed: 1s to 1h")),
        (["top", "--watch", "5"], ("--watch: must be a whole number with a unit",)),
        (["top", "--idle", "5s"], ("--idle: is too short, or too long", "1m to 7d")),
        (["top", "-s", "lokal"], ("--stack: no such stack", "nearest: local")),
        (["report", "-o", "x", "--from", "never"], ("--from: is no time", "given:   never")),
        (["report", "-o", "x", "--step", "1s"], ("--step: does not fit 168 hours",)),
        (["report", "-o", "x", "--prometheus", "far"], ("--prometheus: must be where Prometheus answers",)),
    ],
)
def test_a_mistake_is_told_with_what_is_allowed(
    words: list[str], said: tuple[str, ...], tmp_path: Path
) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    for one in said:
        assert one in result.stderr
    assert not (tmp_path / "x").exists()


# ---- report ----------------------------------------------------------------------------------------


def test_a_report_is_written_and_its_file_named(prometheus: StandIn, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = run("report", "--prometheus", prometheus.url, "--from", "1d", "-o", str(path))
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{path}\n", "")
    html = path.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Nobody told how busy accelerators were" in html
    assert [one.text for one in Page(html).numbers][:1] == ["5 h"]


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(
    prometheus: StandIn, tmp_path: Path
) -> None:
    for path in (tmp_path, tmp_path / "none" / "x.html"):
        result = run("report", "--prometheus", prometheus.url, "-o", str(path))
        assert result.exit_code == 2
        assert "--output: cannot be written: " in result.stderr
    assert prometheus.asked == []


def test_a_report_that_fails_leaves_what_was_there(prometheus: StandIn, tmp_path: Path) -> None:
    old = tmp_path / "old.html"
    old.write_text("of yesterday")
    prometheus.refuses = (400, '{"error": "bad"}')
    for path in (old, tmp_path / "new.html"):
        assert run("report", "--prometheus", prometheus.url, "-o", str(path)).exit_code == 1
    assert old.read_text() == "of yesterday"
    assert not (tmp_path / "new.html").exists()


def test_a_report_may_go_to_standard_output(prometheus: StandIn) -> None:
    words = ["report", "--prometheus", prometheus.url, "--from", "1h", "-o", "/dev/stdout"]
    code = "from fairlead.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<!doctype html>")


def test_ctrl_c_ends_the_live_table_quietly(prometheus: StandIn) -> None:
    """On a real terminal, in a process of its own."""
    import pty
    import signal

    program, output = pty.fork()
    if program == 0:
        code = "from fairlead.cli.main import main; main()"
        os.execv(
            sys.executable,
            [sys.executable, "-c", code, "top", "--prometheus", prometheus.url, "--watch", "1s"],
        )
    seen = b""
    while seen.count(b"USD/H") < 4:
        seen += os.read(output, 65_536)
    os.kill(program, signal.SIGINT)
    try:
        while more := os.read(output, 65_536):
            seen += more
    except OSError:  # the other end is closed
        pass
    _, status = os.waitpid(program, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    for word in (b"Traceback", b"Aborted", b"KeyboardInterrupt"):
        assert word not in seen
    assert seen.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in seen
