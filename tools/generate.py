"""Writes every file that is generated from the code: the spec's schema and page, the capabilities.

`--check` writes nothing and exits with status 1 if a file has drifted, with the first lines that differ.
Golden results of tests are not here: `pytest --update-golden` writes them (`make golden` does both).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from difflib import unified_diff
from pathlib import Path

from fairlead.catalog.model import CapabilityRow, Catalog

REPO = Path(__file__).resolve().parents[1]
SHOWN_LINES = 20
MARKS = {"supported": "yes", "unsupported": "no", "unproven": "unproven"}


def spec_schema() -> str:
    """JSON Schema of the platform spec."""
    from fairlead.spec.schema import schema_text

    return schema_text()


def spec_page() -> str:
    """Reference page of the platform spec."""
    from fairlead.spec.schema import reference

    return reference()


def capabilities_page() -> str:
    """What every target can do, as Markdown: the overview, then the reasons."""
    from fairlead.catalog.read import load

    return capabilities(load())


def capabilities(catalog: Catalog) -> str:
    """The page for a catalogue."""
    targets = sorted(catalog.capabilities)
    names = list(dict.fromkeys(name for target in targets for name in catalog.capabilities[target]))
    lines = [
        "# What each target can do",
        "",
        "Generated from `components/fairlead/catalog/data/capabilities.toml`: change that and `make golden`.",
        "Contract rule C10: nothing is skipped in silence ([the contract](contract.md)).",
        "",
        "`unproven` means that it is built and that no test has shown it.",
        "",
        f"| capability | {' | '.join(targets)} |",
        f"|---|{'---|' * len(targets)}",
    ]
    for name in names:
        cells = [MARKS[catalog.capabilities[target][name].status] for target in targets]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for target in targets:
        lines += ["", f"## {target}", "", f"{catalog.targets[target].title}."]
        lines += ["", "| capability | | why | as of |", "|---|---|---|---|"]
        lines += [_row(name, catalog.capabilities[target][name]) for name in names]
    return "\n".join(lines) + "\n"


def _row(name: str, row: CapabilityRow) -> str:
    return f"| {name} | {MARKS[row.status]} | {row.reason} | {row.date} |"


FILES: Mapping[str, Callable[[], str]] = {
    "components/fairlead/spec/platform.schema.json": spec_schema,
    "docs/spec.md": spec_page,
    "docs/capabilities.md": capabilities_page,
}
"""Path in the repository -> what makes its text."""


def drift(root: Path) -> list[str]:
    """What differs between the files under a root and what they should be, line by line; empty if nothing."""
    found: list[str] = []
    for name, make in FILES.items():
        path, wanted = root / name, make()
        given = path.read_text(encoding="utf-8") if path.is_file() else ""
        if given != wanted:
            diff = unified_diff(given.splitlines(), wanted.splitlines(), name, "generated", lineterm="")
            found += list(diff)[:SHOWN_LINES]
    return found


def write(root: Path) -> list[str]:
    """Writes the files that have drifted; their names."""
    changed: list[str] = []
    for name, make in FILES.items():
        path, wanted = root / name, make()
        if not path.is_file() or path.read_text(encoding="utf-8") != wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            changed.append(name)
    return changed


def main(arguments: list[str] | None = None, root: Path = REPO) -> int:
    """The command. Exit status 1 if `--check` found drift."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if a file has drifted")
    if not parser.parse_args(arguments).check:
        for name in write(root):
            print(f"written: {name}")
        return 0
    found = drift(root)
    if found:
        print(
            "\n".join(
                [*found, "generated files have drifted\n    fix:     make golden, then read the changes"]
            )
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
