"""The Spark operator: its own chart, fenced, with fewer rights; and what applications and their pods are held to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from spark_ground import DEPLOYMENTS, HERE, REFERENCE, ground, of_tenant, one, part, template
from support.charts import chart_values, module_of, renderer
from support.golden import REPO
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.layers.objects import RBAC
from fairlead.layers.spark import members, operator, place, policies, rights
from fairlead.layers.spark.tool import POLICIES, TOOL, probe
from fairlead.plan.load import load_plan
from fairlead.plan.spark_model import CHART, IMAGE, NAMESPACE

Object = Mapping[str, Any]


# ---- by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    objects = [*part(replicas).rest, *policies.objects(), *of_tenant()]
    assert len(objects) >= 30
    assert [problem for obj in objects for problem in problems(obj)] == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_keep_the_standard_and_run_on_the_platforms_nodes_within_limits(name: str) -> None:
    made = template(name)
    assert restricted_violations(made) == []
    assert made["spec"]["nodeSelector"] == HERE
    [box] = made["spec"]["containers"]
    assert box["image"] == REFERENCE
    assert box["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box["resources"]) == {"requests", "limits"}
    assert box["readinessProbe"]["periodSeconds"] == 1
    space = one("Namespace", part().objects)["metadata"]
    assert space["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 2)])
def test_budgets_guard_what_there_is_several_of(replicas: int, budgets: int) -> None:
    found = [obj for obj in part(replicas).objects if obj["kind"] == "PodDisruptionBudget"]
    assert len(found) == budgets
    for name in DEPLOYMENTS:
        made = one("Deployment", part(replicas).objects, name)["spec"]
        assert made["replicas"] == replicas
        assert made["selector"]["matchLabels"] == place.labels_of(name)
        [spread] = made["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"] == made["selector"]


def test_nobody_calls_them_but_the_api_server_and_who_gathers_metrics() -> None:
    fences = {
        obj["metadata"]["name"]: obj["spec"] for obj in part().objects if obj["kind"] == "NetworkPolicy"
    }
    assert fences["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    for name, everybody in ((place.OPERATOR, set[int]()), (place.WEBHOOK, {place.WEBHOOK_PORT})):
        assert fences[name]["podSelector"]["matchLabels"] == place.labels_of(name)
        ports = {
            port["name"]: port["containerPort"] for port in template(name)["spec"]["containers"][0]["ports"]
        }
        assert ports["metrics"] == place.METRICS_PORT
        opened = {p["port"] for rule in fences[name]["ingress"] if "from" not in rule for p in rule["ports"]}
        assert opened == everybody <= set(ports.values())
        [measured] = [rule for rule in fences[name]["ingress"] if "from" in rule]
        assert [p["port"] for p in measured["ports"]] == [place.METRICS_PORT]
        assert "fairlead-monitoring" in str(measured["from"])


@pytest.mark.parametrize(
    ("ranges", "rule"),
    [
        ((), {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]}),
        (
            ("10.0.0.1/32",),
            {
                "ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}],
                "to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}],
            },
        ),
    ],
)
def test_drivers_alone_reach_the_api_server_where_it_is_said_to_be(
    ranges: tuple[str, ...], rule: Object
) -> None:
    policy = one("NetworkPolicy", of_tenant(api_server=list(ranges)))["spec"]
    assert policy["podSelector"]["matchLabels"] == {"spark-role": "driver"}
    assert (policy["policyTypes"], policy["egress"]) == (["Egress"], [rule])
    notes = ground(api_server=list(ranges)).plan.notes
    assert bool(ranges) is not any(
        "Drivers of Spark applications may call any address" in note for note in notes
    )


@pytest.mark.parametrize(("groups", "bound"), [(("people",), True), ((), False)])
def test_members_may_send_applications_and_without_groups_nobody_does(
    groups: tuple[str, ...], bound: bool
) -> None:
    objects = of_tenant(groups)
    [rule] = one("Role", objects, members.MEMBERS)["rules"]
    assert (rule["apiGroups"], set(rule["resources"])) == ([place.GROUP], set(place.KINDS))
    bindings = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "RoleBinding"}
    assert (members.MEMBERS in bindings) is bound
    assert bindings[members.OPERATES]["roleRef"]["name"] == rights.IN_TENANTS
    assert bindings[members.OPERATES]["subjects"] == [place.account(place.OPERATOR)]


def test_a_driver_makes_and_deletes_pods_of_its_namespace_and_changes_none() -> None:
    objects = of_tenant()
    space = one("ServiceAccount", objects)["metadata"]["namespace"]
    bound = one("RoleBinding", objects, place.ACCOUNT)
    assert bound["metadata"]["namespace"] == space
    assert bound["roleRef"] == {"apiGroup": RBAC, "kind": "Role", "name": place.ACCOUNT}
    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": place.ACCOUNT, "namespace": space}]
    may = set(granted(one("Role", objects, place.ACCOUNT)["rules"]))
    assert {(group, kind) for group, kind, _ in may} == {("", "pods")}
    assert not {verb for _, _, verb in may} & {"update", "patch"}, "who may change a pod takes its gate away"


def test_the_example_is_what_the_kinds_have_and_its_pods_name_a_queue() -> None:
    kinds = {key: schema for crd in part().crds for key, schema in schemas(crd).items()}
    _, made = yaml.safe_load_all((REPO / "examples" / "spark" / "squares.yaml").read_text())
    schema = jsonschema.Draft7Validator(kinds[f"{place.GROUP}/v1beta2", "SparkApplication"])
    for application in (made, probe()):
        schema.validate(application)
    spec = made["spec"]
    image = lock.images()["spark"]
    assert (spec["image"], spec["mode"]) == (image.reference, "cluster")
    assert image.tag.startswith(spec["sparkVersion"])
    assert re.search(policies.PROGRAM, spec["mainApplicationFile"])
    assert all(re.search(policies.SETTING, key) for key in spec["sparkConf"])
    for part_ in ("driver", "executor"):
        assert spec[part_]["labels"][labels.QUEUE] in labels.STAGES
        box = {"name": "x", "securityContext": spec[part_]["securityContext"]}
        pod = {"securityContext": spec[part_]["podSecurityContext"], "containers": [box]}
        assert restricted_violations({"spec": pod}) == []


def test_the_layer_counts_as_standing_when_its_webhooks_answer() -> None:
    [_, held] = TOOL.parts(ground())
    assert (held.name, held.after, held.probes) == (POLICIES, ("spark",), [probe()])


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"spark": {"enabled": True}, "queue": {"enabled": False}, "jobs": {"enabled": False}}, "queue"),
        ({"spark": {"enabled": True, "replicas": 4}}, "replicas"),
        ({"spark": {"enabled": True, "image": "x"}}, "image"),
    ],
    ids=["without-a-queue", "too-many", "an-unknown-key"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


# ---- against what upstream says ----------------------------------------------------------------


def test_the_chart_knows_every_key_that_it_is_told() -> None:
    known = chart_values(CHART)

    def walk(told: Mapping[str, Any], theirs: Mapping[str, Any], path: str = "") -> None:
        for key, value in told.items():
            assert key in theirs, f"{path}.{key}"
            if isinstance(value, Mapping) and isinstance(theirs[key], Mapping) and theirs[key]:
                walk(value, theirs[key], f"{path}.{key}")

    walk(operator.values(2), known)


def test_no_right_of_the_charts_own_is_left() -> None:
    kinds = [obj["kind"] for obj in operator.objects(ground())]
    assert not {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"} & set(kinds)
    accounts = {
        obj["metadata"]["name"] for obj in operator.objects(ground()) if obj["kind"] == "ServiceAccount"
    }
    assert accounts == {place.OPERATOR, place.WEBHOOK}


def theirs(values: Mapping[str, Any]) -> list[Object]:
    """The chart as it is by itself, where it gives rights."""
    from fairlead.contract.chart import Release

    return list(renderer([CHART])(Release(CHART, place.RELEASE, NAMESPACE, values)))


LEFT_OUT = {
    "the way into a cluster": {
        *product(["extensions", "networking.k8s.io"], ["ingresses"], ["create", "delete", "get", "update"]),
        *product([""], ["services"], ["delete", "update"]),
    },
    "sessions for remote clients": {
        *product([place.GROUP], ["sparkconnects/status", "sparkconnects/finalizers"], ["update"]),
        ("", "pods", "update"),
    },
    "events are made and counted, never written anew": {("", "events", "update")},
    "upgrades of CRDs by itself": {("apiextensions.k8s.io", "customresourcedefinitions", "get")},
}
"""What upstream grants the operator and we do not -> why."""


def test_the_operator_has_no_right_that_upstream_does_not_give_and_what_it_lacks_is_listed() -> None:
    made = theirs({"spark": {"jobNamespaces": [], "jobNamespaceSelector": labels.TENANT}})
    roles = [
        o for o in made if o["kind"] in ("Role", "ClusterRole") and o["metadata"]["name"] == place.OPERATOR
    ]
    given = {wish for role in roles for wish in granted(role["rules"])}
    ours = {
        *granted(rights.everywhere()),
        *granted(rights.in_tenants()),
        *granted(rights.own(place.OPERATOR)),
    }
    assert ours <= given, ours - given
    assert given - ours == set().union(*LEFT_OUT.values()), given - ours


def test_the_webhooks_have_no_right_that_upstream_does_not_give() -> None:
    made = theirs({"spark": {"jobNamespaces": [], "jobNamespaceSelector": labels.TENANT}})
    roles = [
        o for o in made if o["kind"] in ("Role", "ClusterRole") and o["metadata"]["name"] == place.WEBHOOK
    ]
    given = {wish for role in roles for wish in granted(role["rules"])}
    ours = {*granted(rights.of_webhooks()), *granted(rights.own(place.WEBHOOK))}
    assert ours <= given, ours - given
    for rule in rights.of_webhooks():
        assert rule["apiGroups"] == [place.GROUP] or rule["resourceNames"] == [place.WEBHOOK]


def test_outside_tenants_the_operator_only_reads_and_reads_no_secret() -> None:
    may = set(granted(rights.everywhere()))
    assert {verb for _, _, verb in may} == set(rights.READ)
    assert not {kind for _, kind, _ in may} & {"secrets", "serviceaccounts"}


def test_it_may_read_every_kind_that_it_watches() -> None:
    """One that it may not read would end it: its caches are of the whole cluster."""
    text = "".join(path.read_text() for path in (module_of(CHART) / "internal/controller").rglob("*.go"))
    controllers = text.split("mutatingwebhookconfiguration", 1)[0] + text
    watched = {
        kind.lower() + "s" for kind in re.findall(r"(?:Owns|For|Watches)\(\s*&\w+\.(\w+)\{\}", controllers)
    }
    assert {"pods", "services", "configmaps", "sparkapplications", "sparkconnects"} <= watched
    readable = {kind for _, kind, verb in granted(rights.everywhere()) if verb == "watch"}
    assert watched - {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"} <= readable


def test_labels_and_names_by_which_others_find_things_are_the_programs() -> None:
    text = (module_of(CHART) / "pkg/common/spark.go").read_text()
    labelled = re.search(r'LabelAnnotationPrefix = "(.*?)"', text)
    assert labelled is not None
    assert f"{labelled[1]}launched-by-spark-operator" == place.LAUNCHED
    assert 'LabelLaunchedBySparkOperator = LabelAnnotationPrefix + "launched-by-spark-operator"' in text
    assert f'LabelSparkRole = "{place.ROLE}"' in text
    assert f'SparkRoleExecutor = "{place.EXECUTOR}"' in text
    assert f'SparkRoleDriver = "{place.DRIVER}"' in text
    [hook] = [
        hook
        for hook in one("MutatingWebhookConfiguration", part().objects, place.WEBHOOK)["webhooks"]
        if "pods" in hook["rules"][0]["resources"]
    ]
    assert hook["objectSelector"] == {"matchLabels": {place.LAUNCHED: "true"}}
    args = template(place.WEBHOOK)["spec"]["containers"][0]["args"]
    assert f"--webhook-secret-name={place.CERTIFICATES}" in args
    assert f"--mutating-webhook-name={place.WEBHOOK}" in args
    assert f"--validating-webhook-name={place.WEBHOOK}" in args
    args = template(place.OPERATOR)["spec"]["containers"][0]["args"]
    assert f"--leader-election-lock-name={place.LOCK}" in args
    assert f"--namespace-selector={labels.TENANT}" in args


def test_drivers_and_executors_have_accounts_of_their_tenant_by_settings_that_the_operator_reads() -> None:
    [settings] = [o for o in part().objects if o["kind"] == "ConfigMap"]
    lines = dict(line.split(" ", 1) for line in settings["data"][operator.SETTINGS_FILE].splitlines())
    prefix = "spark.kubernetes.authenticate"
    assert lines[f"{prefix}.driver.serviceAccountName"] == place.ACCOUNT
    assert lines[f"{prefix}.executor.serviceAccountName"] == labels.WORKLOAD_ACCOUNT
    text = (module_of(CHART) / "pkg/common/spark.go").read_text()
    assert all(f'"{key}"' in text for key in lines if key.startswith(prefix))
    spec = template(place.OPERATOR)["spec"]
    [box] = spec["containers"]
    [mount] = [one for one in box["volumeMounts"] if one["name"] == settings["metadata"]["name"]]
    home = {one["name"]: one["value"] for one in box["env"]}["SPARK_HOME"]
    assert mount["mountPath"] == f"{home}/conf"
    build = lock.images()[IMAGE].build
    assert build is not None
    assert build.rootfs is not None
    assert f"{home}/bin/spark-submit".strip("/") in build.rootfs.programs


def test_both_images_have_the_same_spark() -> None:
    """A driver of another release than the operator's may not know what it is told."""
    archives = {
        build.rootfs.archive
        for name in (IMAGE, "spark")
        if (build := lock.images()[name].build) and build.rootfs
    }
    [archive] = archives
    assert archive is not None
    assert (
        f"ARG SPARK_IMAGE=docker.io/library/spark:{archive.version}"
        in (module_of(CHART) / "Dockerfile").read_text()
    )
