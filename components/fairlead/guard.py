"""What a program registers is held against the rules before the engine hears of it.

The engine's own way for that, transforms, sends every resource back to the program and waits for it: docs/adr/0061.
Here it is looked at where it leaves the program, in the same words as in the policy pack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import settings

from fairlead.rules.judge import about, of_resource
from fairlead.rules.model import Finding, Subject
from fairlead.rules.show import refusal
from fairlead.rules.wire import plain
from fairlead.spec.policies import Policies


def keep(policies: Policies, today: date) -> None:
    """From now on this program registers nothing that a mandatory rule refuses.

    Raises pulumi.RunError, there where the resource is made, with all that is wrong with it. A program that has no
    engine registers nothing.
    """
    monitor: Any = settings.get_monitor()
    if monitor is None:
        return
    register: Callable[..., Any] = monitor.RegisterResource

    def checked(request: Any, *others: Any, **named: Any) -> Any:
        found = refused(request, policies, today)
        if found:
            raise pulumi.RunError(refusal(found))
        return register(request, *others, **named)

    monitor.RegisterResource = checked


def refused(request: Any, policies: Policies, today: date) -> Sequence[Finding]:
    """What refuses a registration, a message of the engine's protocol; nothing for a component."""
    if not request.custom or not about(request.type):
        return ()
    inputs = plain(json_format.MessageToDict(request.object))
    subject = Subject(
        request.type, request.name, inputs, protect=request.protect, retain_on_delete=request.retainOnDelete
    )
    return [one for one in of_resource(subject, policies, today) if one.refuses]
