"""All targets, told apart by their `kind`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from fairlead.spec.aws import AwsTarget
from fairlead.spec.azure import AzureTarget
from fairlead.spec.base import Model
from fairlead.spec.gcp import GcpTarget
from fairlead.spec.local import LocalTarget
from fairlead.spec.onprem import OnpremTarget

AnyTarget = LocalTarget | AwsTarget | GcpTarget | AzureTarget | OnpremTarget
Target = Annotated[AnyTarget, Field(discriminator="kind")]
"""Where the cluster is built."""

KINDS: dict[str, type[Model]] = {
    "local": LocalTarget,
    "aws": AwsTarget,
    "gcp": GcpTarget,
    "azure": AzureTarget,
    "onprem": OnpremTarget,
}


def target_class(data: Any) -> type[Model] | None:
    """The class of a target by the kind that it names; None where it names none that is known."""
    kind: Any = data.get("kind") if isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return KINDS.get(kind) if isinstance(kind, str) else None
