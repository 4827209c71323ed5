"""What stands beside a job's container for the network: a daemon that is ready first, folders, a claim."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from job_samples import job
from support.clouds import cloud_plan
from support.rendered_pods import pod, restricted_violations
from support.strict import problems

from fairlead.plan.fabric_model import JobFabric
from fairlead.workload.render import render
from fairlead.workload.runtime import runtime

KINDS = {"gpudirect-tcpx": "a3-highgpu-8g", "gpudirect-tcpxo": "a3-megagpu-8g"}
WHOLE = {"accelerators": "H100:8", "num_nodes": 2}


def fabric(kind: str) -> JobFabric:
    one = {"name": "fast", "accelerators": "H100:8", "machine": KINDS[kind], "capacity": "spot"}
    tenant = {"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}, "host_access": ["fabric"]}
    (found,) = cloud_plan("gcp", {**one, "min": 2, "max": 2}, tenants=[tenant]).fabrics.jobs
    return found


def nvlink() -> JobFabric:
    (found,) = cloud_plan(
        "azure", {"name": "rack", "accelerators": "GB200:4", "min": 2, "max": 2}
    ).fabrics.jobs
    return found


def made(of: JobFabric, **changes: Any) -> dict[str, Any]:
    sent = render(job(**{**WHOLE, **changes}))[-1]
    return pod(sent, runtime(0, None, "near", {}, of))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pod_keeps_the_schema_of_kubernetes(kind: str) -> None:
    assert problems(made(fabric(kind))) == []
    assert problems(runtime(0, None, "near", {}, fabric(kind))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_daemon_is_a_native_sidecar_that_starts_first_and_ends_with_the_job(kind: str) -> None:
    spec = made(fabric(kind))["spec"]
    (sidecar,) = spec["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["securityContext"]["runAsUser"] == 0
    assert "privileged" not in sidecar["securityContext"]


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_daemon_breaks_the_standard_and_the_job_sees_libraries_that_it_cannot_change(
    kind: str,
) -> None:
    whole = made(fabric(kind))
    spec = whole["spec"]
    names = {one["name"] for one in spec["volumes"] if "hostPath" in one}
    box = spec["containers"][0]
    mounts = {one["mountPath"]: one for one in box["volumeMounts"] if one["name"] in names}
    assert mounts["/usr/local/nvidia/lib64"]["readOnly"] is True
    writable = {path for path, one in mounts.items() if not one.get("readOnly")}
    assert writable == ({"/dev/aperture_devices"} if kind.endswith("xo") else set())
    kept = [one for one in spec["volumes"] if one["name"] not in names]
    bare = {**whole, "spec": {**spec, "initContainers": [], "volumes": kept}}
    assert restricted_violations(bare) == []


def test_a_job_waits_until_its_daemon_can_serve_where_the_daemon_tells() -> None:
    (told,) = made(fabric("gpudirect-tcpxo"))["spec"]["initContainers"]
    assert told["startupProbe"]["exec"]["command"] == ["cat", "/run/health-check"]
    (silent,) = made(fabric("gpudirect-tcpx"))["spec"]["initContainers"]
    assert "startupProbe" not in silent


def test_the_socket_between_them_is_the_pods_own_and_not_the_nodes() -> None:
    spec = made(fabric("gpudirect-tcpx"))["spec"]
    shared = [one["name"] for one in spec["volumes"] if "emptyDir" in one and one["name"] != "shm"]
    for box in (*spec["initContainers"], *spec["containers"]):
        places = [one["mountPath"] for one in box["volumeMounts"] if one["name"] in shared]
        assert places == ["/run/tcpx"]


@pytest.mark.parametrize("kind", KINDS)
def test_devices_reach_the_daemon_and_networks_the_pod_by_its_annotations(kind: str) -> None:
    notes = made(fabric(kind))["metadata"]["annotations"]
    (key,) = [one for one in notes if one.startswith("devices.")]
    assert key.endswith(f".{made(fabric(kind))['spec']['initContainers'][0]['name']}")
    assert "/dev/nvidiactl" in notes[key]
    assert any(one.endswith("/interfaces") for one in notes)


def test_a_pod_claims_a_channel_and_keeps_its_accelerators_and_interfaces() -> None:
    sent = made(nvlink(), accelerators="GB200:4")
    spec = sent["spec"]
    resources = spec["containers"][0]["resources"]
    assert resources["claims"] == [{"name": "nvlink"}]
    assert resources["limits"]["nvidia.com/gpu"] == "4"
    assert resources["limits"]["rdma/infiniband"] == "1"
    assert spec["resourceClaims"] == [{"name": "nvlink", "resourceClaimTemplateName": "nvlink-channel"}]
    assert problems(sent) == []
    assert problems(runtime(0, None, "near", {}, nvlink())) == []


def test_a_channel_is_claimed_also_where_there_is_no_other_network() -> None:
    alone = replace(nvlink(), kind="none", given=False, requests={}, env={})
    resources = made(alone, accelerators="GB200:4")["spec"]["containers"][0]["resources"]
    assert resources["claims"] == [{"name": "nvlink"}]


def test_the_job_is_the_same_with_and_without_all_of_it() -> None:
    said = str(render(job(**WHOLE)))
    for word in ("tcpx", "hostPath", "aperture", "nvlink", "initContainers", "resourceClaims"):
        assert word not in said
