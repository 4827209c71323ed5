"""C4 and C5 for layers: MLflow has a part of each cloud's object store, and an identity that opens nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from support.clouds import CLOUDS, cloud_plan
from support.targets import TARGETS

from fairlead.contract.handle import ClusterHandle
from fairlead.declared.record import Declared, record
from fairlead.layers.tracking import artifacts
from fairlead.plan.model import PlatformPlan
from fairlead.plan.tracking_model import PART

LAYERS = {"databases": {"enabled": True}, "tracking": {"enabled": True}}
SUBJECT = "fairlead-tracking"


@cache
def plan(cloud: str) -> PlatformPlan:
    return cloud_plan(cloud, layers=LAYERS)


@cache
def built(cloud: str) -> tuple[Sequence[Declared], ClusterHandle]:
    handles: list[ClusterHandle] = []
    found = record(lambda: handles.append(TARGETS[cloud].cluster(plan(cloud))), "lab")
    return found, handles[0]


def inputs(cloud: str, kind: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in built(cloud)[0] if one.type.endswith(f":{kind}") and one.name == name]
    return dict(found.inputs)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_artefacts_lie_in_the_object_store_and_the_plan_speaks_of_no_volume(cloud: str) -> None:
    assert plan(cloud).tracking.artifacts == "object-store"
    assert not [note for note in plan(cloud).notes if "artefacts lie on one volume" in note]
    assert PART in built(cloud)[1].object_store.uris  # type: ignore[union-attr]
    assert set(built(cloud)[1].identity.account_annotations) == {"team-a", PART}  # type: ignore[union-attr]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_the_layer_there_is_no_part_for_it(cloud: str) -> None:
    bare = cloud_plan(cloud)
    assert PART not in json.dumps(bare.site, default=vars)


def test_on_aws_a_role_reads_and_writes_its_folder_and_no_dataset() -> None:
    bond = inputs("aws", "PodIdentityAssociation", f"lab-{PART}")
    assert (bond["namespace"], bond["serviceAccount"]) == (SUBJECT, "fairlead-workload")
    assert bond["roleArn"] == f"${{aws:iam/role:Role::lab-{PART}.arn}}"
    text = inputs("aws", "RolePolicy", f"lab-{PART}")["policy"]
    assert "_datasets" not in text
    assert "/team-a" not in text
    (own,) = [one for one in json.loads(text)["Statement"] if one["Sid"] == "Own"]
    assert own["Resource"].endswith(f"/{PART}/*")
    assert inputs("aws", "Role", f"lab-{PART}")["name"] == "lab-layer-tracking"


def test_on_google_cloud_the_service_account_itself_uses_its_managed_folder() -> None:
    grant = inputs("gcp", "ManagedFolderIamMember", f"lab-{PART}")
    assert grant["member"].endswith(f"/subject/ns/{SUBJECT}/sa/fairlead-workload")
    assert inputs("gcp", "ManagedFolder", f"lab-{PART}")["name"] == "layers/tracking/"
    volumes = [one.name for one in built("gcp")[0] if one.type.endswith(":PersistentVolume")]
    assert volumes
    assert not [name for name in volumes if PART in name]


def test_on_azure_an_identity_opens_its_container_and_the_cluster_vouches_for_the_account() -> None:
    bound = inputs("azure", "FederatedIdentityCredential", "lab-layer-tracking")
    assert bound["subject"] == f"system:serviceaccount:{SUBJECT}:fairlead-workload"
    grant = inputs("azure", "RoleAssignment", "lab-layer-tracking")
    assert grant["scope"] == "${azure-native:storage:BlobContainer::lab-layer-tracking.id}"
    volumes = [one.name for one in built("azure")[0] if one.type.endswith(":PersistentVolume")]
    assert not [name for name in volumes if "tracking" in name]


def test_mlflow_is_told_of_azures_container_in_its_own_words() -> None:
    place = artifacts.place(plan("azure").tracking, built("azure")[1])
    account = plan("azure").site.names.objects  # type: ignore[attr-defined]
    assert place.destination == f"wasbs://layer-tracking@{account}.blob.core.windows.net"
    assert place.pod_labels == {"azure.workload.identity/use": "true"}
    assert list(place.annotations) == ["azure.workload.identity/client-id"]
    assert place.claim == ""
