"""What Trainer and JobSet make of a TrainJob and its runtime, as far as a pod is concerned.

Follows Trainer 2.3.0 (pkg/runtime/core/trainingruntime.go, newRuntimeInfo and mergeRuntimePatches; the
JobSet builder) for the fields that this product uses; the end-to-end tests show the real thing.
"""

from __future__ import annotations

import copy
from typing import Any

import kubernetes_validate

KUBERNETES = "1.35"
_MERGE_KEYS = {"containers": "name", "volumes": "name", "volumeMounts": "mountPath", "replicatedJobs": "name"}


def merged(base: Any, patch: Any, key: str = "") -> Any:
    """A strategic merge patch: maps by key, named lists by their merge key, all else replaced."""
    if isinstance(base, dict) and isinstance(patch, dict):
        result = dict(base)
        for name, value in patch.items():
            result[name] = merged(base[name], value, name) if name in base else value
        return result
    if key in _MERGE_KEYS and isinstance(base, list):
        by = _MERGE_KEYS[key]
        items = {item[by]: item for item in base}
        for item in patch:
            items[item[by]] = merged(items[item[by]], item) if item[by] in items else item
        return list(items.values())
    return patch


def job_set_spec(train_job: dict[str, Any], runtime: dict[str, Any]) -> dict[str, Any]:
    """The spec of the JobSet that Trainer would make."""
    spec = copy.deepcopy(runtime["spec"]["template"]["spec"])
    for patch in train_job["spec"].get("runtimePatches", []):
        spec = merged(spec, patch["trainingRuntimeSpec"]["template"].get("spec", {}))
    job = spec["replicatedJobs"][0]["template"]["spec"]
    container = job["template"]["spec"]["containers"][0]
    trainer = train_job["spec"]["trainer"]
    container |= {key: trainer[key] for key in ("image", "command", "args") if key in trainer}
    # pkg/apply/apply.go, UpsertEnvVars: a variable of the job takes the place of the runtime's.
    env = {one["name"]: one for one in (*container.get("env", []), *trainer.get("env", []))}
    container["env"] = list(env.values())
    if "mlPolicy" in runtime["spec"]:
        # pkg/util/trainingruntime/trainingruntime.go, MergeResourceRequirements: amounts by name.
        container["resources"] = merged(container.get("resources", {}), trainer["resourcesPerNode"])
        job |= {"parallelism": trainer["numNodes"], "completions": trainer["numNodes"]}
    return spec


def pod(train_job: dict[str, Any], runtime: dict[str, Any]) -> dict[str, Any]:
    """One pod of the job."""
    template = job_set_spec(train_job, runtime)["replicatedJobs"][0]["template"]["spec"]["template"]
    metadata = {
        **template.get("metadata", {}),
        "name": "rank-0",
        "namespace": train_job["metadata"]["namespace"],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def check_core(obj: dict[str, Any]) -> None:
    """Raises if a core object is not valid in the Kubernetes version that the product runs."""
    kubernetes_validate.validate(obj, KUBERNETES, strict=True)


def restricted_violations(pod_object: dict[str, Any]) -> list[str]:
    """What Pod Security `restricted` (Kubernetes' own list of controls) has against a pod."""
    spec, found = pod_object["spec"], []
    found += [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    allowed_volumes = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    for volume in spec.get("volumes", []):
        found += [f"volume {key}" for key in volume if key != "name" and key not in allowed_volumes]
    pod_security = spec.get("securityContext", {})
    for container in spec["containers"] + spec.get("initContainers", []):
        security = container.get("securityContext", {})
        either = {**pod_security, **security}
        rules = {
            "allowPrivilegeEscalation": security.get("allowPrivilegeEscalation") is False,
            "drop ALL": security.get("capabilities", {}).get("drop") == ["ALL"],
            "no added capabilities": not security.get("capabilities", {}).get("add"),
            "privileged": not security.get("privileged"),
            "runAsNonRoot": either.get("runAsNonRoot") is True,
            "runAsUser": either.get("runAsUser") != 0,
            "seccompProfile": either.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "hostPort": not any(port.get("hostPort") for port in container.get("ports", [])),
        }
        found += [rule for rule, kept in rules.items() if not kept]
    return found


def expanded(text: str, env: dict[str, str]) -> str:
    """A command or argument as the kubelet expands it (kubernetes: third_party/forked/golang/expansion)."""
    result, at = "", 0
    while at < len(text):
        if text[at] != "$" or at + 1 == len(text):
            result, at = result + text[at], at + 1
        elif text[at + 1] == "$":
            result, at = result + "$", at + 2
        elif text[at + 1] == "(" and ")" in text[at:]:
            end = text.index(")", at)
            name = text[at + 2 : end]
            result, at = result + env.get(name, f"$({name})"), end + 1
        else:
            result, at = result + text[at : at + 2], at + 2
    return result
