"""Runs the program of a stack against a monitor that only writes down what it is told."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import mocks, rpc, set_mocks, settings
from pulumi.runtime.stack import run_pulumi_func

from fairlead.declared.lookups import ANSWERS, EXPORTS, STACK_REFERENCE
from fairlead.declared.placeholder import outputs, reference, told_only, with_inputs
from fairlead.errors import FairleadError
from fairlead.rules.unseen import SECRET, UNKNOWN
from fairlead.sdk.quick import make_quick

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of the engine's protocol that marks a map as a special value. Of those only secrets reach a monitor
that, like this one, supports no others: github.com/pulumi/pulumi sdk/v3 v3.255.0, common/resource/sig."""
URN_PARTS = 4
"""urn:pulumi:STACK, PROJECT, TYPE, NAME: what follows in a provider's reference is its id."""
DIGITS = 16
"""Of the digest that tells one secret from another."""
KEY = "FAIRLEAD_SECRETS_KEY"
"""Variable of the environment with the key to that digest; whoever compares makes one up and forgets it."""
PROJECT = "fairlead"
STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Declared:
    """One resource as the program declares it. Fields as `fairlead resources -o json` prints them."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    depends_on: tuple[str, ...]
    protect: bool
    aliases: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    retain_on_delete: bool
    provider: str
    """URN of the provider that was named; empty for the default one."""
    inputs: Mapping[str, Any]
    """In wire case; what exists only after creation is a reference, what is secret is not shown."""
    replace_on_changes: tuple[str, ...] = ()
    """Inputs whose change replaces the resource, beside those that its provider knows of."""
    delete_before_replace: bool = False


class _Outputs(mocks.Mocks):
    """Gives back the inputs and a stand-in for every output that is not among them."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        made = outputs(args.typ, args.name)
        if args.typ == STACK_REFERENCE:
            made["outputs"] = {key: reference(args.typ, args.name, f"outputs.{key}") for key in EXPORTS}
        return reference(args.typ, args.name, "id"), with_inputs(made, args.inputs)

    def call(self, args: mocks.MockCallArgs) -> Any:
        """The answer of a lookup, made of references. Raises FairleadError for one that is not foreseen."""
        answer = ANSWERS.get(args.token)
        if answer is None:
            raise FairleadError(f"the program looks something up ({args.token}): that needs credentials")
        given = cast("Mapping[str, Any]", args.args)
        named = str(given.get("name") or given.get("resourceName"))
        return answer(lambda path: reference(args.token, named, path))


class _Unknown(_Outputs):
    """A first preview: nothing that the program did not say itself is known."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        return "", told_only(outputs(args.typ, args.name), args.inputs)


class _Monitor(mocks.MockMonitor):
    def __init__(self, behaviour: mocks.Mocks, stack: str, key: bytes) -> None:
        super().__init__(behaviour)
        self._stack, self._key = stack, key
        self.declared: dict[str, Declared] = {}
        self.answers: dict[str, Any] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        return make_urn(self._stack, parent, type_, name)

    def RegisterResource(self, request: Any) -> Any:
        if request.type == STACK_TYPE:
            return super().RegisterResource(request)
        inputs = _shown(rpc.deserialize_properties(request.object, keep_unknowns=True), self._key)
        response = super().RegisterResource(request)
        if response.urn in self.declared:
            raise AssertionError(f"registered twice: {response.urn}")
        self.declared[response.urn] = Declared(
            urn=response.urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            depends_on=tuple(sorted(request.dependencies)),
            protect=request.protect,
            aliases=tuple(name for alias in request.aliases if (name := alias.urn or alias.spec.name)),
            ignore_changes=tuple(request.ignoreChanges),
            retain_on_delete=request.retainOnDelete,
            provider="::".join(request.provider.split("::")[:URN_PARTS]),
            inputs=inputs,
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace,
        )
        self.answers[response.urn] = response
        return response


def make_urn(stack: str, parent: str, type_: str, name: str) -> str:
    """As the engine makes it: the stack itself is in no type path."""
    above = parent.split("::")[2] if parent else ""
    path = f"{above}${type_}" if above not in ("", STACK_TYPE) else type_
    return f"urn:pulumi:{stack}::{PROJECT}::{path}::{name}"


class _Hooks:
    """Stands where the server lies through which the engine would call hooks: nothing is created here."""

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        pass


def _shown(data: Any, key: bytes) -> Any:
    """Plain data as it is printed: whole numbers as such, no secret, unknown values marked."""
    if isinstance(data, dict):
        found = cast("dict[str, Any]", data)
        if SIGNATURE in found:
            return _hidden(found, key)
        return {name: _shown(value, key) for name, value in found.items()}
    if isinstance(data, list):
        return [_shown(value, key) for value in cast("list[Any]", data)]
    if isinstance(data, Unknown):
        return UNKNOWN
    return int(data) if isinstance(data, float) and data.is_integer() else data


def _hidden(secret: Mapping[str, Any], key: bytes) -> str:
    """The mark of a secret; with a key, such that one can be told from another, by whoever has the key alone."""
    if not key:
        return SECRET
    digest = hmac.new(key, repr(secret.get("value")).encode(), "sha256").hexdigest()
    return f"{SECRET[:-1]} {digest[:DIGITS]}]"


def record(
    program: Callable[[], None],
    stack: str,
    *,
    unknown: bool = False,
    answers: dict[str, Any] | None = None,
    key: bytes = b"",
) -> list[Declared]:
    """What a program declares, sorted by URN.

    unknown: outputs are unknown as in a first preview, in place of references; answers: takes up what each
    registration, by URN, was answered with, for whoever wants to play the engine again; key: tells secrets apart.
    """
    make_quick()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor = _Monitor(_Unknown() if unknown else _Outputs(), stack, key)
    set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=unknown, monitor=monitor)
    settings.SETTINGS.callbacks = _Hooks()  # pyright: ignore[reportAttributeAccessIssue]

    async def whole() -> None:
        await run_pulumi_func(program)

    loop.run_until_complete(whole())
    asyncio.set_event_loop(None)
    loop.close()
    if answers is not None:
        answers |= monitor.answers
    return [monitor.declared[urn] for urn in sorted(monitor.declared)]


def declared(
    folder: Path,
    stack: str,
    *,
    unknown: bool = False,
    answers: dict[str, Any] | None = None,
    key: bytes = b"",
) -> list[Declared]:
    """What the program of a stack declares; unknown, answers and key as in `record`.

    folder: directory of the stack files. Raises InputError with every problem of the configuration.
    """
    from fairlead.program import build

    return record(
        lambda: build(folder, stack, standing=False), stack, unknown=unknown, answers=answers, key=key
    )


def main() -> None:
    """`python -m fairlead.declared.record FOLDER STACK`: prints the resources as JSON."""
    folder, stack = sys.argv[1:]
    try:
        found = declared(Path(folder), stack, key=os.environ.get(KEY, "").encode())
    except FairleadError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    json.dump([asdict(one) for one in found], sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
