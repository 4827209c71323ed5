"""The page of a report in a real browser: opened from disk, drawn, and without a complaint."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.browser import browser, needed
from support.usage import Page, report

from fairlead.operate.report.page import page

pytestmark = needed

BUSY, BUSY_IN_THE_DARK = (0x1F, 0x6F, 0xB2), (0x4F, 0x9F, 0xE0)
"""Of style sheets: what areas of busy accelerators are filled with."""
CARD, CARD_IN_THE_DARK = (0xFF, 0xFF, 0xFF), (0x1A, 0x20, 0x29)


def colours(picture: Path) -> dict[tuple[int, ...], int]:
    """Colour -> how many points of a picture have it."""
    from PIL import Image

    with Image.open(picture) as image:
        plain = image.convert("RGB")
        return {colour: count for count, colour in plain.getcolors(plain.width * plain.height) or []}


def test_a_complaint_of_the_browser_is_seen(tmp_path: Path) -> None:
    """Without this the next tests could look for what nobody would say."""
    broken = page(report()).replace(
        "<main>", "<main><script>alert(1)</script><img src='https://example.org/x.png'>"
    )
    _, console = browser(tmp_path, broken, "--dump-dom")
    assert len(console) == 2
    assert all("Content Security Policy" in one for one in console)


def test_it_is_read_without_a_complaint_and_every_number_is_what_its_attribute_says(tmp_path: Path) -> None:
    html = page(report())
    dom, console = browser(tmp_path, html, "--dump-dom")
    assert console == []
    written, read = Page(html), Page(dom)
    assert [(one.text, one.value, one.query) for one in read.numbers] == [
        (one.text, one.value, one.query) for one in written.numbers
    ]
    assert len(read.numbers) > 60
    for one in read.numbers:
        assert _means(one.text) == pytest.approx(one.value, rel=0.02, abs=30 if "m" in one.text else 0.51), (
            one
        )
    assert len(read.lines) == len(written.lines)
    assert [tag for tag, _ in read.elements].count("script") == 0


def _means(text: str) -> float:
    """The number that a reader takes a text for."""
    if re.fullmatch(r"[\dhms ]+", text) and text[-1] in "hms" and " h" not in text:
        parts = re.findall(r"(\d+)([hms])", text)
        return float(sum(int(count) * {"h": 3600, "m": 60, "s": 1}[unit] for count, unit in parts))
    number = float(re.sub(r"[^\d.]", "", text))
    return number / 100 if text.endswith("%") else number


@pytest.mark.parametrize(
    ("arguments", "busy", "card"),
    [([], BUSY, CARD), (["--force-dark-mode"], BUSY_IN_THE_DARK, CARD_IN_THE_DARK)],
    ids=["light", "dark"],
)
def test_it_is_drawn_in_light_and_in_the_dark(
    tmp_path: Path, arguments: Sequence[str], busy: tuple[int, ...], card: tuple[int, ...]
) -> None:
    picture = tmp_path / "page.png"
    _, console = browser(tmp_path, page(report()), f"--screenshot={picture}", *arguments)
    assert console == []
    found = colours(picture)
    assert found[card] > 1_000_000
    assert found[busy] > 5_000
    assert len(found) > 50


def test_it_prints_on_paper(tmp_path: Path) -> None:
    paper = tmp_path / "page.pdf"
    _, console = browser(tmp_path, page(report()), "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert console == []
    assert paper.read_bytes().startswith(b"%PDF")
    assert sys.getsizeof(paper.read_bytes()) > 20_000
