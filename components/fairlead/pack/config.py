"""What the pack is told of a stack: by its platform spec where it has one, and by `--policy-pack-config`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from fairlead.errors import InputError, Problem, one_of
from fairlead.plan.facts import facts
from fairlead.rules.book import BY_ID, RULES
from fairlead.rules.model import AnyRule, Data, ResourceRule
from fairlead.rules.show import rules_like
from fairlead.spec.layers import KEY
from fairlead.spec.policies import Excuse, Policies
from fairlead.spec.problems import from_validation
from fairlead.stack import find

LEVELS = ("advisory", "mandatory", "remediate", "disabled")
"""Enforcement levels of the engine."""
SOURCE = "--policy-pack-config"
FACTS = ("environment", "target")
"""What rules about resources together ask of a plan, and a stack without one can be said to be."""
ALL = "all"
"""In the place of a rule, a level for all of them: the engine's word."""


@dataclass(frozen=True)
class Spoken:
    """What a stack's own spec says; nothing of a stack that is no platform of Fairlead."""

    policies: Policies = field(default_factory=Policies)
    plan: Data = field(default_factory=dict[str, Any])
    """With its bill, for rules about plans; empty where there is none."""


def spoken(stack: str, config: Mapping[str, str], today: date) -> Spoken:
    """What the spec of a stack says. config: its configuration as the engine has it: values as text, maps as JSON.

    Raises FairleadError with every problem of the spec, and where the layers below it are not found.
    """
    if KEY not in config:
        return Spoken()
    from fairlead.catalog.read import load
    from fairlead.plan.stack import plan_of

    plan = plan_of(find(stack).folder, stack, json.loads(config[KEY]))
    return Spoken(Policies.model_validate(plan.policies), facts(plan, load(), today))


def level_of(rule: AnyRule, policies: Policies) -> str:
    """The engine's word for the level at which a rule stands."""
    said = policies.levels.get(rule.id, rule.level)
    return "disabled" if said == "off" else said


def schema(rule: AnyRule) -> Mapping[str, Any]:
    """JSON Schema of what may be configured of one rule beside its level."""
    fields = Excuse.model_json_schema()["properties"]
    wanted = [name for name in fields if name != "rule"]
    exception = {
        "type": "object",
        "properties": {name: fields[name] for name in wanted},
        "required": wanted,
        "additionalProperties": False,
    }
    described: dict[str, Any] = {"exceptions": {"type": "array", "items": exception, "default": []}}
    if isinstance(rule, ResourceRule):
        return described
    return {
        **described,
        "regions": {"type": "array", "items": {"type": "string"}, "default": []},
        **{fact: {"type": "string"} for fact in FACTS},
    }


@dataclass(frozen=True)
class Held:
    """What a rule is asked with."""

    policies: Policies
    """Exceptions and settings. The level is the engine's matter: here every rule is asked."""
    plan: Data


def configured(said: Spoken, given: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Held]:
    """By rule, what holds: of the spec, and of the file.

    given: by rule, what stands in the file beside the level. Raises InputError with all of its problems.
    """
    own = said.policies
    problems = list(_unknown(given))
    found: dict[str, Held] = {}
    for rule in RULES:
        one = given.get(rule.id, {})
        problems += _strange(rule, one)
        excuses = [{**excuse, "rule": rule.id} for excuse in one.get("exceptions", ())]
        data = {"exceptions": excuses, "regions": one.get("regions") or own.regions}
        try:
            read = Policies.model_validate(data)
        except ValidationError as error:
            problems += from_validation(error, Policies, rule.id)
            continue
        mine = tuple(excuse for excuse in own.exceptions if excuse.rule == rule.id)
        update = {"exceptions": (*mine, *read.exceptions), "month_most": own.month_most}
        told = {fact: one[fact] for fact in FACTS if fact in one}
        found[rule.id] = Held(read.model_copy(update=update), {**said.plan, **told})
    if problems:
        raise InputError(SOURCE, problems)
    return found


def _unknown(names: Iterable[str]) -> Iterator[Problem]:
    for name in names:
        if name not in BY_ID and name != ALL:
            yield Problem(name, "no such rule", name, rules_like(name), "`fairlead policies` lists them")


def _strange(rule: AnyRule, given: Mapping[str, Any]) -> Iterator[Problem]:
    known = list(schema(rule))
    for key in given:
        if key not in known:
            allowed = one_of(["enforcementLevel", *known], key)
            yield Problem(f"{rule.id}.{key}", "no such setting", key, allowed)
