"""How simulated nodes and their pods behave: KWOK's own stages, and ours for pods of Jobs.

Of the pinned KWOK module: nodes become Ready and renew their leases, pods start at once.
Ours, for pods that a Job owns:
- `simulation.fairlead.dev/run-for: "90s"` (a Go duration, default 5s): how long the pod runs.
- `simulation.fairlead.dev/exit: "failure"`: it then ends with exit code 1 instead of 0.
Ours, for any pod that is deleted: it ends first, with the exit code of SIGTERM, and goes then. A kubelet
does so, and the Job controller waits for it where a job says what failures mean (podFailurePolicy).
Ours, for nodes: `simulation.fairlead.dev/resources`, a JSON object, is what the node advertises.
Ours, for the helper pods of volumes: they are done at once, since a simulated node has no disk.
Which nodes they apply to is the KWOK controller's setting: those annotated kwok.x-k8s.io/node=fake.
Stage format: https://kwok.sigs.k8s.io/docs/user/stages-configuration/
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fairlead.catalog.ways import GoModule
from fairlead.errors import ToolError
from fairlead.tools import toolchain, wrappers
from fairlead.tools.cache import Cache, Item, recipe_digest
from fairlead.tools.progress import Progress
from fairlead.tools.steps import Context, Step, run_steps

RUN_FOR = "simulation.fairlead.dev/run-for"
EXIT = "simulation.fairlead.dev/exit"
RESOURCES = "simulation.fairlead.dev/resources"
HELPERS = "fairlead-storage"
"""Namespace of the pods that make and remove the directories of volumes."""
FAILURE = "failure"
DEFAULT_RUN_MS = 5000
UPSTREAM = (
    "kustomize/stage/node/fast/node-initialize.yaml",
    "kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "kustomize/stage/pod/fast/pod-ready.yaml",
)
FILE = "stages.yaml"
AT_A_TIME = 32
"""Nodes, pods and leases that move side by side; by default 4. Each move is a request and its answer, a fifth of a
second where the machine is busy: a thousand nodes took two minutes to be ready, and gangs came up pod by pod."""

_STATUS = """\
{{ $now := Now }}
{{ $root := . }}
conditions:
- lastTransitionTime: {{ $now | Quote }}
  status: "False"
  type: Ready
- lastTransitionTime: {{ $now | Quote }}
  status: "False"
  type: ContainersReady
containerStatuses:
{{ range $index, $item := .spec.containers }}
- image: {{ $item.image | Quote }}
  name: {{ $item.name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: %(code)d
      finishedAt: {{ $now | Quote }}
      reason: %(reason)s
      startedAt: {{ or $root.status.startTime $now | Quote }}
{{ end }}
phase: %(phase)s
"""


def _end(
    name: str, which: list[dict[str, Any]], delay: dict[str, Any], status: dict[str, Any]
) -> dict[str, Any]:
    """A stage that ends the running pods that match."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {
                "matchExpressions": [
                    {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                    {"key": ".status.phase", "operator": "In", "values": ["Running"]},
                    *which,
                ]
            },
            "delay": delay,
            "next": {"statusTemplate": _STATUS % status},
        },
    }


STOPPED = 143
"""Exit code of a process that SIGTERM has ended: 128 + 15."""


def _deleted(name: str, operator: str, then: dict[str, Any]) -> dict[str, Any]:
    """A stage for pods that are being deleted, by whether they have ended."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {
                "matchExpressions": [
                    {"key": ".metadata.deletionTimestamp", "operator": "Exists"},
                    {"key": ".status.phase", "operator": operator, "values": ["Succeeded", "Failed"]},
                ]
            },
            "next": then,
        },
    }


def _job(operator: str) -> list[dict[str, Any]]:
    """Pods of Jobs, by whether they are to fail."""
    return [
        {"key": ".metadata.ownerReferences.[].kind", "operator": "In", "values": ["Job"]},
        {"key": f'.metadata.annotations["{EXIT}"]', "operator": operator, "values": [FAILURE]},
    ]


def ours() -> list[dict[str, Any]]:
    """The stages that end pods: completed, failed where the pod asks for it, helpers at once, deleted ones."""
    wished = {
        "durationMilliseconds": DEFAULT_RUN_MS,
        "durationFrom": {"expressionFrom": f'.metadata.annotations["{RUN_FOR}"]'},
    }
    done = {"code": 0, "reason": "Completed", "phase": "Succeeded"}
    failed = {"code": 1, "reason": "Error", "phase": "Failed"}
    stopped = {"code": STOPPED, "reason": "Error", "phase": "Failed"}
    helpers = [{"key": ".metadata.namespace", "operator": "In", "values": [HELPERS]}]
    return [
        _end("fairlead-pod-complete", _job("NotIn"), wished, done),
        _end("fairlead-pod-fail", _job("In"), wished, failed),
        _end("fairlead-helper-complete", helpers, {"durationMilliseconds": 0}, done),
        _deleted("fairlead-pod-stop", "NotIn", {"statusTemplate": _STATUS % stopped}),
        _deleted("fairlead-pod-delete", "In", {"delete": True}),
    ]


def pace() -> dict[str, Any]:
    """KWOK's own settings, which may stand in the same file: what has no flag (v0.8.0, pkg/kwok/cmd/root.go)."""
    names = ("podPlayStageParallelism", "nodePlayStageParallelism", "nodeLeaseParallelism")
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": dict.fromkeys(names, AT_A_TIME),
    }


def advertising(stage: str) -> str:
    """KWOK's stage that makes a node Ready, changed to advertise what the node's annotation says.

    Raises ToolError if the stage of the pinned module no longer has the places to change.
    """
    for field in ("allocatable", "capacity"):
        before = f"{{{{ with .status.{field} }}}}\n      {{{{ YAML . 1 }}}}"
        after = f'{{{{ with index (or .metadata.annotations dict) "{RESOURCES}" }}}}\n        {{{{ . }}}}'
        if stage.count(before) != 1:
            raise ToolError("kwok", f"its stage {UPSTREAM[0]} has another form than this release knows")
        stage = stage.replace(before, after)
    return stage


def _module() -> GoModule:
    return wrappers.pinned("controllers", "sigs.k8s.io/kwok")


def item() -> Item:
    """The place of the stages in the cache."""
    module = _module()
    recipe = recipe_digest([module.model_dump(mode="json"), UPSTREAM, RESOURCES, ours(), pace()])
    return Item(f"stages/{module.version}-{recipe}", module.version, recipe, (FILE,))


def plan(cache: Cache) -> list[Step]:
    """The step that makes the stages, if they are missing."""
    if cache.present(item()):
        return []
    return [Step("stages", "get KWOK stages", 5, partial(_make), needs=(toolchain.GO_STEP,))]


def _make(context: Context) -> None:
    import yaml

    wanted, cache = item(), context.cache
    runner = context.runner("kwok-stages", "see that the Go module proxy answers (go env GOPROXY)")
    with cache.lock(wanted.key, context.progress.note), cache.scratch(wanted.key) as scratch:
        if cache.present(wanted):
            return
        module = context.go.module_dir(_module(), scratch, runner)
        first, *others = [(module / name).read_text().strip() for name in UPSTREAM]
        texts = [advertising(first), *others]
        texts += [yaml.safe_dump(one, sort_keys=False).strip() for one in (*ours(), pace())]
        made = scratch / "item"
        made.mkdir()
        (made / FILE).write_text("\n---\n".join(texts) + "\n")
        cache.commit(wanted, made, how="go", source=_module().query)


def ensure(cache: Cache, progress: Progress) -> Path:
    """Have the stages; returns the file that the KWOK controller reads."""
    context = Context.of(cache, progress)
    steps = plan(cache)
    run_steps([*toolchain.plan((), context, builds=bool(steps)).steps, *steps], context)
    return path(cache)


def path(cache: Cache) -> Path:
    """Where the stages file lies, there or not."""
    return cache.path(item()) / FILE
