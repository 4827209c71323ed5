"""Rules that give every vendor's accelerators the same names: how busy, how full, how warm, and how long idle."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import series
from fairlead.catalog.readings import SOLE, ReadingRow
from fairlead.layers.monitoring.names import HOLDER, OF_PODS
from fairlead.layers.monitoring.promql import Record, by, carried, joined, renamed

BUSY = 0.01
"""Part of the time from which on an accelerator counts as used: a context that is only held shows less."""
DEVICES = {
    "utilization": series.DEVICE_UTILIZATION,
    "memory_used": series.DEVICE_MEMORY,
    "power": series.DEVICE_POWER,
    "temperature": series.DEVICE_TEMPERATURE,
}
"""Measure -> its record for every accelerator."""
HELD = {
    "utilization": series.ACCELERATOR_UTILIZATION,
    "memory_used": series.ACCELERATOR_MEMORY,
    "power": series.ACCELERATOR_POWER,
}
"""Measure -> its record for those that pods hold."""
LAST_BUSY = "fairlead:accelerator_last_busy:timestamp"


def records(readings: Sequence[ReadingRow]) -> list[Record]:
    """What is recorded of the accelerators of these vendors; it needs what is recorded of nodes and pods."""
    if not readings:
        return []
    told = {measure: [row for row in readings if row.measure(measure)] for measure in DEVICES}
    devices = [
        Record(DEVICES[measure], _devices(row, measure), {"vendor": row.name})
        for measure, rows in told.items()
        for row in rows
    ]
    held = [Record(HELD[measure], _held(DEVICES[measure])) for measure in HELD if told[measure]]
    busy = carried(LAST_BUSY, f"{series.ACCELERATOR_UTILIZATION} > {BUSY}", series.ACCELERATOR_UTILIZATION)
    idle = Record(series.ACCELERATOR_IDLE, f"time() - {LAST_BUSY}")
    return [*devices, *held, Record(LAST_BUSY, busy), idle]


def _devices(row: ReadingRow, measure: str) -> str:
    """A measure of every accelerator of a vendor, in the words of the contract."""
    sole = row.holder == SOLE
    placed = joined(_read(row, measure), ("node",), series.NODE, ("pool",))
    return joined(placed, ("node",), HOLDER, ("namespace", "pod")) if sole else placed


def _read(row: ReadingRow, measure: str) -> str:
    """Of several series of one accelerator the highest; what has none of the best words is looked for in the next."""
    one = ("node",) if row.holder == SOLE else ("node", *row.device)
    found = f" or on ({', '.join(one)}) ".join(f"({expression})" for expression in row.measure(measure))
    parts = ", ".join(f'"{label}"' for label in row.device)
    # An accelerator that is not parted has no second label: its name ends with the sign between the two.
    named = f'label_replace(label_join({found}, "device", "/", {parts}), "device", "$1", "device", "(.*?)/*")'
    # Namespace and pod are the exporter's own here, and go.
    one_each = by(named, ("node", "device", row.model, "exported_namespace", "exported_pod"))
    words = {"model": row.model, "namespace": "exported_namespace", "pod": "exported_pod"}
    return by(renamed(one_each, words), ("node", "device", "model", "namespace", "pod"))


def _held(record: str) -> str:
    """With all that is known of the pod. Those without a pod are of nobody."""
    taken = [one for one in OF_PODS if one not in ("namespace", "pod", "node", "pool")]
    return joined(f'{record}{{pod!=""}}', ("namespace", "pod"), series.POD, taken)
