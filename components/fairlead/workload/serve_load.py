"""Reads models from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.plan.sharing import find
from fairlead.spec.paths import in_input_order
from fairlead.spec.problems import from_validation, shown
from fairlead.workload.documents import read
from fairlead.workload.serve import ROOT, ServedModel
from fairlead.workload.sizing import read_catalog

KIND = "Model"


def load_file(path: Path, catalog: Catalog | None = None) -> list[ServedModel]:
    """Every model of a YAML file. Raises InputError with all problems of all of them."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), "cannot be read as a text file", given=str(error), fix="check the path")
        raise InputError(str(path), [problem]) from None
    return load_text(text, str(path), catalog)


def load_text(text: str, source: str, catalog: Catalog | None = None) -> list[ServedModel]:
    """Every model of a YAML text of one or more documents. Raises InputError with all problems."""
    documents = read(text, source)
    if not documents:
        raise InputError(source, [Problem(ROOT, "the file holds no model", fix="docs/serving.md has one")])
    models: list[ServedModel] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        try:
            models.append(load_model(document, source, catalog))
        except InputError as error:
            root = f"{ROOT}[{index}]" if len(documents) > 1 else ROOT
            problems += [replace(p, where=root + p.where.removeprefix(ROOT)) for p in error.problems]
    problems += _same_name(models)
    if problems:
        raise InputError(source, problems)
    return models


def load_model(document: Any, source: str, catalog: Catalog | None = None) -> ServedModel:
    """One model from parsed data. Raises InputError with every problem."""
    if not isinstance(document, Mapping):
        raise InputError(source, [Problem(ROOT, "must be a map of keys and values", shown(document))])
    data = cast("Mapping[Any, Any]", document)
    if data.get("kind", KIND) != KIND:
        fix = "jobs are sent with `fairlead submit`, scales with `fairlead scale`"
        raise InputError(source, [Problem(f"{ROOT}.kind", "is no model", shown(data["kind"]), KIND, fix)])
    known = catalog or read_catalog()
    try:
        model = ServedModel.model_validate(data)
    except ValidationError as error:
        bad = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        found = [*from_validation(error, ServedModel, ROOT), *_salvaged(data, bad, known)]
        raise InputError(source, in_input_order(found, data, ROOT)) from None
    problems = [*model.conflicts(), *_accelerator_problems(model, known)]
    if problems:
        raise InputError(source, in_input_order(problems, data, ROOT))
    return model


def _salvaged(data: Mapping[Any, Any], bad: set[str], catalog: Catalog) -> Iterator[Problem]:
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
    yield from _accelerator_problems(model, catalog)


def _accelerator_problems(model: ServedModel, catalog: Catalog) -> Iterable[Problem]:
    if model.accelerators is None:
        return ()
    found = find(model.accelerators.called, f"{ROOT}.accelerators", catalog)
    return (found,) if isinstance(found, Problem) else ()


def _same_name(models: Sequence[ServedModel]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for model in models:
        if (model.tenant, model.name) in seen:
            what = f"two models of the tenant {model.tenant} have this name"
            yield Problem(f"{ROOT}.name", what, given=model.name)
        seen.add((model.tenant, model.name))
