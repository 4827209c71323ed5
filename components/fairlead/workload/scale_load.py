"""Reads scales from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairlead.errors import InputError, Problem
from fairlead.spec.paths import in_input_order
from fairlead.spec.problems import from_validation
from fairlead.workload.files import each, mapping, same_name, text_of
from fairlead.workload.scale import ROOT, ServiceScale

KIND = "ServiceScale"


def load_file(path: Path) -> list[ServiceScale]:
    """Every scale of a YAML file. Raises InputError with all problems of all of them."""
    return load_text(text_of(path), str(path))


def load_text(text: str, source: str) -> list[ServiceScale]:
    """Every scale of a YAML text of one or more documents. Raises InputError with all problems."""
    empty = Problem(ROOT, "the file holds no scale", fix="docs/scaling.md has one")
    return each(text, source, empty, load_scale, _twice)


def load_scale(document: Any, source: str) -> ServiceScale:
    """One scale from parsed data. Raises InputError with every problem."""
    data = mapping(document, source, ROOT, KIND, "jobs are sent with `fairlead submit`")
    try:
        scale = ServiceScale.model_validate(data)
    except ValidationError as error:
        found = from_validation(error, ServiceScale, ROOT)
        raise InputError(source, in_input_order(found, data, ROOT)) from None
    problems = list(scale.conflicts())
    if problems:
        raise InputError(source, in_input_order(problems, data, ROOT))
    return scale


def _twice(scales: Sequence[ServiceScale]) -> Iterator[Problem]:
    """Two scales of one service would fight; two of one name would be one."""
    yield from same_name(scales, ROOT)
    services: set[tuple[str, str, str]] = set()
    for scale in scales:
        service = (scale.tenant, scale.workload_kind, scale.workload_name)
        if service in services:
            what = f"two scales of the tenant {scale.tenant} are for this {scale.workload_kind}"
            yield Problem(f"{ROOT}.workload", what, scale.workload_name, fix="put their targets into one")
        services.add(service)
