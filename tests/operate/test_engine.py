"""The engine as a program: what it is told, what of it is kept, and how a killed run is repaired."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from fairlead import engine as module
from fairlead.engine import Engine, forget
from fairlead.errors import FairleadError, ToolError
from fairlead.stack import Stack

PULUMI = """\
#!/bin/sh
echo "$*" >> "{calls}"
case "$1 $2" in
  "stack init") mkdir -p "{state}/.pulumi/stacks/fairlead"
                echo '{{}}' > "{state}/.pulumi/stacks/fairlead/unit.json"
                echo "encryptionsalt: v1:first" > "{config}.salted"; cat "{config}" >> "{config}.salted"
                mv "{config}.salted" "{config}" ;;
  "stack output") echo '{{"name": "unit"}}' ;;
  "stack rm") rm "{state}/.pulumi/stacks/fairlead/unit.json" ;;
esac
[ -f "{says}" ] && [ "$1" != stack ] && cat "{says}"
[ -f "{fails}" ] && [ "$1" != stack ] && exit 255
exit 0
"""
DONE = """\
 +  kubernetes:core/v1:Namespace tenant-a created (0.1s)
Outputs:
    name: "unit"

Resources:
    + 3 created
    ~ 2 updated
    - 1 deleted
    +-1 replaced
    161 unchanged

Duration: 12s
"""
FAILED = """\
 +  kubernetes:core/v1:Namespace tenant-a created (0.1s)
Diagnostics:
  kubernetes:apps/v1:Deployment (kueue):
    error: 1 error occurred: the image cannot be pulled

Resources:
    + 1 created
"""


class Lab:
    """A project with a stack called unit, and a program that stands for the engine."""

    def __init__(self, root: Path) -> None:
        self.project, self.home = root / "project", root / "cache" / "run" / "unit" / "pulumi"
        (self.project / "stacks").mkdir(parents=True)
        (self.project / "Pulumi.yaml").write_text("name: fairlead\n")
        self.user_file = self.project / "stacks" / "Pulumi.unit.yaml"
        self.user_file.write_text("config: {a: 1}\n")
        self.config = self.home / "project" / "Pulumi.unit.yaml"
        self.calls_file, self.says, self.fails = root / "calls", root / "says", root / "fails"
        program = root / "pulumi"
        places = {"calls": self.calls_file, "says": self.says, "fails": self.fails, "config": self.config}
        program.write_text(PULUMI.format(state=self.home / "state", **places))
        program.chmod(0o755)
        self.said: list[str] = []
        self.engine = Engine(Stack(self.project, "unit"), {"pulumi": program}, self.said.append)

    def calls(self, command: str) -> list[str]:
        return [line for line in self.calls_file.read_text().splitlines() if line.startswith(command)]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    return Lab(tmp_path)


def test_the_summary_is_counted_by_what_happened(lab: Lab) -> None:
    lab.says.write_text(DONE)
    outcome = lab.engine.up()
    assert outcome.counts == {"created": 3, "updated": 2, "deleted": 1, "replaced": 1, "unchanged": 161}
    assert outcome.changed == 7
    assert outcome.log.read_text() == DONE


def test_a_run_that_changes_nothing_has_changed_nothing(lab: Lab) -> None:
    lab.says.write_text("Resources:\n    168 unchanged\n")
    assert lab.engine.up().changed == 0


def test_a_failure_says_the_engines_diagnostics_what_to_do_and_where_the_log_is(lab: Lab) -> None:
    lab.says.write_text(FAILED)
    lab.fails.touch()
    with pytest.raises(ToolError) as caught:
        lab.engine.up()
    text = str(caught.value)
    assert "the image cannot be pulled" in text
    assert "tenant-a created" not in text
    assert str(lab.home / "up.log") in text
    assert "run up again" in text


def test_a_short_command_that_fails_says_what_the_engine_said(lab: Lab) -> None:
    (lab.engine.tools["pulumi"]).write_text("#!/bin/sh\necho 'error: no such backend' >&2\nexit 1\n")
    with pytest.raises(ToolError, match=r"(?s)stack failed.*no such backend"):
        lab.engine.up()


def test_a_stack_is_made_once(lab: Lab) -> None:
    lab.engine.up()
    lab.engine.up()
    assert len(lab.calls("stack init")) == 1
    assert len(lab.calls("up ")) == 2


def test_the_users_file_stays_as_it_is_and_the_copy_keeps_its_salt(lab: Lab) -> None:
    before = lab.user_file.read_bytes()
    lab.engine.up()
    lab.user_file.write_text("config: {a: 2}\n")
    lab.engine.up()
    assert before == b"config: {a: 1}\n"
    assert lab.user_file.read_text() == "config: {a: 2}\n"
    assert lab.config.read_text() == "encryptionsalt: v1:first\nconfig: {a: 2}\n"


def test_a_salt_of_the_users_own_file_is_not_taken_over(lab: Lab) -> None:
    lab.user_file.write_text("encryptionsalt: v1:theirs\nconfig: {a: 1}\n")
    lab.engine.up()
    lab.engine.up()
    assert lab.config.read_text() == "encryptionsalt: v1:first\nconfig: {a: 1}\n"
    assert "v1:theirs" in lab.user_file.read_text()


def test_an_unfinished_run_is_followed_by_a_comparison_with_the_cluster(lab: Lab) -> None:
    lab.fails.touch()
    with pytest.raises(ToolError):
        lab.engine.up()
    assert (lab.home / "unfinished").exists()
    lab.fails.unlink()
    lab.engine.up()
    lab.engine.up()
    assert ["--refresh" in call for call in lab.calls("up ")] == [False, True, False]
    assert not (lab.home / "unfinished").exists()


def test_a_preview_leaves_no_mark_of_an_unfinished_run(lab: Lab) -> None:
    lab.engine.preview()
    assert not (lab.home / "unfinished").exists()
    assert len(lab.calls("preview")) == 1


def test_destroy_forgets_the_stack_and_keeps_the_users_file(lab: Lab) -> None:
    lab.engine.up()
    lab.engine.destroy()
    assert lab.calls("destroy")
    assert not lab.engine.exists
    assert lab.user_file.exists()


def lock_file(lab: Lab) -> Path:
    path = lab.home / "state" / ".pulumi" / "locks" / "organization" / "fairlead" / "unit" / "x.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"pid": 1}))
    return path


def test_the_lock_of_a_run_that_is_gone_is_taken_away(lab: Lab) -> None:
    lock = lock_file(lab)
    lab.engine.up()
    assert not lock.exists()


@pytest.fixture
def left_behind(lab: Lab) -> Iterator[subprocess.Popen[bytes]]:
    """A plugin that a killed engine left behind: its program lies among ours."""
    plugin = lab.home / "bin" / "pulumi-resource-kubernetes"
    plugin.parent.mkdir(parents=True)
    shutil.copy2(str(shutil.which("sleep")), plugin)
    with subprocess.Popen([str(plugin), "600"]) as process:
        yield process
        process.kill()


def test_plugins_that_a_killed_engine_left_are_ended(lab: Lab, left_behind: subprocess.Popen[bytes]) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        # A child that nobody waits for keeps its entry in /proc, as no orphan does.
        threading.Thread(target=left_behind.wait, daemon=True).start()
        lab.engine.up()
        assert left_behind.wait(10) == -9
        assert stranger.poll() is None, "ended a program that is not ours"
    finally:
        stranger.kill()
        stranger.wait()


def test_forgetting_a_stack_ends_its_programs_too(lab: Lab, left_behind: subprocess.Popen[bytes]) -> None:
    threading.Thread(target=left_behind.wait, daemon=True).start()
    forget(lab.engine.stack)
    assert left_behind.wait(10) == -9
    assert not lab.home.exists()


def test_two_runs_on_one_stack_do_not_mix(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_WAIT_SECONDS", 0.1)
    lab.home.mkdir(parents=True)
    with FileLock(lab.home / "run.lock"), pytest.raises(FairleadError, match="another run is busy"):
        lab.engine.up()
    assert not lab.calls_file.exists()


def test_secrets_of_a_stack_are_readable_by_their_owner_alone_and_stay_the_same(lab: Lab) -> None:
    lab.engine.up()
    passphrase = lab.home / "passphrase"
    first = passphrase.read_text()
    lab.engine.up()
    assert passphrase.read_text() == first
    assert len(first) >= 32
    assert passphrase.stat().st_mode & 0o077 == 0
    assert (lab.home / "state").stat().st_mode & 0o077 == 0
    assert first not in json.dumps(lab.engine.environment())


def test_programs_that_cannot_be_linked_are_copied(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    lab.engine.up()
    assert (lab.home / "bin" / "pulumi").read_text() == lab.engine.tools["pulumi"].read_text()


def test_a_program_behind_a_symbolic_link_is_placed_itself(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    link = tmp_path / "shelf" / "pulumi"
    link.symlink_to("../pulumi")
    Engine(lab.engine.stack, {"pulumi": link}, lab.said.append).up()
    assert not (lab.home / "bin" / "pulumi").is_symlink()


def test_the_log_that_slows_the_engine_cannot_be_made(lab: Lab) -> None:
    (lab.home / "home" / "logs").mkdir(parents=True)
    lab.engine.up()
    assert (lab.home / "home" / "logs").is_file()


def test_the_engine_finds_its_own_programs_first_and_asks_no_network(lab: Lab) -> None:
    environment = lab.engine.environment()
    assert environment["PATH"].split(os.pathsep)[0] == str(lab.home / "bin")
    assert environment["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert environment["PULUMI_BACKEND_URL"] == f"file://{lab.home / 'state'}"


def test_a_pod_in_trouble_is_told_while_the_run_goes_on(lab: Lab) -> None:
    lab.says.write_text("   [Pod kueue-system/kueue-1]: containers with errors: ImagePullBackOff\n" + DONE)
    lab.engine.up()
    assert any("ImagePullBackOff" in line for line in lab.said)


def test_progress_is_told_every_25_objects(lab: Lab) -> None:
    lines = [f" +  kubernetes:core/v1:ConfigMap c{n} created (0.1s)" for n in range(60)]
    lab.says.write_text("\n".join(lines) + "\n" + DONE)
    lab.engine.up()
    assert lab.said == ["    25 objects created", "    50 objects created"]


def test_the_outputs_are_read_from_the_engine(lab: Lab) -> None:
    lab.engine.up()
    assert lab.engine.outputs() == {"name": "unit"}
