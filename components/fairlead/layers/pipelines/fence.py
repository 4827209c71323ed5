"""Who may call the programs, whom they may call, and which doors a tenant's fence has to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside
from fairlead.layers.objects import (
    DNS,
    MONITORING,
    api_server,
    calling,
    closed,
    door,
    namespaces,
    outward,
)
from fairlead.layers.pipelines.place import (
    AGENT,
    API,
    GRPC,
    HTTP,
    METADATA,
    METADATA_PORT,
    METRICS_PORT,
    SCHEDULES,
    STEP,
    labels,
)
from fairlead.plan.pipelines_model import NAMESPACE, PipelinesDatabasePlan

DOORS = Inside(NAMESPACE, labels(API), (HTTP, GRPC))
"""The API, for who calls it."""


def objects(spaces: Sequence[str], database: PipelinesDatabasePlan, ranges: Sequence[str]) -> list[Object]:
    """spaces: namespaces of the tenants; ranges: where Kubernetes' own API is."""
    kubernetes, mysql = api_server(ranges), _to(database.port, database.ranges)
    controllers = [_pods(AGENT), _pods(SCHEDULES)]
    tenants, steps = _tenants(spaces, {}), _tenants(spaces, STEP)
    return [
        closed("default-deny", NAMESPACE, {}),
        calling("calls-nobody", NAMESPACE, {}, []),
        closed(
            API,
            NAMESPACE,
            labels(API),
            [door(HTTP, [*tenants, *controllers, MONITORING]), door(GRPC, [*tenants, *controllers])],
        ),
        closed(METADATA, NAMESPACE, labels(METADATA), [door(METADATA_PORT, steps)] if steps else []),
        closed(SCHEDULES, NAMESPACE, labels(SCHEDULES), [door(METRICS_PORT, [MONITORING])]),
        calling(f"{API}-calls", NAMESPACE, labels(API), [DNS, kubernetes, mysql]),
        calling(f"{METADATA}-calls", NAMESPACE, labels(METADATA), [DNS, mysql]),
        *(
            calling(f"{one}-calls", NAMESPACE, labels(one), [DNS, kubernetes, outward(DOORS)])
            for one in (AGENT, SCHEDULES)
        ),
    ]


def of_tenant(namespace: str) -> list[Object]:
    """A tenant's pods call the API, and those of runs the store of metadata too."""
    records = Inside(NAMESPACE, labels(METADATA), (METADATA_PORT,))
    return [
        calling("pipelines", namespace, {}, [outward(DOORS)]),
        calling("pipelines-steps", namespace, STEP, [outward(records)]),
    ]


def _tenants(spaces: Sequence[str], pods: Mapping[str, str]) -> list[Mapping[str, Any]]:
    chosen = {"podSelector": {"matchLabels": dict(pods)}} if pods else {}
    return [{**peer, **chosen} for peer in namespaces(spaces)]


def _pods(program: str) -> Mapping[str, Any]:
    return {"podSelector": {"matchLabels": labels(program)}}


def _to(port: int, ranges: Sequence[str]) -> Mapping[str, Any]:
    """This port, in these ranges; without ranges at any address."""
    ports = {"ports": [{"protocol": "TCP", "port": port}]}
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in ranges]
    return {**ports, "to": peers} if peers else ports
