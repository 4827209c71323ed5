"""A command as a user starts it somewhere, in this project, with a cache and without a stack of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


def stand(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on commands run in this folder."""
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(REPO))
    monkeypatch.setenv("FAIRLEAD_CACHE", str(folder / "cache"))
    monkeypatch.delenv("FAIRLEAD_STACK", raising=False)
    monkeypatch.chdir(folder)
