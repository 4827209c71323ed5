"""Every alert fires where it should and stays silent beside that, and a broken one is found."""

from __future__ import annotations

import re

import pytest

from fairlead.catalog.alerts import AlertRow
from reference.prometheus.alert_cases import CATALOG, FOLDER, case, said

ROWS = tuple(CATALOG.alerts.values())
BOUND = re.compile(r"(?<=[<>] )\d+(?:\.\d+)?")
"""A figure that something is held against."""


def named(row: AlertRow) -> str:
    return row.name


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    found = {f"{one.parent.name}/{one.stem}" for one in FOLDER.glob("*/*.yaml")}
    assert found == {f"{row.topic}/{row.name}" for row in ROWS}
    for row in ROWS:
        told = case(row)
        assert set(told) <= {"interval", "fires", "silent"}, row.name
        assert told["silent"], row.name
        assert all(set(one.get("labels", {})) == set(row.labels) for one in told["fires"]), row.name


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_it_fires_and_stays_silent_as_its_cases_say(row: AlertRow) -> None:
    wrong = said(row)
    assert not wrong, wrong


def bounds() -> list[tuple[AlertRow, int]]:
    return [(row, at.start()) for row in ROWS for at in BOUND.finditer(row.expr)]


def moved(expr: str, at: int) -> list[str]:
    """The expression with another figure there: far above, and below."""
    found = BOUND.search(expr, at)
    assert found is not None
    figure = float(found[0])
    return [
        f"{expr[: found.start()]}{other:f}{expr[found.end() :]}"
        for other in (figure * 1e6 + 1, figure / 1e6 - 1)
    ]


@pytest.mark.parametrize(("row", "at"), bounds(), ids=lambda one: getattr(one, "name", one))
def test_a_figure_that_is_far_off_is_found(row: AlertRow, at: int) -> None:
    assert any(said(row, other) for other in moved(row.expr, at)), row.expr[at:]
