"""A notebook as Kubernetes objects: a pure function, the same on every target but for the domain of the gateway."""

from __future__ import annotations

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.plan.gateway_model import NAME as GATEWAY
from fairlead.plan.gateway_model import NAMESPACE as GATEWAY_NAMESPACE
from fairlead.plan.sharing import claimed
from fairlead.workload import jupyter
from fairlead.workload import render as jobs
from fairlead.workload.notebook import Notebook
from fairlead.workload.notebook_runtime import runtime_name
from fairlead.workload.render import SHARED_CLASS, Object

ROUTES = "gateway.networking.k8s.io"


def render(notebook: Notebook, domain: str, catalog: Catalog | None = None) -> list[Object]:
    """The objects of a notebook; the TrainJob comes last. Its token's Secret is made where it is sent.

    domain: that of the cluster's gateway. Raises InputError if the catalogue has no such accelerator.
    """
    claim = [_claim(notebook)] if notebook.workspace.size is not None else []
    return [*claim, _service(notebook), _route(notebook, domain), _job(notebook, catalog)]


def _job(notebook: Notebook, catalog: Catalog | None) -> Object:
    """As of every job, but for its runtime, which says when it is ready."""
    [made] = jobs.render(notebook.job(), catalog)
    asked = notebook.accelerators
    made["spec"]["runtimeRef"]["name"] = runtime_name(asked.called if asked else "", claimed(asked))
    return made


def metadata(notebook: Notebook, name: str) -> Object:
    """Of an object beside the job."""
    tags = {
        labels.MANAGED_BY: "fairlead",
        labels.JOB: notebook.name,
        labels.TENANT: notebook.tenant,
        labels.STAGE: notebook.stage,
    }
    return {"name": name, "namespace": notebook.tenant, "labels": tags}


def _claim(notebook: Notebook) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(notebook, notebook.claim),
        "spec": {
            # Of the class that any node of any zone mounts, and jobs beside it: the queue chooses where it runs next.
            "accessModes": ["ReadWriteMany"],
            "storageClassName": SHARED_CLASS,
            "resources": {"requests": {"storage": notebook.workspace.size}},
        },
    }


def _service(notebook: Notebook) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(notebook, notebook.object_name),
        "spec": {
            "type": "ClusterIP",
            "selector": {labels.JOB: notebook.name},
            "ports": [{"name": "http", "port": 80, "targetPort": jupyter.PORT, "protocol": "TCP"}],
        },
    }


def _route(notebook: Notebook, domain: str) -> Object:
    return {
        "apiVersion": f"{ROUTES}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(notebook, notebook.object_name),
        "spec": {
            "parentRefs": [
                {"group": ROUTES, "kind": "Gateway", "name": GATEWAY, "namespace": GATEWAY_NAMESPACE}
            ],
            "hostnames": [notebook.host(domain)],
            "rules": [
                {
                    "backendRefs": [{"name": notebook.object_name, "port": 80}],
                    # Files are sent, and cells answer, for longer than a proxy waits by itself.
                    "timeouts": {"request": "0s"},
                }
            ],
        },
    }
