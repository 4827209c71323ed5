"""JSON Schema and reference page of the platform spec, both generated from the models.

The committed copies are `spec/platform.schema.json` (for editors) and `docs/spec.md`; a test fails
when they have drifted. The schema says what one field alone decides as far as JSON Schema can; the
rest (address ranges, sums, the catalogue) is said by `fairlead plan`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fairlead.schema_page import section
from fairlead.spec.model import Platform

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path(__file__).with_name("platform.schema.json")
"""The committed schema."""
READING_ORDER = (
    *("Pool", "Disruption", "Tenant", "Quota", "Roles", "People", "Layers", "Layer"),
    *("LocalTarget", "AwsTarget", "GcpTarget", "AzureTarget", "OnpremTarget"),
    *("Endpoint", "Maintenance", "Ci", "ObjectStore"),
)
"""Parts of the reference page, as one reads them; parts that are not named here come last."""


def schema() -> dict[str, Any]:
    """JSON Schema of what stands under `fairlead:platform`."""
    return {"$schema": DIALECT, **Platform.model_json_schema(mode="validation")}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def reference() -> str:
    """The reference page: every key of the spec, its type, its default, its meaning, as Markdown."""
    whole = schema()
    parts = cast("Mapping[str, Mapping[str, Any]]", whole["$defs"])
    first = [name for name in READING_ORDER if name in parts]
    order = [*first, *(name for name in parts if name not in first)]
    lines = [
        "# The platform spec",
        "",
        "What stands under `config`, `fairlead:platform` of a stack, or in a file of its own for",
        "`fairlead plan -f`. Generated from the models in `components/fairlead/spec`: change those.",
        "How the layers of the configuration are merged: [ADR 2](adr/0002-layered-config.md). Teams may have",
        "files of their own: [tenants](tenants.md).",
    ]
    for name, part in [("platform", whole), *((name, parts[name]) for name in order)]:
        lines += section(name, part)
    return "\n".join(lines) + "\n"
