"""Reads models from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.spec.paths import in_input_order
from fairlead.spec.problems import from_validation
from fairlead.workload.files import each, mapping, same_name, text_of
from fairlead.workload.load import unknown
from fairlead.workload.serve import ROOT, ServedModel

KIND = "Model"


def load_file(path: Path, catalog: Catalog | None = None) -> list[ServedModel]:
    """Every model of a YAML file. Raises InputError with all problems of all of them."""
    return load_text(text_of(path), str(path), catalog)


def load_text(text: str, source: str, catalog: Catalog | None = None) -> list[ServedModel]:
    """Every model of a YAML text of one or more documents. Raises InputError with all problems."""
    empty = Problem(ROOT, "the file holds no model", fix="docs/serving.md has one")
    return each(text, source, empty, partial(load_model, catalog=catalog), partial(same_name, root=ROOT))


def load_model(document: Any, source: str, catalog: Catalog | None = None) -> ServedModel:
    """One model from parsed data. Raises InputError with every problem."""
    fix = "jobs are sent with `fairlead submit`, scales with `fairlead scale`"
    data = mapping(document, source, ROOT, KIND, fix)
    try:
        model = ServedModel.model_validate(data)
    except ValidationError as error:
        bad = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        found = [*from_validation(error, ServedModel, ROOT), *_salvaged(data, bad, catalog)]
        raise InputError(source, in_input_order(found, data, ROOT)) from None
    problems = [*model.conflicts(), *unknown(model.accelerators, catalog, ROOT)]
    if problems:
        raise InputError(source, in_input_order(problems, data, ROOT))
    return model


def _salvaged(data: Mapping[Any, Any], bad: set[str], catalog: Catalog | None) -> Iterator[Problem]:
    """What else is wrong with the keys that are right in themselves: nobody likes a second round."""
    stand_in: dict[Any, Any] = {"name": "x", "tenant": "x", "format": "sklearn"}
    if not {"uri", "versions"} & (data.keys() - bad):
        stand_in["uri"] = "models:/x/1"
    rest = stand_in | {key: value for key, value in data.items() if key not in bad}
    try:
        model = ServedModel.model_validate(rest)
    except ValidationError:  # a key that is in nobody's place: it is reported already
        return
    yield from model.conflicts()
    yield from unknown(model.accelerators, catalog, ROOT)
