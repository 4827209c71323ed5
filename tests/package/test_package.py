"""The components as other languages see them: their schema, what they register, what they refuse."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError
from support.engine import recorded
from support.golden import REPO, Golden

from fairlead.declared.record import record
from fairlead.errors import InputError
from fairlead.package.data import plain
from fairlead.package.platform import Platform
from fairlead.package.provider import COMPONENTS, Provider, schema
from fairlead.package.training_job import TrainingJob
from fairlead.plan.stack import plan_of
from fairlead.program import register
from fairlead.spec.layers import resolve_stack
from fairlead.workload.load import load_job
from fairlead.workload.render import render

JOB = {
    "name": "hello",
    "tenant": "team-a",
    "image": "registry.example.com/team-a/train:1.0",
    "run": "true",
    "num_nodes": 2,
}


def spec() -> dict[str, Any]:
    """A whole platform, as it comes over the package's boundary: each number is a float."""
    return floats(resolve_stack(REPO / "stacks", "onprem").value)


def floats(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: floats(value) for key, value in data.items()}
    if isinstance(data, list):
        return [floats(value) for value in data]
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data


def made(name: str, kind: str, inputs: dict[str, Any]) -> None:
    """Makes a component as the engine asks for it."""
    Provider().construct(name, f"fairlead:index:{kind}", inputs, None)


def test_the_schema_is_the_one_that_users_have(golden: Golden) -> None:
    golden.check("package/schema.json", json.dumps(schema(), indent=2, sort_keys=True) + "\n")


def test_every_input_and_output_says_what_it_is_and_has_a_plain_type() -> None:
    found = schema()
    assert set(found["resources"]) == {f"fairlead:index:{one.__name__}" for one in COMPONENTS}
    assert found["types"] == {}
    for component in found["resources"].values():
        assert component["isComponent"]
        assert len(component["description"]) > 20
        for one in [*component["inputProperties"].values(), *component["properties"].values()]:
            assert one["type"] in {"string", "object", "array"}
            assert one["description"].endswith(".")


def test_a_platform_is_the_same_under_a_component_as_in_a_stack() -> None:
    plan = plan_of(REPO / "stacks", "onprem")
    alone = record(lambda: register(plan, "onprem") and None, "onprem")
    under = record(lambda: Platform("lab", {"spec": spec()}) and None, "onprem")
    assert len(alone) > 100
    [platform] = [one for one in under if one.type == "fairlead:index:Platform"]
    inside = [one for one in under if one is not platform]
    assert [
        (one.type, one.name, one.inputs) for one in sorted(inside, key=lambda one: (one.type, one.name))
    ] == [(one.type, one.name, one.inputs) for one in sorted(alone, key=lambda one: (one.type, one.name))]
    assert {one.parent for one in alone if one.parent.endswith("onprem-onprem")} == set()
    assert [one.name for one in inside if "fairlead:index:Platform" not in one.urn] == []


def test_a_platform_tells_what_stands_and_keeps_its_kubeconfig_secret() -> None:
    platform, _ = recorded(lambda: Platform("lab", {"spec": spec()}))
    assert (platform.name, platform.target, platform.gateway) == ("rack", "onprem", "")
    assert platform.tenants == ["team-a", "team-b"]
    assert platform.queues == {name: ["testing", "training", "inference"] for name in platform.tenants}
    assert platform.pools["h100"].startswith("2 x ")
    assert "queue" in platform.layers
    assert isinstance(platform.kubeconfig, pulumi.Output)
    assert secret(platform.kubeconfig)


def secret(output: pulumi.Output[Any]) -> bool:
    import asyncio

    return asyncio.get_event_loop().run_until_complete(output.is_secret())


def test_what_is_wrong_with_a_platform_is_told_with_its_paths_and_nothing_is_registered() -> None:
    wrong = spec()
    wrong["tenants"][0]["quota"]["gpus"] = 3.0
    wrong["pools"][1]["accelerators"] = "H10O:8"

    def program() -> None:
        with pytest.raises(InputPropertiesError, match="platform lab: 2 problems") as found:
            made("lab", "Platform", {"spec": wrong})
        told = {one["property_path"]: one["reason"] for one in found.value.errors or []}
        assert set(told) == {"platform.pools[1].accelerators", "platform.tenants[0].quota.gpus"}
        assert "nearest" in told["platform.pools[1].accelerators"]
        assert "fix:     remove it" in told["platform.tenants[0].quota.gpus"]

    _, recorder = recorded(program)
    assert recorder.registered == {}


def test_a_platform_that_breaks_a_rule_is_refused() -> None:
    wrong = spec()
    wrong["policies"] = {"exceptions": [{"rule": "no-such-rule"}]}

    def program() -> None:
        with pytest.raises(InputPropertiesError):
            made("lab", "Platform", {"spec": wrong})

    _, recorder = recorded(program)
    assert recorder.registered == {}


def sent(objects: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What matters of a job's objects; who may patch them is written by the registration alone."""
    keys = ("name", "namespace", "labels")
    return [(one["kind"], *(one["metadata"][key] for key in keys), one["spec"]) for one in objects]


def test_a_job_becomes_the_objects_that_submit_sends() -> None:
    job, recorder = recorded(
        lambda: TrainingJob("hello", {"job": floats(JOB), "kubeconfig": "~/.kube/config", "context": "lab"})
    )
    wanted = render(load_job(JOB, "job"))
    assert sent([dict(one.object) for one in recorder.registered.values() if one.object]) == sent(wanted)
    assert (job.tenant, job.name) == ("team-a", "hello")
    assert job.objects == [f"{one['kind']} {one['metadata']['name']}" for one in wanted]
    [provider] = [one for one in recorder.registered.values() if one.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["kubeconfig"] == "~/.kube/config"
    assert provider.inputs["context"] == "lab"
    assert all(one.parent.endswith("::hello") for one in recorder.registered.values() if one.object)


def test_what_is_wrong_with_a_job_is_told_with_its_paths() -> None:
    def program() -> None:
        with pytest.raises(InputPropertiesError) as found:
            made(
                "hello",
                "TrainingJob",
                {"job": {**JOB, "num_nods": 2.0, "image": "a:latest"}, "kubeconfig": "k"},
            )
        assert [one["property_path"] for one in found.value.errors or []] == ["job.image", "job.num_nods"]

    _, recorder = recorded(program)
    assert recorder.registered == {}


def test_a_mistake_of_ours_is_no_mistake_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.workload.load.load_job", lambda *_: 1 / 0)
    with pytest.raises(Exception, match="division by zero") as found:
        made("hello", "TrainingJob", {"job": JOB, "kubeconfig": "k"})
    assert not isinstance(found.value, InputPropertiesError | InputError)


def test_numbers_that_are_whole_come_over_the_boundary_as_such() -> None:
    assert repr(plain({"a": [1.0, 2.5, True, "1.0", None]})) == "{'a': [1, 2.5, True, '1.0', None]}"


def test_the_plugin_starts_the_provider_of_the_package() -> None:
    text = (REPO / "components" / "__main__.py").read_text()
    assert re.search(r"from fairlead\.package\.provider import serve", text)
    assert (REPO / "components" / "PulumiPlugin.yaml").is_file()
