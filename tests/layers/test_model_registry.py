"""Model Registry's objects: valid, fenced, a registry and a schema for each tenant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pod_security import restricted_violations
from support.specs import minimal
from support.strict import problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.databases import place as databases
from fairlead.layers.model_registry import place
from fairlead.layers.model_registry.tool import DATABASE, PART, TOOL
from fairlead.layers.objects import DNS
from fairlead.layers.tool import Ground, Part
from fairlead.plan.databases_model import SERVER
from fairlead.plan.load import load_plan
from fairlead.plan.model_registry_model import IMAGE, NAMESPACE

NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: row.reference for name, row in lock.images().items()}
ON: Mapping[str, Any] = {"databases": {"enabled": True}}
TEAMS = ("team-a", "team-b")
QUOTA = {"cpu": "1", "memory": "1Gi"}


def ground(replicas: int = 1, teams: Sequence[str] = TEAMS) -> Ground:
    layers = {**ON, "model-registry": {"enabled": True, "replicas": replicas}}
    tenants = [{"name": name, "quota": QUOTA} for name in teams]
    plan = load_plan(minimal(layers=layers, tenants=tenants), "test", load())
    classes = {"fairlead-block": "standard"}
    return Ground(plan, ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, HERE, classes, {}, []), NONE)


def parts(replicas: int = 1) -> dict[str, Part]:
    return {part.name: part for part in TOOL.parts(ground(replicas))}


def found(replicas: int = 1) -> dict[tuple[str, str], Any]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in parts(replicas)[PART].objects}


def template(team: str = "team-a") -> Any:
    return found()["Deployment", place.name(team)]["spec"]["template"]


def boxes(team: str = "team-a") -> tuple[Any, Any]:
    """What makes the schema, and the server."""
    [first], [box] = template(team)["spec"]["initContainers"], template(team)["spec"]["containers"]
    return first, box


def of_tenant(place_: int = 0) -> dict[str, Any]:
    made = ground()
    return {obj["kind"]: obj for obj in TOOL.tenant(made, made.plan.tenants[place_])}


# ---- by themselves ------------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    made = [*parts(replicas)[PART].rest, *of_tenant().values()]
    assert len(made) >= 9
    assert [problem for obj in made for problem in problems(obj)] == []
    assert len({(obj["kind"], obj["metadata"]["name"]) for obj in parts(replicas)[PART].rest}) == len(
        parts(replicas)[PART].rest
    )


def test_what_makes_the_schema_looks_into_no_home_of_somebody_else_and_says_why_it_waits() -> None:
    """libpq fails where it may not look for a certificate of its own: the image's home is another user's."""
    box, _ = boxes()
    assert {"name": "HOME", "value": "/nonexistent"} in box["env"]
    script = box["command"][2]
    assert script.startswith("until psql ")
    assert "/dev/null" not in script


@pytest.mark.parametrize("team", TEAMS)
def test_each_pod_keeps_the_standard_within_limits_and_has_no_token(team: str) -> None:
    pod = template(team)
    assert restricted_violations(pod) == []
    assert pod["spec"]["nodeSelector"] == HERE
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == place.labels(team)
    assert [one["image"] for one in boxes(team)] == [REFERENCES[SERVER], REFERENCES[IMAGE]]
    for box in boxes(team):
        assert box["securityContext"]["readOnlyRootFilesystem"] is True
        assert set(box["resources"]) == {"requests", "limits"}
    assert set(boxes(team)[1]) >= {"readinessProbe", "livenessProbe"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 2)])
def test_budgets_guard_what_there_are_several_of(replicas: int, budgets: int) -> None:
    made = found(replicas)
    assert len([kind for kind, _ in made if kind == "PodDisruptionBudget"]) == budgets
    assert {made["Deployment", place.name(team)]["spec"]["replicas"] for team in TEAMS} == {replicas}


def test_the_layer_asks_for_one_database_and_stands_behind_it() -> None:
    made = parts()
    assert made[PART].after == (DATABASE,)
    assert made[DATABASE].after == ("databases",)
    assert [obj["kind"] for obj in made[DATABASE].objects].count("Cluster") == 1
    assert ground().plan.databases.namespaces == (NAMESPACE,)


# ---- one tenant apart from another ----------------------------------------------------------------


def test_each_registry_has_a_schema_of_its_own_made_before_it_serves() -> None:
    said: list[str] = []
    for team in TEAMS:
        first, box = boxes(team)
        [dsn] = [arg for arg in box["args"] if "dsn" in arg]
        said.append(dsn.rpartition("=")[2])
        assert first["command"][-1] == said[-1]
        assert "create schema if not exists $1" in first["command"][2]
    assert said == ["tenant_team_a", "tenant_team_b"]


@pytest.mark.parametrize(("one", "other"), [("a-b", "ab"), ("a-b-c", "a-bc"), ("a", "a-a")])
def test_no_two_tenants_share_a_schema_or_a_name_and_sql_takes_it_unquoted(one: str, other: str) -> None:
    assert place.schema(one) != place.schema(other)
    assert place.name(one) != place.name(other)
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]*", place.schema(team)) for team in (one, other))
    assert len(place.schema("x" * 40)) < 64


def test_a_registry_is_called_by_pods_of_its_own_tenant_alone() -> None:
    made = found()
    for team in TEAMS:
        policy = made["NetworkPolicy", place.name(team)]["spec"]
        assert policy["podSelector"]["matchLabels"] == template(team)["metadata"]["labels"]
        [rule] = policy["ingress"]
        assert rule["ports"] == [{"protocol": "TCP", "port": place.PORT}]
        [peer] = rule["from"]
        assert set(peer) == {"namespaceSelector"}
        [chosen] = peer["namespaceSelector"]["matchExpressions"]
        assert (chosen["operator"], chosen["values"]) == ("In", [team])
        service = made["Service", place.name(team)]["spec"]
        assert service["selector"] == template(team)["metadata"]["labels"]
    assert template("team-a")["metadata"]["labels"] != template("team-b")["metadata"]["labels"]
    kept = {obj["metadata"]["name"]: obj["spec"] for obj in parts()[DATABASE].objects}
    assert kept["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}


def test_the_servers_call_their_database_and_nobody_else() -> None:
    policy = found()["NetworkPolicy", "model-registry-calls"]["spec"]
    names, stored = policy["egress"]
    assert names == DNS
    assert stored["to"][0]["podSelector"]["matchLabels"] == {databases.CLUSTER: "model-registry-db"}
    for team in TEAMS:
        assert policy["podSelector"]["matchLabels"].items() <= template(team)["metadata"]["labels"].items()


@pytest.mark.parametrize("which", [0, 1])
def test_a_tenant_is_told_of_its_own_registry_and_may_call_that_alone(which: int) -> None:
    told, policy = (of_tenant(which)[kind] for kind in ("ConfigMap", "NetworkPolicy"))
    team = TEAMS[which]
    assert told["metadata"]["name"] == labels.MODEL_REGISTRY in labels.TOLD
    scheme, _, host = told["data"]["MODEL_REGISTRY_ADDRESS"].partition("://")
    assert (scheme, host) == ("http", f"registry-{team}.fairlead-model-registry.svc")
    assert told["data"]["MODEL_REGISTRY_PORT"] == "8080"
    assert host.partition(".")[0] in {name for kind, name in found() if kind == "Service"}
    [rule] = policy["spec"]["egress"]
    [peer] = rule["to"]
    assert peer["podSelector"]["matchLabels"] == template(team)["metadata"]["labels"]
    assert {obj["metadata"]["namespace"] for obj in (told, policy)} == {team}


def test_models_are_kept_in_postgresql_over_tls_by_a_password_that_no_object_holds() -> None:
    for box in boxes():
        told = {one["name"]: one.get("value", one.get("valueFrom")) for one in box["env"]}
        assert told["PGSSLMODE"] == "verify-full"
        assert told["PGHOST"] == "model-registry-db-rw.fairlead-model-registry.svc"
        assert told["PGPASSWORD"] == {"secretKeyRef": {"name": "model-registry-db-app", "key": "password"}}
        [mounted] = box["volumeMounts"]
        assert told["PGSSLROOTCERT"] == f"{mounted['mountPath']}/ca.crt"
    assert not any("secret" in one for one in (obj["kind"].lower() for obj in parts()[PART].objects))


# ---- what a spec may say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"model-registry": {"enabled": True}}, "databases"),
        ({**ON, "model-registry": {"enabled": True}, "tenancy": {"enabled": False}}, "tenancy"),
        ({**ON, "model-registry": {"enabled": True, "replicas": 0}}, "replicas"),
        ({**ON, "model-registry": {"enabled": True, "replica": 2}}, "write replicas"),
        ({**ON, "model_registry": {"enabled": True}}, "model-registry"),
    ],
    ids=["without-databases", "without-tenancy", "too-few", "an-unknown-key", "another-spelling"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


def test_the_merged_spec_is_shown_in_words_that_a_spec_may_have() -> None:
    from fairlead.spec.layers import Merged
    from fairlead.spec.load import load as read
    from fairlead.spec.show import effective

    said = effective(Merged(minimal(), {}, ()))
    assert said["layers"]["model-registry"] == {"enabled": False}
    assert read(said, "test").layers.enabled("model-registry") is False


def test_the_reader_of_a_plan_is_told_what_the_registries_cost() -> None:
    [note] = [one for one in ground(2).plan.notes if "Model Registry" in one]
    assert "4 pods with together 80m cores and 128Mi" in note


def test_the_plan_has_it_switched_off_unless_it_is_asked_for() -> None:
    plan = load_plan(minimal(), "test", load())
    assert not plan.layer("model-registry").enabled
    assert "model-registry" not in json.dumps(list(plan.notes))
