"""`python tools/building.py PACKAGE`: what the tests of a package on a cluster still have to build, in seconds.

PACKAGE is one under tests whose conftest describes its platform: `e2e.tools`, `e2e.kubeflow`. Nothing is built. CI
asks, so that it begins nothing that could not end in its time.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def seconds(package: str) -> int:
    """The sum over all steps, as one after the other; 0 where everything is there. Raises ImportError for none such."""
    sys.path.insert(0, str(ROOT / "tests"))
    from fairlead.operate.wanted import wanted
    from fairlead.plan.stack import plan_of
    from fairlead.tools import setup
    from fairlead.tools.cache import Cache
    from fairlead.tools.progress import Progress
    from fairlead.tools.steps import Context

    stage: Any = import_module("e2e.stage")
    tests: Any = import_module(f"{package}.conftest")
    platform = stage.two_teams(tests.STACK, tests.SUBNET, tests.IMAGES, tests.LAYERS)
    with tempfile.TemporaryDirectory(prefix="fairlead-building-") as folder:
        plan = plan_of(stage.make_stack(Path(folder), tests.STACK, platform) / "stacks", tests.STACK)
    context = Context.of(Cache.default(), Progress(mode="plain"))
    steps = setup.plan(wanted(plan, samples=True), context).steps
    return round(sum(step.usual_seconds for step in steps))


if __name__ == "__main__":
    print(seconds(sys.argv[1]))
