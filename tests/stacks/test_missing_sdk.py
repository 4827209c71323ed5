"""A stack of a cloud whose SDK is not installed is told so, with what to do and without a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.golden import REPO

HIDDEN = """\
import sys
sys.modules[sys.argv.pop(1)] = None
from fairlead.declared.record import main
main()
"""
"""The program as `fairlead preview` and `check policies` start it, with one package out of reach."""


@pytest.mark.parametrize(
    ("stack", "package"),
    [("aws-dev", "pulumi_aws"), ("gcp-dev", "pulumi_gcp"), ("azure-dev", "pulumi_azure_native")],
)
def test_a_missing_sdk_is_named_with_how_to_get_it(stack: str, package: str) -> None:
    command = [sys.executable, "-c", HIDDEN, package, str(REPO / "stacks"), stack]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{package} is not installed, by which the stack's target is built\n")
    assert f"make clouds, or pip install 'fairlead[{stack.partition('-')[0]}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
