"""Wrapper modules: what pins them, and what is copied into them before a build."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from fairlead.catalog import lock
from fairlead.catalog.ways import GoModule, GoWay
from fairlead.targets.local.network import COREFILE
from fairlead.tools import gobuild, toolchain, wheels, wrappers

NAMES = sorted(path.parent.name for path in wrappers.root().glob("*/go.mod"))
SUM = "h1:" + "A" * 43 + "="
COPIES = f"""
tags = ["small"]
[[copies]]
module = {{ path = "example.org/m", version = "v1.0.0", sum = "{SUM}" }}
folder = "data"
into = "program"
files = ["a.json", "deep/b.json"]
"""


@pytest.fixture
def wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wrapper named `w` with settings, and nothing else in the tree of wrappers."""
    folder = tmp_path / "src" / "w"
    (folder / "program").mkdir(parents=True)
    (folder / "go.mod").write_text("module w\n")
    (folder / "program" / "main.go").write_text("package main\n")
    (folder / "wrapper.toml").write_text(COPIES)
    monkeypatch.setattr(wrappers, "root", lambda: tmp_path / "src")
    return folder


def test_a_wrapper_is_whole_with_the_files_of_the_pinned_modules(wrapper: Path, tmp_path: Path) -> None:
    (tmp_path / "m" / "data" / "deep").mkdir(parents=True)
    (tmp_path / "m" / "data" / "a.json").write_text("a")
    (tmp_path / "m" / "data" / "deep" / "b.json").write_text("b")
    asked: list[GoModule] = []

    def module_dir(module: GoModule) -> Path:
        asked.append(module)
        return tmp_path / "m"

    settings = wrappers.unpack("w", tmp_path / "unpacked", module_dir)
    assert settings.tags == ("small",)
    assert [(module.query, module.sum) for module in asked] == [("example.org/m@v1.0.0", SUM)]
    program = tmp_path / "unpacked" / "program"
    assert (program / "a.json").read_text() + (program / "deep" / "b.json").read_text() == "ab"
    assert (program / "main.go").is_file()
    assert not (wrapper / "program" / "a.json").exists()


def test_a_change_in_any_file_of_a_wrapper_changes_what_pins_it(wrapper: Path) -> None:
    texts = [wrappers.text("w")]
    for name in ("go.mod", "program/main.go", "wrapper.toml"):
        (wrapper / name).write_text("other")
        texts.append(wrappers.text("w"))
    assert all(one != other for one, other in itertools.pairwise(texts))
    assert set(texts[0]) == {"go.mod", "program/main.go", "wrapper.toml"}


@pytest.mark.parametrize("wrong", ["tag = []", "[[copies]]\nfiles = ['x']", COPIES.replace("h1:", "h2:")])
def test_settings_with_an_unknown_key_or_an_unpinned_module_are_refused(wrapper: Path, wrong: str) -> None:
    (wrapper / "wrapper.toml").write_text(wrong)
    with pytest.raises(ValidationError):
        wrappers.settings(wrapper)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_copied_into_a_wrapper_replaces_none_of_its_own_files(name: str) -> None:
    folder = wrappers.root() / name
    copied = [
        folder / copies.into / file for copies in wrappers.settings(folder).copies for file in copies.files
    ]
    assert [path for path in copied if path.exists()] == []
    assert len(set(copied)) == len(copied)


def test_files_are_copied_from_the_versions_that_the_provider_is_built_from() -> None:
    copied = {
        copies.module.path: copies.module for copies in wrappers.settings(wrappers.root() / "kube").copies
    }
    pinned = wrappers.text("kube")
    provider = copied["github.com/pulumi/pulumi-kubernetes/provider/v4"]
    assert f"{provider.path} {provider.version}\n" in pinned["go.mod"]
    assert f"{provider.path} {provider.version} {provider.sum}\n" in pinned["go.sum"]
    sdk = copied["github.com/pulumi/pulumi-kubernetes/sdk/v4"]
    assert sdk.version == "v" + lock.tools()["pulumi-resource-kubernetes"].version


def test_the_kubernetes_parts_and_etcd_are_built_at_the_versions_of_their_rows() -> None:
    rows, pinned = lock.tools(), wrappers.text("kube")["go.mod"]
    staging = re.findall(r"^\t(k8s\.io/\S+) => \1 (\S+)$", pinned, re.MULTILINE)
    assert len(staging) > 25
    assert {version for _, version in staging} == {rows["kubelet"].version.replace("1.", "v0.", 1)}
    assert f"k8s.io/kubernetes v{rows['kubelet'].version} " in pinned
    assert f"go.etcd.io/etcd/server/v3 v{rows['etcd'].version} " in pinned
    for part in ("api", "client", "client/pkg"):
        assert f"=> go.etcd.io/etcd/{part}/v3 v{rows['etcd'].version}\n" in pinned


def test_a_module_of_a_wrapper_is_known_with_its_hash() -> None:
    for name in ("kueue", "jobset", "kubeflow-trainer"):
        module = lock.charts()[name].module
        assert wrappers.pinned("controllers", module.path) == module
    with pytest.raises(KeyError, match=r"example\.org/absent"):
        wrappers.pinned("controllers", "example.org/absent")


def test_controllers_are_built_at_the_versions_of_their_rows() -> None:
    pinned = wrappers.text("controllers")["go.mod"]
    versions = {name: row.tag for name, row in lock.images().items()} | {
        "kwok": "v" + lock.tools()["kwok"].version
    }
    for name, path in {
        "kueue": "sigs.k8s.io/kueue",
        "jobset": "sigs.k8s.io/jobset",
        "kubeflow-trainer": "github.com/kubeflow/trainer/v2",
        "coredns": "github.com/coredns/coredns",
        "kube-router": "github.com/k3s-io/kube-router/v2",
        "local-path-provisioner": "github.com/rancher/local-path-provisioner",
        "kwok": "sigs.k8s.io/kwok",
        "karpenter-kwok": "sigs.k8s.io/karpenter",
    }.items():
        assert re.search(rf"{path} {re.escape(versions[name])}(\s|$)", pinned), name


def test_our_coredns_has_every_plugin_that_the_clusters_corefile_names() -> None:
    source = wrappers.text("controllers")["coredns/main.go"]
    named = set(re.findall(r"^  (\w+)", COREFILE, re.MULTILINE))
    listed = set(re.findall(r'^\t"(\w+)",$', source, re.MULTILINE))
    imported = set(re.findall(r"coredns/plugin/(\w+)", source))
    assert named
    assert named <= listed
    assert listed == {"prometheus" if name == "metrics" else name for name in imported}


@pytest.mark.parametrize(
    ("package", "name"),
    [("k8s.io/kubernetes/cmd/kubelet", "kubelet"), ("go.etcd.io/etcd/server/v3", "server"), ("./p", "p")],
)
def test_a_program_has_the_name_that_go_gives_it(package: str, name: str) -> None:
    assert gobuild.program_name(package) == name


def test_a_changed_wrapper_makes_its_tools_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    row = lock.tools()["etcd"]
    before = toolchain.item_of(row)
    monkeypatch.setattr(wrappers, "text", lambda _: {"go.mod": "other"})
    assert toolchain.item_of(row) != before


def test_a_file_that_is_a_symbolic_link_is_there_in_the_copy_that_is_built(tmp_path: Path) -> None:
    """Go leaves symbolic links out of a module's zip; the module cache itself is not touched."""
    module = tmp_path / "module"
    (module / "sub").mkdir(parents=True)
    (module / "sub" / "a_darwin.go").write_text("package sub\n")
    (module / "sub" / "a_darwin.go").chmod(0o444)
    built = gobuild._changed(module, {"sub/a_linux.go": "sub/a_darwin.go"}, {}, tmp_path / "copy")
    assert (built / "sub" / "a_linux.go").read_text() == "package sub\n"
    assert not (module / "sub" / "a_linux.go").exists()


def test_a_source_file_is_built_with_the_text_of_the_lock_and_only_where_there_is_such_a_file(
    tmp_path: Path,
) -> None:
    module = tmp_path / "module"
    (module / "parts").mkdir(parents=True)
    (module / "parts" / "all.go").write_text("package parts // many\n")
    (module / "parts" / "all.go").chmod(0o444)
    built = gobuild._changed(module, {}, {"parts/all.go": "package parts // few\n"}, tmp_path / "copy")
    assert "few" in (built / "parts" / "all.go").read_text()
    assert "many" in (module / "parts" / "all.go").read_text()
    with pytest.raises(KeyError, match=r"moved\.go"):
        gobuild._changed(module, {}, {"moved.go": "package parts\n"}, tmp_path / "other")


def test_words_of_a_file_or_of_a_folders_go_files_are_built_otherwise_and_only_where_they_stand(
    tmp_path: Path,
) -> None:
    (tmp_path / "parts" / "deeper").mkdir(parents=True)
    for name in ("parts/a.go", "parts/b.go", "parts/c.txt", "parts/deeper/d.go"):
        (tmp_path / name).write_text("old and old\n")
    (tmp_path / "go.mod").write_text("module here\n")
    gobuild._edit(tmp_path, {"parts": {"old": "new"}, "go.mod": {"here": "there"}})
    said = {path.name: path.read_text().split()[0] for path in tmp_path.rglob("*.*") if path.is_file()}
    assert said == {"a.go": "new", "b.go": "new", "c.txt": "old", "d.go": "old", "go.mod": "module"}
    assert (tmp_path / "parts" / "a.go").read_text() == "new and new\n"
    assert (tmp_path / "go.mod").read_text() == "module there\n"
    for path in ("parts", "go.mod", "moved.go"):
        with pytest.raises(KeyError, match="gone"):
            gobuild._edit(tmp_path, {path: {"gone": "x"}})


def test_a_wrapper_of_ours_takes_no_edits() -> None:
    with pytest.raises(ValueError, match="a wrapper is ours"):
        GoWay(wrapper="pause", package=".", usual_seconds=1, edits={"main.go": {"a": "b"}})


def test_every_folder_of_pinned_wheels_is_that_of_an_image_and_every_hash_is_there() -> None:
    used = {
        row.build.rootfs.requirements: row.name
        for row in lock.images().values()
        if row.build and row.build.rootfs and row.build.rootfs.requirements
    }
    assert set(used) == {path.name for path in (wrappers.root() / wheels.IMAGES).iterdir()}
    for folder in used:
        lines = wheels.requirements(folder).read_text().splitlines()
        pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pinned
        assert all(re.fullmatch(r"[a-z0-9-]+==\S+ \\", line) for line in pinned), (
            "one version each, and hashes behind"
        )
