"""checkov, as its own lock pins it, in an environment of its own: run once over a folder, offline."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bootstrap import environment
from support.golden import REPO

from fairlead.tools.cache import Cache, Item
from reference.scanners.finding import Finding, Report

LOCK = Path(__file__).parent / "requirements.txt"
PINNED = re.search(r"^checkov==(\S+)", (Path(__file__).parent / "requirements.in").read_text(), re.MULTILINE)
DONE = "pyvenv.cfg"
"""File of an environment whose sum says that it is there."""
LONGEST = 600
"""Seconds that a scan may take: ten times what it does."""


def python() -> Path:
    """The environment's Python, made where it is not there: 100 packages by their hashes."""
    cache, item = Cache.default(), _item()
    with cache.lock(item.key):
        if not cache.present(item):
            with cache.scratch(item.key) as scratch:
                cache.commit(item, _installed(scratch / "venv"), how="wheels", source="requirements.txt")
    return cache.path(item) / "bin" / "python"


def _item() -> Item:
    assert PINNED
    recipe = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return Item(f"scanners/checkov/{PINNED[1]}-{recipe}", PINNED[1], recipe, (DONE,))


def _installed(folder: Path) -> Path:
    uv = str(REPO / ".venv" / "bin" / "uv")
    for argv in (
        [uv, "venv", "-q", "--python", sys.executable, str(folder)],
        [
            uv,
            "pip",
            "install",
            "-q",
            "--python",
            str(folder / "bin" / "python"),
            "--require-hashes",
            "-r",
            str(LOCK),
        ],
    ):
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
        assert done.returncode == 0, f"checkov could not be installed: {done.stderr}"
    return folder


def scanned(folder: Path) -> Report:
    """What checkov says of the objects in a folder: its findings, and by its list of parts what it has looked at."""
    answers = [folder.parent / name for name in ("checkov.json", "checkov-parts.json")]
    argv = [
        *(str(python()), "-m", "checkov.main", "--directory", ".", "--framework", "kubernetes"),
        *(
            "--output",
            "json",
            "--output",
            "cyclonedx_json",
            "--output-file-path",
            ",".join(map(str, answers)),
        ),
        *("--compact", "--skip-download"),
    ]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    said, parts = (json.loads(path.read_text(encoding="utf-8")) for path in answers)
    return _report(said, parts)


def _report(said: dict[str, Any], parts: dict[str, Any]) -> Report:
    assert "summary" in said, "checkov has looked at nothing"
    assert said["summary"]["parsing_errors"] == 0, said["results"]["parsing_errors"]
    assert said["summary"]["skipped"] == 0, "an object says of itself that it is not to be looked at"
    passed, failed = said["results"]["passed_checks"], said["results"]["failed_checks"]
    files = [re.search(r"/([\w.-]+\.json)/", one["purl"]) for one in parts["components"]]
    return Report(
        [_finding(one) for one in failed],
        {found[1] for found in files if found},
        Counter(one["check_id"] for one in [*passed, *failed]),
    )


def _finding(one: dict[str, Any]) -> Finding:
    keys = one["check_result"].get("evaluated_keys") or []
    return Finding(one["check_id"], one["file_path"].lstrip("/"), ", ".join(keys), one["check_name"])
