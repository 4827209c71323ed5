"""All layers of tools together on one platform: what stands before what, as the engine is told."""

from __future__ import annotations

import pytest
from support.engine import Recorder
from support.specs import PRICED, minimal
from support.targets import had_on, registered

from fairlead.catalog.read import load
from fairlead.contract.manifest import CONDITIONS
from fairlead.plan.load import load_plan

LWS_HOOKS = "lws-mutating-webhook-configuration"
V1_HOOKS = "validator.training-operator.kubeflow.org"
OTHERS = (("ClusterIssuer", "fairlead"), ("ClusterServingRuntime", "fairlead-sklearn"))
ALL = {
    **{tool.layer: {"enabled": True} for tool in had_on("local")},
    "databases": {"enabled": True, "dumps": {}},
    "workflows": {"enabled": True, "archive_days": 30},
}


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(load_plan(minimal(layers=ALL, **PRICED), "tools", load()), "local")


@pytest.mark.parametrize(
    ("kind", "name", "before"),
    [
        (
            "ClusterIssuer",
            "fairlead",
            [("Deployment", "cert-manager"), ("Deployment", "cert-manager-webhook")],
        ),
        (
            "SecretStore",
            "fairlead",
            [("Deployment", "external-secrets"), ("ValidatingWebhookConfiguration", "secretstore-validate")],
        ),
        ("Deployment", "external-secrets-webhook", [("Certificate", "external-secrets-webhook")]),
        ("Deployment", "envoy-gateway", [("Certificate", "envoy"), ("Certificate", "envoy-gateway")]),
        ("Gateway", "fairlead", [("Deployment", "envoy-gateway"), ("Certificate", "hosts-team-a")]),
        ("Deployment", "kserve-controller-manager", [("Gateway", "fairlead")]),
        (
            "ClusterServingRuntime",
            "fairlead-sklearn",
            [
                ("Deployment", "kserve-controller-manager"),
                ("MutatingWebhookConfiguration", "inferenceservice.serving.kserve.io"),
            ],
        ),
        ("Cluster", "mlflow-db", [("Deployment", "cnpg-controller-manager")]),
        ("Deployment", "mlflow", [("Cluster", "mlflow-db"), ("NetworkPolicy", "mlflow-calls")]),
        ("Deployment", "workflow-controller", [("Cluster", "workflows-db")]),
        (
            "Deployment",
            "registry-team-a",
            [("Cluster", "model-registry-db"), ("NetworkPolicy", "registry-team-a")],
        ),
        ("ConfigMap", "fairlead-model-registry", [("Deployment", "registry-team-a")]),
        ("Deployment", "opencost", [("Prometheus", "fairlead"), ("NetworkPolicy", "opencost-calls")]),
        ("CronJob", "mlflow-db-dumps", [("Deployment", "cnpg-controller-manager")]),
        ("Deployment", "kueue-controller-manager", [("CustomResourceDefinition", "rayjobs.ray.io")]),
        (
            "Deployment",
            "kuberay-operator",
            [("ClusterRole", "fairlead:ray:everywhere"), ("CustomResourceDefinition", "rayclusters.ray.io")],
        ),
        (
            "ValidatingAdmissionPolicy",
            "fairlead-lws-owners",
            [("Deployment", "lws-controller-manager"), ("MutatingWebhookConfiguration", LWS_HOOKS)],
        ),
        (
            "Deployment",
            "spark-operator-controller",
            [
                ("ClusterRole", "fairlead:spark:everywhere"),
                ("CustomResourceDefinition", "sparkapplications.sparkoperator.k8s.io"),
            ],
        ),
        (
            "ValidatingAdmissionPolicy",
            "fairlead-spark-pods",
            [
                ("Deployment", "spark-operator-webhook"),
                ("MutatingWebhookConfiguration", "spark-operator-webhook"),
            ],
        ),
        (
            "Deployment",
            "kueue-controller-manager",
            [("CustomResourceDefinition", "pytorchjobs.kubeflow.org")],
        ),
        (
            "ValidatingAdmissionPolicy",
            "fairlead-jobs-v1-owners",
            [("Deployment", "training-operator"), ("ValidatingWebhookConfiguration", V1_HOOKS)],
        ),
        ("EventBus", "default", [("Deployment", "argo-events-controller"), ("ClusterIssuer", "fairlead")]),
        (
            "Prometheus",
            "fairlead",
            [("Deployment", "prometheus-operator"), ("NetworkPolicy", "fairlead-calls")],
        ),
        ("PodMonitor", "lws", [("Prometheus", "fairlead"), ("Namespace", "fairlead-lws")]),
    ],
)
def test_what_needs_another_waits_for_it(
    engine: Recorder, kind: str, name: str, before: list[tuple[str, str]]
) -> None:
    behind = engine.behind(engine.named(kind, name).urn)
    for needed in before:
        assert engine.named(*needed).urn in behind, needed


@pytest.mark.parametrize(
    "kind",
    ["Cluster", "Certificate", "ClusterIssuer", "Issuer", "GatewayClass", "Gateway", "Prometheus"],
)
def test_what_controllers_make_is_ready_by_the_condition_that_they_set(engine: Recorder, kind: str) -> None:
    found = engine.of_kind(kind)
    assert found
    for made in found:
        noted = made.object["metadata"]["annotations"]
        assert noted["pulumi.com/waitFor"] == f"condition={CONDITIONS[kind]}"


def test_every_object_is_registered_once_and_every_namespace_stands_before_what_lies_in_it(
    engine: Recorder,
) -> None:
    spaces = {made.object["metadata"]["name"]: made.urn for made in engine.of_kind("Namespace")}
    seen: set[tuple[str, str, str]] = set()
    for made in engine.registered.values():
        if not made.object:
            continue
        metadata = made.object["metadata"]
        key = (made.object["kind"], metadata.get("namespace", ""), metadata["name"])
        assert key not in seen
        seen.add(key)
        if metadata.get("namespace") in spaces:
            assert spaces[metadata["namespace"]] in engine.behind(made.urn), key


def test_webhooks_are_asked_before_the_first_object_that_they_look_at(engine: Recorder) -> None:
    for kind, name in (("Cluster", "mlflow-db"), ("Cluster", "workflows-db"), *OTHERS):
        assert engine.named(kind, name).hooks, name


def test_a_store_comes_when_its_webhook_answers(engine: Recorder) -> None:
    """Its namespace is behind the part whose first object asks."""
    asked = engine.named("ClusterRole", "fairlead:secrets:tenants")
    assert asked.hooks
    assert asked.urn in engine.behind(engine.named("SecretStore", "fairlead").urn)


def test_groups_of_pods_count_as_standing_when_their_webhooks_answer(engine: Recorder) -> None:
    assert engine.named("ValidatingAdmissionPolicy", "fairlead-lws-owners").hooks


def test_spark_counts_as_standing_when_its_webhooks_answer(engine: Recorder) -> None:
    assert engine.named("ValidatingAdmissionPolicy", "fairlead-spark-pods").hooks


def test_jobs_of_the_old_api_count_as_standing_when_their_webhooks_answer(engine: Recorder) -> None:
    assert engine.named("ValidatingAdmissionPolicy", "fairlead-jobs-v1-owners").hooks


def test_operators_stand_before_tenants_and_outlive_them(engine: Recorder) -> None:
    """What a namespace that is deleted still holds is released by them."""
    names = (
        *("kuberay-operator", "lws-controller-manager", "kserve-controller-manager", "envoy-gateway"),
        "external-secrets",
        "spark-operator-controller",
        "training-operator",
        "argo-events-controller",
    )
    needed = {engine.named("Deployment", name).urn for name in names}
    spaces = [
        made
        for made in engine.of_kind("Namespace")
        if "fairlead.dev/tenant" in (made.object["metadata"].get("labels") or {})
    ]
    assert spaces
    for space in spaces:
        assert needed <= engine.behind(space.urn)
