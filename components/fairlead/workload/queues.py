"""Whether the queue is there that something is to wait in."""

from __future__ import annotations

from fairlead import labels
from fairlead.errors import InputError, Problem, one_of
from fairlead.workload.api import Api, ApiFailure


def check_queue(api: Api, tenant: str, stage: str, root: str, name: str) -> None:
    """Raises InputError where the tenant, or its queue of this stage, is not on the cluster.

    root: where paths of problems begin; name: of what is to wait.
    """
    queues, _ = api.list("LocalQueue", tenant)
    known = [queue["metadata"]["name"] for queue in queues]
    if stage in known:
        return
    if known:
        problem = Problem(f"{root}.stage", "the tenant has no such queue", stage, one_of(known, stage))
    else:
        problem = Problem(
            f"{root}.tenant",
            "this cluster has no such tenant, or it has no queue",
            tenant,
            one_of(_tenants(api), tenant),
            "tenants are made by the platform spec",
        )
    raise InputError(f"{tenant}/{name}", [problem])


def _tenants(api: Api) -> list[str]:
    try:
        found, _ = api.list("Namespace", None)
    except ApiFailure as failure:
        if failure.code == 403:  # members of a tenant may not list namespaces: then there is no hint
            return []
        raise
    tags = [namespace["metadata"].get("labels", {}).get(labels.TENANT) for namespace in found]
    return sorted(tag for tag in tags if tag)
