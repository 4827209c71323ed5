"""Reads jobs from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem, one_of
from fairlead.plan.sharing import find
from fairlead.spec.paths import in_input_order
from fairlead.spec.problems import from_validation, shown
from fairlead.values import Accelerators
from fairlead.workload.files import each, same_name
from fairlead.workload.model import ROOT, TrainingJob
from fairlead.workload.sizing import read_catalog
from fairlead.workload.words import looks_secret

KINDS = ("TrainingJob",)
_MAPPINGS = ("envs", "secrets", "file_mounts", "labels", "annotations")


def load_file(path: Path, catalog: Catalog | None = None) -> list[TrainingJob]:
    """Every job of a YAML file. Raises InputError with all problems of all jobs."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            str(path), [Problem(str(path), "there is no such file", fix="check the path")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), "cannot be read as a text file", given=str(error))
        raise InputError(str(path), [problem]) from None
    return load_text(text, str(path), catalog)


def load_text(text: str, source: str, catalog: Catalog | None = None) -> list[TrainingJob]:
    """Every job of a YAML text of one or more documents. Raises InputError with all problems."""
    empty = Problem(ROOT, "the file holds no job", fix="examples/ has some to begin with")
    return each(text, source, empty, partial(load_job, catalog=catalog), partial(same_name, root=ROOT))


def load_job(document: Any, source: str, catalog: Catalog | None = None) -> TrainingJob:
    """One job from parsed data. Raises InputError with every problem."""
    if not isinstance(document, Mapping):
        given = shown(document)
        raise InputError(source, [Problem(ROOT, "must be a map of keys and values", given=given)])
    data = cast("Mapping[Any, Any]", document)
    if data.get("kind", KINDS[0]) not in KINDS:
        given = shown(data["kind"])
        raise InputError(source, [Problem(f"{ROOT}.kind", "is not known", given, one_of(KINDS, given))])
    try:
        job = TrainingJob.model_validate(data)
    except ValidationError as error:
        bad = [without_secrets(problem) for problem in from_validation(error, TrainingJob, ROOT)]
        rest = without(data, [details["loc"] for details in error.errors()])
        found = [*bad, *_salvaged(rest, catalog)]
        raise InputError(source, in_input_order(found, data, ROOT)) from None
    problems = [*job.conflicts(), *unknown(job.accelerators, catalog)]
    if problems:
        raise InputError(source, in_input_order(problems, data, ROOT))
    return job


def unknown(asked: Accelerators | None, catalog: Catalog | None, root: str = ROOT) -> Iterable[Problem]:
    """That the catalogue, the product's own where none is given, has no such accelerator."""
    if asked is None:
        return ()
    found = find(asked.called, f"{root}.accelerators", catalog or read_catalog())
    return (found,) if isinstance(found, Problem) else ()


def without(data: Mapping[Any, Any], locations: Iterable[tuple[str | int, ...]]) -> dict[Any, Any]:
    """The document without what is wrong in itself: the whole key, or only the bad entry of a mapping."""
    rest = copy.deepcopy(dict(data))
    for top, *below in locations:
        inner: Any = rest.get(top)
        if top in _MAPPINGS and below and isinstance(inner, dict):
            cast("dict[Any, Any]", inner).pop(below[0], None)
        else:
            rest.pop(top, None)
    return rest


def _salvaged(rest: dict[Any, Any], catalog: Catalog | None) -> list[Problem]:
    """What else is wrong with the keys that are right in themselves: nobody likes a second round."""
    try:
        job = TrainingJob.model_validate({"name": "x", "tenant": "tenant", "image": "x:1", "run": "x"} | rest)
    except ValidationError:  # a rule over several keys: it is reported already
        return []
    return [*job.conflicts(), *unknown(job.accelerators, catalog)]


def without_secrets(problem: Problem, root: str = ROOT) -> Problem:
    """The problem without the value of a variable that may hold a secret: error texts end up in logs."""
    name = problem.where.removeprefix(f"{root}.envs.")
    hidden = name != problem.where and looks_secret(name.partition(".")[0])
    return replace(problem, given="(hidden)") if hidden else problem
