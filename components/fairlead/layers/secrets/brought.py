"""What a layer of the platform is brought: its own store, which reads its own part alone, and one ExternalSecret.

The operator may write this one Secret in the layer's namespace, and take a token of this one account.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import EVENTS, binding, role, rule
from fairlead.layers.secrets.place import API, STORE
from fairlead.layers.secrets.rights import operator
from fairlead.layers.secrets.sources import source
from fairlead.layers.secrets.stores import OPERATOR, store
from fairlead.layers.tool import Arrival, Ground
from fairlead.plan.secrets_model import ACCOUNT, WantedSecret

AGAIN = "15m"
"""How often what is kept outside is looked at."""


def objects(ground: Ground, layer: str) -> list[Object]:
    """Of a layer whose namespace stands; none where nothing is brought to it."""
    wanted = ground.plan.secrets.wanted_by(layer)
    if wanted is None:
        return []
    meta = {"namespace": wanted.namespace}
    return [
        role({"name": OPERATOR, **meta}, _rights(wanted)),
        binding({"name": OPERATOR, **meta}, ("Role", OPERATOR), operator()),
        *store(source(ground, wanted.namespace), meta),
        _external(wanted, source(ground, wanted.namespace).keys),
    ]


def arrivals(ground: Ground, layer: str, *kinds: str) -> list[Arrival]:
    """What objects of these kinds of the layer wait for; nothing where nothing is brought to it."""
    wanted = ground.plan.secrets.wanted_by(layer)
    if wanted is None:
        return []
    place = source(ground, wanted.namespace)
    keys = ", ".join(wanted.keys)
    fix = (
        f"keep {place.names}{wanted.name} in {place.place}: a JSON object with {keys}; then run this again"
        " (docs/secrets.md)"
    )
    return [Arrival(_external(wanted, place.keys), kinds, fix)]


def _rights(wanted: WantedSecret) -> list[dict[str, Any]]:
    """No right is told by a name before the object is there, so that making a Secret is allowed under any."""
    return [
        rule(("",), ("secrets",), ("create",)),
        rule(("",), ("secrets",), ("update", "patch", "delete"), (wanted.name,)),
        rule(("",), ("configmaps",), ("get",)),
        rule(("",), ("serviceaccounts/token",), ("create",), (ACCOUNT,)),
        EVENTS,
    ]


def _external(wanted: WantedSecret, begins: str) -> Object:
    """The keys one by one: what is kept beside them stays where it is, and what is not there is named."""
    key = f"{begins}{wanted.name}"
    return {
        "apiVersion": API,
        "kind": "ExternalSecret",
        "metadata": {"name": wanted.name, "namespace": wanted.namespace},
        "spec": {
            "refreshInterval": AGAIN,
            "secretStoreRef": {"kind": "SecretStore", "name": STORE},
            "target": {"name": wanted.name},
            "data": [{"secretKey": one, "remoteRef": {"key": key, "property": one}} for one in wanted.keys],
        },
    }
