"""Refuses edits of an agent pool that Azure cannot carry out, before it is asked: in the preview already."""

from __future__ import annotations

import pulumi

from fairlead.errors import FairleadError
from fairlead.plan.sites.azure_edits import refused


def refuses_edits(name: str) -> pulumi.ResourceHookBinding:
    """Hooks that end the run with what to do instead."""

    def look(args: pulumi.ResourceHookArgs) -> None:
        problems = refused(args.name, args.old_inputs or {}, args.new_inputs or {})
        if problems:
            raise FairleadError("\n".join(str(problem) for problem in problems))

    hook = pulumi.ResourceHook(
        f"{name}-keep-what-is-fixed", look, opts=pulumi.ResourceHookOptions(on_dry_run=True)
    )
    return pulumi.ResourceHookBinding(before_update=[hook], before_delete=[])
