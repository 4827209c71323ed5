"""MLflow at the gateway, for who has logged in: its pages for everybody, a workspace for the groups of its tenant.

A call names its workspace by a header, and only what is known to obey that header is led on: a list of what is let in,
so that neither the making of workspaces nor what a later release brings is reached from outside. Paths are held against
mlflow 3.17.2, mlflow/server and mlflow/protos, by a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.gateway.login import CALLBACK, LOGOUT, allow, of_route
from fairlead.layers.gateway.place import API, GROUP, page_listener
from fairlead.layers.gateway.place import metadata as at_gateway
from fairlead.layers.tracking.place import NAME, NAMESPACE, PORT
from fairlead.plan.gateway_model import NAME as GATEWAY
from fairlead.plan.gateway_model import NAMESPACE as GATEWAY_NAMESPACE
from fairlead.plan.gateway_model import LoginPlan
from fairlead.plan.model import TenantPlan
from fairlead.plan.tracking_model import PAGE

PAGES, CALLS = "mlflow-pages", "mlflow-calls"
WORKSPACE = "X-MLFLOW-WORKSPACE"
"""Header that names the workspace of a call: mlflow/utils/workspace_utils.py."""
KEPT_APART = (
    *(
        "artifacts",
        "datasets",
        "experiments",
        "get-artifact",
        "get-trace-artifact",
        "issues",
        "label-schemas",
    ),
    *("logged-models", "metrics", "model-versions", "registered-models", "review-queues", "runs", "scorers"),
    *("traces", "upload-artifact"),
)
"""What lies in a workspace, as paths have it after `/api/2.0/mlflow/`. Left out: `workspaces`, and what makes the
server call or run something (`gateway`, `webhooks`, `jobs`, `assistant`, `mcp-servers`, `prompt-optimization`)."""
FILES = ("artifacts", "mpu", "presigned")
"""The same after `/api/2.0/mlflow-artifacts/`."""
BESIDE = ("/graphql", "/get-artifact", "/model-versions/get-artifact", "/v1/traces")
ASKED_BEFORE = ("server-info", "workspaces")
"""What client and pages ask before they know their workspace: whether there are any, and their names."""
LONGEST = "1h"
"""Of one call: a model's file goes through in one."""
TOLD_TO_NOBODY = ("Authorization", "Cookie")
"""Headers that prove who somebody is: the server has no use for them."""


def objects(login: LoginPlan, host: str, tenants: Sequence[TenantPlan]) -> list[Object]:
    """Routes, who may take them, and the permission to lead from the gateway's namespace to MLflow's."""
    own = [(tenant.name, tenant.working.groups) for tenant in tenants if tenant.working.groups]
    admins = allow(login, "administrators", login.admins)
    pages = [admins, *(allow(login, f"tenant-{name}", groups) for name, groups in own)]
    calls = [admins, *(allow(login, f"tenant-{name}", groups, _only(name)) for name, groups in own)]
    return [
        of_route(login, PAGES, pages),
        of_route(login, CALLS, calls),
        _grant(),
        _route(PAGES, host, _page_paths()),
        _route(CALLS, host, _call_paths()),
    ]


def _only(workspace: str) -> list[dict[str, Any]]:
    return [{"name": WORKSPACE, "values": [workspace]}]


def _page_paths() -> list[dict[str, Any]]:
    asked = [f"/{kind}/3.0/mlflow/{one}" for kind in ("api", "ajax-api") for one in ASKED_BEFORE]
    return [
        *(_read("Exact", path) for path in ("/", CALLBACK, LOGOUT, *asked)),
        _read("PathPrefix", "/static-files"),
    ]


def _call_paths() -> list[dict[str, Any]]:
    api = "/(ajax-)?api/[0-9]\\.0"
    return [
        _path("RegularExpression", f"{api}/mlflow/({'|'.join(KEPT_APART)})(/.*)?"),
        _path("RegularExpression", f"{api}/mlflow-artifacts/({'|'.join(FILES)})(/.*)?"),
        *(_path("Exact", path) for path in BESIDE),
    ]


def _path(kind: str, value: str) -> dict[str, Any]:
    return {"path": {"type": kind, "value": value}}


def _read(kind: str, value: str) -> dict[str, Any]:
    return {**_path(kind, value), "method": "GET"}


def _route(name: str, host: str, matches: Sequence[Mapping[str, Any]]) -> Object:
    parent = {"group": GROUP, "kind": "Gateway", "name": GATEWAY, "sectionName": page_listener(PAGE)}
    backend = {"group": "", "kind": "Service", "name": NAME, "namespace": NAMESPACE, "port": PORT}
    without = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": list(TOLD_TO_NOBODY)}}
    rule = {
        "matches": list(matches),
        "filters": [without],
        "backendRefs": [backend],
        "timeouts": {"request": LONGEST},
    }
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": at_gateway(name),
        "spec": {"parentRefs": [parent], "hostnames": [host], "rules": [rule]},
    }


def _grant() -> Object:
    """Routes of the gateway's own namespace may lead to MLflow; those of tenants may not."""
    routes = {"group": GROUP, "kind": "HTTPRoute", "namespace": GATEWAY_NAMESPACE}
    return {
        "apiVersion": API,
        "kind": "ReferenceGrant",
        "metadata": {"name": "gateway", "namespace": NAMESPACE},
        "spec": {"from": [routes], "to": [{"group": "", "kind": "Service", "name": NAME}]},
    }
