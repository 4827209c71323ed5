"""The jobs of `make bench-schedule`: as published, and the same each time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule.jobs import GPUS_PER_NODE, HOUR, Job, Wish, exponent, kept, make, mean_seconds, shares
from schedule.published import Curve, published

WISH = Wish(nodes=1000, hours=24, load=0.95)


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    return make(WISH)


def test_the_published_rows_fit_together() -> None:
    known = published()
    assert sum(size.jobs for size in known.sizes) == pytest.approx(1)
    assert sum(size.gpu_time for size in known.sizes) == pytest.approx(1)
    assert len(known.jobs_per_hour) == 24
    assert list(known.durations.shares) == sorted(known.durations.shares)
    assert all(one.wanted >= 0 for one in known.tenants)


def test_the_shares_of_sizes_give_the_published_means_over_all_jobs() -> None:
    """Two figures that the sizes were not read from: the mean duration and the mean number of GPUs."""
    known = published()
    assert sum(size.jobs * mean_seconds(size, known) for size in known.sizes) == pytest.approx(6652, rel=0.02)
    assert sum(size.jobs * size.gpus for size in known.sizes) == pytest.approx(3.716, rel=0.02)


def test_durations_of_all_sizes_together_are_the_published_ones_where_jobs_are_kept() -> None:
    known = published()
    for seconds in (v for v in known.durations.values if v >= WISH.least / 2):
        share = known.durations.share(seconds)
        mixed = sum(size.jobs * share ** (1 / exponent(size.gpus)) for size in known.sizes)
        assert mixed == pytest.approx(share, abs=0.03), seconds


def test_what_is_left_out_is_many_jobs_and_little_gpu_time() -> None:
    of_jobs, of_time = kept(WISH.least)
    assert of_jobs < 0.2
    assert of_time > 0.97


def test_the_same_seed_gives_the_same_jobs_and_another_gives_others(jobs: list[Job]) -> None:
    assert make(WISH) == jobs
    assert make(Wish(nodes=1000, hours=24, load=0.95, seed=6)) != jobs


def test_jobs_are_sent_in_order_within_the_day_and_fit_on_nodes(jobs: list[Job]) -> None:
    assert [job.sent for job in jobs] == sorted(job.sent for job in jobs)
    assert all(0 <= job.sent < WISH.hours * HOUR for job in jobs)
    assert all(1 <= job.gpus <= GPUS_PER_NODE for job in jobs)
    assert all(job.gpus == GPUS_PER_NODE for job in jobs if job.pods > 1)
    assert len({job.name for job in jobs}) == len(jobs)
    assert all(job.seconds > 0 for job in jobs)


def test_what_is_asked_for_is_the_wanted_load(jobs: list[Job]) -> None:
    """GPUs that all jobs would hold if each started at once, at each hour; within what chance allows."""
    moments = [hour * HOUR for hour in range(24)]
    held = [sum(job.size for job in jobs if job.sent <= at < job.sent + job.seconds) for at in moments]
    assert sum(held) / len(held) == pytest.approx(WISH.load * WISH.gpus, rel=0.1)


def test_more_jobs_are_sent_in_the_afternoon_than_at_night(jobs: list[Job]) -> None:
    hours = [int(job.sent // HOUR + WISH.starts) % 24 for job in jobs if job.sent > 0]
    assert sum(14 <= hour < 18 for hour in hours) > 1.8 * sum(3 <= hour < 7 for hour in hours)


def test_tenants_ask_for_as_much_as_published_and_not_for_their_part(jobs: list[Job]) -> None:
    of = {one.name: one for one in published().tenants}
    asked = {name: sum(job.tenant == name for job in jobs) / len(jobs) for name in of}
    whole = sum(one.wanted for one in of.values())
    for name, one in of.items():
        assert asked[name] == pytest.approx(one.wanted / whole, abs=0.02)


@given(nodes=st.integers(min_value=16, max_value=10_000))
def test_parts_of_tenants_add_up_to_all_nodes_and_none_is_off_by_a_node(nodes: int) -> None:
    known = published()
    given_out = shares(known, nodes)
    whole = sum(one.gpus for one in known.tenants)
    assert sum(given_out.values()) == nodes
    for one in known.tenants:
        assert abs(given_out[one.name] - one.gpus * nodes / whole) < 1


@settings(max_examples=200)
@given(share=st.floats(min_value=0, max_value=1))
def test_a_curve_finds_back_the_share_of_its_quantile(share: float) -> None:
    curve = published().durations
    value = curve.quantile(share)
    assert curve.values[0] <= value <= curve.values[-1]
    assert curve.share(value) == pytest.approx(max(share, curve.shares[0]), abs=1e-9)


def test_a_curve_is_straight_over_the_logarithm() -> None:
    curve = Curve([1, 100], [0.0, 1.0])
    assert curve.quantile(0.5) == pytest.approx(10)
    assert curve.share(10) == pytest.approx(0.5)
    assert curve.share(0.5) == 0
    assert math.isclose(curve.share(1000), 1)
