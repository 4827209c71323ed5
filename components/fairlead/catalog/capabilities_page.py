"""What every target can do, as tables."""

from __future__ import annotations

from fairlead.catalog.model import CapabilityRow, Catalog

MARKS = {"supported": "yes", "unsupported": "no", "unproven": "unproven"}


def matrix(catalog: Catalog) -> str:
    """Every capability on every target, in one table."""
    targets = sorted(catalog.capabilities)
    lines = [f"| | {' | '.join(targets)} |", f"|---|{'---|' * len(targets)}"]
    return "\n".join([*lines, *_marks(catalog)])


def page(catalog: Catalog) -> str:
    """The overview, then the reasons."""
    targets = sorted(catalog.capabilities)
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
        *_marks(catalog),
    ]
    for target in targets:
        lines += ["", f"## {target}", "", f"{catalog.targets[target].title}."]
        lines += ["", "| capability | | why | as of |", "|---|---|---|---|"]
        lines += [_row(name, catalog.capabilities[target][name]) for name in _names(catalog)]
    return "\n".join(lines) + "\n"


def _names(catalog: Catalog) -> list[str]:
    targets = sorted(catalog.capabilities)
    return list(dict.fromkeys(name for target in targets for name in catalog.capabilities[target]))


def _marks(catalog: Catalog) -> list[str]:
    targets = sorted(catalog.capabilities)
    return [
        f"| {name} | {' | '.join(MARKS[catalog.capabilities[target][name].status] for target in targets)} |"
        for name in _names(catalog)
    ]


def _row(name: str, row: CapabilityRow) -> str:
    return f"| {name} | {MARKS[row.status]} | {row.reason} | {row.date} |"
