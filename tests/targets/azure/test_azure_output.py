"""Output of containers in Azure: a workspace of its own, the add-on that collects, and the rule of what it sends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from azure_platforms import built
from support.clouds import cloud_plan
from support.engine import Recorder

NAME = "lab-workloads"
STREAM = "Microsoft-ContainerLogV2"


@cache
def made() -> Recorder:
    return built(cloud_plan("azure", logs={"days": 90}))[1]


def of(kind: str, recorder: Recorder | None = None) -> dict[str, Mapping[str, Any]]:
    found = (recorder or made()).registered.values()
    return {one.name: one.inputs for one in found if one.type.endswith(f":{kind}")}


def test_the_workspace_keeps_for_the_days_of_the_spec_and_is_not_that_of_the_audit_log() -> None:
    spaces = of("Workspace")
    assert set(spaces) == {NAME, "lab-logs"}
    assert spaces[NAME]["retentionInDays"] == 90
    assert spaces["lab-logs"]["retentionInDays"] == 30
    assert spaces[NAME]["features"]["disableLocalAuth"] is True
    assert [
        one["workspaceId"] for one in of("DiagnosticSetting").values() if NAME in str(one["workspaceId"])
    ] == []


def test_the_collector_signs_in_by_identity_and_writes_to_that_workspace() -> None:
    (addons,) = [one["addonProfiles"] for one in of("ManagedCluster").values()]
    assert set(addons) == {"omsagent"}
    assert addons["omsagent"]["enabled"] is True
    config = addons["omsagent"]["config"]
    assert config["useAADAuth"] == "true"
    assert NAME in str(config["logAnalyticsWorkspaceResourceID"])


def test_the_rule_sends_output_of_containers_and_nothing_that_measures() -> None:
    (rule,) = of("DataCollectionRule").values()
    (source,) = rule["dataSources"]["extensions"]
    assert (source["extensionName"], source["streams"]) == ("ContainerInsights", [STREAM])
    settings = source["extensionSettings"]["dataCollectionSettings"]
    assert settings == {"interval": "1m", "namespaceFilteringMode": "Off", "enableContainerLogV2": True}
    (there,) = rule["destinations"]["logAnalytics"]
    assert NAME in str(there["workspaceResourceId"])
    assert rule["dataFlows"] == [{"streams": [STREAM], "destinations": [there["name"]]}]


def test_the_cluster_is_told_under_the_one_name_that_its_collector_looks_for() -> None:
    (bond,) = of("DataCollectionRuleAssociation").values()
    assert bond["associationName"] == "ContainerInsightsExtension"
    assert "lab" in str(bond["resourceUri"])
    assert NAME in str(bond["dataCollectionRuleId"])


def test_nothing_of_it_is_made_where_nobody_asks() -> None:
    plain = built(cloud_plan("azure"))[1]
    assert set(of("Workspace", plain)) == {"lab-logs"}
    assert of("DataCollectionRule", plain) == of("DataCollectionRuleAssociation", plain) == {}
    (addons,) = [one["addonProfiles"] for one in of("ManagedCluster", plain).values()]
    assert addons == {"omsagent": {"enabled": False}}, "left out it might stay as it was"
