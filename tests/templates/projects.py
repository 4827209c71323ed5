"""Projects out of templates, as a user would have them, and a release of the templates older than this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from fairlead.operate.template_source import FOLDER, INSIDE

OLDER = "0.0.9"
WHEEL = f"fairlead-{OLDER}-py3-none-any.whl"


def init(*arguments: str) -> Result:
    """The command, with nobody to answer questions."""
    result = CliRunner().invoke(app, ["init", *arguments, "--yes"])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def own_tests(project: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The project's own tests, run there by this Python."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def change(project: Path, name: str, old: str, new: str) -> None:
    """Edits one place of a file."""
    path = project / name
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))


def commit(project: Path) -> None:
    """Puts the whole project into git."""
    who = ["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it is"]):
        subprocess.run(["git", *who, *words], cwd=project, check=True, capture_output=True)


def older_templates(folder: Path) -> Path:
    """Templates of an older release: one sentence of the README was another, and a file was not there yet."""
    made = folder / "older"
    shutil.copytree(FOLDER, made)
    change(
        made,
        "platform/README.md.jinja",
        "`pulumi up` asks before it does anything.",
        "`pulumi up` asks first.",
    )
    (made / "platform" / ".gitlab-ci.yml.jinja").unlink()
    return made


def wheel(templates: Path, folder: Path) -> Path:
    """A folder in which pip finds a release of fairlead with these templates."""
    folder.mkdir()
    info = f"fairlead-{OLDER}.dist-info"
    with ZipFile(folder / WHEEL, "w") as made:
        for path in sorted(path for path in templates.rglob("*") if path.is_file()):
            made.write(path, INSIDE + path.relative_to(templates).as_posix())
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: fairlead\nVersion: {OLDER}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
    return folder
