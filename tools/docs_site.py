"""What MkDocs does not do by itself with these pages: the hook that `mkdocs.yml` names.

The pages are written as forges show them. So the site gives headings the same anchors, takes lists that are indented by
two or three spaces, turns links out of `docs/` into the path that they name, and lists whole folders in the navigation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
"""A link or a picture: its mark, its text, where it leads."""
_FENCE = re.compile(r" *(```|~~~)")
_ITEM = re.compile(r"(- |\* |\d+\. )")
_COMMENT = re.compile(r"<!-- .* -->$")
_NEST = 4
"""Spaces by which Python-Markdown knows what belongs to an item of a list."""


def slug(heading: str, separator: str = "-") -> str:
    """The anchor of a heading, as GitHub and GitLab make it."""
    plain = re.sub(r"<[^>]+>", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", separator)


def prose(markdown: str) -> Iterator[tuple[int, str]]:
    """Numbers and texts of the lines that are in no block of code."""
    inside = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def expanded(nav: Any, docs: Path) -> Any:
    """The navigation with each pattern, such as `adr/*.md`, in place of the pages that it stands for, by name."""
    if isinstance(nav, dict):
        return {title: _section(entry, docs) for title, entry in cast("dict[str, Any]", nav).items()}
    if isinstance(nav, list):
        return [expanded(entry, docs) for entry in cast("list[Any]", nav)]
    return nav


def _section(entry: Any, docs: Path) -> Any:
    if isinstance(entry, str) and "*" in entry:
        return [str(path.relative_to(docs)) for path in sorted(docs.glob(entry))]
    return expanded(entry, docs)


def inside(markdown: str, page: str) -> str:
    """The page with links out of `docs/` as text that names the file. `page` is its path in `docs/`."""
    out = {number for number, line in prose(markdown) if "](../" in line}
    lines = markdown.splitlines()
    for number in out:
        lines[number - 1] = LINK.sub(lambda found: _told(found, page), lines[number - 1])
    return "\n".join(lines) + "\n"


def _told(found: re.Match[str], page: str) -> str:
    where = os.path.normpath(os.path.join("docs", os.path.dirname(page), found[3].partition("#")[0]))
    if not found[3].startswith("../") or where.split(os.sep)[0] == "docs":
        return found[0]
    return f"{found[2]} (`{where}` of the repository)"


def nested(markdown: str) -> str:
    """The page with what belongs to an item of a list four spaces in, and blocks of code there as indented ones."""
    made: list[str] = []
    listed, fence = False, -1
    for line in markdown.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if fence >= 0 or _FENCE.match(line):
            edge = bool(_FENCE.match(line))
            depth = indent if edge else fence
            made += _code(line, edge=edge, depth=depth, listed=listed)
            fence = -1 if edge and fence >= 0 else depth
            continue
        if line.strip() and not indent:
            listed = bool(_ITEM.match(line))
        made.append(" " * _NEST + line.lstrip() if listed and 1 < indent < _NEST else line)
        if _COMMENT.match(line):
            made.append("")
    return "\n".join(made) + "\n"


def _code(line: str, *, edge: bool, depth: int, listed: bool) -> list[str]:
    """A line of a block of code, or one of its two edges: as it is, or indented where it stands in a list."""
    if not (listed and depth):
        return [line]
    return [] if edge else [" " * 2 * _NEST + line[depth:] if line.strip() else ""]


def on_config(config: Any) -> Any:
    """MkDocs asks before it reads pages: navigation and anchors."""
    config["nav"] = expanded(config["nav"], Path(config["docs_dir"]))
    config["mdx_configs"].setdefault("toc", {})["slugify"] = slug
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs asks for each page before it makes HTML of it."""
    return nested(inside(markdown, page.file.src_uri))
