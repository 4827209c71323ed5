"""What is written of charts' versions: a row for each, sound, and a wrong one is refused with where and what."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from fairlead.catalog import lock
from fairlead.catalog.compatibility import FILE, Kubernetes, Partner, load, parse
from fairlead.errors import InputError, Problem

TEXT = (Path(lock.__file__).parent / "data" / FILE).read_text(encoding="utf-8")
SAID = {"strength": "stated", "source": "its README", "date": date(2026, 11, 29)}


def refused(old: str, new: str) -> Problem:
    """The one problem of the product's rows after a change."""
    assert old in TEXT, f"{old!r} is not in {FILE}: the test would break nothing"
    with pytest.raises(InputError) as caught:
        parse(TEXT.replace(old, new, 1))
    (problem,) = caught.value.problems
    return problem


APART = ("kfp-api-server", "model-registry", "opencost")
"""Images that come by no chart and have a row of their own."""


def test_every_chart_of_the_lock_has_a_row_of_its_own_release_and_so_has_what_comes_by_none() -> None:
    assert not {*APART} & {*lock.charts()}
    assert {name: row.version for name, row in load().items()} == {
        **{name: row.version for name, row in lock.charts().items()},
        **{name: lock.images()[name].tag for name in APART},
    }


def test_every_statement_has_a_source_and_a_date_that_has_been() -> None:
    rows = load().values()
    said = [one for row in rows for one in (row.kubernetes, *row.needs.values(), *row.runs.values()) if one]
    assert len(said) > 15
    for one in said:
        assert len(one.source) > 20
        assert date(2026, 1, 1) <= one.date <= date(2027, 12, 31)


def test_where_nothing_is_stated_the_row_says_so_and_where_it_was_looked_for() -> None:
    silent = {name for name, cells in tomllib.loads(TEXT).items() if cells["kubernetes"] == "nothing stated"}
    assert silent == {name for name, row in load().items() if row.kubernetes is None}
    assert silent
    assert all(str(load()[name].note).count("20") for name in silent)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('min = "1.29"', 'mim = "1.29"', "[kueue.kubernetes] mim", "unknown key"),
        ("[jobset]\n", "[jobset]\ncrds = []\n", "[jobset] crds", "unknown key"),
        ('max = "1.36"', 'max = "1.25"', "[karpenter] kubernetes", "min 1.26 is above max 1.25"),
        (
            'tested = ["1.34", "1.36"]',
            'tested = ["1.36", "1.34"]',
            "[kueue.kubernetes] tested",
            "begins with 1.36",
        ),
        ('tested = ["1.34", "1.36"]', 'tested = "1.34"', "[kueue.kubernetes] tested", "two minor versions"),
        ('tested = ["1.32"', 'tested = ["1.30"', "[kubeflow-trainer] kubernetes", "lies outside of what is"),
        ('min = "1.29"', 'min = "1.29.1"', "[kueue.kubernetes] min", "match pattern"),
        ("[kueue.needs.jobset]", "[kueue.needs.jobsets]", "[kueue.needs.jobsets]", "no such chart"),
        (
            "[keda]",
            "[kedda]\nversion = '1'\nkubernetes = 'nothing stated'\nnote = 'x'\n[keda]",
            "[kedda]",
            "no such",
        ),
        ("runs.postgresql", "runs.postgres", "[cloudnative-pg.runs.postgres]", "no such image"),
        ("from = 14", "from = 19", "[cloudnative-pg.runs] postgresql", "from 19 is above to 18"),
        ('"nothing stated"\nnote = "L', '"nothing stated"\n# "L', "[efa-device-plugin]", "needs a note"),
        (
            'kubernetes = "nothing stated"',
            'kubernetes = "any"',
            "[efa-device-plugin] kubernetes",
            "must be a table",
        ),
        ('kubernetes = "nothing stated"\n', "", "[efa-device-plugin] kubernetes", "missing key"),
        (
            'strength = "stated"',
            'strength = "sure"',
            "[kueue.kubernetes] strength",
            "'stated', 'built' or 'ours'",
        ),
        ('also = ["2.3.0"]\n', "", "[kueue.needs] kubeflow-trainer", "also needs shown"),
        (
            'apis = ["jobset.x-k8s.io/v1alpha2"]',
            'apis = ["v1"]',
            "[kueue.needs.jobset.apis] 0",
            "match pattern",
        ),
        ("[kueue]", "[kueue", "", "no TOML"),
    ],
)
def test_a_wrong_row_is_refused_with_where_and_what(old: str, new: str, where: str, what: str) -> None:
    problem = refused(old, new)
    assert problem.where == f"{FILE} {where}".rstrip()
    assert what in problem.what + problem.given


def test_an_unknown_key_or_chart_is_told_the_nearest() -> None:
    assert "nearest: min" in refused('min = "1.29"', 'mim = "1.29"').allowed
    assert "nearest: jobset" in refused("[kueue.needs.jobset]", "[kueue.needs.jobsets]").allowed
    assert "from" in refused("from = 14", "form = 14\nfrom = 14").allowed


def test_all_wrong_rows_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse(TEXT.replace('min = "', 'mim = "'))
    assert len(caught.value.problems) > 5


@pytest.mark.parametrize(
    ("version", "runs", "doubt"),
    [
        ("1.31.9", False, ""),
        ("1.32", True, "supported on 1.34 to 1.35"),
        ("1.33.0", True, "supported on 1.34 to 1.35, tested on it"),
        ("1.34.2", True, ""),
        ("1.35", True, ""),
        ("1.36", True, "supported on 1.34 to 1.35, tested on it"),
        ("1.37.0", True, "supported on 1.34 to 1.35"),
        ("1.38", False, ""),
    ],
)
def test_what_binds_and_what_is_only_told(version: str, runs: bool, doubt: str) -> None:
    spans = {"supported": ["1.34", "1.35"], "tested": ["1.33", "1.36"]}
    said = Kubernetes.model_validate({"min": "1.32", "max": "1.37", **spans, **SAID})
    assert said.allows(version) is runs
    assert not runs or said.doubt(version) == doubt


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("0.11.9", False),
        ("0.12.0", False),
        ("0.12.1", True),
        ("v0.12.10", True),
        ("0.13.0", False),
        ("0.14.0", True),
        ("1.12.1", False),
    ],
)
def test_a_later_patch_fits_another_minor_version_only_if_something_shows_it(
    version: str, fits: bool
) -> None:
    partner = Partner.model_validate({"version": "0.12.1", "also": ["0.14.0"], "shown": "a test", **SAID})
    assert partner.fits(version) is fits


@pytest.mark.parametrize(
    ("version", "fits"), [("1.14.9", False), ("1.15.0", True), ("1.21.2", True), ("2.0.0", True)]
)
def test_the_least_that_a_project_states_leaves_all_newer_ones(version: str, fits: bool) -> None:
    partner = Partner.model_validate({"version": "1.15.0", "or_newer": True, **SAID})
    assert partner.fits(version) is fits
    assert partner.allowed == "1.15.0 or newer"
