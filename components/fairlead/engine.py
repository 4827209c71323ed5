"""The Pulumi engine, run as its own program: environment, recovery after a kill, up and destroy.

A local stack keeps its state in its run directory, so that nothing is left when it is gone. The
configuration file is copied there first, into a project of the same name: the engine writes its
encryption salt beside the configuration, and the user's own file stays as it is.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from fairlead import orphans
from fairlead.errors import FairleadError, ToolError
from fairlead.stack import PROJECT_FILE, Stack

FINISHED = re.compile(r"^ *[-+~]+ +(?P<type>\S+) (?P<name>\S+) (?P<what>created|updated|deleted|replaced)\b")
SUMMARY = re.compile(
    r"^ +(?P<sign>[-+~]+ ?)?(?P<count>\d+) (?P<what>created|updated|deleted|unchanged|replaced)"
)
LOCK_WAIT_SECONDS = 120
ENDING_SECONDS = 60
"""How long an engine whose caller was killed may take to finish what it was told to stop."""
POD_TROUBLE = re.compile(r"\[Pod .*(ErrImage|ImagePull|BackOff|Error|Failed)")
PR_SET_PDEATHSIG = 1
SALT = re.compile(r"^encryptionsalt: .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What a run of the engine did: number of resources by what happened to them, and how long it took."""

    seconds: float
    counts: Mapping[str, int]
    log: Path

    @property
    def changed(self) -> int:
        """Resources that were created, updated, replaced or deleted."""
        return sum(count for what, count in self.counts.items() if what != "unchanged")


@dataclass(frozen=True)
class Engine:
    """The engine for one stack with a local backend.

    tools: executables by name: pulumi, its language host and its provider plugin lie on the path.
    """

    stack: Stack
    tools: Mapping[str, Path]
    say: Callable[[str], None] = field(default=lambda text: print(text, file=sys.stderr))

    @property
    def _home(self) -> Path:
        return self.stack.run_dir / "pulumi"

    def environment(self) -> dict[str, str]:
        """Environment in which the engine finds its plugins, its state and this Python."""
        folders = [str(self._bin), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        return {
            **os.environ,
            "PATH": os.pathsep.join(folders),
            "VIRTUAL_ENV": str(Path(sys.executable).parent.parent),
            "PULUMI_HOME": str(self._home / "home"),
            "PULUMI_BACKEND_URL": f"file://{self._home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._home / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # A file backend writes the whole state twice per resource: most of the time of a first `up`.
            # Written once, at the end, a killed run leaves the former state: see `_unfinished`.
            "PULUMI_SKIP_CHECKPOINTS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "FAIRLEAD_PROJECT": str(self.stack.project),
        }

    def prepare(self) -> None:
        """Makes the state directory, the passphrase and the stack; repairs what a killed run left."""
        (self._home / "state").mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._home / "home").mkdir(exist_ok=True)
        self._silence_debug_log()
        passphrase = self._home / "passphrase"
        if not passphrase.exists() or not passphrase.read_text():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(32))
        self._assemble()
        self._copy_config()
        if not self.exists:
            self._call(["stack", "init", self.stack.name])

    def _silence_debug_log(self) -> None:
        """Puts a file where the engine would make the directory of its debug logs.

        The engine (3.255) writes, compresses and encrypts every message between its parts, and has no
        switch for it: 26 s instead of 12 s for a run that changes nothing. It goes on without the log.
        """
        logs = self._home / "home" / "logs"
        if logs.is_dir():
            shutil.rmtree(logs)
        logs.touch()

    @property
    def _bin(self) -> Path:
        """One folder of all programs: the language host looks for its executor only beside itself."""
        return self._home / "bin"

    def _assemble(self) -> None:
        self._bin.mkdir(exist_ok=True)
        for name, path in self.tools.items():
            placed = self._bin / name
            if not (placed.exists() and placed.samefile(path)):
                placed.unlink(missing_ok=True)
                _place(path.resolve(), placed)

    @property
    def _shadow(self) -> Path:
        """A project of the same name, in which the engine may write."""
        return self._home / "project"

    @property
    def _config(self) -> Path:
        return self._shadow / f"Pulumi.{self.stack.name}.yaml"

    def _copy_config(self) -> None:
        """The stack's file as it is now, with the salt that the engine added to the former copy.

        A salt of the user's own file belongs to another state with another passphrase.
        """
        salt, own = "", SALT.sub("", self.stack.config_file.read_text())
        self._shadow.mkdir(exist_ok=True)
        (self._shadow / PROJECT_FILE).write_text(f"name: {self.stack.project_name}\nruntime: python\n")
        if self._config.exists():
            found = SALT.search(self._config.read_text())
            salt = found.group() if found else ""
        fresh = self._config.with_suffix(".new")
        fresh.write_text(salt + own)
        fresh.rename(self._config)

    @property
    def exists(self) -> bool:
        """Whether the engine has a state of this stack."""
        return any((self._home / "state").glob(f".pulumi/stacks/*/{self.stack.name}.json"))

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keeps other runs on this stack out, and clears what a killed one left: programs and lock."""
        self._home.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._home / "run.lock", timeout=LOCK_WAIT_SECONDS):
                orphans.end(self._bin, ENDING_SECONDS)
                for lock in (self._home / "state").glob(
                    f".pulumi/locks/organization/*/{self.stack.name}/*.json"
                ):
                    lock.unlink()
                yield
        except Timeout:
            raise FairleadError(
                f"another run is busy with stack {self.stack.name}\n"
                "    fix:     wait for it, then run this again"
            ) from None

    def _call(self, arguments: Sequence[str]) -> str:
        """A short engine command; its output."""
        command = [
            str(self._bin / "pulumi"),
            *arguments,
            "--non-interactive",
            "--cwd",
            str(self._shadow),
        ]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError("pulumi", f"{arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    @property
    def _unfinished(self) -> Path:
        """Stands while a run changes the cluster. Found by the next, the former was killed or failed.

        The state then knows less or more than the cluster holds, and is compared with it first. What
        it knows less of is taken over: objects are applied under one field manager, not created blindly.
        """
        return self._home / "unfinished"

    def up(self) -> Outcome:
        """Brings the cluster to the program's state. Raises ToolError with the engine's diagnostics."""
        with self._alone():
            self.prepare()
            return self._change("up")

    def preview(self) -> Outcome:
        """What `up` would do; changes nothing."""
        with self._alone():
            self.prepare()
            return self._long("preview", ["preview"])

    def destroy(self) -> Outcome:
        """Deletes every resource of the stack, in order, then the stack's state."""
        with self._alone():
            self.prepare()
            outcome = self._change("destroy")
            self._call(["stack", "rm", self.stack.name, "--yes", "--preserve-config"])
            return outcome

    def _change(self, name: str) -> Outcome:
        compare = ["--refresh"] if self._unfinished.exists() else []
        self._unfinished.touch()
        outcome = self._long(name, [name, "--yes", "--skip-preview", *compare])
        self._unfinished.unlink()
        return outcome

    def outputs(self) -> Mapping[str, object]:
        """The stack's exports."""
        return json.loads(self._call(["stack", "output", "--json", "--stack", self.stack.name]))

    def _long(self, name: str, arguments: Sequence[str]) -> Outcome:
        log = self._home / f"{name}.log"
        command = [str(self._bin / "pulumi"), *arguments, "--stack", self.stack.name, "--non-interactive"]
        command += ["--config-file", str(self._config), "--cwd", str(self.stack.project)]
        command += ["--parallel", "32", "--suppress-permalink=true", "--color", "never"]
        began = time.monotonic()
        counts: dict[str, int] = {}
        tail: deque[str] = deque(maxlen=60)
        with log.open("w") as file:
            process = subprocess.Popen(
                command,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one thread here, and only a system call
            )
            for line in _lines(process):
                file.write(line)
                file.flush()
                tail.append(line.rstrip())
                self._tell(line, counts)
        if process.wait():
            why = "\n".join(_diagnostics(list(tail)))
            raise ToolError(
                "pulumi", f"{name} failed:\n{why}", f"fix the cause, then run {name} again", str(log)
            )
        return Outcome(time.monotonic() - began, _summary(tail), log)

    def _tell(self, line: str, counts: dict[str, int]) -> None:
        if POD_TROUBLE.search(line):
            # Why something does not become ready; without it the user would wait in the dark.
            self.say(f"    {line.strip()}")
        found = FINISHED.match(line)
        if found and found["type"].startswith("kubernetes:"):
            total = counts[found["what"]] = counts.get(found["what"], 0) + 1
            if total % 25 == 0:
                self.say(f"    {total} objects {found['what']}")


def _place(program: Path, placed: Path) -> None:
    """Links a program, or copies it where a link is refused: another file system, another owner's file."""
    try:
        os.link(program, placed)
    except OSError:
        shutil.copy2(program, placed)


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    stream = process.stdout
    if stream is not None:
        yield from stream


def _summary(tail: Sequence[str]) -> dict[str, int]:
    found = (SUMMARY.match(line) for line in tail)
    return {match["what"]: int(match["count"]) for match in found if match}


def _diagnostics(tail: Sequence[str]) -> list[str]:
    start = max((index for index, line in enumerate(tail) if line.startswith("Diagnostics")), default=0)
    return [f"    {line}" for line in tail[start:] if line.strip()]


def _die_with_parent() -> None:
    """The engine is told to stop when this process is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def forget(stack: Stack) -> None:
    """Removes the engine's state of a stack whose cluster is gone."""
    home = stack.run_dir / "pulumi"
    orphans.end(home / "bin", 0)
    shutil.rmtree(home, ignore_errors=True)
