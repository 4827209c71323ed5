"""Ready is not yet routable: a webhook's first call is made on purpose, and repeated until it is answered.

A Deployment that has rolled out says nothing of the Service in front of it. Before the first
object of a kind is created, a server-side dry run of a harmless one goes through the same
webhook; only its answer lets the creation start.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pulumi

from fairlead.client_types import meet_types
from fairlead.errors import FairleadError
from fairlead.plan.credentials import is_text

if TYPE_CHECKING:
    from lightkube import SingleConfig

LIMIT_SECONDS = 120
"""How long a webhook may take after its Deployment is ready."""
PAUSE_SECONDS = 0.25
"""Between two tries."""

Probe = Callable[[], None]
"""Makes one try; raises if the webhook did not answer."""


def until_answered(
    probe: Probe, what: str, limit: float = LIMIT_SECONDS, pause: float = PAUSE_SECONDS
) -> int:
    """Tries until the probe gets an answer; the number of tries. Raises FairleadError when the time is up."""
    end, tries = time.monotonic() + limit, 0
    while True:
        tries += 1
        try:
            probe()
        except ConnectionError as error:
            if time.monotonic() >= end:
                raise FairleadError(f"{what} did not answer within {limit:.0f} s: {error}") from error
            time.sleep(pause)
        else:
            return tries


def dry_run(kubeconfig: str, obj: Mapping[str, Any], context: str | None = None) -> None:
    """A server-side dry run of one object. Raises ConnectionError while its webhook cannot be reached.

    An answer is an answer, also a refusal: then the webhook works and the real object's own
    error will tell what is wrong with it.
    """
    from lightkube import ApiError, Client
    from lightkube.codecs import from_dict

    meet_types()
    kind_of(obj)
    with Client(config=config(kubeconfig, context), dry_run=True) as client:
        try:
            client.apply(from_dict(dict(obj)), field_manager="fairlead-probe", force=True)
        except ApiError as error:
            if error.status.code == 404 or "failed calling webhook" in (error.status.message or ""):
                raise ConnectionError(error.status.message) from error


def config(kubeconfig: str, context: str | None) -> SingleConfig | None:
    """Contract rule C9: the path of a file, or the text of a kubeconfig. Raises ConfigError for no such context."""
    from lightkube import KubeConfig

    if not is_text(kubeconfig):
        return KubeConfig.from_file(kubeconfig).get(context)
    import yaml

    return KubeConfig.from_dict(cast("dict[str, Any]", yaml.safe_load(kubeconfig))).get(context)


def kind_of(obj: Mapping[str, Any]) -> Any:
    """The client's class of an object's kind, declared when it is first asked for."""
    from lightkube import generic_resource

    # lightkube ships no full types for this module.
    known = cast("Any", generic_resource)
    found = known.get_generic_resource(obj["apiVersion"], obj["kind"])
    if found is not None:
        return found
    group, _, version = obj["apiVersion"].rpartition("/")
    inside = "namespace" in obj["metadata"]
    declare = known.create_namespaced_resource if inside else known.create_global_resource
    return declare(group, version, obj["kind"], f"{obj['kind'].lower()}s")


def answered(
    name: str,
    kubeconfig: pulumi.Output[str],
    objects: Sequence[Mapping[str, Any]],
    context: str | None = None,
) -> pulumi.ResourceHookBinding:
    """Hooks that hold back creations until the webhook of each of these objects' kinds answers.

    Only the first creation waits; the others share its answer.
    """
    path: list[str] = []
    kubeconfig.apply(path.append)
    lock = asyncio.Lock()
    done: list[int] = []

    async def wait(_: pulumi.ResourceHookArgs) -> None:
        async with lock:
            for obj in objects[len(done) :]:
                tries = await asyncio.to_thread(
                    until_answered,
                    partial(dry_run, path[0], obj, context),
                    f"webhook of {name} for {obj['kind']}",
                )
                done.append(tries)

    hook = pulumi.ResourceHook(f"{name}-webhook-answers", wait)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
