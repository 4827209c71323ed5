"""Platforms beside the committed stacks, built of choices that those do not make, are judged too."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from support.outside import KEPT_OUTSIDE

from reference.aws.checker import check
from reference.aws.mutations_logs import LOGS as LOGGING
from reference.aws.mutations_secrets import SECRETS as MISTAKES
from reference.common import REPO
from reference.mutation import assert_clean, run_mutations

STACK = "aws-prod"
SYSTEM = {"name": "system", "machine": "m7i.2xlarge", "min": 3, "max": 8}
ZONE = {"zones": ["us-east-1b"], "fabric": "required", "min": 1, "max": 2}
NETWORK = {
    "vpc": "vpc-0123456789abcdef0",
    "subnets": {f"us-east-1{zone}": f"subnet-0123456789abcdef{zone}" for zone in "bcd"},
}

OWN_NETWORK: Mapping[str, Any] = {
    "target": {
        "nat": "single",
        "private_endpoints": False,
        "endpoint": {"public": True, "allow": ["203.0.113.0/24"]},
        "protect": False,
    },
    "pools": [
        {**SYSTEM, "image": "bottlerocket"},
        {"name": "arm", "accelerators": "T4G:1", "min": 1, "max": 2},
        {"name": "l4", "accelerators": "L4:1", "image": "bottlerocket-nvidia", "min": 1, "max": 2},
        {"name": "b300", "accelerators": "B300:8", **ZONE},
        {"name": "rtx", "accelerators": "RTX-PRO-6000:8", **ZONE},
    ],
}
BROUGHT: Mapping[str, Any] = {
    "target": {
        "network": NETWORK,
        "key": "arn:aws:kms:us-east-1:444455556666:key/12345678-1234-1234-1234-123456789012",
        "parallel_storage_tib": 4,
        "endpoint": {"allow": ["10.20.0.0/16", "fd00:20::/48"]},
    },
    "pools": [
        SYSTEM,
        {"name": "b200", "accelerators": "B200:8", "placement": "compact", **ZONE},
        {"name": "inf", "accelerators": "Inferentia2:12", "min": 1, "max": 2},
    ],
}

SECRETS: Mapping[str, Any] = {
    "target": {},
    "pools": [SYSTEM],
    "layers": KEPT_OUTSIDE,
}
LOGS: Mapping[str, Any] = {"target": {}, "pools": [SYSTEM], "logs": {"days": 90}}


def declared(variant: Mapping[str, Any]) -> list[dict[str, Any]]:
    from fairlead.declared.record import record
    from fairlead.program import build

    file = REPO / "stacks" / f"Pulumi.{STACK}.yaml"
    own = yaml.safe_load(file.read_text())["config"]["fairlead:platform"]
    tenants = [{"name": name, "groups": [name], "quota": {}} for name in ("product", "research")]
    target = {**own["target"], "capacity_blocks": [], **variant["target"]}
    spec = {**own, "target": target, "pools": list(variant["pools"]), "tenants": tenants}
    spec["layers"] = {**own["layers"], **variant.get("layers", {})}
    spec["logs"] = variant.get("logs")
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore", DeprecationWarning)
        # Without the teams' own files: they ask for accelerators that these pools do not have.
        stacks = shutil.copytree(
            REPO / "stacks", Path(folder) / "stacks", ignore=shutil.ignore_patterns("tenants")
        )
        made = record(lambda: build(stacks, STACK, spec, standing=False), STACK)
    return json.loads(json.dumps([asdict(one) for one in made]))


@pytest.mark.parametrize(
    "variant",
    [OWN_NETWORK, BROUGHT, SECRETS, LOGS],
    ids=["an own network", "a brought network", "secrets outside", "logs of workloads"],
)
def test_other_choices_pass_every_reference_too(variant: Mapping[str, Any]):
    assert_clean(check, declared(variant))


def test_every_mistake_with_secrets_is_noticed():
    outcomes = run_mutations({"secrets": declared(SECRETS)}, MISTAKES, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []


def test_every_mistake_with_output_of_containers_is_noticed():
    outcomes = run_mutations({"logs": declared(LOGS)}, LOGGING, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []
