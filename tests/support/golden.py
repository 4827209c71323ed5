"""Golden files: what a pure function gave last time. `pytest --update-golden` writes them anew."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
ROOT = REPO / "tests" / "golden"
LONGEST_DIFF = 60


class Golden:
    """Compares texts with golden files, or writes the files where the run was asked to."""

    def __init__(self, update: bool, root: Path = ROOT) -> None:
        self.update, self.root = update, root

    def check(self, name: str, text: str) -> None:
        """The file under the root has exactly this text; a missing file is a failure too."""
        path = self.root / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.is_file():
            raise AssertionError(f"{path} is missing: write it with pytest --update-golden, then read it")
        golden = path.read_text(encoding="utf-8")
        if golden != text:
            diff = list(unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", lineterm=""))
            raise AssertionError(
                "\n".join([f"{path} differs; if that is meant: pytest --update-golden", *diff[:LONGEST_DIFF]])
            )
