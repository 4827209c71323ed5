"""A pod that opens its database by identity: beside its containers one that asks for the password, again and again.

libpq reads the file anew at each connection, so that a password may change while the pod runs. It lies in memory, and
neither the cluster nor the engine's state has it.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.database import SignIn
from fairlead.layers.databases.client import PASSWORDS, SIGNED_IN
from fairlead.layers.objects import SEALED

NAME = "sign-in"
SECONDS = 120
"""Between two questions: so long a password that was changed may keep new connections out."""
RESOURCES = ("10m", "128Mi", "256Mi")
"""Asked for: cpu, memory, most memory."""
LOOP = f"""\
import os
import time

{{script}}

kept = os.environ["PGPASSFILE"]
while True:
    word = password().replace("\\\\", "\\\\\\\\").replace(":", "\\\\:")
    with open(os.open(kept + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("*:*:*:*:" + word + "\\n")
    os.replace(kept + ".new", kept)
    time.sleep({SECONDS})
"""
"""libpq passes over a file that others may read, and wants colons and backslashes marked."""


def program(signin: SignIn) -> str:
    """The whole program of the container."""
    return LOOP.format(script=signin.script)


def container(signin: SignIn, image: str) -> dict[str, Any]:
    """First of a pod's init containers: it runs on beside all others, which start when the password is there."""
    cpu, memory, most = RESOURCES
    told = {"PGPASSFILE": PASSWORDS, "HOME": "/tmp", **signin.environment}  # noqa: S108 - a directory of the container
    return {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "restartPolicy": "Always",
        "command": ["python3", "-c", program(signin)],
        "env": [{"name": name, "value": value} for name, value in told.items()],
        "startupProbe": {
            "exec": {"command": ["test", "-s", PASSWORDS]},
            "periodSeconds": 2,
            "failureThreshold": 120,
        },
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
        "volumeMounts": [mount(), {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - a directory of the container
    }


def volume() -> dict[str, Any]:
    """Where the password lies."""
    return {"name": NAME, "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}


def mount() -> dict[str, Any]:
    """The mount of that volume."""
    return {"name": NAME, "mountPath": SIGNED_IN}
