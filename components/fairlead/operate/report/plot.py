"""Plots over time, as SVG inside of the page. Colours are the page's, by the names of classes.

Each line has its query and its numbers in attributes; who points at a moment is told what was then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fairlead.operate.report.model import Figure, Labels, Period
from fairlead.operate.report.scale import LEFT, RIGHT, TOP, Scale, highest, levels, moments, nice
from fairlead.operate.report.words import Unit, attributes, source, text

MOST_HINTS = 400
"""Moments that can be pointed at: with more, each is less than a pixel wide."""
Values = Sequence[float | None]


@dataclass(frozen=True)
class Band:
    """One line of a plot, or the area below it."""

    name: str
    style: str
    """Class of the page's style: what it is drawn as."""
    query: str
    labels: Labels
    values: Values
    on: Values | None = None
    """What it stands on; else on the ground."""

    @property
    def tops(self) -> Values:
        """Where it ends above."""
        return upon(self.values, self.on) if self.on is not None else self.values


def upon(values: Values, below: Values) -> Values:
    """The sum; what is not told above is as high as what is below."""
    return [low if high is None else high + (low or 0) for high, low in zip(values, below, strict=True)]


def stacked(bands: Sequence[Band]) -> list[Band]:
    """Each upon those before it."""
    made: list[Band] = []
    for band in bands:
        made.append(replace(band, on=made[-1].tops) if made else band)
    return made


def plot(title: str, period: Period, bands: Sequence[Band], unit: Unit) -> str:
    """A plot; the first band is drawn first."""
    most = highest(one for band in bands for one in band.tops)
    scale = Scale(period, max(nice(most, unit is Unit.TIME), 1.0 if unit is Unit.COUNT else 0.0))
    drawn = [_drawn(scale, band) for band in bands]
    size = attributes(viewBox=f"0 0 {scale.width} {scale.height}", role="img", aria_label=_plain(title))
    return "\n".join([f"<svg{size}>", *_axes(scale, unit), *drawn, *_hints(scale, bands, unit), "</svg>"])


def _plain(title: str) -> str:
    return f"{title}; the table has the sums"


def _drawn(scale: Scale, band: Band) -> str:
    line = band.style.split()[0] == "line"
    parts = [
        _line(scale, part) if line else _area(scale, part, band.on)
        for part in _parts(scale.period, band.tops)
    ]
    told = ",".join("" if one is None else repr(float(one)) for one in band.values)
    figure = Figure(band.query, band.labels, None)
    where = attributes(data_start=scale.period.times[0], data_step=scale.period.step, data_values=told)
    return f"<path{attributes(class_=band.style, d=''.join(parts))}{source(figure)}{where}/>"


def _parts(period: Period, values: Values) -> Iterator[list[tuple[int, int, float]]]:
    """Stretches without a gap: number, time and value of each point."""
    part: list[tuple[int, int, float]] = []
    for number, (at, value) in enumerate(zip(period.times, values, strict=True)):
        if value is not None:
            part.append((number, at, value))
        elif part:
            yield part
            part = []
    if part:
        yield part


def _line(scale: Scale, part: Sequence[tuple[int, int, float]]) -> str:
    """Each value holds for the step that it ends."""
    first = f"M{scale.x(part[0][1] - scale.period.step):g} {scale.y(part[0][2]):g}"
    return first + "".join(f"V{scale.y(value):g}H{scale.x(at):g}" for _, at, value in part)


def _area(scale: Scale, part: Sequence[tuple[int, int, float]], below: Values | None) -> str:
    back = "".join(
        f"V{scale.y((below[number] or 0) if below else 0):g}H{scale.x(at - scale.period.step):g}"
        for number, at, _ in reversed(part)
    )
    return f"{_line(scale, part)}{back}Z"


def _axes(scale: Scale, unit: Unit) -> Iterator[str]:
    for level in levels(scale.top, whole=unit is Unit.COUNT):
        y = scale.y(level)
        yield f'<path class="grid" d="M{LEFT} {y:g}H{scale.width - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 3.5:g}" class="end">{_level(level, unit)}</text>'
    for at, said in moments(scale.period):
        x = scale.x(at)
        yield f'<path class="grid" d="M{x:g} {scale.base}v4"/>'
        if scale.width - x > 14:
            yield f'<text x="{x:g}" y="{scale.base + 16}" class="mid">{said}</text>'


def _level(level: float, unit: Unit) -> str:
    return (Unit.COUNT if unit is Unit.RATE else unit).written(level) if level else "0"


def _hints(scale: Scale, bands: Sequence[Band], unit: Unit) -> Iterator[str]:
    period = scale.period
    if len(period.times) > MOST_HINTS:
        return
    wide = round(scale.x(period.start + period.step) - scale.x(period.start), 2)
    for number, at in enumerate(period.times):
        when = period.when(at)
        said = "\n".join(
            [
                f"{when:%a} {when.day} {when:%b %H:%M}",
                *(_hint(band, number, unit) for band in reversed(bands)),
            ]
        )
        place = f'x="{scale.x(at - period.step):g}" y="{TOP}" width="{wide:g}" height="{scale.base - TOP}"'
        yield f'<rect class="at" {place}><title>{said}</title></rect>'


def _hint(band: Band, number: int, unit: Unit) -> str:
    return f"{text(band.name)}: {unit.written(band.values[number])}"
