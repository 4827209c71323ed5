"""What `up`, `down` and `doctor` do around the cluster and the engine, and what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.golden import REPO

from fairlead import labels, stack
from fairlead.catalog import lock
from fairlead.engine import Engine, Outcome
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.operate import doctor, up
from fairlead.operate.wanted import TARGET_IMAGES, wanted
from fairlead.plan.sites.local import LocalSite
from fairlead.plan.stack import plan_of
from fairlead.targets.local import host
from fairlead.targets.local.network import DNS_IP
from fairlead.tools import setup
from fairlead.tools.progress import Progress

QUIET = Progress(mode="quiet")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(REPO))
    # Rights are asked for first; what comes after them is tested here, by any user.
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path / "cache"


def have() -> setup.Have:
    tools = {name: Path("/tools") / name for name in (*host.REQUIRED_TOOLS, *up.ENGINE)}
    return setup.Have(tools=tools, images={}, charts={}, stages=Path("/s"), seconds=0, done=0, skipped=9)


class Log:
    """What was called, in order, in place of the real cluster and engine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: host.State) -> None:
        self.calls: list[str] = []
        self.state: host.State = state
        outcome = Outcome(12.0, {"unchanged": 168}, Path("log"))
        monkeypatch.setattr(setup, "ensure_all", lambda *_: have())
        monkeypatch.setattr(host, "status", lambda _: host.HostStatus(self.state))
        monkeypatch.setattr(host, "up", lambda *_: self.calls.append("host up"))
        monkeypatch.setattr(host, "down", lambda *_: self.calls.append("host down"))
        monkeypatch.setattr(up, "forget", lambda _: self.calls.append("forget"))
        monkeypatch.setattr(up, "_destroy", lambda *_: self.calls.append("destroy") or "destroyed")
        monkeypatch.setattr(Engine, "up", lambda _: self.calls.append("engine up") or outcome)


def test_a_state_without_its_cluster_is_forgotten_before_a_new_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log(monkeypatch, "absent")
    up.up(stack.find("local"), QUIET)
    assert log.calls == ["forget", "host up", "engine up"]


@pytest.mark.parametrize("state", ["running", "stopped", "degraded"])
def test_the_state_of_a_cluster_with_data_is_kept(monkeypatch: pytest.MonkeyPatch, state: host.State) -> None:
    log = Log(monkeypatch, state)
    up.up(stack.find("local"), QUIET)
    assert log.calls == ["host up", "engine up"]


def test_the_figures_tell_every_part_and_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    Log(monkeypatch, "running")
    figures = up.up(stack.find("local"), QUIET)
    text = "\n".join(replace(figures, setup=3.0, cluster=7.0).lines())
    assert "warm: everything was there" in text
    assert "168 unchanged" in text
    assert "22 s" in text
    assert "cold: 4 built" in "\n".join(replace(figures, built=4).lines())


def test_down_destroys_the_platform_while_the_cluster_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(monkeypatch, "running")
    said = up.down(stack.find("local"), QUIET)
    assert log.calls == ["destroy", "host down", "forget"]
    assert said[-1].endswith("gone")


def test_down_of_what_is_not_there_says_so_and_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(monkeypatch, "absent")
    assert up.down(stack.find("local"), QUIET) == ["cluster of stack local: was not there"]
    assert "destroy" not in log.calls


def test_down_leaves_no_empty_directories_and_takes_none_that_holds_something(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    Log(monkeypatch, "stopped")
    (cache / "run" / "local").mkdir(parents=True)
    (cache / "run" / "other").mkdir()
    up.down(stack.find("local"), QUIET)
    assert [one.name for one in (cache / "run").iterdir()] == ["other"]
    (cache / "run" / "other").rmdir()
    (cache / "run" / "local").mkdir()
    up.down(stack.find("local"), QUIET)
    assert not (cache / "run").exists()


def test_the_real_nodes_kubelet_is_told_the_labels_of_its_pool() -> None:
    one = stack.find("local")
    plan = plan_of(one.folder, one.name)
    config = up.host_config(one, plan, have())
    real = next(pool for pool in plan.pools if not pool.simulated)
    assert config.node_labels == real.labels
    assert config.node_labels[labels.ACCELERATOR] == labels.NO_ACCELERATOR
    assert isinstance(plan.site, LocalSite)
    assert config.subnet == plan.site.subnet
    assert config.dns_ip == DNS_IP, "pods would ask an address where no DNS Service is"


def test_only_what_the_plan_uses_is_brought() -> None:
    plan = plan_of(REPO / "stacks", "local")
    charts = {chart for layer in plan.layers if layer.enabled for chart in layer.charts}
    everything = wanted(plan, samples=True)
    assert set(everything.charts) == charts
    assert set(everything.images) == {*TARGET_IMAGES, *charts, "node-problem-detector", "python-numpy"}
    assert "python-numpy" not in wanted(plan, samples=False).images
    assert isinstance(plan.site, LocalSite)
    with_more = replace(plan, site=replace(plan.site, images=("pytorch",)))
    assert "pytorch" in wanted(with_more, samples=False).images
    off = replace(plan, layers=tuple(replace(layer, enabled=False) for layer in plan.layers))
    assert set(wanted(off, samples=False).images) - {"node-problem-detector"} == set(TARGET_IMAGES)
    assert wanted(off, samples=False).charts == ()


def test_everything_wanted_is_a_row_of_the_lock() -> None:
    every = wanted(plan_of(REPO / "stacks", "local"), samples=True)
    assert set(every.tools) <= set(lock.tools())
    assert set(every.images) <= set(lock.images())
    assert set(every.charts) <= set(lock.charts())


def test_a_doctor_without_tools_says_what_is_missing_and_how_to_get_it() -> None:
    found = {one.name: one for one in doctor.examine(stack.find("local"))}
    assert found["python"].fine
    assert not found["tools"].fine
    assert "kube-apiserver" in found["tools"].detail
    assert "fairlead up" in found["tools"].detail


class NoSteps:
    steps: tuple[str, ...] = ()


def diagnosed(monkeypatch: pytest.MonkeyPatch, *problems: Problem) -> dict[str, doctor.Finding]:
    monkeypatch.setattr(setup, "plan", lambda *_: NoSteps)
    monkeypatch.setattr(setup, "ensure_all", lambda *_: have())
    monkeypatch.setattr(host, "preflight", lambda _: list(problems))
    return {one.name: one for one in doctor.examine(stack.find("local"))}


def test_a_doctor_on_a_sound_machine_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = diagnosed(monkeypatch)
    assert all(one.fine for one in found.values())
    assert {"tools", "machine"} <= set(found)


def test_where_no_cluster_can_run_the_doctor_says_what_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = diagnosed(monkeypatch, Problem("rights", "this is not root", fix="run it as root"))
    assert "this is not root" in found["machine"].detail
    assert found["without a cluster"].detail == host.STILL_WORKS


def test_what_the_user_can_repair_is_no_reason_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    found = diagnosed(monkeypatch, Problem("subnet", "is in use", fix="choose another"))
    assert "without a cluster" not in found


def test_an_unknown_stack_is_told_with_the_nearest_there_is() -> None:
    with pytest.raises(InputError, match=r"(?s)no such stack.*lokal.*local.*add stacks/Pulumi.lokal.yaml"):
        stack.find("lokal")


def test_outside_a_project_it_says_how_to_get_into_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(tmp_path))
    with pytest.raises(FairleadError, match=r"(?s)no Pulumi.yaml in.*FAIRLEAD_PROJECT"):
        stack.find("local")


def test_a_project_is_found_from_a_folder_inside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIRLEAD_PROJECT")
    assert stack.find("local", REPO / "components" / "fairlead").project == REPO


def test_a_cluster_that_does_not_run_has_no_kubeconfig_and_the_cure_is_told(cache: Path) -> None:
    with pytest.raises(FairleadError, match=r"(?s)no running cluster.*fairlead up -s local"):
        stack.kubeconfig_path("local")
    (cache / "run" / "local").mkdir(parents=True)
    (cache / "run" / "local" / "kubeconfig").touch()
    assert stack.kubeconfig_path("local") == stack.find("local").kubeconfig
