"""The product's own exceptions from rules, and passwords that are tried first: sound rows; wrong ones are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fairlead.catalog import passwords, policy_exceptions
from fairlead.errors import InputError
from fairlead.rules.book import BY_ID
from fairlead.rules.judge import of_resource
from fairlead.rules.model import ResourceRule, Subject
from fairlead.spec.policies import Policies

DATA = Path(passwords.__file__).parent / "data"
ROW = """
[driver]
rules = ["kubernetes-no-privileged"]
resources = ["DaemonSet/fairlead-gpu/driver"]
reason = "it loads the driver"
source = "https://example.com/manifest.yaml"
date = 2026-11-30
"""


def refused(folder: Path, old: str, new: str) -> str:
    assert old in ROW
    (folder / policy_exceptions.FILE).write_text(ROW.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        policy_exceptions.read(folder)
    (problem,) = caught.value.problems
    return str(problem)


def test_every_exception_of_the_product_is_from_rules_that_there_are() -> None:
    rows = policy_exceptions.policy_exceptions()
    assert len(rows) >= 10
    assert {rule for row in rows for rule in row.rules} <= set(BY_ID)
    names = [name for row in rows for name in row.resources]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["kubernetes-no-privileged"]', "[]", "rules: is empty"),
        ('["DaemonSet/fairlead-gpu/driver"]', "[]", "resources: is empty"),
        ("DaemonSet/fairlead-gpu/driver", "*", "excuses almost everything"),
        ("DaemonSet/fairlead-gpu/driver", "DaemonSet/*/driver", "excuses almost everything"),
        ("https://example.com/manifest.yaml", "a colleague", "must be an address"),
        ("reason", "why", "why"),
    ],
)
def test_an_exception_that_is_too_wide_or_without_a_source_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refused(tmp_path, old, new)


def test_what_a_part_of_the_platform_must_do_is_excused_by_the_product_for_that_part_alone() -> None:
    rule = BY_ID["kubernetes-no-privileged"]
    assert isinstance(rule, ResourceRule)
    inputs = {"spec": {"template": {"spec": {"containers": [{"securityContext": {"privileged": True}}]}}}}

    def excused(name: str, namespace: str = "fairlead-gpu") -> str:
        meta = {"metadata": {"name": name, "namespace": namespace}}
        subject = Subject("kubernetes:apps/v1:DaemonSet", "x", {**inputs, **meta})
        (found,) = of_resource(subject, Policies(), date(2099, 1, 1), rules=(rule,))
        return found.excused

    assert excused("neuron-monitor").startswith("fairlead: it reads the driver's counters")
    assert excused("neuron-monitor", "team-a") == ""
    assert excused("another") == ""


def test_passwords_that_programs_come_with_are_known_and_each_has_a_source(tmp_path: Path) -> None:
    assert {"minioadmin", "minio123", "password1234", "changeme"} <= set(passwords.default_passwords())
    text = (DATA / passwords.FILE).read_text()
    (tmp_path / passwords.FILE).write_text(text.replace("source =", "sauce =", 1))
    with pytest.raises(InputError, match=r"default_passwords\.toml \[mlflow\]"):
        passwords.read(tmp_path)
