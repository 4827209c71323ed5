"""What a registry would have served: an image that was built here, under the digest that pods ask for.

A node that pulls has the image as `repository@digest`. Where no registry answers, what was built takes
that name, so pods of a cluster that pulls by digest start here too; its content is not upstream's.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from fairlead.catalog.lock import ImageRow

_INDEX, _NAME = "index.json", "io.containerd.image.name"


def under_its_digest(row: ImageRow, tar: Path, folder: Path) -> Path:
    """The image tar itself, or where the row has a digest, a copy that is called by it."""
    if row.digest is None:
        return tar
    made = folder / f"{row.repository.rsplit('/', 1)[-1]}.tar"
    with tarfile.open(tar) as source, tarfile.open(made, "w") as target:
        for member in source:
            content = source.extractfile(member)
            data = content.read() if content else b""
            if member.name == _INDEX:
                data = _renamed(data, f"{row.repository}@{row.digest}")
                member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return made


def _renamed(index: bytes, name: str) -> bytes:
    value: dict[str, Any] = json.loads(index)
    for manifest in value["manifests"]:
        manifest["annotations"] = {_NAME: name}
    return json.dumps(value).encode()
