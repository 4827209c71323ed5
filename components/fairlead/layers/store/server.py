"""The store's one process: master, volume server, filer and S3 gateway of SeaweedFS in a pod with a volume.

Options after the module github.com/seaweedfs/seaweedfs, weed/command/server.go. Only S3 and metrics are to be reached
from outside the pod: the rest of SeaweedFS asks nobody who he is, and listens on the loopback device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import SEALED, unprivileged
from fairlead.layers.store import access
from fairlead.layers.store.place import LABELS, METRICS_PORT, NAME, PORT, USER, metadata
from fairlead.plan.store_model import StorePlan

CONFIG = "/etc/store"
DATA = "/data"
RUN = "/tmp"  # noqa: S108 - a directory of the container, not of this machine
"""The parts of the process speak to each other by sockets there; nothing in it outlives the pod."""
VOLUME_MB = 1024
"""Size of a file that objects are packed into. Each bucket begins with one."""
MOST_VOLUMES = 1000
TRIES = 60
"""How often the start asks whether the server answers, before the pod is begun anew."""
RESOURCES = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}}

START = f"""\
set -eu
umask 077
if [ ! -s {DATA}/signing-key ]; then
  head -c 32 /dev/urandom | base64 | tr -d '\\n' > {DATA}/signing-key.new
  mv {DATA}/signing-key.new {DATA}/signing-key
fi
cat {CONFIG}/before {DATA}/signing-key {CONFIG}/behind > {RUN}/access.json
exec weed -logtostderr=true server -dir={DATA} -ip=127.0.0.1 -ip.bind=127.0.0.1 \\
  -master.telemetry=false -master.volumeSizeLimitMB={VOLUME_MB} -volume.max={MOST_VOLUMES} \\
  -volume.minFreeSpace=5 -volume.preStopSeconds=1 -filer -s3 -s3.ip.bind=0.0.0.0 -s3.port={PORT} \\
  -s3.iam.config={RUN}/access.json -s3.iam=false -s3.port.iceberg=0 -s3.port.lance=0 \\
  -s3.autoCreateBucket=false -s3.allowDeleteBucketNotEmpty=false \\
  -metricsIp=0.0.0.0 -metricsPort={METRICS_PORT}
"""
"""The key is made once and stays with the objects: sessions outlive a restart."""


def buckets(plan: StorePlan) -> str:
    """A script that makes what is missing of the buckets; the pod is ready only behind it."""
    names = " ".join(share.bucket for share in plan.shares)
    return f"""\
set -eu
ask() {{ echo "$1" | weed -logtostderr=true shell -master=127.0.0.1:9333; }}
tries=0
until ask s3.bucket.list > {RUN}/buckets; do
  tries=$((tries + 1))
  [ "$tries" -lt {TRIES} ]
  sleep 1
done
for name in {names}; do
  grep -q "^ *$name[[:space:]]" {RUN}/buckets || ask "s3.bucket.create -name $name"
done
"""


def objects(plan: StorePlan, image: str, system: Mapping[str, str], storage_class: str) -> Sequence[Object]:
    """ConfigMap, Services and StatefulSet."""
    before, behind = access.halves(plan)
    data = {"before": before, "behind": behind, "start": START, "buckets": buckets(plan)}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(), "data": data},
        _service(),
        _set(plan, image, system, storage_class, data),
    ]


def _service() -> Object:
    ports = [("s3", PORT), ("metrics", METRICS_PORT)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(),
        "spec": {
            "selector": dict(LABELS),
            "ports": [
                {"name": name, "protocol": "TCP", "port": port, "targetPort": port} for name, port in ports
            ],
        },
    }


def _set(
    plan: StorePlan, image: str, system: Mapping[str, str], storage_class: str, data: Mapping[str, str]
) -> Object:
    # It reads its settings when it starts: another text makes another pod.
    told = hashlib.sha256("\n".join(data.values()).encode()).hexdigest()
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": plan.size}},
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(),
        "spec": {
            "serviceName": NAME,
            "replicas": 1,
            "selector": {"matchLabels": dict(LABELS)},
            "template": {
                "metadata": {"labels": dict(LABELS), "annotations": {"fairlead.dev/settings": told}},
                "spec": _pod(image, system),
            },
            "volumeClaimTemplates": [claim],
        },
    }


def _pod(image: str, system: Mapping[str, str]) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": dict(system),
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            **unprivileged(USER),
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
        },
        "containers": [_container(image)],
        "volumes": [
            {"name": "config", "configMap": {"name": NAME}},
            {"name": "cluster", "configMap": {"name": "kube-root-ca.crt"}},
            {"name": "run", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _container(image: str) -> dict[str, Any]:
    return {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", f"{CONFIG}/start"],
        # A bucket of a store of one node needs one file, not seven.
        "env": [{"name": "WEED_MASTER_VOLUME_GROWTH_COPY_1", "value": "1"}, {"name": "HOME", "value": RUN}],
        "lifecycle": {"postStart": {"exec": {"command": ["/bin/sh", f"{CONFIG}/buckets"]}}},
        "ports": [
            {"name": "s3", "containerPort": PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {
            "httpGet": {"path": "/healthz", "port": PORT},
            "periodSeconds": 2,
            "timeoutSeconds": 5,
        },
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": PORT},
            "initialDelaySeconds": 60,
            "periodSeconds": 20,
            "timeoutSeconds": 10,
        },
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
        "volumeMounts": [
            {"name": "data", "mountPath": DATA},
            {"name": "config", "mountPath": CONFIG, "readOnly": True},
            {"name": "cluster", "mountPath": access.CA_FOLDER, "readOnly": True},
            {"name": "run", "mountPath": RUN},
        ],
    }
