"""The store layer: an object store inside the cluster, for targets that bring none."""

from __future__ import annotations

from fairlead.spec.base import Flag, Model, Quantity, Text


class Store(Model):
    """An S3-compatible object store on a volume of this cluster, with a part for each tenant: SeaweedFS."""

    enabled: Flag = False
    """On: the contract's object store runs here. Refused where the target has one by itself."""
    size: Quantity = "20Gi"
    """Of the volume that all objects lie on. It cannot shrink."""
    issuer: Text = "https://kubernetes.default.svc.cluster.local"
    """Issuer of the cluster's service account tokens, by which workloads prove who they are:
    kubectl get --raw /.well-known/openid-configuration tells it."""
