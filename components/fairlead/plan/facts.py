"""A plan and its bill as the plain data that rules about plans look at."""

from __future__ import annotations

from datetime import date
from typing import Any

from fairlead.catalog.model import Catalog
from fairlead.plan import bill_show
from fairlead.plan.bill import SHARE, bill
from fairlead.plan.model import PlatformPlan
from fairlead.plan.show import to_dict


def facts(plan: PlatformPlan, catalog: Catalog, today: date) -> dict[str, Any]:
    """The plan as `fairlead plan -o json` prints it, with, under `bill`, what `fairlead cost -o json` does."""
    return {**to_dict(plan), "bill": bill_show.to_dict(bill(plan, catalog, today, SHARE))}
