"""What is special about jobs that MPI starts: one node runs mpirun, the others wait for it behind an SSH server.

Shaped as Trainer's own (v2.3.0, manifests/base/runtimes/deepspeed_distributed.yaml), so that images made for those
run here: their user is 1000, has its home in HOME, and in it the server's file. Trainer makes the job's key and the
list of its nodes (pkg/runtime/framework/plugins/mpi/mpi.go). Nobody is root, so the server's port is above 1024.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.workload.model import REPLICATED_JOB
from fairlead.workload.nearness import PREFERRED, REQUIRED
from fairlead.workload.runtime import command, part

HOME = "/home/mpiuser"
PORT = 2222
LAUNCHER = "launcher"
"""Name of the job that runs mpirun, as Trainer knows it. It trains too: it is the first node."""
SERVER = f"exec /usr/sbin/sshd -De -f {HOME}/.sshd_config\n"
"""A server that is told to stop ends well, as if its node had done its work: the launcher of every job's container
(workload.runtime) says that it has not."""
GROUP = "kueue.x-k8s.io/podset-group-name"
"""Pod annotation of Kueue 0.19.2 (apis/kueue/v1beta2/topology_types.go): two sets of pods are placed as one."""

POLICY: Mapping[str, Any] = {
    "mpi": {
        "numProcPerNode": 1,
        "mpiImplementation": "OpenMPI",
        "sshAuthMountPath": f"{HOME}/.ssh",
        "runLauncherAsNode": True,
    }
}


def together(notes: Mapping[str, str]) -> dict[str, str]:
    """Annotation by which launcher and nodes stand near each other, where nearness is asked for at all."""
    return {GROUP: "mpi"} if {REQUIRED, PREFERRED} & set(notes) else {}


def jobs(template: Mapping[str, Any]) -> dict[str, Any]:
    """The two jobs of a set, of the same pods: the launcher starts when all servers can be reached, and its end is
    that of the job.
    """
    launcher = part(LAUNCHER, template)
    return {
        "network": {"publishNotReadyAddresses": True},
        "successPolicy": {"operator": "All", "targetReplicatedJobs": [LAUNCHER]},
        "replicatedJobs": [
            part(REPLICATED_JOB, _serving(template), trains=False),
            {**launcher, "dependsOn": [{"name": REPLICATED_JOB, "status": "Ready"}]},
        ],
    }


def _serving(template: Mapping[str, Any]) -> dict[str, Any]:
    spec = template["spec"]
    (box,) = spec["containers"]
    server = {
        **box,
        "command": command(),
        "args": [SERVER],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 2},
    }
    return {**template, "spec": {**spec, "containers": [server]}}
