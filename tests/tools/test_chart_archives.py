"""Charts that no Go module carries: out of their project's archive, proven by its sum, or refused."""

from __future__ import annotations

import hashlib
import io
import tarfile
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError
from tools.web import Web

from fairlead.catalog.lock import ChartRow
from fairlead.errors import ToolError
from fairlead.tools import charts
from fairlead.tools.steps import Context

CHART = b"name: demo\nversion: v1.0.0\n"


def archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as file:
        entry = tarfile.TarInfo("demo/Chart.yaml")
        entry.size = len(CHART)
        file.addfile(entry, io.BytesIO(CHART))
    return made.getvalue()


def row(url: str, data: bytes) -> ChartRow:
    told = {"url": url, "sha256": hashlib.sha256(data).hexdigest(), "sum_source": "test"}
    facts = {"name": "demo", "version": "1.0.0", "repository": "https://example.org", "path": "demo"}
    return ChartRow.model_validate({**facts, "source": "test", "date": date(2026, 1, 1), "archive": told})


def have(context: Context, wanted: ChartRow) -> Path:
    planned = charts.plan([wanted.name], context.cache, {wanted.name: wanted})
    for step in planned.steps:
        step.run(context)
    return planned.paths[wanted.name]


def test_a_chart_comes_out_of_its_archive(context: Context, web: Web) -> None:
    data = archive()
    web.pages["/demo-v1.0.0.tgz"] = data
    wanted = row(f"{web.url}/demo-v1.0.0.tgz", data)
    assert (have(context, wanted) / "Chart.yaml").read_bytes() == CHART
    assert charts.plan(["demo"], context.cache, {"demo": wanted}).steps == []


def test_an_archive_with_another_sum_is_refused(context: Context, web: Web) -> None:
    web.pages["/demo-v1.0.0.tgz"] = archive() + b"x"
    with pytest.raises(ToolError, match="is refused: its SHA-256 is"):
        have(context, row(f"{web.url}/demo-v1.0.0.tgz", archive()))


def test_a_silent_repository_is_named_with_what_to_do(context: Context, web: Web) -> None:
    with pytest.raises(ToolError, match=r"(?s)chart demo: .*404.*fix: *let this machine reach 127"):
        have(context, row(f"{web.url}/demo-v1.0.0.tgz", archive()))


def test_a_chart_has_one_origin() -> None:
    facts = {"name": "demo", "version": "1.0.0", "repository": "r", "path": "demo", "source": "s"}
    with pytest.raises(ValidationError, match="out of a module or out of an archive"):
        ChartRow.model_validate({**facts, "date": date(2026, 1, 1)})
