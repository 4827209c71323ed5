"""Rules of order: what must be there before a resource is made, or be gone only after it."""

from __future__ import annotations

from collections.abc import Iterator

from reference.common import Finding, Resource, references
from reference.gcp.declared import ACCOUNT, BUCKET, CLUSTER, KEY, POOL, Declared, finding

SERVER = "gcp:sql/databaseInstance:DatabaseInstance"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
SERVICE = "gcp:projects/service:Service"
STATE = (BUCKET, KEY, CLUSTER, SERVER, "gcp:kms/keyRing:KeyRing", "gcp:lustre/instance:Instance")
"""Losing one of these loses data."""


def check(stack: Declared) -> Iterator[Finding]:
    """Grants before their use, services before everything, and protection alike on all state."""
    behind = Behind(stack)
    for one in stack.of(CLUSTER, POOL, BUCKET, SERVER):
        yield from _granted(stack, behind, one)
    services = {one["urn"] for one in stack.of(SERVICE)}
    for one in stack.resources:
        made = one["custom"] and one["type"].startswith("gcp:") and one["type"] != SERVICE
        if made and services and not services & behind.of(one["urn"]):
            yield finding(one, "", "made before any API of the project is switched on")
    guarded = {one["type"]: one["protect"] for one in stack.of(*STATE)}
    if True in guarded.values():
        for one in stack.of(*STATE):
            if not one["protect"]:
                yield finding(one, "", "unprotected, where other state of the stack is protected")


def _granted(stack: Declared, behind: Behind, one: Resource) -> Iterator[Finding]:
    """Whoever names a key or an account waits for the grants of that key or account."""
    before = behind.of(one["urn"])
    for kind, grant, property_ in ((KEY, KEY_GRANT, "cryptoKeyId"), (ACCOUNT, PROJECT_GRANT, "member")):
        for name in {ref.name for ref in references(one["inputs"]) if ref.type == kind}:
            grants = {
                each["urn"]
                for each in stack.of(grant)
                if any(
                    (ref.type, ref.name) == (kind, name) for ref in references(each["inputs"].get(property_))
                )
            }
            if grants - before:
                yield finding(one, "", f"does not wait for {len(grants - before)} grants of {kind} {name}")


class Behind:
    """URNs of everything that stands before a resource, over any number of steps."""

    def __init__(self, stack: Declared) -> None:
        self._direct = {one["urn"]: one["depends_on"] for one in stack.resources}
        self._known: dict[str, frozenset[str]] = {}

    def of(self, urn: str) -> frozenset[str]:
        if urn not in self._known:
            seen: set[str] = set()
            todo = [urn]
            while todo:
                new = set(self._direct.get(todo.pop(), ())) - seen
                seen |= new
                todo += new
            self._known[urn] = frozenset(seen)
        return self._known[urn]
