"""Katib's controller has no more rights than it uses; programs, settings and webhooks are those that upstream has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pytest
from katib_source import upstream
from support.charts import module_of
from support.rights import granted

from fairlead.catalog import lock
from fairlead.layers.databases import postgres
from fairlead.layers.katib import config, place, programs, rights, webhooks
from fairlead.layers.objects import RBAC
from fairlead.plan.katib_model import CHART, CONTROLLER, HYPEROPT, IMAGES, MANAGER, NAMESPACE, OPTUNA

Object = Mapping[str, Any]


def one(kind: str, objects: Sequence[Object]) -> Any:
    [found] = [obj for obj in objects if obj["kind"] == kind]
    return found


def source(folder: str) -> str:
    """All Go code of a folder of the module but its tests."""
    files = (path for path in (module_of(CHART) / folder).rglob("*.go") if not path.name.endswith("_test.go"))
    return "\n".join(path.read_text() for path in files)


# ---- rights -------------------------------------------------------------------------------------

OWN = {"experiments", "trials", "suggestions"}
LEFT_OUT = {
    "services that stop trials early": {
        *product([""], ["serviceaccounts"], ["get", "list", "watch", "create"]),
        *product([RBAC], ["roles", "rolebindings"], ["get", "list", "watch", "create"]),
    },
    "volumes": {
        *product([""], ["persistentvolumes"], ["get", "list", "watch", "create"]),
        ("", "persistentvolumeclaims", "create"),
    },
    "certificates, which cert-manager makes": {
        *product([""], ["secrets"], ["get", "list", "watch", "patch", "update"]),
        *product(
            ["admissionregistration.k8s.io"],
            ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
            ["get", "list", "watch", "patch", "update"],
        ),
    },
    "kinds that wait in no queue here": {
        *product(["batch"], ["cronjobs"], ["get", "list", "watch", "create", "delete"]),
        *product(
            ["kubeflow.org"],
            ["tfjobs", "pytorchjobs", "mpijobs", "xgboostjobs"],
            ["get", "list", "watch", "create", "delete"],
        ),
    },
    "used by nothing": {
        *product([""], ["pods", "pods/status"], ["get"]),
        ("", "events", "update"),
        *product(["jobset.x-k8s.io"], ["jobsets"], ["list", "watch"]),
    },
}
"""What upstream grants and we do not -> why."""


def test_it_has_no_right_that_upstream_does_not_give_and_what_it_lacks_is_listed() -> None:
    theirs = set(granted(one("ClusterRole", upstream("components/controller/rbac.yaml"))["rules"]))
    ours = set(granted(rights.everywhere())) | set(granted(rights.in_tenants()))
    mine = {wish for wish in ours if wish[1].partition("/")[0] in OWN}
    assert {(group, kind, "*") for group, kind, _ in mine} <= theirs
    assert ours - mine <= theirs
    lacking = {wish for wish in theirs - ours if wish[1].partition("/")[0] not in OWN}
    assert lacking == set().union(*LEFT_OUT.values())


def test_outside_tenants_it_reads_and_marks_its_own_kinds_and_nothing_else() -> None:
    changes = {wish for wish in granted(rights.everywhere()) if wish[2] not in rights.READ}
    assert {group for group, _, _ in changes} == {place.GROUP}
    assert {verb for _, _, verb in changes} == {"update", "patch"}
    leases = {wish for wish in granted(rights.own()) if wish[1] == "leases"}
    theirs = one("Role", upstream("installs/katib-leader-election/leader-election-rbac.yaml"))["rules"]
    assert {("coordination.k8s.io", "leases", "*")} == set(granted(theirs))
    assert {verb for _, _, verb in leases} == {"get", "create", "update"}


def test_it_may_read_every_kind_that_it_watches_or_keeps_a_copy_of() -> None:
    """One that it may not read would stop it for all: its caches are of the whole cluster."""
    text = source("pkg/controller.v1beta1")
    watched = {name.lower() + "s" for name in re.findall(r"source\.Kind\[\*\w+\.(\w+)\]", text)}
    assert watched == {*OWN, "deployments", "services", "persistentvolumeclaims", "unstructureds"}
    jobs = {f"{kind.lower()}s" for kind in config.TRIALS}
    readable = {kind for _, kind, verb in granted(rights.everywhere()) if verb == "watch"}
    assert (watched - {"unstructureds"}) | jobs | {"configmaps", "namespaces"} == readable


def test_the_bindings_bind_what_they_say() -> None:
    made = {(obj["kind"], obj["metadata"]["name"]): obj for obj in rights.objects()}
    everywhere = made["ClusterRoleBinding", rights.EVERYWHERE]
    assert everywhere["roleRef"]["name"] == rights.EVERYWHERE
    assert made["RoleBinding", CONTROLLER]["metadata"]["namespace"] == NAMESPACE
    assert everywhere["subjects"] == [{"kind": "ServiceAccount", "name": CONTROLLER, "namespace": NAMESPACE}]
    assert ("ClusterRoleBinding", rights.IN_TENANTS) not in made


# ---- programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (CONTROLLER, "components/controller/controller.yaml"),
        (MANAGER, "components/db-manager/db-manager.yaml"),
    ],
)
def test_each_program_is_that_of_upstreams_manifest(name: str, file: str) -> None:
    theirs = one("Deployment", upstream(file))["spec"]["template"]
    made = [
        *programs.controller({}, "x", 1, {}),
        *programs.manager(postgres.database(place.DATABASE), "x", 1, {}),
    ]
    [ours] = [o for o in made if o["kind"] == "Deployment" and o["metadata"]["name"] == name]
    [box], [their_box] = ours["spec"]["template"]["spec"]["containers"], theirs["spec"]["containers"]
    labels = ours["spec"]["template"]["metadata"]["labels"]
    assert labels.items() <= theirs["metadata"]["labels"].items()
    [command] = their_box["command"]
    assert box["command"] == [f"/app/{command.removeprefix('./')}"]
    assert lock.images()[name].build is not None
    assert lock.images()[name].build.binary == box["command"][0]  # type: ignore[union-attr]
    assert {(p["name"], p["containerPort"]) for p in their_box["ports"]} == {
        (p["name"], p["containerPort"]) for p in box["ports"]
    }
    assert theirs["spec"]["containers"][0]["securityContext"]["runAsUser"] == place.USER


def test_the_database_manager_knows_every_variable_and_its_driver_the_authority() -> None:
    text = source("pkg/db/v1beta1")
    [deployment] = [
        obj
        for obj in programs.manager(postgres.database(place.DATABASE), "x", 1, {})
        if obj["kind"] == "Deployment"
    ]
    [box] = deployment["spec"]["template"]["spec"]["containers"]
    told = {entry["name"]: entry.get("value") for entry in box["env"]}
    assert told["DB_NAME"] == re.search(r'PostgresSQLDBNameEnvValue = "(\w+)"', text)[1]  # type: ignore[index]
    for name in set(told) - {"PGSSLROOTCERT"}:
        assert f'= "{name}"' in text, name
    driver = re.search(r"github.com/lib/pq (v\S+)", (module_of(CHART) / "go.mod").read_text())
    assert driver is not None
    from reference.gomodule import go_module

    connection = (go_module(f"github.com/lib/pq@{driver[1]}") / "conn.go").read_text()
    assert '"PGSSLROOTCERT"' in connection


def test_names_ports_and_labels_are_the_programs() -> None:
    text = source("pkg/controller.v1beta1/consts") + source("pkg/webhook/v1beta1/common")
    for word in (place.TRIAL, place.SUGGESTION, place.INJECTION, place.ENABLED, config.NAME, config.FILE):
        assert f'"{word}"' in text, word
    assert f"DefaultSuggestionPort = {place.API_PORT}" in text
    assert f'CertDir = "{webhooks.FOLDER}"' in text
    assert f'"{MANAGER}")' in text, "the name of the Service"
    defaults = source("pkg/apis/config/v1beta1")
    assert f'DefaultMetricsAddr = ":{place.METRICS_PORT}"' in defaults
    assert f'DefaultHealthzAddr = ":{place.PROBE_PORT}"' in defaults
    assert f"DefaultWebhookPort = {place.WEBHOOK_PORT}" in defaults


# ---- settings and webhooks ----------------------------------------------------------------------


def test_the_settings_have_fields_that_the_program_knows() -> None:
    types = source("pkg/apis/config/v1beta1")
    known = set(re.findall(r'json:"(\w+)', types))
    told = config.settings(str, 2)
    assert set(told["init"]["controller"]) <= known
    assert set(told["runtime"]) <= known
    for entry in told["runtime"]["metricsCollectors"]:
        assert set(entry) <= known
    container = {
        "image",
        "imagePullPolicy",
        "resources",
        "securityContext",
        "readinessProbe",
        "livenessProbe",
    }
    for entry in told["runtime"]["suggestions"]:
        assert set(entry) - container <= known
    assert 'corev1.Container          `json:",inline"`' in types
    assert "nuke it" in types, "what -1 means"


def test_algorithms_come_from_the_services_of_the_images_that_are_named_for_them() -> None:
    knows = {
        HYPEROPT: (module_of(CHART) / "pkg/suggestion/v1beta1/hyperopt/base_service.py").read_text(),
        OPTUNA: (module_of(CHART) / "pkg/suggestion/v1beta1/optuna/base_service.py").read_text(),
    }
    for name, image in config.ALGORITHMS.items():
        assert f'"{name}"' in knows[image], name
        if image == OPTUNA:
            assert f'"{name}"' not in knows[HYPEROPT], (
                "what Hyperopt knows, it does: it goes on when its pod has gone"
            )
    assert "An unknown trial has been passed" in knows[OPTUNA]
    assert "An unknown trial" not in knows[HYPEROPT]
    assert {row.tag for name, row in lock.images().items() if name in IMAGES} == {"v0.19.0"}


def test_the_webhooks_are_upstreams_but_that_pods_must_be_marked() -> None:
    theirs = {
        hook["name"]: hook for obj in upstream("components/webhook/webhooks.yaml") for hook in obj["webhooks"]
    }
    ours = {hook["name"]: hook for obj in webhooks.objects() if "webhooks" in obj for hook in obj["webhooks"]}
    assert set(theirs) == set(ours)
    for name, hook in ours.items():
        assert hook["rules"] == theirs[name]["rules"]
        assert hook["clientConfig"]["service"]["path"] == theirs[name]["clientConfig"]["service"]["path"]
        assert hook.get("namespaceSelector") == theirs[name].get("namespaceSelector")
        assert ("objectSelector" in hook) is (hook["rules"][0]["resources"] == ["pods"])


def test_upstream_still_does_what_the_policies_are_there_for() -> None:
    """Where one of these is gone, a policy may go too."""
    suggestions = (
        module_of(CHART) / "pkg/controller.v1beta1/suggestion/suggestion_controller.go"
    ).read_text()
    assert ", trials, client.MatchingLabels(util.TrialLabels(experiment)))" in suggestions
    injected = source("pkg/webhook/v1beta1/pod")
    assert "return mc.Collector.CustomCollector, nil" in injected
    made = (module_of(CHART) / "pkg/controller.v1beta1/trial/trial_controller.go").read_text()
    assert "desiredJobSpec := instance.Spec.RunSpec" in made
