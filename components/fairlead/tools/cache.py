"""The per-user cache: one folder per item, complete or absent, safe for two runs at once.

An item is written into a staging folder and renamed into place when it is whole, under a file lock
that the kernel drops when the process dies. `manifest.json` inside the item names the recipe it was
made by and the size, time and SHA-256 of its files, so a changed row, a cut-off file and a damaged
file are all noticed. Killed at any point, the next run finds the item absent and makes it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, cast

from filelock import FileLock, Timeout

MANIFEST = "manifest.json"


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recipe_digest(recipe: object) -> str:
    """Twelve digits that change when anything in the recipe changes; the recipe must be JSON."""
    text = json.dumps(recipe, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class FileRecord:
    """One file of an item: what it was when the item was made."""

    size: int
    mtime_ns: int
    sha256: str


class Manifest(TypedDict):
    """What is recorded of an item."""

    folder: str
    version: str
    recipe: str
    how: str
    source: str
    date: str
    files: dict[str, dict[str, Any]]


_KEYS = frozenset(Manifest.__annotations__)


@dataclass(frozen=True)
class Item:
    """A place in the cache: `folder` relative to the root, made by `recipe`."""

    folder: str
    version: str
    recipe: str
    files: tuple[str, ...]
    """Files that must be there, relative to the folder: their sums are recorded."""

    @property
    def key(self) -> str:
        """Name of the item's lock and staging folders."""
        return self.folder.replace("/", "_")


class Cache:
    """The cache below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()

    @classmethod
    def default(cls, environ: Mapping[str, str] | None = None) -> Cache:
        """$FAIRLEAD_CACHE, else $XDG_CACHE_HOME/fairlead, else ~/.cache/fairlead."""
        env = os.environ if environ is None else environ
        if own := env.get("FAIRLEAD_CACHE"):
            return cls(Path(own))
        if xdg := env.get("XDG_CACHE_HOME"):
            return cls(Path(xdg) / "fairlead")
        return cls(Path.home() / ".cache" / "fairlead")

    def run(self, stack: str) -> Path:
        """Folder of everything that lives while the local cluster of a stack runs."""
        return self.root / "run" / stack

    @property
    def logs(self) -> Path:
        """Folder of the logs of set-up steps."""
        return self._made("log")

    @property
    def staging(self) -> Path:
        """Folder of unfinished items, on the same file system as the finished ones."""
        return self._made("tmp")

    def _made(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def path(self, item: Item) -> Path:
        """The folder of an item, there or not."""
        return self.root / item.folder

    def present(self, item: Item) -> bool:
        """True if the item is there, whole and made by this recipe.

        Files whose size and time are as recorded are taken as unchanged; others are hashed.
        """
        folder = self.path(item)
        manifest = self.manifest(item)
        if manifest is None or manifest.get("recipe") != item.recipe:
            return False
        records = manifest["files"]
        if set(item.files) - set(records):
            return False
        return all(_unchanged(folder / name, FileRecord(**record)) for name, record in records.items())

    def manifest(self, item: Item) -> Manifest | None:
        """What is recorded of an item; None if it is absent or the record is damaged."""
        try:
            value = json.loads((self.path(item) / MANIFEST).read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        if not isinstance(value, dict) or not cast(dict[str, object], value).keys() >= _KEYS:
            return None
        return cast(Manifest, value)

    @contextmanager
    def lock(self, key: str, waiting: Callable[[str], None] | None = None) -> Generator[None]:
        """Hold the lock of a key; `waiting` is told once if another process holds it."""
        lock = FileLock(self._made("lock") / f"{key}.lock")
        try:
            lock.acquire(timeout=0.1)
        except Timeout:
            if waiting is not None:
                waiting(f"another run is busy with {key}; waiting for it")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def locks(self, keys: Sequence[str], waiting: Callable[[str], None] | None = None) -> Generator[None]:
        """Hold several locks, taken in one global order so that two runs cannot block each other."""
        with ExitStack() as stack:
            for key in sorted(set(keys)):
                stack.enter_context(self.lock(key, waiting))
            yield

    @contextmanager
    def scratch(self, key: str) -> Generator[Path]:
        """An empty folder for unfinished work, removed at the end; the caller holds the lock of the key.

        Folders that a killed run of the same key left behind are removed first.
        """
        for stale in self.staging.glob(f"{key}.*"):
            _remove(stale)
        folder = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=self.staging))
        try:
            yield folder
        finally:
            _remove(folder)

    def commit(self, item: Item, made: Path, *, how: str, source: str, extra: Iterable[str] = ()) -> Path:
        """Record the files of a finished folder and rename it into place; returns where it is now.

        `made` lies in a scratch folder; `extra` names files beyond the item's own whose sums are
        recorded too. Raises FileNotFoundError if a file of the item is missing.
        """
        manifest: Manifest = {
            "folder": item.folder,
            "version": item.version,
            "recipe": item.recipe,
            "how": how,
            "source": source,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {name: asdict(_record(made / name)) for name in sorted({*item.files, *extra})},
        }
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        made.chmod(0o755)
        target = self.path(item)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(made.parent / f"{item.key}.replaced")
        made.rename(target)
        return target


def _remove(folder: Path) -> None:
    """Remove a scratch folder. What a dying program of a killed run still writes there may survive:
    it is garbage that the next run of the same key meets again."""
    shutil.rmtree(folder, ignore_errors=True)


def _record(path: Path) -> FileRecord:
    stat = path.stat()
    return FileRecord(stat.st_size, stat.st_mtime_ns, sha256_file(path))


def _unchanged(path: Path, record: FileRecord) -> bool:
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.st_size != record.size:
        return False
    return stat.st_mtime_ns == record.mtime_ns or sha256_file(path) == record.sha256
