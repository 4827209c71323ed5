"""What stages of a pipeline have written about each stack, as one text for a pull request or an issue.

The files may come from a pull request of a stranger, whose code has run before them: their names, sizes and first lines
are checked, and nothing in them can call somebody, lead elsewhere or stand as anything but text and folds.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairlead.errors import InputError, Problem
from fairlead.preview.markdown import LONGEST

KINDS = ("preview", "drift", "contract")
"""What a text may be about; each has a comment, or an issue, of its own."""
MARKER = "<!-- fairlead-comment:{} -->"
"""First line of the comment, by which it is found again."""
SECTION = "<!-- fairlead-{}:{} -->"
"""First line of a file: its kind and stack."""
MOST_FILES = 200
MOST_BYTES = 4 * LONGEST
"""Of a file: four for each character that a comment takes."""
CUT = "\n_{} of {} lines of {} do not fit; the pipeline keeps the whole text as an artifact._\n"
ROOM = 200
"""Kept free in a section that is cut, for the sentence that says so and for open folds."""
_NAME = re.compile(r"[A-Za-z0-9_][-.\w]{0,99}", re.ASCII)
"""Of a stack. Whether there is such a stack is not asked: a change may bring it."""
_NOTHING = "\u200b"
"""A space of no width: what is divided by it is no word to a forge, and reads the same."""
_TAG = re.compile(r"\\*<(?!(?:/?details|details open|/?summary|br|/?sub)>)|\\+<")
"""Where HTML begins that Fairlead's reports do not have, or that they have written as text."""
_DIVIDED = re.compile(
    r"(?:(?<=@)|(?<=://)|(?<=\])(?=[(\[:])|(?<=#)(?=\d)|(?<=!)(?=[\d\[])|(?<=\bGH)(?=-\d)|(?<=\bwww)(?=\.)"
    r"|(?<=```)(?=[ \t]*\w)|(?<=~~~)(?=[ \t]*\w)|^(?=[ \t]*/\w))(?!" + _NOTHING + ")",
    re.MULTILINE | re.IGNORECASE,
)
"""Behind `@` and `://`, between `](`, in numbers of issues and bare addresses, before the language of a drawing,
and before a line that orders a forge to act."""
_ENTITY = re.compile(r"\\*&(?=#|(?!(?:amp|lt);)\w+;)")


def gathered(folder: Path, kind: str) -> str:
    """One text of all files `STACK.md` of a folder, at most LONGEST characters, by the names of their stacks.

    Raises InputError with all files that are not what this pipeline writes.
    """
    return composed(kind, _sections(folder, kind))


def composed(kind: str, sections: Mapping[str, str]) -> str:
    """The text of these sections: long ones are cut so that each has its share."""
    head = MARKER.format(kind) + "\n"
    safe = {stack: harmless(text).strip("\n") + "\n" for stack, text in sections.items()}
    room = _shares([len(text) + 1 for text in safe.values()], LONGEST - len(head))
    return head + "\n".join(_fitting(stack, text, room) for stack, text in safe.items())


def harmless(text: str) -> str:
    """The text without mentions, links, pictures, HTML of its own and orders to the forge. It reads nearly the same."""
    return _DIVIDED.sub(_NOTHING, _ENTITY.sub("&amp;", _TAG.sub("&lt;", text)))


def _sections(folder: Path, kind: str) -> dict[str, str]:
    if not folder.is_dir():
        raise InputError("command line", [Problem("FOLDER", "there is no such folder", str(folder))])
    paths = sorted(folder.iterdir())
    if len(paths) > MOST_FILES:
        raise InputError(
            "command line", [Problem("FOLDER", "has too many files", f"{len(paths)}", f"{MOST_FILES}")]
        )
    problems: list[Problem] = []
    sections: dict[str, str] = {}
    for path in paths:
        found = _section(path, kind)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            sections[path.stem] = found
    if problems:
        raise InputError(str(folder), problems)
    if not sections:
        fix = "the stage before has written nothing: look at its run"
        raise InputError("command line", [Problem("FOLDER", "there is nothing in it", str(folder), fix=fix)])
    return sections


def _section(path: Path, kind: str) -> str | Problem:
    """What a file says below its first line."""
    about = path.lstat()
    shown = repr(path.name[:100])
    allowed = f"a file STACK.md for each stack, of at most {MOST_BYTES} bytes, with a first line that says so"
    if not stat.S_ISREG(about.st_mode):
        return Problem(path.name, "is no plain file", "", allowed)
    if path.suffix != ".md" or not _NAME.fullmatch(path.stem):
        return Problem(shown, "is not the name of a stack", "", allowed)
    if about.st_size > MOST_BYTES:
        return Problem(path.name, "is too long", f"{about.st_size} bytes", allowed)
    try:
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    except UnicodeDecodeError:
        return Problem(path.name, "is no text in UTF-8", "", allowed)
    wanted = SECTION.format(kind, path.stem)
    if first != wanted:
        return Problem(path.name, "its first line is another", first[:100], wanted)
    return rest


def _shares(lengths: Sequence[int], room: int) -> int:
    """How long each may be so that all fit: short ones leave to the long what they do not need."""
    rest = sorted(lengths)
    while rest and rest[0] <= room // len(rest):
        room -= rest.pop(0)
    return room // len(rest) if rest else LONGEST


def _fitting(stack: str, text: str, room: int) -> str:
    if len(text) + 1 <= room:
        return text
    lines = text.splitlines()
    kept: list[str] = []
    left = room - ROOM
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    short = "\n".join(kept) + "\n"
    open_folds = short.count("<details") - short.count("</details>")
    return short + "\n</details>\n" * open_folds + CUT.format(len(lines) - len(kept), len(lines), stack)
