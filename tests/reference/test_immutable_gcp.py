"""What cannot change on Google Cloud: the rows against the SDK's and Google's own descriptions.

The rows come out of the provider's sources, which no registry serves in this version. So two things are held: nothing
that a description calls fixed is missing, and every path is one that the SDK takes.
"""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache

import pytest

from fairlead.catalog.immutable import PROVIDERS, rows
from reference.immutable import args_class, covers, engine_path

ROWS = {kind: row for kind, row in rows("gcp").items() if not kind.startswith(PROVIDERS)}
FIXED = re.compile(
    r"(?i)changing this (?:field |property |value )?(?:forces|will force|creates) (?:a )?new"
    r"|forces? (?:a )?(?:new resource|recreation|replacement)|must be recreated to modify"
    r"|changing this (?:forces|will destroy)"
    r"|changing this field will recreate|changing this updates nothing"
)
_PARAMETER = re.compile(r":param ([^\n]+?) (\w+): (.*?)(?=\n\s*:param |\n\s*\"\"\")", re.DOTALL)
NOT_SO = {
    ("gcp:compute/subnetwork:Subnetwork", "ip_collection"): "the sources of 7.45.0 change it in place",
    ("gcp:compute/subnetwork:Subnetwork", "ipv6_access_type"): "the sources of 7.45.0 change it in place",
}
"""Described as fixed, and not: the reason."""


@cache
def described(kind: str) -> dict[str, str]:
    """Inputs of a type, as Python has them, and what the SDK says of each."""
    source = inspect.getsource(sys.modules[args_class(kind).__module__])
    begin = source.index("def __init__(__self__")
    return {
        name: " ".join(text.split())
        for _, name, text in _PARAMETER.findall(source[begin : source.index("pulumi.set", begin)])
    }


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_what_the_sdk_calls_fixed_is_in_a_row(kind: str) -> None:
    named = [
        name for name, text in described(kind).items() if FIXED.search(text) and (kind, name) not in NOT_SO
    ]
    paths = {name: engine_path(kind, name) for name in named}
    assert [name for name, path in paths.items() if path is None or not covers(ROWS[kind], path)] == []


def test_descriptions_are_found_at_all() -> None:
    """Without this the test above could look for words that nobody uses."""
    said = [(kind, name) for kind in ROWS for name, text in described(kind).items() if FIXED.search(text)]
    assert len(said) > 5, said


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_every_path_of_a_row_is_an_input_of_the_sdk(kind: str) -> None:
    row = ROWS[kind]
    paths = (*row.replace, *row.counted, *row.removed, *row.smaller)
    assert [one for one in paths if engine_path(kind, _snake(one)) != one] == []


def _snake(path: str) -> str:
    """`nodeConfig.guestAccelerators[*].type` -> `node_config.guest_accelerators.type`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.replace("[*]", "")).lower()
