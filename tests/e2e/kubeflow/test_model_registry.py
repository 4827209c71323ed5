"""Registries of models on a cluster: by upstream's own client, kept in PostgreSQL, and each tenant's for it alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.kubeflow.clients import answered, installed
from e2e.stage import Stage
from e2e.tools.database import sql
from fairlead.layers.model_registry import place
from fairlead.plan.model_registry_model import LAYER, NAMESPACE

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
TENANT, OTHER = "team-a", "team-b"
CLIENT = """\
import json
import sys

from model_registry import ModelRegistry

told = json.load(sys.stdin)
registry = ModelRegistry("http://127.0.0.1", told["port"], author="somebody", is_secure=False)
for version in ("1", "2"):
    registry.register_model(
        "digits",
        f"s3://models/digits/{version}",
        version=version,
        model_format_name="onnx",
        model_format_version="1",
        metadata={"accuracy": 0.9, "rounds": 3, "checked": True},
    )
first = registry.get_model_version("digits", "1")
first.description = "the first"
registry.update(first)
again = registry.get_model_version("digits", "1")
artifact = registry.get_model_artifact("digits", "2")
print(json.dumps({
    "models": [one.name for one in registry.get_registered_models()],
    "versions": sorted(one.name for one in registry.get_model_versions("digits")),
    "first": {"description": again.description, "metadata": again.custom_properties, "author": again.author},
    "artifact": {"uri": artifact.uri, "format": artifact.model_format_name},
}))
"""
"""Upstream's client registers a model, two versions and where they lie, changes one, and reads all of it back."""
LOOK = """\
python3 - <<'END'
import json, os, time, urllib.error, urllib.request

PATH = "/api/model_registry/v1alpha3/registered_models"

def models(address, tries):
    # What lets a new pod through comes a moment after the pod.
    for _ in range(tries):
        try:
            with urllib.request.urlopen(f"{address}:{os.environ['MODEL_REGISTRY_PORT']}{PATH}", timeout=5) as told:
                return [one["name"] for one in json.load(told)["items"]]
        except urllib.error.HTTPError as error:
            return f"open: {error.code}"
        except OSError:
            time.sleep(1)
    return "closed"

own = os.environ["MODEL_REGISTRY_ADDRESS"]
print("own", json.dumps(models(own, 20)))
print("other", json.dumps(models("http://@OTHER@", 3)))
END
"""
"""What a job finds at the address in its environment, and then at the registry of the other tenant."""


def forwarded(stage: Stage, tenant: str, client: Path, program: str) -> Mapping[str, Any]:
    """What a program of the client says, with a port that leads to the registry of this tenant."""
    with stage.forwarded(NAMESPACE, place.name(tenant), place.PORT) as port:
        return answered(program, {"port": port}, client, 120)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages of the client lie."""
    return installed("model-registry-client.txt", tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def registered(tools: Stage, client: Path) -> Mapping[str, Any]:
    """What the client has registered for team-a and read back."""
    return forwarded(tools, TENANT, client, CLIENT)


def seen(stage: Stage, tenant: str, other: str, name: str = "looks") -> dict[str, Any]:
    """What a job of this tenant finds in its own registry, and at the other's."""
    address = place.address(other).removeprefix("http://")
    job = stage.submit(
        name=name, tenant=tenant, run=LOOK.replace("@OTHER@", address), cpus="50m", memory="128Mi"
    )
    phase = stage.finished(job, 240)
    lines = [line.text for line in stage.client.logs(tenant, job.name)]
    assert phase == "Succeeded", lines
    said = dict(line.split(" ", 1) for line in lines if line.startswith(("own ", "other ")))
    return {which: json.loads(text) for which, text in said.items()}


def test_the_layer_is_healthy_and_each_tenant_has_a_server(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith(f"{LAYER} ")]
    assert "healthy" in line
    names = {one["metadata"]["name"] for one in tools.objects("deployments", NAMESPACE)}
    assert {place.name(TENANT), place.name(OTHER)} <= names


def test_upstreams_client_registers_a_model_and_reads_it_back(registered: Mapping[str, Any]) -> None:
    assert registered["models"] == ["digits"]
    assert registered["versions"] == ["1", "2"]
    assert registered["first"]["description"] == "the first"
    assert registered["first"]["metadata"] == {"accuracy": 0.9, "rounds": 3, "checked": True}
    assert registered["first"]["author"] == "somebody"
    assert registered["artifact"] == {"uri": "s3://models/digits/2", "format": "onnx"}


def test_it_is_kept_in_the_schema_of_its_tenant_and_in_no_other(
    registered: Mapping[str, Any], tools: Stage
) -> None:
    assert registered["models"]
    for tenant, names in ((TENANT, ["digits"]), (OTHER, [])):
        query = f"select name from {place.schema(tenant)}.\"Context\" where name = 'digits'"
        assert sql(tools, query, place.DATABASE) == names


def test_jobs_find_their_own_registry_and_reach_no_other(registered: Mapping[str, Any], tools: Stage) -> None:
    """By an address that is in their environment; that of the other tenant is shut to them."""
    assert registered["models"]
    assert seen(tools, TENANT, OTHER) == {"own": ["digits"], "other": "closed"}
    assert seen(tools, OTHER, TENANT) == {"own": [], "other": "closed"}


def test_what_is_registered_outlives_the_server(registered: Mapping[str, Any], tools: Stage) -> None:
    assert registered["models"]
    name = place.name(TENANT)
    tools.kubectl("rollout", "restart", f"deployment/{name}", "-n", NAMESPACE)
    tools.kubectl("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=180s")
    assert seen(tools, TENANT, OTHER, "looks-again")["own"] == ["digits"]
