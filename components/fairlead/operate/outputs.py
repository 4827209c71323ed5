"""What a stack has exported. The engine is asked: it knows where the state lies, and how to get in there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from fairlead.catalog import lock
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache

ENGINE = "pulumi"
ANSWER_SECONDS = 120
"""How long the engine may take: the state may lie far away."""
HIDDEN = "[secret]"
"""What the engine prints in place of a secret."""


class NoOutput(Exception):
    """There is no such text; why, in one line."""


def text(project: Path, stack: str, name: str) -> str:
    """One output of a stack that is a text; project: directory of its Pulumi.yaml. Raises NoOutput."""
    command = [str(_program()), "stack", "output", name, "--json", "--stack", stack]
    command += ["--cwd", str(project), "--non-interactive", "--color", "never"]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except OSError as error:
        raise NoOutput(f"{command[0]} does not start: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise NoOutput(f"{ENGINE} did not answer within {ANSWER_SECONDS} s") from error
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).split())
        raise NoOutput(said.rpartition("error: ")[2] or f"{ENGINE} ended with status {done.returncode}")
    return _text(done.stdout, name)


def _text(printed: str, name: str) -> str:
    try:
        found: Any = json.loads(printed)
    except json.JSONDecodeError as error:
        raise NoOutput(f"what {ENGINE} printed for the output {name} is no JSON: {error}") from error
    if found == HIDDEN:
        raise NoOutput(f"the output {name} is a secret")
    if not isinstance(found, str) or not found:
        raise NoOutput(f"the output {name} is no text")
    return found


def _program() -> Path:
    """The engine on PATH, as for `pulumi up`; else the one that was made here for a local cluster."""
    if found := shutil.which(ENGINE):
        return Path(found)
    cache, item = Cache.default(), toolchain.item_of(lock.tools()[ENGINE])
    if cache.present(item):
        return cache.path(item) / item.files[0]
    raise NoOutput(f"{ENGINE}, which reads the state, is not on PATH")
