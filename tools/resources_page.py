"""What stacks declare, by type, from the golden results that the tests hold them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
STACKS = ("local", "onprem", "aws-dev", "aws-prod", "gcp-dev", "gcp-prod", "azure-dev", "azure-prod")
NO_RESOURCE = ("fairlead:", "pulumi:")
"""Components and what the engine makes for itself: nothing that anybody else sees."""
HEAD = """\
# What stacks declare

Every type of resource of the sample stacks, and how many of it each declares. Generated from `tests/golden`, which
the tests hold the stacks to. With all inputs: `fairlead resources -s STACK`; by name, for each cloud: [AWS](aws.md),
[Google Cloud](gcp.md), [Azure](azure.md). Types that begin with `kubernetes:` are objects in the cluster, those of
charts among them.
"""


def declared(stack: str) -> Mapping[str, Sequence[str]]:
    """Type -> the names of the stack's resources of it."""
    found: dict[str, list[str]] = {}
    for line in (GOLDEN / stack / "resources.txt").read_text(encoding="utf-8").splitlines():
        kind, _, name = line.partition(" [")[0].rpartition("::")
        kind = kind.rpartition("$")[2]
        if line[:1].strip() and not kind.startswith(NO_RESOURCE):
            found.setdefault(kind, []).append(name)
    return found


def of_cloud(stack: str) -> str:
    """The table of what a stack declares at its cloud, with names."""
    found = {kind: names for kind, names in declared(stack).items() if not kind.startswith("kubernetes:")}
    lines = [f"Stack `{stack}`, {sum(map(len, found.values()))} resources of the cloud:", ""]
    lines += ["| type | count | names |", "|---|---|---|"]
    lines += [f"| `{kind}` | {len(names)} | {_some(names)} |" for kind, names in sorted(found.items())]
    return "\n".join(lines)


def page() -> str:
    """The page of all stacks: a row for each type."""
    by_stack = {stack: declared(stack) for stack in STACKS}
    kinds = sorted({kind for found in by_stack.values() for kind in found})
    counts = {kind: [len(found.get(kind, ())) for found in by_stack.values()] for kind in kinds}
    totals = [sum(map(len, found.values())) for found in by_stack.values()]
    lines = [HEAD, f"| type | {' | '.join(STACKS)} |", f"|---|{'---:|' * len(STACKS)}"]
    lines += [f"| `{kind}` | {' | '.join(str(one or '') for one in counts[kind])} |" for kind in kinds]
    lines.append(f"| **all** | {' | '.join(f'**{one}**' for one in totals)} |")
    return "\n".join(lines) + "\n"


def _some(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
