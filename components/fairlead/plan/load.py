"""From plain data to the plan in one step, with one list of all problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.plan.check import check
from fairlead.plan.model import PlatformPlan
from fairlead.plan.resolve import build, of_whole
from fairlead.spec.layers import Merged
from fairlead.spec.load import draft
from fairlead.spec.paths import in_input_order
from fairlead.spec.teams import in_own_words


def load_plan(
    data: object, source: str, catalog: Catalog, origins: Mapping[str, str] | None = None
) -> PlatformPlan:
    """The plan of a platform spec that is still plain data.

    data: what stands under the key `fairlead:platform`; source: what the reader knows it by, for
    example a file; origins: path -> file and line, named beside the values that are wrong.
    Raises InputError with every problem of every kind, in the order of the input.
    """
    return _planned(data, source, catalog, origins or {}, {})


def load_merged(merged: Merged, source: str, catalog: Catalog) -> PlatformPlan:
    """The plan of a stack's merged layers and team files; what a team file says is told by its path in that file.

    Raises InputError as load_plan does.
    """
    return _planned(merged.value, source, catalog, merged.origins, merged.places)


def _planned(
    data: object, source: str, catalog: Catalog, origins: Mapping[str, str], places: Mapping[str, str]
) -> PlatformPlan:
    read = draft(data)
    problems = in_input_order([*read.problems, *check(read, catalog)], data)
    if read.platform is None or problems:
        raise InputError(source, _located(problems, origins, places))
    plan = build(read.platform, catalog)
    found = of_whole(plan, read.platform, catalog)
    if found:
        raise InputError(source, _located(found, origins, places))
    return plan


def _located(
    problems: Iterable[Problem], origins: Mapping[str, str], places: Mapping[str, str]
) -> Iterable[Problem]:
    for problem in problems:
        origin = origins.get(problem.where)
        given = f"{problem.given} ({origin})".strip() if origin else problem.given
        yield replace(problem, where=in_own_words(problem.where, places), given=given)
