"""The table of docs/scanners.md: what scanners find and what stays, from the rows that the tests hold them to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROWS = Path(__file__).resolve().parents[1] / "tests" / "reference" / "scanners" / "explained.toml"


def explained() -> str:
    """A line for each reason."""
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))["explained"]
    lines = ["| what is found | of | why it stays | told in |", "|---|---|---|---|", *map(_line, rows)]
    return "\n".join(lines)


def _line(row: Mapping[str, Any]) -> str:
    checks, objects = (", ".join(f"`{one}`" for one in row[key]) for key in ("checks", "objects"))
    return f"| {checks} | {objects} | {row['reason']} | {_link(row['source'])}, {row['date']} |"


def _link(source: str) -> str:
    """A page beside this one, or one elsewhere by its host."""
    if not source.startswith("https://"):
        return f"[{Path(source).stem}]({source.removeprefix('docs/')})"
    return f"[{source.removeprefix('https://').partition('/')[0]}]({source})"
