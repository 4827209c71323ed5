"""Mistakes put in on purpose: both scanners find them, and no object is lost where each has a file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reference.common import filled
from reference.scanners import checkov, explained, kube_score, objects
from reference.scanners.finding import Report

GOOD: Mapping[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "good", "namespace": "somewhere"},
    "spec": {
        "selector": {"matchLabels": {"app": "good"}},
        "template": {
            "metadata": {"labels": {"app": "good"}},
            "spec": {
                "serviceAccountName": "good",
                "automountServiceAccountToken": False,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65_532,
                    "runAsGroup": 65_532,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "box",
                        "image": f"example.com/good:1.2.3@sha256:{64 * '0'}",
                        "imagePullPolicy": "Always",
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "resources": {
                            kind: {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}
                            for kind in ("requests", "limits")
                        },
                        "ports": [{"name": "http", "containerPort": 8080}],
                        "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}},
                        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
                    }
                ],
            },
        },
    },
}
FENCE: Mapping[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "good", "namespace": "somewhere"},
    "spec": {"podSelector": {"matchLabels": {"app": "good"}}, "policyTypes": ["Ingress", "Egress"]},
}
LIMITED = {"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}}
MISTAKES: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "privileged": (
        {"securityContext": {"privileged": True}},
        "CKV_K8S_16",
        "container-security-context-privileged: The container is privileged",
    ),
    "latest": (
        {"image": "example.com/good"},
        "CKV_K8S_14",
        "container-image-tag: Image with latest tag",
    ),
    "no limits": (
        {"resources": LIMITED},
        "CKV_K8S_13",
        "container-resources: Memory limit is not set",
    ),
    "root's file system": (
        {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}},
        "CKV_K8S_22",
        "container-security-context-readonlyrootfilesystem: The pod has a container with a writable root filesystem",
    ),
    "a secret in the environment": (
        {"env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "key", "key": "key"}}}]},
        "CKV_K8S_35",
        "",
    ),
    "no probes": (
        {"livenessProbe": None, "readinessProbe": None},
        "CKV_K8S_8",
        "",
    ),
}
"""Mistake -> what the container has in place of what is good, and who finds it: checkov's check and kube-score's, which
does not look for the last two."""


def called(obj: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "name": name}}


def with_mistake(name: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
    """The good object with a mistake in its container."""
    made = json.loads(json.dumps(called(GOOD, name)))
    pod = made["spec"]["template"]["spec"]
    box = {**pod["containers"][0], **change}
    pod["containers"] = [{key: value for key, value in box.items() if value is not None}]
    return made


def deployer(name: str) -> Mapping[str, Any]:
    """Who may do everything. name: of the identity, which only a cloud knows."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "deployer"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": name}],
    }


IDENTITY = "${azure-native:managedidentity:UserAssignedIdentity::ci.principalId}"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Report]:
    """What both scanners say of the good object, of its fence, and of each mistake, in a file each; and checkov of what
    it loses."""
    folder = tmp_path_factory.mktemp("mistakes") / "objects"
    folder.mkdir()
    given = {"good": GOOD, "fence": FENCE}
    given |= {
        name: with_mistake(f"bad-{place}", change)
        for place, (name, (change, *_)) in enumerate(MISTAKES.items())
    }
    for name, obj in given.items():
        (folder / f"{name.replace(' ', '-')}.json").write_text(objects.text_of(obj))
    files = sorted(path.name for path in folder.iterdir())
    (folder / "several.json").write_text(json.dumps([GOOD, given["privileged"]]))
    (folder / "braces.json").write_text(objects.text_of(deployer(IDENTITY)))
    (folder / "filled.json").write_text(objects.text_of(filled(deployer(IDENTITY), objects.plausible)))
    return checkov.scanned(folder), kube_score.scanned(folder, files)


def found(report: Report, name: str) -> set[str]:
    return {one.check for one in report.findings if one.file == f"{name.replace(' ', '-')}.json"}


def test_neither_has_anything_against_what_is_good(both: tuple[Report, Report]) -> None:
    assert [found(report, name) for report in both for name in ("good", "fence")] == [set()] * 4


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(both: tuple[Report, Report], name: str) -> None:
    _, theirs, others = MISTAKES[name]
    assert theirs in found(both[0], name)
    assert not others or others in found(both[1], name)


def test_of_several_objects_in_a_file_none_is_looked_at_and_nobody_says_so(
    both: tuple[Report, Report],
) -> None:
    """The form in which `fairlead resources -o json` and others print them. In a file each, both are looked at."""
    assert {"good.json", "privileged.json"} <= both[0].looked_at
    assert "several.json" not in both[0].looked_at
    assert found(both[0], "several") == set()


def test_an_object_with_a_name_from_a_cloud_is_passed_by_until_it_is_filled_in(
    both: tuple[Report, Report],
) -> None:
    assert "braces.json" not in both[0].looked_at
    assert "filled.json" in both[0].looked_at


def test_a_text_that_looks_like_two_objects_is_written_otherwise() -> None:
    """checkov puts a comma between `}` and `{`, wherever they stand."""
    told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "told", "namespace": "somewhere"}}
    odd = {**told, "data": {"rule": '{"a": 1}{"b": 2}'}}
    text = objects.text_of(odd)
    assert "}{" in json.dumps(odd)
    assert "}{" not in text
    assert json.loads(text) == odd


def test_a_finding_without_a_row_and_a_row_without_a_finding_are_told() -> None:
    rows = explained.rows()
    first = rows[0]
    assert explained.unexplained([("CKV_NEW", "Deployment somewhere/new")], rows) == {
        ("CKV_NEW", "Deployment somewhere/new")
    }
    assert explained.unexplained([(first.checks[0], "Deployment somewhere/new")], rows) == set()
    assert explained.idle([], [first]) == set(first.pairs())
