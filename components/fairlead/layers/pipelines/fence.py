"""Who may call the programs, whom they may call, and which doors a tenant's fence has to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside
from fairlead.layers.objects import API_PORTS, DNS, MONITORING, calling, closed, door, outward
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


def objects(
    namespaces: Sequence[str], database: PipelinesDatabasePlan, api_server: Sequence[str]
) -> list[Object]:
    """namespaces: of the tenants; api_server: ranges of Kubernetes' own, none: any address, on its ports alone."""
    kubernetes, mysql = _to(API_PORTS, api_server), _to((database.port,), database.ranges)
    controllers = [_pods(AGENT), _pods(SCHEDULES)]
    tenants, steps = _tenants(namespaces, {}), _tenants(namespaces, STEP)
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


def _tenants(namespaces: Sequence[str], pods: Mapping[str, str]) -> list[Mapping[str, Any]]:
    if not namespaces:
        return []
    chosen = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(namespaces)}
    peer: dict[str, Any] = {"namespaceSelector": {"matchExpressions": [chosen]}}
    return [{**peer, "podSelector": {"matchLabels": dict(pods)}} if pods else peer]


def _pods(program: str) -> Mapping[str, Any]:
    return {"podSelector": {"matchLabels": labels(program)}}


def _to(ports: Sequence[int], ranges: Sequence[str]) -> Mapping[str, Any]:
    """These ports, in these ranges; without ranges at any address."""
    open_ports = [{"protocol": "TCP", "port": port} for port in ports]
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in ranges]
    return {"ports": open_ports, "to": peers} if peers else {"ports": open_ports}
