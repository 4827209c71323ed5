"""The nested classes of the clouds' SDKs one by one: of `_inputs.py` and `outputs.py` only what is named gets made.

A package's nested arguments and results are hundreds of classes in one file, and one resource uses a
handful: making all of `pulumi_aws.ec2._inputs` takes 0.3 s and 10 MiB. So such a file is run with class
statements that only note what a class would be made of; it is made when its name is asked for, with those
that its types name in quotes. Resources, which take all names over by `from ._inputs import *`, are
given those that they quote.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import RLock, local
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pulumi

NESTED = ("_inputs", "outputs")
DECORATORS = ("input_type", "output_type")
WAITING = "__waiting__"
"""Name in a module of its classes that are not made yet."""
OFFERED = "__offered__"
"""Name in a module of the list of its names: `__all__` depends on who asks."""
_MAKING = RLock()
"""Held while classes are made: a program may have threads. Nothing is imported under it, so nothing waits
for it that holds a lock of an import."""
_HERE = local()
"""What this thread does: `leaves`, the modules of nested arguments whose resources are being run."""


@dataclass
class Waiting:
    """A class that is not made: what the class statement was given, and the decorators around it."""

    body: FunctionType
    name: str
    bases: tuple[Any, ...]
    named: Mapping[str, Any]
    decorators: list[Callable[[Any], Any]] = field(default_factory=list[Callable[[Any], Any]])

    def made(self) -> Any:
        """The class."""
        one = builtins.__build_class__(self.body, self.name, *self.bases, **self.named)
        for decorator in self.decorators:
            one = decorator(one)
        return one


class ByClasses(InspectLoader):
    """Runs `_inputs.py` or `outputs.py`; its classes are made when their names are asked for."""

    def __init__(self, whole: InspectLoader) -> None:
        self._whole = whole

    def get_source(self, fullname: str) -> str | None:
        """As the module's own loader does it."""
        return self._whole.get_source(fullname)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module without its classes, and puts a function into it that makes them."""
        code = self._whole.get_code(module.__name__)
        assert code  # noqa: S101 - the finder takes files only
        inside = vars(module)
        own = {"__build_class__": waiting_class, "__import__": noting_import}
        inside["__builtins__"] = {**vars(builtins), **own}
        exec(code, inside)  # noqa: S102 - installed code
        inside["__builtins__"] = builtins
        inside.update({name: pulumi for name, one in inside.items() if one is _NOTING})
        waiting = {name: one for name, one in inside.items() if isinstance(one, Waiting)}
        for name in waiting:
            del inside[name]
        inside[WAITING] = waiting
        inside[OFFERED] = inside.pop("__all__", [])

        def named(name: str) -> Any:
            if name == "__all__":
                return [] if module in vars(_HERE).get("leaves", ()) else inside[OFFERED]
            with _MAKING:
                _make(name, waiting, inside)
            if name not in inside:
                raise AttributeError(f"module {module.__name__} has no attribute {name}")
            return inside[name]

        inside["__getattr__"] = named


def waiting_class(body: FunctionType, name: str, *bases: Any, **named: Any) -> Waiting:
    """What stands for the class statement."""
    return Waiting(body, name, bases, named)


class _Noting(ModuleType):
    """Stands for `pulumi` in such a file: its decorators note themselves on a class that waits."""

    def __init__(self) -> None:
        super().__init__(pulumi.__name__)
        for name in DECORATORS:
            setattr(self, name, _noted(getattr(pulumi, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(pulumi, name)


def _noted(decorator: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def note(one: Any) -> Any:
        if not isinstance(one, Waiting):
            return decorator(one)
        one.decorators.append(decorator)
        return one

    return note


_NOTING = _Noting()


def noting_import(name: str, *others: Any, **named: Any) -> Any:
    """What stands for the import statement."""
    found = builtins.__import__(name, *others, **named)
    return _NOTING if found is pulumi else found


def _make(name: str, waiting: dict[str, Waiting], inside: dict[str, Any]) -> None:
    """Makes a class and those that it names, as far as they wait; no thread sees it without them."""
    left, made = [name], dict[str, Any]()
    while left:
        one = waiting.pop(left.pop(), None)
        if one is not None:
            made[one.name] = one.made()
            left += [text for text in quoted(one.body.__code__) if text in waiting]
    inside.update(made)


def quoted(code: CodeType) -> Iterator[str]:
    """Every text in the code, with that of the functions in it: names of types are among them."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from quoted(constant)


class Leaf(InspectLoader):
    """Runs the module of one resource without all the nested classes of its package."""

    def __init__(self, whole: InspectLoader, folder: Path) -> None:
        self._whole = whole
        self._folder = folder

    def get_source(self, fullname: str) -> str | None:
        """As the module's own loader does it."""
        return self._whole.get_source(fullname)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the module; then the nested classes that it quotes are its own."""
        code = self._whole.get_code(module.__name__)
        assert code  # noqa: S101 - the finder takes files only
        inputs = self._inputs(module)
        with _nothing_for_a_star(inputs):
            exec(code, vars(module))  # noqa: S102 - installed code
        offered: list[str] = vars(inputs).get(OFFERED, []) if inputs else []
        for name in set(quoted(code)).intersection(offered):
            vars(module).setdefault(name, getattr(inputs, name))

    def _inputs(self, module: ModuleType) -> ModuleType | None:
        if not (self._folder / "_inputs.py").is_file():
            return None
        name = f"{module.__name__.rpartition('.')[0]}._inputs"
        return sys.modules.get(name) or importlib.import_module(name)


@contextmanager
def _nothing_for_a_star(inputs: ModuleType | None) -> Generator[None]:
    """`from ._inputs import *` finds nothing meanwhile, in this thread."""
    leaves: list[ModuleType | None] = vars(_HERE).setdefault("leaves", [])
    leaves.append(inputs)
    try:
        yield
    finally:
        leaves.pop()


def light(spec: ModuleSpec, package: str, leaf: str) -> ModuleSpec:
    """A module of a package; of one that is run as it is, the module too is run as it is."""
    by_leaves = "__getattr__" in vars(sys.modules[package])
    whole = spec.loader
    if by_leaves and isinstance(whole, InspectLoader) and spec.origin and not spec.submodule_search_locations:
        spec.loader = ByClasses(whole) if leaf in NESTED else Leaf(whole, Path(spec.origin).parent)
    return spec
