"""Every wrong spec is refused with exactly the problems it has, in words that help."""

from __future__ import annotations

from functools import cache

import jsonschema
import pytest
from bad_specs import BadSpec, all_bad_specs

from fairlead.catalog.read import load as load_catalog
from fairlead.errors import EXIT_BAD_INPUT, InputError
from fairlead.plan.load import load_plan
from fairlead.spec.layers import read_spec
from fairlead.spec.load import draft
from fairlead.spec.schema import schema

BAD = all_bad_specs()
WITH_DATA = [bad for bad in BAD if bad.schema != "no data"]


def by_name(bad: BadSpec) -> str:
    return bad.path.stem


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


@cache
def refusal(bad: BadSpec) -> InputError:
    with pytest.raises(InputError) as caught:
        load_plan(read_spec(bad.path).value, str(bad.path), load_catalog())
    return caught.value


def stands_at(where: str, expected: str, bad: BadSpec) -> bool:
    if expected == "@":
        return where.startswith(f"{bad.path}:")
    return where.startswith(expected) if expected == "line " else where == expected


def test_there_are_at_least_sixty_wrong_files() -> None:
    assert len(BAD) >= 60


@pytest.mark.parametrize("bad", BAD, ids=by_name)
def test_a_wrong_file_is_refused_with_exactly_the_problems_it_has(bad: BadSpec) -> None:
    problems = refusal(bad).problems
    assert len(problems) == len(bad.expects), "\n".join(map(str, problems))
    for problem, (where, words) in zip(problems, bad.expects, strict=True):
        assert stands_at(problem.where, where, bad), f"{problem.where} is not {where}"
        text = " ".join(str(problem).split())
        assert words in text, f"{words!r} is not in: {text}"


@pytest.mark.parametrize("bad", BAD, ids=by_name)
def test_a_refusal_names_the_file_and_says_what_to_do(bad: BadSpec) -> None:
    error = refusal(bad)
    assert str(error).startswith(f"{bad.path}: {len(error.problems)} problem")
    assert error.exit_code == EXIT_BAD_INPUT
    for problem in error.problems:
        assert problem.allowed or problem.fix or "must be" in problem.what or problem.given, str(problem)
        for word in ("Traceback", "pydantic", "Value error", "Input should", "type=", "<class"):
            assert word not in str(problem)


@pytest.mark.parametrize("bad", WITH_DATA, ids=by_name)
def test_the_schema_and_the_model_agree_on_a_wrong_file(bad: BadSpec) -> None:
    data = read_spec(bad.path).value
    model_refuses = bool(draft(data).problems)
    schema_refuses = not validator().is_valid(data)
    assert (model_refuses, schema_refuses) == {
        "accepts": (False, False),
        "refuses": (True, True),
        "cannot tell": (True, False),
    }[bad.schema]
