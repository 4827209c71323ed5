"""A plan held against the rules before anything is built from it."""

from __future__ import annotations

from datetime import date

from fairlead.catalog.model import Catalog
from fairlead.errors import EXIT_BAD_INPUT, FairleadError
from fairlead.plan.facts import facts
from fairlead.plan.model import PlatformPlan
from fairlead.rules.judge import judge
from fairlead.rules.show import refusal
from fairlead.spec.policies import Policies


class RefusedError(FairleadError):
    """Rules that must be kept are broken: nothing was changed."""

    exit_code = EXIT_BAD_INPUT


def keep(plan: PlatformPlan, catalog: Catalog, today: date) -> Policies:
    """What the plan's stack says of rules. Raises RefusedError with every rule that the plan itself breaks.

    today: the day on which exceptions still hold or no more.
    """
    policies = Policies.model_validate(dict(plan.policies))
    found = [one for one in judge([], policies, today, plan=facts(plan, catalog, today)) if one.refuses]
    if found:
        raise RefusedError(refusal(found))
    return policies
