"""Pods that use a fabric with a daemon beside them: as the platform writes them, and each with one thing changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from support import matrix

from fairlead.layers import fabric
from fairlead.plan.fabric_model import JobFabric
from fairlead.workload.runtime import runtime


def job_of(one: matrix.Combination) -> JobFabric:
    pinned = fabric.pinned(matrix.planned(one).fabrics, matrix.IMAGES)
    return next(job for job in pinned.jobs if job.daemon)


def pod_of(job: JobFabric, namespace: str = "team-a") -> dict[str, Any]:
    """A pod as JobSet makes it of the runtime, with an image and without the queue's marks."""
    made = runtime(0, None, "near", {}, job)["spec"]["template"]["spec"]["replicatedJobs"][0]
    template = copy.deepcopy(made["template"]["spec"]["template"])
    template["spec"]["containers"][0]["image"] = "registry.example.com/team/train:1.0"
    notes = template.get("metadata", {}).get("annotations", {})
    metadata = {"generateName": "rank-", "namespace": namespace, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def edit(
    change: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object],
) -> Callable[[dict[str, Any]], object]:
    """A change of (spec, the daemon's container, the job's container)."""
    return lambda pod: change(pod["spec"], pod["spec"]["initContainers"][0], pod["spec"]["containers"][0])


def annotate(key: str, value: str) -> Callable[[dict[str, Any]], object]:
    return lambda pod: pod["metadata"]["annotations"].update({key: value})


HOST = {"name": "root", "hostPath": {"path": "/"}}
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
