"""Pod Security `restricted`: Kubernetes' own list of controls, as far as it concerns controllers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.strict import containers

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def restricted_violations(template: Mapping[str, Any]) -> list[str]:
    """What the standard has against a pod template."""
    spec = template["spec"]
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    found += [f"volume {k}" for v in spec.get("volumes", []) for k in v if k != "name" and k not in VOLUMES]
    for box in containers(spec):
        found += [f"{box['name']}: {rule}" for rule in _broken(box, spec.get("securityContext") or {})]
    return found


def _broken(box: Mapping[str, Any], pod: Mapping[str, Any]) -> list[str]:
    own = box.get("securityContext") or {}
    either = {**pod, **own}
    rules = {
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "drop ALL": own.get("capabilities", {}).get("drop") == ["ALL"],
        "added capabilities": not set(own.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"},
        "privileged": not own.get("privileged"),
        "runAsNonRoot": either.get("runAsNonRoot") is True,
        "runAsUser": either.get("runAsUser") != 0,
        "seccompProfile": (either.get("seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost"),
        "hostPort": not any(port.get("hostPort") for port in box.get("ports", [])),
    }
    return [rule for rule, kept in rules.items() if not kept]
