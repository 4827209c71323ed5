"""Sends notebooks to a cluster: the token's Secret and the volume are kept, all else goes with the job."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead import labels
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.workload import jupyter
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.client import Client, Submitted
from fairlead.workload.conditions import holds
from fairlead.workload.differences import says
from fairlead.workload.notebook import Notebook, as_of_notebook
from fairlead.workload.notebook_render import metadata, render
from fairlead.workload.notebook_runtime import NAME
from fairlead.workload.queues import check_queue
from fairlead.workload.render import Object

TOKEN_BYTES = 32
BESIDE = ("Service", "HTTPRoute")
"""What the job owns, and what goes with it."""
GOING_SECONDS = 60
"""How long what the job before takes along may need to go."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Sent:
    """What came of sending a notebook."""

    job: Submitted
    url: str
    """Where it answers, for who knows its token."""


def send(client: Client, notebook: Notebook, replace: bool = False) -> Sent:
    """Starts it, or starts it again where it has ended. The same again changes nothing while it runs.

    Raises InputError where the tenant, its queue or the layer `notebooks` is not on the cluster, FairleadError where
    a different one runs under the name and `replace` is not said, and ApiFailure.
    """
    try:
        return _sent(client, notebook, replace)
    except InputError as error:
        raise InputError(error.source, [as_of_notebook(one) for one in error.problems]) from error


def _sent(client: Client, notebook: Notebook, replace: bool) -> Sent:
    job = notebook.job()
    check_queue(client.api, job.tenant, job.stage, "job", job.name)
    domain = _domain(client.api, notebook)
    objects = render(notebook, domain)
    beside = [one for one in objects if one["kind"] in BESIDE]
    _token(client.api, notebook)
    there = client.api.get("TrainJob", notebook.name, notebook.tenant)
    sent = client.send(job, [one for one in objects if one not in beside], replace or _has_ended(there))
    owner = client.api.get("TrainJob", notebook.name, notebook.tenant)
    if owner is not None:
        for one in beside:
            _owned(client.api, one, owner)
    return Sent(sent, f"https://{notebook.host(domain)}/lab")


def _domain(api: Api, notebook: Notebook) -> str:
    found = api.get("ConfigMap", labels.NOTEBOOKS, notebook.tenant)
    if found is None:
        what = "this cluster offers no notebooks"
        fix = "the platform switches them on: layers: {notebooks: {enabled: true}}"
        raise InputError(
            f"{notebook.tenant}/{notebook.name}", [Problem("job.kind", what, "Notebook", fix=fix)]
        )
    return str(found["data"][labels.NOTEBOOK_DOMAIN])


def _token(api: Api, notebook: Notebook) -> None:
    """Made once and kept: who deletes it gets a new one with the next start."""
    if api.get("Secret", notebook.object_name, notebook.tenant) is not None:
        return
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(notebook, notebook.object_name),
        "stringData": {jupyter.TOKEN_KEY: secrets.token_urlsafe(TOKEN_BYTES)},
    }
    _created(api, secret)


def _created(api: Api, obj: Object) -> None:
    try:
        api.create(obj)
    except ApiFailure as failure:  # made meanwhile, or the answer to our own creation was lost
        if failure.code != 409:
            raise


def _has_ended(job: Mapping[str, Any] | None) -> bool:
    """Whether a notebook of this name is there that will not run any more."""
    if job is None or not job["spec"]["runtimeRef"]["name"].startswith(NAME):
        return False
    return any(holds(job, kind) for kind in ("Complete", "Failed"))


def _owned(api: Api, obj: Object, job: Mapping[str, Any]) -> None:
    """Made, or taken over from the job before: it goes when the job is deleted.

    What the job before has begun to take along cannot be kept: it is made anew when it is gone.
    """
    meta: Object = {**obj["metadata"], "ownerReferences": [_reference(job)]}
    there = api.get(obj["kind"], meta["name"], meta["namespace"])
    if there is not None and not _fits(there, meta, obj["spec"]):
        there = _changed(api, obj["kind"], {"metadata": meta, "spec": obj["spec"]})
    if there is not None and "deletionTimestamp" in there["metadata"]:
        _leaves(api, obj["kind"], there["metadata"])
        there = None
    if there is None:
        _created(api, {**obj, "metadata": meta})


def _fits(there: Mapping[str, Any], meta: Object, spec: Object) -> bool:
    owners = there["metadata"].get("ownerReferences")
    return owners == meta["ownerReferences"] and says(there["spec"], spec)


def _changed(api: Api, kind: str, change: Object) -> Object | None:
    """The object as it is then; None if it has gone meanwhile."""
    try:
        return api.patch(kind, change["metadata"]["name"], change, change["metadata"]["namespace"])
    except ApiFailure as failure:
        if failure.code != 404:
            raise
        return None


def _leaves(api: Api, kind: str, meta: Mapping[str, Any]) -> None:
    """Returns when what is being deleted is gone."""
    end = time.monotonic() + GOING_SECONDS
    while there := api.get(kind, meta["name"], meta["namespace"]):
        if there["metadata"]["uid"] != meta["uid"]:
            return
        if time.monotonic() > end:
            what = f"{kind} {meta['namespace']}/{meta['name']}"
            text = f"{what} is being deleted, but is not gone after {GOING_SECONDS} s"
            fix = f"look for finalizers: kubectl describe {kind.lower()}; then send it again"
            raise FairleadError(f"{text}\n    fix:     {fix}")
        time.sleep(LOOK_SECONDS)


def _reference(job: Mapping[str, Any]) -> dict[str, str]:
    return {
        "apiVersion": job["apiVersion"],
        "kind": job["kind"],
        "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"],
    }
