"""MLflow's objects: valid, fenced, without a key of the object store, and a workspace for each tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pod_security import restricted_violations
from support.engine import run
from support.specs import minimal
from support.strict import problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle, Inside
from fairlead.errors import InputError
from fairlead.layers.databases import place as databases
from fairlead.layers.store import place as store
from fairlead.layers.store.tool import with_store
from fairlead.layers.tool import Ground, Part
from fairlead.layers.tracking import place
from fairlead.layers.tracking.tool import PART, TOOL
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

Object = Mapping[str, Any]
NONE: Any = None
CLASSES = {"fairlead-block": "standard", "fairlead-shared": "shared"}
IMAGES = {name: row.reference for name, row in lock.images().items()}


def plan(*, stored: bool = False, **tracking: object) -> PlatformPlan:
    layers: dict[str, Any] = {
        "databases": {"enabled": True},
        "tracking": {"enabled": True, **tracking},
        "store": {"enabled": stored},
    }
    return load_plan(minimal(layers=layers), "test", load())


def ground(plan: PlatformPlan) -> Ground:
    handle = ClusterHandle(
        "x", "local", NONE, NONE, {}, IMAGES, {"fairlead.dev/pool": "system"}, CLASSES, {}, []
    )
    return Ground(plan, with_store(plan.store, handle), NONE)


def parts(plan: PlatformPlan) -> dict[str, Part]:
    async def inside() -> Sequence[Part]:
        # Where the store is may be known later: such values belong to the program's loop.
        return TOOL.parts(ground(plan))

    return {part.name: part for part in run(inside())}


def servers(plan: PlatformPlan) -> dict[tuple[str, str], Any]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in parts(plan)[PART].objects}


def pod(plan: PlatformPlan) -> Any:
    return servers(plan)["Deployment", place.NAME]["spec"]["template"]["spec"]


def environment(plan: PlatformPlan) -> dict[str, Any]:
    [server] = pod(plan)["containers"]
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in server["env"]}


@pytest.mark.parametrize("stored", [True, False])
def test_every_object_keeps_its_schema_and_the_pod_its_standard(stored: bool) -> None:
    found = servers(plan(stored=stored))
    assert [problem for obj in found.values() for problem in problems(obj)] == []
    assert restricted_violations(found["Deployment", place.NAME]["spec"]["template"]) == []


def test_artefacts_go_to_the_store_by_a_token_and_no_volume_is_made() -> None:
    told = environment(plan(stored=True))
    assert told["MLFLOW_ARTIFACTS_DESTINATION"] == "s3://fairlead-fairlead-tracking"
    assert told["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{store.TOKEN_FOLDER}/token"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & set(told)
    assert not [kind for kind, _ in servers(plan(stored=True)) if kind == "PersistentVolumeClaim"]
    tokens = [one for one in pod(plan(stored=True))["volumes"] if "projected" in one]
    assert tokens[0]["projected"]["sources"][0]["serviceAccountToken"]["audience"] == store.AUDIENCE


def test_the_store_has_a_part_for_artefacts_that_the_layers_account_alone_opens() -> None:
    share = plan(stored=True).store.shares[-1]
    assert (share.name, share.namespace, share.account) == (
        "fairlead-tracking",
        place.NAMESPACE,
        labels.WORKLOAD_ACCOUNT,
    )
    assert [one.name for one in plan().store.shares] == []


def test_without_a_store_artefacts_lie_on_a_volume_that_all_servers_mount() -> None:
    found = plan()
    claim = servers(found)["PersistentVolumeClaim", "mlflow-artifacts"]["spec"]
    assert (claim["storageClassName"], claim["accessModes"]) == ("shared", ["ReadWriteMany"])
    assert environment(found)["MLFLOW_ARTIFACTS_DESTINATION"] == place.ARTIFACTS
    assert any("no copy is made" in note for note in found.notes)


def test_the_password_is_in_no_object_and_no_uri() -> None:
    told = environment(plan())
    assert told["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg2://"
    assert told["PGPASSWORD"] == {"secretKeyRef": {"name": "mlflow-db-app", "key": "password"}}
    assert told["PGSSLMODE"] == "verify-full"
    assert "PGPASSWORD" in {one["name"] for one in pod(plan())["initContainers"][0]["env"]}


def test_it_answers_to_its_own_names_with_workspaces_on_and_runs_no_code_of_tenants() -> None:
    [server] = pod(plan())["containers"]
    hosts = [arg for arg in server["args"] if arg.startswith("--allowed-hosts=")]
    assert hosts == [f"--allowed-hosts={','.join([*place.HOSTS, f'$(POD_IP):{place.PORT}'])}"]
    assert "*" not in hosts[0]
    assert environment(plan())["POD_IP"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    assert "--enable-workspaces" in server["args"]
    assert environment(plan())["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_tenants_call_it_and_it_calls_its_database_and_the_store() -> None:
    found = servers(plan(stored=True))
    [rule] = found["NetworkPolicy", place.NAME]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": place.PORT}]
    [spaces] = rule["from"][0]["namespaceSelector"]["matchExpressions"]
    assert spaces["values"] == [one.namespace for one in plan().tenants]
    calls = found["NetworkPolicy", f"{place.NAME}-calls"]["spec"]["egress"]
    called = {
        peer["podSelector"]["matchLabels"].get(databases.CLUSTER) for one in calls for peer in one["to"]
    }
    assert "mlflow-db" in called
    assert len(calls) == 3
    assert all("ipBlock" not in peer for one in calls for peer in one["to"])


def test_a_tenant_is_told_where_it_is_and_which_workspace_is_its_own() -> None:
    found = plan()
    [told, policy] = TOOL.tenant(ground(found), found.tenants[0])
    assert told["data"] == {
        "MLFLOW_TRACKING_URI": "http://mlflow.fairlead-tracking.svc:5000",
        "MLFLOW_WORKSPACE": found.tenants[0].name,
    }
    assert told["metadata"]["name"] == labels.TRACKING
    assert problems(told) + problems(policy) == []
    assert policy["metadata"]["namespace"] == found.tenants[0].namespace


def test_the_servers_stand_behind_their_database_and_that_behind_the_operator() -> None:
    found = parts(plan())
    assert found[PART].after == ("tracking-database",)
    assert found["tracking-database"].after == ("databases",)
    assert [probe["kind"] for probe in found["tracking-database"].probes] == ["Cluster"]


@pytest.mark.parametrize("name", ["default", "api", "x"])
def test_a_tenant_of_a_name_that_no_workspace_may_have_is_refused(name: str) -> None:
    spec = minimal(layers={"databases": {"enabled": True}, "tracking": {"enabled": True}})
    spec["tenants"] = [{**spec["tenants"][0], "name": name}]
    with pytest.raises(InputError) as caught:
        load_plan(spec, "test", load())
    assert "platform.tenants[0].name" in {problem.where for problem in caught.value.problems}


def test_reach_is_named_by_pods() -> None:
    from fairlead.layers.databases import postgres

    [reach] = postgres.database(place.DATABASE).reach
    assert reach == Inside(place.NAMESPACE, {databases.CLUSTER: "mlflow-db"}, (5432,))
