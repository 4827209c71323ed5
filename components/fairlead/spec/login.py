"""Login: who comes from outside to the platform's own pages and APIs, by OpenID Connect."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fairlead.spec.base import Model, Name, Text

Url = Annotated[
    str,
    StringConstraints(pattern=r"^https://[a-z0-9][-a-z0-9.]*(:[0-9]{1,5})?(/[^\s?#]*)?$", max_length=1024),
]
"""An address of the issuer: https, a host in lower case, no query."""
Values = Annotated[tuple[Text, ...], Field(min_length=1, max_length=128)]


class Login(Model):
    """Where people and programs prove who they are. All addresses are those of the issuer's discovery document."""

    issuer: Url
    """Its name, as its tokens carry it."""
    authorization_endpoint: Url
    """Where browsers are sent to log in."""
    token_endpoint: Url
    """Where the gateway gets tokens for a browser's code."""
    jwks_uri: Url
    """The keys by which its tokens are signed."""
    client_id: Text
    """Name of the gateway at the issuer."""
    secret: Name
    """Secret in the namespace fairlead-gateway whose key `client-secret` is what the issuer knows the gateway by."""
    audiences: tuple[Text, ...] = ()
    """Further audiences whose tokens are taken from programs; `client_id` always is."""
    scopes: tuple[Text, ...] = ("openid", "profile", "email")
    """What the gateway asks for. Some issuers name groups only when asked for `groups`."""
    groups_claim: Text = "groups"
    """Claim of the ID token that lists a user's groups; a dot leads into a claim."""
    claims: Annotated[dict[Text, Values], Field(max_length=15)] = Field(default_factory=dict[Text, Values])
    """Further claims, and values of which each must have one, for example the domain of an organisation."""
    admins: Annotated[tuple[Text, ...], Field(max_length=128)] = ()
    """Groups that see what is every tenant's."""
    authority: Name | None = None
    """ConfigMap in the namespace fairlead-gateway whose key `ca.crt` signs for the issuer's hosts; left out, public
    authorities do."""
