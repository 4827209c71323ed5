"""The optional protocol O: a database that somebody hands to a layer, in this cluster or outside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from fairlead.contract.handle import Inside, Reach


@dataclass(frozen=True)
class SecretKey:
    """One entry of a Secret in the namespace of the layer that uses it. What it holds is known to the cluster alone."""

    name: str
    key: str


@dataclass(frozen=True)
class SignIn:
    """No password that anybody keeps: pods of the layer get it by their own identity of the cloud, again and again."""

    script: str
    """Python that defines `password()`; the layer's image has the libraries of the cloud."""
    environment: Mapping[str, pulumi.Input[str]]
    """What it reads."""


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database of one layer, called over TLS. Nothing in it is secret."""

    host: pulumi.Input[str]
    port: int
    name: str
    user: str
    password: SecretKey | SignIn
    authority: SecretKey | pulumi.Input[str]
    """Certificates that the server's own is checked against, and its name with it: in a Secret, or as PEM."""
    reach: Sequence[Inside | Reach]
    """What pods of the layer call, although everything is denied to them by default."""


def behind(host: pulumi.Input[str], stand: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
    """The same name, for those alone who wait until these stand: no other layer has to."""
    return pulumi.Output.all(host, *(one.urn for one in stand)).apply(lambda known: str(known[0]))
