"""A platform whose Secrets are kept in Secret Manager, before the judge of Google Cloud."""

from __future__ import annotations

from functools import cache

from support.outside import KEPT_OUTSIDE

from reference.common import Resource
from reference.gcp.check import check
from reference.gcp.rules_order import PROJECT_GRANT
from reference.gcp.rules_secrets import READER, SERVICE
from reference.gcp.varied import varied
from reference.mutation import Change, Mutation, delete, edit, run_mutations, to

STACK = "gcp-prod"
CONDITION = "condition.expression"


@cache
def declared() -> tuple[Resource, ...]:
    """The production stack with everything that takes a Secret."""
    return varied(STACK, {"layers": KEPT_OUTSIDE})


def _reads(one: Resource) -> bool:
    return one["inputs"].get("role") == READER


def _of_research(one: Resource) -> bool:
    return _reads(one) and one["name"].endswith("-research")


def _of_the_manager(one: Resource) -> bool:
    return str(one["inputs"]["service"]).startswith("secretmanager")


def _everybody(who: str) -> str:
    return who.partition("/subject/")[0].replace("principal:", "principalSet:") + "/*"


def _instead(old: str, new: str) -> Change:
    return edit(lambda text: text.replace(old, new))


MISTAKES = (
    Mutation("all secrets of the project", PROJECT_GRANT, "condition", delete, _of_research),
    Mutation("all of the platform", PROJECT_GRANT, CONDITION, _instead("research_", ""), _of_research),
    Mutation("another tenant's", PROJECT_GRANT, CONDITION, _instead("research", "product"), _of_research),
    Mutation("a project by its name", PROJECT_GRANT, CONDITION, _instead("projects/", "projects/x"), _of_research),
    Mutation("a condition that always holds", PROJECT_GRANT, CONDITION, to("true"), _of_research),
    Mutation("brackets that do not fit", PROJECT_GRANT, CONDITION, _instead(")", ""), _of_research),
    Mutation("no account", PROJECT_GRANT, "member", edit(lambda who: who.rpartition("/sa/")[0]), _of_research),
    Mutation("an account of others", PROJECT_GRANT, "member", _instead("ns/research", "ns/product"), _of_research),
    Mutation("every account of the cluster", PROJECT_GRANT, "member", edit(_everybody), _of_research),
    Mutation("a role that writes", PROJECT_GRANT, "role", to("roles/secretmanager.owner"), _of_research),
    Mutation("an API that is off", SERVICE, "service", to("secrets.googleapis.com"), _of_the_manager),
)  # fmt: skip


def test_no_reference_objects_and_every_mistake_is_noticed():
    assert len([one for one in declared() if _reads(one)]) == 3
    outcomes = run_mutations({STACK: declared()}, MISTAKES, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []
