"""The schema of team files: the committed one is the generated one, and it agrees with what is read."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support.golden import REPO, Golden

from fairlead.spec.layers import read_spec
from fairlead.spec.team_schema import FILE, schema, schema_text
from fairlead.spec.tenant import Tenant

TEAMS = sorted((REPO / "stacks" / "tenants").glob("*.yaml"))


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def accepts(data: Any) -> bool:
    return validator().is_valid(data)


def test_the_committed_schema_of_team_files_is_the_generated_one(golden: Golden) -> None:
    Golden(golden.update, REPO).check(str(FILE.relative_to(REPO)), schema_text())


def test_the_schema_of_team_files_is_valid_and_closed_everywhere() -> None:
    committed = json.loads(FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(committed)
    for part in (committed, *(one for one in committed["$defs"].values() if one["type"] == "object")):
        assert part["additionalProperties"] is False, part


@pytest.mark.parametrize("path", TEAMS, ids=lambda path: path.stem)
def test_the_schema_accepts_the_team_files_of_this_project_which_name_it(path: Path) -> None:
    assert accepts(read_spec(path).value)
    first = path.read_text().partition("\n")[0]
    assert (path.parent / first.partition("$schema=")[2]).resolve() == FILE


def test_the_schema_knows_every_key_of_a_tenant_but_its_name() -> None:
    keys = {*Tenant.model_fields, "environments", "stacks"} - {"name"}
    assert set(schema()["properties"]) == keys
    assert set(schema()["$defs"]["Change"]["properties"]) == keys - {"owner", "environments", "stacks"}


@pytest.mark.parametrize(
    "text",
    [
        "owner: a",
        "owner: a\nquota: {cpu: 1}\nroles: {admin: {groups: [x]}}",
        "owner: a\nstacks: {one: {}}",
        "owner: a\nstacks: {one: {quota: {accelerators: {H100: 1}, cpu: null}, budget: null, groups: null}}",
        "owner: a\nbudget: 5000\nstacks: {one: {budget: {limit: true}}}",
        "owner: a\nenvironments: {prod: {roles: {viewer: {members: [ada]}}}}",
    ],
)
def test_the_schema_accepts_what_may_be_written(text: str) -> None:
    assert accepts(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "quota: {}",
        "owner: null",
        "owner: two words",
        "owner: a\nname: x",
        "owner: a\nsurprise: 1",
        "owner: a\nquota: {surprise: 1}",
        "owner: a\nquota: null",
        "owner: a\nbudget: {limit: true}",
        "owner: a\nstacks: {}",
        "owner: a\nstacks: [one]",
        "owner: a\nstacks: {one: null}",
        "owner: a\nstacks: {one: {owner: b}}",
        "owner: a\nstacks: {one: {quota: {cpu: -1}}}",
        "owner: a\nstacks: {one: {surprise: 1}}",
        "owner: a\nstacks: {one: {quota: {surprise: 1}}}",
        "owner: a\nenvironments: {one: {stacks: {two: {}}}}",
    ],
)
def test_the_schema_refuses_what_may_not(text: str) -> None:
    assert not accepts(yaml.safe_load(text))
