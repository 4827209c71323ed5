"""What fetches a model before its server starts, from where its address says, signed in as the tenant.

Address forms: charts/kserve-resources/files/common/storagecontainer.yaml of github.com/kserve/kserve v0.20.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.serving.place import CONFINED, OLD
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
    box: dict[str, Any] = {
        "name": "storage-initializer",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": RESOURCES,
        # Where the tenant's part of the object store is: contract rule C4.
        "envFrom": [{"configMapRef": {"name": labels.OBJECT_STORE, "optional": True}}],
        "securityContext": dict(CONFINED),
    }
    if token is not None:
        box["volumeMounts"] = [{"name": VOLUME, "mountPath": token.folder, "readOnly": True}]
    forms = [*({"prefix": one} for one in PREFIXES), *({"regex": one} for one in REGEXES)]
    spec = {
        "container": box,
        "supportedUriFormats": forms,
        "supportsMultiModelDownload": True,
        "workloadType": "initContainer",
    }
    return {
        "apiVersion": OLD,
        "kind": KIND,
        "metadata": {"name": "fairlead"},
        "spec": spec,
    }
