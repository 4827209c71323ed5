"""Who may call the parts of monitoring, and whom they call."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.monitoring.place import (
    LABELS,
    NAMESPACE,
    OPERATOR,
    OPERATOR_PORT,
    PORT,
    SERVER,
    SERVERS,
)
from fairlead.layers.monitoring.prometheus import doors
from fairlead.layers.objects import DNS, api_server, calling, closed, door, namespaces
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured


def objects(measured: Sequence[Measured]) -> list[Object]:
    """KEDA asks the server for what it scales by; else nobody does but through the API server's own door."""
    own = {"podSelector": {"matchLabels": dict(SERVERS)}}
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(OPERATOR, NAMESPACE, LABELS, [door(OPERATOR_PORT, [own])]),
        closed(SERVER, NAMESPACE, SERVERS, [door(PORT, [*namespaces([scaling.NAMESPACE]), own])]),
        calling(f"{SERVER}-calls", NAMESPACE, SERVERS, [DNS, api_server([]), *_asked(measured)]),
    ]


def _asked(measured: Sequence[Measured]) -> list[dict[str, object]]:
    return [
        {"to": namespaces([space]), "ports": [{"protocol": "TCP", "port": port} for port in ports]}
        for space, ports in doors(measured)
    ]
