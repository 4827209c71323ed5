"""The first command in a fresh clone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "bootstrap.py"
UV = """\
#!/bin/sh
# Stands for uv: notes its arguments; `venv` makes the folder.
echo "$*" >> {log}
[ "$1" = venv ] && {{ for last; do :; done; mkdir -p "$last/bin"; ln -s {python} "$last/bin/python"; }}
[ -e {fail} ] && [ "$2" = sync ] && {{ echo "no such index" >&2; exit 2; }}
exit 0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "requirements.lock").write_text("# none\n")
    (root / "requirements-clouds.lock").write_text("# none of the clouds either\n")
    (root / "pyproject.toml").write_text("[project]\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    uv = programs / "uv"
    uv.write_text(UV.format(log=tmp_path / "uv.log", python=sys.executable, fail=tmp_path / "fail"))
    uv.chmod(0o755)
    return root


RUN = "import runpy, sys; sys.executable = sys.argv.pop(1); runpy.run_path({0!r}, run_name='__main__')"


def bootstrap(
    root: Path, path: str | None = None, python: str = sys.executable, clouds: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run it; python is what it takes for the Python that runs it."""
    programs = root.parent / "programs"
    env = {
        **os.environ,
        "FAIRLEAD_CACHE": str(root.parent / "cache"),
        "PATH": path or f"{programs}:/usr/bin:/bin",
    }
    argv = [sys.executable, "-S", "-c", RUN.format(str(SCRIPT)), python, "--root", str(root)]
    argv += ["--clouds"] if clouds else []
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def calls(root: Path) -> list[str]:
    return [line.split(" --")[0] for line in (root.parent / "uv.log").read_text().splitlines()]


def test_it_makes_the_environment_from_the_lock_and_then_the_project(checkout: Path) -> None:
    done = bootstrap(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert calls(checkout) == ["venv", "pip sync", "pip install"]
    log = (checkout.parent / "uv.log").read_text()
    assert "--require-hashes requirements.lock" in log
    assert "--no-deps --no-build-isolation --editable ." in log
    assert (checkout / ".venv/bin/uv").exists()


def test_an_environment_with_the_clouds_is_enough_for_all_and_one_without_them_is_not(checkout: Path) -> None:
    bootstrap(checkout)
    bootstrap(checkout, clouds=True)
    assert calls(checkout) == ["venv", "pip sync", "pip install", "pip sync", "pip install"]
    assert "--require-hashes requirements-clouds.lock" in (checkout.parent / "uv.log").read_text()
    assert bootstrap(checkout).stdout == ""
    assert bootstrap(checkout, clouds=True).stdout == ""


def test_done_again_it_starts_nothing_and_ends_at_once(checkout: Path) -> None:
    bootstrap(checkout)
    began = time.monotonic()
    done = bootstrap(checkout)
    assert time.monotonic() - began < 1
    assert (done.returncode, done.stdout) == (0, "")
    assert len(calls(checkout)) == 3


def test_run_by_the_python_that_it_made_it_starts_nothing_either(checkout: Path) -> None:
    bootstrap(checkout, clouds=True)
    done = bootstrap(checkout, python=str(checkout / ".venv/bin/python3"))
    assert (done.returncode, done.stdout) == (0, "")
    assert len(calls(checkout)) == 3


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_input_installs_again_into_the_same_environment(checkout: Path, name: str) -> None:
    bootstrap(checkout)
    (checkout / name).write_text("# changed\n")
    assert bootstrap(checkout).returncode == 0
    assert calls(checkout)[3:] == ["pip sync", "pip install"]


def test_a_failed_install_says_why_and_is_tried_again(checkout: Path) -> None:
    (checkout.parent / "fail").touch()
    failed = bootstrap(checkout)
    assert failed.returncode == 1
    assert "`uv pip sync …` ended with status 2" in failed.stderr
    assert "| no such index" in failed.stderr
    assert "fix: " in failed.stderr
    assert "Traceback" not in failed.stderr
    (checkout.parent / "fail").unlink()
    assert bootstrap(checkout).returncode == 0
    assert (checkout / ".venv/.ready").exists()


def test_a_deleted_environment_is_made_again(checkout: Path) -> None:
    bootstrap(checkout)
    (checkout / ".venv/bin/python").unlink()
    bootstrap(checkout)
    assert calls(checkout)[3:] == ["venv", "pip sync", "pip install"]


def test_without_uv_and_pip_it_names_the_package_to_install(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = bootstrap(checkout, path=str(tmp_path / "empty"), python="/nowhere/python")
    assert done.returncode == 1
    assert "neither uv nor pip is on this machine" in done.stderr
    assert "apt-get install -y python3-pip" in done.stderr


def test_outside_a_whole_checkout_it_says_what_is_missing(checkout: Path) -> None:
    (checkout / "requirements.lock").unlink()
    done = bootstrap(checkout)
    assert done.returncode == 1
    assert "has no requirements.lock" in done.stderr


def test_it_compiles_the_packages_that_programs_load_and_no_other(checkout: Path) -> None:
    packages = checkout / ".venv" / "lib" / "python3.11" / "site-packages"
    for name in ("pulumi/runtime", "pulumi_aws/ec2", "pulumi_aws/sqs"):
        (packages / name).mkdir(parents=True)
        (packages / name / "one.py").write_text("ONE = 1\n")
    target = checkout / "components" / "fairlead" / "targets" / "aws"
    target.mkdir(parents=True)
    (target / "network.py").write_text("def late() -> None:\n    from pulumi_aws import ec2, vpc\n")
    done = bootstrap(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    compiled = sorted(str(one.parent.parent.relative_to(packages)) for one in packages.rglob("*.pyc"))
    assert compiled == ["pulumi/runtime", "pulumi_aws/ec2"]


def test_a_second_run_out_of_the_environment_leaves_its_uv_a_link_to_the_program(checkout: Path) -> None:
    bootstrap(checkout)
    (checkout / "requirements.lock").write_text("# another\n")
    path = f"{checkout}/.venv/bin:{checkout.parent}/programs:/usr/bin:/bin"
    assert bootstrap(checkout, path=path).returncode == 0
    assert (checkout / ".venv/bin/uv").resolve() == checkout.parent / "programs" / "uv"
