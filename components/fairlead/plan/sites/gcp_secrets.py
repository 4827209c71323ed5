"""The Secrets of one namespace in Google Secret Manager, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.plan.store_model import Share

SERVICE = "secretmanager.googleapis.com"
ROLE = "roles/secretmanager.secretAccessor"
"""Reads values, and lists nothing. https://cloud.google.com/secret-manager/docs/access-control, 2026-11-29"""


@dataclass(frozen=True)
class SecretPart:
    """What belongs to a namespace there, and who reads it."""

    share: Share
    names: str
    """What the names of its secrets begin with."""
    principal: str
    condition: str
    """What must hold of a secret that is read."""
