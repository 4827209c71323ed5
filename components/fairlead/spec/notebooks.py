"""The notebooks layer: JupyterLab for members of the tenants."""

from __future__ import annotations

from fairlead.spec.base import Flag, Model


class Notebooks(Model):
    """JupyterLab in the tenants' namespaces, each behind the gateway under a host of its own."""

    enabled: Flag = False
    """On: members of a tenant may start notebooks in its namespace. Needs the layers jobs and gateway."""
