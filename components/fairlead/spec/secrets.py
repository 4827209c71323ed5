"""The secrets layer: Secrets that are kept somewhere else, and brought into the tenants' namespaces."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fairlead.spec.base import Flag, Model, Name, Text

Server = Annotated[str, StringConstraints(pattern=r"^https://[^/\s?#@]+$")]
"""An address with TLS, without a path."""
Mount = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
"""A path of Vault, without a slash before or behind it."""
Role = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]*\{tenant\}[A-Za-z0-9_.-]*$", max_length=128)
]
"""A name with `{tenant}` in it."""


class Vault(Model):
    """HashiCorp Vault, or OpenBao, which answers to the same API. No token of it is kept: service accounts sign in."""

    server: Server
    """Its address, for example https://vault.example.com:8200."""
    engine: Mount = "secret"
    """Where its key-value engine, version 2, is mounted."""
    mount: Mount = "kubernetes"
    """Where its Kubernetes sign-in is mounted."""
    role: Role = "fairlead-{tenant}"
    """Role that a tenant's account signs in as. What the role may read is decided in Vault."""
    audience: Text = "vault"
    """Audience of the tokens that are shown to Vault, as the roles ask for it."""
    authority: Name | None = None
    """ConfigMap in each tenant's namespace whose ca.crt signs for the server; left out, the usual public ones."""
    space: Text | None = None
    """Its namespace, where the edition has them."""


class SecretManager(Model):
    """The secret manager of the cloud that the platform is on. No inputs: names and rights follow from the tenants'."""


class Secrets(Model):
    """Secrets that people and pipelines keep outside the tenants' namespaces: External Secrets Operator."""

    enabled: Flag = False
    """On: members of a tenant may send ExternalSecrets, which name the SecretStore `fairlead`."""
    vault: Vault | None = None
    """Where they are kept; left out, in this cluster, in a namespace for each tenant that its members cannot reach."""
    cloud: SecretManager | None = None
    """They are kept in the cloud's own secret manager, which accounts sign in to by their identity: write `{}`. In the
    place of `vault`; on the targets aws, azure and gcp."""
    platform: Flag = False
    """On: Secrets that layers of the platform need, and that you would make by hand else, come from there too: the
    gateway's for logging in, that of the database of pipelines, the addresses of who is told of alerts. Needs `cloud`
    or `vault`."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many of each program; left out, 2 where two nodes are always there for the platform's own pods, else 1."""
