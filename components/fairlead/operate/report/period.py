"""From when to when a report is, and how finely it looks: read from what somebody wrote, as they wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

from fairlead.errors import InputError, Problem
from fairlead.operate.report.model import Period
from fairlead.values import seconds, span

AUTO = "auto"
LEAST, DAY = 15, 86_400
STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, DAY)
MOST_POINTS = 200
"""Of a plot, where the step is chosen here: more are not seen."""
MOST_ASKED = 2000
"""Of a plot, where somebody chooses it: the page has a place to point at for each."""
MOST_LOOKS = 2100
"""When something is added up: a week every five minutes. Prometheus holds all looks in memory at once."""
WHEN = "an age such as 7d or 12h, a time such as 2026-11-23 or 2026-11-23T08:00Z, or now"


def period(since: str, until: str, step: str, now: float) -> Period:
    """What the three options mean. Raises InputError with all that is wrong."""
    problems: list[Problem] = []
    start, end = _moment("--from", since, now, problems), _moment("--to", until, now, problems)
    if not problems and start >= end:
        given = f"{_said(start)}, and --to {_said(end)}"
        problems.append(
            Problem("--from", "is not before --to", given, fix="--from is the earlier of the two")
        )
    chosen = 0 if problems else _step(step, end - start, problems)
    if problems:
        raise InputError("command line", problems)
    grain = _grain(chosen, end - start)
    end -= end % grain
    steps = -(-(end - start) // chosen)
    return Period(end - max(steps, 1) * chosen, end, chosen, grain)


def _moment(option: str, text: str, now: float, problems: list[Problem]) -> int:
    try:
        return min(_read(text.strip(), now), int(now))
    except ValueError:
        problems.append(Problem(option, "is no time", text, WHEN))
        return 0


def _read(text: str, now: float) -> int:
    if text == "now":
        return int(now)
    try:
        return int(now) - seconds(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        # Without a zone it is of that in which the page is written.
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def _step(text: str, whole: int, problems: list[Problem]) -> int:
    if text == AUTO:
        days = -(-whole // (MOST_POINTS * DAY)) * DAY
        return next((one for one in STEPS if whole / one <= MOST_POINTS), days)
    least = next((one for one in (LEAST, *STEPS) if whole / one <= MOST_ASKED), DAY)
    allowed = f"{AUTO}, or {span(least)} to {span(whole)}"
    try:
        chosen = seconds(text)
    except ValueError:
        problems.append(Problem("--step", "is no duration", text, allowed))
        return 1
    if chosen < LEAST or chosen > whole or whole / chosen > MOST_ASKED:
        what = f"does not fit {whole // 3600} hours" if whole >= 3600 else "does not fit so short a time"
        problems.append(Problem("--step", what, text, allowed))
        return 1
    return chosen


def _grain(step: int, whole: int) -> int:
    """The finest that is not too fine for the whole and goes into a step."""
    fit = [one for one in STEPS if step % one == 0] or [step]
    return next((one for one in fit if whole / one <= MOST_LOOKS), fit[-1])


def _said(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")
