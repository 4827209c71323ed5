"""Files that are generated from the code are what the code makes of them, and drift is noticed."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from support.golden import REPO

from fairlead.catalog.read import load


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPO / "tools" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(generate: ModuleType, tmp_path: Path) -> Path:
    for name in generate.FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPO / name, tmp_path / name)
    return tmp_path


def test_no_generated_file_has_drifted(generate: ModuleType) -> None:
    assert len(generate.FILES) >= 3
    assert generate.drift(REPO) == []


def test_a_changed_file_is_noticed_and_nothing_is_written(
    generate: ModuleType, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = copy / "docs" / "spec.md"
    page.write_text(page.read_text().replace("# The platform spec", "# Another title"))
    before = page.read_text()
    assert generate.main(["--check"], copy) == 1
    said = capsys.readouterr().out
    assert "-# Another title" in said
    assert "+# The platform spec" in said
    assert "make golden" in said
    assert page.read_text() == before


@pytest.mark.parametrize("name", ["docs/capabilities.md", "components/fairlead/spec/platform.schema.json"])
def test_a_missing_file_is_drift_and_is_written(generate: ModuleType, copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert generate.main(["--check"], copy) == 1
    assert generate.write(copy) == [name]
    assert generate.main(["--check"], copy) == 0


def test_the_page_of_capabilities_gives_the_reason_of_each(generate: ModuleType) -> None:
    page = generate.capabilities_page()
    for target, rows in load().capabilities.items():
        assert f"## {target}" in page
        for row in rows.values():
            assert row.reason in page
