"""Runtimes of frameworks: shaped as Trainer's own, as safe as those of job files, and found by the SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml
from crd_schema import crd_folder, problems
from job_samples import job
from reference.gomodule import go_module
from support.clouds import cloud_plan
from support.rendered_pods import check_core, restricted_violations

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.store_model import AccountToken
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.workload import frameworks, mpi
from fairlead.workload.frameworks import FRAMEWORKS, Cluster, Nodes
from fairlead.workload.nearness import PREFERRED, REQUIRED, UNCONSTRAINED
from fairlead.workload.render import render
from fairlead.workload.runtime import command
from fairlead.workload.runtime import runtimes as of_job_files

CATALOG = load()
IMAGES = {name: f"example.com/{name}:1" for name in FRAMEWORKS}
NEAR = {"H100": {"near": {PREFERRED: "rack"}}, "L4/shared": {"near": {UNCONSTRAINED: "true"}}}
POOL = {"name": "fast", "accelerators": "H100:8", "min": 2, "max": 2}


def efa() -> JobFabric:
    [found] = cloud_plan("aws", POOL).fabrics.jobs
    return found


def made(cluster: Cluster | None = None, *fabrics: JobFabric) -> dict[str, Any]:
    """Runtimes by name."""
    kinds = frameworks.kinds_of_nodes(NEAR, fabrics, CATALOG)
    found = frameworks.runtimes(cluster or Cluster(IMAGES), kinds, CATALOG)
    assert len({one["metadata"]["name"] for one in found}) == len(found)
    return {one["metadata"]["name"]: one for one in found}


def jobs(runtime: Mapping[str, Any]) -> dict[str, Any]:
    """The jobs of a runtime's set, by name."""
    return {one["name"]: one for one in runtime["spec"]["template"]["spec"]["replicatedJobs"]}


def templates(runtime: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one["template"]["spec"]["template"] for name, one in jobs(runtime).items()}


def box(runtime: Mapping[str, Any], name: str = "node") -> dict[str, Any]:
    [found] = templates(runtime)[name]["spec"]["containers"]
    return found


@cache
def theirs() -> Mapping[str, Any]:
    """The runtimes that Trainer itself brings, by name: out of its module."""
    folder = charts.part("kubeflow-trainer", "runtimes", Cache.default())
    found = [yaml.safe_load(path.read_text()) for path in folder.glob("*_distributed.yaml")]
    return {one["metadata"]["name"]: one for one in found}


ALL = sorted(made(None, efa()))
SAME = ("torch-distributed", "jax-distributed", "xgboost-distributed", "deepspeed-distributed")


def test_each_framework_has_a_runtime_for_plain_nodes_and_one_for_each_accelerator() -> None:
    suffixes = ("", "-h100", "-h100-nodes", "-l4-shared")
    assert set(ALL) == {f"{name}-distributed{suffix}" for name in FRAMEWORKS for suffix in suffixes}


@pytest.mark.parametrize("name", SAME)
def test_it_has_the_policy_label_and_jobs_of_the_one_that_trainer_brings(name: str) -> None:
    own, other = made()[name], theirs()[name]
    assert own["spec"]["mlPolicy"] == other["spec"]["mlPolicy"]
    assert other["metadata"]["labels"].items() <= own["metadata"]["labels"].items()
    sets = [one["spec"]["template"]["spec"] for one in (own, other)]
    for key in ("network", "successPolicy"):
        assert sets[0].get(key) == sets[1].get(key)
    assert list(jobs(own)) == list(jobs(other))
    for mine, upstream in zip(jobs(own).values(), jobs(other).values(), strict=True):
        assert mine.get("dependsOn") == upstream.get("dependsOn")
        assert mine["template"].get("metadata") == upstream["template"].get("metadata")
    assert {part: box(own, part)["name"] for part in jobs(own)} == dict.fromkeys(jobs(own), "node")


def test_mpi_alone_is_started_as_all_that_trainer_starts_by_mpi() -> None:
    own, other = made()["mpi-distributed"], theirs()["mlx-distributed"]
    assert own["spec"]["mlPolicy"] == other["spec"]["mlPolicy"]
    assert own["metadata"]["labels"][frameworks.FRAMEWORK] == "mpi"


def test_a_server_is_started_as_in_trainers_own_and_says_that_it_was_told_to_stop() -> None:
    other = box(theirs()["deepspeed-distributed"])
    for name in ("mpi-distributed", "deepspeed-distributed-h100"):
        own = box(made()[name])
        assert own["args"] == [f"exec {' '.join([*other['command'], *other['args']])}\n"]
        assert own["command"] == command()
        assert own["readinessProbe"]["tcpSocket"] == other["readinessProbe"]["tcpSocket"]
        assert "command" not in box(made()[name], "launcher")


@pytest.mark.parametrize("name", ALL)
def test_it_is_exactly_what_the_pinned_crd_allows(name: str) -> None:
    assert problems(made(None, efa())[name]) == []


@pytest.mark.parametrize("name", ALL)
def test_its_pods_keep_the_restricted_standard_as_those_of_job_files_do(name: str) -> None:
    for template in templates(made(None, efa())[name]).values():
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": template["spec"]}
        check_core(pod)
        assert restricted_violations(pod) == []
        plain = templates(of_job_files()[0])["node"]["spec"]
        for key in ("securityContext", "serviceAccountName", "automountServiceAccountToken", "restartPolicy"):
            assert template["spec"][key] == plain[key]
        assert template["spec"]["containers"][0]["envFrom"] == plain["containers"][0]["envFrom"]


@pytest.mark.parametrize("name", ALL)
def test_a_job_whose_node_is_taken_away_starts_again_and_one_that_fails_does_not(name: str) -> None:
    own, plain = made(None, efa())[name], of_job_files()[0]
    sets = [one["spec"]["template"]["spec"]["failurePolicy"] for one in (own, plain)]
    assert sets[0] == sets[1]
    assert sets[0]["maxRestarts"] == 0
    for one in jobs(own).values():
        theirs_too = jobs(plain)["node"]["template"]["spec"]
        for key in ("backoffLimit", "podFailurePolicy"):
            assert one["template"]["spec"][key] == theirs_too[key]


def sent(**changes: Any) -> dict[str, Any]:
    """What a job file adds to its pods."""
    [patch] = render(job(**changes))[-1]["spec"]["runtimePatches"]
    [part] = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    return part["template"]["spec"]["template"]


@pytest.mark.parametrize(
    ("suffix", "asked"),
    [("", None), ("-h100", "H100:1"), ("-h100-nodes", "H100:8"), ("-l4-shared", "L4/shared:1")],
)
def test_its_pods_go_where_those_of_a_job_file_go_and_ask_for_as_much(suffix: str, asked: str | None) -> None:
    file = job(accelerators=asked)
    resources = render(file)[-1]["spec"]["trainer"]["resourcesPerNode"]["requests"]
    for framework in FRAMEWORKS:
        own = made(None, efa())[f"{framework}-distributed{suffix}"]
        for template in templates(own).values():
            wanted = sent(accelerators=asked)
            for key in ("nodeSelector", "tolerations"):
                assert template["spec"].get(key) == wanted["spec"].get(key)
            assert wanted["metadata"]["annotations"].items() <= template["metadata"]["annotations"].items()
            found = template["spec"]["containers"][0]["resources"]
            assert resources.items() <= found["requests"].items()
            assert found["limits"] == found["requests"], "the SDK reads the device out of the limits"


def test_whole_nodes_get_the_network_between_them_and_single_accelerators_do_not() -> None:
    known = efa()
    assert known.given
    assert known.requests
    whole, single = (made(None, known)[f"torch-distributed-h100{end}"] for end in ("-nodes", ""))
    asked = box(whole)["resources"]["requests"]
    assert known.requests.items() <= asked.items()
    assert asked["nvidia.com/gpu"] == "8"
    assert set(known.env) <= {one["name"] for one in box(whole)["env"]}
    assert not set(known.requests) & set(box(single)["resources"]["requests"])


def test_a_network_that_needs_a_daemon_or_a_file_of_variables_is_for_job_files_alone() -> None:
    plain = efa()
    [daemon] = [one.daemon for one in cloud_plan("gcp", POOL).fabrics.jobs] or [None]
    others = [replace(plain, profile="/etc/profile"), replace(plain, given=False)]
    others += [replace(plain, daemon=daemon)] if daemon else []
    for other in others:
        assert "torch-distributed-h100-nodes" not in made(None, other)
    assert "torch-distributed-h100-nodes" in made(None, plain)


def test_the_nodes_of_mpi_are_placed_as_one_where_they_are_to_stand_near_each_other() -> None:
    row = lock.charts()["kueue"].module
    assert row is not None
    types = go_module(row.query, row.sum) / "apis" / "kueue" / "v1beta2" / "topology_types.go"
    assert f'PodSetGroupName = "{mpi.GROUP}"' in types.read_text()
    assert mpi.together({REQUIRED: "rack"}) == mpi.together({PREFERRED: "rack"}) == {mpi.GROUP: "mpi"}
    # Kueue refuses the group where nothing is asked for: pkg/controller/jobframework/tas_validation.go.
    assert mpi.together({UNCONSTRAINED: "true"}) == mpi.together({}) == {}
    notes = [one["metadata"]["annotations"] for one in templates(made()["mpi-distributed-h100"]).values()]
    assert [one[mpi.GROUP] for one in notes] == ["mpi", "mpi"]
    assert mpi.GROUP not in json.dumps(made()["torch-distributed-h100"])


def test_a_node_has_a_home_that_its_user_may_write_to_and_mpi_that_of_its_image() -> None:
    own = made()["jax-distributed"]
    node = box(own)
    assert node["workingDir"] == frameworks.HOME
    assert {"name": "HOME", "value": frameworks.HOME} in node["env"]
    assert {"name": "home", "mountPath": frameworks.HOME} in node["volumeMounts"]
    assert {"name": "home", "emptyDir": {}} in templates(own)["node"]["spec"]["volumes"]
    started = made()["mpi-distributed"]
    for part in jobs(started):
        assert "workingDir" not in box(started, part)
        assert not [one for one in box(started, part)["volumeMounts"] if one["mountPath"].startswith("/home")]


def test_what_a_target_asks_of_pods_is_asked_of_all_of_them() -> None:
    token = AccountToken("store", "/var/run/store", 3600)
    selectors = {"H100": {"example.com/shape": "a"}}
    cluster = Cluster(IMAGES, {"sign": "in"}, 300, selectors, token)
    for name, one in made(cluster).items():
        for template in templates(one).values():
            spec = template["spec"]
            assert template["metadata"]["labels"] == {"sign": "in"}
            assert spec["terminationGracePeriodSeconds"] == 300
            assert token.folder in {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
            shape = spec.get("nodeSelector", {}).get("example.com/shape")
            assert shape == ("a" if "h100" in name else None)
            assert ("fairlead.dev/accelerator" in spec.get("nodeSelector", {})) == (name.count("-") > 1)


KNOWN = {name: f"known/{name}" for one in FRAMEWORKS.values() for name in (one.image, one.made) if name}


@pytest.mark.parametrize(
    ("on_nodes", "own", "found"),
    [
        ((), {}, "known/jax-cuda"),
        (("jax",), {}, "known/jax"),
        (("pytorch",), {}, "known/jax-cuda"),
        (("jax",), {"jax": "mine/jax:1"}, "mine/jax:1"),
    ],
)
def test_an_image_is_the_platforms_choice_or_what_its_nodes_have_or_what_they_pull(
    on_nodes: tuple[str, ...], own: Mapping[str, str], found: str
) -> None:
    assert frameworks.images(["jax"], KNOWN, on_nodes, own) == {"jax": found}


def test_a_framework_without_an_image_of_ours_has_the_one_that_nodes_pull_everywhere() -> None:
    assert frameworks.images(["deepspeed"], KNOWN, tuple(KNOWN), {}) == {
        "deepspeed": "known/deepspeed-runtime"
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_images_that_nodes_pull_are_those_of_trainers_own_runtimes(framework: str) -> None:
    row = lock.images()[FRAMEWORKS[framework].image]
    assert row.build is None
    name = "deepspeed-distributed" if framework == "mpi" else f"{framework}-distributed"
    image = box(theirs()[name])["image"]
    plain = row.repository.removeprefix("docker.io/")
    assert image in (f"{plain}:{row.tag}", plain)
    if image == plain:
        assert row.tag == f"v{lock.charts()['kubeflow-trainer'].version}", "its releases carry one tag"


def test_the_image_for_mpi_is_laid_out_as_the_runtime_has_it_and_trusts_the_jobs_key_alone() -> None:
    build = lock.images()["openmpi"].build
    assert build is not None
    assert build.rootfs is not None
    assert (build.user, build.home, build.shell) == ("1000:1000", mpi.HOME, "/bin/bash")
    keys = mpi.POLICY["mpi"]["sshAuthMountPath"]
    server = dict(
        line.split(" ", 1) for line in build.rootfs.texts[f"{mpi.HOME[1:]}/.sshd_config"].splitlines()
    )
    assert server["Port"] == str(mpi.PORT)
    assert server["HostKey"] == f"{keys}/id_rsa"
    assert server["AuthorizedKeysFile"] == f"{keys}/authorized_keys"
    assert {server[key] for key in ("PasswordAuthentication", "KbdInteractiveAuthentication", "UsePAM")} == {
        "no"
    }
    client = dict(
        line.split(" ", 1) for line in build.rootfs.texts["etc/ssh/ssh_config"].replace("  ", "").splitlines()
    )
    assert client["Port"] == str(mpi.PORT)
    assert client["StrictHostKeyChecking"] == "yes"
    assert {client["UserKnownHostsFile"], client["GlobalKnownHostsFile"]} == {"none"}
    assert f"{keys}/id_rsa.pub" in build.rootfs.programs[client["KnownHostsCommand"][1:]]


def test_the_names_of_the_keys_are_those_that_trainer_gives_them() -> None:
    row = lock.charts()["kubeflow-trainer"].module
    assert row is not None
    text = (go_module(row.query, row.sum) / "pkg" / "constants" / "constants.go").read_text()
    for said in (
        'MPISSHPrivateKeyFile string = "id_rsa"',
        'MPISSHPublicKeyFile string = MPISSHPrivateKeyFile + ".pub"',
        'MPISSHAuthorizedKeys string = "authorized_keys"',
    ):
        assert said in text


def test_runtimes_of_job_files_carry_no_framework_for_they_have_no_image_and_would_stop_the_sdk() -> None:
    for one in of_job_files():
        assert frameworks.FRAMEWORK not in one["metadata"]["labels"]
        assert "image" not in box(one)
    for one in made().values():
        assert all(template["spec"]["containers"][0]["image"] for template in templates(one).values())


def test_every_policy_is_one_that_the_crd_knows() -> None:
    [crd] = [yaml.safe_load(path.read_text()) for path in crd_folder().glob("*_clustertrainingruntimes.yaml")]
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    known = set(spec["mlPolicy"]["properties"])
    assert {name for one in FRAMEWORKS.values() for name in one.policy} == known - {"numNodes", "flux"}


def test_nodes_without_accelerators_have_the_plain_name() -> None:
    assert Nodes().suffix == ""


def test_devices_that_pods_claim_have_no_runtime_for_plugins_know_them_by_a_limit() -> None:
    kinds = frameworks.kinds_of_nodes({"H100/dra": {"near": {}}, "L4": {"near": {}}}, (), CATALOG)
    assert [one.suffix for one in kinds] == ["", "-l4"]
