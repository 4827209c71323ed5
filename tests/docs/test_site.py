"""The site of the pages: nothing is out of reach, nothing leads nowhere. `make docs` asks MkDocs itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docs_site
import pytest
import yaml
from support.golden import REPO

DOCS = REPO / "docs"
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
HEADING = re.compile(r"#{1,6} +(.+)")
CODE = re.compile(r"`[^`]*`")
SITE: dict[str, Any] = yaml.safe_load((REPO / "mkdocs.yml").read_text(encoding="utf-8"))


def pages(docs: Path) -> list[Path]:
    """Those of the site: what is copied into pipelines is none."""
    return [path for path in sorted(docs.rglob("*.md")) if path.relative_to(docs).parts[0] != "ci"]


def named(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from named(entry)


def anchors(page: Path) -> set[str]:
    found = (HEADING.fullmatch(line) for _, line in docs_site.prose(page.read_text(encoding="utf-8")))
    return {docs_site.slug(docs_site.LINK.sub(r"\2", one[1])) for one in found if one}


def nowhere(page: Path) -> list[str]:
    """Links of a page that lead to no file or heading, as `line: link`."""
    found: list[str] = []
    for number, line in docs_site.prose(page.read_text(encoding="utf-8")):
        for _, _, link in docs_site.LINK.findall(CODE.sub("code", line)):
            name, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            to = page.parent / name if name else page
            if not to.exists() or (anchor and anchor not in anchors(to)):
                found.append(f"{number}: {link}")
    return found


def test_every_page_is_in_the_navigation_once_and_every_entry_is_a_page() -> None:
    entries = list(named(docs_site.expanded(SITE["nav"], DOCS)))
    assert sorted(entries) == [str(path.relative_to(DOCS)) for path in sorted(pages(DOCS), key=str)]
    assert len(entries) > 150


def test_no_link_and_no_anchor_leads_nowhere() -> None:
    assert {str(page): bad for page in pages(DOCS) if (bad := nowhere(page))} == {}


def test_the_readme_leads_nowhere_wrong_either() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        assert nowhere(REPO / name) == [], name


def test_a_link_or_an_anchor_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A (b) and `c`\n[here](#a-b-and-c) [gone](gone.md)\n```\n[code](gone.md)\n```\n`[x](gone.md)` [no](#no)\n"
        "![picture](gone.svg) [out](https://example.com/gone)\n"
    )
    assert nowhere(page) == ["2: gone.md", "6: #no", "7: gone.svg"]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_well_formed_says_what_it_shows_runs_nothing_and_is_shown(picture: Path) -> None:
    root = ElementTree.parse(picture).getroot()
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert "title" in tags
    assert not tags & {"script", "foreignObject", "image", "a"}
    attributes = [(name, value) for one in root.iter() for name, value in one.attrib.items()]
    assert [name for name, _ in attributes if name.startswith("on") or name.endswith("href")] == []
    assert all("url(#" in value for _, value in attributes if "url(" in value)
    assert any(f"pictures/{picture.name})" in page.read_text(encoding="utf-8") for page in pages(DOCS))


def test_there_are_pictures() -> None:
    assert len(PICTURES) >= 4


def test_the_site_needs_nothing_from_elsewhere_and_its_hook_is_there() -> None:
    assert SITE["plugins"] == ["search"]
    assert SITE["theme"]["name"] == "readthedocs"
    assert SITE["theme"]["highlightjs"] is False
    assert SITE["strict"] is True
    assert [REPO / name for name in SITE["hooks"]] == [Path(docs_site.__file__)]


def test_what_makes_the_site_is_pinned_by_hash() -> None:
    wanted = re.findall(r"^([a-z-]+==\S+)$", (DOCS / "requirements.in").read_text(), re.MULTILINE)
    locked = (DOCS / "requirements.txt").read_text()
    packages = re.findall(r"^\S+==\S+ \\\n {4}--hash=sha256:", locked, re.MULTILINE)
    assert wanted
    assert all(f"{one} \\" in locked for one in wanted)
    assert len(packages) == len(re.findall(r"==", locked))


def test_links_out_of_the_pages_become_the_path_that_they_name() -> None:
    text = "[pack](../policies/README.md) and [a](a.md)\n```\n[x](../x)\n```\n"
    assert docs_site.inside(text, "ci.md") == (
        "pack (`policies/README.md` of the repository) and [a](a.md)\n```\n[x](../x)\n```\n"
    )
    deeper = "[contract](../contract.md) [row](../../components/row.toml#L3)\n"
    assert docs_site.inside(deeper, "adr/1.md") == (
        "[contract](../contract.md) row (`components/row.toml` of the repository)\n"
    )


def test_what_belongs_to_an_item_of_a_list_is_four_spaces_in() -> None:
    text = "1. **Row**:\n\n   ```toml\n   [L4]\n\n     deep = 1\n   ```\n\n   More.\n- a\n  - b\n\nplain\n   three\n"
    assert docs_site.nested(text) == (
        "1. **Row**:\n\n        [L4]\n\n          deep = 1\n\n    More.\n- a\n    - b\n\nplain\n   three\n"
    )


def test_blocks_of_code_outside_of_lists_stay_as_they_are() -> None:
    text = "# T\n\n- a\n\ntext\n\n```yaml\n- x:\n  - y\n<!-- c -->\n```\n\n- b\n"
    assert docs_site.nested(text) == text


def test_a_table_behind_a_comment_is_a_table() -> None:
    assert docs_site.nested("<!-- idle -->\n| a |\n") == "<!-- idle -->\n\n| a |\n"


def test_anchors_are_those_of_forges() -> None:
    assert docs_site.slug("Metrics (C8)") == "metrics-c8"
    assert docs_site.slug("up and down — `x_y`, <em>z</em>") == "up-and-down--x_y-z"
