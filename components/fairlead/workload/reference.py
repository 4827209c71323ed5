"""Reference page of what people send: jobs, notebooks and models, generated from their models (docs/workload.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fairlead.schema_page import section
from fairlead.workload.model import TrainingJob
from fairlead.workload.notebook import Notebook
from fairlead.workload.serve import ServedModel

KINDS = (TrainingJob, Notebook, ServedModel)
HEAD = """\
# The workload files

Every key of what `fairlead submit`, `fairlead notebook` and `fairlead serve` read; the same on every target.
Generated from the models in `components/fairlead/workload`: change those. With examples and the reasons:
[a job](job.md), [notebooks](notebooks.md), [models](serving.md), [services that scale](scaling.md)."""


def reference() -> str:
    """The page, as Markdown: the kinds first, then the parts that they have, each once."""
    parts: dict[str, Mapping[str, Any]] = {}
    lines = [HEAD]
    for kind in KINDS:
        schema = kind.model_json_schema(mode="validation")
        lines += section(kind.__name__, schema)
        parts |= cast("Mapping[str, Mapping[str, Any]]", schema.get("$defs", {}))
    for name, part in sorted(parts.items()):
        lines += section(name, part)
    return "\n".join(lines) + "\n"
