"""What a Spark application and its pods are held to, by policies of the API server itself.

Kueue lets drivers and executors go pod by pod. How many executors there are, and how large, a driver decides while it
runs, by the program that its tenant wrote: so what is counted is each pod, and no driver makes one that is not.

The operator sends applications with its own rights, by a program that takes almost everything from their settings: in
which namespace, which of the operator's own files go along, which classes it loads. So only what is listed may be set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import TENANTS, refusal, sent
from fairlead.layers.spark.place import ACCOUNT, EXECUTOR, GROUP, KINDS, OPERATOR, ROLE, WAITS, WAITS_FOR
from fairlead.plan.spark_model import NAMESPACE

APPLICATIONS, PODS, DELETED = (f"fairlead-spark-{part}" for part in ("applications", "pods", "deleted"))
GATE = "kueue.x-k8s.io/admission"
"""Scheduling gate of a pod that waits in a queue: pkg/controller/jobs/pod/constants of Kueue v0.19.2."""
KUEUE = "kueue.x-k8s.io/"
LABELS = (labels.QUEUE, labels.PRIORITY, f"{KUEUE}managed")
NOTES = (f"{KUEUE}role-hash", WAITS)
"""Kueue's labels and annotations that such a pod may have. By others it belongs to what was admitted before."""
READ_BY_PODS = (
    *("broadcast", "checkpoint", "cleaner", "decommission", "default", "dynamicAllocation", "eventLog"),
    *("excludeOnFailure", "executor", "executorEnv", "io", "kryo", "kryoserializer", "locality", "log"),
    *("memory", "metrics", "network", "pyspark", "python", "rdd", "reducer", "rpc", "scheduler"),
    *("serializer", "shuffle", "speculation", "sql", "stage", "storage", "streaming", "task", "ui"),
)
"""Families of settings, `spark.<family>`, that drivers and executors read, and what sends them does not."""
FAMILIES = (
    *READ_BY_PODS,
    r"files\.(maxPartitionBytes|openCostInBytes)",
    r"driver\.(cores|extraJavaOptions|log|maxResultSize|memoryOverhead|memoryOverheadFactor|minMemoryOverhead)",
    r"kubernetes\.(allocation|dynamicAllocation|memoryOverheadFactor|local\.dirs\.tmpfs)",
    r"kubernetes\.executor\.(deleteOnTermination|missingPodDetectDelta|rollInterval|rollPolicy)",
)
SETTING = rf"^spark\.({'|'.join(FAMILIES)})(\.|$)"
"""Key of sparkConf that may be set."""
STORE = r"^fs\.(s3a|gs|azure|abfs|abfss)\."
"""Key of hadoopConf that may be set: how the object store is reached."""
PROGRAM, FILE = "^(local|https?|s3a|gs|abfss?)://", "^(local|https?)://[^,]+$"
"""Names of the program and of an application's other files. Without such a beginning the operator would read them from
its own disk, or take them for options; and what lies in a store it looks up itself, but for the program, which it only
passes on."""


def objects() -> list[Object]:
    """The policies and where they hold."""
    driver = f"request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':{ACCOUNT}'"
    operator = f"request.userInfo.username == 'system:serviceaccount:{NAMESPACE}:{OPERATOR}'"
    return [
        *refusal(APPLICATIONS, [sent(GROUP, KINDS)], _application(), TENANTS, _SPEC),
        *refusal(PODS, [sent("", ["pods"], ["CREATE"])], _waiting(), TENANTS, _by(f"{driver} || {operator}")),
        *refusal(DELETED, [sent("", ["pods"], ["DELETE"])], _executors(), TENANTS, _by(driver)),
    ]


_SPEC: Mapping[str, Any] = {
    "variables": [
        {
            "name": "spec",
            "expression": "has(object.spec.template) ? object.spec.template : object.spec",
        },
        {"name": "deps", "expression": "has(variables.spec.deps) ? variables.spec.deps : {}"},
    ]
}
"""A ScheduledSparkApplication has the application inside."""


def _by(user: str) -> Mapping[str, Any]:
    return {"matchConditions": [{"name": "made-by-spark", "expression": user}]}


def _application() -> list[Mapping[str, str]]:
    spec, deps = "variables.spec", "variables.deps"
    said = [
        (
            f"has({spec}.mode) && {spec}.mode == 'cluster'",
            "mode must be cluster: otherwise the operator itself would run the program",
        ),
        (
            f"has({spec}.mainApplicationFile) && {_like(f'{spec}.mainApplicationFile', PROGRAM)}",
            "mainApplicationFile must name a file of the image (local:///…) or of a server (https, s3a, gs, abfss):"
            " the operator sends no file of its own, and takes what has no such beginning for an option",
        ),
        (
            f"!has({deps}.packages) && !has({deps}.repositories) && !has({deps}.excludePackages)",
            "deps.packages is not offered: the operator would fetch them and load their classes with its own rights."
            " Put them into the image",
        ),
        *(
            (
                f"!has({deps}.{kind}) || {deps}.{kind}.all(one, {_like('one', FILE)})",
                f"deps.{kind} must name files of the image (local:///…) or of a web server (https://…), each by itself",
            )
            for kind in ("jars", "files", "pyFiles", "archives")
        ),
        (
            f"!has({spec}.sparkConf) || {spec}.sparkConf.all(k, {_like('k', SETTING)})",
            "sparkConf has a setting that is not offered: the operator reads it with its own rights, or the application"
            " has a field for it. docs/spark.md lists those that drivers and executors read",
        ),
        (
            f"!has({spec}.hadoopConf) || {spec}.hadoopConf.all(k, {_like('k', STORE)})",
            "hadoopConf says how the object store is reached (fs.s3a., fs.gs., fs.azure., fs.abfs.), and nothing else",
        ),
        *(
            (_nowhere_else(f"{spec}.{part}"), f"{part}.template names no namespace")
            for part in ("driver", EXECUTOR)
        ),
        *(
            (
                f"has({spec}.{part}.labels) && '{labels.QUEUE}' in {spec}.{part}.labels"
                f" && {spec}.{part}.labels['{labels.QUEUE}'] != ''",
                f"{part}s wait in a queue of their tenant: add {labels.QUEUE}: training to spec.{part}.labels",
            )
            for part in ("driver", EXECUTOR)
        ),
        (
            f"!has({spec}.driverIngressOptions) || {spec}.driverIngressOptions.size() == 0",
            "driverIngressOptions is not offered: the way into the cluster is the platform's",
        ),
    ]
    return [{"expression": expression, "message": message} for expression, message in said]


def _like(text: str, pattern: str) -> str:
    return f"{text}.matches(r'{pattern}')"


def _nowhere_else(part: str) -> str:
    meta = f"{part}.template.metadata"
    return f"!has({part}.template) || !has({meta}) || !has({meta}.namespace)"


def _waiting() -> list[Mapping[str, str]]:
    gated = f"has(object.spec.schedulingGates) && object.spec.schedulingGates.exists(g, g.name == '{GATE}')"
    notes = "object.metadata.annotations"
    alone = f"!has({notes}) || !('{WAITS}' in {notes}) || {notes}['{WAITS}'] == '{WAITS_FOR}'"
    own = f"{_only('labels', LABELS)} && {_only('annotations', NOTES)} && ({alone})"
    return [
        {
            "expression": gated,
            "message": "drivers and executors wait in a queue: this pod has no mark by which Kueue would hold it back",
        },
        {
            "expression": own,
            "message": f"a pod of Spark waits by itself: of Kueue's labels it has only {', '.join(LABELS)}",
        },
    ]


def _only(place: str, known: Sequence[str]) -> str:
    """No mark of Kueue's but these."""
    held = f"object.metadata.{place}"
    return f"(!has({held}) || {held}.all(k, !k.startsWith('{KUEUE}') || k in {list(known)}))"


def _executors() -> list[Mapping[str, str]]:
    held = "oldObject.metadata.labels"
    return [
        {
            "expression": f"has({held}) && '{ROLE}' in {held} && {held}['{ROLE}'] == '{EXECUTOR}'",
            "message": "a driver takes away executors alone",
        }
    ]
