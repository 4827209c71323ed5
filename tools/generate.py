"""Writes what is generated: the spec's schema and page, the capabilities, dashboards, tables inside hand-written pages.

`--check` writes nothing and exits with status 1 if a file has drifted, with the first lines that differ, or if
versions of the lock do not fit each other.
Golden results of tests are not here: `pytest --update-golden` writes them (`make golden` does both).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_new import FOLDER as TEMPLATES
from pulumi_new import directories
from resources_page import of_cloud
from resources_page import page as resources_page
from scanners import explained

from dashboards import FILES as DASHBOARDS

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog
    from fairlead.plan.model import PlatformPlan

REPO = Path(__file__).resolve().parents[1]
SHOWN_LINES = 20


def spec_schema() -> str:
    """JSON Schema of the platform spec."""
    from fairlead.spec.schema import schema_text

    return schema_text()


def team_schema() -> str:
    """JSON Schema of a team file."""
    from fairlead.spec.team_schema import schema_text

    return schema_text()


def spec_page() -> str:
    """Reference page of the platform spec."""
    from fairlead.spec.schema import reference

    return reference()


def workload_page() -> str:
    """Reference page of what people send."""
    from fairlead.workload.reference import reference

    return reference()


def capabilities_page() -> str:
    """What every target can do: the overview, then the reasons."""
    from fairlead.catalog.capabilities_page import page
    from fairlead.catalog.read import load

    return page(load())


def matrix() -> str:
    """Every capability on every target, in one table."""
    from fairlead.catalog import capabilities_page, read

    return capabilities_page.matrix(read.load())


def alerts_page() -> str:
    """All alerts by topic."""
    from fairlead.catalog.alerts_page import page
    from fairlead.catalog.read import load

    return page(load().alerts.values())


def runbooks() -> Mapping[str, str]:
    """A page for each alert."""
    from fairlead.catalog import alerts_page, read

    return alerts_page.runbooks(read.load().alerts.values())


def coherence_page() -> str:
    """Every rule about software of accelerators: what it prevents, and who told of it."""
    from fairlead.plan.coherence import RULES
    from fairlead.plan.coherence.rendered import INVARIANTS

    lines = [
        "# What must fit together on accelerator nodes",
        "",
        "Generated from `components/fairlead/plan/coherence`: change that and `make golden`.",
        "Each rule is checked before anything is built; a refusal names the rule. Why it is so:",
        "[ADR 0016](adr/0016-accelerator-software.md).",
        "",
        "| rule | without it | told in |",
        "|---|---|---|",
        *(f"| {one.name} | {one.prevents} | {_thread(one.thread)} |" for one in RULES),
        "",
        "## Of the objects that charts give",
        "",
        "| rule | without it | told in |",
        "|---|---|---|",
        *(f"| {one.name} | {one.prevents} | {_thread(one.thread)} |" for one in INVARIANTS),
    ]
    return "\n".join(lines) + "\n"


def compatibility_page() -> str:
    """Which versions fit which."""
    from fairlead.catalog.compatibility import load
    from fairlead.catalog.compatibility_page import page

    return page(load())


def policies(part: str) -> str:
    """A part of the page about rules: count, rules or references."""
    from fairlead.rules import page

    return getattr(page, part)()


def _thread(url: str) -> str:
    """A link that says which project and which number."""
    project, number = url.removeprefix("https://github.com/").split("/")[1:4:2]
    return f"[{project}#{number}]({url})"


def idle(cloud: str) -> str:
    """What the nodes cost that the cloud's stacks have while nobody works: plan and price table."""
    from fairlead.plan import costs

    lines = ["| stack | region, tables of | nodes that are always there | USD an hour |", "|---|---|---|---|"]
    sources: dict[str, None] = {}
    for stack in STACKS[cloud]:
        plan, target, catalog = _planned(stack)
        there, region = costs.idle(plan), str(target["region"])
        told = ", ".join(
            f"{one.nodes} x {one.machine} at {_price(one.price)}"
            + (" (reserved)" if one.capacity == "reserved" else "")
            for one in there
        )
        known = sum(one.nodes * one.price for one in there if one.price is not None)
        more = "" if all(one.price is not None for one in there) else " and what is not known"
        days = ", ".join(dict.fromkeys(one.date for one in there if one.price is not None))
        lines.append(f"| `{stack}` | {region}, {days} | {told} | {known:.2f}{more} |")
        rows = catalog.prices[cloud].get(region, {})
        sources |= {rows[one.machine].source: None for one in there if one.price is not None}
    return "\n".join([*lines, "", f"Linux, from {'; '.join(sources)}."])


def _price(price: float | None) -> str:
    return "a price that no table has" if price is None else f"{price:.6f}".rstrip("0")


def quotas(cloud: str) -> str:
    """What the cloud's larger stack takes of each quota at its most: plan and machine table."""
    from fairlead.plan import costs

    stack = STACKS[cloud][-1]
    plan, target, catalog = _planned(stack)
    bought: Sequence[str] = target.get("capacity_blocks", ())
    named: dict[tuple[str, str], list[costs.Demand]] = {}
    for one in costs.demands(plan, catalog, bought):
        named.setdefault((one.quota or "no name is known", one.unit), []).append(one)
    lines = [f"For `{stack}` at its most:", "", "| quota | counts | pools | together |", "|---|---|---|---|"]
    for (quota, unit), takers in named.items():
        told = " + ".join(f"{one.pool} {one.nodes} x {one.each}" for one in takers)
        lines.append(f"| {quota} | {unit} | {told} | {sum(one.total for one in takers)} |")
    apart = [pool.name for pool in plan.pools if pool.reservation is not None and pool.reservation in bought]
    return "\n".join(
        [*lines, *(["", f"Not of these: {', '.join(apart)}, a Capacity Block."] if apart else [])]
    )


def _planned(stack: str) -> tuple[PlatformPlan, Mapping[str, Any], Catalog]:
    """The plan of a stack, the target in its configuration, and the catalogue."""
    from fairlead.catalog.read import load
    from fairlead.plan.load import load_merged
    from fairlead.spec.layers import resolve_stack

    merged, catalog = resolve_stack(REPO / "stacks", stack), load()
    return load_merged(merged, stack, catalog), merged.value["target"], catalog


STACKS: Mapping[str, Sequence[str]] = {
    cloud: (f"{cloud}-dev", f"{cloud}-prod") for cloud in ("aws", "azure", "gcp")
}
"""Cloud -> its sample stacks, the larger one last."""

BLOCKS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"capabilities": matrix},
    "docs/scanners.md": {"explained": explained},
    "docs/policies.md": {part: partial(policies, part) for part in ("count", "rules", "references")},
    **{
        f"docs/{cloud}.md": {
            "resources": partial(of_cloud, stacks[-1]),
            "idle": partial(idle, cloud),
            "quotas": partial(quotas, cloud),
        }
        for cloud, stacks in STACKS.items()
    },
}
"""Path of a hand-written page -> name of a block in it -> what makes the block's text."""


def with_blocks(name: str) -> str:
    """A hand-written page with its blocks made anew: between `<!-- NAME -->` and `<!-- /NAME -->`."""
    text = (REPO / name).read_text(encoding="utf-8")
    for block, make in BLOCKS[name].items():
        begin, end = f"<!-- {block} -->", f"<!-- /{block} -->"
        before, mark, rest = text.partition(begin)
        _, other, after = rest.partition(end)
        if not mark or not other:
            raise ValueError(f"{name} has no block {begin} … {end}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


FILES: Mapping[str, Callable[[], str]] = {
    "components/fairlead/spec/platform.schema.json": spec_schema,
    "components/fairlead/spec/tenant.schema.json": team_schema,
    "docs/spec.md": spec_page,
    "docs/workload.md": workload_page,
    "docs/resources.md": resources_page,
    "docs/alerts.md": alerts_page,
    "docs/capabilities.md": capabilities_page,
    "docs/coherence.md": coherence_page,
    "docs/compatibility.md": compatibility_page,
    **DASHBOARDS,
    **{name: partial(with_blocks, name) for name in BLOCKS},
}
"""Path in the repository -> what makes its text."""
FOLDERS: Mapping[str, Callable[[], Mapping[str, str]]] = {"docs/runbooks": runbooks, TEMPLATES: directories}
"""Folder in which nothing else lies -> what makes the texts of its files, by their paths."""


def texts() -> Mapping[str, str]:
    """Path in the repository -> what the file should be."""
    found = {name: make() for name, make in FILES.items()}
    return {**found, **{name: text for make in FOLDERS.values() for name, text in make().items()}}


def left(root: Path, wanted: Mapping[str, str]) -> list[str]:
    """Files in those folders that nothing makes any more."""
    there = (path for name in FOLDERS for path in sorted((root / name).rglob("*")))
    # What Python and pytest leave beside a template's tests is not of ours.
    files = (
        path for path in there if path.is_file() and not {"__pycache__", ".pytest_cache"} & {*path.parts}
    )
    return [name for path in files if (name := path.relative_to(root).as_posix()) not in wanted]


def drift(root: Path) -> list[str]:
    """What differs between the files under a root and what they should be, line by line; empty if nothing."""
    every = texts()
    found = [f"{name}: nothing makes this file any more" for name in left(root, every)]
    for name, wanted in every.items():
        path = root / name
        given = path.read_text(encoding="utf-8") if path.is_file() else ""
        if given != wanted:
            diff = unified_diff(given.splitlines(), wanted.splitlines(), name, "generated", lineterm="")
            found += list(diff)[:SHOWN_LINES]
    return found


def misfits() -> list[str]:
    """Versions of the lock that do not fit each other."""
    from fairlead.plan.compatibility import lock_problems

    return [str(problem) for problem in lock_problems()]


def write(root: Path) -> list[str]:
    """Writes the files that have drifted, and removes those that nothing makes; their names."""
    every = texts()
    changed = left(root, every)
    for name in changed:
        (root / name).unlink()
    for name, wanted in every.items():
        path = root / name
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
        found.append("generated files have drifted\n    fix:     make golden, then read the changes")
    found += misfits()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
