"""Jobs, notebooks and models of claimed accelerators: the claim stands in the runtime of its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from job_samples import job
from support.rendered_pods import check_core, pod, restricted_violations
from support.strict import problems

from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError
from fairlead.plan.fabric_model import Claim, JobFabric
from fairlead.workload import frameworks, notebook_runtime
from fairlead.workload.client import no_runtime
from fairlead.workload.load import load_job
from fairlead.workload.model import RESTARTS
from fairlead.workload.notebook_load import load_notebook
from fairlead.workload.notebook_render import render as render_notebook
from fairlead.workload.render import render
from fairlead.workload.runtime import runtimes
from fairlead.workload.serve_load import load_model
from fairlead.workload.state import derive

GPU = "nvidia.com/gpu"
NUMBERS = {"H100/dra": (1, 2, 8)}
NEAR: Mapping[str, Mapping[str, Mapping[str, str]]] = {"H100/dra": {"near": {}}, "T4": {"near": {}}}


def known() -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in runtimes(None, NEAR, claimed=NUMBERS)}


def sent(**changes: Any) -> dict[str, Any]:
    return render(job(**{"accelerators": "H100/dra:8", "num_nodes": 1, **changes}))[-1]


def made(**changes: Any) -> dict[str, Any]:
    """The pod, of the runtime that the job names."""
    found = sent(**changes)
    return pod(found, known()[found["spec"]["runtimeRef"]["name"]])


def test_there_is_a_runtime_for_each_number_and_each_limit_of_restarts() -> None:
    mine = [name for name in known() if "dra" in name]
    assert len(mine) == len(NUMBERS["H100/dra"]) * len(RESTARTS)
    assert "fairlead-h100-dra-8-near-restart-3" in mine
    assert not [name for name in mine if name.startswith("fairlead-h100-dra-near")]


def test_the_pod_claims_the_number_that_the_job_asks_for_and_no_container_asks_for_the_resource() -> None:
    for count in NUMBERS["H100/dra"]:
        spec = made(accelerators=f"H100/dra:{count}")["spec"]
        (claim,) = spec["resourceClaims"]
        assert claim == {"name": "accelerators", "resourceClaimTemplateName": f"nvidia-gpu-{count}"}
        (box,) = spec["containers"]
        assert box["resources"]["claims"] == [{"name": "accelerators"}]
        assert GPU not in {**box["resources"]["requests"], **box["resources"]["limits"]}


def test_the_pod_keeps_the_schema_of_kubernetes_and_the_restricted_standard() -> None:
    check_core(made())
    assert restricted_violations(made()) == []
    assert [problems(one) for one in known().values() if problems(one)] == []


def test_the_pod_stands_where_accelerators_are_claimed_and_nowhere_else() -> None:
    spec = made()["spec"]
    assert spec["nodeSelector"] == {"fairlead.dev/accelerator": "H100_dra"}
    share = {"key": "fairlead.dev/share", "operator": "Equal", "value": "dra", "effect": "NoSchedule"}
    assert share in spec["tolerations"]
    assert GPU in {one["key"] for one in spec["tolerations"]}


def test_cores_and_memory_are_those_of_whole_accelerators() -> None:
    asked = made()["spec"]["containers"][0]["resources"]["requests"]
    whole = render(job(accelerators="H100:8", num_nodes=1))[-1]["spec"]["trainer"]["resourcesPerNode"]
    assert asked == {name: amount for name, amount in whole["requests"].items() if name != GPU}


def test_a_gang_of_parts_of_nodes_gets_the_plain_runtime() -> None:
    found = sent(accelerators="H100/dra:2", num_nodes=4)
    assert found["spec"]["runtimeRef"]["name"] == "fairlead-h100-dra-2-near"


def test_a_gang_of_whole_nodes_claims_them_beside_the_network_between_them() -> None:
    found = sent(num_nodes=4, max_restarts=3)
    channel = Claim("compute-domain", "fairlead.dev/nvlink-channel", "nvlink-channel", "nvlink")
    fabric = JobFabric("H100/dra", 8, "efa", ("p",), True, "", requests={"efa": "32"}, claim=channel)
    made = {one["metadata"]["name"]: one for one in runtimes(None, NEAR, (fabric,), claimed=NUMBERS)}
    assert {name for name in made if "-nodes-" in name and "restart" not in name} == {
        "fairlead-h100-dra-nodes-8-near"
    }
    spec = pod(found, made[found["spec"]["runtimeRef"]["name"]])["spec"]
    claims = {one["name"]: one["resourceClaimTemplateName"] for one in spec["resourceClaims"]}
    assert claims == {"nvlink": "nvlink-channel", "accelerators": "nvidia-gpu-8"}
    (box,) = spec["containers"]
    assert {one["name"] for one in box["resources"]["claims"]} == set(claims)
    assert box["resources"]["limits"]["efa"] == "32"
    env = {one["name"]: one.get("value") for one in found["spec"]["trainer"]["env"]}
    assert (env["PET_NPROC_PER_NODE"], env["PET_NNODES"]) == ("8", "4")


def test_shares_of_other_kinds_stay_for_one_pod() -> None:
    with pytest.raises(InputError) as caught:
        load_job({"name": "x", "tenant": "a", "image": "x:1", "run": "x", "accelerators": "L4/shared:2"}, "f")
    assert [one.where for one in caught.value.problems] == ["job.accelerators"]


def test_accelerators_of_others_cannot_be_claimed() -> None:
    with pytest.raises(InputError) as caught:
        load_job(
            {"name": "x", "tenant": "a", "image": "x:1", "run": "x", "accelerators": "MI300X/dra:8"}, "f"
        )
    assert "handed out whole" in str(caught.value)


def test_runtimes_of_other_accelerators_claim_nothing() -> None:
    spec = known()["fairlead-t4-near"]["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]
    assert "resourceClaims" not in spec["template"]["spec"]


def test_a_number_that_no_node_gives_is_told_with_those_that_they_give() -> None:
    assert "1, 2, 4" in no_runtime(job(accelerators="H100/dra:3", num_nodes=1)).fix
    assert "topologies" in no_runtime(job(accelerators="H100:3", num_nodes=1)).fix


def test_the_list_of_jobs_says_how_many_are_claimed() -> None:
    meta = {"uid": "u", "creationTimestamp": "2026-11-30T00:00:00Z"}
    for accelerators, words in (("H100/dra:8", "8 claimed"), ("H100:8", "8 nvidia.com/gpu"), (None, "")):
        found = render(job(accelerators=accelerators, num_nodes=1))[-1]
        assert (
            derive({**found, "metadata": {**found["metadata"], **meta}}, None, None, ()).accelerators == words
        )


def test_a_notebook_claims_by_the_runtime_of_its_number() -> None:
    told = {"name": "x", "tenant": "team-a", "image": "x:1", "accelerators": "H100/dra:2"}
    train_job = render_notebook(load_notebook(told, "f"), "example.com")[-1]
    found = {one["metadata"]["name"]: one for one in notebook_runtime.runtimes(None, NEAR, claimed=NUMBERS)}
    assert set(found) == {
        "fairlead-notebook",
        "fairlead-notebook-t4",
        *(f"fairlead-notebook-h100-dra-{count}" for count in (1, 2, 8)),
    }
    spec = pod(train_job, found[train_job["spec"]["runtimeRef"]["name"]])["spec"]
    assert spec["resourceClaims"][0]["resourceClaimTemplateName"] == "nvidia-gpu-2"
    assert "readinessProbe" in spec["containers"][0]


def test_a_served_model_is_told_that_nothing_is_claimed_for_it() -> None:
    told = {"name": "x", "tenant": "team-a", "uri": "s3://models/x", "accelerators": "H100/dra:1"}
    with pytest.raises(InputError) as caught:
        load_model(told, "f")
    (found,) = [one for one in caught.value.problems if one.where == "model.accelerators"]
    assert (found.given, found.allowed) == ("H100/dra:1", "H100:1")


def test_frameworks_have_no_runtime_of_claimed_ones() -> None:
    kinds = frameworks.kinds_of_nodes(NEAR, (), load_catalog())
    assert [one.suffix for one in kinds] == ["", "-t4"]
