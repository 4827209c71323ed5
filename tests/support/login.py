"""A platform with a login, as its spec says it."""

from __future__ import annotations

from typing import Any

from support.specs import minimal

ISSUER = "https://login.example.com/realm"
LOGIN: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": "https://keys.example.com:8443/keys",
    "client_id": "fairlead",
    "secret": "login",
    "admins": ["admins"],
    "authority": "issuer",
}
TENANTS = [
    {"name": name, "groups": groups, "quota": {"cpu": "10m", "memory": "1Mi"}}
    for name, groups in (("team-a", ["a-people", "a-guests"]), ("team-b", ["b-people"]), ("nobodys", []))
]


def with_login(
    tenants: list[dict[str, Any]] | None = None, login: object = True, **changes: Any
) -> dict[str, Any]:
    """A sound spec; a change of None leaves a field of the login out. login: whether MLflow stands behind it."""
    told = {key: value for key, value in {**LOGIN, **changes}.items() if value is not None}
    layers = {
        "certificates": {"enabled": True},
        "gateway": {"enabled": True, "domain": "ml.example.com", "login": told},
        "databases": {"enabled": True},
        "tracking": {"enabled": True, "login": login},
    }
    return minimal(tenants=TENANTS if tenants is None else tenants, layers=layers)
