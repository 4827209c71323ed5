"""OCI image tars: what they carry, and what containerd has already."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

_NAME = "io.containerd.image.name"


@dataclass(frozen=True)
class Image:
    """One name in an image tar: the reference that pods use, and the manifest's digest."""

    name: str
    digest: str


def carried(tar: Path) -> tuple[Image, ...]:
    """The images of an OCI tar, from its index. Raises ValueError where the file is none."""
    try:
        with tarfile.open(tar) as archive:
            member = archive.extractfile("index.json")
            index = cast(dict[str, Any], json.load(member) if member else {})
    except (tarfile.TarError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{tar}: no OCI image archive ({error})") from error
    manifests: list[dict[str, Any]] = index.get("manifests", [])
    named = [(one.get("annotations", {}).get(_NAME), one["digest"]) for one in manifests]
    if found := tuple(Image(name, digest) for name, digest in named if name):
        return found
    raise ValueError(f"{tar}: names no image (annotation {_NAME} of index.json)")


def present(listing: str) -> set[Image]:
    """The images in the output of `ctr images ls`: REF TYPE DIGEST SIZE ..."""
    rows = [line.split() for line in listing.splitlines()[1:]]
    return {Image(row[0], row[2]) for row in rows if len(row) > 2}
