"""The real API server, and the real Kueue beside it: what the layers make is accepted, what must be refused is.

The API server alone (e2e.bare), not the product's local cluster: simulated nodes have no fast network. What runs on
nodes with one is not shown by this: no such node was at hand.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import matrix

from e2e.bare import Bare, free_port, program_of, until
from fairlead import labels
from fairlead.layers import fabric, queue, queue_controller, tenancy
from fairlead.layers.fabric import guard
from fairlead.plan.channels import CHANNEL
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.model import PlatformPlan
from fairlead.workload.runtime import runtime

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
TCPXO = matrix.Combination("gcp", "none", "tcpxo")
TCPX = matrix.Combination("gcp", "none", "tcpx")
NVLINK = matrix.Combination("onprem", "none", "infiniband and nvlink")


def planned(one: matrix.Combination) -> PlatformPlan:
    made = matrix.plan(one)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def everything(bare: Bare) -> Sequence[tuple[matrix.Combination, Object]]:
    """Each object of the matrix once; CRDs and namespaces stand, the rest is only asked about."""
    found = list(matrix.distinct().values())
    crds = {obj["metadata"]["name"]: obj for _, obj in found if obj["kind"] == "CustomResourceDefinition"}
    bare.define(list(crds.values()))
    spaces = {obj["metadata"].get("namespace") for _, obj in found} - {None, "kube-system"}
    bare.make(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": str(one)}} for one in spaces))
    return found


@pytest.fixture(scope="module")
def controllers(bare: Bare) -> Sequence[Object]:
    """The kinds of the controllers, and what one platform with a rack of nodes puts beside them."""
    found = [obj for obj in matrix.objects(planned(NVLINK)) if obj["kind"] != "Namespace"]
    bare.define([obj for obj in found if obj["kind"] == "CustomResourceDefinition"])
    return found


# ---- every combination --------------------------------------------------------------------------


def test_every_object_of_every_combination_is_accepted(
    bare: Bare, everything: Sequence[tuple[matrix.Combination, Object]]
) -> None:
    asked = [obj for _, obj in everything if obj["kind"] not in ("CustomResourceDefinition", "Namespace")]
    refused = [
        line for place in range(0, len(asked), 100) for line in bare.refusals(asked[place : place + 100])
    ]
    assert refused == []
    custom = {
        obj["kind"] for obj in asked if "." in obj["apiVersion"] and ".k8s.io/v1" not in obj["apiVersion"]
    }
    assert {"ComputeDomain", "ClusterQueue", "ClusterTrainingRuntime"} <= custom


def test_a_wrong_object_among_them_would_be_refused(
    bare: Bare, everything: Sequence[tuple[matrix.Combination, Object]]
) -> None:
    domain = next(obj for _, obj in everything if obj["kind"] == "ComputeDomain")
    (said,) = bare.refusals([{**domain, "spec": {**domain["spec"], "numNodes": -1}}])
    assert "numNodes" in said
    (said,) = bare.refusals([{**domain, "spec": {**domain["spec"], "surprise": 1}}])
    assert "surprise" in said


# ---- who may touch nodes ------------------------------------------------------------------------


def job_of(one: matrix.Combination) -> JobFabric:
    pinned = fabric.pinned(planned(one).fabrics, matrix.IMAGES)
    return next(job for job in pinned.jobs if job.daemon)


def pod_of(job: JobFabric, namespace: str = "team-a") -> dict[str, Any]:
    """A pod as JobSet makes it of the runtime, with an image and without the queue's marks."""
    made = runtime(0, None, "near", {}, job)["spec"]["template"]["spec"]["replicatedJobs"][0]
    template = copy.deepcopy(made["template"]["spec"]["template"])
    template["spec"]["containers"][0]["image"] = "registry.example.com/team/train:1.0"
    notes = template.get("metadata", {}).get("annotations", {})
    metadata = {"generateName": "rank-", "namespace": namespace, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.fixture(scope="module", params=[TCPX, TCPXO], ids=["tcpx", "tcpxo"])
def guarded(request: pytest.FixtureRequest, bare: Bare, controllers: object) -> JobFabric:
    """The tenants' namespaces and the policies of one network, in force."""
    made = planned(request.param)
    policies = guard.objects(fabric.pinned(made.fabrics, matrix.IMAGES), matrix.guarded(made))
    bare.make(*(tenancy.namespace(one) for one in made.tenants), *policies)
    job = job_of(request.param)
    bad = broken(job, "host network")
    until("the policies are in force", lambda: "denied" in str(bare.refusals([bad])), 60)
    until("and know this daemon", lambda: not bare.refusals([pod_of(job)]), 60)
    return job


def edit(
    change: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object],
) -> Callable[[dict[str, Any]], object]:
    """A change of (spec, the daemon's container, the job's container)."""
    return lambda pod: change(pod["spec"], pod["spec"]["initContainers"][0], pod["spec"]["containers"][0])


def annotate(key: str, value: str) -> Callable[[dict[str, Any]], object]:
    return lambda pod: pod["metadata"]["annotations"].update({key: value})


HOST = {"name": "root", "hostPath": {"path": "/"}}
SECURE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
BREAKS: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "privileged": edit(
        lambda s, d, j: j["securityContext"].update(privileged=True, allowPrivilegeEscalation=True)
    ),
    "escalation": edit(lambda s, d, j: j["securityContext"].update(allowPrivilegeEscalation=True)),
    "capability": edit(lambda s, d, j: j["securityContext"]["capabilities"].update(add=["NET_ADMIN"])),
    "capabilities kept": edit(lambda s, d, j: j["securityContext"].pop("capabilities")),
    "no context": edit(lambda s, d, j: j.pop("securityContext")),
    "root": edit(lambda s, d, j: j["securityContext"].update(runAsUser=0)),
    "root allowed": edit(lambda s, d, j: j["securityContext"].update(runAsNonRoot=False)),
    "root pod": edit(lambda s, d, j: s["securityContext"].update(runAsUser=0)),
    "unconfined": edit(lambda s, d, j: j["securityContext"].update(seccompProfile={"type": "Unconfined"})),
    "no seccomp": edit(lambda s, d, j: s["securityContext"].pop("seccompProfile")),
    "proc": edit(
        lambda s, d, j: (j["securityContext"].update(procMount="Unmasked"), s.update(hostUsers=False))
    ),
    "sysctl": edit(
        lambda s, d, j: s["securityContext"].update(sysctls=[{"name": "kernel.msgmax", "value": "1"}])
    ),
    "host network": edit(lambda s, d, j: s.update(hostNetwork=True)),
    "host processes": edit(lambda s, d, j: s.update(hostPID=True)),
    "host ipc": edit(lambda s, d, j: s.update(hostIPC=True)),
    "host port": edit(lambda s, d, j: j.update(ports=[{"containerPort": 80, "hostPort": 80}])),
    "host folder": edit(lambda s, d, j: s["volumes"].append(HOST)),
    "probe elsewhere": edit(
        lambda s, d, j: j.update(livenessProbe={"httpGet": {"host": "10.0.0.1", "port": 80, "path": "/"}})
    ),
    "hook elsewhere": edit(
        lambda s, d, j: j.update(
            lifecycle={"preStop": {"httpGet": {"host": "10.0.0.1", "port": 80, "path": "/"}}}
        )
    ),
    "libraries changed": edit(lambda s, d, j: [one.pop("readOnly", None) for one in j["volumeMounts"]]),
    "daemon's folders": edit(
        lambda s, d, j: j["volumeMounts"].append(
            {**d["volumeMounts"][1], "mountPath": "/mine", "readOnly": True}
        )
    ),
    "another init container": edit(
        lambda s, d, j: s["initContainers"].append(
            {
                "name": "x",
                "image": d["image"],
                "command": d["command"],
                "securityContext": d["securityContext"],
            }
        )
    ),
    "image": edit(lambda s, d, j: d.update(image="registry.example.com/evil:1")),
    "command": edit(lambda s, d, j: d.update(command=["/bin/sh", "-c", "sleep 1000"])),
    "arguments": edit(lambda s, d, j: d.update(args=["more"])),
    "variable": edit(lambda s, d, j: d["env"].append({"name": "LD_PRELOAD", "value": "/run/tcpx/x.so"})),
    "variable's value": edit(lambda s, d, j: d["env"][0].update(value="/tmp")),
    "variables from a map": edit(lambda s, d, j: d.update(envFrom=[{"configMapRef": {"name": "x"}}])),
    "daemon privileged": edit(lambda s, d, j: d["securityContext"].update(privileged=True)),
    "daemon's capability": edit(
        lambda s, d, j: d["securityContext"]["capabilities"]["add"].append("SYS_ADMIN")
    ),
    "daemon unconfined": edit(
        lambda s, d, j: d["securityContext"].update(seccompProfile={"type": "Unconfined"})
    ),
    "probe of the daemon": edit(
        lambda s, d, j: d.update(startupProbe={"exec": {"command": ["sh", "-c", "id"]}, "periodSeconds": 5})
    ),
    "another probe of it": edit(lambda s, d, j: d.update(livenessProbe={"exec": {"command": ["sh"]}})),
    "hook of the daemon": edit(
        lambda s, d, j: d.update(lifecycle={"postStart": {"exec": {"command": ["sh", "-c", "id"]}}})
    ),
    "own files under the daemon": edit(
        lambda s, d, j: (
            s["volumes"].append({"name": "mine", "emptyDir": {}}),
            d["volumeMounts"].append({"name": "mine", "mountPath": "/fts"}),
        )
    ),
    "own libraries for the daemon": edit(
        lambda s, d, j: [
            (one.pop("hostPath"), one.update(emptyDir={}))
            for one in s["volumes"]
            if one.get("hostPath", {}).get("path", "").endswith("lib64")
        ]
    ),
    "no restart": edit(lambda s, d, j: (d.pop("restartPolicy"), d.pop("startupProbe", None))),
    "daemon as the job": edit(lambda s, d, j: j.update(name=d["name"]) or s["initContainers"].clear()),
    "devices of the job": annotate("devices.gke.io/container.node", "- path: /dev/sda\n"),
    "other devices of the daemon": lambda pod: pod["metadata"]["annotations"].update(
        {key: "- path: /dev/sda\n" for key in pod["metadata"]["annotations"] if key.startswith("devices.")}
    ),
}


def broken(job: JobFabric, name: str) -> dict[str, Any]:
    pod = pod_of(job)
    BREAKS[name](pod)
    return pod


def test_pods_that_differ_in_one_thing_are_each_refused_by_a_policy(guarded: JobFabric, bare: Bare) -> None:
    asked = [broken(guarded, name) for name in BREAKS]
    for name, pod in zip(BREAKS, asked, strict=True):
        pod["metadata"] = {**pod["metadata"], "name": re.sub(r"[^a-z]+", "-", name)}
    refused = bare.refusals(asked)
    for name, pod in zip(BREAKS, asked, strict=True):
        said = [line for line in refused if f'"{pod["metadata"]["name"]}"' in line]
        assert said, f"{name} is accepted"
        assert "ValidatingAdmissionPolicy" in said[0], said


def test_the_pod_as_the_platform_writes_it_is_accepted_and_so_is_a_plain_one(
    guarded: JobFabric, bare: Bare
) -> None:
    plain = pod_of(
        JobFabric("H100", 8, "none", (), given=False, why="")
    )  # the same runtime without a network
    assert bare.refusals([pod_of(guarded), plain]) == []


def test_another_tenants_namespace_lets_no_daemon_in_and_no_devices(guarded: JobFabric, bare: Bare) -> None:
    (said,) = bare.refusals([pod_of(guarded, "team-b")])
    assert "denied" in said or "PodSecurity" in said
    plain = pod_of(JobFabric("H100", 8, "none", (), given=False, why=""), "team-b")
    annotate("devices.gke.io/container.node", "- path: /dev/sda\n")(plain)
    (said,) = bare.refusals([plain])
    assert guard.DEVICES in said


def train_job(namespace: str, name: str) -> Object:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "train", "namespace": namespace},
        "spec": {"runtimeRef": {"name": name}, "trainer": {"numNodes": 2}},
    }


def test_a_job_that_could_never_have_pods_is_refused_when_it_is_sent_with_what_to_do(
    guarded: JobFabric, bare: Bare
) -> None:
    assert bare.refusals([train_job("team-a", "fairlead-h100-nodes-near")]) == []
    (said,) = bare.refusals([train_job("team-b", "fairlead-h100-nodes-near")])
    assert "host_access: [fabric]" in said
    assert guarded.kind in said
    assert bare.refusals([train_job("team-b", "fairlead-h100-near"), train_job("team-b", "fairlead")]) == []


# ---- NVLink between nodes -----------------------------------------------------------------------

DRIVER = "compute-domain.nvidia.com"
NODES = 2


def node(place: int, flavor: Any) -> Object:
    name = f"rack-{place}"
    size = {"cpu": "90", "memory": "900Gi", "pods": "110", "nvidia.com/gpu": "4", "rdma/infiniband": "1"}
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": ""}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**flavor.node_labels, "kubernetes.io/hostname": name}},
        "spec": {
            "taints": [{"key": t.key, "value": t.value, "effect": t.effect} for t in flavor.node_taints]
        },
        "status": {"capacity": size, "allocatable": size, "conditions": [ready]},
    }


def channel(place: int) -> Object:
    """What the driver's plugin publishes on a node: here the test stands in for it."""
    name = f"rack-{place}"
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": f"{name}-channel"},
        "spec": {
            "driver": DRIVER,
            "nodeName": name,
            "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {"name": "channel-0", "attributes": {"type": {"string": "channel"}, "id": {"int": 0}}}
            ],
        },
    }


def template(plan: PlatformPlan) -> Object:
    """What the driver's controller makes of a ComputeDomain, after its compute-domain-workload-claim-template."""
    (claim,) = plan.fabrics.claims
    asked = {"name": "channel", "exactly": {"deviceClassName": claim.device_class}}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": claim.template, "namespace": "team-a"},
        "spec": {"spec": {"devices": {"requests": [asked]}}},
    }


@pytest.fixture(scope="module")
def queued(bare: Bare, controllers: Sequence[Object], tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """Kueue and the control plane over two nodes of a rack, with the queues that the plan makes."""
    bare.make(*(tenancy.namespace(one) for one in planned(NVLINK).tenants))
    rack(bare, controllers, tmp_path_factory.mktemp("kueue"))
    return bare


def rack(bare: Bare, controllers: Sequence[Object], folder: Path) -> None:
    plan = planned(NVLINK)
    queues = plan.queues
    flavor = next(one for one in queues.flavors if one.accelerator == "GB200")
    classes = [obj for obj in controllers if obj["kind"] == "DeviceClass" and DRIVER in str(obj)]
    assert classes
    made = [
        *queue.priorities(queues),
        *queue.topologies(queues),
        *queue.flavors(queues),
        *queue.cohort(queues),
    ]
    made += [queue.cluster_queue(queues, one) for one in queues.queues]
    made += [one for own in queues.queues for one in queue.local_queues(queues, own)]
    bare.make(*classes, *made, template(plan), *map(channel, range(NODES)))
    account = {"apiVersion": "v1", "kind": "ServiceAccount"}
    bare.make({**account, "metadata": {"name": labels.WORKLOAD_ACCOUNT, "namespace": "team-a"}})
    for place in range(NODES):
        one = node(place, flavor)
        bare.make(one)
        patch = json.dumps({"status": one["status"]})
        bare.kubectl(
            "patch", "node", one["metadata"]["name"], "--subresource=status", "--type=merge", "-p", patch
        )
    bare.control()
    kueue(bare, queue_controller.config(queues, plan.fabrics.uncounted), folder)


def kueue(bare: Bare, config: Mapping[str, Any], folder: Path) -> None:
    """The real controller with the plan's configuration; only where it listens is the test's own."""
    certificates = folder / "certificates"
    certificates.mkdir()
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    files = ["-keyout", str(certificates / "tls.key"), "-out", str(certificates / "tls.crt")]
    subprocess.run([*make, *files], check=True, capture_output=True)
    told = {
        **config,
        "health": {"healthProbeBindAddress": f"127.0.0.1:{free_port()}"},
        "metrics": {"bindAddress": f"127.0.0.1:{free_port()}"},
        "webhook": {"port": free_port(), "certDir": str(certificates)},
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "integrations": {"frameworks": ["batch/job"]},
        # It would be an API server of its own, behind a service.
        "featureGates": {**config["featureGates"], "VisibilityOnDemand": False},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(told))
    env = {"KUBECONFIG": str(bare.kubeconfig)}
    # It reads the certificate of its metrics from one fixed place: a folder of its own stands there.
    place = "/etc/kueue/metrics/certs"
    script = f'mount -t tmpfs tmpfs /etc && mkdir -p {place} && cp "$0"/* {place} && exec "$1" "--config=$2"'
    program = program_of("kueue", "/manager", folder)
    bare.run(
        "/usr/bin/unshare", "--mount", "sh", "-c", script, str(certificates), str(program), str(file), env=env
    )


def gang(name: str, nodes: int = NODES) -> Object:
    """A job of whole nodes as JobSet would make it of the accelerator's runtime."""
    plan = planned(NVLINK)
    job = next(one for one in plan.fabrics.jobs if one.accelerator == "GB200")
    made = runtime(0, None, "near", {}, job)["spec"]["template"]["spec"]["replicatedJobs"][0]
    pod = copy.deepcopy(made["template"]["spec"]["template"])
    box = pod["spec"]["containers"][0]
    box["image"] = "registry.example.com/team/train:1.0"
    amounts = {**box["resources"]["limits"], "nvidia.com/gpu": "4", "cpu": "8", "memory": "16Gi"}
    box["resources"] |= {"requests": amounts, "limits": amounts}
    pod["spec"]["nodeSelector"] = {labels.ACCELERATOR: "GB200"}
    pod["spec"]["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    notes = (
        {"kueue.x-k8s.io/podset-required-topology": "kubernetes.io/hostname"}
        if nodes == 1
        else {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}
    )
    pod["metadata"] = {**pod.get("metadata", {}), "annotations": notes}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team-a", "labels": {labels.QUEUE: "training"}},
        "spec": {"suspend": True, "parallelism": nodes, "completions": nodes, "template": pod},
    }


def workload(bare: Bare, job: str) -> Any:
    found = json.loads(bare.kubectl("get", "workloads", "-n", "team-a", "-o", "json"))["items"]
    return next((one for one in found if one["metadata"]["ownerReferences"][0]["name"] == job), None)


def status(bare: Bare, job: str) -> dict[str, Any]:
    found = workload(bare, job)
    return found.get("status", {}) if found else {}


def waiting(bare: Bare, job: str) -> list[Any]:
    """What the queue says of a workload that has no place yet."""
    return [one for one in status(bare, job).get("conditions", []) if one["type"] == "QuotaReserved"]


def pods(bare: Bare, job: str) -> list[Any]:
    return json.loads(bare.kubectl("get", "pods", "-n", "team-a", "-l", f"job-name={job}", "-o", "json"))[
        "items"
    ]


def test_a_gang_that_claims_channels_is_admitted_counted_and_placed_with_a_channel_on_each_node(
    queued: Bare,
) -> None:
    queued.make(gang("first"))
    admission = until("Kueue admits the gang", lambda: status(queued, "first").get("admission"))
    (share,) = admission["podSetAssignments"]
    assert share["resourceUsage"][CHANNEL] == str(NODES)
    assert share["flavors"][CHANNEL] == "gb200-on-demand"
    placed = until(
        "every pod has a node",
        lambda: (
            (found := pods(queued, "first"))
            and len(found) == NODES
            and all(p["spec"].get("nodeName") for p in found)
            and found
        ),
    )
    assert {one["spec"]["nodeName"] for one in placed} == {f"rack-{place}" for place in range(NODES)}
    claims = json.loads(queued.kubectl("get", "resourceclaims", "-n", "team-a", "-o", "json"))["items"]
    given = {one["status"]["allocation"]["devices"]["results"][0]["pool"] for one in claims}
    assert given == {f"rack-{place}" for place in range(NODES)}


def test_the_next_gang_waits_for_accelerators_and_is_not_refused_for_its_claim(queued: Bare) -> None:
    queued.make(gang("second", 1))
    found = until("Kueue says why the second gang waits", lambda: waiting(queued, "second"))
    assert "nvidia.com/gpu" in found[0]["message"]
    assert "not mapped" not in found[0]["message"]
    queued.kubectl("delete", "job", "first", "-n", "team-a", "--wait=false")
    until(
        "its place is free again",
        lambda: status(queued, "second").get("admission"),
    )


def test_a_class_that_is_mapped_to_nothing_is_refused_by_kueue_as_the_plan_supposes(queued: Bare) -> None:
    plan = planned(NVLINK)
    other = {**template(plan), "metadata": {"name": "unmapped", "namespace": "team-a"}}
    other["spec"] = {
        "spec": {
            "devices": {
                "requests": [
                    {"name": "x", "exactly": {"deviceClassName": "compute-domain-daemon.nvidia.com"}}
                ]
            }
        }
    }
    bad = json.loads(json.dumps(gang("third", 1)))
    bad["spec"]["template"]["spec"]["resourceClaims"][0]["resourceClaimTemplateName"] = "unmapped"
    queued.make(other, bad)
    until("Kueue refuses it", lambda: "is not mapped" in json.dumps(workload(queued, "third") or {}))
