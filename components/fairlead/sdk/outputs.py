"""A resource's outputs are made of the engine's answer once somebody reads one (docs/adr/0021).

The SDK makes an output of every property of every resource, with four futures and a task, and Python data of
the whole answer. Of 565 resources of a production stack on AWS with 3,946 outputs, 37 have one that is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi import Output


class Answer(dict[str, Any]):
    """What the engine answered for a resource, in the place of the SDK's resolvers: untouched until it is read."""

    def __init__(self, transfer: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._transfer: Callable[[], dict[str, Any]] | None = transfer
        self._finish: Callable[[dict[str, Any]], None] | None = None

    def came(self, finish: Callable[[dict[str, Any]], None]) -> None:
        """Takes what makes outputs of the answer, given the SDK's resolvers; done at once where one was read before."""
        if self._transfer:
            self._finish = finish
        else:
            finish(self)

    def read(self) -> None:
        """Puts the SDK's own outputs in the place of those that wait."""
        if not self._transfer:
            return
        transfer, self._transfer = self._transfer, None
        self.update(transfer())
        if self._finish:
            finish, self._finish = self._finish, None
            finish(self)


class Waiting(Output[Any]):
    """An output that nobody has read. Its data are those of the output that the SDK makes in its place."""

    def __init__(self, resource: Any, name: str, answer: Answer) -> None:
        self._of = (resource, name, answer)

    @property
    def _data(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        resource, name, answer = self._of
        answer.read()
        return resource.__dict__[name]._data


def _came(resolvers: dict[str, Any], finish: Callable[[dict[str, Any]], None]) -> None:
    # The stack itself is there before anything is replaced.
    resolvers.came(finish) if isinstance(resolvers, Answer) else finish(resolvers)


def make_when_read(rpc: Any) -> None:
    """Replaces the places of the SDK's `rpc` that fill a resource's outputs."""
    transfer, resolve, fail = (
        rpc.transfer_properties,
        rpc.resolve_outputs,
        rpc.resolve_outputs_due_to_exception,
    )

    def transfer_properties(res: Any, props: Any, custom: bool) -> dict[str, Any]:
        answer = Answer(lambda: transfer(res, props, custom))
        for name in props:
            if name != "urn" and not (name == "id" and custom):
                res.__dict__[name] = Waiting(res, name, answer)
        return answer

    def resolve_outputs(
        res: Any, inputs: Any, outputs: Any, deps: Any, resolvers: dict[str, Any], *others: Any
    ) -> None:
        _came(resolvers, lambda those: resolve(res, inputs, outputs, deps, those, *others))

    def resolve_outputs_due_to_exception(resolvers: dict[str, Any], exn: Exception) -> None:
        _came(resolvers, lambda those: fail(those, exn))

    rpc.transfer_properties = transfer_properties
    rpc.resolve_outputs = resolve_outputs
    rpc.resolve_outputs_due_to_exception = resolve_outputs_due_to_exception
