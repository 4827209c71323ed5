"""The committed schema and reference page are what the models say, and the schema is a good one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from support.golden import REPO, Golden
from support.specs import minimal, with_gpus
from support.strategies import platforms

from fairlead.spec.layers import resolve_stack
from fairlead.spec.load import draft
from fairlead.spec.schema import FILE, reference, schema, schema_text


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def accepts(data: Any) -> bool:
    return validator().is_valid(data)


def test_the_committed_schema_is_the_generated_one(golden: Golden) -> None:
    Golden(golden.update, REPO).check(str(FILE.relative_to(REPO)), schema_text())


def test_the_committed_reference_page_is_the_generated_one(golden: Golden) -> None:
    Golden(golden.update, REPO).check("docs/spec.md", reference())


def test_the_schema_is_valid_json_schema_and_closed_everywhere() -> None:
    committed = json.loads(FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(committed)
    for part in (committed, *committed["$defs"].values()):
        assert part["additionalProperties"] is False, part["title"]


def test_the_schema_accepts_the_local_stack() -> None:
    assert accepts(resolve_stack(REPO / "stacks", "local").value)


@pytest.mark.parametrize("key", ["name", "environment", "target", "pools", "tenants"])
def test_the_schema_refuses_a_spec_without_a_required_key(key: str) -> None:
    data = minimal()
    assert accepts(data)
    del data[key]
    assert not accepts(data)


def test_the_schema_refuses_an_unknown_key_at_every_depth() -> None:
    for path in ([], ["target"], ["pools", 0], ["tenants", 0], ["tenants", 0, "quota"]):
        data = with_gpus()
        here: Any = data
        for step in path:
            here = here[step]
        here["surprise"] = 1
        assert not accepts(data), path


@given(platforms())
def test_the_schema_accepts_whatever_the_model_accepts(data: dict[str, Any]) -> None:
    assert not draft(data).problems
    assert accepts(data)


def test_the_reference_page_names_every_key() -> None:
    text = reference()
    for part in (schema(), *schema()["$defs"].values()):
        for key in part["properties"]:
            assert f"| `{key}` |" in text
    assert Path(REPO / "docs" / "adr" / "0002-layered-config.md").is_file()
