"""What a local stack needs on the machine: exactly what its plan uses, nothing else is built."""

from __future__ import annotations

from fairlead.plan.layer_rows import ROWS
from fairlead.plan.model import PlatformPlan
from fairlead.tools.setup import Wanted

ENGINE = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-kubernetes",
    "helm",
)
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl")
NODE = ("containerd", "runc", "cni-plugins", "nft", "slirp4netns", "kubelet", "kube-proxy")
SANDBOX_IMAGE = "pause"
SAMPLE_IMAGE = "python-numpy"
DETECTOR_IMAGE = "node-problem-detector"
TARGET_IMAGES = (SANDBOX_IMAGE, "coredns", "kube-router", "local-path-provisioner", "local-path-helper")
"""Images of the local target itself."""


def wanted(plan: PlatformPlan, *, samples: bool) -> Wanted:
    """Tools, images and charts for the plan; with the samples' image where they will run."""
    on = [layer for layer in plan.layers if layer.enabled]
    charts = (*(chart for layer in on for chart in layer.charts), *plan.site.own_charts)
    images = (
        *TARGET_IMAGES,
        *(image for layer in on for image in ROWS[layer.name].images),
        *plan.site.own_charts,
        *((DETECTOR_IMAGE,) if plan.health.detector else ()),
        *plan.site.job_images,
        *((SAMPLE_IMAGE,) if samples else ()),
    )
    return Wanted((*ENGINE, *CONTROL_PLANE, *NODE), tuple(dict.fromkeys(images)), charts, stages=True)
