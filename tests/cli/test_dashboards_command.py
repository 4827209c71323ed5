"""The command that hands out the dashboards."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from fairlead.catalog import dashboards
from fairlead.cli.main import app


def test_every_dashboard_is_written_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    done = CliRunner().invoke(app, ["dashboards", "-o", str(folder)])
    assert done.exit_code == 0
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert files == {f"fairlead-{name}.json": dashboards.text(name) for name in dashboards.NEEDS}
    assert done.output.splitlines() == [str(folder / f"fairlead-{name}.json") for name in dashboards.NEEDS]


def test_a_folder_that_cannot_be_made_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["dashboards", "-o", str(tmp_path / "file")])
    assert done.exit_code == 1
    assert f"{tmp_path / 'file'}: File exists" in done.output
