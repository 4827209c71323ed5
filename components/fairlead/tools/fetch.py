"""Official downloads: tried where they answer, refused where no checksum proves them."""

from __future__ import annotations

import os
import re
import tarfile
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from fairlead.catalog.ways import DownloadWay
from fairlead.tools.cache import sha256_file

PROBE_SECONDS = 3.0
READ_SECONDS = 60.0
OFF = "FAIRLEAD_OFFICIAL_DOWNLOADS"
"""Environment: `off` skips official downloads (the other ways still use package registries)."""
_CHUNK = 1 << 20


class UnavailableError(Exception):
    """This way cannot be gone on this machine; the text says why. Another way may be."""


class RefusedError(UnavailableError):
    """A download came, but nothing proves that it is the right one."""


class Reach:
    """Which hosts answer, asked once each and remembered for the run."""

    def __init__(self, environ: Mapping[str, str] | None = None, timeout: float = PROBE_SECONDS) -> None:
        env = os.environ if environ is None else environ
        self.off = env.get(OFF, "auto").lower() == "off"
        self._timeout = timeout
        self._answers: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def open(
        self, url: str, headers: Mapping[str, str] | None = None, secret: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        """Open an address; raises UnavailableError if its host or the address does not answer.

        `secret` headers are not sent on to where the address redirects.
        """
        if self.off:
            raise UnavailableError(f"official downloads are switched off ({OFF}=off)")
        if why := self._silence(url):
            raise UnavailableError(f"{urlsplit(url).netloc} does not answer ({why})")
        try:
            return _urlopen(url, READ_SECONDS, headers, secret)
        except urllib.error.HTTPError as error:
            raise UnavailableError(f"{url} answers {error.code}") from error
        except OSError as error:
            raise UnavailableError(f"{url}: {_why(error)}") from error

    def challenge(self, url: str, headers: Mapping[str, str]) -> str:
        """What the address asks for before it serves (WWW-Authenticate); empty if it serves at once."""
        if not self.answers(url):
            raise UnavailableError(f"{urlsplit(url).netloc} does not answer")
        try:
            _urlopen(url, READ_SECONDS, headers).close()
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.UNAUTHORIZED:
                return error.headers.get("WWW-Authenticate", "")
            raise UnavailableError(f"{url} answers {error.code}") from error
        except OSError as error:
            raise UnavailableError(f"{url}: {_why(error)}") from error
        return ""

    def answers(self, url: str) -> bool:
        """Whether the host of an address answers anything at all."""
        return not self.off and not self._silence(url)

    def _silence(self, url: str) -> str:
        """Why the host of an address does not answer; empty if it does."""
        address = urlsplit(url)
        with self._guard:
            lock = self._locks.setdefault(address.netloc, threading.Lock())
        with lock:
            if address.netloc not in self._answers:
                self._answers[address.netloc] = self._ask(f"{address.scheme}://{address.netloc}/")
        return self._answers[address.netloc]

    def _ask(self, url: str) -> str:
        """Empty if the host answers anything at all, else why not."""
        try:
            _urlopen(url, self._timeout).close()
        except urllib.error.HTTPError:
            return ""
        except OSError as error:
            return _why(error)
        return ""


def _urlopen(
    url: str,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    secret: Mapping[str, str] | None = None,
) -> HTTPResponse:
    # Addresses are rows of the lock: https, or http on loopback in tests.
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310
    for key, value in (secret or {}).items():
        request.add_unredirected_header(key, value)
    return urllib.request.urlopen(request, timeout=timeout)  # noqa: S310


def _why(error: OSError) -> str:
    return str(getattr(error, "reason", error)) or type(error).__name__


def save(reach: Reach, url: str, target: Path, secret: Mapping[str, str] | None = None) -> None:
    """Write what an address serves to a file; a body that ends early raises UnavailableError."""
    with reach.open(url, secret=secret) as answer, target.open("wb") as file:
        expected = answer.headers.get("Content-Length")
        try:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
        except OSError as error:
            raise UnavailableError(f"{url} broke off: {error}") from error
    if expected is not None and target.stat().st_size != int(expected):
        raise UnavailableError(f"{url} broke off after {target.stat().st_size} of {expected} bytes")


def download(way: DownloadWay, version: str, executables: tuple[str, ...], into: Path, reach: Reach) -> str:
    """Put the executables of an official download into a folder; returns the address.

    Raises UnavailableError if it is not served here, RefusedError if its checksum is wrong or missing.
    """
    url = way.url.format(version=version)
    file = into / ".download"
    wanted = way.sha256 or _published(reach, (way.checksums or "").format(version=version), url)
    save(reach, url, file)
    found = sha256_file(file)
    if found != wanted:
        raise RefusedError(f"{url} is refused: its SHA-256 is {found}, expected {wanted}")
    if way.members is None:
        file.rename(into / executables[0])
        (into / executables[0]).chmod(0o755)
    else:
        with tarfile.open(file) as archive:
            for name in executables:
                _extract(archive, way.members[name].format(version=version), into / name)
        file.unlink()
    return url


def _extract(archive: tarfile.TarFile, member: str, target: Path) -> None:
    try:
        source = archive.extractfile(member)
    except KeyError:
        source = None
    if source is None:
        raise UnavailableError(f"the archive has no file {member}")
    with source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
    target.chmod(0o755)


def _published(reach: Reach, address: str, url: str) -> str:
    """The sum in a project's checksum file: the bare one, or the line that names the download."""
    with reach.open(address) as answer:
        text = answer.read(_CHUNK).decode(errors="replace")
    name = url.rsplit("/", 1)[1]
    for line in text.splitlines():
        words = line.split()
        named = len(words) == 1 or (len(words) > 1 and words[1].lstrip("*") == name)
        if named and re.fullmatch(r"[0-9a-f]{64}", words[0]):
            return words[0]
    raise RefusedError(f"{url} is refused: {address} states no SHA-256 of {name}")
