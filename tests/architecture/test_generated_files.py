"""Files that are generated from the code are what the code makes of them, and drift is noticed."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from support.golden import REPO

from fairlead.catalog import compatibility, lock
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
    for name in generate.texts():
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


def test_a_page_of_an_alert_that_is_gone_is_drift_and_is_removed(generate: ModuleType, copy: Path) -> None:
    gone = "docs/runbooks/NobodyWarns.md"
    (copy / gone).write_text("# NobodyWarns\n")
    assert generate.drift(copy) == [f"{gone}: nothing makes this file any more"]
    assert generate.write(copy) == [gone]
    assert not (copy / gone).exists()


def test_the_page_of_capabilities_gives_the_reason_of_each(generate: ModuleType) -> None:
    page = generate.capabilities_page()
    for target, rows in load().capabilities.items():
        assert f"## {target}" in page
        for row in rows.values():
            assert row.reason in page


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_cost_and_quotas_in_a_clouds_page_are_those_of_plan_and_tables(
    generate: ModuleType, cloud: str
) -> None:
    """What a reader could add up by hand is what stands there."""
    page = (REPO / "docs" / f"{cloud}.md").read_text(encoding="utf-8")
    prices, machines = load().prices[cloud], load().machines[cloud]
    rows = [line.split(" | ") for line in generate.idle(cloud).splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows] == [f"| `{stack}`" for stack in generate.STACKS[cloud]]
    for _, where, nodes, total in rows:
        region = where.partition(",")[0]
        found = re.findall(r"(\d+) x (\S+) at (\S+)", nodes)
        known = [(int(count), prices[region][name].on_demand) for count, name, price in found if price != "a"]
        paid = sum(count * (price or 0) for count, price in known)
        more = "" if len(known) == len(found) else " and what is not known"
        assert f"{paid:.2f}{more}" == total.removesuffix(" |")
    assert f"<!-- idle -->\n{generate.idle(cloud)}\n<!-- /idle -->" in page
    quotas = {name for row in machines.values() for name in (row.quota, row.spot_quota)}
    asked = [line.split(" | ") for line in generate.quotas(cloud).splitlines() if line.startswith("| ")][1:]
    assert len(asked) >= 5
    for quota, _, takers, total in asked:
        assert quota.removeprefix("| ") in quotas
        each = [int(nodes) * int(count) for nodes, count in re.findall(r"(\d+) x (\d+)", takers)]
        assert sum(each) == int(total.removesuffix(" |"))
    assert f"<!-- quotas -->\n{generate.quotas(cloud)}\n<!-- /quotas -->" in page


@pytest.mark.parametrize("block", ["idle", "quotas"])
def test_a_figure_that_somebody_changed_in_a_page_is_drift(
    generate: ModuleType, copy: Path, block: str
) -> None:
    page = copy / "docs" / "aws.md"
    head, mark, rest = page.read_text().partition(f"<!-- {block} -->")
    figure = {"idle": "132.79", "quotas": "| 1920 |"}[block]
    assert figure in rest
    page.write_text(head + mark + rest.replace(figure, "| 1 |", 1))
    assert any(figure in line for line in generate.drift(copy))


def test_versions_of_the_lock_that_do_not_fit_fail_the_check_and_are_told(
    generate: ModuleType, copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert generate.main(["--check"], copy) == 0
    older = {"jobset": lock.charts()["jobset"].model_copy(update={"version": "0.11.1"})}
    monkeypatch.setattr(lock, "charts", lambda charts=lock.charts(): charts | older)
    assert "charts.toml [jobset] version: kueue 0.19.2 was made for jobset 0.12.0" in "".join(
        generate.misfits()
    )
    monkeypatch.setattr(generate, "drift", lambda root: [])
    assert generate.main(["--check"], copy) == 1
    assert "kubeflow-trainer 2.3.0 was made for jobset 0.12.0" in capsys.readouterr().out


def test_the_page_of_versions_has_every_chart_and_every_source(generate: ModuleType) -> None:
    page = generate.compatibility_page()
    for name, row in compatibility.load().items():
        assert f"| {name} | {row.version} | " in page
        for said in (row.kubernetes, *row.needs.values(), *row.runs.values()):
            assert said is None or said.source in page
