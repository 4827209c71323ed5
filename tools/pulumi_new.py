"""The directories that `pulumi new` takes: what `fairlead init` writes by default, with a section for Pulumi.

`pulumi new` asks for name and description, and puts them where `${PROJECT}` and `${DESCRIPTION}` stand; in a file that
ends in .yaml with a line break behind, so that only at the end of a line. Its other questions are single values of
the configuration: a platform is one object, so that what is needed before the first run is told at the end instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

FOLDER = "templates"
"""Where they lie in the repository."""
NEXT = {
    "fairlead-aws": "Put your account, region and administrator into stacks/layers/target-aws.yaml.",
    "fairlead-gcp": "Put your project, region and administrator into stacks/layers/target-gcp.yaml.",
    "fairlead-azure": "Put your subscription, region and administrators into stacks/layers/target-azure.yaml.",
    "fairlead-onprem": "Put your cluster's context, nodes and volumes into stacks: `fairlead contract pools` has them.",
    "fairlead-edge": "Put your sites' kubeconfigs and nodes into stacks: `fairlead contract pools` has them.",
    "fairlead-team": "Send the file in tenants to those who run the platform.",
}
"""Template -> what must be done before the first `pulumi up`."""
CONFIG = {"fairlead-team": {"fairlead:cluster": "cluster"}}
"""Template -> configuration key that `pulumi new` asks for -> the question of `fairlead init` that it answers."""


@cache
def directories() -> Mapping[str, str]:
    """Path in the repository -> text of each file."""
    from fairlead.operate.scaffold import defaults

    found: dict[str, str] = {}
    for name, files in defaults().items():
        found |= {f"{FOLDER}/{name}/{path}": text for path, text in files.items()}
        found[f"{FOLDER}/{name}/Pulumi.yaml"] = _project(name, files["Pulumi.yaml"])
    return found


def _project(name: str, text: str) -> str:
    """The project's file with what `pulumi new` puts in and asks for."""
    from fairlead.operate.template_answers import questions, templates

    _, _, rest = text.partition("\nmain:")
    lines = ["name: ${PROJECT}", "description: ${DESCRIPTION}", f"main:{rest}template:"]
    lines += [f"  displayName: {name}", f"  description: {_sentence(templates()[name])}", "  important: true"]
    lines += ["  quickstart: |", f"    {NEXT[name]}", "    README.md has the first five commands."]
    for place, (key, question) in enumerate(CONFIG.get(name, {}).items()):
        asked = questions()[question]
        lines += ["  config:"] if place == 0 else []
        lines += [
            f"    {key}:",
            f"      description: {json.dumps(asked['help'])}",
            f"      default: {asked['default']}",
        ]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
