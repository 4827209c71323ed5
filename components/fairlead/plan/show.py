"""The plan for the reader: as text, and as JSON for programs. The same plan prints the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fairlead.plan import health_show, show_tenants
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.plan.show_queues import placing, quota
from fairlead.spec.table import table

NONE = "-"


def to_dict(plan: PlatformPlan) -> dict[str, Any]:
    """The plan as plain data: maps, lists, texts, numbers."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(plan), sort_keys=True))
    return plain


def to_json(plan: PlatformPlan) -> str:
    """The plan as JSON, keys sorted, with a newline at the end."""
    return json.dumps(asdict(plan), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def to_text(plan: PlatformPlan) -> str:
    """The plan as text for people, with a newline at the end."""
    sections = (
        _head(plan),
        _pools(plan),
        _software(plan),
        quota(plan.queues),
        placing(plan.queues),
        show_tenants.section(plan),
        _layers(plan),
        health_show.short(plan.health),
        _capabilities(plan),
    )
    return "\n\n".join("\n".join(section) for section in (*sections, _notes(plan)) if section) + "\n"


def _head(plan: PlatformPlan) -> list[str]:
    facts = asdict(plan.site)
    plain = {key: value for key, value in facts.items() if isinstance(value, str) and value}
    settings = "".join(f", {key.replace('_', ' ')} {value}" for key, value in sorted(plain.items()))
    return [
        f"Platform {plan.name}, environment {plan.environment}",
        f"  target {plan.target}, Kubernetes {plan.kubernetes}{settings}",
    ]


def _pools(plan: PlatformPlan) -> list[str]:
    head = ("pool", "nodes", "accelerators", "machine", "cpu", "memory", "capacity", "generation", "why")
    return ["Pools", *table(head, (_pool(pool) for pool in plan.pools))]


def _pool(pool: PoolPlan) -> tuple[str, ...]:
    nodes = str(pool.max_nodes) if pool.min_nodes == pool.max_nodes else f"{pool.min_nodes}..{pool.max_nodes}"
    return (
        pool.name,
        nodes,
        f"{pool.accelerator}:{pool.count}" if pool.accelerator else NONE,
        pool.machine + (" (simulated)" if pool.simulated else ""),
        pool.cpu or "its own",
        pool.memory or "its own",
        ", ".join(rung.capacity for rung in pool.rungs),
        str(pool.generation),
        pool.why,
    )


def _software(plan: PlatformPlan) -> list[str]:
    """Who brings which part of real accelerators' software; nothing where there are none."""
    if not plan.gpu.software:
        return []
    head = ("pool", "driver", "toolkit", "device plugin", "DRA driver", "NVLink domains", "labels", "metrics")
    rows = (
        (
            one.pool,
            one.driver,
            one.toolkit,
            one.device_plugin,
            one.dra_driver,
            one.compute_domains,
            one.discovery,
            one.metrics,
        )
        for one in plan.gpu.software
    )
    return ["Accelerator software, by who brings it", *table(head, rows)]


def _layers(plan: PlatformPlan) -> list[str]:
    rows = (
        (
            layer.name,
            "on" if layer.enabled else "off",
            layer.mode or NONE,
            ", ".join(layer.charts) or NONE,
            ", ".join(layer.needs) or NONE,
            layer.why,
        )
        for layer in plan.layers
    )
    return ["Layers", *table(("layer", "runs", "mode", "charts", "needs", "why"), rows)]


def _capabilities(plan: PlatformPlan) -> list[str]:
    rows = ((row.name, row.status, row.reason or NONE) for row in plan.capabilities)
    return [f"Capabilities of target {plan.target}", *table(("capability", "status", "reason"), rows)]


def _notes(plan: PlatformPlan) -> list[str]:
    return ["Notes", *(f"  {note}" for note in plan.notes)] if plan.notes else []
