"""Tables, cards and bars of the page, made of numbers that say where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.operate.report.model import Report
from fairlead.operate.report.words import NONE, Unit, attributes, number, text


@dataclass(frozen=True)
class Column:
    """A column of a table: one query, a number of which stands in each row."""

    title: str
    name: str
    """Of the query."""
    unit: Unit
    hint: str = ""
    """What the number means, for who points at the title."""
    bar: str = ""
    """Class of a bar that shows the number beside the largest of the column; none without."""


def section(name: str, title: str, intro: str, *parts: str) -> str:
    """A part of the page. intro: plain text."""
    head = f'<h2 id="{name}">{text(title)}</h2>\n<p class="intro">{text(intro)}</p>'
    return "\n".join([f'<section aria-labelledby="{name}">', head, *parts, "</section>"])


def table(
    report: Report, heads: Mapping[str, str], rows: Sequence[Mapping[str, str]], columns: Sequence[Column]
) -> str:
    """Rows by their labels. heads: label -> its title, for those that are shown."""
    if not rows:
        return note("Nobody tells of any.")
    most = {one.name: max((report.value(one.name, **row) for row in rows), default=0.0) for one in columns}
    titles = "".join(f'<th scope="col">{text(head)}</th>' for head in heads.values())
    titles += "".join(_title(one) for one in columns)
    body = "\n".join(
        "".join(
            [
                "<tr>",
                _names(heads, row),
                *(_cell(report, one, row, most[one.name]) for one in columns),
                "</tr>",
            ]
        )
        for row in rows
    )
    return f'<div class="wide"><table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _title(column: Column) -> str:
    style = "num barred" if column.bar else "num"
    hint = attributes(title=column.hint) if column.hint else ""
    return f'<th scope="col" class="{style}"{hint}>{text(column.title)}</th>'


def _names(heads: Mapping[str, str], row: Mapping[str, str]) -> str:
    first, *more = (text(row.get(label, "")) or NONE for label in heads)
    return "".join([f'<th scope="row">{first}</th>', *(f"<td>{one}</td>" for one in more)])


def _cell(report: Report, column: Column, row: Mapping[str, str], most: float) -> str:
    figure = report.figure(column.name, **row)
    drawn = ""
    if column.bar:
        part = max(figure.value or 0.0, 0.0) / (most or 1.0)
        drawn = f'<span class="bar"><i class="{column.bar}" style="--n:{part:.3f}"></i></span>'
    return f'<td class="num">{number(figure, column.unit)}{drawn}</td>'


def card(title: str, large: str, *lines: str) -> str:
    """A headline figure. large, lines: markup."""
    small = "".join(f'<span class="line">{line}</span>' for line in lines if line)
    return f'<div class="card"><dt>{text(title)}</dt><dd><span class="large">{large}</span>{small}</dd></div>'


def split(parts: Sequence[tuple[str, str, float]]) -> str:
    """One bar, cut into parts: class, markup of the legend, size."""
    whole = sum(max(size, 0.0) for *_, size in parts) or 1.0
    cut = "".join(
        f'<i class="{style}" style="--n:{max(size, 0.0) / whole:.4f}"></i>' for style, _, size in parts
    )
    return f'<div class="split" aria-hidden="true">{cut}</div>\n{legend([(style, said) for style, said, _ in parts])}'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """What colours mean: class and markup."""
    listed = "".join(f'<li><i class="{style}"></i>{said}</li>' for style, said in entries)
    return f'<ul class="legend">{listed}</ul>'


def figure(title: str, drawing: str, more: str = "") -> str:
    """A plot with its title. drawing, more: markup."""
    return f"<figure><figcaption>{text(title)}</figcaption>\n{more}{drawing}\n</figure>"


def columns_of(bars: Sequence[tuple[str, str, float]]) -> str:
    """Upright bars: name, markup of the number, size."""
    most = max((size for *_, size in bars), default=0.0) or 1.0
    listed = "".join(
        f'<li><span class="number">{said}</span><i style="--n:{max(size, 0.0) / most:.3f}"></i>'
        f'<span class="name">{text(name)}</span></li>'
        for name, said, size in bars
    )
    return f'<ol class="columns">{listed}</ol>'


def note(said: str) -> str:
    """Something that the reader must know. said: markup."""
    return f'<p class="note" role="note">{said}</p>'
