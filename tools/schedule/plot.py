"""The day as a picture: what was allocated, what waited, what was there, and how long jobs waited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schedule.table import Result

COLOURS = {"fairlead": "#0b6e4f", "fixed": "#c1666b", "default": "#5a6acf", "growing": "#d4a017"}
THIN = {"linewidth": 1.4}


def draw(results: Sequence[Result], gpus: int, title: str, path: Path) -> None:
    """Writes the picture, PNG or SVG by the path's ending."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure: Any
    axes: Any
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 6.5), constrained_layout=True, sharex=True)
    for result in results:
        name, points = result.played.variant.name, result.day.samples
        line = {"color": COLOURS.get(name), "label": name, **THIN}
        hours = [one.hour for one in points]
        axes[0][0].plot(hours, [100 * one.allocated / gpus for one in points], **line)
        axes[0][1].plot(hours, [one.waiting for one in points], **line)
        axes[1][0].plot(hours, [one.present - one.allocated for one in points], **line)
        axes[1][1].plot(hours, [one.fragmented for one in points], **line)
    titles = (
        "GPUs allocated, %",
        "GPUs that waiting jobs ask for",
        "idle GPUs on nodes that are there",
        "fragmented GPUs",
    )
    for axis, name in zip((*axes[0], *axes[1]), titles, strict=True):
        axis.set_title(name, fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    for axis in axes[1]:
        axis.set_xlabel("hour of the trace")
    axes[0][0].axhline(95, color="#888", linewidth=0.8, linestyle=":")
    axes[0][0].legend(fontsize=9, loc="lower right")
    figure.suptitle(title, fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
