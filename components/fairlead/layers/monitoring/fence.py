"""Who may call the parts of monitoring, and whom they call."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.monitoring import kubelets
from fairlead.layers.monitoring.place import (
    ALERTMANAGER,
    ALERTMANAGER_PORT,
    ALERTMANAGERS,
    LABELS,
    NAMESPACE,
    OPERATOR,
    OPERATOR_PORT,
    PORT,
    RECLAIMER_LABELS,
    SERVER,
    SERVERS,
    STATES,
    STATES_LABELS,
    STATES_PORT,
)
from fairlead.layers.monitoring.prometheus import doors
from fairlead.layers.objects import DNS, api_server, calling, closed, door, namespaces
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured


def objects(measured: Sequence[Measured], tenants: Sequence[str], above: Sequence[str] = ()) -> list[Object]:
    """KEDA asks the server for what it scales by, and what takes idle accelerators back; else nobody does but
    through the API server's own door.

    tenants: their namespaces; above: namespaces of layers that stand on this one, and ask the server too.
    """
    own = {"podSelector": {"matchLabels": dict(SERVERS)}}
    asking = [
        *namespaces([scaling.NAMESPACE, *above]),
        own,
        {"podSelector": {"matchLabels": dict(RECLAIMER_LABELS)}},
    ]
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(OPERATOR, NAMESPACE, LABELS, [door(OPERATOR_PORT, [own])]),
        closed(ALERTMANAGER, NAMESPACE, ALERTMANAGERS, [door(ALERTMANAGER_PORT, [own])]),
        closed(STATES, NAMESPACE, STATES_LABELS, [door(STATES_PORT, [own])]),
        closed(SERVER, NAMESPACE, SERVERS, [door(PORT, asking)]),
        calling(f"{SERVER}-calls", NAMESPACE, SERVERS, [DNS, api_server([]), *_asked(measured, tenants)]),
    ]


def _asked(measured: Sequence[Measured], tenants: Sequence[str]) -> list[dict[str, object]]:
    """A tenant's pod says itself at which port it is asked; what has a node's address is no pod to a policy."""
    ports = {kubelets.PORT, *(one.port for one in measured if one.of_node)}
    return [
        *({"to": one} for one in [namespaces(tenants)] if one),
        {"ports": [{"protocol": "TCP", "port": port} for port in sorted(ports)]},
        *(
            {"to": namespaces([space]), "ports": [{"protocol": "TCP", "port": port} for port in ports]}
            for space, ports in doors(measured)
        ),
    ]
