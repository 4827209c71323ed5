"""Random platform specs that every single field allows; whether their parts fit together is left open."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

names = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
capacities = st.sampled_from(["reserved", "on-demand", "spot"])
few_accelerators = st.sampled_from(
    ["H100:8", "h100:8", "H100", "L4", "L4:4", "A100-80GB:8", "A100:8", "B200:8", "X1:2"]
)
machines = st.sampled_from(["host", "sim-h100-8", "sim-a100-8", "sim-l4-1", "sim-l4-4", "nothing"])
quantities = st.one_of(
    st.integers(0, 50),
    st.sampled_from(["0", "100m", "500m", "0.25", "1.0005", "2Gi", "4Gi", "1G", "333Mi", "7k"]),
)


def optional(
    keys: dict[str, st.SearchStrategy[Any]], **required: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=keys)


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    pool = draw(
        optional(
            {
                "accelerators": few_accelerators,
                "machine": machines,
                "capacity": capacities,
                "generation": st.integers(1, 999),
            },
            name=names,
            min=st.integers(0, 6),
        )
    )
    most = draw(st.sampled_from([pool["min"], pool["min"], pool["min"] + 2, 1]))
    return {**pool, "max": max(most, 1)}


tenants = optional(
    {
        "groups": st.lists(names, max_size=2),
        "borrow": st.booleans(),
        "preemption": st.sampled_from(["never", "lower-priority"]),
        "pod_security": st.sampled_from(["restricted", "baseline"]),
        "egress": st.lists(st.sampled_from(["10.0.0.0/8", "fd00::/64", "192.168.1.4/32"]), max_size=2),
    },
    name=names,
    quota=optional(
        {
            "accelerators": st.dictionaries(
                st.sampled_from(["H100", "h100", "L4", "A100-80GB", "A100", "MI300X", "none"]),
                st.integers(0, 40),
                max_size=3,
            ),
            "cpu": quantities,
            "memory": quantities,
            "storage": quantities,
            "volumes": st.integers(0, 50),
        }
    ),
)
flags = optional({"enabled": st.sampled_from([True, True, True, False])})
layers = optional({"gpu": flags, "queue": flags, "jobs": flags, "tenancy": flags})


def platforms() -> st.SearchStrategy[Any]:
    """Specs that the model accepts; most have problems between their parts."""
    return optional(
        {"layers": layers},
        name=names,
        environment=names,
        target=optional(
            {"subnet": st.sampled_from(["100.64.77.0/30", "10.0.0.4/30"])}, kind=st.just("local")
        ),
        pools=st.lists(pools(), min_size=1, max_size=4),
        tenants=st.lists(tenants, min_size=1, max_size=3),
    )


GPU_SHAPES = {"H100": 8, "L4": 4, "A100-80GB": 8}


@st.composite
def fitting_platforms(draw: st.DrawFn) -> dict[str, Any]:
    """Specs whose parts fit together: every one of them has a plan."""
    found = [{"name": "system", "min": 1, "max": 1}]
    supply: dict[str, int] = {}
    for place, accelerator in enumerate(draw(st.lists(st.sampled_from(sorted(GPU_SHAPES)), max_size=5))):
        nodes, count = draw(st.integers(1, 6)), GPU_SHAPES[accelerator]
        capacity = draw(capacities)
        pool = {"name": f"pool-{place}", "accelerators": f"{accelerator}:{count}", "capacity": capacity}
        found.append({**pool, "min": nodes, "max": nodes})
        supply[accelerator] = supply.get(accelerator, 0) + nodes * count
    people: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 4))):
        share = {name: draw(st.integers(0, left)) for name, left in supply.items()}
        supply = {name: left - share[name] for name, left in supply.items()}
        quota = {"accelerators": share, "cpu": draw(quantities), "memory": draw(quantities)}
        people.append({"name": f"team-{place}", "borrow": draw(st.booleans()), "quota": quota})
    return {
        "name": draw(names),
        "environment": "dev",
        "target": {"kind": "local"},
        "pools": found,
        "tenants": people,
    }
