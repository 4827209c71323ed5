"""What accelerators do now, as a table: what is told, what is not, and how it goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from rich.console import Console

from fairlead.errors import FairleadError
from fairlead.operate import top, top_show, usage
from fairlead.operate.prometheus import Sample

POOL, OTHER = {"pool": "h100"}, {"pool": "l4"}
TENANT = {"tenant": "team-a"}
ALL: Mapping[str, Sequence[tuple[Mapping[str, str], float]]] = {
    usage.NODES: [(POOL, 4), (OTHER, 2), ({"pool": "system"}, 1)],
    usage.THERE: [(POOL, 32), (OTHER, 2)],
    usage.HELD: [(POOL, 24), (OTHER, 0)],
    usage.busy("pool"): [(POOL, 16), (OTHER, 0)],
    usage.idle("pool", 900): [(POOL, 8), (OTHER, 0)],
    usage.POOL_SPEND: [(POOL, 131.2), (OTHER, 1.62)],
    usage.TENANT_HELD: [(TENANT, 25), ({"tenant": "team-b"}, 0)],
    usage.TENANT_STAGES: [
        ({**TENANT, "stage": "training"}, 16),
        ({**TENANT, "stage": "inference"}, 8),
        (TENANT, 1),
    ],
    usage.idle("tenant", 900): [(TENANT, 8), ({"tenant": "team-b"}, 0)],
    usage.WAITING: [(TENANT, 2), ({"tenant": "team-b"}, 0)],
    usage.LONGEST_WAIT: [(TENANT, 11_100), ({"tenant": "team-b"}, 0)],
    usage.TENANT_SPEND: [(TENANT, 98.4)],
    usage.PENDING: [(TENANT, 2), ({"tenant": "team-b"}, 0)],
    usage.STUCK: [(TENANT, 1), ({"tenant": "team-b"}, 0)],
}


class Told:
    """Answers to queries; what is asked that nobody knows has no answer."""

    def __init__(self, *without: str) -> None:
        self.without = without

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        assert at is None
        if expression in self.without:
            return []
        return [Sample(labels, value) for labels, value in ALL[expression]]


def now(*without: str) -> top.Now:
    return top.read(Told(*without), ["system", "h100", "l4"], ["team-a", "team-b"], 900)


def cells(found: top.Now, name: str, table: str) -> list[str]:
    lines = top_show.lines(found)
    start = next(number for number, line in enumerate(lines) if line.startswith(table))
    return next(line.split()[1:] for line in lines[start:] if line.startswith(name))


def test_the_table_has_pools_tenants_and_queues() -> None:
    found = now()
    assert cells(found, "h100", "POOL") == ["4", "32", "24", "16", "8", "131.20"]
    assert cells(found, "l4", "POOL") == ["2", "2", "0", "0", "0", "1.62"]
    assert cells(found, "team-a", "TENANT") == ["25", "0", "16", "8", "8", "2", "3h", "5m", "98.40"]
    assert cells(found, "team-b", "TENANT") == ["0", "0", "0", "0", "0", "0", "0", "-"]
    assert cells(found, "team-a", "QUEUE") == ["2", "1"]
    first = top_show.lines(found)[0]
    assert "132.82 USD/h" in first
    assert "unused for 15m" in first


def test_a_pool_without_accelerators_has_nodes_alone() -> None:
    assert cells(now(), "system", "POOL") == ["1", "-", "-", "-", "-", "-"]


@pytest.mark.parametrize("missing", ALL)
def test_what_nobody_tells_is_a_stroke_and_never_0(missing: str) -> None:
    found = now(missing)
    plain = json.dumps(found.to_dict())
    full = json.dumps(now().to_dict())
    assert plain.count("null") > full.count("null") or missing in (
        usage.TENANT_STAGES,
        usage.PENDING,
        usage.STUCK,
    )
    assert plain.count(" 0.0") <= full.count(" 0.0") or missing == usage.TENANT_STAGES


def test_where_nothing_is_told_what_is_planned_is_shown_with_strokes_and_the_reader_told() -> None:
    found = now(*ALL)
    for name, table, count in (("h100", "POOL", 6), ("team-b", "TENANT", 8), ("-", "QUEUE", 2)):
        assert cells(found, name, table) == ["-"] * count
    assert top_show.lines(found)[-1] == top_show.UNTOLD
    assert "- USD/h" in top_show.lines(found)[0]
    assert top_show.UNTOLD not in top_show.lines(now())


def test_spend_that_is_0_is_0() -> None:
    class Free(Told):
        def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
            return [Sample(POOL, 0.0)] if expression == usage.POOL_SPEND else super().query(expression, at)

    assert "0.00 USD/h" in top_show.lines(top.read(Free(), [], [], 900))[0]


def test_pools_and_tenants_that_nobody_planned_are_shown_after_those_planned() -> None:
    found = top.read(Told(), ["l4"], [], 900)
    assert [one.name for one in found.pools] == ["l4", "h100", "system"]
    assert [one.name for one in found.tenants] == ["team-a", "team-b"]


def test_programs_get_the_same_figures() -> None:
    plain = json.loads(json.dumps(now().to_dict()))
    assert plain["pools"][1] == {
        "name": "h100", "nodes": 4, "there": 32, "held": 24, "busy": 16, "idle": 8, "usd_an_hour": 131.2,
    }  # fmt: skip
    assert plain["tenants"][0]["by_stage"] == {"testing": 0, "training": 16, "inference": 8}
    assert plain["usd_an_hour"] == pytest.approx(132.82)
    assert datetime.fromisoformat(plain["at"]).tzinfo is not None


# ---- again and again -------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 100 columns would be sent."""
    import rich

    sent = io.StringIO()
    console = Console(file=sent, force_terminal=True, width=100, height=40)
    monkeypatch.setattr(rich, "_console", console)
    return sent


def test_it_looks_again_until_somebody_ends_it(
    monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO
) -> None:
    looks, slept = list[int](), list[float]()

    def look() -> top.Now:
        looks.append(1)
        return top.Now(datetime(2026, 1, 1, 0, 0, len(looks), tzinfo=UTC), 900, [], [], [], None)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(top_show.time, "sleep", sleep)
    top_show.watch(look, 7)
    assert (len(looks), slept) == (3, [7, 7, 7])
    sent = terminal.getvalue()
    assert "00:00:01 UTC" in sent
    assert "00:00:03 UTC" in sent
    assert "\x1b[?1049h" in sent
    assert sent.index("\x1b[?1049l") > sent.index("00:00:03")


def test_a_later_look_that_fails_is_told_below_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO
) -> None:
    answers = [top.Now(datetime(2026, 1, 1, tzinfo=UTC), 900, [], [], [], 5.0)]

    def look() -> top.Now:
        if not answers:
            raise FairleadError("it does not answer\n    fix:     ask again")
        return answers.pop()

    turns = iter(range(1))

    def sleep(_: float) -> None:
        if next(turns, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(top_show.time, "sleep", sleep)
    top_show.watch(look, 5)
    last = terminal.getvalue().rsplit("5.00 USD/h", 1)[-1]
    assert "nothing newer:" in last
    assert "it does not answer" in last


def test_a_first_look_that_fails_is_an_error() -> None:
    def look() -> top.Now:
        raise FairleadError("no")

    with pytest.raises(FairleadError, match="no"):
        top_show.watch(look, 5)


def test_ctrl_c_during_the_first_look_ends_quietly(terminal: io.StringIO) -> None:
    def look() -> top.Now:
        raise KeyboardInterrupt

    top_show.watch(look, 5)
    assert terminal.getvalue() == ""
