"""The client library in several threads: what it does by itself, and that meeting its types first prevents it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading, types
import msgspec
from fairlead.client_types import meet

sys.setswitchinterval(1e-6)
SOURCE = '''
import msgspec
from typing import Optional
class Inner(msgspec.Struct):
    text: Optional[str] = None
class Outer(msgspec.Struct):
''' + "".join(f"    part{n}: Optional[Inner] = None\\n" for n in range(40))
data = {f"part{n}": {"text": "x"} for n in range(40)}
for turn in range(300):
    module = sys.modules["fresh"] = types.ModuleType("fresh")
    exec(SOURCE, module.__dict__)
    if sys.argv[1] == "met":
        meet([module.Outer])
    gate = threading.Barrier(4)
    def use():
        gate.wait()
        msgspec.convert(data, module.Outer)
    threads = [threading.Thread(target=use) for _ in range(4)]
    [one.start() for one in threads]
    [one.join() for one in threads]
"""


def ends(first: str) -> int:
    command = [sys.executable, "-c", PROGRAM, first]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode


def test_types_that_one_thread_has_met_are_safe_for_all() -> None:
    assert ends("met") == 0


def test_the_library_still_has_the_fault_for_which_types_are_met_first() -> None:
    if ends("not met") == 0:
        pytest.fail("msgspec is mended: fairlead/client_types.py and its calls can go")


def test_every_type_that_threads_share_is_met() -> None:
    from lightkube.config import models
    from lightkube.core.decoders import ListMetadata, WatchEvent
    from lightkube.models import meta_v1

    from fairlead import client_types

    client_types.meet_types()
    shared = {models.Cluster, models.User, models.Context, meta_v1.ObjectMeta, meta_v1.Status}
    assert set(client_types._types()) == shared | {ListMetadata, WatchEvent}
