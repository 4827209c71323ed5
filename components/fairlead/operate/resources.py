"""`fairlead resources`: what a stack's program declares, for reviewers and outside validators.

The program runs in a process of its own: the commands load neither the engine nor a cloud's SDK.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from fairlead.errors import EXIT_BAD_INPUT, FairleadError
from fairlead.stack import Stack

SECRETS_KEY = "FAIRLEAD_SECRETS_KEY"
"""As `fairlead.declared.record` has it, which loads the engine."""


class _Refused(FairleadError):
    """The program's own words about its configuration."""

    exit_code = EXIT_BAD_INPUT


def resources(stack: Stack, key: str = "") -> list[dict[str, Any]]:
    """Every declared resource, sorted by URN. Raises FairleadError with the words of a program that failed.

    key: whoever gives the same one twice can tell by the marks of secrets whether they are the same.
    """
    argv = [sys.executable, "-m", "fairlead.declared.record", str(stack.folder), stack.name]
    env = {**os.environ, SECRETS_KEY: key}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    if done.returncode == EXIT_BAD_INPUT:
        raise _Refused(done.stderr.strip())
    if done.returncode:
        raise FairleadError(f"the program of stack {stack.name} failed:\n{done.stderr.strip()}")
    return json.loads(done.stdout)


def summary(found: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """(type, names) of the resources, sorted by type."""
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one["type"], []).append(one["name"])
    return [(kind, sorted(names[kind])) for kind in sorted(names)]
