"""Reads notebooks from YAML and reports everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.spec.paths import in_input_order
from fairlead.spec.problems import from_validation
from fairlead.workload.files import each, mapping, same_name, text_of
from fairlead.workload.load import unknown, without, without_secrets
from fairlead.workload.notebook import ROOT, Notebook

KIND = "Notebook"


def load_file(path: Path, catalog: Catalog | None = None) -> list[Notebook]:
    """Every notebook of a YAML file. Raises InputError with all problems of all of them."""
    return load_text(text_of(path), str(path), catalog)


def load_text(text: str, source: str, catalog: Catalog | None = None) -> list[Notebook]:
    """Every notebook of a YAML text of one or more documents. Raises InputError with all problems."""
    empty = Problem(ROOT, "the file holds no notebook", fix="examples/notebooks has one")
    return each(text, source, empty, partial(load_notebook, catalog=catalog), partial(same_name, root=ROOT))


def load_notebook(document: Any, source: str, catalog: Catalog | None = None) -> Notebook:
    """One notebook from parsed data. Raises InputError with every problem."""
    data = mapping(document, source, ROOT, KIND, "jobs are sent with `fairlead submit`")
    try:
        notebook = Notebook.model_validate(data)
    except ValidationError as error:
        bad = [without_secrets(problem, ROOT) for problem in from_validation(error, Notebook, ROOT)]
        rest = without(data, [details["loc"] for details in error.errors()])
        raise InputError(source, in_input_order([*bad, *_salvaged(rest, catalog)], data, ROOT)) from None
    problems = list(_problems(notebook, catalog))
    if problems:
        raise InputError(source, in_input_order(problems, data, ROOT))
    return notebook


def _problems(notebook: Notebook, catalog: Catalog | None) -> Iterable[Problem]:
    return (*notebook.conflicts(), *unknown(notebook.accelerators, catalog, ROOT))


def _salvaged(rest: Mapping[Any, Any], catalog: Catalog | None) -> Iterable[Problem]:
    """What else is wrong with the keys that are right in themselves."""
    try:
        notebook = Notebook.model_validate({"name": "x", "tenant": "tenant", "image": "x:1", **rest})
    except ValidationError:  # a rule over several keys: it is reported already
        return ()
    return _problems(notebook, catalog)
