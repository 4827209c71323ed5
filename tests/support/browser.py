"""A real browser without a window: what it makes of a page, and what it complains about."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needed = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")


def browser(folder: Path, html: str, *arguments: str) -> tuple[str, list[str]]:
    """What it prints, and what stands in the page's console. It knows no host: the page has the disk alone."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless=new",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1200,3600",
        *arguments,
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, re.findall(r"^.*:CONSOLE.*$", done.stderr, re.MULTILINE)
