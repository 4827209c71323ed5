"""The clouds' SDKs by their leaves: of a package only the modules whose classes are used get loaded.

`from pulumi_gcp import compute` runs 400 modules for the seven classes that a target uses; all unused
modules of an SDK cost 1 to 2 s and 20 to 40 MiB (docs/adr/0013). So a package of
an SDK is a module that runs nothing: the first use of a name in it loads the one module that defines the
name. What is not found by the SDKs' own naming (class `NodePool` in `node_pool.py`, nested arguments in
`_inputs.py`) runs the package as it is: then nothing is saved, and nothing lost.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from fairlead.sdk.classes import light

SDKS = frozenset({"pulumi_aws", "pulumi_gcp", "pulumi_azure_native"})
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = re.compile(r"(Init)?Args$|_output$")


def load_by_leaves() -> None:
    """From now on packages of the clouds' SDKs load name by name; those that are loaded stay as they are."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds `pulumi_aws.ec2` and its like where they are, and changes only how they are run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        sdk, _, inside = name.partition(".")
        package, _, leaf = inside.partition(".")
        if sdk not in SDKS or not package or "." in leaf:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if not spec or not spec.loader:
            return spec
        if leaf:
            return light(spec, f"{sdk}.{package}", leaf)
        if spec.submodule_search_locations:
            spec.loader = _ByLeaves(spec.loader, Path(next(iter(spec.submodule_search_locations))))
        return spec


class _ByLeaves(Loader):
    def __init__(self, whole: Loader, folder: Path) -> None:
        self._whole = whole
        self._folder = folder

    def exec_module(self, module: ModuleType) -> None:
        def named(name: str) -> Any:
            if not name.startswith("__"):
                for leaf in self._leaves(name):
                    found = importlib.import_module(f"{module.__name__}.{leaf}")
                    if hasattr(found, name):
                        # Said again: importing get_cluster.py has put a module under its function's name.
                        setattr(module, name, getattr(found, name))
                        return getattr(module, name)
                    if leaf == name:
                        return found
            elif name != "__all__":
                raise AttributeError(name)
            module.__dict__.pop("__getattr__", None)  # another thread may have been here meanwhile
            self._whole.exec_module(module)
            return getattr(module, name)

        module.__dict__["__getattr__"] = named

    def _leaves(self, name: str) -> Iterator[str]:
        """Modules that may define the name, the likeliest first."""
        own = _WORDS.sub("_", _ENDINGS.sub("", name)).lower()
        for leaf in (name, own, "_inputs", "_enums"):
            if (self._folder / f"{leaf}.py").is_file():
                yield leaf
