"""Argo Events is what its own source and manifests say, with fewer rights."""

from __future__ import annotations

import re
from itertools import product

import yaml
from events_ground import box, one, part, source, upstream
from reference.gomodule import go_module
from support.charts import renderer
from support.rights import granted

from fairlead.catalog import lock
from fairlead.layers.events import bus, controller, place, rights
from fairlead.plan.events_model import CHART, IMAGE, NAMESPACE, SERVER


def test_the_controller_is_the_one_of_upstreams_manifest() -> None:
    theirs = upstream("base/controller-manager/controller-manager-deployment.yaml")["spec"]["template"][
        "spec"
    ]
    [their_box] = theirs["containers"]
    assert box(part().objects)["args"][0] == their_box["args"][0]
    assert theirs["securityContext"]["runAsUser"] == place.USER
    assert theirs["volumes"][0]["configMap"]["name"] == place.SETTINGS
    assert their_box["volumeMounts"][0]["mountPath"] == place.FOLDER
    told, known = ({entry["name"] for entry in each["env"]} for each in (box(part().objects), their_box))
    assert told - known == {"IMAGE_PULL_POLICY"}
    image = lock.images()[IMAGE]
    assert image.build is not None
    assert box(part().objects)["command"] == [image.build.binary]
    newest = upstream("base/controller-manager/controller-config.yaml")["data"][place.FILE]
    assert f"natsImage: nats:{lock.images()[SERVER].tag}" in newest


def test_the_program_knows_every_argument_and_every_name() -> None:
    known = set(re.findall(r'Flags\(\)\.\w+Var\(&\w+, "([a-z-]+)"', source("cmd/commands")))
    for argument in box(part().objects)["args"][1:]:
        assert argument.removeprefix("--").partition("=")[0] in known, argument
    constants = re.sub(r"\s+", " ", source("pkg/apis/events/v1alpha1"))
    for name, value in (
        ("ControllerMetricsPort", place.METRICS_PORT),
        ("ControllerHealthPort", place.PROBE_PORT),
        ("LabelSensorName", f'"{place.SENSOR}"'),
        ("DefaultEventBusName", f'"{place.DEFAULT}"'),
        ("EnvImagePullPolicy", '"IMAGE_PULL_POLICY"'),
    ):
        assert f"{name} = {value}" in constants, name


def test_it_starts_without_buses_of_its_own_only_where_one_of_each_kind_is_named() -> None:
    text = source("pkg/reconciler")
    assert "no jetstream versions were provided" in text
    assert "no stan versions were provided" in text
    settings = yaml.safe_load(one("ConfigMap", part().objects)["data"][place.FILE])
    assert all(settings["eventBus"][kind]["versions"] for kind in ("nats", "jetstream"))


def test_clients_of_a_bus_insist_on_tls_and_need_no_password() -> None:
    """Where one of these is gone, the bus may be simpler."""
    text = source("pkg/eventbus")
    assert "opts = append(opts, nats.Secure(&tls.Config{" in text
    assert "eventBusAuth = nil" in text
    assert 'exec.Command("argo", "-n", namespace, "submit", file.Name())' in source("pkg/sensors/triggers")


def test_the_server_knows_every_setting() -> None:
    version = f"v{lock.images()[SERVER].tag}"
    text = (go_module(f"github.com/nats-io/nats-server/v2@{version}") / "server/opts.go").read_text()
    words = set(re.findall(r"^\s*(\w+)(?::| \{)", bus.CONFIG, re.MULTILINE))
    assert {"jetstream", "tls", "store_dir", "max_file_store"} <= words
    for word in words:
        assert f'"{word}"' in text, word


KINDS = set(place.KINDS)
ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
LEFT_OUT = {
    "buses that it would make": {
        *product([""], ["secrets"], set(ALL) - {"watch"}),
        *product([""], ["pods", "pods/exec", "persistentvolumeclaims"], ALL),
        *product([""], ["configmaps"], ["create", "delete", "patch", "update"]),
        *product(["apps"], ["statefulsets"], ["create", "delete", "patch", "update"]),
    },
    "used by nothing": {
        *product([""], ["services"], ["patch", "update"]),
        *product(["apps"], ["deployments"], ["delete", "patch"]),
        *product(["coordination.k8s.io"], ["leases"], ["delete", "list", "patch", "watch"]),
    },
}
"""What upstream grants and we do not -> why. Of its own kinds it makes and deletes none."""


def test_it_has_no_right_that_upstream_does_not_give_and_what_it_lacks_is_listed() -> None:
    theirs = set(granted(upstream("cluster-install/rbac/argo-events-cluster-role.yaml")["rules"]))
    ours = {*granted(rights.everywhere()), *granted(rights.in_tenants()), *granted(rights.own())}
    assert ours <= theirs
    lacking = {wish for wish in theirs - ours if wish[1].partition("/")[0] not in KINDS}
    assert lacking == set().union(*LEFT_OUT.values())


def test_outside_tenants_it_reads_and_marks_its_own_kinds_and_nothing_else() -> None:
    changes = {wish for wish in granted(rights.everywhere()) if wish[2] not in rights.READ}
    assert {(group, kind.partition("/")[0]) for group, kind, _ in changes} == {
        (place.GROUP, kind) for kind in KINDS
    }
    assert {verb for _, _, verb in changes} == {"update", "patch"}


def test_it_may_read_every_kind_that_it_watches() -> None:
    """One that it may not read would stop it for all: its caches are of the whole cluster."""
    kinds = re.findall(r"source\.Kind\(mgr\.GetCache\(\), &\w+\.(\w+)\{\}", source("pkg/reconciler/cmd"))
    watched = {kind.lower() if kind == "EventBus" else f"{kind.lower()}s" for kind in kinds}
    assert {"eventbus", "sensors", "deployments", "services"} <= watched
    assert watched <= {kind for _, kind, verb in granted(rights.everywhere()) if verb == "watch"}


def test_the_namespace_is_restricted_and_nothing_of_the_controller_lies_elsewhere() -> None:
    space = one("Namespace", part().objects)["metadata"]
    assert space["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    spaces = {obj["metadata"]["namespace"] for obj in part().objects if obj["metadata"].get("namespace")}
    assert spaces == {NAMESPACE} == {space["name"]}
    assert len(controller.crds(renderer([CHART]))) == len(place.KINDS)
