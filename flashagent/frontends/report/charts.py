"""Figures as small bar charts in SVG, each with its numbers as a table beneath. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from flashagent.dataclass import dataclass

MOST_BARS = 120
_HEIGHT = 100.0


@dataclass(frozen=True, slots=True)
class Bars:
    """`values` holds one row of parts for each bar, from the bottom up; `names` names the parts, whose classes in the style
    are part0, part1, ..., one without a name has no key; `labels` names the bars, `told` says it all in words."""

    title: str
    told: str
    names: Sequence[str]
    labels: Sequence[str]
    values: Sequence[Sequence[float]]
    shown: Callable[[float], str]


def chart(bars: Bars) -> str:
    """A figure; '' when there is nothing to draw. More bars than fit are drawn as sums of neighbours."""
    labels, values = _grouped(bars)
    most = max((sum(row) for row in values), default=0.0)
    if most <= 0:
        return ""
    drawn = "".join(
        _bar(index, label, row, most, bars)
        for index, (label, row) in enumerate(zip(labels, values, strict=True))
    )
    key = "".join(
        f'<span class="key part{n}">{escape(name)}</span>' for n, name in enumerate(bars.names) if name
    )
    told = f"{bars.told}, at most {bars.shown(most)} at once"
    return (
        f'<figure><figcaption><b>{escape(bars.title)}</b> {escape(told)} {key}'
        f'</figcaption><svg viewBox="0 0 {max(len(values), 8)} {_HEIGHT:g}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(bars.title)}: {escape(told)}">{drawn}</svg>{_table(labels, values, bars)}</figure>'
    )  # fmt: skip


def _bar(index: int, label: str, row: Sequence[float], most: float, bars: Bars) -> str:
    told = ", ".join(
        f"{name} {bars.shown(value)}" for name, value in zip(bars.names, row, strict=True) if value
    )
    parts, bottom = [], _HEIGHT
    for number, value in enumerate(row):
        height = _HEIGHT * value / most
        bottom -= height
        parts.append(
            f'<rect class="part{number}" x="{index + 0.1:.1f}" y="{bottom:.2f}" width="0.8" height="{height:.2f}"/>'
        )
    return f"<g><title>{escape(label)}: {escape(told)}</title>{''.join(parts)}</g>"


def _table(labels: Sequence[str], values: Sequence[Sequence[float]], bars: Bars) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in bars.names if name)
    rows = "".join(
        f"<tr><th>{escape(label)}</th>{_cells(row, bars)}</tr>"
        for label, row in zip(labels, values, strict=True)
    )
    return (
        "<details><summary>in figures</summary>"
        f'<div class="wide"><table><tr><th></th>{head}</tr>{rows}</table></div></details>'
    )


def _cells(row: Sequence[float], bars: Bars) -> str:
    shown = (value for value, name in zip(row, bars.names, strict=True) if name)
    return "".join(f"<td>{escape(bars.shown(value))}</td>" for value in shown)


def _grouped(bars: Bars) -> tuple[list[str], list[list[float]]]:
    size = -(-len(bars.values) // MOST_BARS) or 1
    labels, values = [], []
    for start in range(0, len(bars.values), size):
        names = bars.labels[start : start + size]
        labels.append(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}")
        values.append([sum(column) for column in zip(*bars.values[start : start + size], strict=True)])
    return labels, values
