"""What comes over the package's boundary, in the form in which this package reads it."""

from typing import Any, cast


def plain(data: Any) -> Any:
    """Data as a user wrote it: the engine's protocol carries every number as a float."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in cast("dict[str, Any]", data).items()}
    if isinstance(data, list):
        return [plain(value) for value in cast("list[Any]", data)]
    return int(data) if isinstance(data, float) and data.is_integer() else data
