"""A platform that keeps output of containers, before the judge of Google Cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from reference.common import Resource
from reference.gcp.check import check
from reference.gcp.declared import CLUSTER
from reference.gcp.rules_logs import COMPONENT, EXCLUSION, SINK, STORE, WRITER
from reference.gcp.rules_order import PROJECT_GRANT
from reference.gcp.varied import varied
from reference.mutation import Change, Mutation, add, delete, edit, run_mutations, to

STACK = "gcp-prod"
SENT = "loggingConfig.enableComponents"
ELSEWHERE = "logging.googleapis.com/projects/other/locations/us-central1/buckets/other"


@cache
def declared() -> tuple[Resource, ...]:
    """The production stack, whose output is kept for 90 days."""
    return varied(STACK, {"logs": {"days": 90}})


def _writes(one: Resource) -> bool:
    return one["inputs"].get("role") == WRITER


def _instead(old: str, new: str) -> Change:
    return edit(lambda text: text.replace(old, new))


def _less(name: str) -> Callable[[list[str]], list[str]]:
    return lambda found: [one for one in found if one != name]


MISTAKES = (
    Mutation("output that GKE does not send", CLUSTER, SENT, edit(_less(COMPONENT))),
    Mutation("days that are not said", STORE, "retentionDays", delete),
    Mutation("days that there are not", STORE, "retentionDays", to(3651)),
    Mutation("the project's own bucket", STORE, "bucketId", to("_Default")),
    Mutation("another region", STORE, "location", to("global")),
    Mutation("a bucket for ever", STORE, "", add("locked", True)),
    Mutation("a bucket of another project", SINK, "destination", to(ELSEWHERE)),
    Mutation("a bucket of files", SINK, "destination", _instead("logging.googleapis", "storage.googleapis")),
    Mutation("output of every cluster", SINK, "filter", edit(lambda text: text.rpartition(" AND ")[0])),
    Mutation("everything of the project", SINK, "filter", to("")),
    Mutation("logs of nodes", SINK, "filter", _instead("k8s_container", "k8s_node")),
    Mutation("another cluster", SINK, "filter", _instead("fairlead-prod", "fairlead-dev")),
    Mutation("errors alone", SINK, "filter", edit(lambda text: f"{text} AND severity>=ERROR")),
    Mutation("a sink that is off", SINK, "", add("disabled", True)),
    Mutation("the identity of old sinks", SINK, "uniqueWriterIdentity", to(False)),
    Mutation("a name with a slash", SINK, "name", to("platform/output")),
    Mutation("an exclusion of everything", EXCLUSION, "filter", to('resource.type="k8s_container"')),
    Mutation("an exclusion without a filter", EXCLUSION, "filter", delete),
    Mutation("an exclusion that is off", EXCLUSION, "", add("disabled", True)),
    Mutation("a name that is too long", EXCLUSION, "name", edit(lambda name: name * 9)),
    Mutation("a pipeline that may not make it", PROJECT_GRANT, "role", to("roles/logging.viewer"), _writes),
)  # fmt: skip


def test_no_reference_objects_and_every_mistake_is_noticed():
    made = [one["type"] for one in declared() if "gcp:logging/" in one["type"]]
    assert sorted(made) == sorted([STORE, SINK, EXCLUSION])
    outcomes = run_mutations({STACK: declared()}, MISTAKES, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []
