"""The Pulumi engine, run as its own program: environment, recovery after a kill, up and destroy.

A local stack keeps its state in its run directory, so that nothing is left when it is gone. The
configuration file is copied there first: the engine writes its encryption salt into it.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.errors import FairleadError, ToolError
from fairlead.stack import Stack

FINISHED = re.compile(r"^ *[-+~]+ +(?P<type>\S+) (?P<name>\S+) (?P<what>created|updated|deleted|replaced)\b")
SUMMARY = re.compile(
    r"^ +(?P<sign>[-+~]+ ?)?(?P<count>\d+) (?P<what>created|updated|deleted|unchanged|replaced)"
)
LOCK_WAIT_SECONDS = 120
PR_SET_PDEATHSIG = 1


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
        folders = dict.fromkeys(
            [str(Path(sys.executable).parent), *(str(path.parent) for path in self.tools.values())]
        )
        return {
            **os.environ,
            "PATH": os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]),
            "VIRTUAL_ENV": str(Path(sys.executable).parent.parent),
            "PULUMI_HOME": str(self._home / "home"),
            "PULUMI_BACKEND_URL": f"file://{self._home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._home / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "FAIRLEAD_PROJECT": str(self.stack.project),
        }

    def prepare(self) -> None:
        """Makes the state directory, the passphrase and the stack; repairs what a killed run left."""
        (self._home / "state").mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._home / "home").mkdir(exist_ok=True)
        passphrase = self._home / "passphrase"
        if not passphrase.exists() or not passphrase.read_text():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(32))
        self._copy_config()
        self._release_lock()
        if not self.exists:
            self._call(["stack", "init", self.stack.name, "--config-file", str(self._config)])

    @property
    def _config(self) -> Path:
        return self._home / f"Pulumi.{self.stack.name}.yaml"

    def _copy_config(self) -> None:
        """The stack's file as it is now, with the salt that the engine added to the former copy."""
        salt = ""
        if self._config.exists():
            found = re.search(r"^encryptionsalt: .*$", self._config.read_text(), re.MULTILINE)
            salt = f"{found.group()}\n" if found else ""
        fresh = self._config.with_suffix(".new")
        fresh.write_text(salt + self.stack.config_file.read_text())
        fresh.rename(self._config)

    @property
    def exists(self) -> bool:
        """Whether the engine has a state of this stack."""
        return any((self._home / "state").glob(f".pulumi/stacks/*/{self.stack.name}.json"))

    def _locks(self) -> list[Path]:
        return list((self._home / "state").glob(f".pulumi/locks/organization/*/{self.stack.name}/*.json"))

    def _release_lock(self) -> None:
        """Waits for a run that goes on; drops the lock of one that was killed."""
        end = time.monotonic() + LOCK_WAIT_SECONDS
        for lock in self._locks():
            holder = _holder(lock)
            while holder and _is_engine(holder):
                if time.monotonic() > end:
                    raise FairleadError(
                        f"the engine is busy with stack {self.stack.name} (process {holder})\n"
                        "    fix:     wait for it, or end that process and run this again"
                    )
                time.sleep(0.5)
            lock.unlink(missing_ok=True)

    def _call(self, arguments: Sequence[str]) -> str:
        """A short engine command; its output."""
        command = [
            str(self.tools["pulumi"]),
            *arguments,
            "--non-interactive",
            "--cwd",
            str(self.stack.project),
        ]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError("pulumi", f"{arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def up(self) -> Outcome:
        """Brings the cluster to the program's state. Raises ToolError with the engine's diagnostics."""
        self.prepare()
        return self._long("up", ["up", "--yes", "--skip-preview"])

    def preview(self) -> Outcome:
        """What `up` would do; changes nothing."""
        self.prepare()
        return self._long("preview", ["preview"])

    def destroy(self) -> Outcome:
        """Deletes every resource of the stack, in order, then the stack's state."""
        self.prepare()
        outcome = self._long("destroy", ["destroy", "--yes", "--skip-preview"])
        self._call(["stack", "rm", self.stack.name, "--yes", "--preserve-config"])
        return outcome

    def outputs(self) -> Mapping[str, object]:
        """The stack's exports."""
        return json.loads(self._call(["stack", "output", "--json", "--stack", self.stack.name]))

    def _long(self, name: str, arguments: Sequence[str]) -> Outcome:
        log = self._home / f"{name}.log"
        command = [str(self.tools["pulumi"]), *arguments, "--stack", self.stack.name, "--non-interactive"]
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
        found = FINISHED.match(line)
        if found and found["type"].startswith("kubernetes:"):
            total = counts[found["what"]] = counts.get(found["what"], 0) + 1
            if total % 25 == 0:
                self.say(f"    {total} objects {found['what']}")


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


def _holder(lock: Path) -> int | None:
    try:
        return int(json.loads(lock.read_text())["pid"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _is_engine(pid: int) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name.startswith("pulumi")
    except OSError:
        return False


def _die_with_parent() -> None:
    """The engine is told to stop when this process is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def forget(stack: Stack) -> None:
    """Removes the engine's state of a stack whose cluster is gone."""
    shutil.rmtree(stack.run_dir / "pulumi", ignore_errors=True)
