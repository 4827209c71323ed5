"""Who may call OpenCost, and whom it calls.

It asks nobody who calls, passes any query on to Prometheus and takes settings: only Prometheus gets in, and who may
use the API server's own door.
"""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside
from fairlead.layers.monitoring import place as monitoring
from fairlead.layers.objects import DNS, api_server, calling, closed, door, outward, pods_of
from fairlead.layers.opencost.place import LABELS, NAME, NAMESPACE, PORT


def objects() -> list[Object]:
    """The namespace is closed, in both directions but for this."""
    server = Inside(monitoring.NAMESPACE, monitoring.SERVERS, (monitoring.PORT,))
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(NAME, NAMESPACE, LABELS, [door(PORT, [pods_of(monitoring.NAMESPACE, monitoring.SERVERS)])]),
        calling(f"{NAME}-calls", NAMESPACE, {}, [DNS, api_server([]), outward(server)]),
    ]
