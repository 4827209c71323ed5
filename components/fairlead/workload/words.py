"""Spelling rules of the words in a job: images, names of variables, labels, paths.

Each check takes the value as written and returns it, or raises ValueError with what is allowed.
"""

from __future__ import annotations

import posixpath
import re

_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?"
_PATH = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
_IMAGE = re.compile(
    rf"^{_HOST}{_PATH}(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?P<digest>@sha256:[0-9a-f]{{64}})?$"
)
_ENV = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_RESERVED_ENV = re.compile(r"^(?:FAIRLEAD_.*|PET_.*|MASTER_ADDR|MASTER_PORT)$")
_SECRET_ENV = re.compile(r"(?:^|_)(?:TOKEN|KEY|PASSWORD|PASSWD|SECRET|CREDENTIALS?)$|APIKEY$", re.IGNORECASE)
_SUBDOMAIN = re.compile(r"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$")
_SECRET_KEY = re.compile(r"^[-._a-zA-Z0-9]{1,253}$")
_LABEL_NAME = re.compile(r"^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_LABEL_VALUE = re.compile(r"^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
_OWN_PREFIXES = ("kubernetes.io", "k8s.io", "x-k8s.io", "fairlead.dev", "kubeflow.org")
_OPEN_PREFIX = "simulation.fairlead.dev"
_SYSTEM_PATHS = (
    "/bin",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
    "/var/run/secrets",
)


def image(text: str) -> str:
    """An image that stays the same: with a tag other than latest, or a digest."""
    match = _IMAGE.match(text)
    if not match:
        raise ValueError("must be an image reference, for example registry.example.com/team/train:1.4")
    if match["digest"]:
        return text
    if not match["tag"] or match["tag"] == "latest":
        raise ValueError(
            "must carry a tag other than latest, or a digest: every node has to run the same image"
        )
    return text


def env_name(name: str) -> str:
    """A variable that the user may set: the platform's own are refused."""
    if not _ENV.match(name):
        raise ValueError("must be letters, digits and underscores, not starting with a digit")
    if _RESERVED_ENV.match(name):
        raise ValueError("is set by the platform: FAIRLEAD_*, PET_*, MASTER_ADDR and MASTER_PORT")
    return name


def looks_secret(name: str) -> bool:
    """Whether a variable of this name is likely to hold a secret."""
    return bool(_SECRET_ENV.search(name))


def secret_reference(text: str) -> str:
    """`SECRET/KEY`: name of a Secret of the tenant's namespace and a key in it."""
    name, slash, key = text.partition("/")
    if not slash or not _SUBDOMAIN.match(name) or len(name) > 253 or not _SECRET_KEY.match(key):
        raise ValueError("must be SECRET/KEY: a Secret of the tenant's namespace and one of its keys")
    return text


def claim_name(text: str) -> str:
    """Name of a PersistentVolumeClaim."""
    if not _SUBDOMAIN.match(text) or len(text) > 253:
        raise ValueError("must be the name of a PersistentVolumeClaim: lower-case letters, digits, - and .")
    return text


def mount_path(text: str) -> str:
    """Where a volume is mounted: absolute, normal, and no folder that the system needs."""
    if not text.startswith("/") or posixpath.normpath(text) != text or text == "/" or ":" in text:
        raise ValueError("must be an absolute path without ., .., : or a slash at its end, for example /data")
    for system in _SYSTEM_PATHS:
        if text == system or text.startswith(f"{system}/"):
            raise ValueError(f"must not lie in {system}: the container needs what is there")
    return text


def label_key(key: str) -> str:
    """A label or annotation key that is the user's to set."""
    prefix, slash, name = key.rpartition("/")
    if not _LABEL_NAME.match(name) or (slash and (not _SUBDOMAIN.match(prefix) or len(prefix) > 253)):
        raise ValueError("must be NAME or DOMAIN/NAME with a NAME of at most 63 letters, digits, -, _ and .")
    if prefix != _OPEN_PREFIX and any(prefix == own or prefix.endswith(f".{own}") for own in _OWN_PREFIXES):
        raise ValueError(f"must not use the domain {prefix}: the platform sets those")
    return key


def label_value(text: str) -> str:
    """A label value."""
    if not _LABEL_VALUE.match(text):
        raise ValueError(
            "must be at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit"
        )
    return text
