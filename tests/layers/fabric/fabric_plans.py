"""Plans whose jobs get a fast network, one for each network and way to get it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from support.clouds import cloud_plan

from fairlead.catalog import lock
from fairlead.plan.model import PlatformPlan

IMAGES = {name: row.pinned for name, row in lock.images().items()}
PERMITTED = {"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}, "host_access": ["fabric"]}
OTHER = {"name": "team-b", "quota": {"cpu": "1", "memory": "1Gi"}}


def pool(name: str = "fast", accelerators: str = "H100:8", **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": accelerators, "min": 2, "max": 2, **more}


@cache
def plans() -> Mapping[str, PlatformPlan]:
    """Every network between nodes that jobs can get."""
    high = pool(machine="a3-highgpu-8g", capacity="spot")
    mega = pool(machine="a3-megagpu-8g", capacity="spot")
    ultra = pool("ultra", "H200:8", machine="a3-ultragpu-8g", capacity="spot", zones=["us-central1-b"])
    given: dict[str, Any] = {"tenants": [PERMITTED, OTHER]}
    return {
        "efa": cloud_plan("aws", pool()),
        "infiniband": cloud_plan("azure", pool()),
        "others' infiniband": cloud_plan("azure", pool(rdma={"resources": {"rdma/ib": 8}})),
        "nvlink": cloud_plan("azure", pool("rack", "GB200:4")),
        "tcpx": cloud_plan("gcp", high, **given),
        "tcpxo": cloud_plan("gcp", mega, **given),
        "tcpxo beside rdma": cloud_plan("gcp", mega, ultra, **given),
        "rdma": cloud_plan("gcp", ultra),
    }
