"""Rules about changes: what a preview must not do to what stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from fairlead.catalog.immutable import row_of
from fairlead.labels import ACCELERATOR, POOL, TENANT
from fairlead.rules.model import AnyRule, Change, Flaw, Level, Subject, Whole, WholeRule

CLUSTERS: Mapping[str, str] = {
    "aws:eks/cluster:Cluster": "version",
    "gcp:container/cluster:Cluster": "minMasterVersion",
    "azure-native:containerservice:ManagedCluster": "kubernetesVersion",
}
"""Type of a cluster -> where its version of Kubernetes stands."""
POOLS: Mapping[str, str] = {
    "aws:eks/nodeGroup:NodeGroup": "labels",
    "gcp:container/nodePool:NodePool": "nodeConfig.labels",
    "azure-native:containerservice:AgentPool": "nodeLabels",
    "kubernetes:karpenter.sh/v1:NodePool": "spec.template.metadata.labels",
}
"""Type of a pool of nodes -> where the labels of its nodes stand."""
NAMESPACE = "kubernetes:core/v1:Namespace"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
APART = (NAMESPACE, DEFINITION, *CLUSTERS)
"""Types that have rules of their own."""
OTHERS: Mapping[str, str] = {
    "aws:backup/vault:Vault": "backups",
    "aws:docdb/cluster:Cluster": "databases",
    "aws:dynamodb/table:Table": "items",
    "aws:ebs/volume:Volume": "files",
    "aws:ecr/repository:Repository": "images",
    "aws:elasticache/replicationGroup:ReplicationGroup": "entries",
    "aws:memorydb/cluster:Cluster": "entries",
    "aws:opensearch/domain:Domain": "documents",
    "aws:rds/cluster:Cluster": "databases",
    "aws:secretsmanager/secret:Secret": "a secret",
    "azure-native:compute:Disk": "files",
    "azure-native:containerregistry:Registry": "images",
    "azure-native:cosmosdb:DatabaseAccount": "databases",
    "azure-native:keyvault:Secret": "a secret",
    "azure-native:netapp:Volume": "files",
    "azure-native:recoveryservices:Vault": "backups",
    "azure-native:sql:Database": "a database",
    "azure-native:storage:FileShare": "files",
    "gcp:artifactregistry/repository:Repository": "images",
    "gcp:bigquery/dataset:Dataset": "tables",
    "gcp:bigtable/instance:Instance": "tables",
    "gcp:compute/disk:Disk": "files",
    "gcp:filestore/instance:Instance": "files",
    "gcp:firestore/database:Database": "documents",
    "gcp:kms/keyRing:KeyRing": "its name, which can never be taken again",
    "gcp:secretmanager/secret:Secret": "a secret",
    "gcp:spanner/database:Database": "a database",
}
"""Types that no sample stack has -> what is lost with one. Those that a stack has stand in catalog/data/immutable."""


def keeps(subject: Subject) -> str:
    """What is lost with a resource; empty where nothing is that its program does not make again."""
    if subject.retain_on_delete or subject.get("spec.persistentVolumeReclaimPolicy") == "Retain":
        return ""
    row = row_of(subject.type)
    return row.keeps if row and row.keeps else OTHERS.get(subject.type, "")


def is_tenant(subject: Subject) -> bool:
    """Whether it is the namespace of a tenant."""
    labels = subject.get("metadata.labels")
    return subject.type == NAMESPACE and isinstance(labels, Mapping) and TENANT in labels


def _gone(whole: Whole, *verdicts: str) -> Iterator[tuple[Change, Subject]]:
    """What stands and is deleted, or replaced."""
    for one in whole.changes:
        if one.verdict in verdicts and one.before:
            yield one, one.before


def _path(change: Change) -> str:
    return next(iter(change.forced_by), "")


def _protected(whole: Whole) -> Iterator[Flaw]:
    for change, one in _gone(whole, "delete", "replace"):
        if one.protect:
            what = f"is protected, and would be {change.verdict}d"
            fix = "take the protection away in a change of its own, when it is meant"
            yield Flaw(_path(change), what, fix=fix, subject=one)


def _unprotected(whole: Whole) -> Iterator[Flaw]:
    for change in whole.changes:
        before, after = change.before, change.after
        if before and after and before.protect and not after.protect:
            what = "is no longer protected: the next change may delete it"
            yield Flaw("", what, "protect: false", "protect: true", "leave it, where nothing is to go", after)


def _state_replaced(whole: Whole) -> Iterator[Flaw]:
    for change, one in _gone(whole, "replace"):
        lost = keeps(one)
        if lost and one.type not in APART:
            what = f"is replaced: {lost} would be lost"
            named = ", ".join(change.forced_by[:3])
            fix = f"leave {named or 'what forces it'} as it is, or make another beside it and move the data first"
            yield Flaw(_path(change), what, fix=fix, subject=one)


def _state_deleted(whole: Whole) -> Iterator[Flaw]:
    for _, one in _gone(whole, "delete"):
        lost = keeps(one)
        if lost and one.type not in APART:
            fix = (
                "keep it (retain_on_delete leaves it where it is), or make sure that a copy stands elsewhere"
            )
            yield Flaw("", f"is deleted: {lost} would be lost", fix=fix, subject=one)


def _tenant(whole: Whole) -> Iterator[Flaw]:
    for change, one in _gone(whole, "delete", "replace"):
        if is_tenant(one):
            what = f"is {change.verdict}d: the tenant's work and volumes go with it"
            fix = "keep the tenant with a quota of 0 until its data is elsewhere, then remove it"
            yield Flaw(_path(change), what, fix=fix, subject=one)


def _definition(whole: Whole) -> Iterator[Flaw]:
    for change, one in _gone(whole, "delete", "replace"):
        if one.type == DEFINITION:
            what = f"is {change.verdict}d: all objects of its kind go with it, those of tenants too"
            yield Flaw(_path(change), what, fix="see that there are none left: kubectl get", subject=one)


def _cluster(whole: Whole) -> Iterator[Flaw]:
    for change, one in _gone(whole, "delete", "replace"):
        if one.type in CLUSTERS:
            named = ", ".join(change.forced_by[:3])
            what = f"the whole cluster is {change.verdict}d" + (f" for {named}" if named else "")
            fix = "take the change back, or make another stack beside this one and move the work"
            yield Flaw(_path(change), what, fix=fix, subject=one)


def _pool(whole: Whole) -> Iterator[Flaw]:
    beside = {_label(one.after, POOL) for one in whole.changes if one.verdict == "create" and one.after}
    for change, one in _gone(whole, "replace"):
        name = _label(one, POOL)
        if one.type in POOLS and (not name or name not in beside):
            what = f"the nodes of pool {name or one.name} go, with what runs on them, and no other ones stand by then"
            fix = "raise the pool's generation: the new nodes then stand beside the old ones"
            yield Flaw(_path(change), what, fix=fix, subject=one)


def _accelerators(whole: Whole) -> Iterator[Flaw]:
    for change in whole.changes:
        before, after = _label(change.before, ACCELERATOR), _label(change.after, ACCELERATOR)
        if change.verdict == "update" and before and after and before != after and change.after:
            what = f"{before} becomes {after} in a pool that stands: its quotas and jobs mean the other one"
            fix = "raise the pool's generation, or give the new machines a pool of their own"
            yield Flaw(POOLS[change.after.type], what, after, before, fix, change.after)


def _versions(whole: Whole) -> Iterator[Flaw]:
    for change in whole.changes:
        before, after = change.before, change.after
        path = CLUSTERS.get(after.type) if after else None
        old, new = (_minor(one.get(path)) if one and path else None for one in (before, after))
        if not (old and new and after and path):
            continue
        if new < old:
            what = "Kubernetes goes back: no cluster can, and what is stored is of the newer version"
            yield Flaw(path, what, _text(new), f"{_text(old)} or newer", "take it back", after)
        elif new[0] == old[0] and new[1] > old[1] + 1:
            step = _text((old[0], old[1] + 1))
            what = "a version of Kubernetes is left out: control planes go one by one"
            yield Flaw(path, what, _text(new), step, f"go to {step} first, nodes too", after)


def _minor(value: Any) -> tuple[int, int] | None:
    parts = str(value).split(".")[:2] if isinstance(value, str) else []
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(one.isdigit() for one in parts) else None


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _label(subject: Subject | None, key: str) -> str:
    """A label of a pool's nodes; empty where there is none, or it is no pool."""
    path = POOLS.get(subject.type) if subject else None
    labels = subject.get(path) if subject and path else None
    found = cast("Mapping[str, Any]", labels).get(key) if isinstance(labels, Mapping) else None
    return found if isinstance(found, str) else ""


def _rule(
    rule: str, level: Level, title: str, reason: str, check: Callable[[Whole], Iterable[Flaw]]
) -> AnyRule:
    return WholeRule(
        id=rule, title=title, reason=reason, level=level, references=(), looks_at="changes", check=check
    )


RULES: tuple[AnyRule, ...] = (
    _rule(
        "change-protected-stays",
        "mandatory",
        "What is protected is neither deleted nor replaced",
        "The engine stops before it, in the middle of a run that has then changed half of what it was to change.",
        _protected,
    ),
    _rule(
        "change-protection-stays",
        "advisory",
        "Protection is not taken away by the way",
        "Whoever takes it away in a large change deletes with the next one, and nobody has looked at either.",
        _unprotected,
    ),
    _rule(
        "change-state-not-replaced",
        "mandatory",
        "What holds data is not replaced",
        "A replaced bucket, database or key is an empty one: what was inside is gone when the change has run.",
        _state_replaced,
    ),
    _rule(
        "change-state-not-deleted",
        "mandatory",
        "What holds data is not deleted",
        "Resources come back with the program that declares them, data does not.",
        _state_deleted,
    ),
    _rule(
        "change-tenant-stays",
        "mandatory",
        "A tenant that has work and data stays",
        "With its namespace go its jobs, its models' services and its volumes, at once and without a question.",
        _tenant,
    ),
    _rule(
        "change-definition-stays",
        "advisory",
        "A kind of objects stays as long as there are some",
        "An API server that forgets a kind deletes every object of it, whoever made them.",
        _definition,
    ),
    _rule(
        "change-cluster-stays",
        "mandatory",
        "A cluster is not replaced",
        "All that runs stops, every address changes, and what was stored in the cluster alone is gone.",
        _cluster,
    ),
    _rule(
        "change-pool-has-successor",
        "mandatory",
        "A pool goes when its successor stands",
        "Where new nodes come only after the old ones have gone, everything waits, and capacity may not come back.",
        _pool,
    ),
    _rule(
        "change-accelerators-stay",
        "mandatory",
        "A pool keeps its accelerators",
        "Quotas, queues and jobs name accelerators: exchanged under them, jobs run on what they were not made for.",
        _accelerators,
    ),
    _rule(
        "change-version-next",
        "mandatory",
        "Kubernetes goes forward, one minor version at a time",
        "Control planes refuse anything else, when the run has already changed what comes before them.",
        _versions,
    ),
)
