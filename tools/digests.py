"""Asks the registries which digest each locked image's tag has now, and holds the lock against it.

Prints one line per image: same, other, missing in the lock (with the digest to write there), or why the
registry gave none. Exit status 1 where the lock states another digest, or lacks one that could be read.
Images that are only built here (no registry carries them) are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from fairlead.catalog import lock
from fairlead.tools.fetch import Reach, UnavailableError
from fairlead.tools.registry import Registry

OWN = "fairlead.dev/"


def answer_of(row: lock.ImageRow, digest_of: Callable[[lock.ImageRow], str]) -> tuple[str, bool]:
    """What is to be said about an image, and whether the lock can stay as it is."""
    try:
        now = digest_of(row)
    except UnavailableError as error:
        return f"not read: {error}", True
    if row.digest is None:
        return f'missing in the lock: digest = "{now}"', False
    if row.digest != now:
        return f"other: the lock states {row.digest}, the tag has {now}", False
    return "same", True


def report(rows: Iterable[lock.ImageRow], digest_of: Callable[[lock.ImageRow], str]) -> tuple[list[str], int]:
    """The lines, and the exit status."""
    public = [row for row in rows if not row.repository.startswith(OWN)]
    answers = [(row.reference, *answer_of(row, digest_of)) for row in public]
    lines = [f"{reference}  {text}" for reference, text, _ in answers]
    return lines, 0 if all(fine for _, _, fine in answers) else 1


def main() -> int:
    """Asks all registries; returns the exit status."""
    reach = Reach()
    lines, status = report(
        lock.images().values(), lambda row: Registry(row.repository, reach).digest(row.tag)
    )
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
