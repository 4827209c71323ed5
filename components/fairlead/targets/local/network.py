"""What the local cluster's network needs inside it: the DNS server and the engine of network policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels

NAMESPACE = "kube-system"
DNS_IP = "10.96.0.10"
"""Address of the DNS Service: the kubelet of the real node is told the same."""
COREFILE = """\
.:1053 {
  errors
  health :8080
  ready :8181
  kubernetes cluster.local in-addr.arpa ip6.arpa
  cache 30
  reload
}
"""

Object = Mapping[str, Any]


SEALED: Mapping[str, Any] = {
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}
"""A container's security context: with `NOBODY` for its pod it keeps the restricted Pod Security Standard."""
NOBODY: Mapping[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": 65_532,
    "runAsGroup": 65_532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A pod's: as no user and no group that the node has."""


def _meta(name: str) -> Mapping[str, str]:
    return {"name": name, "namespace": NAMESPACE}


def access(account: str, rules: list[Mapping[str, Any]], namespace: str) -> list[Object]:
    """A service account with a ClusterRole of these rules."""
    group = "rbac.authorization.k8s.io"
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": f"fairlead:{account}"}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    named = {"name": f"fairlead:{account}"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": namespace}},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": named, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": named,
            "roleRef": reference,
            "subjects": [subject],
        },
    ]


def _container(image: str) -> Mapping[str, Any]:
    return {
        "name": "coredns",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [{"containerPort": 1053, "name": name, "protocol": name.upper()} for name in ("udp", "tcp")],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 10},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "170Mi"}},
        "securityContext": dict(SEALED),
    }


def dns(image: str, selector: Mapping[str, str]) -> list[Object]:
    """CoreDNS for cluster.local, under the address that every pod has as its resolver."""
    chosen = {"k8s-app": "kube-dns"}
    rules: list[Mapping[str, Any]] = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    pod = {
        "serviceAccountName": "coredns",
        "securityContext": dict(NOBODY),
        "nodeSelector": dict(selector),
        "dnsPolicy": "Default",
        "priorityClassName": "system-cluster-critical",
        "containers": [_container(image)],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    deployment = {
        "replicas": 1,
        "selector": {"matchLabels": chosen},
        "template": {"metadata": {"labels": chosen}, "spec": pod},
    }
    ports = [
        {"name": "dns", "port": 53, "targetPort": "udp", "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "targetPort": "tcp", "protocol": "TCP"},
    ]
    service = {"clusterIP": DNS_IP, "selector": chosen, "ports": ports}
    return [
        *access("coredns", rules, NAMESPACE),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _meta("coredns"),
            "data": {"Corefile": COREFILE},
        },
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta("coredns"), "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": _meta("kube-dns"), "spec": service},
    ]


POLICY_ENGINE = "kube-router"
SERVICES = "10.96.0.0/16"
HEALTH_PORT = 20244


def _policy_container(image: str) -> Mapping[str, Any]:
    return {
        "name": POLICY_ENGINE,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            "--enable-cni=false",
            f"--service-cluster-ip-range={SERVICES}",
            f"--health-port={HEALTH_PORT}",
            "--iptables-sync-period=30s",
        ],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": HEALTH_PORT}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": HEALTH_PORT}, "periodSeconds": 10},
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        # It writes the node's packet filter: that takes root and these two capabilities, no more.
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]},
        },
    }


def policies(image: str, selector: Mapping[str, str]) -> list[Object]:
    """kube-router as nothing but a firewall: it enforces NetworkPolicy on the real node."""
    see = ["get", "list", "watch"]
    core = ["namespaces", "pods", "services", "endpoints", "nodes"]
    rules: list[Mapping[str, Any]] = [
        {"apiGroups": [""], "resources": core, "verbs": see},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": see},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": see},
    ]
    chosen = {"k8s-app": POLICY_ENGINE}
    pod = {
        "serviceAccountName": POLICY_ENGINE,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "hostNetwork": True,
        "nodeSelector": dict(selector),
        "priorityClassName": "system-node-critical",
        "tolerations": [{"key": labels.QUARANTINE, "operator": "Exists"}],
        "containers": [_policy_container(image)],
    }
    return [
        *access(POLICY_ENGINE, rules, NAMESPACE),
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": _meta(POLICY_ENGINE),
            "spec": {
                "selector": {"matchLabels": chosen},
                "template": {"metadata": {"labels": chosen}, "spec": pod},
            },
        },
    ]
