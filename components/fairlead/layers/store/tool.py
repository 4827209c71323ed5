"""The store layer: its parts, and what of the contract it takes over from the target."""

from __future__ import annotations

from dataclasses import replace

from fairlead.catalog import s3
from fairlead.contract.handle import ClusterHandle, Inside, ObjectStore, WorkloadIdentity
from fairlead.layers.objects import restricted_namespace
from fairlead.layers.store import fence, server
from fairlead.layers.store.place import (
    AUDIENCE,
    ENDPOINT,
    LABELS,
    METRICS_PORT,
    NAMESPACE,
    PORT,
    TOKEN_FOLDER,
    TOKEN_SECONDS,
)
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.model import PlatformPlan
from fairlead.plan.store_model import IMAGE, AccountToken, StorePlan

PART = "store"


def with_store(plan: StorePlan, handle: ClusterHandle) -> ClusterHandle:
    """The handle of a cluster whose target has no object store, with this one and the identities for it."""
    if not plan.enabled:
        return handle
    names = [share.name for share in plan.shares]
    store = ObjectStore(
        uris={share.name: f"s3://{share.bucket}" for share in plan.shares},
        endpoint=ENDPOINT,
        region=s3.REGION,
        reach=[Inside(NAMESPACE, LABELS, (PORT,))],
        environment={share.name: s3.variables(ENDPOINT, share.bucket, TOKEN_FOLDER) for share in plan.shares},
    )
    token = AccountToken(AUDIENCE, TOKEN_FOLDER, TOKEN_SECONDS)
    nothing: dict[str, str] = {}
    identity = WorkloadIdentity(dict.fromkeys(names, nothing), {}, token)
    return replace(handle, object_store=store, identity=identity)


def _parts(ground: Ground) -> list[Part]:
    plan, handle = ground.plan.store, ground.handle
    made = server.objects(
        plan, ground.image(IMAGE), handle.system_selector, handle.storage_classes["fairlead-block"]
    )
    return [Part(PART, [restricted_namespace(NAMESPACE), *fence.objects(plan), *fence.keys(), *made])]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured("store", NAMESPACE, LABELS, METRICS_PORT, PART)]


TOOL = Tool("store", _parts, measured=_measured)
