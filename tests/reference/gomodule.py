"""References that come as Go modules: pinned, from the module cache or the proxy, never committed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from zipfile import ZipFile


class ReferenceUnavailableError(RuntimeError):
    """A pinned reference could not be had, so nothing can be said about the resources."""


@cache
def go_module(query: str, checksum: str = "") -> Path:
    """Folder of a Go module `path@version`, from the module cache or the proxy.

    checksum: the `h1:` hash that it must have.
    """
    return Path(_downloaded(query, checksum, "Dir"))


@cache
def go_file(query: str, path: str, checksum: str) -> str:
    """One text file of a Go module, out of its archive: a module that wants a newer Go can be read all the same.

    path: inside the module; checksum: the `h1:` hash that the module must have.
    """
    with ZipFile(_downloaded(query, checksum, "Zip")) as archive:
        return archive.read(f"{query}/{path}").decode()


def _downloaded(query: str, checksum: str, wanted: str) -> str:
    """Path of a module's folder (Dir) or archive (Zip)."""
    # What is pinned here need not be known to the checksum database.
    env = {**os.environ, **({"GONOSUMDB": query.partition("@")[0]} if checksum else {})}
    argv = [_go(), "mod", "download", "-json", query]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/", env=env)
    answer = json.loads(done.stdout or "{}")
    if wanted not in answer or (done.returncode and wanted == "Dir"):
        raise ReferenceUnavailableError(
            f"the reference {query} could not be had: {answer.get('Error') or done.stderr.strip()}\n"
            "  these tests need the Go module proxy (go env GOPROXY), or the module in the Go module cache"
        )
    if checksum and answer["Sum"] != checksum:
        raise ReferenceUnavailableError(f"{query} has the hash {answer['Sum']}, pinned is {checksum}")
    return answer[wanted]


@cache
def _go() -> str:
    if found := shutil.which("go"):
        return found
    from fairlead.tools import toolchain
    from fairlead.tools.cache import Cache
    from fairlead.tools.progress import Progress

    return str(toolchain.ensure(["go"], Cache.default(), Progress(mode="quiet"))["go"])
