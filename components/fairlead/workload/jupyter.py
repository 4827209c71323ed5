"""How JupyterLab is started in a notebook's pod, and what it finds there.

Settings: traits of jupyter_server 2.21.1 (serverapp.py, services/kernels/kernelmanager.py, auth/identity.py),
jupyter_server_terminals 0.5.4 (terminalmanager.py) and jupyterlab 4.6.6 (labapp.py); tests hold them to these.
"""

from __future__ import annotations

from collections.abc import Mapping

PORT = 8888
WORKSPACE = "/workspace"
"""Where the volume with the files is mounted."""
TOKEN_KEY = "token"  # noqa: S105 - a name in a Secret
"""Of the Secret with which callers sign in."""
TOKEN_VARIABLE = "JUPYTER_TOKEN"  # noqa: S105 - a variable's name
"""The server reads its token there, and prints none that it was given."""
ENVIRONMENT: Mapping[str, str] = {
    # What users install and set for themselves outlives the pod with their files.
    "HOME": WORKSPACE,
    # It keeps a file with its token and the key of its cookies: not on a volume that other pods mount.
    "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",  # noqa: S108 - of a container that nobody shares
}
READY_PATH = "/api"
"""Says which version answers, to anybody, and counts as no activity."""
LEAST_INTERVAL, MOST_INTERVAL = 10, 300
"""Seconds between two looks at what is idle."""


def command(idle_seconds: int) -> str:
    """The shell command. It ends well when nobody has worked in it for that long, or by File > Shut Down."""
    told = [f"--{trait}={value}" for trait, value in settings(idle_seconds).items()]
    return f"cd {WORKSPACE}\n" + " \\\n  ".join(["exec jupyter lab --no-browser", *told])


def settings(idle_seconds: int) -> dict[str, str]:
    """Trait -> value."""
    interval = str(min(max(idle_seconds // 4, LEAST_INTERVAL), MOST_INTERVAL))
    idle = str(idle_seconds)
    return {
        "ServerApp.ip": "0.0.0.0",  # noqa: S104 - the tenant's fence and the token are the doors
        "ServerApp.port": str(PORT),
        "ServerApp.port_retries": "0",
        "ServerApp.root_dir": WORKSPACE,
        # Its host is known to the gateway alone, which also says that it was called by https.
        "ServerApp.allow_remote_access": "True",
        "ServerApp.trust_xheaders": "True",
        "ServerApp.quit_button": "True",
        "ServerApp.shutdown_no_activity_timeout": idle,
        "MappingKernelManager.cull_idle_timeout": idle,
        "MappingKernelManager.cull_interval": interval,
        # A browser that was left open is nobody who works.
        "MappingKernelManager.cull_connected": "True",
        "MappingKernelManager.cull_busy": "False",
        "TerminalManager.cull_inactive_timeout": idle,
        "TerminalManager.cull_interval": interval,
        # The fence lets nothing out: neither news nor extensions are looked for.
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
