"""Mistakes with what is kept in Secrets Manager that the judge of AWS must notice, one at a time."""

from __future__ import annotations

from collections.abc import Callable

from reference.aws.declared import ROLE
from reference.aws.rules_secrets import ISSUER, RIGHTS
from reference.common import Resource
from reference.mutation import Change, Mutation, add, delete, edit, to

TRUST, FIRST, KEY = (
    "assumeRolePolicy@json.Statement[0].Condition",
    "policy@json.Statement[0]",
    "policy@json.Statement[1]",
)
EVERY = "arn:aws:secretsmanager:us-east-1:444455556666:secret:fairlead/fairlead-prod/*"
OTHERS = "arn:aws:secretsmanager:us-east-1:444455556666:secret:fairlead/fairlead-prod/product/*"


def _of_research(one: Resource) -> bool:
    return one["name"].endswith("-secrets-research")


def _claims(change: Callable[[dict], dict]) -> Change:
    """The claims by their last words: the issuer before them is not known yet."""

    def claims(found: dict) -> dict:
        short = {
            f"{operator}|{key}": value for operator, tests in found.items() for key, value in tests.items()
        }
        made: dict = {}
        for name, value in change(short).items():
            operator, _, key = name.partition("|")
            made.setdefault(operator, {})[key] = value
        return made

    return edit(claims)


def _subject(value: str) -> Change:
    return _claims(
        lambda found: {key: [value] if key.endswith(":sub") else one for key, one in found.items()}
    )


def _without(end: str) -> Change:
    return _claims(lambda found: {key: one for key, one in found.items() if not key.endswith(end)})


SECRETS = (
    Mutation("a role for every account", ROLE, TRUST, _subject("system:serviceaccount:*:*"), _of_research),
    Mutation(
        "a role for a namespace", ROLE, TRUST, _subject("system:serviceaccount:research:*"), _of_research
    ),
    Mutation("a role for anybody", ROLE, TRUST, _without(":sub"), _of_research),
    Mutation("a role for tokens of others", ROLE, TRUST, _without(":aud"), _of_research),
    Mutation("a role of another tenant", RIGHTS, f"{FIRST}.Resource", to(OTHERS), _of_research),
    Mutation("all that is kept", RIGHTS, f"{FIRST}.Resource", to(EVERY), _of_research),
    Mutation("a role that lists", RIGHTS, f"{FIRST}.Action", to("secretsmanager:ListSecrets"), _of_research),
    Mutation(
        "a role that writes", RIGHTS, f"{FIRST}.Action", to("secretsmanager:PutSecretValue"), _of_research
    ),
    Mutation("a key for all services", RIGHTS, f"{KEY}.Condition.StringLike", to({}), _of_research),
    Mutation("a key that encrypts", RIGHTS, f"{KEY}.Action", to("kms:Encrypt"), _of_research),
    Mutation("an action misspelt", RIGHTS, f"{FIRST}.Action", to("secretsmanager:GetSecret"), _of_research),
    Mutation("rights of nobody", RIGHTS, "role", to("nobody"), _of_research),
    Mutation(
        "an issuer without audiences",
        ISSUER,
        "clientIdLists",
        delete,
        lambda one: one["name"].endswith("-cluster"),
    ),
    Mutation(
        "an issuer misspelt",
        ISSUER,
        "",
        add("urls", "https://example.com"),
        lambda one: one["name"].endswith("-cluster"),
    ),
)
