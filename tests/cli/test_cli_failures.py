"""What the commands say where the cluster, the stack or the output is not as it should be."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from fairlead.workload import api

REPO = Path(__file__).parents[2]
GANG = str(REPO / "examples" / "gang.yaml")
ON_A_CLUSTER = [
    ["status"],
    ["list"],
    ["logs", "a/b"],
    ["wait", "a/b"],
    ["cancel", "a/b"],
    ["submit", "-f", GANG],
]


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(REPO))
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FAIRLEAD_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def left_by_a_cluster(cache: Path, text: str) -> Path:
    path = cache / "run" / "local" / "kubeconfig"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.fixture
def dead(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The kubeconfig of a cluster whose API server has gone: its port is held, and nobody listens."""
    monkeypatch.setattr(api, "_PATIENCE", 0.0)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield left_by_a_cluster(
            cache,
            "{apiVersion: v1, kind: Config, current-context: c, users: [{name: u, user: {token: t}}], "
            "contexts: [{name: c, context: {cluster: c, user: u}}], "
            f"clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{held.getsockname()[1]}'}}}}]}}",
        )


@pytest.mark.parametrize("words", ON_A_CLUSTER, ids=lambda words: words[0])
def test_a_machine_without_a_cluster_is_told_how_to_get_one(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr == "stack local has no running cluster\n    fix:     fairlead up -s local\n"
    assert result.stdout == ""


@pytest.mark.parametrize("words", ON_A_CLUSTER, ids=lambda words: words[0])
@pytest.mark.usefixtures("dead")
def test_a_cluster_whose_server_has_gone_is_one_error_with_its_address(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("the cluster at https://127.0.0.1:")
    assert "does not answer" in result.stderr
    assert "fairlead up" in result.stderr
    assert len(result.stderr.splitlines()) == 2
    assert result.stdout == ""


@pytest.mark.parametrize("words", [*ON_A_CLUSTER, ["kubeconfig"]], ids=lambda words: words[0])
@pytest.mark.parametrize("name", ["lokal", "../local", "../../etc", "", ".", "..", "a/b", "a b", "x" * 101])
def test_a_wrong_stack_name_is_wrong_input_for_every_command(words: list[str], name: str) -> None:
    result = run(*words, "-s", name)
    assert result.exit_code == 2
    assert "--stack: " in result.stderr
    assert "no such stack" in result.stderr or "is no name of a stack" in result.stderr
    if name == "lokal":
        assert "nearest: local" in result.stderr


def test_a_stack_name_leads_to_no_file_beyond_the_clusters_own(cache: Path) -> None:
    left_by_a_cluster(cache, "inside\n")
    (cache / "kubeconfig").write_text("outside\n")
    result = run("kubeconfig", "-s", "..")
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize("words", [["plan"], ["config", "show"], ["down"], ["doctor"]], ids=" ".join)
@pytest.mark.parametrize("name", ["lokal", "../local"])
def test_a_wrong_stack_name_is_wrong_input_without_a_cluster_too(words: list[str], name: str) -> None:
    assert run(*words, "-s", name).exit_code == 2


def test_outside_a_project_jobs_still_have_their_cluster(
    monkeypatch: pytest.MonkeyPatch, cache: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(tmp_path))
    assert "stack mine has no running cluster" in run("list", "-s", "mine").stderr
    left_by_a_cluster(cache, "a kubeconfig\n")
    assert run("kubeconfig").stdout == "a kubeconfig\n"
    outside = run("status")
    assert outside.exit_code == 1
    assert "FAIRLEAD_PROJECT" in outside.stderr


@pytest.mark.parametrize("text", ["", "junk", "[]", "a: [", "{}", "clusters: {}", "current-context: c"])
def test_a_damaged_kubeconfig_is_named_in_two_lines(cache: Path, text: str) -> None:
    path = left_by_a_cluster(cache, text)
    for words in (["list"], ["status"], ["list", "--kubeconfig", str(path)]):
        result = run(*words)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"{path}: no usable kubeconfig: ")
        assert "object has no attribute" not in result.stderr
        assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_kubeconfig_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    result = run("list", "--kubeconfig", str(tmp_path / name))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{tmp_path / name}: no usable kubeconfig: ")


def test_a_kubeconfig_is_written_for_its_owner_alone(cache: Path, tmp_path: Path) -> None:
    left_by_a_cluster(cache, "secret\n")
    old = tmp_path / "old"
    old.write_text("something longer than the secret\n")
    old.chmod(0o644)
    for path in (tmp_path / "new", old):
        assert run("kubeconfig", "-o", str(path)).exit_code == 0
        assert path.read_text() == "secret\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_kubeconfig_into_a_directory_is_refused_and_the_directory_stays_as_it_is(
    cache: Path, tmp_path: Path
) -> None:
    left_by_a_cluster(cache, "secret\n")
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o755)
    before = folder.stat().st_mode
    result = run("kubeconfig", "-o", str(folder))
    assert result.exit_code == 2
    assert "--output: cannot be written: Is a directory" in result.stderr
    assert folder.stat().st_mode == before


def test_a_kubeconfig_where_nothing_can_be_written_is_wrong_input(cache: Path, tmp_path: Path) -> None:
    left_by_a_cluster(cache, "secret\n")
    result = run("kubeconfig", "-o", str(tmp_path / "missing" / "x"))
    assert result.exit_code == 2
    assert "--output: cannot be written: No such file or directory" in result.stderr


def test_a_kubeconfig_may_go_into_a_pipe_whose_mode_is_not_ours(cache: Path, tmp_path: Path) -> None:
    left_by_a_cluster(cache, "secret\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    before = pipe.stat().st_mode
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert run("kubeconfig", "-o", str(pipe)).exit_code == 0
        assert os.read(end, 100) == b"secret\n"
    finally:
        os.close(end)
    assert pipe.stat().st_mode == before


def fairlead(*arguments: str, stdout: int) -> subprocess.CompletedProcess[str]:
    """The command as a program of its own: its real standard output is what is tried."""
    code = "from fairlead.cli.main import main; main()"
    argv = [sys.executable, "-c", code, *arguments]
    return subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.parametrize("words", [["plan"], ["render", "-f", GANG], ["accelerators", "-o", "json"]])
def test_an_output_on_a_full_disk_is_one_error(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = fairlead(*words, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == f"standard output: {os.strerror(errno.ENOSPC)}\n"


def test_a_reader_that_goes_early_gets_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = fairlead("accelerators", stdout=writer)
    os.close(writer)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
