"""What fetches a model before its server starts, from where its address says, signed in as the tenant.

A model of the registry is fetched by MLflow's own client, which knows what an alias stands for and where artefacts lie.

Address forms: charts/kserve-resources/files/common/storagecontainer.yaml of github.com/kserve/kserve v0.20.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.serving.place import CONFINED, OLD
from fairlead.plan.serving_model import REGISTRY
from fairlead.plan.store_model import AccountToken
from fairlead.workload.signing import VOLUME

RESOURCES: Mapping[str, Any] = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "1", "memory": "1Gi"},
}
KIND = "ClusterStorageContainer"
PREFIXES = ("s3://", "gs://", "hf://")
REGEXES = (
    r"https://(.+?).blob.core.windows.net/(.+)",
    r"https://(.+?).file.core.windows.net/(.+)",
    r"https?://(.+)/(.+)",
)


def container(image: str, token: AccountToken | None) -> Object:
    """token: of the pod's account, where the target gives pods nothing by itself; servers bring its volume."""
    # Where the tenant's part of the object store is: contract rule C4.
    box = _box(image, {"name": labels.OBJECT_STORE, "optional": True})
    if token is not None:
        box["volumeMounts"] = [{"name": VOLUME, "mountPath": token.folder, "readOnly": True}]
    forms = [*({"prefix": one} for one in PREFIXES), *({"regex": one} for one in REGEXES)]
    return _fetches("fairlead", box, forms, several=True)


def registry(image: str) -> Object:
    """For models of the registry. image: one with MLflow's client.

    The tenant's ConfigMap says where the registry is, and as whose workspace it is asked. KServe gives two arguments:
    the model's address and the folder.
    """
    box = {
        **_box(image, {"name": labels.TRACKING}),
        "command": ["/bin/sh", "-c", 'exec python3 -m mlflow artifacts download -u "$0" -d "$1"'],
        # The user of a server is not the one of the image: its home is not ours to write.
        "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108 - a directory of the container
    }
    return _fetches("fairlead-registry", box, [{"prefix": REGISTRY}], several=False)


def _box(image: str, where: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "storage-initializer",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": RESOURCES,
        "envFrom": [{"configMapRef": dict(where)}],
        "securityContext": dict(CONFINED),
    }


def _fetches(
    name: str, box: Mapping[str, Any], forms: Sequence[Mapping[str, str]], *, several: bool
) -> Object:
    """several: whether one run fetches all models of a server that has more than one."""
    return {
        "apiVersion": OLD,
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {
            "container": dict(box),
            "supportedUriFormats": list(forms),
            "supportsMultiModelDownload": several,
            "workloadType": "initContainer",
        },
    }
