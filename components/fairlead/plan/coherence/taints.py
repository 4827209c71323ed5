"""Taints and tolerations: each taint once, and nothing that tolerates everything."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import LAYER, Facts, Rule


def _twice(facts: Facts) -> Iterator[Problem]:
    """A row of the catalogue that repeats the taint of contract rule C2: a target accepts a key only once."""
    for row in facts.catalog.taints.values():
        for one in facts.pools:
            if (row.target, row.key, row.effect) == (facts.target, one.accelerator.resource, "NoSchedule"):
                what = f"nodes of pool {one.pool.name} carry this taint already: contract rule C2"
                yield Problem(f"taints.toml [{row.name}] key", what, row.key, fix="remove the row")
                return


def _wildcard(facts: Facts) -> Iterator[Problem]:
    for place, one in enumerate(facts.gpu.tolerations):
        if one.key is None:
            what = "tolerates every taint, that of a drain too: an evicted pod is back at once"
            fix = "write the key of the taint that your nodes carry"
            yield Problem(f"{LAYER}.tolerations[{place}].key", what, "", "a key", fix)


RULES = (
    Rule(
        "taint-once",
        "the target refuses the node pool: more than one taint with key nvidia.com/gpu and effect NO_SCHEDULE",
        "https://github.com/hashicorp/terraform-provider-google/issues/7928",
        _twice,
    ),
    Rule(
        "toleration-no-wildcard",
        "admission folds all tolerations into the wildcard, and a drain evicts and remakes the pods for ever",
        "https://github.com/NVIDIA/nodewright/issues/296",
        _wildcard,
    ),
)
