"""CloudNativePG's operator and a database: valid, fenced, and as upstream has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import module_of, rendered
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.layers.databases import client, fence, operator, place, postgres, rights
from fairlead.plan.databases_model import OPERATOR, SERVER, DatabasesPlan, DumpsPlan
from fairlead.plan.load import load_plan

Object = Mapping[str, Any]
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: lock.images()[name].reference for name in (OPERATOR, SERVER)}
CALLER = {"app.kubernetes.io/name": "caller"}
WANTED = postgres.Wanted("things-db", "fairlead-things", "things", (CALLER,))
DUMPS = DumpsPlan("17 2 * * *", 7, "10Gi")


def upstream(path: str) -> list[Any]:
    return [one for one in yaml.safe_load_all((module_of(OPERATOR) / "config" / path).read_text()) if one]


def stands(replicas: int = 1) -> list[Object]:
    return [
        *fence.operator(),
        *rights.objects([place.NAMESPACE, WANTED.namespace]),
        *operator.objects(REFERENCES[OPERATOR], replicas, [WANTED.namespace], HERE),
    ]


def database(instances: int = 1, dumps: DumpsPlan | None = None) -> list[Object]:
    plan = DatabasesPlan(True, 1, instances, "10Gi", (WANTED.namespace,), dumps)
    return postgres.objects(WANTED, plan, REFERENCES[SERVER], "standard", HERE)


def one(kind: str, objects: Sequence[Object]) -> Any:
    [found] = [obj for obj in objects if obj["kind"] == kind]
    return found


def box() -> Mapping[str, Any]:
    [found] = one("Deployment", stands())["spec"]["template"]["spec"]["containers"]
    return found


# ---- by themselves -----------------------------------------------------------------------------


def test_every_object_keeps_its_schema() -> None:
    kinds = {key: one for crd in rendered(OPERATOR) for key, one in schemas(crd).items()}
    for obj in [*stands(2), *database(2, DUMPS)]:
        if obj["kind"] == "Cluster":
            jsonschema.Draft7Validator(kinds[f"{place.GROUP}/v1", "Cluster"]).validate(obj)
        else:
            assert problems(obj) == []


def test_pods_keep_the_standard_that_their_namespaces_demand() -> None:
    assert restricted_violations(one("Deployment", stands())["spec"]["template"]) == []
    clock = one("CronJob", database(dumps=DUMPS))["spec"]["jobTemplate"]["spec"]["template"]
    assert restricted_violations(clock) == []


def test_a_database_is_called_by_who_uses_it_and_by_nobody_else() -> None:
    policies = {obj["metadata"]["name"]: obj["spec"] for obj in database() if obj["kind"] == "NetworkPolicy"}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    rules = {rule["ports"][0]["port"]: rule["from"] for rule in policies[WANTED.name]["ingress"]}
    assert set(rules) == {place.POSTGRES_PORT, place.STATUS_PORT, place.INSTANCE_METRICS_PORT}
    assert {"podSelector": {"matchLabels": CALLER}} in rules[place.POSTGRES_PORT]
    assert {"podSelector": {"matchLabels": CALLER}} not in rules[place.STATUS_PORT]
    assert all("podSelector" in peer for peer in rules[place.POSTGRES_PORT])


def test_no_password_goes_over_the_network_in_the_clear_and_none_is_in_an_object() -> None:
    spec = one("Cluster", database())["spec"]
    assert spec["postgresql"]["pg_hba"] == ["hostnossl all all all reject"]
    assert spec["enableSuperuserAccess"] is False
    assert "secret" not in spec["bootstrap"]["initdb"]
    told = client.environment(postgres.database(WANTED))
    by_name = {entry["name"]: entry.get("value") for entry in told}
    assert by_name["PGSSLMODE"] == "verify-full"
    assert by_name["PGPASSWORD"] is None
    assert client.volume(postgres.database(WANTED))["secret"]["items"] == [
        {"key": "ca.crt", "path": "ca.crt"}
    ]


@pytest.mark.parametrize(("instances", "budget"), [(1, False), (2, True)])
def test_a_single_server_holds_up_no_node_that_is_drained(instances: int, budget: bool) -> None:
    spec = one("Cluster", database(instances))["spec"]
    assert (spec["instances"], spec["enablePDB"]) == (instances, budget)


def test_copies_are_made_by_the_clock_and_only_then_may_their_pods_call() -> None:
    assert not {"CronJob", "PersistentVolumeClaim"} & {obj["kind"] for obj in database()}
    made = database(dumps=DUMPS)
    assert one("CronJob", made)["spec"]["schedule"] == DUMPS.schedule
    template = one("CronJob", made)["spec"]["jobTemplate"]["spec"]["template"]
    peer = {"podSelector": {"matchLabels": template["metadata"]["labels"]}}
    [policy] = [
        obj for obj in made if obj["metadata"]["name"] == WANTED.name and obj["kind"] == "NetworkPolicy"
    ]
    assert peer in policy["spec"]["ingress"][0]["from"]
    [dump] = template["spec"]["containers"]
    assert dump["command"][-2:] == ["/dumps", "7"]


# ---- against what upstream says ----------------------------------------------------------------


def test_the_operator_says_what_upstreams_says() -> None:
    deployment = one("Deployment", upstream("manager/manager.yaml"))
    [theirs] = deployment["spec"]["template"]["spec"]["containers"]
    ours = box()
    left_out = {argument for argument in theirs["args"] if argument.startswith(("--config-map", "--secret"))}
    assert set(ours["args"]) == set(theirs["args"]) - left_out
    assert ours["command"] == theirs["command"]
    webhooks = {"name": "webhooks", "containerPort": place.WEBHOOKS_PORT, "protocol": "TCP"}
    assert ours["ports"] == [*theirs["ports"], webhooks]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert ours[probe]["httpGet"] == theirs[probe]["httpGet"]
    assert ours["securityContext"]["readOnlyRootFilesystem"] is True
    mounts = {mount["mountPath"] for mount in theirs["volumeMounts"]}
    assert {mount["mountPath"] for mount in ours["volumeMounts"]} == mounts
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    assert volumes[1]["secret"]["secretName"] == place.CERTIFICATES
    labels = one("Deployment", stands())["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["template"]["metadata"]["labels"] == labels


def test_names_that_the_program_has_in_itself_are_ours() -> None:
    files = ("internal/cmd/manager/controller/controller.go", "internal/configuration/configuration.go")
    text = "".join((module_of(OPERATOR) / path).read_text() for path in files)
    for name in (place.WEBHOOK_SERVICE, place.MUTATION, place.VALIDATION, place.CERTIFICATES):
        assert f'"{name}"' in text
    names = {entry["name"] for entry in box()["env"]}
    assert {"OPERATOR_IMAGE_NAME", "OPERATOR_NAMESPACE", "WATCH_NAMESPACE"} == names


@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
def test_the_webhooks_are_upstreams(kind: str) -> None:
    theirs = one(kind, upstream("webhook/manifests.yaml"))["webhooks"]
    ours = one(kind, stands())["webhooks"]

    def told(hooks: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
        return sorted(
            (hook["name"], hook["clientConfig"]["service"]["path"], str(hook["rules"]), hook["failurePolicy"])
            for hook in hooks
        )

    assert told(ours) == told(theirs)


def test_it_has_upstreams_rights_where_databases_are_and_reads_elsewhere() -> None:
    theirs = set(granted(one("ClusterRole", upstream("rbac/role.yaml"))["rules"]))
    inside, everywhere = set(granted(rights.inside())), set(granted(rights.everywhere()))
    assert len(inside) > 100
    assert inside | everywhere <= theirs
    left = theirs - inside - everywhere
    assert left == {
        ("monitoring.coreos.com", "podmonitors", verb) for verb in ("create", "delete", "patch")
    }, "monitors are made by a layer of their own; it looks for them wherever their kind exists"
    reading = {(group, kind) for group, kind, verb in everywhere if verb in {"get", "list", "watch"}}
    assert ("", "secrets") not in reading
    assert {kind for _, kind, verb in everywhere if verb == "patch"} == {
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
    }
    for rule in rights.everywhere():
        assert "patch" not in rule["verbs"] or rule["resourceNames"]


def test_its_rights_are_bound_in_the_namespaces_that_have_a_database() -> None:
    bound = [obj["metadata"] for obj in stands() if obj["kind"] == "RoleBinding"]
    assert {meta["namespace"] for meta in bound} == {place.NAMESPACE, WANTED.namespace}
    [watched] = [entry["value"] for entry in box()["env"] if entry["name"] == "WATCH_NAMESPACE"]
    assert set(watched.split(",")) == {meta["namespace"] for meta in bound}


def test_the_servers_version_is_one_that_the_operator_supports() -> None:
    text = (module_of(OPERATOR) / "docs/src/supported_releases.md").read_text()
    release = lock.charts()[OPERATOR].version.rpartition(".")[0]
    [row] = [line for line in text.splitlines() if line.startswith(f"| {release}.x")]
    lowest, highest = map(int, re.findall(r"(\d+) - (\d+)", row)[0])
    assert lowest <= int(lock.images()[SERVER].tag.partition(".")[0]) <= highest
    assert "1.35" in row.split("|")[5]


# ---- the plan ----------------------------------------------------------------------------------


def test_a_layer_that_needs_a_database_is_refused_without_one() -> None:
    with pytest.raises(InputError) as caught:
        load_plan(minimal(layers={"tracking": {"enabled": True}}), "test", load())
    [problem] = caught.value.problems
    assert problem.where == "platform.layers.databases.enabled"
    assert "tracking" in f"{problem}"


def test_databases_lie_where_the_layers_are_that_use_them() -> None:
    on = {"databases": {"enabled": True}, "tracking": {"enabled": True}}
    assert load_plan(minimal(layers=on), "test", load()).databases.namespaces == ("fairlead-tracking",)
    alone = {"databases": {"enabled": True}}
    assert load_plan(minimal(layers=alone), "test", load()).databases.namespaces == ()


def test_the_plan_says_what_is_lost_with_a_volume() -> None:
    def told(**more: object) -> bool:
        plan = load_plan(minimal(layers={"databases": {"enabled": True, **more}}), "test", load())
        return any("no copy" in note for note in plan.notes)

    assert told()
    assert not told(dumps={})
