"""From when to when a report is, as somebody asked for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.errors import InputError
from fairlead.operate.report.model import Period
from fairlead.operate.report.period import MOST_LOOKS, MOST_POINTS, period

NOW = 1_795_996_823
"""Monday 2026-11-30 00:00:23 UTC."""
MIDNIGHT = NOW - 23


def test_a_week_until_now_has_a_point_an_hour_and_looks_every_five_minutes() -> None:
    assert period("7d", "now", "auto", NOW) == Period(MIDNIGHT - 7 * 86_400, MIDNIGHT, 3600, 300)


@pytest.mark.parametrize("since", ["15m", "1h", "5h", "1d", "3d", "7d", "30d", "365d", "1000d"])
def test_every_length_has_few_points_and_whole_steps_of_whole_looks(since: str) -> None:
    found = period(since, "now", "auto", NOW)
    assert found.seconds % found.step == found.step % found.grain == found.end % found.grain == 0
    assert 2 <= len(found.times) <= MOST_POINTS + 1
    assert found.seconds / found.grain <= MOST_LOOKS + found.step / found.grain
    assert (found.times[0], found.times[-1]) == (found.start + found.step, found.end)
    assert NOW - 86_400 < found.end <= NOW


@pytest.mark.parametrize(
    "text", ["2026-11-23", "2026-11-23T00:00Z", "2026-11-23T01:00+01:00", "2026-11-23 00:00"]
)
def test_a_time_is_of_its_zone_and_else_of_utc(text: str) -> None:
    found = period(text, "2026-11-24", "auto", NOW)
    assert found.when(found.start) == datetime(2026, 11, 23, tzinfo=UTC)
    assert found.when(found.end) == datetime(2026, 11, 24, tzinfo=UTC)


def test_the_future_ends_now() -> None:
    assert period("1d", "2030-01-01", "auto", NOW).end == MIDNIGHT


def test_a_step_is_taken_as_it_is_and_the_period_made_whole() -> None:
    found = period("7d", "now", "5h", NOW)
    assert (found.step, found.grain) == (18_000, 300)
    assert found.seconds == 34 * 18_000
    assert found.end == MIDNIGHT


def test_a_step_that_no_round_time_goes_into_is_looked_at_once() -> None:
    assert period("1h", "now", "95s", NOW).grain == 95


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("7 days", "now", "auto"), ("--from: is no time", "given:   7 days", "an age such as 7d")),
        (("7d", "yesterday", "auto"), ("--to: is no time", "given:   yesterday")),
        (
            ("1d", "2d", "auto"),
            ("--from: is not before --to", "2026-11-29T00:00+00:00, and --to 2026-11-28T00:00"),
        ),
        (("now", "now", "auto"), ("--from: is not before --to",)),
        (("7d", "now", "often"), ("--step: is no duration", "allowed: auto, or 10m to 7d")),
        (("30d", "now", "1s"), ("--step: does not fit 720 hours", "given:   1s", "auto, or 30m to 30d")),
        (("1h", "now", "2h"), ("--step: does not fit 1 hours", "auto, or 15s to 1h")),
    ],
)
def test_a_mistake_says_what_is_allowed(given: tuple[str, str, str], words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as told:
        period(*given, NOW)
    for word in words:
        assert word in str(told.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        period("a", "b", "auto", NOW)
    assert len(told.value.problems) == 2
