"""A preview as a comment on a pull request: what matters first, the rest to unfold, one comment for each stack.

The comment begins with a marker that no reader sees, so that a pipeline finds its own and edits it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fairlead.preview import words
from fairlead.preview.model import Preview, Step

T = TypeVar("T")
MARKER = "<!-- fairlead-preview:{} -->"
LONGEST = 65_536
"""Characters of a comment that GitHub takes: "body is too long (maximum is 65536 characters)"."""
ROOM = 400
"""Kept free for the sentence that says what is cut, and for the ends of what is open."""
MOST_FIELDS, MOST_NAMES = 12, 5
WORDS = {"delete": "**delete**", "replace": "**replace**", "update": "update", "create": "create"}
CUT = "\n_Cut here: {} of {} lines do not fit into a comment. `fairlead preview -s {}` shows all._\n"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#@&~])")


def to_markdown(preview: Preview) -> str:
    """The comment, with a newline at the end, at most LONGEST characters."""
    return _fitting(preview, [*_parts(preview)])


def _parts(preview: Preview) -> Iterator[list[str]]:
    """Blocks of lines that stay together while there is room."""
    yield _head(preview)
    groups = words.groups(preview)
    urgent = [one for one in groups if one.refuses]
    if urgent:
        yield ["", "**This will not pass:**", "", *(f"- {_group(one, preview)}" for one in urgent)]
    steps = preview.changes
    told = [step for step in steps if step.verdict in ("delete", "replace")]
    if told:
        yield from _table("Deleted and replaced", told, opened=True)
    rest = [step for step in steps if step not in told]
    if rest:
        yield from _table("Created and updated", rest, opened=False)
    advice = [one for one in groups if not one.refuses]
    yield from _folded("Findings that refuse nothing", advice, lambda one: f"- {_group(one, preview)}")
    yield from _folded(
        "Decisions", preview.decisions, lambda one: f"- {_plain(one.subject)}: {_plain(one.what)}"
    )
    yield from _cost(preview)
    if preview.changes:
        yield from _folded("Notes", preview.notes, lambda one: f"- {_plain(one)}")


def _head(preview: Preview) -> list[str]:
    title = f"### `{preview.stack}`: {words.counted(preview)}"
    facts = [f"against {_plain(preview.since.words)}", words.judged(preview), words.bill(preview)]
    told = "; ".join(fact for fact in facts if fact)
    return [MARKER.format(preview.stack), title, "", told[0].upper() + told[1:] + "."]


def _table(title: str, steps: Sequence[Step], *, opened: bool) -> Iterator[list[str]]:
    fold = "<details open>" if opened else "<details>"
    yield [
        "",
        f"{fold}<summary>{title}: {len(steps)}</summary>",
        "",
        "| | resource | what |",
        "|---|---|---|",
    ]
    for step in steps:
        what = "<br>".join(_plain(words.field(one)) for one in step.fields[:MOST_FIELDS])
        more = len(step.fields) - MOST_FIELDS
        what += f"<br>and {more} more" if more > 0 else ""
        name = f"{_plain(words.place(step))}<br><sub>{_plain(step.resource.type)}</sub>"
        yield [f"| {WORDS[step.verdict]} | {name} | {what} |"]
    yield ["", "</details>"]


def _folded(title: str, many: Sequence[T], line: Callable[[T], str]) -> Iterator[list[str]]:
    if many:
        yield ["", f"<details><summary>{title}: {len(many)}</summary>", ""]
        for one in many:
            yield [line(one)]
        yield ["", "</details>"]


def _group(one: words.Group, preview: Preview) -> str:
    new = "new, " if one.new and preview.standing else ""
    first = one.members[0]
    told = f"{new}{one.label}: **{_plain(one.rule)}**: {_plain(one.what)} ({_plain(one.names(MOST_NAMES))})"
    parts = [_plain(f"{word}: {text}") for word, text in (("given", first.given), ("fix", first.fix)) if text]
    return ". ".join([told, *parts])


def _cost(preview: Preview) -> Iterator[list[str]]:
    if preview.cost is None or not preview.cost.pools:
        return
    total = preview.cost.delta
    yield ["", f"<details><summary>Cost: {words.amount(total)}</summary>", ""]
    yield ["| pool | change | USD a month: fewest / expected / most nodes |", "|---|---|---|"]
    for one in preview.cost.pools:
        what = _plain("; ".join(one.what) or one.kind)
        yield [f"| {_plain(one.pool)} | {what} | {words.bounds(one.delta)} |"]
    yield [f"| all pools | {words.partial(total)} | {words.bounds(total)} |", "", "</details>"]


def _plain(text: str) -> str:
    """A text that Markdown takes for nothing else: no markup, no mention, no end of a cell."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("\\@", "@\u200b")


def _fitting(preview: Preview, parts: Sequence[Sequence[str]]) -> str:
    """As many parts as fit, and how many lines do not."""
    whole = "\n".join(line for part in parts for line in part) + "\n"
    if len(whole) <= LONGEST:
        return whole
    kept: list[str] = []
    room = LONGEST - ROOM
    for part in parts:
        room -= sum(len(line) + 1 for line in part)
        if room < 0:
            break
        kept += part
    text = "\n".join(kept) + "\n"
    text += "\n</details>\n" * (text.count("<details") - text.count("</details>"))
    lines = whole.count("\n")
    return text + CUT.format(lines - len(kept), lines, preview.stack)
