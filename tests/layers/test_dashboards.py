"""Dashboards: what Grafana reads, what panels ask for, and how a Grafana beside the cluster's metrics finds them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from support.boards import (
    CHOSEN,
    EXPORTERS,
    Query,
    board,
    every,
    metrics,
    panels,
    queries,
    unknown,
    variables,
)
from support.golden import REPO
from support.specs import minimal
from support.strict import problems
from support.targets import registered

from dashboards import BOARDS
from dashboards.board import written
from dashboards.panels import Unit
from fairlead import labels
from fairlead.catalog import dashboards
from fairlead.catalog.read import load
from fairlead.layers.monitoring.dashboards import MARK, objects
from fairlead.layers.monitoring.place import NAMESPACE, PORT, SERVERS
from fairlead.plan.load import load_plan

SCHEMA = 41
"""Of Grafana 11.6: older ones do not read it, newer ones bring it up."""
WIDTH = 24
LARGEST = 1024 * 1024
"""Bytes of all that a ConfigMap holds: validation of Kubernetes' API."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
ROW_LABELS = {"namespace", "deployment", "statefulset"}
"""Labels of series that are shown as they are."""
NAMES = pytest.mark.parametrize("name", dashboards.NEEDS)


# ---- what Grafana reads ------------------------------------------------------------------------


def test_what_is_made_and_what_the_product_has_are_the_same_dashboards() -> None:
    folder = REPO / "components" / "fairlead" / "catalog" / "data" / "dashboards"
    assert set(BOARDS) == set(dashboards.NEEDS) == {path.stem for path in folder.iterdir()}


@NAMES
def test_it_is_what_grafanas_own_types_describe(name: str) -> None:
    """Read into the types of Grafana's release and written again, nothing is lost: no field is misspelt."""
    register_default_plugins()
    plain = dict(board(name))
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(plain)))
    assert again == plain
    assert plain["schemaVersion"] == SCHEMA
    assert "id" not in plain, "it is the number that a Grafana gives"


def test_a_field_that_grafana_does_not_know_is_found() -> None:
    register_default_plugins()
    plain = {**board("fleet"), "refesh": "1m"}
    assert "refesh" not in json.loads(JSONEncoder().encode(Dashboard.from_json(plain)))


def test_each_has_a_name_of_its_own_that_never_changes() -> None:
    assert {board(name)["uid"] for name in dashboards.NEEDS} == {
        f"fairlead-{name}" for name in dashboards.NEEDS
    }
    assert len({board(name)["title"] for name in dashboards.NEEDS}) == len(dashboards.NEEDS)
    assert all(len(board(name)["uid"]) <= 40 for name in dashboards.NEEDS), "Grafana's limit"


@NAMES
def test_every_panel_says_what_it_shows_and_in_which_unit(name: str) -> None:
    numbers = [panel["id"] for panel in board(name)["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels(name):
        assert panel["type"] in {"stat", "table", "timeseries"}
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in set(Unit)
        assert panel["datasource"] == SOURCE
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)


def cells(panel: Mapping[str, Any]) -> set[tuple[int, int]]:
    place = panel["gridPos"]
    return {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}


@NAMES
def test_no_panel_lies_over_another_and_no_place_is_left_free(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board(name)["panels"]:
        assert not taken & cells(panel), panel["title"]
        taken |= cells(panel)
    assert {x for x, _ in taken} == set(range(WIDTH))
    assert len(taken) == WIDTH * (1 + max(y for _, y in taken))


def test_text_is_the_same_value_in_lines_that_can_be_read() -> None:
    value = {"b": [1, {"long": "x" * 200}], "a": {}, "c": ["y" * 70, "z" * 70], "ü": None}
    text = written(value)
    assert json.loads(text) == value
    assert text.splitlines()[1] == ' "a": {},'
    assert max(len(line) for line in text.splitlines()) < 220


# ---- what panels ask for -----------------------------------------------------------------------


@pytest.mark.parametrize("query", every(), ids=lambda query: query.name)
def test_a_panel_asks_for_series_that_somebody_tells(query: Query) -> None:
    assert metrics(query.expression)
    assert unknown(query.expression) == set()


def test_a_misspelt_series_is_found() -> None:
    for query in every():
        for name in metrics(query.expression):
            wrong = re.sub(rf"(?<![\w:]){name}(?![\w:])", f"{name}s", query.expression)
            assert unknown(wrong) == {f"{name}s"}, query.name


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (a) (x:y:z{b="kube_c"}) / on (a) group_left (d) count(e > 2)', {"x:y:z", "e"}),
        ('histogram_quantile(0.5, sum by (le) (rate(f_bucket{a=~"{x}"}[5m])))', {"f_bucket"}),
        ('label_replace(g, "a", "$1", "b", "(.+)") unless on (c) (h == bool 1) or vector(0)', {"g", "h"}),
        ("sum_over_time(sum by (a) (k)[$__range:5m]) / 12 * 1e3", {"k"}),
    ],
)
def test_names_of_series_are_told_from_all_else(expression: str, names: set[str]) -> None:
    assert metrics(expression) == names


def test_no_source_is_told_that_nobody_needs() -> None:
    asked = {name for query in every() for name in metrics(query.expression)}
    assert {name for names in EXPORTERS.values() for name in names} <= asked


@NAMES
def test_what_can_be_chosen_is_used_and_what_is_used_can_be_chosen(name: str) -> None:
    chosen = variables(name)
    told = " ".join([query.expression for query in queries(name)] + list(chosen.values()))
    used = set(re.findall(r"\$([a-z]\w*)", told))
    assert used == set(chosen)
    assert set(chosen) <= set(CHOSEN)
    assert [one for selector in chosen.values() for one in unknown(selector)] == []
    first = board(name)["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")


@pytest.mark.parametrize("query", every(), ids=lambda query: query.name)
def test_the_name_of_a_line_is_made_of_labels_that_the_query_keeps(query: Query) -> None:
    kept = {
        label for group in re.findall(r"by \(([^()]+)\)", query.expression) for label in group.split(", ")
    }
    shown = set(re.findall(r"\{\{(\w+)\}\}", query.legend))
    assert shown <= (kept or ROW_LABELS)


@pytest.mark.parametrize("name", dashboards.NEEDS)
def test_a_list_names_every_column_that_its_queries_give(name: str) -> None:
    for panel in panels(name):
        if panel["type"] == "table":
            named = panel["transformations"][1]["options"]["renameByName"]
            labels = {one for one in named if not one.startswith("Value")}
            for target in panel["targets"]:
                groups = re.findall(r"by \(([^()]+)\)", target["expr"])
                assert labels in [set(group.split(", ")) for group in groups], panel["title"]
            assert len(named) - len(labels) == len(panel["targets"])


# ---- how a Grafana finds them ------------------------------------------------------------------


def test_a_configmap_has_the_file_as_it_is_and_keeps_the_limit() -> None:
    made = objects({"queue", "gateway"})
    assert [obj["metadata"]["name"] for obj in made] == [f"dashboard-{name}" for name in dashboards.NEEDS]
    for name, obj in zip(dashboards.NEEDS, made, strict=True):
        assert obj["data"] == {f"fairlead-{name}.json": dashboards.text(name)}
        assert obj["metadata"]["namespace"] == NAMESPACE
        assert obj["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert len(json.dumps(obj["data"]).encode()) < LARGEST / 4
        assert problems(obj) == []


def test_files_of_a_sidecar_lie_in_one_folder_under_names_of_their_own() -> None:
    files = [file for obj in objects({"queue", "gateway"}) for file in obj["data"]]
    assert len(set(files)) == len(files)
    assert all(file.startswith("fairlead-") for file in files)


@pytest.mark.parametrize(
    ("layers", "missing"),
    [
        (set(), {"serving", "queue"}),
        ({"queue"}, {"serving"}),
        ({"gateway"}, {"queue"}),
        ({"queue", "gateway"}, set()),
    ],
)
def test_what_no_layer_tells_is_not_shown(layers: set[str], missing: set[str]) -> None:
    assert set(dashboards.of(layers)) == set(dashboards.NEEDS) - missing


def test_the_platform_makes_them_where_metrics_are_gathered() -> None:
    def made(**layers: Any) -> set[str]:
        engine = registered(load_plan(minimal(layers=layers), "test", load()), "local")
        return {
            one.object["metadata"]["name"]
            for one in engine.of_kind("ConfigMap")
            if one.object["metadata"]["name"].startswith("dashboard-")
        }

    assert made(monitoring={"enabled": True}) == {f"dashboard-{name}" for name in dashboards.of({"queue"})}
    assert made() == set()


def test_the_policy_that_the_page_shows_opens_the_server_that_runs() -> None:
    """Policies add up: whom this one lets in may ask, whatever the layer's own says."""
    page = (REPO / "docs" / "dashboards.md").read_text(encoding="utf-8")
    shown = [
        one
        for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        for one in yaml.safe_load_all(block)
    ]
    [policy] = [one for one in shown if one.get("kind") == "NetworkPolicy"]
    assert policy["metadata"]["namespace"] == NAMESPACE
    assert policy["spec"]["podSelector"] == {"matchLabels": dict(SERVERS)}
    assert [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [PORT]
    [chart] = [one for one in shown if "sidecar" in one]
    told = chart["sidecar"]["dashboards"]
    assert ({told["label"]: told["labelValue"]}, told["searchNamespace"]) == (dict(MARK), NAMESPACE)
    [source] = chart["datasources"]["datasources.yaml"]["datasources"]
    assert source["url"] == labels.METRICS_URL
    assert [problem for one in shown if "kind" in one for problem in problems(one)] == []


def test_the_page_has_every_dashboard() -> None:
    page = (REPO / "docs" / "dashboards.md").read_text(encoding="utf-8")
    assert [name for name in dashboards.NEEDS if f"| {name} | " not in page] == []


def test_the_product_needs_nothing_of_what_makes_them() -> None:
    code = (
        "import sys, fairlead.layers.monitoring.tool, fairlead.cli.dashboards, fairlead.catalog.dashboards as d;"
        "d.text('fleet'); print(*[one for one in sys.modules if 'grafana' in one])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
