"""A recording engine: programs run under Pulumi's mocks, and what they registered is read afterwards.

Beside types and inputs, which Pulumi's own mocks show, each registration's options are kept as they
went to the engine: parent, dependencies, hooks, whether the object is retained on deletion.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import pulumi
from pulumi.runtime import mocks, set_mocks, settings
from pulumi.runtime.stack import run_pulumi_func, wait_for_rpcs

from fairlead.declared.placeholder import outputs, with_inputs
from fairlead.sdk.quick import make_quick

T = TypeVar("T")


@dataclass(frozen=True)
class Registration:
    """What the engine was told of one resource beside its inputs."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    depends_on: frozenset[str]
    """URNs, those of a component's children included."""
    hooks: tuple[str, ...]
    """Names of the hooks before its creation."""
    retained: bool
    """Left in the cluster when the resource is deleted."""
    anew: tuple[str, ...]
    """Paths of inputs: where one changes, the resource is deleted first and then made anew."""
    provider: str
    inputs: Mapping[str, Any]

    @property
    def object(self) -> Mapping[str, Any]:
        """The Kubernetes object; empty for other resources."""
        return self.inputs if self.type.startswith("kubernetes:") and "kind" in self.inputs else {}


@dataclass
class Recorder(mocks.Mocks):
    """Keeps every resource: type token, name and inputs as the engine would get them."""

    resources: list[mocks.MockResourceArgs] = field(default_factory=list)
    registered: dict[str, Registration] = field(default_factory=dict)
    """By URN; the stack itself is not among them."""
    hooks: dict[str, Callable[[pulumi.ResourceHookArgs], Any]] = field(default_factory=dict)
    """Hooks by name, as the engine would call them."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        self.resources.append(args)
        return f"{args.name}-id", with_inputs(outputs(args.typ, args.name), args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:
        raise AssertionError(f"the program called {args.token}: it may not look anything up")

    def objects(self, kind: str = "") -> list[dict[str, Any]]:
        """The Kubernetes objects registered, all or of one kind."""
        made = [one.object for one in self.registered.values() if one.object]
        return [dict(one) for one in made if not kind or one["kind"] == kind]

    def types(self) -> list[str]:
        return [one.typ for one in self.resources]

    def of_kind(self, kind: str) -> list[Registration]:
        """The registrations of one Kubernetes kind."""
        return [one for one in self.registered.values() if one.object.get("kind") == kind]

    def named(self, kind: str, name: str) -> Registration:
        """The one registration of this kind and name."""
        [found] = [one for one in self.of_kind(kind) if one.object["metadata"]["name"] == name]
        return found

    def behind(self, urn: str) -> set[str]:
        """Everything that stands before this resource is made, over any number of steps."""
        seen: set[str] = set()
        todo = [urn]
        while todo:
            one = self.registered.get(todo.pop())
            for before in one.depends_on if one else ():
                if before not in seen:
                    seen.add(before)
                    todo.append(before)
        return seen


def _counted(data: Any) -> Any:
    """Whole numbers as such again: the engine's protocol carries every number as a float."""
    if isinstance(data, dict):
        return {key: _counted(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_counted(value) for value in data]
    return int(data) if isinstance(data, float) and data.is_integer() else data


class _Monitor(mocks.MockMonitor):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response
        if response.urn in self._recorder.registered:
            raise AssertionError(f"registered twice: {response.urn}")
        self._recorder.registered[response.urn] = Registration(
            urn=response.urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            depends_on=frozenset(request.dependencies),
            hooks=tuple(request.hooks.before_create),
            retained=bool(request.retainOnDelete),
            anew=tuple(request.replaceOnChanges) if request.deleteBeforeReplace else (),
            provider=request.provider.rpartition("::")[0],
            inputs=_counted(self.resources[response.urn].state),
        )
        return response


class _Hooks:
    """Stands where the server lies through which the engine would call hooks."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recorder.hooks[hook.name] = hook.callback


def recorded(program: Callable[[], T], stack: str = "local") -> tuple[T, Recorder]:
    """Runs a program to its end, all registrations landed; its result and what it registered."""
    make_quick()
    recorder = Recorder()
    result: list[T] = []
    asyncio.set_event_loop(_loop())
    set_mocks(recorder, project="fairlead", stack=stack, preview=False, monitor=_Monitor(recorder))
    settings.SETTINGS.callbacks = _Hooks(recorder)  # type: ignore[assignment]

    async def whole() -> None:
        await run_pulumi_func(lambda: result.append(program()))

    run(whole())
    return result[0], recorder


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of all recordings: `asyncio.run` of a test leaves the thread without a current one."""
    return asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """What work comes to that belongs to a recorded program, as a hook's answer.

    Outputs that it began are waited for: Pulumi keeps them in a list of the whole process, and the next program, on
    another loop, would wait for them for ever.
    """

    async def whole() -> T:
        result = await work
        await wait_for_rpcs()
        return result

    asyncio.set_event_loop(_loop())
    return _loop().run_until_complete(whole())


def value(output: pulumi.Output[T]) -> T:
    """What an output resolved to."""
    return run(output.future())  # type: ignore[return-value]
