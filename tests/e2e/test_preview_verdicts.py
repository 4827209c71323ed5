"""Our verdicts on Kubernetes objects against the real engine's own preview. No cluster: the provider writes files."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.stage import make_project
from fairlead.engine import Engine, forget
from fairlead.preview.model import Resource
from fairlead.preview.steps import steps
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

TOOLS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-kubernetes")
STACK = "verdicts"
REPLACES = {"create-replacement", "replace", "delete-replaced"}
"""The engine's steps of one replacement."""
PROGRAM = """\
import pulumi
import pulumi_kubernetes as kubernetes
from fairlead.contract.manifest import Manifest

files = kubernetes.Provider("files", render_yaml_to_directory={folder!r}, cluster_identifier="lab")
for name, (obj, options) in {objects!r}.items():
    Manifest(name, obj, pulumi.ResourceOptions(provider=files, **options))
"""
Objects = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def obj(api: str, kind: str, name: str, **parts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object with the options of its resource."""
    options = parts.pop("options", {})
    space = (
        {}
        if kind in {"Namespace", "StorageClass", "ClusterRoleBinding", "PersistentVolume"}
        else {"namespace": "a"}
    )
    metadata = {"name": name, **space, **parts.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}, options


def deployment(
    name: str, *, app: str = "x", image: str = "registry.example.com/a:1", replicas: int = 1
) -> Any:
    pod = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return obj(
        "apps/v1",
        "Deployment",
        name,
        spec={"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "template": pod},
    )


def storage(name: str, **parts: Any) -> Any:
    return obj("storage.k8s.io/v1", "StorageClass", name, **{"provisioner": "a.example.com", **parts})


def binding(name: str, role: str, group: str) -> Any:
    subjects = [{"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"}]
    ref = {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"}
    return obj("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name, roleRef=ref, subjects=subjects)


def claim(name: str, **spec: Any) -> Any:
    return obj("v1", "PersistentVolumeClaim", name, spec={"accessModes": ["ReadWriteOnce"], **spec})


BEFORE: Objects = {
    "image": deployment("image"),
    "replicas": deployment("replicas"),
    "selector": deployment("selector"),
    "parameters": storage("parameters", parameters={"type": "a"}),
    "expand": storage("expand", allowVolumeExpansion=False),
    "role": binding("role", "view", "a"),
    "subject": binding("subject", "view", "a"),
    "config": obj("v1", "ConfigMap", "config", data={"a.conf": "1"}),
    "note": obj("v1", "ConfigMap", "note", data={"a": "1"}),
    "secret": obj("v1", "Secret", "secret", stringData={"a": "MQ"}),
    "named": obj("v1", "ConfigMap", "named", data={"a": "1"}),
    "spaced": obj("v1", "ServiceAccount", "spaced"),
    "address": obj("v1", "Service", "address", spec={"ports": [{"port": 80}], "clusterIP": "10.0.0.7"}),
    "port": obj("v1", "Service", "port", spec={"ports": [{"port": 80}]}),
    "class": claim("class", storageClassName="a", resources={"requests": {"storage": "1Gi"}}),
    "size": claim("size", storageClassName="a", resources={"requests": {"storage": "1Gi"}}),
    "scopes": obj("v1", "ResourceQuota", "scopes", spec={"hard": {"pods": "1"}, "scopes": ["Terminating"]}),
    "hard": obj("v1", "ResourceQuota", "hard", spec={"hard": {"pods": "1"}}),
    "own": obj("example.com/v1", "Widget", "own", spec={"a": 1}, options={"replace_on_changes": ["spec.a"]}),
    "custom": obj("example.com/v1", "Widget", "custom", spec={"a": 1}),
    "ignored": obj(
        "example.com/v1", "Widget", "ignored", spec={"a": 1}, options={"ignore_changes": ["spec.a"]}
    ),
    "same": obj("v1", "ServiceAccount", "same"),
    "gone": obj("v1", "ServiceAccount", "gone"),
}
AFTER: Objects = {
    **{name: one for name, one in BEFORE.items() if name != "gone"},
    "image": deployment("image", image="registry.example.com/a:2"),
    "replicas": deployment("replicas", replicas=2),
    "selector": deployment("selector", app="y"),
    "parameters": storage("parameters", parameters={"type": "b"}),
    "expand": storage("expand", allowVolumeExpansion=True),
    "role": binding("role", "edit", "a"),
    "subject": binding("subject", "view", "b"),
    "config": obj("v1", "ConfigMap", "config", data={"a.conf": "2"}),
    "note": obj("v1", "ConfigMap", "note", data={"a": "1"}, metadata={"annotations": {"b": "c"}}),
    "secret": obj("v1", "Secret", "secret", stringData={"a": "Mg"}),
    "named": obj("v1", "ConfigMap", "named-otherwise", data={"a": "1"}),
    "spaced": obj("v1", "ServiceAccount", "spaced", metadata={"namespace": "b"}),
    "address": obj("v1", "Service", "address", spec={"ports": [{"port": 80}], "clusterIP": "10.0.0.8"}),
    "port": obj("v1", "Service", "port", spec={"ports": [{"port": 81}]}),
    "class": claim("class", storageClassName="b", resources={"requests": {"storage": "1Gi"}}),
    "size": claim("size", storageClassName="a", resources={"requests": {"storage": "2Gi"}}),
    "scopes": obj(
        "v1", "ResourceQuota", "scopes", spec={"hard": {"pods": "1"}, "scopes": ["NotTerminating"]}
    ),
    "hard": obj("v1", "ResourceQuota", "hard", spec={"hard": {"pods": "2"}}),
    "own": obj("example.com/v1", "Widget", "own", spec={"a": 2}, options={"replace_on_changes": ["spec.a"]}),
    "custom": obj("example.com/v1", "Widget", "custom", spec={"a": 2}),
    "ignored": obj(
        "example.com/v1", "Widget", "ignored", spec={"a": 2}, options={"ignore_changes": ["spec.a"]}
    ),
    "new": obj("v1", "ServiceAccount", "new"),
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    project = make_project(tmp_path)
    (project / "stacks" / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
    made = Engine(Stack(project, STACK), toolchain.ensure(TOOLS, Cache.default(), Progress(mode="plain")))
    forget(made.stack)
    made.prepare()
    yield made
    forget(made.stack)
    shutil.rmtree(made.stack.run_dir, ignore_errors=True)


def write(engine: Engine, objects: Objects) -> None:
    folder = str(engine.stack.project / "rendered")
    (engine.stack.folder / "__main__.py").write_text(PROGRAM.format(folder=folder, objects=objects))


def previewed(engine: Engine) -> list[Mapping[str, Any]]:
    """The steps of the engine's own preview of the program as it is."""
    command = ["pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", STACK]
    command += [
        "--color",
        "never",
        "--config-file",
        str(engine.stack.config_file),
        "--cwd",
        str(engine.stack.project),
    ]
    done = subprocess.run(command, env=engine.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["steps"]


def theirs(found: list[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Verdict by name, and the inputs that force."""
    verdicts: dict[str, str] = {}
    forced: dict[str, set[str]] = {}
    for one in found:
        name = one["urn"].rpartition("::")[2]
        if "kubernetes:" not in one["urn"] or name == "files":
            continue
        if one["op"] in REPLACES:
            verdicts[name] = "replace"
        else:
            verdicts.setdefault(name, one["op"])
        kinds = {path: each["kind"] for path, each in (one.get("detailedDiff") or {}).items()}
        forced.setdefault(name, set()).update(
            path for path, kind in kinds.items() if kind.endswith("-replace")
        )
    return verdicts, forced


def declared(objects: Objects) -> list[Resource]:
    """The same objects as our recorder has them."""
    import pulumi

    from fairlead.contract.manifest import Manifest
    from fairlead.declared.record import record

    def program() -> None:
        for name, (one, options) in objects.items():
            Manifest(name, one, pulumi.ResourceOptions(**options))

    return [Resource.of(vars(one)) for one in record(program, STACK)]


def test_every_verdict_on_an_object_is_the_engines_and_so_is_every_input_that_forces(engine: Engine) -> None:
    write(engine, BEFORE)
    engine.up()
    write(engine, AFTER)
    verdicts, forced = theirs(previewed(engine))
    ours = {one.resource.name: one for one in steps(declared(BEFORE), declared(AFTER))}
    assert {name: one.verdict for name, one in ours.items()} == verdicts
    # The provider compares what the server keeps; the preview names the field that was written.
    replaced = {
        name: {path.replace("stringData.", "data.") for path in one.forced_by}
        for name, one in ours.items()
        if one.verdict == "replace"
    }
    # What the resource's own options force is no word of the provider's.
    told = {name: paths for name, paths in forced.items() if name in replaced and name != "own"}
    assert {name: paths for name, paths in replaced.items() if name != "own"} == told
    assert len(replaced) >= 10
