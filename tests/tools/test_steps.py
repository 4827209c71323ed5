"""Steps side by side: the longest first, needs before what needs them, one failure stops all."""

from __future__ import annotations

import io
import threading

import pytest

from fairlead.errors import ToolError
from fairlead.tools.progress import Progress, spoken
from fairlead.tools.steps import Context, Step, run_steps


class Recorder:
    """Steps that note when they begin and end."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.lock = threading.Lock()
        self.now = self.most = 0

    def step(
        self,
        key: str,
        usual: float = 1,
        builds: bool = False,
        needs: tuple[str, ...] = (),
        shares: str = "",
    ) -> Step:
        def run(_: Context) -> None:
            with self.lock:
                self.log.append(key)
                self.now += builds
                self.most = max(self.most, self.now)
            with self.lock:
                self.now -= builds

        return Step(key, f"make {key}", usual, run, builds, needs, shares)


def test_the_longest_step_begins_first(context: Context) -> None:
    recorder = Recorder()
    steps = [recorder.step(key, usual, builds=True) for key, usual in (("b", 5), ("c", 1), ("a", 9))]
    run_steps(steps, context)
    assert recorder.log == ["a", "b", "c"]


def test_a_short_step_that_a_long_one_needs_begins_before_middling_ones(context: Context) -> None:
    recorder = Recorder()
    steps = [
        recorder.step("middling", 5, builds=True),
        recorder.step("long", 9, builds=True, needs=("short",)),
        recorder.step("short", 1, builds=True),
    ]
    run_steps(steps, context)
    assert recorder.log == ["short", "long", "middling"]


def test_a_need_that_no_step_has_is_met_already(context: Context) -> None:
    recorder = Recorder()
    run_steps([recorder.step("a", needs=("there",))], context)
    assert recorder.log == ["a"]


def test_steps_that_need_each_other_are_refused_before_any_runs(context: Context) -> None:
    recorder = Recorder()
    with pytest.raises(RecursionError):
        run_steps([recorder.step("a", needs=("b",)), recorder.step("b", needs=("a",))], context)
    assert recorder.log == []


def test_builds_keep_to_their_slots_while_other_steps_run_beside_them(context: Context) -> None:
    beside, building = threading.Event(), threading.Event()

    def build(_: Context) -> None:
        building.set()
        assert beside.wait(10), "the light step waited for the build"

    def light(_: Context) -> None:
        assert building.wait(10)
        beside.set()

    recorder = Recorder()
    more = [recorder.step(f"b{n}", builds=True) for n in range(5)]
    run_steps([Step("x", "x", 9, build, builds=True), Step("y", "y", 1, light), *more], context)
    assert recorder.most == 1


def test_after_a_failure_no_other_step_begins(context: Context) -> None:
    recorder = Recorder()

    def fail(_: Context) -> None:
        raise ToolError("demo", "broken", "mend it")

    steps = [Step("fails", "make fails", 9, fail, builds=True), recorder.step("after", builds=True)]
    with pytest.raises(ToolError, match="demo: broken"):
        run_steps(steps, context)
    assert recorder.log == []
    assert context.children.stopped


def test_progress_says_which_step_of_how_many_its_usual_time_and_what_it_took() -> None:
    told = io.StringIO()
    with Progress(told, "plain").step(3, 12, "build kueue", 240):
        pass
    lines = told.getvalue().splitlines()
    assert lines[0] == "[3/12] build kueue … usually 4 min"
    assert lines[1].startswith("[3/12] build kueue done after 0.0 s")


def test_a_failed_step_is_shown_even_when_quiet() -> None:
    told = io.StringIO()
    progress = Progress(told, "quiet")
    with progress.step(1, 2, "one", 1):
        pass
    with pytest.raises(ValueError, match="x"), progress.step(2, 2, "two", 1):
        raise ValueError("x")
    assert told.getvalue().startswith("[2/2] two failed after")
    assert "one" not in told.getvalue()


def test_a_long_step_says_that_it_still_runs() -> None:
    beat = threading.Event()

    class Heard(io.StringIO):
        def write(self, text: str) -> int:
            if " of usually " in text:
                beat.set()
            return super().write(text)

    told = Heard()
    with Progress(told, "plain", heartbeat=0.01).step(1, 1, "build", 120):
        assert beat.wait(10)
    assert "[1/1] build … 0.0 s of usually 2 min" in told.getvalue()


def test_plain_output_has_no_colours() -> None:
    told = io.StringIO()
    with Progress(told).step(1, 1, "x", 1):
        pass
    assert "\033" not in told.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (89, "89 s"), (240, "4 min"), (3900, "1 h 5 min")],
)
def test_durations_read_as_one_says_them(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


def test_steps_that_compile_the_same_packages_never_run_side_by_side(context: Context) -> None:
    context.builds = 3
    log: list[str] = []
    other_runs, first_runs = threading.Event(), threading.Event()

    def first(_: Context) -> None:
        first_runs.set()
        assert other_runs.wait(30), "what compiles nothing in common waits too"
        log.append("first")

    def other(_: Context) -> None:
        assert first_runs.wait(30)
        log.append("other")
        other_runs.set()

    def second(_: Context) -> None:
        log.append("second")

    steps = [
        Step("first", "make first", 9, first, builds=True, shares="kube"),
        Step("second", "make second", 5, second, builds=True, shares="kube"),
        Step("other", "make other", 1, other, builds=True, shares="controllers"),
    ]
    run_steps(steps, context)
    assert log == ["other", "first", "second"]
