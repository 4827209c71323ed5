"""What lies in a tenant's namespace: rights of its members, its steps and the controller, and where artefacts go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.handle import ObjectStore
from fairlead.layers.objects import WRITE, binding, members, role, rule
from fairlead.layers.tool import Ground
from fairlead.layers.workflows import fence
from fairlead.layers.workflows.place import GROUP, controller
from fairlead.layers.workflows.rights import IN_TENANTS
from fairlead.plan.model import TenantPlan
from fairlead.plan.workflows_artifacts import repository

MEMBERS, STEPS, CONTROLLER = "fairlead-workflows", "fairlead-workflow-steps", "fairlead-workflow-controller"
"""Roles and bindings: of people, of pods, of the controller."""
KINDS = ("workflows", "workflowtemplates", "cronworkflows")
REPOSITORIES = "artifact-repositories"
"""ConfigMap that Argo looks for in a workflow's namespace: workflow/artifactrepositories."""
DEFAULT = "workflows.argoproj.io/default-artifact-repository"
STORE = "fairlead"
"""Key of the one repository in it."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    plan, store = ground.plan, ground.handle.object_store
    account = {"kind": "ServiceAccount", "name": labels.WORKLOAD_ACCOUNT, "namespace": tenant.namespace}
    jobs = plan.layer("jobs").enabled
    return [
        *members(tenant, MEMBERS, [rule((GROUP,), KINDS, WRITE)]),
        role(_named(tenant, STEPS), _step_rules(jobs=jobs, models=plan.layer("serving").enabled)),
        binding(_named(tenant, STEPS), ("Role", STEPS), [account]),
        binding(_named(tenant, CONTROLLER), ("ClusterRole", IN_TENANTS), [controller()]),
        fence.steps(tenant.namespace, plan.workflows.api_server),
        *([_repositories(tenant, store)] if store else []),
    ]


def _step_rules(*, jobs: bool, models: bool) -> list[dict[str, Any]]:
    """Results, as upstream's own role for the executor; and jobs and models, which wait in the tenant's queues."""
    send = ("create", "get", "patch", "delete")
    sent = rule(("trainer.kubeflow.org",), ("trainjobs",), send)
    served = rule(("serving.kserve.io",), ("inferenceservices",), send)
    return [
        rule((GROUP,), ("workflowtaskresults",), ("create", "patch")),
        *([sent] if jobs else []),
        *([served] if models else []),
    ]


def _named(tenant: TenantPlan, name: str) -> Mapping[str, Any]:
    return {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}


def _repositories(tenant: TenantPlan, store: ObjectStore) -> Object:
    """The tenant's part of the object store, as the place of artefacts that name none."""

    def written(known: list[str]) -> str:
        return json.dumps(repository(known[0], known[1], store.region), sort_keys=True)

    text = pulumi.Output.all(store.uris[tenant.name], store.endpoint).apply(written)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**_named(tenant, REPOSITORIES), "annotations": {DEFAULT: STORE}},
        "data": {STORE: text},
    }
