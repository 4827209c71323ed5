"""The pipelines layer, decided: where it can run at all, how many API servers, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from fairlead.catalog.model import CapabilityRow
from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.plan.pipelines_model import LAYER, PipelinesDatabasePlan, PipelinesPlan
from fairlead.plan.replicas import pair
from fairlead.plan.store import brings_store
from fairlead.spec.layer import Layers
from fairlead.spec.pipelines import Pipelines
from fairlead.spec.targets import AnyTarget

WHERE = f"platform.layers.{LAYER}"
SCHEMES = ("s3", "gs")
"""Stores that the launcher reads: backend/src/v2/objectstore/config.go of github.com/kubeflow/pipelines at tag 2.17.0,
ParseBucketPathToConfig, without its own test's and without that of a MinIO with keys."""


def check(layers: Layers, target: AnyTarget, row: CapabilityRow) -> Iterator[Problem]:
    """row: what the target says of pipelines. Where it has none, nothing else matters."""
    spec = layers.pipelines
    if not spec.enabled:
        return
    if row.status == "unsupported":
        yield Problem(
            f"{WHERE}.enabled",
            f"target {target.kind} runs no Kubeflow Pipelines: {row.reason}",
            "true",
            "false",
            "write enabled: false; the layer workflows runs graphs of steps on every target",
        )
        return
    if spec.database is None:
        yield Problem(
            f"{WHERE}.database",
            "Kubeflow Pipelines keeps what it knows in MySQL, and no layer of this platform brings one: its API server"
            " takes PostgreSQL only without TLS, and then asks it in MySQL's words",
            "nothing",
            "host and secret of a MySQL 8",
            "write database: {host: …}, of the cloud's managed MySQL for example",
        )
    if not layers.store.enabled and not brings_store(target):
        yield Problem(
            "platform.layers.store.enabled",
            f"layer {LAYER} needs an object store: what a step makes for another lies in it",
            "false",
            "true",
            f"write enabled: true, or name a store of the target, or switch {LAYER} off too",
        )
    # A cluster that others built may bring any store; those of clouds are judged by the target's row.
    uri = getattr(getattr(target, "object_store", None), "uri", "")
    if uri and urlsplit(uri).scheme not in SCHEMES:
        yield Problem(
            "platform.target.object_store.uri",
            f"layer {LAYER} keeps artefacts in it, and Kubeflow Pipelines reads no such store",
            uri,
            " or ".join(f"{scheme}://" for scheme in SCHEMES),
            f"name another store, or switch {LAYER} off",
        )


def pipelines_plan(spec: Pipelines, pools: Sequence[PoolPlan]) -> PipelinesPlan:
    """Whether pipelines run. The checks have seen to it that there is a database then."""
    if not spec.enabled or spec.database is None:
        return PipelinesPlan()
    told = spec.database
    database = PipelinesDatabasePlan(told.host, told.port, told.secret, told.ranges)
    return PipelinesPlan(True, spec.replicas or pair(pools), database, spec.cache)


def notes(plan: PipelinesPlan, *, brought: bool = False) -> Iterator[str]:
    """What the reader of a plan should know: who is known, who is not asked, and what must be there.

    brought: the layer secrets brings what it signs in to its database with.
    """
    if not plan.enabled or plan.database is None:
        return
    database = plan.database
    if not brought:
        yield (
            f"Kubeflow Pipelines waits for the secret {database.secret} in fairlead-pipelines, which you make:"
            f" username, password and ca.crt of the MySQL at {database.host}."
        )
    yield (
        "Its API knows pods by tokens of their service accounts and nobody else, so there is no web page. Its store of"
        " metadata asks nobody: steps of a tenant can read and change what runs of other tenants have recorded there."
    )
    if plan.cache:
        yield (
            "The cache of pipelines asks nobody who calls: a pod of one tenant may put results before another tenant."
        )
    if not database.ranges:
        yield (
            f"The servers of Kubeflow Pipelines may call any address on port {database.port}, for"
            f" {WHERE}.database.ranges does not say where the MySQL is."
        )
