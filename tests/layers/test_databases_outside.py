"""A layer whose database is outside the cluster: no operator, and pods that sign in by their identity."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pod_security import restricted_violations
from support.clouds import cloud_plan
from support.engine import run
from support.strict import problems

from fairlead.catalog import lock
from fairlead.contract.database import Database, SignIn
from fairlead.contract.handle import ClusterHandle, ObjectStore, Reach, WorkloadIdentity
from fairlead.layers.databases import client, signing_in
from fairlead.layers.databases import tool as databases
from fairlead.layers.tool import Ground
from fairlead.layers.tracking import place, sealing
from fairlead.layers.tracking.tool import TOOL
from fairlead.plan.model import PlatformPlan
from fairlead.plan.tracking_model import PART

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
NONE: Any = None


def layers(**managed: Any) -> dict[str, Any]:
    return {
        "databases": {"enabled": True, "managed": {"authority": PEM, **managed}},
        "tracking": {"enabled": True},
    }


@cache
def plan(**more: Any) -> PlatformPlan:
    return cloud_plan("aws", layers=layers(), **more)


def pod() -> tuple[list[Mapping[str, Any]], Any]:
    """All objects of the layer, and its pod's template."""
    asks = SignIn("def password():\n    return 'x'\n", {"SECRET": "arn"})
    kept = Database("db.example.com", 5432, "mlflow", "mlflow", asks, PEM, [Reach("10.0.0.0/28", (5432,))])
    handle = ClusterHandle(
        "x",
        "aws",
        NONE,
        NONE,
        {},
        {name: row.reference for name, row in lock.images().items()},
        {},
        {},
        {},
        [],
        ObjectStore({PART: f"s3://bucket/{PART}"}, "https://store.example.com", "us-east-1"),
        WorkloadIdentity({PART: {}}, {}),
        databases={"tracking": kept},
    )

    async def inside() -> list[Mapping[str, Any]]:
        ground = Ground(plan(), handle, NONE)
        parts = [*databases.TOOL.parts(ground), *TOOL.parts(ground)]
        return [obj for part in parts for obj in part.objects]

    found = run(inside())
    (deployment,) = [one for one in found if one["kind"] == "Deployment"]
    return found, deployment["spec"]["template"]


def test_the_operator_does_not_run_where_the_cloud_runs_every_database() -> None:
    assert not plan().databases.operated
    found, _ = pod()
    kinds = {one["kind"] for one in found}
    assert not {"Cluster", "CustomResourceDefinition", "MutatingWebhookConfiguration"} & kinds
    denied = [
        one for one in found if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "default-deny"
    ]
    assert [one["metadata"]["namespace"] for one in denied] == [place.NAMESPACE]


def test_its_objects_keep_their_schema_and_the_pod_its_standard() -> None:
    found, template = pod()
    assert [problem for one in found for problem in problems(one)] == []
    assert restricted_violations(template) == []


def test_a_container_beside_the_others_asks_for_the_password_and_all_read_it_from_memory() -> None:
    spec = pod()[1]["spec"]
    first, prepare = spec["initContainers"]
    assert (first["name"], first["restartPolicy"]) == ("sign-in", "Always")
    assert first["startupProbe"]["exec"]["command"] == ["test", "-s", client.PASSWORDS]
    (memory,) = [one for one in spec["volumes"] if one["name"] == "sign-in"]
    assert memory["emptyDir"]["medium"] == "Memory"
    for box in (prepare, *spec["containers"]):
        told = {one["name"]: one.get("value") for one in box["env"]}
        assert told["PGPASSFILE"] == client.PASSWORDS
        assert told["PGSSLMODE"] == "verify-full"
        assert not {"PGPASSWORD", "MLFLOW_CRYPTO_KEK_PASSPHRASE"} & set(told)
        assert {"name": "sign-in", "mountPath": client.SIGNED_IN} in box["volumeMounts"]


def test_the_word_that_seals_tenants_keys_lies_apart_from_what_tenants_reach() -> None:
    spec = pod()[1]["spec"]
    assert spec["containers"][0]["command"] == ["/bin/sh", "-c", sealing.SERVE, "server"]
    (_, prepare) = spec["initContainers"]
    assert "keep_sealing_word()" in prepare["command"][2]
    compile(prepare["command"][2], "prepare", "exec")


def test_the_sign_in_program_writes_what_libpq_reads(tmp_path: Path) -> None:
    kept = tmp_path / "pgpass"
    text = signing_in.program(SignIn("def password():\n    return 'a:b\\\\c'\n", {}))
    running = subprocess.Popen([sys.executable, "-c", text], env={"PGPASSFILE": str(kept)})
    try:
        for _ in range(600):
            if kept.exists():
                break
            time.sleep(0.1)
        assert kept.read_text() == "*:*:*:*:a\\:b\\\\c\n"
        assert kept.stat().st_mode & 0o777 == 0o600
    finally:
        running.kill()
        running.wait()
