"""Refuses edits that Azure cannot carry out, before it is asked: in the preview already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from fairlead.errors import FairleadError, Problem
from fairlead.plan.sites.azure_edits import refused, refused_of_cluster

Inputs = Mapping[str, Any]
Rule = Callable[[str, Inputs, Inputs], Sequence[Problem]]


def pools_keep_what_is_fixed(name: str) -> pulumi.ResourceHookBinding:
    """For agent pools."""
    return _binding(f"{name}-pools-keep-what-is-fixed", refused)


def cluster_keeps_its_pool(name: str) -> pulumi.ResourceHookBinding:
    """For the cluster."""
    return _binding(f"{name}-cluster-keeps-its-pool", refused_of_cluster)


def _binding(name: str, rule: Rule) -> pulumi.ResourceHookBinding:
    """A hook that ends the run with what to do instead."""

    def look(args: pulumi.ResourceHookArgs) -> None:
        problems = rule(args.name, args.old_inputs or {}, args.new_inputs or {})
        if problems:
            raise FairleadError("\n".join(str(problem) for problem in problems))

    hook = pulumi.ResourceHook(name, look, opts=pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])
