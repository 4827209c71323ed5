"""The charts as they go into a cluster, rendered by the real helm: valid, fenced, pinned, without traps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pod_security import restricted_violations
from support.charts import chart_values, dependency_conditions, rendered, renderer
from support.strict import CHARTS, containers, custom_kinds, pods, problems
from support.targets import built

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.chart import Release
from fairlead.contract.crd import in_one_version
from fairlead.errors import ToolError
from fairlead.layers import jobs, queue, queue_controller
from fairlead.layers.chart import HelmRenderer
from fairlead.platform import Controller, controllers, settled

CONTROLLERS = ("kueue", "jobset", "kubeflow-trainer")
COUNTS = {"kueue": (27, 11), "jobset": (20, 1), "kubeflow-trainer": (12, 3)}
"""Objects and CRDs that each chart gives at its pinned version: other numbers want a look at it."""


def made(name: str) -> Controller:
    plan = built("local").plan
    found = {one.name: one for one in controllers(plan, renderer(CHARTS))}
    assert set(found) == set(CONTROLLERS)
    return found[name]


def objects(name: str) -> Sequence[Mapping[str, Any]]:
    """A controller's objects as they go into the local cluster, CRDs behind them."""
    one = made(name)
    return [*settled(one, built("local").handle), *one.crds]


@pytest.mark.parametrize("name", CONTROLLERS)
def test_no_object_is_lost_on_the_way(name: str) -> None:
    one = made(name)
    assert (len(one.objects), len(one.crds)) == COUNTS[name]
    values: Mapping[str, Mapping[str, Any]] = {
        "kueue": {"enableVisibilityAPF": True},
        "jobset": {},
        "kubeflow-trainer": {"jobset": {"install": False}, "dataCache": {"enabled": False}},
    }
    chart = renderer([name])(Release(name, name, "x", values[name]))
    hooks = [o for o in chart if "helm.sh/hook" in (o["metadata"].get("annotations") or {})]
    feeding = [o for o in chart if any(k.startswith("rbac.kueue") for k in o["metadata"].get("labels") or {})]
    assert len(one.objects) + len(one.crds) == len(chart) - len(hooks) - len(feeding)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_object_of_the_controllers_keeps_its_schema(name: str) -> None:
    found = [problem for obj in objects(name) for problem in problems(obj)]
    assert found == []


def test_every_registered_object_keeps_its_schema() -> None:
    registered = built("local").recorder.objects()
    assert len(registered) > 140
    assert [problem for obj in registered for problem in problems(obj)] == []


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("Topology", 1),
        ("ResourceFlavor", 3),
        ("Cohort", 1),
        ("ClusterQueue", 2),
        ("LocalQueue", 6),
        ("WorkloadPriorityClass", 3),
        ("ClusterTrainingRuntime", 11),
    ],
)
def test_our_custom_objects_are_held_against_the_charts_own_schemas(kind: str, least: int) -> None:
    found = built("local").recorder.objects(kind)
    assert len(found) >= least
    for obj in found:
        assert (obj["apiVersion"], kind) in custom_kinds()
        assert problems({**obj, "surprise": 1}), "the schema is not closed"


def test_a_wrong_value_and_an_unknown_kind_are_problems() -> None:
    flavor = built("local").recorder.objects("ResourceFlavor")[0]
    assert problems({**flavor, "spec": {**flavor["spec"], "nodeLabels": "x"}})
    assert problems({"apiVersion": "example.dev/v1", "kind": "Surprise", "metadata": {"name": "x"}})
    assert problems({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "lables": {}}})


def test_no_role_is_aggregated_and_no_role_feeds_one() -> None:
    original = [o for o in rendered("kueue") if o["kind"] == "ClusterRole"]
    assert [o for o in original if o.get("aggregationRule")], "the chart no longer has the trap"
    for name in CONTROLLERS:
        for obj in objects(name):
            assert not obj.get("aggregationRule"), obj["metadata"]["name"]
            assert not [k for k in obj["metadata"].get("labels") or {} if k.startswith("rbac.kueue")]


def test_the_written_out_roles_have_the_rules_of_all_their_parts() -> None:
    original = {o["metadata"]["name"]: o for o in rendered("kueue") if o["kind"] == "ClusterRole"}
    flat = {o["metadata"]["name"]: o for o in objects("kueue") if o["kind"] == "ClusterRole"}
    summed = [name for name, obj in original.items() if obj.get("aggregationRule")]
    for name in summed:
        wanted = original[name]["aggregationRule"]["clusterRoleSelectors"][0]["matchLabels"]
        parts = [o for o in original.values() if wanted.items() <= (o["metadata"]["labels"] or {}).items()]
        rules = [rule for part in parts for rule in part["rules"]]
        assert rules
        assert all(rule in flat[name]["rules"] for rule in rules)


def webhooks(name: str) -> list[Mapping[str, Any]]:
    kinds = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
    return [hook for obj in objects(name) if obj["kind"] in kinds for hook in obj["webhooks"]]


CORE_GROUPS = {"", "apps", "batch"}


def test_outside_tenants_kueues_webhooks_stop_nothing() -> None:
    fenced = 0
    for hook in webhooks("kueue"):
        groups = {group for rule in hook["rules"] for group in rule["apiGroups"]}
        if not groups <= {"kueue.x-k8s.io"}:
            keys = [one["key"] for one in hook.get("namespaceSelector", {}).get("matchExpressions", [])]
            assert labels.TENANT in keys, hook["name"]
            fenced += 1
    assert fenced >= 3


@pytest.mark.parametrize("name", ["jobset", "kubeflow-trainer"])
def test_no_other_webhook_stands_before_core_kinds_of_everybody(name: str) -> None:
    found = webhooks(name)
    assert found
    for hook in found:
        groups = {group for rule in hook["rules"] for group in rule["apiGroups"]}
        chosen = bool(hook.get("objectSelector")) or bool(hook.get("namespaceSelector"))
        assert not (groups & CORE_GROUPS) or chosen, hook["name"]


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_image_of_a_controller_is_the_locks(name: str) -> None:
    used = [box["image"] for _, pod in pods(list(objects(name))) for box in containers(pod["spec"])]
    assert used
    assert set(used) == {built("local").handle.images[name]}


@pytest.mark.parametrize("name", CONTROLLERS)
def test_controllers_run_under_the_restricted_standard_that_their_namespace_demands(name: str) -> None:
    found = objects(name)
    space = next(obj for obj in found if obj["kind"] == "Namespace")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    looked = [restricted_violations(pod) for _, pod in pods(list(found))]
    assert looked
    assert not any(looked), looked


@pytest.mark.parametrize("name", CONTROLLERS)
def test_secrets_are_sent_without_values(name: str) -> None:
    found = [obj for obj in objects(name) if obj["kind"] == "Secret"]
    assert found
    assert not [obj for obj in found if obj.get("data") or obj.get("stringData")]


@pytest.mark.parametrize("name", CONTROLLERS)
def test_a_controllers_objects_lie_in_its_own_namespace(name: str) -> None:
    found = objects(name)
    space = next(obj["metadata"]["name"] for obj in found if obj["kind"] == "Namespace")
    spread = {obj["metadata"].get("namespace") for obj in found} - {None}
    assert space in spread
    assert spread <= {space, "kube-system"}


def paths(values: Any, under: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of a nested map that holds no map, with the keys above it."""
    if not isinstance(values, dict) or not values:
        return [under]
    return [path for key, value in values.items() for path in paths(value, (*under, key))]


FREE_FORM = {("affinity",)}
"""Values that a chart hands on as they are: what lies in them is Kubernetes' own."""


def test_every_value_that_we_set_is_one_that_the_chart_has() -> None:
    seen: list[Release] = []

    class Spy:
        def __call__(self, release: Release) -> Sequence[Mapping[str, Any]]:
            seen.append(release)
            return renderer(CHARTS)(release)

    plan = built("local").plan
    controllers(plan, Spy())
    assert {release.chart for release in seen} == set(CONTROLLERS)
    for release in seen:
        default: Any = chart_values(release.chart)
        conditions = dependency_conditions(release.chart)
        for path in paths(dict(release.values)):
            if ".".join(path) in conditions:
                continue
            here, known = default, next((p for p in FREE_FORM if path[: len(p)] == p), path)
            for key in known:
                assert isinstance(here, dict), (release.chart, path)
                assert key in here, (release.chart, path)
                here = here[key]


def test_a_crd_keeps_every_rule_when_its_prose_goes() -> None:
    for name in CONTROLLERS:
        full = {o["metadata"]["name"]: o for o in rendered(name) if o["kind"] == "CustomResourceDefinition"}
        for thin in made(name).crds:
            whole = full[thin["metadata"]["name"]]
            # Kueue's are served in one version alone.
            kept = in_one_version(whole) if name == "kueue" else whole
            before, after = json.dumps(kept), json.dumps(thin)
            assert len(after) < len(before)
            for word in ("x-kubernetes-validations", "x-kubernetes-list-map-keys", "maxItems", "required"):
                assert after.count(f'"{word}":') == before.count(f'"{word}":'), (
                    thin["metadata"]["name"],
                    word,
                )


def test_kueues_configuration_is_the_one_in_the_cluster() -> None:
    maps = [obj for obj in objects("kueue") if obj["kind"] == "ConfigMap"]
    assert len(maps) == 1
    told = yaml.safe_load(maps[0]["data"]["controller_manager_config.yaml"])
    certificates = told.pop("internalCertManagement")
    assert certificates["enable"] is True, "the chart's own addition"
    plan = built("local").plan
    assert told == queue_controller.config(plan.queues, plan.fabrics.uncounted)


def test_what_helm_refuses_is_said_in_its_own_words(tmp_path: Path) -> None:
    good = renderer(["jobset"])
    bad = tmp_path / "jobset"
    (bad / "templates").mkdir(parents=True)
    (bad / "Chart.yaml").write_text("apiVersion: v2\nname: jobset\nversion: 0.0.1\n")
    (bad / "templates" / "x.yaml").write_text('{{ fail "no such colour" }}\n')
    broken = HelmRenderer(good.helm, {"jobset": bad}, good.versions, good.kubernetes, tmp_path / "kept")
    with pytest.raises(ToolError, match=r"(?s)chart jobset cannot be rendered.*no such colour"):
        broken(Release("jobset", "jobset", "x", {}))
    assert not (tmp_path / "kept").exists()


def test_a_rendering_is_kept_under_everything_that_went_into_it(tmp_path: Path) -> None:
    one = renderer(["jobset"])
    render = HelmRenderer(one.helm, one.charts, one.versions, one.kubernetes, tmp_path)
    first = render(Release("jobset", "jobset", "a", {}))
    assert render(Release("jobset", "jobset", "a", {})) == first
    assert len(list(tmp_path.iterdir())) == 1
    render(Release("jobset", "jobset", "b", {}))
    render(Release("jobset", "jobset", "a", {"controller": {"replicas": 2}}))
    assert len(list(tmp_path.iterdir())) == 3


def test_the_catalogues_kubernetes_is_the_one_whose_schemas_are_used() -> None:
    from support.strict import KUBERNETES

    assert load().targets["local"].kubernetes.startswith(f"{KUBERNETES}.")


def test_probes_are_harmless_objects_of_kinds_with_a_webhook() -> None:
    probes = zip([queue.probe(), *jobs.probes()], ["kueue", "kubeflow-trainer", "jobset"], strict=True)
    for probe, name in probes:
        assert problems(probe) == []
        group = probe["apiVersion"].partition("/")[0]
        resource = f"{probe['kind'].lower()}s"
        rules = [rule for hook in webhooks(name) for rule in hook["rules"]]
        hit = [r for r in rules if group in r["apiGroups"] and resource in r["resources"]]
        assert hit, f"no webhook of {name} answers for {resource}"
