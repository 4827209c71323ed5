"""Model Registry's objects: valid, fenced, a registry and a schema for each tenant; and what its build mends."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pod_security import restricted_violations
from reference.gomodule import go_module
from support.specs import minimal
from support.strict import problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.catalog.ways import GoWay
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.databases import place as databases
from fairlead.layers.model_registry import place, server
from fairlead.layers.model_registry.tool import DATABASE, PART, TOOL
from fairlead.layers.objects import DNS
from fairlead.layers.tool import Ground, Part
from fairlead.plan.databases_model import SERVER
from fairlead.plan.load import load_plan
from fairlead.plan.model_registry_model import IMAGE, NAMESPACE
from fairlead.tools import gobuild

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


# ---- as upstream has it -------------------------------------------------------------------------


def way() -> GoWay:
    build = lock.images()[IMAGE].build
    assert build is not None
    assert build.go is not None
    return build.go


def module() -> Path:
    pinned = way().module
    assert pinned is not None
    return Path(go_module(pinned.query, pinned.sum))


def upstream(path: str) -> Any:
    return yaml.safe_load((module() / "manifests/kustomize" / path).read_text())


def test_the_server_is_started_as_upstreams_manifests_start_it() -> None:
    _, box = boxes()
    [theirs] = upstream("base/model-registry-deployment.yaml")["spec"]["template"]["spec"]["containers"]
    [patched] = upstream("overlays/postgres/patches/model-registry-deployment.yaml")["spec"]["template"][
        "spec"
    ]["containers"]
    assert box["command"] == theirs["command"]
    assert [arg.partition("=")[0] for arg in box["args"]] == [
        arg.partition("=")[0] for arg in patched["args"]
    ]
    assert {"--datastore-type=embedmd", "--embedmd-database-type=postgres"} <= {*box["args"]} & {
        *patched["args"]
    }
    assert box["readinessProbe"]["httpGet"]["path"] == theirs["readinessProbe"]["httpGet"]["path"]
    assert [one["containerPort"] for one in theirs["ports"]] == [place.PORT]
    known = (module() / "cmd/proxy.go").read_text()
    for arg in box["args"]:
        assert f'"{arg.partition("=")[0].removeprefix("--")}"' in known
    row = lock.images()[IMAGE].build
    assert row is not None
    assert (row.binary, row.user) == (box["command"][0], f"{server.USER}:{server.USER}")
    assert row.user in (module() / "Dockerfile").read_text()


def test_an_empty_connection_is_refused_so_that_the_schema_is_named_in_it() -> None:
    """Everything else is libpq's: with a host in it, the variables would not be read."""
    assert 'if dsn == ""' in (module() / "internal/proxy/readiness.go").read_text()
    _, box = boxes()
    [dsn] = [arg.partition("=")[2] for arg in box["args"] if "dsn" in arg]
    assert dsn == "search_path=tenant_team_a"


def test_tables_are_made_in_the_schema_that_the_connection_names() -> None:
    steps = sorted((module() / "internal/datastore/embedmd/postgres/migrations").glob("*.up.sql"))
    assert len(steps) == 21
    assert not [one.name for one in steps if "public." in one.read_text().lower()]


TABLES = "ParentContext|ContextProperty|Context|ArtifactProperty|Artifact|Attribution|Association"
RAW = re.compile(rf"""(?:JOIN |")(?:{TABLES}|ExecutionProperty|Execution)[. ]""")
"""A name of a table in the words of a query, without quotes of its own."""


def queries(source: Path) -> list[str]:
    folder = source / "internal/db"
    files = [one for one in folder.rglob("*.go") if not one.name.endswith("_test.go")]
    lines = [line for one in files for line in one.read_text().splitlines()]
    return [line for line in lines if RAW.search(line) and "Errorf" not in line]


def test_no_query_of_the_program_that_is_built_names_a_table_without_quotes(tmp_path: Path) -> None:
    """PostgreSQL reads such a name in small letters: the released program registers no version."""
    assert len(queries(module())) > 20
    built = gobuild._changed(module(), {}, {}, tmp_path / "copy")
    gobuild._edit(built, way().edits)
    assert queries(built) == []
    text = (built / "internal/db/filter/query_builder.go").read_text()
    assert not re.findall(r'(?:tablePrefix|propertyTable) = "', text)
    assert text.count("tablePrefix = `") == 4
    assert (built / "internal/db/scopes/paginate.go").read_text().count("strconv.Quote(tablePrefix) + ") == 2


def test_the_part_of_the_module_that_its_zip_lacks_is_pinned_beside_it(tmp_path: Path) -> None:
    assert not (module() / "pkg/openapi").exists()
    built = gobuild._changed(module(), {}, {}, tmp_path / "copy")
    gobuild._edit(built, way().edits)
    beside = "github.com/kubeflow/model-registry/pkg/openapi"
    assert f"replace {beside} => {beside} v0.3.0" in (built / "go.mod").read_text()
    assert re.search(rf"^{beside} v0\.3\.0 h1:\S{{44}}$", (built / "go.sum").read_text(), re.MULTILINE)


# ---- what a spec may say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"model-registry": {"enabled": True}}, "databases"),
        ({**ON, "model-registry": {"enabled": True}, "tenancy": {"enabled": False}}, "tenancy"),
        ({**ON, "model-registry": {"enabled": True, "replicas": 0}}, "replicas"),
        ({**ON, "model-registry": {"enabled": True, "image": "x"}}, "platform.layers.model-registry.image"),
        ({**ON, "model_registry": {"enabled": True}}, "model-registry"),
    ],
    ids=["without-databases", "without-tenancy", "too-few", "an-unknown-key", "another-spelling"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


def test_the_reader_of_a_plan_is_told_what_the_registries_cost() -> None:
    [note] = [one for one in ground(2).plan.notes if "Model Registry" in one]
    assert "4 pods with together 80m cores and 128Mi" in note


def test_the_plan_has_it_switched_off_unless_it_is_asked_for() -> None:
    plan = load_plan(minimal(), "test", load())
    assert not plan.layer("model-registry").enabled
    assert "model-registry" not in json.dumps(list(plan.notes))
