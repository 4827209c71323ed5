"""The lock's digests held against what the registries say."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.catalog.lock import ImageRow
from fairlead.tools.fetch import UnavailableError

REPO = Path(__file__).resolve().parents[2]
ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")


def script() -> Any:
    spec = importlib.util.spec_from_file_location("digests", REPO / "tools" / "digests.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def image(digest: str | None, repository: str = "registry.example/team/demo") -> ImageRow:
    given: dict[str, Any] = {
        "name": "demo",
        "repository": repository,
        "tag": "v1",
        "source": "here",
        "date": "2026-11-24",
        "build": {"user": "0:0", "rootfs": {"packages": ["a"]}},
    }
    if digest:
        given |= {"digest": digest, "digest_source": "there"}
    return ImageRow.model_validate(given)


def says(digest: str) -> Callable[[ImageRow], str]:
    return lambda _: digest


def test_a_lock_that_agrees_stays() -> None:
    assert script().report([image(ONE)], says(ONE)) == (["registry.example/team/demo:v1  same"], 0)


def test_a_tag_that_moved_is_an_error_that_names_both_digests() -> None:
    (line,), status = script().report([image(ONE)], says(TWO))
    assert status == 1
    assert ONE in line
    assert TWO in line


def test_a_digest_that_can_be_read_must_be_written_down() -> None:
    (line,), status = script().report([image(None)], says(TWO))
    assert status == 1
    assert f'digest = "{TWO}"' in line


def test_a_registry_that_does_not_answer_is_told_and_is_no_difference() -> None:
    def silent(_: ImageRow) -> str:
        raise UnavailableError("registry.example does not answer")

    (line,), status = script().report([image(ONE)], silent)
    assert status == 0
    assert "not read: registry.example does not answer" in line


def test_images_that_no_registry_carries_are_not_asked_for() -> None:
    assert script().report([image(None, "fairlead.dev/demo")], says(ONE)) == ([], 0)
