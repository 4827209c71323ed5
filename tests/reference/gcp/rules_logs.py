"""Output of containers: GKE sends it, a sink takes one cluster's into its own bucket, and nobody keeps it twice.

https://docs.cloud.google.com/kubernetes-engine/docs/how-to/config-logging and
https://docs.cloud.google.com/logging/docs/routing/overview; lengths of names: logging.v2, LogSink and LogExclusion
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reference.common import Finding, Resource, is_unknown
from reference.gcp.declared import CLUSTER, Declared, finding, numbers, some
from reference.gcp.rules_order import PROJECT_GRANT

STORE = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SINK = "gcp:logging/projectSink:ProjectSink"
EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion"
OUTPUT, COMPONENT = 'resource.type="k8s_container"', "WORKLOADS"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
TERM = re.compile(r'resource\.labels\.(\w+)="([^"]*)"')
DESTINATION = re.compile(r"logging\.googleapis\.com/\$\{gcp:logging/[^}]*ProjectBucketConfig::([^}.]+)\.id\}")
WRITER = "roles/logging.configWriter"


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on buckets of logs, on what fills them, and on clusters that send."""
    stores, sinks = list(stack.of(STORE)), list(stack.of(SINK))
    for one in stores:
        yield from _store(stack, one)
    for one in [*sinks, *stack.of(EXCLUSION)]:
        if not NAME.fullmatch(str(one["inputs"].get("name"))):
            yield finding(one, "name", f"{one['inputs'].get('name')!r} is no name of Cloud Logging")
    into = {_into(one) for one in sinks}
    for one in stores:
        if one["name"] not in into:
            yield finding(one, "", "nothing is sent into it")
    for one in sinks:
        if _into(one) not in {store["name"] for store in stores}:
            yield finding(
                one, "destination", f"{one['inputs'].get('destination')!r} is no bucket of this stack"
            )
        if one["inputs"].get("uniqueWriterIdentity") is not True or one["inputs"].get("disabled"):
            yield finding(one, "", "writes nothing, or under the identity that all old sinks share")
    for cluster in stack.of(CLUSTER):
        yield from _cluster(stack, cluster, sinks)
    if stores:
        yield from _pipeline(stack)


def _store(stack: Declared, one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    days = numbers(inputs.get("retentionDays"))
    if not days or not 1 <= days[0] <= 3650:
        yield finding(one, "retentionDays", "is not said, or not within 1 to 3650")
    if not NAME.fullmatch(str(inputs.get("bucketId"))) or str(inputs.get("bucketId")).startswith("_"):
        yield finding(one, "bucketId", f"{inputs.get('bucketId')!r} is no bucket of one's own")
    if stack.region and inputs.get("location") != stack.region:
        yield finding(
            one, "location", f"lies in {inputs.get('location')!r}, and the platform in {stack.region}"
        )
    if inputs.get("locked"):
        yield finding(one, "locked", "it cannot be taken down any more")


def _into(sink: Resource) -> str | None:
    found = DESTINATION.fullmatch(str(sink["inputs"].get("destination")))
    return found[1] if found else None


def _cluster(stack: Declared, cluster: Resource, sinks: list[Resource]) -> Iterator[Finding]:
    sent = COMPONENT in (some(cluster["inputs"].get("loggingConfig")).get("enableComponents") or ())
    taken = [one for one in sinks if _means(one, stack, cluster)]
    left = [one for one in stack.of(EXCLUSION) if _means(one, stack, cluster)]
    if sent != (len(taken) == 1):
        what = f"{COMPONENT} is {'on' if sent else 'off'}, and {len(taken)} sinks take this cluster's output"
        yield finding(cluster, "loggingConfig.enableComponents", what)
    if taken and len(left) != 1:
        yield finding(taken[0], "", "the project's _Default bucket keeps the same a second time")
    for one in left:
        if one["inputs"].get("disabled"):
            yield finding(one, "disabled", "excludes nothing")
        if not taken or taken[0]["urn"] not in one["depends_on"]:
            yield finding(one, "", "is there before the sink: what comes in between is lost")
    for one in (*sinks, *stack.of(EXCLUSION)):
        if one not in taken and one not in left:
            yield finding(one, "filter", "is not of this cluster's containers, or of all of them")


def _means(one: Resource, stack: Declared, cluster: Resource) -> bool:
    """Whether a filter is for the containers of one cluster, for all of them and no others."""
    inputs, text = cluster["inputs"], str(one["inputs"].get("filter"))
    wanted: dict[str, Any] = {
        "project_id": stack.project,
        "location": inputs.get("location"),
        "cluster_name": inputs.get("name"),
    }
    terms = text.split(" AND ")
    said = dict(found.groups() for term in terms[1:] if (found := TERM.fullmatch(term)))
    known = not any(is_unknown(value) for value in wanted.values())
    return known and terms[0] == OUTPUT and said == wanted and len(terms) == len(wanted) + 1


def _pipeline(stack: Declared) -> Iterator[Finding]:
    """Who builds the rest of the platform may build this too."""
    grants = [one for one in stack.of(PROJECT_GRANT) if "pipeline" in str(one["inputs"].get("member"))]
    if grants and not any(one["inputs"].get("role") == WRITER for one in grants):
        yield finding(grants[0], "role", f"the pipeline has no {WRITER}")
