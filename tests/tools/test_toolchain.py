"""From a row to a program: PATH, the ways in order, and what is said when none works."""

from __future__ import annotations

import hashlib
import io
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tools.web import Web

from fairlead.catalog.lock import ToolRow
from fairlead.catalog.ways import PathWay
from fairlead.errors import FairleadError, ToolError
from fairlead.tools import gobuild, toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.onpath import acceptable
from fairlead.tools.progress import StoppedError
from fairlead.tools.steps import Context, run_steps

PATH = {"how": "path", "args": ["version"], "pattern": r"demo (\S+)", "accept": "exact"}
PROGRAM = b"#!/bin/sh\necho demo 1.0\n"
WHEEL = {
    "how": "wheel",
    "wheel": {
        "distribution": "demo",
        "version": "1.0",
        "filename": "demo-1.0-py3-none-any.whl",
        "sha256": "0" * 64,
    },
    "members": {"demo": "demo"},
}


def row(*ways: dict[str, Any], name: str = "demo", **more: Any) -> ToolRow:
    facts = {"version": "1.0", "executables": [name], "source": "test", "date": date(2026, 1, 1), **more}
    return ToolRow.model_validate({"name": name, **facts, "ways": ways})


def served(web: Web, program: bytes = PROGRAM, name: str = "demo") -> dict[str, Any]:
    web.pages[f"/{name}"] = program
    digest = hashlib.sha256(program).hexdigest()
    return {"how": "download", "url": f"{web.url}/{name}", "sha256": digest, "sum_source": "test"}


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "demo").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "demo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "demo"


def have(context: Context, *rows: ToolRow) -> dict[str, Path]:
    table = {each.name: each for each in rows}
    planned = toolchain.plan([*table], context, table)
    run_steps(planned.steps, context)
    return planned.paths(table)


def test_a_program_on_path_of_the_pinned_version_is_taken(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = on_path(tmp_path / "bin", monkeypatch, "echo demo 1.0")
    assert have(context, row(PATH)) == {"demo": own}


@pytest.mark.parametrize("text", ["echo demo 1.1", "echo nothing", "echo demo 1.0; exit 3", "exec /nowhere"])
def test_a_program_on_path_that_answers_otherwise_is_not_taken(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: Web, text: str
) -> None:
    own = on_path(tmp_path / "bin", monkeypatch, text)
    found = have(context, row(PATH, served(web)))["demo"]
    assert found != own
    assert found.read_bytes() == PROGRAM


@pytest.mark.parametrize(
    ("accept", "found", "good"),
    [
        ("exact", "1.35.2", True),
        ("exact", "1.35.20", False),
        ("minor", "1.35.9", True),
        ("minor", "1.36.2", False),
        ("minor", "2.35.2", False),
        ("at-least", "1.26", True),
        ("at-least", "1.26.8", True),
        ("at-least", "1.9", False),
        ("at-least", "2.0", True),
    ],
)
def test_how_near_a_version_must_be_is_the_rows_choice(accept: str, found: str, good: bool) -> None:
    way = PathWay.model_validate({**PATH, "accept": accept, "minimum": "1.26"})
    assert acceptable(found, "1.35.2", way) is good


def test_what_is_in_the_cache_needs_no_step(context: Context, web: Web) -> None:
    wanted = row(served(web), check=["version"])
    first = have(context, wanted)
    web.pages.clear()
    assert toolchain.plan(["demo"], context, {"demo": wanted}).steps == []
    assert have(context, wanted) == first
    assert re.search(
        r"demo 1\.0", subprocess.run([first["demo"]], capture_output=True, text=True, check=True).stdout
    )


def test_a_damaged_program_is_got_again(context: Context, web: Web) -> None:
    wanted = row(served(web))
    path = have(context, wanted)["demo"]
    path.write_bytes(PROGRAM[:5])
    assert have(context, wanted)["demo"].read_bytes() == PROGRAM


def test_a_refused_download_is_told_and_the_next_way_is_gone(
    context: Context, web: Web, told: io.StringIO
) -> None:
    good = served(web, name="good")
    wrong = {**served(web, b"other", "bad"), "sha256": "0" * 64}
    assert have(context, row(wrong, good))["demo"].read_bytes() == PROGRAM
    assert "demo: " in told.getvalue()
    assert "/bad is refused: its SHA-256 is" in told.getvalue()


def test_when_no_way_works_the_error_names_tool_reasons_and_what_to_do(context: Context, web: Web) -> None:
    missing = {**served(web), "url": web.url + "/gone"}
    debian = {"how": "debian", "packages": ["demo"], "members": {"demo": "x"}, "versions": "1"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nonexistent")
        with pytest.raises(ToolError) as caught:
            have(context, row(missing, debian))
    text = str(caught.value)
    assert text.startswith("demo: no way to get it here")
    assert "download: " in text
    assert "/gone answers 404" in text
    assert "debian: this machine has no apt-get" in text
    assert "fix:     make one of these ways possible, or put demo 1.0 on PATH" in text


def test_a_program_that_does_not_run_is_taken_away_and_its_last_words_are_shown(
    context: Context, web: Web
) -> None:
    broken = b"#!/bin/sh\nfor i in $(seq 30); do echo line $i >&2; done\nexit 7\n"
    wanted = row(served(web, broken), check=["version"])
    with pytest.raises(ToolError) as caught:
        have(context, wanted)
    text = str(caught.value)
    assert "`demo version …` ended with status 7" in text
    assert "| line 30" in text
    assert "| line 10\n" not in text
    assert str(context.cache.logs / "demo.log") in text
    assert not context.cache.present(toolchain.item_of(wanted))


def test_a_program_of_a_wheel_says_when_the_wheel_cannot_be_had(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ToolError, match=r"(?s)demo: .*ended with status 1.*download --quiet.*log: .*fix: "):
        have(context, row(WHEEL))


def test_an_unknown_tool_is_named_with_its_neighbours(context: Context) -> None:
    with pytest.raises(FairleadError, match=r"(?s)tool 'kubectrl' is not in the lock.*allowed: kubectl"):
        toolchain.plan(["kubectrl"], context)


def test_programs_of_one_wrapper_are_built_by_one_step_where_nothing_official_answers(
    context: Context,
) -> None:
    context.reach.off = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nonexistent")
        steps = toolchain.plan(["kubelet", "kube-proxy", "etcd", "kwok"], context).steps
    titles = {step.title: step for step in steps}
    assert set(titles) == {"get go", "build kubelet, kube-proxy, etcd", "build kwok"}
    assert titles["build kwok"].needs == (toolchain.GO_STEP,)
    assert titles["build kubelet, kube-proxy, etcd"].builds
    assert titles["build kwok"].shares == "controllers"


def test_the_folders_of_the_tools_come_first_on_path() -> None:
    tools = {"a": Path("/t/a/a"), "b": Path("/t/a/b"), "c": Path("/t/c/c")}
    assert toolchain.path_env(tools, "/bin") == "/t/a:/t/c:/bin"


def fake_go(folder: Path, script: str) -> Path:
    """A go command of the test: it gets the arguments and leaves what the script says."""
    folder.mkdir(exist_ok=True)
    go = folder / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    return go


GO = row({**WHEEL, "members": {"go": "go"}}, name="go")
GO_ROW = {"how": "go", "wrapper": "pause", "package": ".", "usual_seconds": 1}
BUILD = 'while [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\necho demo 1.0\n" > "$2"; chmod +x "$2"'


def test_a_go_build_gets_our_caches_and_flags(context: Context, tmp_path: Path) -> None:
    go = fake_go(tmp_path / "gobin", f"env > {tmp_path}/env; echo $* > {tmp_path}/args; {BUILD}")
    context.go_command = go
    wanted = row(GO_ROW, check=["version"])
    step = toolchain.plan(["demo"], context, {"demo": wanted, "go": GO}).steps[-1]
    context.go_command = go
    step.run(context)
    env = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert env["GOMODCACHE"] == str(context.cache.root / "go" / "mod")
    assert env["GOCACHE"] == str(context.cache.root / "go" / "build")
    assert (env["CGO_ENABLED"], env["GOTOOLCHAIN"], env["GOWORK"]) == ("0", "local", "off")
    assert {"-mod=readonly", "-trimpath", "-buildvcs=false"} <= set(env["GOFLAGS"].split())
    args = (tmp_path / "args").read_text()
    assert re.match(r"build -p \d+ -gcflags=all=-dwarf=false -ldflags -s -w -o \S+/demo \.", args)
    assert context.cache.present(toolchain.item_of(wanted))


MANY = """while [ "$1" != -o ]; do shift; done
for package in "$3" "$4"; do printf "#!/bin/sh\necho $package\n" > "$2/$(basename "${package%/v3}")"; done
chmod +x "$2"/*"""


def test_programs_built_together_keep_their_own_link_flags_and_names(
    context: Context, tmp_path: Path
) -> None:
    context.go_command = fake_go(tmp_path / "gobin", f"echo $* > {tmp_path}/args\n{MANY}")
    ways = {"one": ("x.org/a/one", "-X v=1"), "server": ("x.org/b/server/v3", "-X v=2")}
    rows = {
        name: row({**GO_ROW, "package": package, "ldflags": flags}, name=name)
        for name, (package, flags) in ways.items()
    }
    toolchain.plan([*rows], context, {**rows, "go": GO}).steps[-1].run(context)
    args = (tmp_path / "args").read_text()
    assert "-ldflags x.org/a/one=-X v=1 -ldflags x.org/b/server/v3=-X v=2 -o " in args
    for name, (package, _) in ways.items():
        program = context.cache.path(toolchain.item_of(rows[name])) / name
        assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == f"{package}\n"


def test_a_failed_go_build_shows_the_compilers_last_words(context: Context, tmp_path: Path) -> None:
    go = fake_go(tmp_path / "gobin", "echo './main.go:1: undefined: x' >&2; exit 1")
    step = toolchain.plan(["demo"], context, {"demo": row(GO_ROW), "go": GO}).steps[-1]
    context.go_command = go
    with pytest.raises(ToolError, match=r"(?s)demo: `go build -p …` ended with status 1.*undefined: x.*fix:"):
        step.run(context)
    assert not list(context.cache.staging.iterdir())


def test_a_module_with_another_hash_than_the_locks_is_refused(context: Context, tmp_path: Path) -> None:
    answer = '{"Sum": "h1:' + "B" * 43 + '=", "Dir": "/x"}'
    go = fake_go(tmp_path / "gobin", f"echo '{answer}'")
    module = {"path": "example.org/m", "version": "v1.0.0", "sum": "h1:" + "A" * 43 + "="}
    files = {"how": "module-files", "module": module, "members": {"demo": "demo"}}
    step = toolchain.plan(["demo"], context, {"demo": row(files), "go": GO}).steps[-1]
    context.go_command = go
    with pytest.raises(ToolError, match=r"(?s)example.org/m@v1.0.0 has hash h1:B+=, the lock says h1:A+="):
        step.run(context)


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A fifo between the test and its programs: its path, and our own end.

    Our end reads and writes and stays open until the test is over. So no program can stand in the
    opening of the fifo, however the test ends, and what one has written waits until it is read.
    """
    path = tmp_path / "fifo"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    yield path, end
    os.close(end)


@contextmanager
def ended_with_us(argv: list[str]) -> Generator[subprocess.Popen[bytes]]:
    """A program that, with every program that it started, does not outlive the test."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.Popen(argv, env=env, start_new_session=True)
    try:
        yield run
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def said(end: int, run: subprocess.Popen[bytes]) -> str:
    """A line that a program started by `run` writes into the fifo; fails when `run` ends before."""
    alive = os.pidfd_open(run.pid)
    try:
        ready = select.select([end, alive], [], [], 120)[0]
    finally:
        os.close(alive)
    assert ready, "the program has not come so far"
    assert end in ready, f"the program ended with status {run.wait()}"
    return os.read(end, 4096).decode()


KILLED = """
    import sys
    from pathlib import Path
    from fairlead.tools import toolchain
    from fairlead.tools.cache import Cache
    from fairlead.tools.progress import Progress
    from fairlead.tools.steps import Context
    from tools.test_toolchain import GO, GO_ROW, row
    context = Context(Cache(Path(sys.argv[1])), Progress(mode="quiet"))
    step = toolchain.plan(["demo"], context, {"demo": row(GO_ROW), "go": GO}).steps[-1]
    context.go_command = Path(sys.argv[2])
    step.run(context)
"""


def test_a_run_killed_during_a_build_takes_the_build_with_it_and_the_next_run_goes_on(
    cache: Cache, context: Context, tmp_path: Path, fifo: tuple[Path, int]
) -> None:
    path, end = fifo
    slow = fake_go(tmp_path / "slow", f"echo $$ > {path}; exec sleep 600")
    with ended_with_us([sys.executable, "-c", textwrap.dedent(KILLED), str(cache.root), str(slow)]) as run:
        child = os.pidfd_open(int(said(end, run)))
        run.send_signal(signal.SIGKILL)
        gone = select.select([child], [], [], 30)[0]
        os.close(child)
        assert gone, "the build runs on without us"
    assert list(cache.staging.iterdir())
    context.go_command = fake_go(tmp_path / "quick", BUILD)
    toolchain._make(context, row(GO_ROW))  # pyright: ignore[reportPrivateUsage]
    assert cache.present(toolchain.item_of(row(GO_ROW)))
    assert not list(cache.staging.iterdir())


def test_a_failed_step_ends_the_builds_that_run_beside_it(
    context: Context, tmp_path: Path, fifo: tuple[Path, int]
) -> None:
    context.builds = 2
    context.__post_init__()
    path, _ = fifo
    # Left alone, the slow build would end well; the other fails as soon as the slow one runs.
    program = tmp_path / "slow.py"
    program.write_text(f"import time\ntime.sleep(60)\nopen({str(tmp_path / 'late')!r}, 'w')\n")
    slow = f"echo > {path}; exec {sys.executable} {program}"
    script = f"case $PWD in *_slow_*) {slow};; *) timeout 60 head -n 1 {path} && exit 7; exit 8;; esac"
    go = fake_go(tmp_path / "gobin", script)
    wrapped = {"slow": "pause", "fails": "language-python"}
    rows = {name: row({**GO_ROW, "wrapper": wrapper}, name=name) for name, wrapper in wrapped.items()}
    steps = toolchain.plan(["slow", "fails"], context, {**rows, "go": GO}).steps
    context.go_command = go
    with pytest.raises(ToolError, match=r"fails: `go build .* ended with status 7"):
        run_steps([step for step in steps if step.key != toolchain.GO_STEP], context)
    assert not (tmp_path / "late").exists(), "the slow build ran to its end"
    with pytest.raises(StoppedError):
        context.runner("late").run(["true"], cwd=tmp_path)


@pytest.mark.parametrize(
    ("cpus", "memory", "builds", "parallel"),
    [(1, 4, 1, 1), (2, 8, 1, 2), (4, 20, 2, 2), (4, 5, 1, 4), (16, 64, 3, 5), (2, 0.5, 1, 2)],
)
def test_builds_at_once_fill_the_cores_and_fit_the_memory(
    cpus: int, memory: float, builds: int, parallel: int
) -> None:
    assert gobuild.concurrency(cpus, memory) == (builds, parallel)
    assert builds * 3 <= max(memory, 3)
