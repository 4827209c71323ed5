"""The base of every spec model and the field types they share."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from fairlead.values import Accelerators, quantity, seconds


class Model(BaseModel):
    """Frozen, and closed: an unknown key is an error, never ignored."""

    model_config = ConfigDict(
        defer_build=True,
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )


def _accelerators(value: Any) -> Accelerators:
    if isinstance(value, Accelerators):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a text NAME:COUNT, for example H100:8")  # noqa: TRY004 - pydantic wants ValueError
    return Accelerators.parse(value)


LARGEST = 2**63 - 1
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""


def _quantity(value: Any) -> str:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if quantity(text) > LARGEST:
        raise ValueError("must be below 8Ei: Kubernetes counts no further")
    return text.strip()


def _duration(value: str) -> str:
    seconds(value)
    return value


def between(least: str, most: str, why: str = "") -> AfterValidator:
    """A bound of durations, both ends allowed; why: what stands behind it, for the message."""

    def check(value: str) -> str:
        if not seconds(least) <= seconds(value) <= seconds(most):
            raise ValueError(f"must be between {least} and {most}{why and f': {why}'}")
        return value

    return AfterValidator(check)


def _cidr(value: str) -> str:
    try:
        ip_network(value, strict=True)
    except ValueError as error:
        raise ValueError(f"must be an address range such as 10.0.0.0/8 or fd00::/64: {error}") from None
    if "/" not in value:
        raise ValueError("must be an address range such as 10.0.0.0/8, one address is 10.0.0.1/32")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=40)]
"""Lower-case letters, digits and hyphens, at most 40: it becomes part of Kubernetes object names."""

AcceleratorsField = Annotated[
    Accelerators,
    BeforeValidator(_accelerators),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9.-]*(/[a-z0-9]+(\\.[a-z0-9]+)*)?(:0*[1-9][0-9]*)?$",
            "examples": ["H100:8", "H100/1g.10gb:1"],
        }
    ),
]
"""Accelerators per node, `H100:8`, or a share of one, `H100/1g.10gb:1`."""

QUANTITY_PATTERN = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$"

Quantity = Annotated[
    str,
    BeforeValidator(_quantity),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": QUANTITY_PATTERN}, {"type": "integer", "minimum": 0}],
            "examples": ["4", "500m", "64Gi"],
        }
    ),
]
"""A Kubernetes quantity, as text."""

Duration = Annotated[
    str, AfterValidator(_duration), WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhd]$"})
]
"""A duration such as 90s, 30m, 12h or 7d."""

Cidr = Annotated[
    str,
    AfterValidator(_cidr),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F:.]+/[0-9]+$", "examples": ["10.0.0.0/8"]}),
]
"""A range of addresses whose host bits are zero."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
"""A text that is not empty."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false; neither yes nor 1."""
