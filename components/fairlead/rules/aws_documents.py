"""Policies of IAM, as inputs have them: texts of JSON, in which `${...}` stands for what is not known yet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fairlead.rules.aws_values import part
from fairlead.rules.model import Data
from fairlead.rules.settings import is_world

STAR = "*"
NARROWING = frozenset(
    {
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:sourceip", "aws:vpcsourceip"),
        *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:userid", "kms:calleraccount", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"),
    }
)
"""Keys of conditions, lower-case, that say who asks or from where: AWS's own test of what is public knows such."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    path: str
    """Of it below the resource's inputs: `policy.Statement[0]`."""
    data: Data

    @property
    def allows(self) -> bool:
        """Whether it gives a right."""
        return self.data.get("Effect") == "Allow"

    def words(self, key: str) -> tuple[str, ...]:
        """The texts under a key such as `Action`, one or many; none where it is not there."""
        return _words(self.data.get(key))

    @property
    def principals(self) -> Mapping[str, tuple[str, ...]]:
        """Who is meant, by kind: `AWS`, `Service`, `Federated`. `"Principal": "*"` is everyone under `AWS`."""
        given = self.data.get("Principal")
        if isinstance(given, Mapping):
            return {kind: _words(one) for kind, one in cast(Data, given).items()}
        return {"AWS": _words(given)} if given else {}

    @property
    def is_for_everyone(self) -> bool:
        """Whether it is for every principal there is, or for all but some."""
        return STAR in self.principals.get("AWS", ()) or "NotPrincipal" in self.data

    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """(operator, key, values) of each condition."""
        for operator, keys in part(self.data.get("Condition")).items():
            for key, values in part(keys).items():
                yield operator, key, _words(values)

    @property
    def is_narrowed(self) -> bool:
        """Whether a condition says who asks or from where, so that not everybody may who can be named."""
        return any(
            key.lower() in NARROWING and _holds_back(operator) and values and not any(map(_is_open, values))
            for operator, key, values in self.conditions()
        )


def statements(value: Any, path: str) -> tuple[Statement, ...] | None:
    """The statements of a policy; None where it is not known yet, or is none that can be read."""
    document = value
    if isinstance(value, str):
        try:
            document = json.loads(value)
        except ValueError:
            return None
    if not isinstance(document, Mapping):
        return None
    given = cast(Data, document).get("Statement") or ()
    each = cast("Sequence[Data]", (given,) if isinstance(given, Mapping) else given)
    return tuple(Statement(f"{path}.Statement[{place}]", one) for place, one in enumerate(each))


def allowing(value: Any, path: str) -> Iterator[Statement]:
    """The statements of a policy that give rights."""
    yield from (one for one in statements(value, path) or () if one.allows)


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in cast("list[Any]", value)) if isinstance(value, list) else (str(value),)


def _holds_back(operator: str) -> bool:
    """Whether it asks for one of the values: it denies none, and does not hold where the key is not there."""
    word = operator.rpartition(":")[2]
    loose = operator.startswith("ForAllValues:") or word.endswith("IfExists")
    return (
        word.startswith(("StringEquals", "StringLike", "Arn", "IpAddress"))
        and "Not" not in word
        and not loose
    )


def _is_open(value: str) -> bool:
    return not value.strip("*:") or is_world(value)
