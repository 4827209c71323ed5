"""Copies of a database: `pg_dump` by the clock, onto a volume beside it, the oldest away when there are enough.

A dump is read by `pg_restore` of the same major version or a later one; docs/databases.md says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database
from fairlead.layers.databases import client
from fairlead.layers.objects import DNS, SEALED, calling, outward, unprivileged
from fairlead.plan.databases_model import DumpsPlan

USER = 26
"""As the image has it."""
FOLDER = "/dumps"
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
LONGEST_SECONDS = 3600
"""A dump that takes longer has stopped: the next one is not to wait for it."""
SCRIPT = """\
set -eu
cd "$1"
rm -f -- *.part
tries=0
until pg_isready -q -t 5; do
  tries=$((tries + 1)); [ "$tries" -lt 30 ] || exit 1
  sleep 2
done
made=$(date -u +%Y%m%dT%H%M%SZ)
pg_dump --format=custom --file="$made.part"
mv -- "$made.part" "$made.dump"
ls -1 | head -n -"$2" | while read -r old; do rm -- "$old"; done
"""
"""Arguments: the folder, how many are kept. A dump that breaks off is no dump: it has its name when it is whole.

A new pod is refused until the policy engine knows its address.
"""


def labels(name: str) -> Mapping[str, str]:
    """Labels of the pods that copy this database."""
    return {"app.kubernetes.io/name": _named(name)}


def objects(
    name: str,
    namespace: str,
    database: Database,
    plan: DumpsPlan,
    image: str,
    storage_class: str,
    selector: Mapping[str, str],
) -> list[Object]:
    """The volume, the clock and the fence; name: of the database's Cluster."""
    meta = {"name": _named(name), "namespace": namespace}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": plan.size}},
    }
    return [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": claim},
        calling(_named(name), namespace, labels(name), [DNS, *(outward(one) for one in database.reach)]),
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": meta,
            "spec": _clock(name, database, plan, image, selector),
        },
    ]


def _named(name: str) -> str:
    return f"{name}-dumps"


def _clock(
    name: str, database: Database, plan: DumpsPlan, image: str, selector: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "schedule": plan.schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": LONGEST_SECONDS,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 2,
                "activeDeadlineSeconds": LONGEST_SECONDS,
                "template": {
                    "metadata": {"labels": dict(labels(name))},
                    "spec": _pod(name, database, plan, image, selector),
                },
            }
        },
    }


def _pod(
    name: str, database: Database, plan: DumpsPlan, image: str, selector: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "securityContext": {**unprivileged(USER), "fsGroup": USER, "fsGroupChangePolicy": "OnRootMismatch"},
        "containers": [
            {
                "name": "dump",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/sh", "-c", SCRIPT, "dump", FOLDER, str(plan.keep)],
                "env": client.environment(database),
                "resources": RESOURCES,
                "securityContext": dict(SEALED),
                "volumeMounts": [{"name": "dumps", "mountPath": FOLDER}, client.mount()],
            }
        ],
        "volumes": [
            {"name": "dumps", "persistentVolumeClaim": {"claimName": _named(name)}},
            client.volume(database),
        ],
    }
