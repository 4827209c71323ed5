"""The wrong platform specs of tests/spec/bad and what each of them says about itself in its header.

`# expect: PATH | WORDS`, one line per problem, in the order in which they are reported. The path is
that of the problem (`@`: the file and a line; `line `: a line and column of it), the words are in it.
`# schema: accepts`: only the plan can see it; `refuses`: so does the JSON Schema; `cannot tell`: the
model sees it, JSON Schema has no words for it; `no data`: the file is no spec that could be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("bad")
VERDICTS = ("accepts", "refuses", "cannot tell", "no data")


@dataclass(frozen=True)
class BadSpec:
    """One wrong file."""

    path: Path
    expects: tuple[tuple[str, str], ...]
    schema: str


def all_bad_specs() -> list[BadSpec]:
    return [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]


def _read(path: Path) -> BadSpec:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
    expects = [
        line.removeprefix("# expect: ").split(" | ", 1) for line in head if line.startswith("# expect: ")
    ]
    (verdict,) = [line.removeprefix("# schema: ") for line in head if line.startswith("# schema: ")]
    assert expects, f"{path} expects nothing"
    assert verdict in VERDICTS, f"{path} has the unknown verdict {verdict}"
    return BadSpec(path, tuple((where, words) for where, words in expects), verdict)
