"""What a tenant may spend: a sum that alerts watch, and that its queue may keep."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from fairlead.spec.base import Flag, Model

LEAST, MOST = 1, 1_000_000_000
Money = Annotated[float, Field(ge=LEAST, le=MOST)]


class Budget(Model):
    """USD a month."""

    month: Money
    """USD a month of 730 hours."""
    limit: Flag = False
    """The tenant's queue admits no more accelerators at once than this pays for, hour by hour: docs/cost.md."""


def _read(value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"month": value} if number else value


def _written(budget: Budget) -> Any:
    """As a user writes it: the sum by itself where there is no more to say."""
    return budget.model_dump() if budget.limit else budget.month


_NUMBER: dict[str, Any] = {"type": "number", "minimum": LEAST, "maximum": MOST}
BudgetField = Annotated[
    Budget,
    BeforeValidator(_read),
    PlainSerializer(_written),
    WithJsonSchema(
        {
            "anyOf": [
                _NUMBER,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["month"],
                    "properties": {"month": _NUMBER, "limit": {"type": "boolean", "default": False}},
                },
            ]
        }
    ),
]
"""`5000`, or `{month: 5000, limit: true}`."""
