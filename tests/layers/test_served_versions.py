"""API versions: what the CRDs of the lock serve is what their rows say, and nothing else is written or asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import yaml
from support.charts import renderer
from support.specs import PRICED, minimal
from support.targets import built, had_on, registered

from fairlead.catalog import lock
from fairlead.catalog.compatibility import load
from fairlead.catalog.read import load as load_catalog
from fairlead.contract.chart import Release
from fairlead.layers.gateway import controller as gateway
from fairlead.plan.gateway_model import GatewayPlan
from fairlead.plan.load import load_plan
from fairlead.program import charts_of
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from fairlead.workload.api import KINDS

VALUES: Mapping[str, Mapping[str, Any]] = {
    "cert-manager": {"crds": {"enabled": True}},
    "envoy-gateway": gateway.values(GatewayPlan()),
}
"""What a chart must be told, so that it gives its CRDs."""
WITH_FOLDER = ("dra-driver-nvidia-gpu",)
"""Charts that refuse to be rendered without settings; their CRDs lie in a folder of their own."""
NOT_HAD = ("gpu-operator",)
"""No package registry carries it."""
WITHOUT = ("karpenter", "nvidia-device-plugin", "efa-device-plugin", "kserve", "external-secrets")
"""Charts without a CRD; the first refuses to be rendered without settings."""
BUILT_IN = {
    "v1",
    *("apps/v1", "batch/v1", "policy/v1", "autoscaling/v2"),
    *(
        f"{group}.k8s.io/v1"
        for group in (
            *("admissionregistration", "apiextensions", "apiregistration", "flowcontrol.apiserver"),
            *("networking", "rbac.authorization", "resource", "scheduling", "storage"),
        )
    ),
}
"""API versions of Kubernetes itself that objects of ours, or of charts, have."""


def crds(name: str) -> Iterable[Mapping[str, Any]]:
    """The CRDs of a chart."""
    if name in WITH_FOLDER:
        cache = Cache.default()
        charts.ensure([name], cache, Progress(mode="quiet"))
        folder = charts.crds(name, cache)
        assert folder is not None
        objects = [one for path in folder.glob("*.yaml") for one in yaml.safe_load_all(path.read_text())]
    else:
        objects = list(renderer([name])(Release(name, name, "somewhere", VALUES.get(name, {}))))
    return [one for one in objects if one and one["kind"] == "CustomResourceDefinition"]


@pytest.mark.parametrize("name", [name for name in lock.charts() if name not in (*NOT_HAD, *WITHOUT)])
def test_the_crds_of_a_chart_serve_what_its_row_says(name: str) -> None:
    served = {
        f"{one['spec']['group']}/{version['name']}"
        for one in crds(name)
        for version in one["spec"]["versions"]
        if version["served"]
    }
    assert served
    assert tuple(sorted(served)) == load()[name].serves


def test_the_others_serve_nothing() -> None:
    assert [name for name in WITHOUT if load()[name].serves] == []
    assert list(crds("nvidia-device-plugin")) == []


def unserved(objects: Iterable[Mapping[str, Any]], names: Iterable[str]) -> set[str]:
    """API versions of objects that neither Kubernetes nor a chart of these serves."""
    known = {api for name in names for api in load()[name].serves} | BUILT_IN
    return {one["apiVersion"] for one in objects} - known


def test_all_layers_write_only_what_the_charts_of_their_plan_serve() -> None:
    layers = {tool.layer: {"enabled": True} for tool in had_on("local")}
    layers["databases"] = {"enabled": True, "dumps": {}}
    plan = load_plan(minimal(layers=layers, **PRICED), "all", load_catalog())
    objects = registered(plan, "local").objects()
    assert unserved(objects, charts_of(plan)) == set()
    custom = {one["apiVersion"] for one in objects} - BUILT_IN
    assert custom >= {"kueue.x-k8s.io/v1beta2", "cert-manager.io/v1", "postgresql.cnpg.io/v1"}


@pytest.mark.parametrize("target", ["local", "aws"])
def test_a_target_writes_only_what_the_charts_of_its_plan_serve(target: str) -> None:
    made = built(target)
    assert unserved(made.recorder.objects(), charts_of(made.plan)) == set()


def test_an_older_version_or_a_chart_that_is_not_there_is_found() -> None:
    old = {"apiVersion": "kueue.x-k8s.io/v1alpha1"}
    assert unserved([old], ["kueue"]) == {"kueue.x-k8s.io/v1alpha1"}
    new = {"apiVersion": "kueue.x-k8s.io/v1beta2"}
    assert unserved([new], ["jobset"]) == {"kueue.x-k8s.io/v1beta2"}
    assert unserved([new], ["kueue"]) == set()


def test_commands_ask_for_versions_that_are_served() -> None:
    """`visibility.` is no CRD: Kueue's program serves it itself."""
    asked = {f"{group}/{version}" for group, version, _ in KINDS.values() if group}
    own = {api for row in load().values() for api in row.serves}
    assert asked - own - BUILT_IN == {"visibility.kueue.x-k8s.io/v1beta2"}
