"""Text set in millimetres on a standing A4 page: measured before it is written, so that nothing runs over.

Places are millimetres from the page's left edge and from its top; sizes of type are points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "A4_MM",
    "INK",
    "MUTED",
    "Column",
    "Line",
    "cut",
    "flat",
    "in_columns",
    "line_height",
    "put",
    "rule",
    "table",
    "text_width",
    "wrapped",
]

A4_MM: Final = (210.0, 297.0)
INK: Final = "#1c2733"
MUTED: Final = "#4a5662"
_RULE: Final = "#c6ced6"
_FONT: Final = "DejaVu Sans"
_MM_PER_PT: Final = 25.4 / 72
_LEADING: Final = 1.36
_MOST_CHARACTERS: Final = 8_000
"""More than a page holds: a name of a book's length is cut before it is measured."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its width in mm, `gap` of it free at the right."""

    heading: str
    width: float
    right: bool = False
    gap: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One measured line of running text; `end` stands at the column's right edge."""

    text: str
    size: float
    before: float = 0.0
    bold: bool = False
    muted: bool = False
    indent: float = 0.0
    end: str = ""
    first: bool = False
    """Begins an entry: a dot stands before it."""
    held: bool = False
    """Stays with the line after it: a heading is never the last in a column."""


@lru_cache(maxsize=2)
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(family=_FONT, weight="bold" if bold else "normal")))


def flat(text: object) -> str:
    r"""Write on one line what the font can show; what it cannot becomes U+FFFD, never a warning.

    Examples
    --------
    >>> flat("Öråker\n  åäö \U0001f3ed")
    'Öråker åäö \ufffd'
    """
    kept = "".join(c if c == "\u00a0" or c.isprintable() else " " for c in str(text))
    shown = "".join(c if _font(False).get_char_index(ord(c)) and _font(True).get_char_index(ord(c)) else "\ufffd" for c in kept)
    return " ".join(part for part in shown.split(" ") if part)


@lru_cache(maxsize=4096)
def _advance(character: str, bold: bool) -> float:
    font = _font(bold)
    font.set_size(10.0, 72.0)
    return float(font.load_char(ord(character)).linearHoriAdvance) / 655_360.0


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how many mm a line of text takes in `size` pt, the letters' own widths without kerning.

    Examples
    --------
    >>> text_width("mm", 8) == 2 * text_width("m", 8), text_width("m", 8, bold=True) > text_width("m", 8)
    (True, True)
    """
    return sum(_advance(c, bold) for c in text) * size * _MM_PER_PT


def line_height(size: float) -> float:
    """Return the mm from one line of `size` pt to the next.

    Examples
    --------
    >>> round(line_height(10), 2)
    4.8
    """
    return size * _LEADING * _MM_PER_PT


def cut(text: str, width: float, size: float, bold: bool = False) -> str:
    """Return as much of a text as a line of `width` mm holds, with an ellipsis when it is not all.

    Examples
    --------
    >>> cut("Torsboda Nord", 50, 8), cut("Torsboda Nord", 16, 8)
    ('Torsboda Nord', 'Torsboda…')
    """
    if text_width(text, size, bold) <= width:
        return text
    return text[: _fitting(text, width, size, bold, "…")].rstrip() + "…"


def _fitting(text: str, width: float, size: float, bold: bool, end: str = "") -> int:
    """Count the characters that fit, by halving: a text's width grows with its length."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + end, size, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _broken(word: str, width: float, size: float, bold: bool) -> Iterable[str]:
    while text_width(word, size, bold) > width and len(word) > 1:
        fits = max(_fitting(word, width, size, bold), 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def wrapped(text: object, width: float, size: float, *, bold: bool = False, most: int = 0) -> list[str]:
    """Break a text into lines no wider than `width` mm; a word that is wider is broken too.

    Parameters
    ----------
    text : object
        What to write.
    width : float
        Millimetres.
    size : float
        Points.
    bold : bool, default False
        Bold letters are wider.
    most : int, default 0
        The last line allowed ends in an ellipsis when there is more; 0 allows any number.

    Returns
    -------
    list of str
        At least one line, which may be empty.

    Examples
    --------
    >>> wrapped("Mark för industri nära väg", 26, 8)
    ['Mark för industri', 'nära väg']
    >>> wrapped("Mark för industri nära väg", 26, 8, most=1)
    ['Mark för industr…']
    """
    lines: list[str] = []
    for word in flat(str(text)[:_MOST_CHARACTERS]).split(" "):
        for piece in _broken(word, width, size, bold):
            joined = f"{lines[-1]} {piece}" if lines else piece
            if lines and text_width(joined, size, bold) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    if most and len(lines) > most:
        return [*lines[: most - 1], cut(f"{lines[most - 1]} …", width, size, bold)]
    return lines


def put(figure: Figure, x: float, y: float, text: str, size: float, *, bold: bool = False, color: str = INK, right: bool = False) -> None:
    """Write one line whose top is `y` mm from the page's top, from `x` on or, when `right`, up to it."""
    figure.text(x / A4_MM[0], 1 - (y + line_height(size) * 0.78) / A4_MM[1], text, fontsize=size, color=color, va="baseline",
                fontweight="bold" if bold else "normal", ha="right" if right else "left", parse_math=False)  # fmt: skip


def rule(figure: Figure, x: float, y: float, width: float, color: str = _RULE) -> None:
    """Draw a thin level line of `width` mm."""
    from matplotlib.lines import Line2D

    (a, b), at = (x / A4_MM[0], (x + width) / A4_MM[0]), 1 - y / A4_MM[1]
    figure.add_artist(Line2D([a, b], [at, at], color=color, linewidth=0.6, transform=figure.transFigure))


def table(
    figure: Figure | None, x: float, y: float, columns: Sequence[Column], rows: Sequence[Sequence[str]], size: float, *, headed: bool = True
) -> float:
    """Draw a table and return where it ends; without a figure it is only measured.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or None
        The page.
    x, y : float
        The table's upper left corner.
    columns : sequence of Column
        Widths and headings.
    rows : sequence of sequence of str
        A text a column; each is wrapped to at most four lines.
    size : float
        Points.
    headed : bool, default True
        Whether the columns' headings stand above.

    Returns
    -------
    float
        The y below the last row.

    Examples
    --------
    >>> one, two = (table(None, 0, 0, [Column("A", 40)], [["b"]] * n, 8) for n in (1, 2))
    >>> round(two - one, 3) == round(line_height(8) + 1.8, 3)
    True
    """
    width = sum(c.width for c in columns)
    lead = line_height(size)
    for n, row in enumerate([[c.heading for c in columns], *rows] if headed else rows):
        bold = headed and n == 0
        cells = [
            wrapped(cell, c.width - c.gap - 1.0, size, bold=bold, most=4) if cell else [] for c, cell in zip(columns, row, strict=True)
        ]
        left = x
        for column, cell in zip(columns, cells, strict=True):
            edge = left + column.width - column.gap if column.right else left
            for i, text in enumerate(cell):
                if figure is not None:
                    put(figure, edge, y + 0.9 + i * lead, text, size, bold=bold, color=MUTED if bold else INK, right=column.right)
            left += column.width
        y += max(len(c) for c in cells) * lead + 1.8
        if figure is not None:
            rule(figure, x, y, width)
    return y


def in_columns(lines: Sequence[Line], high: float) -> tuple[list[Line], list[Line], bool]:
    """Share lines between two columns of `high` mm, a heading never last in its column.

    Returns
    -------
    list of Line
        The left column.
    list of Line
        The right column.
    bool
        Whether all found room.

    Examples
    --------
    >>> left, right, whole = in_columns([Line(t, 10) for t in "abc"], 10)
    >>> [line.text for line in left], [line.text for line in right], whole
    (['a', 'b'], ['c'], True)
    """
    columns: tuple[list[Line], list[Line]] = ([], [])
    at, used = 0, 0.0
    for n, line in enumerate(lines):
        need = (line.before if columns[at] else 0.0) + line_height(line.size)
        follower = lines[n + 1] if line.held and n + 1 < len(lines) else None
        whole = need + (follower.before + line_height(follower.size) if follower else 0.0)
        if used + whole > high:
            at, used, need = at + 1, 0.0, line_height(line.size)
            if at == 2:
                return *columns, False
        columns[at].append(line)
        used += need
    return *columns, True
