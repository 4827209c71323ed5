"""What a node of a managed node group is told at its start, beside what EKS tells it.

Karpenter writes the same for its own nodes from its classes, so this is for node groups alone.
"""

from __future__ import annotations

BOUNDARY = "fairlead"
STRIPED = ("/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods")
"""What Bottlerocket moves onto striped disks, as Karpenter has it.

github.com/aws/karpenter-provider-aws v1.14.1 pkg/providers/amifamily/bootstrap/bottlerocket.go, 2026-11-23
"""


def user_data(os: str, pods: int, *, stripe: bool) -> str:
    """The text for a family of images. Raises KeyError for a family that is not known."""
    return {"al2023": _nodeadm, "bottlerocket": _bottlerocket}[os](pods, stripe)


def _nodeadm(pods: int, stripe: bool) -> str:
    """A NodeConfig of nodeadm in a MIME message: EKS merges its own into it.

    The expression says the number a second time because memory is kept for as many pods as it yields, whatever
    maxPods is. github.com/awslabs/amazon-eks-ami@81fec2e nodeadm/doc/api.md, 2026-11-23
    """
    lines = ["apiVersion: node.eks.aws/v1alpha1", "kind: NodeConfig", "spec:"]
    if stripe:
        lines += ["  instance:", "    localStorage:", "      strategy: RAID0"]
    lines += ["  kubelet:", f'    maxPodsExpression: "{pods}"', "    config:", f"      maxPods: {pods}"]
    head = ["MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"', ""]
    part = [f"--{BOUNDARY}", "Content-Type: application/node.eks.aws", "", *lines, ""]
    return "\n".join([*head, *part, f"--{BOUNDARY}--", ""])


def _bottlerocket(pods: int, stripe: bool) -> str:
    """Settings of Bottlerocket.

    https://bottlerocket.dev/en/os/1.34.x/api/settings/bootstrap-commands; max-pods: the settings of a node in
    https://github.com/bottlerocket-os/bottlerocket/issues/3028; both 2026-11-23
    """
    lines = ["[settings.kubernetes]", f"max-pods = {pods}"]
    if stripe:
        bind = ", ".join(f'"{one}"' for one in ("apiclient", "ephemeral-storage", "bind", "--dirs", *STRIPED))
        lines += [
            "[settings.bootstrap-commands.striped-disks]",
            f'commands = [["apiclient", "ephemeral-storage", "init"], [{bind}]]',
            "essential = true",
            'mode = "always"',
        ]
    return "\n".join([*lines, ""])
