"""Rows of alerts are sound, each says what to do, and every unsound row is found."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
import tomli

from fairlead.catalog.alerts import LABEL, AlertRow
from fairlead.catalog.alerts_page import TITLES, page, runbook, runbooks
from fairlead.catalog.read import load, load_from
from fairlead.errors import InputError

DATA = Path(str(files("fairlead.catalog").joinpath("data")))
ROWS = tuple(load().alerts.values())
COMMAND = re.compile(r"`[^`]+`")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue to break."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "alerts.nodes.toml"
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}: the test would break nothing"
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('severity = "warning"', 'severity = "loud"', "NodeNotReady\\] severity: unknown word"),
        ('lasting = "5m"', 'lasting = "soon"', "NodeNotReady\\] lasting: must be a whole number"),
        ("[NodeNotReady]", "[Node_Not_Ready]", "begin with a capital"),
        (
            "(pool {{ $labels.pool }}) is not",
            "(pool {{ $labels.pod }}) is not",
            "summary: the alert has no such label",
        ),
        ('vendors = ["NVIDIA"]', 'vendors = ["Intel"]', "vendors: no accelerator is of this vendor"),
        ("means = ", "meens = ", "meens: unknown column"),
        ("[NodeNotReady]", "[XidGpuLost]", "topic nodes has an alert of this name"),
    ],
)
def test_an_unsound_row_is_found(folder: Path, old: str, new: str, problem: str) -> None:
    change(folder, old, new)
    with pytest.raises(InputError, match=problem):
        load_from(folder)


def test_an_alert_without_a_runbook_is_found(folder: Path) -> None:
    change(folder, "mend = [", "mended = [")
    with pytest.raises(InputError, match="NodeNotReady\\] mend: missing column"):
        load_from(folder)


def test_a_topic_is_a_file_and_has_its_place_on_the_page() -> None:
    topics = {path.name.split(".")[1] for path in DATA.glob("alerts.*.toml")}
    assert topics == set(TITLES)
    text = page(ROWS)
    assert all(text.count(f"[{row.name}](runbooks/{row.name}.md)") == 1 for row in ROWS)


def test_tables_stay_small() -> None:
    for path in DATA.glob("alerts.*.toml"):
        assert len(path.read_text().splitlines()) < 300, path.name
        assert tomli.loads(path.read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(row: AlertRow) -> None:
    text = runbook(row)
    for part in ("## What it means", "## Look", "## Mend", "## When it fires", "Chosen here"):
        assert part in text
    assert COMMAND.search("\n".join(row.look)), "nothing to type"
    assert len(row.means) > 60
    assert set(row.labels) >= set(LABEL.findall(row.summary))


def test_an_alert_that_a_runbook_names_exists() -> None:
    known = {row.name for row in ROWS}
    named = re.compile(
        r"\b(?:Xid|Nvidia|Nvlink|Amd|Neuron|Node|Pool|Platform|Endpoint|Certificate)(?:[A-Z][a-z]+)+\b"
    )
    said = " ".join(" ".join((row.means, row.silent, *row.look, *row.mend)) for row in ROWS)
    assert (
        set(named.findall(said)) - known - {"CertificateRequest", "CertificateRequests", "PodMonitor"}
        == set()
    )
    assert set(runbooks(ROWS)) == {f"docs/runbooks/{name}.md" for name in known}
