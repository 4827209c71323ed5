"""What published benchmarks say of objects of Kubernetes, by control: rules cite them from here.

Numbers: CIS Kubernetes Benchmark 1.12, EKS 1.7.0, GKE 1.6.0 and AKS 1.7, as github.com/aquasecurity/kube-bench has them
in cfg/*/policies.yaml (2026-11-30). Sections: NSA/CISA Kubernetes Hardening Guide 1.2 (August 2022). Standards: Pod
Security Standards, https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

PODS = "NSA 1.2 Kubernetes Pod security"
NETWORK = "NSA 1.2 Network separation and hardening"
ACCESS = "NSA 1.2 Authentication and authorization"
BASELINE, RESTRICTED = "PSS baseline", "PSS restricted"


def cis(kubernetes: str = "", eks: str = "", gke: str = "", aks: str = "") -> tuple[str, ...]:
    """Numbers of one control in the benchmarks that have it."""
    found = (
        ("CIS-Kubernetes 1.12", kubernetes),
        ("CIS-EKS 1.7.0", eks),
        ("CIS-GKE 1.6.0", gke),
        ("CIS-AKS 1.7", aks),
    )
    return tuple(f"{name} {number}" for name, number in found if number)


PRIVILEGED = (BASELINE, PODS, *cis("5.2.2", "4.2.1", "4.2.1", "4.2.1"))
HOST_PID = cis("5.2.3", "4.2.2", aks="4.2.2")
HOST_IPC = cis("5.2.4", "4.2.3", aks="4.2.3")
HOST_NETWORK = cis("5.2.5", "4.2.4", aks="4.2.4")
HOST_NAMESPACES = (BASELINE, PODS, *HOST_PID, *HOST_IPC, *HOST_NETWORK)
ESCALATION = (RESTRICTED, PODS, *cis("5.2.6", "4.2.5", aks="4.2.5"))
ROOT = (RESTRICTED, PODS, *cis("5.2.7"))
CAPABILITIES = (RESTRICTED, PODS, *cis("5.2.9"))
RAW = (RESTRICTED, PODS, *cis("5.2.8"))
HOST_PATH = (BASELINE, PODS, *cis("5.2.11"))
HOST_PORT = (BASELINE, *cis("5.2.12"))
SECCOMP = (RESTRICTED, PODS, *cis("5.6.2", gke="4.6.2"))
UNCONFINED = (BASELINE, PODS)
CLUSTER_ADMIN = (ACCESS, *cis("5.1.1", "4.1.1", "4.1.1", "4.1.1"))
SECRET_RIGHTS = (ACCESS, *cis("5.1.2", "4.1.2", "4.1.2", "4.1.2"))
WILDCARDS = (ACCESS, *cis("5.1.3", "4.1.3", "4.1.3", "4.1.3"))
DEFAULT_ACCOUNT = (PODS, *cis("5.1.5", "4.1.5", "4.1.4", "4.1.5"))
TOKENS = (PODS, *cis("5.1.6", "4.1.6", "4.1.5", "4.1.6"))
MASTERS = (*cis("5.1.7", gke="4.1.6"),)
ESCALATION_RIGHTS = (ACCESS, *cis("5.1.8", "4.1.8", "4.1.7"))
VOLUME_RIGHTS = cis("5.1.9")
NODE_PROXY = cis("5.1.10")
APPROVAL = cis("5.1.11")
WEBHOOK_RIGHTS = cis("5.1.12")
TOKEN_RIGHTS = cis("5.1.13")
EVERYBODY = (ACCESS, *cis(gke="4.1.8"), *cis(gke="4.1.9"), *cis(gke="4.1.10"))
FENCES = (NETWORK, *cis("5.3.2", "4.3.2", "4.3.2", "4.4.2"))
SECRET_FILES = (NETWORK, *cis("5.4.1", "4.4.1", "4.4.1", "4.5.1"))
DEFAULT_NAMESPACE = (NETWORK, *cis("5.6.4", "4.5.2", "4.6.4", "4.6.3"))
STANDARD = (PODS, *cis("5.2.1", gke="4.2.1"))
