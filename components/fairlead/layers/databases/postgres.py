"""One database of a layer: a Cluster of CloudNativePG in the layer's own namespace, and how it is called.

The operator makes the password, the certificates and the authority they come from: neither the objects here nor the
state have them. Field names: v1.30.0, config/crd/bases/postgresql.cnpg.io_clusters.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database, SecretKey
from fairlead.contract.handle import Inside
from fairlead.layers.databases import dumps, fence
from fairlead.layers.databases.place import CLUSTER, GROUP, POSTGRES_PORT
from fairlead.plan.databases_model import DatabasesPlan

RESOURCES = ("100m", "256Mi", "1Gi")
"""Asked for by each server: cpu, memory, most memory."""
SMART_STOP, STOP, SWITCH = 15, 120, 120
"""Seconds: how long a server that stops waits for who is connected; how long it may take altogether; how long a
switch to another server may take. Upstream's are 180, 1800 and 3600: who is connected here connects again."""
TLS_ONLY = "hostnossl all all all reject"
"""Before the operator's own rules, which let passwords through without TLS."""


@dataclass(frozen=True)
class Wanted:
    """A database that a layer asks for."""

    name: str
    """Of the Cluster, its volumes, services and secrets."""
    namespace: str
    """The layer's own."""
    database: str
    """Its name, and that of the role which owns it."""
    users: Sequence[Mapping[str, str]]
    """Labels of the pods that call it."""


def database(wanted: Wanted) -> Database:
    """How pods of the layer call it."""
    return Database(
        host=f"{wanted.name}-rw.{wanted.namespace}.svc",
        port=POSTGRES_PORT,
        name=wanted.database,
        user=wanted.database,
        password=SecretKey(f"{wanted.name}-app", "password"),
        authority=SecretKey(f"{wanted.name}-ca", "ca.crt"),
        reach=[Inside(wanted.namespace, {CLUSTER: wanted.name}, (POSTGRES_PORT,))],
    )


def objects(
    wanted: Wanted, plan: DatabasesPlan, image: str, storage_class: str, selector: Mapping[str, str]
) -> list[Object]:
    """The database, its fence and its copies; selector: labels of the nodes of the platform's own pods."""
    named = (wanted.name, wanted.namespace)
    users = [*wanted.users, *([dumps.labels(wanted.name)] if plan.dumps else [])]
    made = [*fence.database(*named, users), cluster(wanted, plan, image, storage_class, selector)]
    if plan.dumps:
        made += dumps.objects(*named, database(wanted), plan.dumps, image, storage_class, selector)
    return made


def cluster(
    wanted: Wanted, plan: DatabasesPlan, image: str, storage_class: str, selector: Mapping[str, str]
) -> Object:
    """The Cluster alone."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Cluster",
        "metadata": {"name": wanted.name, "namespace": wanted.namespace},
        "spec": {
            "instances": plan.instances,
            "imageName": image,
            "imagePullPolicy": "IfNotPresent",
            "enableSuperuserAccess": False,
            # The budget of a single server would let no node go.
            "enablePDB": plan.instances > 1,
            "bootstrap": {"initdb": _first(wanted.database)},
            "postgresql": {"pg_hba": [TLS_ONLY]},
            "storage": {"size": plan.size, "storageClass": storage_class},
            "affinity": {"nodeSelector": dict(selector), "podAntiAffinityType": "preferred"},
            "resources": _resources(),
            "smartShutdownTimeout": SMART_STOP,
            "stopDelay": STOP,
            "switchoverDelay": SWITCH,
            # A monitor of its own would be for the layer monitoring to choose; its further queries would be as many
            # connections of the administrator's every half minute.
            "monitoring": {"enablePodMonitor": False, "disableDefaultQueries": True},
        },
    }


def _first(name: str) -> dict[str, Any]:
    """How the empty database is made: sorted by bytes, which no release of a system library changes."""
    return {
        "database": name,
        "owner": name,
        "encoding": "UTF8",
        "localeCollate": "C",
        "localeCType": "C",
        "dataChecksums": True,
    }


def _resources() -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}}


def probe(namespace: str) -> Object:
    """A harmless object that the webhooks must answer for before the first database is created."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Cluster",
        "metadata": {"name": "fairlead-probe", "namespace": namespace},
        "spec": {"instances": 1, "storage": {"size": "1Gi"}},
    }
