"""A Prometheus of the release that runs in clusters, with series that somebody made up."""

from __future__ import annotations

import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from fairlead.tools import images
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from reference.prometheus.promtool import promtool

STARTS = 60.0
"""Seconds that it may take until it answers."""


@contextmanager
def serving(openmetrics: str, folder: Path) -> Iterator[str]:
    """Where it answers while it runs."""
    told, data = folder / "series.txt", folder / "data"
    told.write_text(openmetrics)
    made = [promtool(), "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=200h", told, data]
    subprocess.run(made, check=True, capture_output=True)
    (folder / "prometheus.yaml").write_text("{}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        _program(folder),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as running:
        try:
            _wait(f"http://{address}/-/ready", running, folder / "log")
            yield f"http://{address}"
        finally:
            running.terminate()


def _program(folder: Path) -> Path:
    """Out of the image that the local cluster runs."""
    image = images.ensure(["prometheus"], Cache.default(), Progress(mode="quiet"))["prometheus"]
    with tarfile.open(image) as layout:
        layer = max(layout.getmembers(), key=lambda one: one.size)
        with tarfile.open(fileobj=layout.extractfile(layer)) as files:
            files.extract("bin/prometheus", folder, filter="data")
    return folder / "bin" / "prometheus"


def _wait(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            if running.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
        time.sleep(0.1)
