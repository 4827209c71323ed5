"""A real API server on loopback with nothing behind it but etcd, and what else a test starts beside it.

Not the product's local cluster: no node, no network of its own, up in seconds. For what only the API server and single
controllers can tell: whether objects are accepted, what a policy refuses, what a controller makes of them.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fairlead.tools import images, toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

TOKEN = "bare-test"
"""Of a server on loopback that lives for one test."""
TOOLS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
PATIENCE = 180


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(what: str, check: Callable[[], object], limit: float = PATIENCE) -> Any:
    """Waits until the check gives something true; fails with what was waited for and what came last."""
    end, found = time.monotonic() + limit, None
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {limit:.0f} s: {what}")


@dataclass
class Bare:
    """The server, and the processes that were started for it."""

    folder: Path
    tools: Mapping[str, Path]
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @classmethod
    def start(cls, folder: Path) -> Bare:
        made = cls(folder, toolchain.ensure(TOOLS, Cache.default(), Progress(mode="plain")))
        try:
            made._serve()
        except BaseException:
            made.stop()
            raise
        return made

    def run(self, program: str | Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        """Starts a process that lives until `stop`; what it says lies beside the rest."""
        path = self.tools.get(str(program), Path(program))
        with (self.folder / f"{path.name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(path), *arguments], stdout=log, stderr=log, env={**os.environ, **(env or {})}
                )
            )

    def stop(self) -> None:
        for one in reversed(self.processes):
            one.terminate()
        for one in reversed(self.processes):
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def _serve(self) -> None:
        client, peer = free_port(), free_port()
        store = f"http://127.0.0.1:{client}"
        self.run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            "--unsafe-no-fsync",
        )
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        tokens = self.folder / "tokens.csv"
        tokens.write_text(f'{TOKEN},admin,admin,"system:masters"\n')
        self.run(
            "kube-apiserver",
            f"--etcd-servers={store}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--service-cluster-ip-range=10.96.0.0/24",
            "--service-account-issuer=https://bare.example.com",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--allow-privileged",
            # Nothing makes accounts here, and pods name one; nothing takes the taint of new nodes away.
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
        )
        self.kubeconfig.write_text(yaml.safe_dump(_kubeconfig(self.port)))
        until(
            "the API server answers",
            lambda: self.kubectl("get", "--raw=/readyz", check=False).strip() == "ok",
        )

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def control(self) -> None:
        """Starts the controller manager and the scheduler. No kubelet reports here: nobody minds nodes' silence."""
        more = {
            "kube-controller-manager": ["--controllers=*,-node-lifecycle-controller"],
            "kube-scheduler": [],
        }
        for name, arguments in more.items():
            self.run(
                name,
                *arguments,
                f"--kubeconfig={self.kubeconfig}",
                f"--secure-port={free_port()}",
                f"--cert-dir={self.folder / name}",
                "--leader-elect=false",
            )

    def kubectl(self, *arguments: str, given: object = None, check: bool = True) -> str:
        """The real client; its output, with its errors where they are not fatal."""
        command = [str(self.tools["kubectl"]), "--kubeconfig", str(self.kubeconfig), *arguments]
        text = None if given is None else json.dumps(given)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=600)
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr[-4000:]}"
        return done.stdout if check else done.stdout + done.stderr

    def make(self, *objects: Mapping[str, Any]) -> None:
        for place in range(0, len(objects), 50):
            self.kubectl(
                "apply",
                "--server-side",
                "--force-conflicts",
                "-f",
                "-",
                given=listed(objects[place : place + 50]),
            )

    def define(self, crds: Sequence[Mapping[str, Any]]) -> None:
        """CRDs, until the server serves them. Their webhooks convert between versions and are not there."""
        plain = [{**one, "spec": {k: v for k, v in one["spec"].items() if k != "conversion"}} for one in crds]
        self.make(*plain)
        names = [f"crd/{one['metadata']['name']}" for one in crds]
        self.kubectl("wait", "--for=condition=Established", f"--timeout={PATIENCE}s", *names)

    def refusals(self, objects: Sequence[Mapping[str, Any]]) -> list[str]:
        """What the server has against making these, asked without making them: one line for each that it refuses."""
        said = self.kubectl(
            "create",
            "--dry-run=server",
            "--validate=strict",
            "-o",
            "name",
            "-f",
            "-",
            given=listed(objects),
            check=False,
        )
        return [
            line
            for line in said.splitlines()
            if line.lower().startswith(("error", "the ", "warning: unknown"))
        ]

    def get(self, kind: str, name: str, namespace: str) -> Any:
        found = self.kubectl("get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "json")
        return json.loads(found) if found.strip() else None


def listed(objects: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


def _kubeconfig(port: int) -> Mapping[str, Any]:
    cluster = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bare", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "bare", "context": {"cluster": "bare", "user": "admin"}}],
        "current-context": "bare",
    }


def program_of(image: str, path: str, folder: Path) -> Path:
    """A program out of an image that is built here, for running it without a container."""
    tar = images.ensure([image], Cache.default(), Progress(mode="plain"))[image]
    made = folder / path.lstrip("/").replace("/", "-")
    with tarfile.open(tar) as outer:
        for member in outer.getmembers():
            data = outer.extractfile(member)
            if data is None or member.size < 1_000_000:
                continue
            with tarfile.open(fileobj=data) as layer:
                found = next(
                    (one for one in layer.getmembers() if one.name.lstrip("./") == path.lstrip("/")), None
                )
                content = layer.extractfile(found) if found else None
                if content is not None:
                    made.write_bytes(content.read())
                    made.chmod(0o755)
                    return made
    raise AssertionError(f"image {image} has no {path}")
