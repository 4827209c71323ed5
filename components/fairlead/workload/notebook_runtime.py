"""The runtimes of notebooks: those of jobs of one node, with a probe that says when JupyterLab answers.

A TrainJob can say no probe: type ContainerPatch in pkg/apis/trainer/v1alpha1/trainjob_types.go of Trainer 2.3.0.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.plan.sharing import object_name
from fairlead.plan.store_model import AccountToken
from fairlead.plan.topology import NEAR
from fairlead.workload import jupyter
from fairlead.workload import runtime as jobs
from fairlead.workload.notebook import RESTARTS

NAME = "fairlead-notebook"
"""The runtime of notebooks without accelerators; the others are called fairlead-notebook-h100."""
PROBE: Mapping[str, Any] = {
    "httpGet": {"path": jupyter.READY_PATH, "port": jupyter.PORT},
    "periodSeconds": 2,
    "timeoutSeconds": 5,
    "failureThreshold": 5,
}


def runtime_name(accelerator: str = "", claimed: int = 0) -> str:
    """Name of the runtime for notebooks with this accelerator, as it is asked for; claimed: how many, where it is."""
    return "-".join(part for part in (NAME, object_name(accelerator), str(claimed or "")) if part)


def runtimes(
    pod_labels: Mapping[str, str] | None = None,
    nearness: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    grace_seconds: int = jobs.GRACE_SECONDS,
    selectors: Mapping[str, Mapping[str, str]] | None = None,
    token: AccountToken | None = None,
    claimed: Mapping[str, Sequence[int]] | None = None,
) -> list[dict[str, Any]]:
    """One for each accelerator of the cluster, and one without; the arguments are those of `runtime.runtimes`."""
    near = {name: {NEAR: words[NEAR]} for name, words in (nearness or {}).items()}
    found = {
        made["metadata"]["name"]: made
        for made in jobs.runtimes(pod_labels, near, (), grace_seconds, selectors, token, claimed)
    }
    kinds = [(name, number) for name in near for number in (claimed or {}).get(name, (0,))]
    bases = [(runtime_name(), jobs.runtime_name(RESTARTS))]
    bases += [
        (runtime_name(n, number), jobs.runtime_name(RESTARTS, n, NEAR, claimed=number)) for n, number in kinds
    ]
    return [_probed(found[base], name) for name, base in bases]


def _probed(base: Mapping[str, Any], name: str) -> dict[str, Any]:
    made = copy.deepcopy(dict(base))
    made["metadata"]["name"] = name
    [replicated] = made["spec"]["template"]["spec"]["replicatedJobs"]
    [box] = replicated["template"]["spec"]["template"]["spec"]["containers"]
    box["readinessProbe"] = dict(PROBE)
    return made
