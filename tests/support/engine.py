"""A recording engine: programs run under Pulumi's mocks, and what they registered is read afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
from pulumi.runtime import mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

T = TypeVar("T")


@dataclass
class Recorder(mocks.Mocks):
    """Keeps every resource: type token, name and inputs as the engine would get them."""

    resources: list[mocks.MockResourceArgs] = field(default_factory=list)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        self.resources.append(args)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:
        raise AssertionError(f"the program called {args.token}: it may not look anything up")

    def objects(self, kind: str = "") -> list[dict[str, Any]]:
        """The Kubernetes objects registered, all or of one kind."""
        made = [one.inputs for one in self.resources if one.typ.startswith("kubernetes:") and "kind" in one.inputs]
        return [one for one in made if not kind or one["kind"] == kind]

    def types(self) -> list[str]:
        return [one.typ for one in self.resources]


def recorded(program: Callable[[], T], stack: str = "local") -> tuple[T, Recorder]:
    """Runs a program to its end, all registrations landed; its result and what it registered."""
    recorder = Recorder()
    result: list[T] = []
    asyncio.set_event_loop(asyncio.new_event_loop())
    set_mocks(recorder, project="fairlead", stack=stack, preview=False)

    async def whole() -> None:
        await run_pulumi_func(lambda: result.append(program()))

    asyncio.get_event_loop().run_until_complete(whole())
    return result[0], recorder


def value(output: pulumi.Output[T]) -> T:
    """What an output resolved to."""
    return asyncio.get_event_loop().run_until_complete(output.future())  # type: ignore[return-value]
