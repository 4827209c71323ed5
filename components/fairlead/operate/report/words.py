"""Numbers and texts as the page has them: readable, traceable to their query, and never taken for markup."""

from __future__ import annotations

import json
from enum import Enum
from html import escape
from math import isfinite

from fairlead.operate.report.model import Figure
from fairlead.values import rough

NONE = "-"
"""In place of what nobody tells."""


def _number(value: float) -> str:
    """To three digits that say something."""
    if value % 1 == 0 or abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def _money(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:,.2f}"


def _cents(value: float) -> str:
    return f"{value:,.2f}"


def _time(value: float) -> str:
    return rough(round(value))


class Unit(Enum):
    """What a number counts: how it is written, and what stands behind it."""

    COUNT = (_number, "")
    WHOLE = (_whole, "")
    HOURS = (_number, " h")
    PART = (_percent, " %")
    USD = (_money, " USD")
    RATE = (_cents, " USD/h")
    TIME = (_time, "")

    def written(self, value: float | None) -> str:
        """A number, with its unit."""
        write, unit = self.value
        return NONE if value is None or not isfinite(value) else f"{write(value)}{unit}"


def text(said: str) -> str:
    """Somebody's text inside of markup. What does not print could hide or turn round what stands beside it."""
    return escape("".join(one if one.isprintable() else "\ufffd" for one in said))


def attributes(**given: object) -> str:
    """Attributes of an element; an underscore in a name is a hyphen."""
    pairs = ((name.strip("_").replace("_", "-"), str(value)) for name, value in given.items())
    return "".join(f' {name}="{escape(value)}"' for name, value in pairs)


def source(figure: Figure) -> str:
    """Attributes that say where a number comes from: the query, and which of its series."""
    return attributes(data_query=figure.query, data_labels=json.dumps(dict(figure.labels)))


def number(figure: Figure, unit: Unit) -> str:
    """A number of the page."""
    said = unit.written(figure.value)
    if said == NONE:
        return f'<data value=""{source(figure)} title="nobody tells it">{NONE}</data>'
    return f"<data{attributes(value=repr(float(figure.value or 0)))}{source(figure)}>{said}</data>"
