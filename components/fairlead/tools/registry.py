"""Pull one image by digest, without a daemon: every byte is checked against the digest in the lock.

OCI distribution (https://github.com/opencontainers/distribution-spec, spec.md), anonymous access only.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from fairlead.tools.cache import sha256_file
from fairlead.tools.fetch import Reach, RefusedError, UnavailableError, save
from fairlead.tools.ociimage import INDEX_TYPE, MANIFEST_TYPE, write_layout

DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPT = ", ".join((INDEX_TYPE, MANIFEST_TYPE, DOCKER_INDEX, DOCKER_MANIFEST))
_MANIFEST_LIMIT = 4 << 20


class Registry:
    """One repository of one registry."""

    def __init__(self, repository: str, reach: Reach, scheme: str = "https") -> None:
        host, _, name = repository.partition("/")
        self._host = "registry-1.docker.io" if host == "docker.io" else host
        self.base = f"{scheme}://{self._host}/v2/{name}"
        self._reach = reach
        self._auth: dict[str, str] | None = None

    def manifest(self, digest: str) -> bytes:
        """The bytes of a manifest or index, checked against its digest."""
        data = self._manifest(digest)
        if (found := _digest(data)) != digest:
            raise RefusedError(f"{self.base}/manifests/{digest} is refused: its digest is {found}")
        return data

    def digest(self, tag: str) -> str:
        """The digest that a tag has now. Raises UnavailableError if the registry does not answer."""
        return _digest(self._manifest(tag))

    def _manifest(self, reference: str) -> bytes:
        url = f"{self.base}/manifests/{reference}"
        with self._reach.open(url, {"Accept": ACCEPT}, self._headers(url)) as answer:
            return answer.read(_MANIFEST_LIMIT)

    def blob(self, digest: str, target: Path) -> None:
        """Write a blob to a file, checked against its digest."""
        url = f"{self.base}/blobs/{digest}"
        save(self._reach, url, target, secret=self._headers(url))
        if "sha256:" + sha256_file(target) != digest:
            raise RefusedError(f"{url} is refused: its digest is another")

    def _headers(self, url: str) -> dict[str, str]:
        """The anonymous token that the registry asks for, fetched once."""
        if self._auth is None:
            challenge = self._reach.challenge(url, {"Accept": ACCEPT})
            self._auth = {"Authorization": f"Bearer {self._token(challenge)}"} if challenge else {}
        return self._auth

    def _token(self, challenge: str) -> str:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        if not challenge.lower().startswith("bearer") or "realm" not in fields:
            raise UnavailableError(f"{self._host} asks for {challenge.split(maxsplit=1)[0]} credentials")
        query = urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
        with self._reach.open(f"{fields['realm']}?{query}") as answer:
            body = cast(dict[str, Any], json.load(answer))
        return str(body.get("token") or body["access_token"])


def pull(
    reference: str, digest: str, target: Path, reach: Reach, scheme: str = "https", arch: str = "amd64"
) -> None:
    """Write the image of a digest as an OCI layout tar that is called `reference`.

    A digest of an index stands for its linux image of this architecture. Raises UnavailableError if the
    registry does not answer, RefusedError if it serves something else.
    """
    registry = Registry(reference.rsplit(":", 1)[0], reach, scheme)
    data = registry.manifest(digest)
    value = cast(dict[str, Any], json.loads(data))
    if "manifests" in value:
        chosen = [m["digest"] for m in value["manifests"] if _is(m.get("platform") or {}, arch)]
        if not chosen:
            raise UnavailableError(f"{reference}@{digest} has no image for linux/{arch}")
        data = registry.manifest(chosen[0])
        value = cast(dict[str, Any], json.loads(data))
    blobs: dict[str, bytes | Path] = {}
    for entry in [value["config"], *value["layers"]]:
        file = target.parent / entry["digest"].replace(":", "-")
        registry.blob(entry["digest"], file)
        blobs[entry["digest"]] = file
    write_layout(reference, data, blobs, target, arch)
    for file in blobs.values():
        cast(Path, file).unlink()


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def _is(platform: dict[str, Any], arch: str) -> bool:
    return platform.get("os") == "linux" and platform.get("architecture") == arch
