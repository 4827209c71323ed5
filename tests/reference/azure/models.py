"""Second reference: Azure's own Python libraries of the very API versions that the provider speaks.

Their models give names, types, which properties are required or read-only, limits and enumerations; the
request builders of their operations give the resource's path, with the limits of each name in it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from reference.azure.shapes import Choice, Limits, Many, Part, Record, Scalar, Shape, Table

_SCALARS = {
    "str": "str", "int": "int", "long": "int", "float": "float", "bool": "bool", "object": "any",
    "iso-8601": "str", "duration": "str", "date": "str", "time": "str", "rfc-1123": "str", "bytearray": "str",
}  # fmt: skip

GIVEN = frozenset({"location"})
"""Required by Azure, and filled in by the provider (the resource group's location) where it is left out."""

RENAMED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("storage", "StorageAccountCreateParameters"): {
        "networkAcls": "networkRuleSet",
        "isNfsV3Enabled": "enableNfsV3",
        "supportsHttpsTrafficOnly": "enableHttpsTrafficOnly",
    },
    ("storage", "Encryption"): {
        "identity": "encryptionIdentity",
        "keyvaultproperties": "keyVaultProperties",
    },
    ("storage", "EncryptionIdentity"): {
        "userAssignedIdentity": "encryptionUserAssignedIdentity",
        "federatedIdentityClientId": "encryptionFederatedIdentityClientId",
    },
    ("storage", "KeyVaultProperties"): {
        "keyname": "keyName",
        "keyversion": "keyVersion",
        "keyvaulturi": "keyVaultUri",
    },
    ("storage", "IPRule"): {"value": "iPAddressOrRange"},
    ("storage", "VirtualNetworkRule"): {"id": "virtualNetworkResourceId"},
    ("keyvault", "KeyAttributes"): {"exp": "expires", "nbf": "notBefore"},
    ("keyvault", "KeyProperties"): {"release_policy": "releasePolicy"},
    ("authorization", "RoleDefinition"): {"type": "roleType"},
}
"""Library and model -> names that the provider has others for: Azure's -> the provider's."""


@dataclass(frozen=True)
class Source:
    """Where a library describes one resource type."""

    package: str
    """Distribution, less `azure-mgmt-`."""
    module: str
    """Package of the API version, below `azure.mgmt`."""
    model: str
    """Body of the request that makes the resource."""
    file: str
    """Module below `operations`."""
    builder: str = "build_create_or_update_request"

    def __str__(self) -> str:
        return _named(f"azure-mgmt-{self.package}")


@cache
def _named(distribution: str) -> str:
    return f"{distribution} {version(distribution)}"


@cache
def shape(source: Source) -> Record:
    """The inputs of a resource: the properties of its body and the names in its path."""
    path = {key: Part(Scalar("str"), limits=limits) for key, limits in path_names(source).items()}
    body = _record(_models(source), source.model).parts
    inputs = {key: replace(part, required=part.required and key not in GIVEN) for key, part in body.items()}
    return Record(source.model, lambda: {**inputs, **path})


@cache
def path_names(source: Source) -> Mapping[str, Limits]:
    """Names in the resource's path, with what Azure asks of each."""
    found: dict[str, Limits] = {}
    for node in ast.walk(_builder(source)):
        if isinstance(node, ast.Dict):
            for key, call in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(call, ast.Call):
                    limits = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
                    found[str(key.value)] = _limits(limits)
    return {key[0].lower() + key[1:]: limits for key, limits in found.items() if key != "subscriptionId"}


@cache
def template(source: Source) -> str:
    """The resource's id with its names in braces: `/subscriptions/{subscriptionId}/resourceGroups/…`."""
    texts = (one.value for one in ast.walk(_builder(source)) if isinstance(one, ast.Constant))
    return next(one for one in texts if isinstance(one, str) and one.startswith("/"))


@cache
def api_version(source: Source) -> str:
    """The version of Azure's API that a library describes."""
    found = re.search(r"'api-version', '([0-9-]+(?:-preview)?)'", ast.unparse(_builder(source)))
    if found is None:
        raise LookupError(f"{source} names no API version in {source.builder}")
    return found[1]


@cache
def _builder(source: Source) -> ast.Module:
    package = importlib.import_module(f"azure.mgmt.{source.module}")
    text = _text(Path(str(package.__file__)).parent / "operations" / f"{source.file}.py")
    found = re.search(rf"^def {source.builder}\(.*?^    return HttpRequest\(.*?\)$", text, re.M | re.S)
    if found is None:
        raise LookupError(f"{source} has no {source.builder} in {source.file}")
    return ast.parse(found[0])


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _models(source: Source) -> ModuleType:
    return importlib.import_module(f"azure.mgmt.{source.module}.models")


@cache
def _record(models: ModuleType, model: str) -> Record:
    return Record(model, lambda: _parts(models, getattr(models, model)))


def _parts(models: ModuleType, model: type[Any]) -> Mapping[str, Part]:
    hints = inspect.signature(model.__init__).parameters
    rules: Mapping[str, Mapping[str, Any]] = getattr(model, "_validation", {})
    renamed = RENAMED.get((models.__name__.split(".")[2], model.__name__), {})
    parts: dict[str, Part] = {}
    for attribute, at in model._attribute_map.items():
        rule, wire = rules.get(attribute, {}), _provider_name(at["key"])
        parts[renamed.get(wire, wire)] = Part(
            _shape(models, at["type"], hints.get(attribute)),
            required=bool(rule.get("required")) and not rule.get("constant"),
            read_only=bool(rule.get("readonly")),
            limits=_limits(rule),
        )
    return parts


def _provider_name(key: str) -> str:
    """The provider's name of a property: flattened as the library does, `scale-down-mode` in camel case."""
    wire = key.replace("\\.", "\0").rpartition(".")[2].replace("\0", ".")
    first, *rest = wire.split("-")
    return first + "".join(one.capitalize() for one in rest)


def _limits(rule: Mapping[str, Any]) -> Limits:
    return Limits(
        pattern=rule.get("pattern", ""),
        minimum=rule.get("minimum"),
        maximum=rule.get("maximum"),
        min_length=rule.get("min_length"),
        max_length=rule.get("max_length"),
        min_items=rule.get("min_items"),
        max_items=rule.get("max_items"),
        unique=bool(rule.get("unique")),
    )


def _shape(models: ModuleType, text: str, parameter: inspect.Parameter | None) -> Shape:
    """A shape of a type as msrest writes it, `[str]`; enumerations stand in the annotation alone."""
    closed = _choice(models, parameter.annotation if parameter else None)
    if text[0] == "[":
        return Many(closed or _shape(models, text[1:-1], None))
    if text[0] == "{":
        return Table(closed or _shape(models, text[1:-1], None))
    if closed:
        return closed
    return Scalar(_SCALARS[text]) if text in _SCALARS else _record(models, text)


def _choice(models: ModuleType, annotation: Any) -> Choice | None:
    """The enumeration that an annotation names, if any: `Optional[Union[str, "_models.OSType"]]`."""
    names = re.findall(r"_models\.(\w+)", _spelt(annotation))
    found = [getattr(models, name, None) for name in names]
    for one in found:
        if inspect.isclass(one) and issubclass(one, Enum):
            return Choice(one.__name__, frozenset(str(member.value) for member in one))
    return None


def _spelt(annotation: Any) -> str:
    if isinstance(annotation, str | typing.ForwardRef):
        return str(annotation)
    return " ".join(_spelt(one) for one in typing.get_args(annotation))
