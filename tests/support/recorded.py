"""What a stack declares, recorded once for all tests and all their processes.

A recording takes seconds and many tests judge the same one. It is kept under a digest of everything
that it comes from, so a changed program or stack is recorded anew.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path

from filelock import FileLock

from fairlead.declared.record import Declared, declared
from fairlead.tools.cache import Cache
from support.golden import REPO

FOLDERS = ("components", "stacks")
STACKS = REPO / "stacks"
SUFFIXES = {".py", ".toml", ".yaml"}


@cache
def of_stack(stack: str, *, unknown: bool = False, more: Path | None = None) -> Sequence[Declared]:
    """The resources of a stack of this repository; callers must not change them.

    more: a folder with stack files of a test's own, above the same layers of configuration.
    """
    folder = Path(tempfile.gettempdir()) / f"fairlead-recorded-{getpass.getuser()}" / _digest()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = hashlib.sha256((more / f"Pulumi.{stack}.yaml").read_bytes()).hexdigest()[:16] if more else ""
    kept = folder / f"{stack}{told}{'-unknown' if unknown else ''}.json"
    with FileLock(f"{kept}.lock"), _beside(more) as stacks:
        if not kept.exists():
            found = declared(stacks, stack, unknown=unknown)
            part = kept.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps([asdict(one) for one in found]))
            part.rename(kept)
    return [_read(one) for one in json.loads(kept.read_text())]


@contextmanager
def _beside(more: Path | None) -> Iterator[Path]:
    """The folder of the stack files: with those of a test's own, a copy."""
    if more is None:
        yield STACKS
        return
    with tempfile.TemporaryDirectory(prefix="fairlead-stacks-") as made:
        shutil.copytree(STACKS / "layers", Path(made, "layers"))
        shutil.copytree(more, made, dirs_exist_ok=True)
        yield Path(made)


def _read(data: dict[str, object]) -> Declared:
    """Lists that were tuples are tuples again."""
    tuples = ("depends_on", "aliases", "ignore_changes", "replace_on_changes")
    return Declared(**{key: tuple(one) if key in tuples else one for key, one in data.items()})  # type: ignore[arg-type]


@cache
def _digest() -> str:
    """Of every file that a recording depends on, of the lock, and of the cache: its path stands in the recording."""
    files = [path for folder in FOLDERS for path in (REPO / folder).rglob("*") if path.suffix in SUFFIXES]
    whole = hashlib.sha256((REPO / "requirements-clouds.lock").read_bytes())
    whole.update(str(Cache.default().root).encode())
    for path in sorted(files):
        whole.update(str(path.relative_to(REPO)).encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
