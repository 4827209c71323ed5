"""The committed lock: complete, exact, and buildable where nothing official answers."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from fairlead.catalog import lock
from fairlead.catalog.lock import ChartRow, ImageRow, ToolRow
from fairlead.catalog.ways import DownloadWay, GoWay, PathWay
from fairlead.tools import images, toolchain, wrappers

DATA = Path(lock.__file__).parent / "data"
ROWS = [*lock.tools().values(), *lock.charts().values(), *lock.images().values()]
TOOL = {"version": "1.0", "executables": ["x"], "source": "s", "date": date(2026, 1, 1), "ways": []}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{type(row).__name__}-{row.name}")
def test_every_row_names_its_source_and_a_date_that_has_been(row: ToolRow | ChartRow | ImageRow) -> None:
    assert re.search(r"https://|tools/src", row.source)
    assert date(2026, 1, 1) <= row.date


@pytest.mark.parametrize("file", ["tools.toml", "charts.toml", "images.toml"])
def test_latest_stands_nowhere_in_the_lock(file: str) -> None:
    rows = tomllib.loads((DATA / file).read_text())
    made_of = [
        {key: value for key, value in row.items() if key != "source"}
        for table in rows.values()
        for row in table.values()
    ]
    assert made_of
    assert "latest" not in str(made_of).lower()


@pytest.mark.parametrize("version", ["latest", "main", "1.x || 2", ">=1.2", "release-0.19", "*", ""])
def test_a_version_that_is_not_exact_is_refused(version: str) -> None:
    with pytest.raises(ValidationError, match="version"):
        ToolRow.model_validate({"name": "x", **TOOL, "version": version})


def test_a_row_without_a_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        ToolRow.model_validate(
            {"name": "x", **{key: value for key, value in TOOL.items() if key != "source"}}
        )


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="sha1"):
        ToolRow.model_validate({"name": "x", **TOOL, "sha1": "0"})


@pytest.mark.parametrize("digest", ["sha256:abc", "986f04c2" * 8, "sha256:" + "G" * 64])
def test_a_malformed_digest_is_refused(digest: str) -> None:
    row = lock.images()["coredns"].model_dump()
    with pytest.raises(ValidationError, match="digest"):
        ImageRow.model_validate({**row, "digest": digest})


def test_a_download_without_any_checksum_is_refused() -> None:
    with pytest.raises(ValidationError, match="sha256 or checksums"):
        DownloadWay(how="download", url="https://example.org/x")


def test_a_pinned_sum_says_where_it_was_read_and_no_other_does() -> None:
    url = "https://example.org/x"
    with pytest.raises(ValidationError, match="needs sum_source"):
        DownloadWay(how="download", url=url, sha256="0" * 64)
    with pytest.raises(ValidationError, match="only a pinned one has it"):
        DownloadWay(how="download", url=url, checksums=url, sum_source="a list")


@pytest.mark.parametrize("row", lock.tools().values(), ids=lambda row: row.name)
def test_every_tool_can_be_had_from_package_registries_alone(row: ToolRow) -> None:
    assert [way for way in row.ways if not isinstance(way, PathWay | DownloadWay)]


@pytest.mark.parametrize("row", lock.tools().values(), ids=lambda row: row.name)
def test_every_way_of_a_tool_brings_all_its_executables(row: ToolRow) -> None:
    for way in row.ways:
        members = getattr(way, "members", None)
        if members is not None:
            assert set(members) == set(row.executables)
        else:
            assert len(row.executables) == 1


def test_every_image_without_a_digest_can_be_built_or_says_why_it_has_neither() -> None:
    assert all(row.build or row.no_digest for row in lock.images().values() if row.digest is None)


def test_an_image_is_built_from_the_module_that_carries_its_chart() -> None:
    for name in ("kueue", "jobset", "kubeflow-trainer"):
        build = lock.images()[name].build
        assert build is not None
        assert build.go is not None
        module = lock.charts()[name].module
        assert build.go.wrapper == "controllers"
        assert build.go.package.startswith(module.path)
        assert wrappers.pinned("controllers", module.path) == module


def test_every_wrapper_of_the_lock_exists_and_pins_its_modules() -> None:
    tools = [way for row in lock.tools().values() for way in row.ways if isinstance(way, GoWay)]
    images_built = [row.build.go for row in lock.images().values() if row.build and row.build.go]
    used = {way.wrapper for way in (*tools, *images_built) if way.wrapper}
    assert used == {path.parent.name for path in wrappers.root().glob("*/go.mod")}
    for name in used - {"pause"}:
        text = wrappers.text(name)
        required = re.findall(r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", text["go.mod"], re.MULTILINE)
        replaced = set(re.findall(r"^(?:replace |\t)(\S+) =>", text["go.mod"], re.MULTILINE))
        assert required
        assert all(
            f"{path} {version}/go.mod h1:" in text["go.sum"]
            for path, version in required
            if path not in replaced
        )


def test_kubernetes_parts_have_one_version_and_kubectl_its_minor() -> None:
    tools = lock.tools()
    parts = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet")
    versions = {tools[name].version for name in parts}
    assert versions == {"1.35.0"}
    assert tools["kubectl"].version.startswith("1.35.")


def test_a_measured_time_or_a_source_changes_no_recipe() -> None:
    row = lock.tools()["etcd"]
    way = row.ways[-1]
    pinned = row.ways[1].model_copy(update={"sum_source": "another list"})
    ways = (row.ways[0], pinned, way.model_copy(update={"usual_seconds": 99}))
    slower = row.model_copy(update={"source": "elsewhere", "ways": ways})
    assert slower != row
    assert toolchain.item_of(slower) == toolchain.item_of(row)


def test_another_version_or_flag_changes_the_recipe() -> None:
    row = lock.images()["kueue"]
    assert images.item_of(row.model_copy(update={"tag": "v0.19.3"})) != images.item_of(row)
    assert row.build is not None
    rebuilt = row.model_copy(update={"build": row.build.model_copy(update={"user": "1:1"})})
    assert images.item_of(rebuilt) != images.item_of(row)
