"""Charts and KWOK stages out of Go modules; the module is a folder of the test here."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.catalog.lock import ChartRow
from fairlead.errors import FairleadError, ToolError
from fairlead.tools import charts, stages, toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.steps import Context
from fairlead.workload.runtime import STOPPED

SUM = "h1:" + "A" * 43 + "="
CHART = "# kept\nname: demo\nversion: 1.0.0\ndependencies:\n- name: jobset\n  repository: oci://far/away\n"


def module(context: Context, folder: Path, files: dict[str, str]) -> None:
    """Let the context's Go command serve a module of these files, read-only as the real cache has them."""
    for name, text in files.items():
        path = folder / "module" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o444)
    go = folder / "go"
    go.write_text(f"#!/bin/sh\necho '{json.dumps({'Sum': SUM, 'Dir': str(folder / 'module')})}'\n")
    go.chmod(0o755)
    context.go_command = go


def row(**more: Any) -> ChartRow:
    return ChartRow.model_validate(
        {
            "name": "demo",
            "version": "1.0.0",
            "repository": "oci://example.org/demo",
            "source": "test",
            "module": {"path": "example.org/m", "version": "v1.0.0", "sum": SUM},
            "path": "charts/demo",
            "date": date(2026, 1, 1),
            **more,
        }
    )


def have(context: Context, wanted: ChartRow) -> Path:
    planned = charts.plan([wanted.name], context.cache, {wanted.name: wanted})
    for step in planned.steps:
        assert step.needs == (toolchain.GO_STEP,)
        step.run(context)
    return planned.paths[wanted.name]


def test_a_chart_is_copied_as_released_with_its_other_parts(context: Context, tmp_path: Path) -> None:
    files = {
        "charts/demo/Chart.yaml": CHART,
        "charts/demo/templates/a.yaml": "a: 1",
        "manifests/crds/c.yaml": "c: 1",
    }
    module(context, tmp_path, files)
    chart = have(context, row(parts={"crds": "manifests/crds"}))
    assert (chart / "Chart.yaml").read_text() == CHART
    assert (chart / "templates" / "a.yaml").read_text() == "a: 1"
    assert (chart.parent / "crds" / "c.yaml").read_text() == "c: 1"


def test_a_chart_loses_the_dependencies_that_would_be_fetched(context: Context, tmp_path: Path) -> None:
    module(context, tmp_path, {"charts/demo/Chart.yaml": CHART, "charts/demo/Chart.lock": "x"})
    chart = have(context, row(strip_dependencies=True, chart_version="2.0.0"))
    value = yaml.safe_load((chart / "Chart.yaml").read_text())
    assert value == {"name": "demo", "version": "2.0.0"}
    assert not (chart / "Chart.lock").exists()
    assert "far/away" in (tmp_path / "module/charts/demo/Chart.yaml").read_text(), (
        "the module itself was changed"
    )


def test_a_module_without_a_chart_gives_its_crds_as_one(context: Context, tmp_path: Path) -> None:
    module(context, tmp_path, {"config/crd/bases/a.yaml": "a: 1", "config/rbac/role.yaml": "b: 1"})
    chart = have(context, row(path="config/crd/bases", only_crds=True))
    assert chart.name == "demo"
    assert yaml.safe_load((chart / "Chart.yaml").read_text()) == {
        "apiVersion": "v2",
        "name": "demo",
        "version": "1.0.0",
    }
    found = sorted(path.relative_to(chart).as_posix() for path in chart.rglob("*.yaml"))
    assert found == ["Chart.yaml", "crds/a.yaml"]


def test_a_template_changed_in_the_cache_brings_the_chart_anew(context: Context, tmp_path: Path) -> None:
    module(context, tmp_path, {"charts/demo/Chart.yaml": CHART, "charts/demo/templates/a.yaml": "a: 1"})
    template = have(context, row()) / "templates" / "a.yaml"
    template.write_text("a: 2")
    have(context, row())
    assert template.read_text() == "a: 1"


def test_an_unknown_chart_or_part_says_what_there_is(cache: Cache) -> None:
    with pytest.raises(FairleadError, match=r"(?s)chart 'jobsets' is not in the lock.*allowed: jobset"):
        charts.plan(["jobsets"], cache)
    with pytest.raises(FairleadError, match=r"(?s)keeps no part 'values'.*allowed: crds, runtimes"):
        charts.part("kubeflow-trainer", "values", cache)


NODE = """\
metadata:
  name: node-initialize
spec:
  next:
    statusTemplate: |
      allocatable:
      {{ with .status.allocatable }}
      {{ YAML . 1 }}
      {{ else }}
        cpu: 1k
      {{ end }}
      capacity:
      {{ with .status.capacity }}
      {{ YAML . 1 }}
      {{ else }}
        cpu: 1k
      {{ end }}
"""


def test_stages_join_the_modules_own_and_ours(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = stages._module().model_copy(update={"sum": SUM})  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(stages, "_module", lambda: own)
    texts = {name: f"metadata:\n  name: upstream-{n}\n" for n, name in enumerate(stages.UPSTREAM)}
    module(context, tmp_path, {**texts, stages.UPSTREAM[0]: NODE})
    for step in stages.plan(context.cache):
        step.run(context)
    *found, settings = yaml.safe_load_all(stages.path(context.cache).read_text())
    assert settings == stages.pace()
    names = [stage["metadata"]["name"] for stage in found]
    assert names[:3] == ["node-initialize", "upstream-1", "upstream-2"]
    assert names[3:] == [stage["metadata"]["name"] for stage in stages.ours()]
    assert stages.plan(context.cache) == []


def test_a_thousand_nodes_do_not_wait_for_one_another() -> None:
    """KWOK moves four at a time where nothing is said."""
    settings = stages.pace()
    assert settings["kind"] == "KwokConfiguration"
    assert all(count >= 32 for count in settings["options"].values())


def test_a_node_stage_of_another_form_is_refused() -> None:
    with pytest.raises(ToolError, match="has another form than this release knows"):
        stages.advertising(NODE.replace(".status.capacity", ".spec.capacity"))


def expressions(name: str) -> dict[str, tuple[str, list[str]]]:
    stage = next(stage for stage in stages.ours() if stage["metadata"]["name"] == name)
    found = stage["spec"]["selector"]["matchExpressions"]
    return {each["key"]: (each["operator"], each.get("values", [])) for each in found}


def test_a_pod_of_a_job_ends_in_exactly_one_way() -> None:
    complete, fail = expressions("fairlead-pod-complete"), expressions("fairlead-pod-fail")
    key = '.metadata.annotations["simulation.fairlead.dev/exit"]'
    assert complete.pop(key) == ("NotIn", ["failure"])
    assert fail.pop(key) == ("In", ["failure"])
    assert complete == fail
    assert complete[".metadata.ownerReferences.[].kind"] == ("In", ["Job"])


def test_a_failing_pod_exits_with_one_and_a_completed_pod_with_none() -> None:
    templates = {
        stage["metadata"]["name"]: stage["spec"]["next"].get("statusTemplate") for stage in stages.ours()
    }
    assert "exitCode: 0" in templates["fairlead-pod-complete"]
    assert "phase: Succeeded" in templates["fairlead-pod-complete"]
    assert "exitCode: 1" in templates["fairlead-pod-fail"]
    assert "phase: Failed" in templates["fairlead-pod-fail"]


def test_a_deleted_pod_has_failed_before_it_is_gone_as_with_a_kubelet() -> None:
    stop, gone = expressions("fairlead-pod-stop"), expressions("fairlead-pod-delete")
    assert stop.pop(".status.phase") == ("NotIn", ["Succeeded", "Failed"])
    assert gone.pop(".status.phase") == ("In", ["Succeeded", "Failed"])
    assert stop == gone == {".metadata.deletionTimestamp": ("Exists", [])}
    template = next(one for one in stages.ours() if one["metadata"]["name"] == "fairlead-pod-stop")
    assert f"exitCode: {stages.STOPPED}" in template["spec"]["next"]["statusTemplate"]
    assert "phase: Failed" in template["spec"]["next"]["statusTemplate"]
    assert stages.STOPPED == STOPPED, "what jobs take for a request to stop"
