"""Reads the platform spec: all problems at once, and what is sound even where other parts are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from fairlead.errors import InputError, Problem
from fairlead.spec.base import Model
from fairlead.spec.layer import Layers
from fairlead.spec.logs import Logs
from fairlead.spec.model import Platform
from fairlead.spec.paths import in_input_order
from fairlead.spec.policies import Policies
from fairlead.spec.pool import Pool
from fairlead.spec.problems import follows, from_validation
from fairlead.spec.targets import KINDS, AnyTarget, target_class
from fairlead.spec.tenant import Tenant

Part = TypeVar("Part", bound=Model)
EXTRA = "extra_forbidden"


@dataclass(frozen=True)
class Draft:
    """A spec as far as it can be read: its sound parts still take part in the cross checks."""

    platform: Platform | None
    """The whole spec; None where any part of it is unsound."""
    problems: tuple[Problem, ...]
    """What is unsound, in the order of the input."""
    target: AnyTarget | None
    kind: str | None
    """Kind of the target, also where the rest of it is unsound."""
    pools: Mapping[int, Pool]
    """Sound pools by their place in the list."""
    tenants: Mapping[int, Tenant]
    """Sound tenants by their place in the list."""
    layers: Layers | None
    logs: Logs | None
    """None also where nothing is said of them."""
    policies: Policies | None
    pool_names: Mapping[int, str]
    """Names of all pools that have one, sound or not."""
    tenant_names: Mapping[int, str]
    """Names of all tenants that have one, sound or not."""
    all_pools: bool
    """True where every pool is sound: only then can anything be said about all of them together."""


def load(data: object, source: str) -> Platform:
    """The spec from plain data. Raises InputError with every problem that single fields have."""
    read = draft(data)
    if read.platform is None:
        raise InputError(source, read.problems)
    return read.platform


def draft(data: object) -> Draft:
    """The spec as far as it can be read; never raises for bad input."""
    platform, problems = _parse(Platform, data)
    if platform is not None:
        return of(platform)
    raw: Mapping[str, Any] = cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}
    pools, tenants = _items(raw.get("pools")), _items(raw.get("tenants"))
    sound = _sound(Pool, pools)
    return Draft(
        platform=None,
        problems=tuple(in_input_order(problems, data)),
        target=_target(raw.get("target")),
        kind=_kind(raw.get("target")),
        pools=sound,
        tenants=_sound(Tenant, tenants),
        layers=_salvage(Layers, raw.get("layers", {})),
        logs=_salvage(Logs, raw["logs"]) if raw.get("logs") is not None else None,
        policies=_salvage(Policies, raw.get("policies", {})),
        pool_names=_names(pools),
        tenant_names=_names(tenants),
        all_pools=bool(pools) and len(sound) == len(pools),
    )


def of(platform: Platform) -> Draft:
    """The draft of a spec that is sound in itself."""
    return Draft(
        platform=platform,
        problems=(),
        target=platform.target,
        kind=platform.target.kind,
        pools=dict(enumerate(platform.pools)),
        tenants=dict(enumerate(platform.tenants)),
        layers=platform.layers,
        logs=platform.logs,
        policies=platform.policies,
        pool_names={place: pool.name for place, pool in enumerate(platform.pools)},
        tenant_names={place: tenant.name for place, tenant in enumerate(platform.tenants)},
        all_pools=True,
    )


def _target(data: object) -> AnyTarget | None:
    kind = target_class(data)
    return cast("AnyTarget | None", _salvage(kind, data)) if kind else None


def _kind(data: object) -> str | None:
    kind = cast("Mapping[str, Any]", data).get("kind") if isinstance(data, Mapping) else None
    return kind if isinstance(kind, str) and kind in KINDS else None


def _parse(kind: type[Part], data: object) -> tuple[Part | None, list[Problem]]:
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        pairs = zip(error.errors(), from_validation(error, kind), strict=True)
        return None, [problem for details, problem in pairs if not follows(details)]


def _salvage(kind: type[Part], data: object) -> Part | None:
    """A part without its unknown keys; None where something else is wrong with it too."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        found = error.errors()
    if any(details["type"] != EXTRA for details in found):
        return None
    extra = {details["loc"] for details in found}
    return kind.model_validate(_without(data, extra, ()))


def _without(data: object, unwanted: set[tuple[int | str, ...]], here: tuple[int | str, ...]) -> object:
    if isinstance(data, Mapping):
        items = cast("Mapping[str, object]", data).items()
        return {key: _without(v, unwanted, (*here, key)) for key, v in items if (*here, key) not in unwanted}
    if isinstance(data, Sequence) and not isinstance(data, str):
        values = cast("Sequence[object]", data)
        return [_without(v, unwanted, (*here, place)) for place, v in enumerate(values)]
    return data


def _items(data: object) -> Sequence[object]:
    return cast("Sequence[object]", data) if isinstance(data, Sequence) and not isinstance(data, str) else ()


def _sound(kind: type[Part], items: Sequence[object]) -> dict[int, Part]:
    parts = ((place, _salvage(kind, item)) for place, item in enumerate(items))
    return {place: part for place, part in parts if part is not None}


def _names(items: Sequence[object]) -> dict[int, str]:
    found: dict[int, str] = {}
    for place, item in enumerate(items):
        if isinstance(item, Mapping):
            name = cast("Mapping[str, object]", item).get("name")
            if isinstance(name, str):
                found[place] = name.strip()
    return found
