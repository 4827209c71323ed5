"""The page of a report: what stands in it, where it comes from, and that no name can do anything there."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf

import pytest
from support.usage import HOSTILE, PERIOD, Page, report, values_of

from fairlead.operate.report.model import Answer, Course, Report
from fairlead.operate.report.page import FENCE, page
from fairlead.operate.report.scale import nice
from fairlead.operate.report.words import Unit

HTML = page(report())


def without(found: Report, *names: str) -> Report:
    """The same, of which nobody tells these."""
    answers = {name: Answer(one.query) if name in names else one for name, one in found.answers.items()}
    courses = {name: Course(one.query) if name in names else one for name, one in found.courses.items()}
    return replace(found, answers=answers, courses=courses)


def test_every_figure_is_there_with_its_query_and_its_series() -> None:
    found = report()
    shown = {(one.query, tuple(sorted(one.labels.items()))): one.value for one in Page(HTML).numbers}
    for name, answer in found.answers.items():
        if name in ("covered", "told"):
            continue
        for labels, value in answer.values.items():
            assert shown[(answer.query, labels)] == value, name


def test_no_number_stands_outside_but_on_axes_and_in_what_was_asked_for() -> None:
    bare = [
        word
        for word in Page(re.sub(r"<(svg|code|header|details).*?</\1>", "", HTML, flags=re.DOTALL)).words
        if re.search(r"\d", word)
    ]
    told = re.compile(
        r"\d+-\d+ %|h100|l4|one that is there for a day is 24 hours|The 15 that|counted from 15m|alert\(1\)"
    )
    assert [one for one in bare if not told.search(one)] == []


def test_lines_of_plots_carry_their_numbers_and_a_gap_stays_one() -> None:
    lines = Page(HTML).lines
    assert len(lines) == 2 * 4 + 2 * 5 + 2
    for given, labels in lines:
        assert values_of(given) == [1.0, 2.5, None, 4.0, 0.0, 3.0]
        assert (given["data-start"], given["data-step"]) == (str(PERIOD.start + 3600), "3600")
        assert set(labels) in ({"pool"}, {"tenant"})
        assert given["d"].count("M") == 2


def test_who_points_at_a_moment_is_told_what_was_then() -> None:
    hints = re.findall(r'<rect class="at"[^>]*><title>([^<]*)</title>', HTML)
    assert hints[0].splitlines() == ["Mon 23 Nov 01:00", "there: 1", "busy: 1", "idle: 1", "held: 1"]
    assert hints[2].splitlines()[1:] == ["there: -", "busy: -", "idle: -", "held: -"]


def test_a_name_is_never_markup_and_hides_nothing() -> None:
    assert "<script" not in HTML
    assert "\u202e" not in HTML
    found = Page(HTML)
    assert [tag for tag, _ in found.elements if tag in ("script", "img", "a", "iframe", "object")] == []
    assert {one.labels.get("tenant") for one in found.numbers} >= {HOSTILE}
    shown = [word for word in found.words if "alert(1)" in word]
    assert shown
    assert all('"><script>alert(1)</script>\ufffd\ufffd&amp;' in word for word in shown)
    handlers = [name for _, given in found.elements for name in given if name.startswith("on")]
    assert handlers == []


def test_it_needs_nothing_but_itself() -> None:
    found = Page(HTML)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|@font-face", HTML)
    addresses = [
        given[name] for _, given in found.elements for name in ("src", "href", "xlink:href") if name in given
    ]
    assert addresses == ["data:,"]
    assert [given["content"] for tag, given in found.elements if given.get("http-equiv")] == [FENCE]
    assert FENCE.startswith("default-src 'none'")


def test_the_same_data_give_the_same_page() -> None:
    mixed = report()
    turned = {
        name: replace(one, values=dict(reversed(one.values.items()))) for name, one in mixed.answers.items()
    }
    courses = {
        name: replace(one, lines=dict(reversed(one.lines.items()))) for name, one in mixed.courses.items()
    }
    assert page(replace(mixed, answers=turned, courses=courses)) == HTML


def test_what_nobody_tells_is_no_zero() -> None:
    nobody = without(report(), *report().answers, *report().courses)
    found = Page(page(nobody))
    assert found.numbers
    assert {(one.text, one.value) for one in found.numbers if one.query not in _held(nobody)} == {("-", None)}
    assert found.lines == []
    words = " ".join(found.words)
    for said in (
        "Nothing was recorded",
        "No spend is recorded",
        "Nobody tells how busy",
        "Nobody tells of any",
    ):
        assert said in words


def _held(found: Report) -> set[str]:
    return {found.answers[name].query for name in ("covered", "told")}


def test_spend_alone_may_be_unknown() -> None:
    spends = ("spend", "spend rate", "spend idle", "pool spend", "tenant spend", "tenant spend idle")
    found = Page(page(without(report(), *spends)))
    told = {one.query: one.text for one in found.numbers}
    assert told[report().answers["spend"].query] == "-"
    assert told[report().answers["there"].query] != "-"
    assert "No spend is recorded" in " ".join(found.words)


@pytest.mark.parametrize(("name", "said"), [("covered", "90 %"), ("told", "40 %")])
def test_the_reader_is_told_what_is_missing(name: str, said: str) -> None:
    value = float(said.split(maxsplit=1)[0]) / 100
    found = report()
    partly = replace(found, answers={**found.answers, name: Answer(found.answers[name].query, {(): value})})
    numbers = [one for one in Page(page(partly)).numbers if one.query == found.answers[name].query]
    assert [(one.text, one.value) for one in numbers] == [(said, value)]
    assert 'role="note"' in page(partly)
    assert 'role="note"' not in HTML


def test_many_pools_and_tenants_are_all_in_the_tables_and_the_largest_are_drawn() -> None:
    pools, tenants = [f"pool-{n:02}" for n in range(20)], [f"tenant-{n:02}" for n in range(20)]
    found = Page(page(report(tenants, pools)))
    assert {one.labels["pool"] for one in found.numbers if "pool" in one.labels} >= set(pools)
    assert {one.labels["tenant"] for one in found.numbers if "tenant" in one.labels} == set(tenants)
    drawn = {labels["pool"] for given, labels in found.lines if "there" in given["class"]}
    assert drawn == set(pools[8:])
    assert {labels["tenant"] for _, labels in found.lines if "tenant" in labels} == set(tenants[12:])
    words = " ".join(found.words)
    assert "The 12 largest of 20 pools are drawn." in words
    assert "The 8 of 20 tenants that held the most are drawn" in words


def test_a_tenant_has_one_colour_on_all_of_the_page() -> None:
    colours: dict[str, set[str]] = {}
    for given, labels in Page(HTML).lines:
        if "tenant" in labels:
            colours.setdefault(labels["tenant"], set()).add(given["class"].split()[1])
    assert {name: len(found) for name, found in colours.items()} == {"team-a": 1, HOSTILE: 1}


def test_it_can_be_read_without_the_pictures() -> None:
    found = Page(HTML)
    assert ("html", {"lang": "en"}) in found.elements
    pictures = [given for tag, given in found.elements if tag == "svg"]
    assert pictures
    assert all(given["role"] == "img" and given["aria-label"] for given in pictures)
    titles = {given["id"] for tag, given in found.elements if tag == "h2"}
    assert {given["aria-labelledby"] for tag, given in found.elements if tag == "section"} == titles
    heads = [given for tag, given in found.elements if tag == "th"]
    assert {given["scope"] for given in heads} == {"col", "row"}
    assert "prefers-color-scheme: dark" in HTML
    assert "@media print" in HTML


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        (Unit.COUNT, 63, "63"),
        (Unit.COUNT, 62.951, "63.0"),
        (Unit.COUNT, 0.442, "0.44"),
        (Unit.HOURS, 10_575.8, "10,576 h"),
        (Unit.HOURS, 0, "0 h"),
        (Unit.WHOLE, 24.998, "25"),
        (Unit.PART, 0.4949, "49 %"),
        (Unit.USD, 12_345.6, "12,346 USD"),
        (Unit.USD, 3.2, "3.20 USD"),
        (Unit.RATE, 180.16, "180.16 USD/h"),
        (Unit.TIME, 42_300.2, "11h 45m"),
        (Unit.COUNT, None, "-"),
        (Unit.COUNT, inf, "-"),
    ],
)
def test_numbers_are_written_for_people(unit: Unit, value: float | None, said: str) -> None:
    assert unit.written(value) == said


def test_axes_end_at_round_numbers() -> None:
    assert [nice(one) for one in (0, 0.07, 1, 24, 32, 97, 101)] == [1, 0.08, 1, 30, 40, 100, 120]
    assert [nice(one, time=True) for one in (0, 59, 61, 700, 3601, 42_300, 90_000)] == [
        60, 60, 120, 720, 7200, 43_200, 172_800,
    ]  # fmt: skip
