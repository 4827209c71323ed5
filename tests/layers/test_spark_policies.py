"""What Spark's applications and pods are held to: every one waits, and none has the operator's rights."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from spark_ground import ground, one
from support.charts import module_of, renderer

from fairlead import labels
from fairlead.layers import queue_controller
from fairlead.layers.spark import operator, place, policies
from fairlead.plan.spark_model import CHART, NAMESPACE

Object = Mapping[str, Any]


def test_the_policies_hold_in_tenants_namespaces() -> None:
    objects = policies.objects()
    bindings = [obj for obj in objects if obj["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert {obj["metadata"]["name"] for obj in bindings} == {
        policies.APPLICATIONS,
        policies.PODS,
        policies.DELETED,
    }
    for binding in bindings:
        assert binding["spec"]["validationActions"] == ["Deny"]
        chosen = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert chosen == [{"key": labels.TENANT, "operator": "Exists"}]


def test_applications_are_looked_at_when_they_are_sent_and_when_they_change() -> None:
    spec = one("ValidatingAdmissionPolicy", policies.objects(), policies.APPLICATIONS)["spec"]
    [rule] = spec["matchConstraints"]["resourceRules"]
    assert (rule["operations"], set(rule["resources"])) == (["CREATE", "UPDATE"], set(place.KINDS))
    assert "matchConditions" not in spec, "for whoever sends them, the operator by the clock too"
    said = "".join(one["expression"] for one in spec["validations"])
    for pattern in (policies.SETTING, policies.STORE, policies.PROGRAM, policies.FILE):
        assert f"matches(r'{pattern}')" in said


def test_what_drivers_and_the_operator_make_waits_in_the_queue() -> None:
    made = one("ValidatingAdmissionPolicy", policies.objects(), policies.PODS)["spec"]
    [who] = made["matchConditions"]
    assert f":{place.ACCOUNT}'" in who["expression"]
    assert f"'system:serviceaccount:{NAMESPACE}:{place.OPERATOR}'" in who["expression"]
    gated, own = (one["expression"] for one in made["validations"])
    assert f"g.name == '{policies.GATE}'" in gated
    text = (module_of("kueue") / "pkg/controller/jobs/pod/constants/constants.go").read_text()
    assert f'SchedulingGateName = "{policies.GATE}"' in text
    marks = set(re.findall(r'"(kueue\.x-k8s\.io/[a-z-]+)"', text)) - {policies.GATE, *policies.NOTES}
    assert "kueue.x-k8s.io/pod-group-name" in marks
    assert not [mark for mark in marks if mark in own]


def test_an_executor_waits_although_a_driver_owns_it_and_is_taken_for_no_other_kinds_pod() -> None:
    """Kueue lets go what a pod of its own owns, unless that bears the mark of a parent that suspends it."""
    told = operator.DEFAULTS
    assert told[f"spark.kubernetes.executor.annotation.{place.WAITS}"] == place.WAITS_FOR == "spark"
    assert told["spark.kubernetes.executor.label.kueue.x-k8s.io/managed"] == "true"
    jobs = module_of("kueue") / "pkg/controller/jobs"
    assert (
        f'SuspendedByParentAnnotation       = "{place.WAITS}"'
        in (jobs / "pod/constants/constants.go").read_text()
    )
    assert "_, suspendByParent := pod.pod.GetAnnotations()" in (jobs / "pod/pod_webhook.go").read_text()
    names = {
        name
        for path in jobs.glob("*/*.go")
        for name in re.findall(r'FrameworkName = "([^"]+)"', path.read_text())
    }
    assert "deployment" in names
    assert place.WAITS_FOR not in names
    _, own = one("ValidatingAdmissionPolicy", policies.objects(), policies.PODS)["spec"]["validations"]
    assert f"['{place.WAITS}'] == 'spark'" in own["expression"]


def test_kueue_looks_at_the_pods_of_spark_and_lets_them_go_one_by_one() -> None:
    plan = ground().plan
    told = queue_controller.config(plan.queues, layers=("spark",))
    assert told["integrations"]["frameworks"] == [*queue_controller.FRAMEWORKS, "pod"]
    assert told["controller"]["groupKindConcurrency"]["Pod"] == queue_controller.AT_A_TIME
    made = queue_controller.controller(renderer(["kueue"]), plan.queues, layers=("spark",))
    hooks = [
        hook
        for obj in made
        for hook in obj.get("webhooks", [])
        if any("pods" in rule["resources"] for rule in hook["rules"])
    ]
    assert hooks
    for hook in hooks:
        [chosen] = hook["objectSelector"]["matchExpressions"]
        assert (chosen["key"], hook["failurePolicy"]) == (place.LAUNCHED, "Fail")


@pytest.mark.parametrize(
    "key",
    [
        *("spark.sql.shuffle.partitions", "spark.eventLog.enabled", "spark.executor.extraJavaOptions"),
        *(
            "spark.dynamicAllocation.enabled",
            "spark.driver.maxResultSize",
            "spark.kubernetes.allocation.batch.size",
        ),
        *("spark.executorEnv.HOME", "spark.files.maxPartitionBytes", "spark.kubernetes.local.dirs.tmpfs"),
    ],
)
def test_settings_that_pods_read_may_be_set(key: str) -> None:
    assert re.search(policies.SETTING, key)


@pytest.mark.parametrize(
    "key",
    [
        # Where, as whom and with which of its own files the operator sends.
        *(
            "spark.kubernetes.namespace",
            "spark.kubernetes.authenticate.driver.oauthTokenFile",
            "spark.master",
        ),
        *("spark.kubernetes.kerberos.krb5.path", "spark.kerberos.keytab", "spark.submit.deployMode"),
        *("spark.kubernetes.driver.podTemplateFile", "spark.kubernetes.executor.podTemplateFile"),
        *("spark.kubernetes.file.upload.path", "spark.files", "spark.archives", "spark.submit.pyFiles"),
        # Which classes it loads.
        *("spark.jars", "spark.jars.packages", "spark.jars.ivySettings", "spark.driver.extraClassPath"),
        *("spark.kubernetes.driver.pod.featureSteps", "spark.hadoop.fs.file.impl", "spark.plugins"),
        *("", "sparks.sql.x", "spark.sqlx", "x.spark.sql.y", "spark.kubernetes.executor.podNamePrefix"),
    ],
)
def test_settings_that_the_operator_reads_may_not(key: str) -> None:
    assert not re.search(policies.SETTING, key)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (
            policies.PROGRAM,
            ("local:///opt/a.py", "https://host.example/a.jar", "s3a://bucket/a.py", "abfss://x@y/a.py"),
            ("a.py", "/opt/a.py", "file:///opt/a.py", "--master=local", "-h", "xlocal:///a.py"),
        ),
        (
            policies.FILE,
            ("local:///opt/a.jar", "http://host.example/a.zip"),
            ("a.jar", "file:///a", "local:///a,/etc/passwd", "s3a://bucket/a.jar"),
        ),
        (
            policies.STORE,
            ("fs.s3a.endpoint", "fs.gs.x"),
            ("hadoop.security.x", "fs.file.impl", "fs.defaultFS"),
        ),
    ],
)
def test_files_and_stores_are_named_so_that_the_operator_touches_none(
    pattern: str, good: Sequence[str], bad: Sequence[str]
) -> None:
    assert all(re.search(pattern, one) for one in good)
    assert not [one for one in bad if re.search(pattern, one)]


def test_every_key_that_the_operator_itself_sets_is_one_that_a_tenant_may_not() -> None:
    """A tenant's setting of the same name comes behind some of them, and would count."""
    text = (module_of(CHART) / "pkg/common/spark.go").read_text()
    keys = set(re.findall(r'"(spark\.kubernetes\.[\w.]+)"', text))
    assert {"spark.kubernetes.namespace", "spark.kubernetes.driver.podTemplateFile"} <= keys
    harmless = {"allocation", "memoryOverheadFactor", "deleteOnTermination"}
    assert not [
        key for key in keys if re.search(policies.SETTING, key) and not harmless & set(key.split("."))
    ]
