"""A job: where its pods are, what their accelerators do, whether they start again, and whether it waits."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import HALF, Column, Unit, figure, graph, listing
from dashboards.queries import JOB, NAMESPACE, of_job, or_none
from fairlead import series

_JOB = 'namespace=~"$namespace", training_job=~"$job", training_job!=""'
_RESTARTS = of_job("kube_pod_container_status_restarts_total")
_WAITING = f'{series.WORKLOAD_WAITING}{{namespace=~"$namespace", owner=~"$job"}}'

_NOW = [
    figure(
        "Pods", "Pods of the job that are on a node.", Unit.COUNT, or_none(f"count({series.POD}{{{_JOB}}})")
    ),
    figure(
        "Accelerators",
        "Accelerators, or shares of them, that they hold.",
        Unit.COUNT,
        or_none(f"sum({series.POD_ACCELERATORS}{{{_JOB}}})"),
    ),
    figure(
        "Utilisation",
        "How busy these accelerators are on average.",
        Unit.RATIO,
        f"avg({series.ACCELERATOR_UTILIZATION}{{{_JOB}}})",
    ),
    figure(
        "Idle for",
        "How long the one that has been idle longest has done nothing.",
        Unit.SECONDS,
        f"max({series.ACCELERATOR_IDLE}{{{_JOB}}})",
        poor=900,
        bad=3600,
    ),
    figure(
        "Restarts",
        "How often containers of its pods were started again.",
        Unit.COUNT,
        or_none(f"sum({_RESTARTS})"),
        poor=1,
    ),
    figure(
        "Waits for",
        "How long it has waited for its place; 0 when it has one.",
        Unit.SECONDS,
        or_none(f"max({_WAITING})"),
    ),
]
_ACCELERATORS = [
    graph(
        "Utilisation, by pod",
        "How busy the accelerators of each pod are on average: one that is lower holds up the others.",
        Unit.RATIO,
        {"{{pod}}": f"avg by (pod) ({series.ACCELERATOR_UTILIZATION}{{{_JOB}}})"},
    ),
    graph(
        "Memory, by pod",
        "Used part of the memory of the pod's fullest accelerator.",
        Unit.RATIO,
        {"{{pod}}": f"max by (pod) ({series.ACCELERATOR_MEMORY}{{{_JOB}}})"},
    ),
    graph(
        "Power, by pod",
        "What the accelerators of each pod draw.",
        Unit.WATTS,
        {"{{pod}}": f"sum by (pod) ({series.ACCELERATOR_POWER}{{{_JOB}}})"},
    ),
    graph(
        "Temperature, by pod",
        "The warmest accelerator of each pod.",
        Unit.CELSIUS,
        {"{{pod}}": f"max by (pod) ({of_job(series.DEVICE_TEMPERATURE)})"},
    ),
]
_PODS = [
    listing(
        "Pods",
        "Where the pods are, what they hold and how busy that is.",
        {"pod": "Pod", "node": "Node", "pool": "Pool", "accelerator": "Accelerator"},
        [
            Column(
                "Accelerators",
                f"sum by (pod, node, pool, accelerator) ({series.POD_ACCELERATORS}{{{_JOB}}})",
                Unit.COUNT,
            ),
            Column(
                "Utilisation",
                f"avg by (pod, node, pool, accelerator) ({series.ACCELERATOR_UTILIZATION}{{{_JOB}}})",
                Unit.RATIO,
            ),
            Column(
                "Idle for",
                f"max by (pod, node, pool, accelerator) ({series.ACCELERATOR_IDLE}{{{_JOB}}})",
                Unit.SECONDS,
            ),
        ],
    ),
    graph(
        "Restarts, by pod",
        "How often containers of each pod were started again since the pod is there.",
        Unit.COUNT,
        {"{{pod}}": f"sum by (pod) ({_RESTARTS})"},
    ),
    listing(
        "How containers ended last",
        "The reason of the last end of containers that were started again.",
        {"pod": "Pod", "reason": "Reason"},
        [
            Column(
                "Containers",
                f"sum by (pod, reason) ({of_job('kube_pod_container_status_last_terminated_reason')})",
                Unit.COUNT,
            )
        ],
        width=HALF,
    ),
    graph(
        "Last checkpoint",
        "How long ago the job has written one, if it tells so: a failure now costs that much.",
        Unit.SECONDS,
        {
            "{{namespace}}/{{training_job}}": "max by (namespace, training_job) "
            f'({series.CHECKPOINT_AGE}{{namespace=~"$namespace", training_job=~"$job"}})'
        },
        width=24,
    ),
]

BOARD = Board(
    "job",
    "job",
    "Where a job's pods are, what their accelerators do, whether they start again, and whether it waits.",
    {"Now": _NOW, "Accelerators": _ACCELERATORS, "Pods": _PODS},
    [NAMESPACE, JOB],
)
