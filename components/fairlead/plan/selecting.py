"""Node labels that jobs of an accelerator must name on this target, beside the accelerator itself.

A job never says them: the runtime of its accelerator does (`workload.runtime`), so the job stays the same
everywhere. Where pools of one accelerator differ, one runtime cannot say it for all: nothing is said then, and
a note of the plan tells so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.plan.model import PoolPlan, Site


def selectors(pools: Sequence[PoolPlan], site: Site) -> dict[str, Mapping[str, str]]:
    """Accelerator, as jobs ask for it -> node labels of all its pools."""
    asked = _asked(pools, site)
    return {name: found[0] for name, found in asked.items() if found[0] and len(found) == 1}


def notes(pools: Sequence[PoolPlan], site: Site) -> Iterator[str]:
    """Accelerators whose pools differ."""
    for name, found in _asked(pools, site).items():
        if len(found) > 1:
            said = " or ".join(
                ", ".join(f"{key}={value}" for key, value in one.items()) or "none" for one in found
            )
            yield f"Jobs of {name} get no node selector, for its pools differ ({said}): give them one shape each."


def _asked(pools: Sequence[PoolPlan], site: Site) -> dict[str, list[Mapping[str, str]]]:
    """Accelerator -> the selectors of its pools, each once."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for pool in (pool for pool in pools if pool.asked_as):
        mine = found.setdefault(pool.asked_as or "", [])
        selector = site.pod_selector(pool)
        if selector not in mine:
            mine.append(selector)
    return found
