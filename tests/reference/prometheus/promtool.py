"""Prometheus' own promtool, asked what rules make of series."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

Series = Mapping[str, str]
"""Series as PromQL writes it -> its values, one a minute, in promtool's words: `1x10`, `0 0 5`, `0+1x60`."""


@cache
def promtool() -> Path:
    """The program, of the release that the server is of."""
    return toolchain.ensure(["promtool"], Cache.default(), Progress(mode="quiet"))["promtool"]


def asked(
    groups: Sequence[Mapping[str, Any]], tests: Sequence[Mapping[str, Any]], interval: str = "1m"
) -> str:
    """What promtool says of tests of these groups of rules; empty where all hold. interval: between evaluations."""
    with TemporaryDirectory(prefix="fairlead-promtool-") as folder:
        rules, told = Path(folder, "rules.yaml"), Path(folder, "tests.yaml")
        rules.write_text(yaml.safe_dump({"groups": list(groups)}))
        told.write_text(
            yaml.safe_dump(
                {
                    "rule_files": [rules.name],
                    "evaluation_interval": interval,
                    # Else their order is by chance: an alert before its records finds those of the last time,
                    # and with five minutes between two none.
                    "group_eval_order": [one["name"] for one in groups],
                    "tests": list(tests),
                },
                sort_keys=False,
            )
        )
        done = subprocess.run(
            [promtool(), "test", "rules", told.name], capture_output=True, text=True, cwd=folder, check=False
        )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def given(series: Series) -> list[Mapping[str, str]]:
    """Series as a test of promtool has them."""
    return [{"series": name, "values": values} for name, values in series.items()]


def expected(query: str, at: str, samples: Mapping[str, float]) -> Mapping[str, Any]:
    """That a query has these results at a time, and no others."""
    found = [{"labels": name, "value": value} for name, value in samples.items()]
    return {"expr": query, "eval_time": at, "exp_samples": found}


def wrong(groups: Sequence[Mapping[str, Any]], series: Series, *checks: Mapping[str, Any]) -> str:
    """What does not hold of these series; empty where all does."""
    return asked(
        groups, [{"interval": "1m", "input_series": given(series), "promql_expr_test": list(checks)}]
    )
