"""Draws a server's figures with Pillow, which takes long to load: use it in a thread.

Bars by day on the left, those of members on the right. It has no words: the message beside it says
what they are, and names the members by the numbers of their bars.
"""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from PIL import Image, ImageDraw

from bot.domain.figures import DayFigures, ServerFigures
from bot.ui import stroke_digits
from bot.ui.button_actions import Theme

SIZE: Final = (1200, 675)
_FINER: Final = 2  # times: drawn larger and scaled down, so that edges are smooth
_COLOURS: Final = 64  # of the file
_DIGITS: Final = 26  # pixels high: a phone shows a quarter of that
_MARGIN: Final = 36
_SPLIT: Final = 790  # where the members begin
_AXIS: Final = 106  # left of the days
_IMAGES: Final = (44, 384, 4)  # of the images by day: top, bottom, and lines at least
_TROUBLES: Final = (432, 596, 2)  # of the orders without pictures
_DATES: Final = 614
_DATED: Final = 4  # days whose dates are written, about
_ROWS: Final = 10
_NARROW: Final = 4  # pixels of a day, in which no gap can be seen
_THOUSAND: Final = 1000


@dataclass(frozen=True)
class _Palette:
    ground: str
    text: str
    grid: str
    images: str
    refused: str
    failed: str


_PALETTES: Final = {
    Theme.DARK: _Palette("#2b2d31", "#dcdee3", "#44474e", "#7d8bf5", "#f2a33c", "#f0575b"),
    Theme.LIGHT: _Palette("#ffffff", "#3a3d44", "#dfe1e6", "#4a5bd8", "#d07f12", "#c9252c"),
}


def draw(figures: ServerFigures, theme: Theme) -> bytes:
    """Return the picture as a PNG."""
    return _Drawing(theme).png(figures)


class _Drawing:
    """One picture; its places are pixels of the finished one."""

    def __init__(self, theme: Theme) -> None:
        self._palette = _PALETTES[theme]
        width, height = SIZE
        size = (width * _FINER, height * _FINER)
        self._image = Image.new("RGB", size, self._palette.ground)
        self._canvas = ImageDraw.Draw(self._image)

    def png(self, figures: ServerFigures) -> bytes:
        self._days(figures.days)
        self._members(figures)
        small = self._image.resize(SIZE, Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        small.quantize(_COLOURS, dither=Image.Dither.NONE).save(encoded, "PNG")
        return encoded.getvalue()

    def _days(self, days: Sequence[DayFigures]) -> None:
        palette = self._palette
        images = [[(day.images, palette.images)] for day in days]
        troubles = [
            [(day.failures, palette.failed), (day.refused, palette.refused)] for day in days
        ]
        self._columns(*_IMAGES, images)
        self._columns(*_TROUBLES, troubles)
        each = (_SPLIT - _MARGIN - _AXIS) / len(days)
        for place in _labelled(len(days)):
            date = f"{datetime.fromtimestamp(days[place].day, UTC):%m-%d}"
            middle = _AXIS + (place + 0.5) * each
            self._text(middle - stroke_digits.width(date, _DIGITS) / 2, _DATES, date)

    def _columns(
        self, top: int, bottom: int, lines: int, days: Sequence[Sequence[tuple[int, str]]]
    ) -> None:
        """Draw a scale and, for each day, its parts one above the other."""
        highest = max(sum(count for count, _ in parts) for parts in days)
        step = _step(highest, lines)
        most = max(step * math.ceil(highest / step), step)
        right, per_one = _SPLIT - _MARGIN, (bottom - top) / most
        for tick in range(0, most + 1, step):
            y = bottom - tick * per_one
            self._box(_AXIS, y - 0.5, right, y + 0.5, self._palette.grid)
            label = _short(tick)
            self._text(_AXIS - 16 - stroke_digits.width(label, _DIGITS), y - _DIGITS / 2, label)
        each = (right - _AXIS) / len(days)
        wide = min(each * 0.72 if each > _NARROW else each, 64.0)
        for place, parts in enumerate(days):
            left, y = _AXIS + (place + 0.5) * each - wide / 2, float(bottom)
            for count, colour in parts:
                height = max(count * per_one, 2.0) if count else 0.0
                if height:
                    self._box(left, y - height, left + wide, y, colour, radius=min(wide / 4, 6.0))
                y -= height

    def _members(self, figures: ServerFigures) -> None:
        """Draw a bar for each of the busiest members, with their numbers."""
        top, bottom = _IMAGES[0], _DATES
        each = (bottom - top) / _ROWS
        left, right = _SPLIT + 62, SIZE[0] - _MARGIN
        most = max([1, *(member.images for member in figures.top)])
        room = right - left - 14 - stroke_digits.width(_short(most), _DIGITS)
        for place, member in enumerate(figures.top[:_ROWS]):
            y = top + (place + 0.5) * each
            number = str(place + 1)
            text = _SPLIT + 40 - stroke_digits.width(number, _DIGITS)
            self._text(text, y - _DIGITS / 2, number)
            end = left + max(room * member.images / most, 3.0)
            self._box(left, y - 15, end, y + 15, self._palette.images, radius=6)
            self._text(end + 14, y - _DIGITS / 2, _short(member.images))

    def _text(self, left: float, top: float, text: str) -> None:
        stroke_digits.draw(
            self._canvas,
            left * _FINER,
            top * _FINER,
            text,
            _DIGITS * _FINER,
            self._palette.text,
        )

    def _box(self, *box: float | str, radius: float = 0.0) -> None:
        *corners, colour = box
        places: Any = [float(corner) * _FINER for corner in corners]
        self._canvas.rounded_rectangle(places, radius * _FINER, fill=colour)


def _step(most: int, lines: int) -> int:
    """Return a round distance of the *lines* of a scale."""
    exact = max(most / lines, 1.0)
    power = 10 ** math.floor(math.log10(exact))
    return int(next(power * times for times in (1, 2, 5, 10) if power * times >= exact))


def _labelled(count: int) -> Iterator[int]:
    """Yield the places of the days whose dates are written, one of the last and some before."""
    every = math.ceil(count / _DATED)
    yield from range(count - 1 - every // 3, -1, -every)


def _short(number: int) -> str:
    """Return a number of a few signs: 950, 1.2k, 12k."""
    if number < _THOUSAND:
        return str(number)
    decimals = 1 if number < 10 * _THOUSAND else 0
    return f"{number / _THOUSAND:.{decimals}f}".removesuffix(".0") + "k"
