"""The style of all figures.

A figure is about 4.7 inches wide with 8 to 10 point text, so that its words can be read on a phone, which
shows it at a third of its pixels. Colours are near Okabe and Ito's, which differ for any colour vision; lines
differ in dash as well. Figures are objects, without pyplot and its global state.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

from ferfusion.files import write_whole
from ferfusion.reporting.colours import GRID, INK, SOFT

PAIRED_COLOURS = ("#4a90c2", "#bcd8ea")
LEVEL_COLOURS = MappingProxyType({"video": "#0b5d94", "pair": "#8cc4e8"})
SHADES = LinearSegmentedColormap.from_list(
    "ferfusion", ["#f6f9fc", "#b5d3e8", "#4a90c2", "#0b4f82", "#072f52"]
)
WIDTH_INCHES, DOTS_PER_INCH = 4.7, 200


class NotebookFigure(Figure):
    """A figure that notebooks display without pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        FigureCanvasAgg(self)
        self.savefig(buffer, format="png", dpi=DOTS_PER_INCH / 2, facecolor="white")
        return buffer.getvalue()

    def draw(self, renderer: RendererBase) -> None:
        """Draw; text is never taken for a formula, since the names of classes and files may have dollars."""
        for text in self.findobj(Text):
            text.set_parse_math(False)
        super().draw(renderer)


def new_canvas(*, height: float, width: float = WIDTH_INCHES) -> tuple[Figure, Axes]:
    """Return an empty figure of this size in inches, and its axes."""
    figure = NotebookFigure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    style_axes(axes)
    return figure, axes


def style_axes(axes: Axes) -> None:
    """Style axes: two thin lines, small grey text."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#aab5bf")
    axes.tick_params(labelsize=8.5, colors=SOFT, labelcolor=INK, length=3)
    axes.xaxis.label.set(fontsize=9, color=SOFT)
    axes.yaxis.label.set(fontsize=9, color=SOFT)


def set_title(axes: Axes, title: str, subtitle: str) -> None:
    """Write a title above the axes, and a grey subtitle below it."""
    figure = axes.get_figure(root=True)
    width = int(8 * (figure.get_figwidth() if figure else WIDTH_INCHES))  # characters of the title's size
    axes.set_title(
        f"{fitted_name(title, width=width, lines=2)}\n",
        loc="left",
        fontsize=10.5,
        fontweight="bold",
        color=INK,
        pad=7,
    )
    axes.annotate(
        subtitle,
        (0, 1),
        (0, 7),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8.5,
        color=SOFT,
    )


def add_legend(figure: Figure, axes: Axes, *, columns: int) -> None:
    """Add a legend below the axes, where it covers no data."""
    handles, names = axes.get_legend_handles_labels()
    names = [fitted_name(name, width=24) for name in names]
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=columns,
        fontsize=8.5,
        frameon=False,
        labelcolor=INK,
        columnspacing=1.4,
        handlelength=1.8,
    )


def fitted_name(name: str, *, width: int = 22, lines: int = 3) -> str:
    r"""Return a name of a person's own in short lines, for a figure that must keep space for its data.

    Lines end after a space, an underscore or a hyphen where they can. Of a longer name, the middle is left
    out, since names often differ at the end.

    >>> fitted_name("gap-sum"), fitted_name("a_long_name_of_a_run", width=12)
    ('gap-sum', 'a_long_name_\nof_a_run')
    >>> fitted_name("a_long_name_of_a_run", width=12, lines=1)
    'a_lon…a_run'
    """
    longest = width * lines
    if len(name) > longest:
        half = (longest - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
    found = [""]
    for piece in re.findall(r"[^ _-]*[ _-]?", name):
        if len(found[-1]) + len(piece.rstrip()) > width and found[-1] and len(found) < lines:
            found.append("")
        found[-1] += piece
    wide = [line.strip() for line in found]
    if max(map(len, wide)) > width:
        wide = [name[start : start + width] for start in range(0, len(name), width)]
    return "\n".join(wide)


def name_bars(axes: Axes, names: Sequence[str]) -> None:
    """Name the groups of horizontal bars at 0, 1, 2, … from top to bottom."""
    axes.set_yticks(range(len(names)), [fitted_name(name) for name in names])
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG, whole or not at all, and return its path; equal figures give equal bytes."""
    FigureCanvasAgg(figure)

    def write(partial: Path) -> None:
        figure.savefig(
            partial, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None}
        )

    write_whole(path, write)
    return path
