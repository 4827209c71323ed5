"""Output of containers in Cloud Logging: this cluster's, in a bucket of its own, and in no second one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gcp_programs import CLUSTER, of_type
from support.clouds import cloud_plan
from support.targets import TARGETS

from fairlead.declared.record import Declared, record
from fairlead.plan.sites.gcp_model import GcpSite

STORE = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SINK = "gcp:logging/projectSink:ProjectSink"
EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion"
CI = {"issuer": "https://token.actions.githubusercontent.com", "subjects": ["repo:acme/platform:ref:x"]}
EVERY = (
    'resource.type="k8s_container" AND resource.labels.project_id="acme-platform"'
    ' AND resource.labels.location="us-central1" AND resource.labels.cluster_name="lab"'
)


@cache
def declared(asked: bool = True) -> list[Declared]:
    plan = cloud_plan("gcp", **({"logs": {"days": 90}} if asked else {}))
    return list(record(lambda: TARGETS["gcp"].cluster(plan) and None, "lab"))


def one(kind: str) -> Declared:
    (found,) = of_type(declared(), kind).values()
    return found


def sent(asked: bool) -> Mapping[str, Any]:
    (cluster,) = of_type(declared(asked), CLUSTER).values()
    return cluster.inputs["loggingConfig"]["enableComponents"]


def test_gke_sends_what_containers_write_only_where_it_is_asked_for() -> None:
    assert "WORKLOADS" in sent(True)
    assert "WORKLOADS" not in sent(False)
    assert set(sent(True)) - set(sent(False)) == {"WORKLOADS"}, "the control plane's logs stay on"


def test_the_bucket_keeps_for_the_days_of_the_spec_where_the_platform_is() -> None:
    told = one(STORE).inputs
    assert (told["bucketId"], told["location"], told["retentionDays"]) == ("lab-workloads", "us-central1", 90)


def test_the_sink_takes_this_clusters_containers_and_no_others() -> None:
    told = one(SINK).inputs
    assert told["filter"] == EVERY
    assert told["destination"] == f"logging.googleapis.com/${{{STORE}::lab-workloads.id}}"


def test_the_projects_own_bucket_leaves_out_exactly_what_the_sink_takes_once_it_does() -> None:
    assert one(EXCLUSION).inputs["filter"] == one(SINK).inputs["filter"]
    assert one(SINK).urn in one(EXCLUSION).depends_on


def test_the_pipeline_has_the_role_for_it_only_where_it_is_used() -> None:
    def roles(**more: Any) -> tuple[str, ...]:
        site = cloud_plan("gcp", target={"ci": CI}, **more).site
        assert isinstance(site, GcpSite)
        assert site.ci is not None
        return site.ci.roles

    assert set(roles(logs={})) - set(roles()) == {"roles/logging.configWriter"}


def test_nothing_of_it_is_made_where_nobody_asks() -> None:
    assert [one.name for one in declared(False) if one.type in (STORE, SINK, EXCLUSION)] == []
