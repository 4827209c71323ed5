"""Volumes of the local target: directories of the real node under the contract's storage classes (C4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead.targets.local.network import NOBODY, SEALED, access

NAMESPACE = "fairlead-storage"
PROVISIONER = "fairlead.dev/local-path"
CLASSES = {"fairlead-block": "fairlead-block", "fairlead-shared": "fairlead-shared"}
"""C4: contract name -> class in this cluster."""
SETUP = '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n'
TEARDOWN = '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n'

Object = Mapping[str, Any]


def config(root: str) -> str:
    """The provisioner's configuration: a block volume belongs to one node, a shared one to all."""
    everywhere = [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [f"{root}/block"]}]
    classes = {
        "fairlead-block": {"nodePathMap": everywhere},
        "fairlead-shared": {"sharedFileSystemPath": f"{root}/shared"},
    }
    return json.dumps({"storageClassConfigs": classes}, indent=1)


def helper_pod(image: str, selector: Mapping[str, str]) -> str:
    """The pod that makes and removes a volume's directory, as root: the directories are the node's."""
    box = {
        "name": "helper",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    # A shared volume's helper is bound to no node, and on a simulated one it would do nothing.
    spec = {"nodeSelector": dict(selector), "containers": [box], "priorityClassName": "system-node-critical"}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "helper"}, "spec": spec})


def _rules() -> list[Mapping[str, Any]]:
    see = ["get", "list", "watch"]
    change = [*see, "create", "patch", "update", "delete"]
    return [
        {
            "apiGroups": [""],
            "resources": ["nodes", "persistentvolumeclaims", "pods", "configmaps"],
            "verbs": see,
        },
        {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": change},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": see},
    ]


def _own_namespace() -> list[Object]:
    """Helper pods and the provisioner's own configuration are reached in its namespace only."""
    group, name = "rbac.authorization.k8s.io", "local-path-provisioner"
    meta = {"name": name, "namespace": NAMESPACE}
    rules = [
        {
            "apiGroups": [""],
            "resources": ["pods"],
            "verbs": ["get", "list", "watch", "create", "patch", "update", "delete"],
        },
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get", "list", "watch"]},
    ]
    reference = {"apiGroup": group, "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
    return [
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": reference,
            "subjects": [subject],
        },
    ]


def _deployment(image: str, selector: Mapping[str, str]) -> Object:
    chosen = {"app": "local-path-provisioner"}
    box = {
        "name": "provisioner",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "start",
            "--config=/etc/config/config.json",
            f"--provisioner-name={PROVISIONER}",
            f"--namespace={NAMESPACE}",
            "--configmap-name=local-path-config",
            "--service-account-name=local-path-provisioner",
        ],
        "env": [
            {"name": "POD_NAMESPACE", "value": NAMESPACE},
            {"name": "CONFIG_MOUNT_PATH", "value": "/etc/config/"},
        ],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/config", "readOnly": True}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": dict(SEALED),
    }
    pod = {
        "serviceAccountName": "local-path-provisioner",
        "securityContext": dict(NOBODY),
        "nodeSelector": dict(selector),
        "containers": [box],
        "volumes": [{"name": "config", "configMap": {"name": "local-path-config"}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "local-path-provisioner", "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": chosen},
            "template": {"metadata": {"labels": chosen}, "spec": pod},
        },
    }


def _class(name: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": PROVISIONER,
        "volumeBindingMode": "WaitForFirstConsumer" if name == "fairlead-block" else "Immediate",
        "reclaimPolicy": "Delete",
    }


def objects(images: Mapping[str, str], selector: Mapping[str, str], root: str) -> list[Object]:
    """The provisioner, its configuration and the storage classes; root: directory of all volumes.

    Its namespace is privileged: the helper pods write to a directory of the node.
    """
    image, helper = images["local-path-provisioner"], images["local-path-helper"]
    files = {
        "config.json": config(root),
        "setup": SETUP,
        "teardown": TEARDOWN,
        "helperPod.yaml": helper_pod(helper, selector),
    }
    meta = {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta},
        *access("local-path-provisioner", _rules(), NAMESPACE),
        *_own_namespace(),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "local-path-config", "namespace": NAMESPACE},
            "data": files,
        },
        _deployment(image, selector),
        *(_class(name) for name in CLASSES),
    ]
