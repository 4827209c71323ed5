"""What is scanned: every object of every stack, of a platform with every layer, and the pods of tenants' examples.

A scanner reads files. Each has one object: of several in a file not all are counted, as test_scanner_mistakes.py shows.
What several stacks have alike is written once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.golden import REPO
from support.recorded import of_stack

from fairlead.spec.layers import stacks
from reference.common import Reference, filled
from reference.scanners import workloads

Object = Mapping[str, Any]
OWN = Path(__file__).parent / "stacks"
"""Stack files of these tests: layers that no stack of the repository switches on."""
EVERY_LAYER = "every-layer"
"""The stack whose tenants the examples are sent to."""
EXAMPLES = REPO / "examples"


def name_of(obj: Object) -> str:
    """`Kind namespace/name`; without a namespace `Kind name`."""
    meta = obj["metadata"]
    return f"{obj['kind']} {meta['namespace'] + '/' if meta.get('namespace') else ''}{meta['name']}"


@dataclass
class Scanned:
    """Everything that is scanned, each object once."""

    objects: dict[str, Object] = field(default_factory=dict[str, Object])
    """File -> its object."""
    stacks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Stack -> its files."""

    def add(self, stack: str, obj: Object) -> None:
        text = json.dumps(obj, sort_keys=True)
        file = f"{obj['kind']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        self.objects[file] = obj
        files = self.stacks.setdefault(stack, [])
        assert file not in files, f"{stack} has {name_of(obj)} twice"
        files.append(file)

    def write(self, folder: Path) -> None:
        """One file for each object."""
        for file, obj in self.objects.items():
            (folder / file).write_text(text_of(obj), encoding="utf-8")

    def stacks_of(self, file: str) -> list[str]:
        """The stacks that have this file's object."""
        return [stack for stack, files in self.stacks.items() if file in files]


def text_of(obj: Object) -> str:
    """JSON as checkov reads it rightly: it takes `}{` for the end of one object, inside of texts too."""
    return json.dumps(_thin(obj), ensure_ascii=False).replace("}{", "}\\u007b")


def _thin(obj: Object) -> Object:
    """A CRD without its schemas: no check reads them, and to parse them would be most of the time."""
    if obj["kind"] != "CustomResourceDefinition":
        return obj
    versions = [
        {key: part for key, part in one.items() if key != "schema"} for one in obj["spec"]["versions"]
    ]
    return {**obj, "spec": {**obj["spec"], "versions": versions}}


def everything() -> Scanned:
    """All of it."""
    made = Scanned()
    for stack in stacks(REPO / "stacks"):
        _declared(made, stack)
    for file in sorted(OWN.glob("Pulumi.*.yaml")):
        _declared(made, file.name.removeprefix("Pulumi.").removesuffix(".yaml"), OWN)
    runtimes = {
        obj["metadata"]["name"]: obj
        for file in made.stacks[EVERY_LAYER]
        if (obj := made.objects[file])["kind"] == "ClusterTrainingRuntime"
    }
    servers = [obj for obj in made.objects.values() if obj["kind"] == "ClusterServingRuntime"]
    for obj in workloads.rendered(EXAMPLES, runtimes, servers):
        made.add(EVERY_LAYER, obj)
    return made


def _declared(made: Scanned, stack: str, folder: Path | None = None) -> None:
    found = [one.inputs for one in of_stack(stack, more=folder) if one.type.startswith("kubernetes:")]
    objects = [filled(one, plausible) for one in found if "kind" in one]
    tenant = min(one["metadata"]["namespace"] for one in objects if one["kind"] == "LocalQueue")
    for obj in objects:
        made.add(stack, obj)
        for inner in workloads.pods_inside(obj, tenant):
            made.add(stack, inner)


def plausible(of: Reference) -> str:
    """In the place of what only a cloud knows: checkov passes by objects whose names have braces, without a word."""
    return re.sub(r"[^a-z0-9]+", "-", f"{of.name}-{of.output}".lower()).strip("-")
