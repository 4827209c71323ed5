"""Programs of targets that tell of accelerators to who asks inside the cluster: one row for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import Problem

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog

FILE = "exporters.toml"


@dataclass(frozen=True)
class ExporterRow:
    """A target's own exporter of one vendor's metrics."""

    name: str
    """Of its monitor, by which alerts know it."""
    target: str
    vendor: str
    namespace: str
    pods: str
    """Label of its pods, `key=value`."""
    port: int
    source: str
    date: str
    tells: tuple[str, ...] = ()
    """Names of its series, where they are fewer than those of the vendor's own exporter; empty: all of them."""


def check_exporters(catalog: Catalog) -> Iterator[Problem]:
    """A row for each vendor whose metrics a target's own node images leave to it, and none for others."""
    left = {
        (target, vendor)
        for target, images in catalog.node_images.items()
        for image in images.values()
        if image.metrics == "cloud"
        for vendor in image.vendors
    }
    there = {(row.target, row.vendor): row for row in catalog.exporters.values()}
    for target, vendor in sorted(left - set(there)):
        what = "node images leave a vendor's metrics to the target, and no row says who tells them"
        yield Problem(FILE, what, given=f"{target}, {vendor}")
    for pair in sorted(set(there) - left):
        yield Problem(f"{FILE} [{there[pair].name}]", "no node image leaves these metrics to the target")
    for row in catalog.exporters.values():
        if not all(row.pods.partition("=")):
            yield Problem(f"{FILE} [{row.name}].pods", "is no label", row.pods, "key=value")
