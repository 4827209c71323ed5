"""What the Pod Security Standards forbid, in the API server's own language; `kubernetes_pods` has it in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.rules.kubernetes_admission import as_pod_security, every_box, every_context, every_pod, unless
from fairlead.rules.model import Admission

HOST = ("hostNetwork", "hostPID", "hostIPC")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")
PROFILES: Mapping[str, str] = {"seccompProfile": "Unconfined", "appArmorProfile": "Unconfined"}
"""Part of a security context -> its type that switches it off."""
GRANTED = ("NET_BIND_SERVICE",)
"""The capability that may be added: Pod Security Standards, restricted."""
SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
    *("net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
)
"""Those of the pod alone: Pod Security Standards, baseline, at Kubernetes 1.35."""
_OWN = "s.securityContext"


def _all(*conditions: str) -> str:
    return " && ".join(conditions)


def _own(key: str, condition: str) -> str:
    """Of one field of a security context; the condition speaks of its value as `{}`."""
    field = f"{_OWN}.{key}"
    return unless(field, condition.format(field))


def _texts(values: Sequence[str]) -> str:
    return f"[{', '.join(repr(one) for one in values)}]"


def _no_host(probe: str) -> str:
    kinds = (
        unless(f"{probe}.{kind}", f"(!has({probe}.{kind}.host) || {probe}.{kind}.host == '')")
        for kind in ("httpGet", "tcpSocket")
    )
    return unless(probe, f"({_all(*kinds)})")


PRIVILEGED: Admission = as_pod_security(
    every_context(
        _all(_own("privileged", "!{}"), _own("windowsOptions", "(!has({0}.hostProcess) || !{0}.hostProcess)"))
    ),
    "no container may be privileged: leave securityContext.privileged out",
    "baseline",
)
HOST_NAMESPACES = as_pod_security(
    every_pod(_all(*(unless(f"p.{key}", f"!p.{key}") for key in HOST))),
    "pods share no namespace with their node: leave hostNetwork, hostPID and hostIPC out",
    "baseline",
)
HOST_PATH = as_pod_security(
    every_pod(unless("p.volumes", "p.volumes.all(v, !has(v.hostPath))")),
    "no folder of a node may be mounted: use an emptyDir or a claim",
    "baseline",
)
HOST_PORT = as_pod_security(
    every_box(unless("c.ports", "c.ports.all(q, !has(q.hostPort) || q.hostPort == 0)")),
    "containers take no port of their node: leave hostPort out",
    "baseline",
)
CAPABILITIES = as_pod_security(
    every_context(_own("capabilities", f"(!has({{0}}.add) || {{0}}.add.all(k, k in {_texts(GRANTED)}))")),
    "containers get no capabilities but NET_BIND_SERVICE",
    "restricted",
)
UNCONFINED = as_pod_security(
    every_context(
        _all(
            *(_own(key, f"(!has({{0}}.type) || {{0}}.type != '{none}')") for key, none in PROFILES.items()),
            _own("procMount", "{} == 'Default'"),
        )
    ),
    "seccomp, AppArmor and procMount stay as they are: name RuntimeDefault, or leave them out",
    "baseline",
)
SAFE_SYSCTLS = as_pod_security(
    every_context(_own("sysctls", f"{{}}.all(k, k.name in {_texts(SYSCTLS)})")),
    "a setting of the node's kernel is changed: leave it out of sysctls",
    "baseline",
)
ROOT = as_pod_security(
    every_context(_all(_own("runAsUser", "{} != 0"), _own("runAsNonRoot", "{}"))),
    "nothing runs as root: set runAsUser to another user, and runAsNonRoot to true",
    "restricted",
)
HOST_PROBES = as_pod_security(
    every_box(
        _all(
            *(_no_host(f"c.{name}") for name in PROBES),
            unless("c.lifecycle", f"({_all(*(_no_host(f'c.lifecycle.{name}') for name in HOOKS))})"),
        )
    ),
    "probes and hooks call the container itself: leave host out",
    "baseline",
)
