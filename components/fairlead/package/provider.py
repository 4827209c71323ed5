"""The program that Pulumi starts to ask for the package's schema, and to make its components."""

from typing import Any, cast

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from fairlead.errors import FairleadError, InputError
from fairlead.package.platform import Platform
from fairlead.package.training_job import TrainingJob

NAME = "fairlead"
COMPONENTS: list[type[pulumi.ComponentResource]] = [Platform, TrainingJob]


class Provider(ComponentProvider):
    """Makes the components. What a user got wrong is told in the product's own words, without a traceback."""

    def __init__(self) -> None:
        from importlib.metadata import version

        super().__init__(COMPONENTS, NAME, version=version("fairlead"))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Makes one. Raises InputPropertiesError with every problem of what it was given."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, FairleadError):
                raise _told(error.inner) from error
            raise


def _told(error: FairleadError) -> InputPropertiesError:
    """The same error in the form that the engine shows as the user's: a heading and a line for each problem."""
    if not isinstance(error, InputError):
        return InputPropertiesError(str(error))
    heading = str(error).partition("\n")[0]
    found = [{"property_path": one.where, "reason": str(one).partition(": ")[2]} for one in error.problems]
    return InputPropertiesError(heading, cast("Any", found))


def schema() -> dict[str, Any]:
    """The package's schema, as every language's SDK is generated from it."""
    import json

    return cast("dict[str, Any]", json.loads(str(Provider().schema)))


def serve(arguments: list[str]) -> None:
    """Answers the engine until it ends this process."""
    main(Provider(), arguments)
