"""Reads jobs from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem, one_of
from fairlead.workload.documents import read
from fairlead.workload.model import Checkpoint, FileMount, TrainingJob
from fairlead.workload.render import unknown_accelerator
from fairlead.workload.words import looks_secret

KINDS = ("TrainingJob",)
_MAPPINGS = ("envs", "secrets", "file_mounts", "labels", "annotations")
_ALLOWED = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "lower-case letters, digits and inner hyphens, starting with a letter",
    "string_too_long": "at most {max_length} characters",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
}
"""Kind of a validation error -> what would be accepted, with the figures of that error."""


def load_file(path: Path, catalog: Catalog | None = None) -> list[TrainingJob]:
    """Every job of a YAML file. Raises InputError with all problems of all jobs."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(str(path), [Problem("the file", "does not exist", fix="check the path")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), [Problem("the file", f"cannot be read: {error}")]) from error
    return load_text(text, str(path), catalog)


def load_text(text: str, source: str, catalog: Catalog | None = None) -> list[TrainingJob]:
    """Every job of a YAML text of one or more documents. Raises InputError with all problems."""
    documents = read(text, source)
    if not documents:
        raise InputError(
            source, [Problem("the file", "holds no job", fix="examples/ has some to start from")]
        )
    jobs: list[TrainingJob] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        prefix = f"[{index}]." if len(documents) > 1 else ""
        try:
            jobs.append(load_job(document, source, catalog))
        except InputError as error:
            problems += [_moved(problem, prefix) for problem in error.problems]
    problems += _same_name(jobs)
    if problems:
        raise InputError(source, problems)
    return jobs


def load_job(document: Any, source: str, catalog: Catalog | None = None) -> TrainingJob:
    """One job from parsed data. Raises InputError with every problem."""
    if not isinstance(document, Mapping):
        given = type(document).__name__
        raise InputError(source, [Problem("the job", "must be a mapping of keys to values", given=given)])
    data = cast("Mapping[str, Any]", document)
    if data.get("kind", KINDS[0]) not in KINDS:
        given = str(data["kind"])
        raise InputError(source, [Problem("kind", "is not known", given, one_of(KINDS, given))])
    try:
        job = TrainingJob.model_validate(data)
    except ValidationError as error:
        broken = [_problem(details, data) for details in error.errors()]
        rest = _without(data, [details["loc"] for details in error.errors()])
        raise InputError(source, [*broken, *_salvaged(rest, catalog)]) from None
    problems = [*job.conflicts(), *_accelerator_problems(job, catalog)]
    if problems:
        raise InputError(source, problems)
    return job


def _accelerator_problems(job: TrainingJob, catalog: Catalog | None) -> Iterable[Problem]:
    if job.accelerators is None:
        return ()
    if catalog is None:
        from fairlead.catalog.read import load

        catalog = load()
    known = catalog.accelerator(job.accelerators.name)
    return () if known else (unknown_accelerator(job.accelerators, catalog),)


def _without(data: Mapping[str, Any], locations: Iterable[tuple[str | int, ...]]) -> dict[str, Any]:
    """The job without what is wrong in itself: the whole key, or only the bad entry of a mapping."""
    rest = copy.deepcopy(dict(data))
    for top, *below in locations:
        inner: Any = rest.get(str(top))
        if top in _MAPPINGS and below and isinstance(inner, dict):
            cast("dict[Any, Any]", inner).pop(below[0], None)
        else:
            rest.pop(str(top), None)
    return rest


def _salvaged(rest: dict[str, Any], catalog: Catalog | None) -> list[Problem]:
    """What else is wrong with the keys that are right in themselves: nobody likes a second round."""
    try:
        job = TrainingJob.model_validate({"name": "x", "tenant": "x", "image": "x:1", "run": "x", **rest})
    except ValidationError:  # a rule over several keys: it is reported already
        return []
    return [*job.conflicts(), *_accelerator_problems(job, catalog)]


def _same_name(jobs: Iterable[TrainingJob]) -> Iterable[Problem]:
    seen: set[tuple[str, str]] = set()
    for job in jobs:
        if (job.tenant, job.name) in seen:
            yield Problem("name", f"two jobs of the tenant {job.tenant} have this name", given=job.name)
        seen.add((job.tenant, job.name))


def _moved(problem: Problem, prefix: str) -> Problem:
    return Problem(prefix + problem.where, problem.what, problem.given, problem.allowed, problem.fix)


def _problem(details: ErrorDetails, data: Mapping[str, Any]) -> Problem:
    kind, location = details["type"], [part for part in details["loc"] if part != "[key]"]
    where, given = _path(location), _given(details["input"], location)
    if kind == "extra_forbidden":
        key = str(location[-1])
        known = _known_keys(location, data)
        return Problem(where, "unknown key", given=key, allowed=one_of(known, key))
    if kind == "missing":
        return Problem(where, "is missing", fix=f"add {location[-1]}: …")
    if kind == "value_error":
        return Problem(where, details["msg"].removeprefix("Value error, "), given)
    allowed = _ALLOWED.get(kind, "").format(**details.get("ctx", {}))
    what = "is not allowed" if allowed else details["msg"]
    return Problem(where, what, given, allowed)


def _known_keys(location: list[str | int], data: Mapping[str, Any]) -> list[str]:
    if location[0] == "checkpoint" and len(location) > 1:
        return list(Checkpoint.model_fields)
    if location[0] == "file_mounts" and len(location) > 2:
        return list(FileMount.model_fields)
    return list(TrainingJob.model_fields)


def _path(location: Iterable[str | int]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "the job"


def _given(value: Any, location: Sequence[str | int]) -> str:
    if location[:1] == ["envs"] and looks_secret(str(location[-1])):
        return "(hidden)"
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
