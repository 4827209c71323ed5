"""Write container images without a daemon or a registry.

An image becomes an OCI image layout in a tar (https://github.com/opencontainers/image-spec,
image-layout.md) with one uncompressed layer, which `ctr images import` takes. The bytes depend only
on the content: times are 0, names are sorted, and no compressor's version shows.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
EPOCH = "1970-01-01T00:00:00Z"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FORMAT = 1
"""Raised when the layout of written images changes, so that cached ones are written again."""


@dataclass(frozen=True)
class Entry:
    """One file, folder or link of an image; `path` has no leading slash."""

    path: str
    mode: int
    data: Path | bytes | None = None
    link: str | None = None
    owner: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Image:
    """What an image holds and how its container starts."""

    reference: str
    entries: Sequence[Entry]
    user: str
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    workdir: str = "/"
    architecture: str = "amd64"


def base_entries(user: str, home: str, workdir: str = "/", shell: str = "/sbin/nologin") -> list[Entry]:
    """Folders and files that every image gets: /tmp, the user's name, home, shell and working folder, root."""
    uid, gid = (int(part) for part in user.split(":"))
    users = "root:x:0:0:root:/root:/sbin/nologin\n"
    groups = "root:x:0:\n"
    if uid != 0:
        users += f"user:x:{uid}:{gid}:user:{home}:{shell}\n"
        groups += f"user:x:{gid}:\n"
    entries = [
        Entry("tmp", 0o1777),
        Entry("etc/passwd", 0o644, users.encode()),
        Entry("etc/group", 0o644, groups.encode()),
    ]
    own = dict.fromkeys(folder.strip("/") for folder in (home, workdir) if folder != "/")
    return [*entries, *(Entry(folder, 0o750, owner=(uid, gid)) for folder in own)]


def tree_entries(root: Path) -> list[Entry]:
    """Every file, folder and link below a folder, with its mode; owners become root."""
    entries: list[Entry] = []
    for folder, folders, names in os.walk(root):
        for name in sorted([*folders, *names]):
            path = Path(folder, name)
            where = path.relative_to(root).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                entries.append(Entry(where, 0o777, link=os.readlink(path)))
            elif stat.S_ISDIR(mode):
                entries.append(Entry(where, stat.S_IMODE(mode)))
            elif stat.S_ISREG(mode):
                entries.append(Entry(where, stat.S_IMODE(mode), path))
    return entries


def write(image: Image, target: Path) -> str:
    """Write an image as an OCI layout tar; returns the digest of its manifest.

    The layer is written beside the target first, so the image is never held in memory.
    """
    layer = target.with_suffix(".layer")
    _write_layer(image.entries, layer)
    digest, size = _hash(layer), layer.stat().st_size
    config = _json(_config(image, digest))
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [{"mediaType": LAYER_TYPE, "digest": digest, "size": size}],
        }
    )
    blobs = {_digest(config): config, digest: layer}
    write_layout(image.reference, manifest, blobs, target, image.architecture)
    layer.unlink()
    return _digest(manifest)


def write_layout(
    reference: str, manifest: bytes, blobs: Mapping[str, bytes | Path], target: Path, architecture: str
) -> None:
    """Write manifest and blobs (digest -> content) as one layout tar under the image's name."""
    tag = reference.rsplit(":", 1)[-1]
    name = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": tag}
    media = json.loads(manifest).get("mediaType", MANIFEST_TYPE)
    index = _json(
        {
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": [
                {
                    **_descriptor(media, manifest),
                    "platform": {"architecture": architecture, "os": "linux"},
                    "annotations": name,
                }
            ],
        }
    )
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, Entry("oci-layout", 0o644, b'{"imageLayoutVersion":"1.0.0"}'))
        _add(tar, Entry("index.json", 0o644, index))
        for digest, content in {**blobs, _digest(manifest): manifest}.items():
            _add(tar, Entry(f"blobs/{digest.replace(':', '/')}", 0o644, content))


def _config(image: Image, layer: str) -> dict[str, object]:
    env = [PATH, *(f"{key}={value}" for key, value in sorted(image.env.items()))]
    return {
        "architecture": image.architecture,
        "os": "linux",
        "created": EPOCH,
        "config": {
            "User": image.user,
            "Env": env,
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "WorkingDir": image.workdir,
        },
        "rootfs": {"type": "layers", "diff_ids": [layer]},
        "history": [{"created": EPOCH, "created_by": "fairlead"}],
    }


def _write_layer(entries: Iterable[Entry], target: Path) -> None:
    """Later entries replace earlier ones of the same path; parents that nobody names are added."""
    by_path = {entry.path: entry for entry in entries}
    for path in list(by_path):
        for parent in Path(path).parents:
            if str(parent) != ".":
                by_path.setdefault(parent.as_posix(), Entry(parent.as_posix(), 0o755))
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(by_path):
            _add(tar, by_path[path])


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.mode = entry.mode
    info.uid, info.gid = entry.owner
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
    elif entry.data is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif isinstance(entry.data, bytes):
        info.size = len(entry.data)
        tar.addfile(info, io.BytesIO(entry.data))
    else:
        info.size = entry.data.stat().st_size
        with entry.data.open("rb") as file:
            tar.addfile(info, file)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _descriptor(media: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media, "digest": _digest(data), "size": len(data)}
