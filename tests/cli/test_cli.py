"""The command line: exit statuses, where errors go, and that nothing heavy is loaded for help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from in_project import stand
from typer.testing import CliRunner, Result

from fairlead.cli import jobs
from fairlead.cli.main import app
from fairlead.workload.api import Api
from fairlead.workload.client import Client

REPO = Path(__file__).parents[2]
sys.path.insert(0, str(REPO / "tests" / "workload"))

from controller_objects import condition, pod, train_job, workload  # noqa: E402
from fake_cluster import FakeCluster, kubeconfig  # noqa: E402
from job_samples import job  # noqa: E402

GANG = str(REPO / "examples" / "gang.yaml")
BAD_SPECS = sorted((REPO / "tests" / "spec" / "bad").glob("*.yaml"))
# Typer itself uses pydantic to read options; our own models cost a third of a second.
HEAVY = ("pulumi", "pulumi_kubernetes", "lightkube", "httpx2", "yaml", "cryptography", "fairlead.spec.base")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand(monkeypatch, tmp_path)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeCluster:
    fake = FakeCluster()
    for name in ("testing", "training", "inference"):
        fake.put({"kind": "LocalQueue", "metadata": {"name": name, "namespace": "team-a"}})
    path = kubeconfig(tmp_path)
    monkeypatch.setattr(
        jobs, "client", lambda *_: Client(path, api=Api(path, transport=fake.transport(), patience=1))
    )
    return fake


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    return str(path)


def test_help_and_mistakes_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom fairlead.cli.main import app\n"
        "for words in (['--help'], ['submit', '--help'], ['config', '--help'], ['version'], ['sumbit']):\n"
        "    CliRunner().invoke(app, words)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_has_a_help_text() -> None:
    commands = [command.callback for command in app.registered_commands]
    assert len(commands) >= 9
    assert all(command is not None and command.__doc__ for command in commands)


def test_the_installed_command_prints_errors_without_a_traceback_and_exits_2(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "fairlead"
    done = subprocess.run(
        [program, "render", "-f", write(tmp_path, "nmae: x")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "job.nmae: unknown key" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_or_option_is_wrong_input() -> None:
    assert run("sumbit").exit_code == 2
    assert run("plan", "--nonsense").exit_code == 2
    assert run("submit").exit_code == 2


@pytest.mark.parametrize("path", BAD_SPECS, ids=lambda path: path.stem)
def test_plan_refuses_every_bad_spec_with_exit_status_2(path: Path) -> None:
    result = run("plan", "-f", str(path))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "problem" in result.stderr.splitlines()[0]


def test_there_are_at_least_sixty_bad_specs() -> None:
    assert len(BAD_SPECS) >= 60


def test_plan_of_a_stack_and_of_its_bare_spec_are_the_same(tmp_path: Path) -> None:
    by_stack = run("plan", "-s", "local", "-o", "json")
    shown = yaml.safe_load(run("config", "show", "-s", "local").stdout)
    spec = write(tmp_path, yaml.safe_dump(shown["platform"]))
    by_file = run("plan", "-f", spec, "-o", "json")
    assert by_stack.exit_code == by_file.exit_code == 0
    assert json.loads(by_stack.stdout) == json.loads(by_file.stdout)
    assert "Platform local" in run("plan").stdout


def test_plan_of_an_unknown_stack_and_two_sources_at_once_are_wrong_input(tmp_path: Path) -> None:
    assert run("plan", "-s", "nowhere").exit_code == 2
    assert run("plan", "-s", "local", "-f", "x").exit_code == 2
    assert run("plan", "-f", str(tmp_path / "missing.yaml")).exit_code == 2


def test_the_stack_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_STACK", "nowhere")
    assert "nowhere" in run("plan").stderr
    assert "nowhere" in run("config", "show").stderr


def test_config_show_tells_origins() -> None:
    text = run("config", "show", "--origin").stdout
    assert "stacks/Pulumi.local.yaml:" in text
    assert json.loads(run("config", "show", "-o", "json").stdout)["platform"]["name"] == "local"


def test_accelerators_lists_the_catalogue() -> None:
    assert "H100" in run("accelerators").stdout
    assert any(row["name"] == "H100" for row in json.loads(run("accelerators", "-o", "json").stdout))


def test_accelerators_of_a_target_without_machines_says_where_its_nodes_come_from() -> None:
    (line,) = run("accelerators", "--target", "onprem").stdout.splitlines()
    assert "come from the spec" in line
    assert "fairlead contract pools" in line
    assert json.loads(run("accelerators", "--target", "onprem", "-o", "json").stdout) == []
    assert len(run("accelerators", "--target", "aws").stdout.splitlines()) > 60


def test_version_prints_the_installed_version() -> None:
    from fairlead import __version__

    assert run("version").stdout.strip() == run("--version").stdout.strip() == __version__


def test_render_prints_the_same_objects_for_every_target() -> None:
    plain = run("render", "-f", GANG)
    assert plain.exit_code == 0
    assert plain.stdout == run("render", "-f", GANG, "--target", "local").stdout
    assert [obj["kind"] for obj in yaml.safe_load_all(plain.stdout)] == ["TrainJob"]
    wrong = run("render", "-f", GANG, "--target", "lokal")
    assert wrong.exit_code == 2
    assert "nearest: local" in wrong.stderr


@pytest.mark.parametrize(
    "text", ["", "a: [", "just words", "- a", "kind: Notebook", "name: a\nname: b", "\x00"]
)
def test_a_file_that_is_no_job_is_wrong_input_for_submit_and_render(tmp_path: Path, text: str) -> None:
    for command in ("submit", "render"):
        assert run(command, "-f", write(tmp_path, text)).exit_code == 2


def test_submit_sends_once_and_says_what_the_job_does(cluster: FakeCluster) -> None:
    first, second = run("submit", "-f", GANG), run("submit", "-f", GANG)
    assert first.stdout.startswith("team-a/gang created: Queued")
    assert second.stdout.startswith("team-a/gang unchanged: Queued")
    assert ("TrainJob", "team-a", "gang") in cluster.objects


def test_submit_and_wait_end_with_the_jobs_end(cluster: FakeCluster) -> None:
    run("submit", "-f", GANG)
    made = cluster.objects["TrainJob", "team-a", "gang"]
    cluster.put({**made, "status": {"conditions": [condition("Complete")]}})
    done = run("submit", "-f", GANG, "--wait", "--timeout", "20s")
    assert done.exit_code == 0
    assert "--replace runs it again" in done.stdout
    assert done.stdout.endswith("team-a/gang Succeeded\n")


def test_a_failed_job_is_exit_status_1_with_its_last_lines(cluster: FakeCluster) -> None:
    cluster.put(train_job(job(), condition("Failed", message="jobset failed")))
    cluster.put(pod(0, "Failed"))
    cluster.logs["small-node-0-0-0"] = ["out of luck"]
    result = run("wait", "small")
    assert result.exit_code == 1
    assert "rank 0 ended with exit code 1; jobset failed" in result.stdout
    assert "[0] out of luck" in result.stderr


def test_wait_gives_up_after_its_time(cluster: FakeCluster) -> None:
    cluster.put(train_job())
    result = run("wait", "team-a/small", "--for", "running", "--timeout", "1s")
    assert result.exit_code == 1
    assert "is not running after 1 s" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["wait", "a/b", "--timeout", "5"],
        ["wait", "a/b/c"],
        ["wait", "/b"],
        ["wait", "a/b", "--for", "ever"],
        ["submit", "-f", GANG, "--timeout", "5s"],
        ["logs", "a/b", "-f", "--tail", "3"],
        ["logs", "a/b", "--tail", "-1"],
    ],
)
def test_wrong_options_are_wrong_input(cluster: FakeCluster, words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_list_shows_jobs_with_the_reason_why_they_wait(cluster: FakeCluster) -> None:
    assert run("list").stdout == "no jobs\n"
    cluster.put(train_job(job(num_nodes=4, accelerators="H100:8")))
    cluster.put(workload(condition("QuotaReserved", "False", "8 more needed")))
    text = run("list").stdout
    assert "team-a/small" in text
    assert "8 more needed" in text
    assert json.loads(run("list", "-o", "json").stdout)[0]["phase"] == "Queued"
    assert run("list", "-t", "team-b").stdout == "no jobs\n"


def test_logs_and_cancel_take_a_bare_name_where_it_is_clear(cluster: FakeCluster) -> None:
    cluster.put(train_job())
    cluster.put(pod(0))
    cluster.logs["small-node-0-0-0"] = ["hello"]
    assert run("logs", "small").stdout == "[0] hello\n"
    assert run("cancel", "small").stdout == "team-a/small cancelled\n"
    gone = run("cancel", "small")
    assert gone.exit_code == 1
    assert "there is no job small" in gone.stderr
    cluster.put(train_job())
    other = train_job(uid="u2")
    other["metadata"]["namespace"] = "team-b"
    cluster.put(other)
    clash = run("logs", "small")
    assert clash.exit_code == 2
    assert "team-a/small, team-b/small" in clash.stderr
