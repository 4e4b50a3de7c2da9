"""Shows the results as a table in the terminal, as Markdown and as a bar chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pygal
from pygal.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    """None: there is no target."""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The line's texts."""
        return self.what, self.measured, self.target, {None: "", True: "yes", False: "**no**"}[self.met]


_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9")
"""Okabe and Ito's, which people with any colour vision tell apart; the product's first."""

_FIGURES = ".text-overlay text { paint-order: stroke; stroke: #ffffff !important; stroke-width: 4px; }"
"""White around each figure, for some stand on the lines of the scale."""

HEADER = ("What", "Measured", "Target", "Met")


def at_most(what: str, value: float, limit: float | None = None, unit: str = "×", note: str = "") -> Row:
    """A line whose value is met below its limit, if it has one."""
    if limit is None:
        return Row(what, _amount(value, unit) + note)
    return Row(what, _amount(value, unit) + note, f"≤ {_amount(limit, unit)}", value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "×") -> Row:
    """A line whose value is met above its limit."""
    return Row(what, _amount(value, unit), f"≥ {_amount(limit, unit)}", value >= limit)


def markdown(sections: Mapping[str, Sequence[Row]], how: Mapping[str, str], picture: str, machine: str) -> str:
    """The page: the picture, a table a section, and how each was measured."""
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench`. Ratios within one run count; absolute times belong to its machine ({machine}).",
        "",
        f"![The product's peers, as multiples of the product]({picture})",
        "",
    ]
    for title, rows in sections.items():
        lines += [f"## {title}", "", how[title], "", *_table(HEADER, (row.cells for row in rows)), ""]
    return "\n".join(lines)


def terminal(sections: Mapping[str, Sequence[Row]]) -> str:
    """The tables, in columns."""
    width = max(len(row.what) for rows in sections.values() for row in rows)
    lines = []
    for title, rows in sections.items():
        lines += ["", title]
        for row in rows:
            what, measured, target, met = row.cells
            lines.append(f"  {what:{width}}  {measured:>28}  {target:>12}  {met.strip('*')}".rstrip())
    return "\n".join(lines)


def picture(path: Path, product: str, metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Draw each peer as a multiple of the product, a group of bars a metric.

    :param path: The SVG file to write.
    :param product: The name of the product among those compared.
    :param metrics: For each metric what was measured of each that was compared; less is better.
    """
    # A horizontal chart begins at the bottom.
    groups = dict(reversed(list(metrics.items())))
    names = dict.fromkeys(name for measured in metrics.values() for name in measured)
    longest = max(value / measured[product] for measured in metrics.values() for value in measured.values())
    chart = pygal.HorizontalBar(
        title=f"{product} = 1; longer bars are slower or bigger",
        style=Style(
            background="#ffffff",
            plot_background="#ffffff",
            font_family="sans-serif",
            colors=_COLOURS,
            opacity="1",
            value_font_size=12,
            value_colors=("#000000",) * len(_COLOURS),
        ),
        js=(),
        no_prefix=True,
        disable_xml_declaration=True,
        legend_at_bottom=True,
        print_values=True,
        print_values_position="top",
        value_formatter="{:.2f}".format,
        css=(*pygal.Config.css.value, f"inline:{_FIGURES}"),
        range=(0, 1.1 * longest),
        y_labels=range(math.ceil(longest)),
        width=900,
        height=120 + 100 * len(metrics),
    )
    chart.x_labels = list(groups)
    for name in names:
        chart.add(
            name,
            [measured[name] / measured[product] if name in measured else None for measured in groups.values()],
        )
    # Pygal centres a figure on the end of its bar, half of it on the colour.
    beside = chart.render(is_unicode=True).replace('text-anchor="middle"', 'text-anchor="start"')
    path.write_text(beside + "\n", encoding="utf-8")


def _amount(value: float, unit: str) -> str:
    return f"{value:,} {unit}".rstrip() if isinstance(value, int) else f"{value:.2f} {unit}".rstrip()


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
