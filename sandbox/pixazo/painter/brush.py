"""The painter's tools over Pillow: a canvas of unit coordinates, seeded noise, light.

Positions and lengths are fractions of the picture's side, y pointing down; a
mask is an 8-bit image as large as the canvas, 255 where paint goes.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Point = tuple[float, float]
Stops = Sequence[tuple[float, Color]]  # (0…1, color), ascending

LAST = 255  # the index of the last of a ramp's colors
SMOOTH = 2  # masks are drawn this much larger and reduced: soft edges


def mix(one: Color, other: Color, share: float) -> Color:
    """Mix two colors; share 0 is the first, 1 the other."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def ramp(stops: Stops) -> list[Color]:
    """Spread color stops, which reach from 0 to 1 or less far, over 256 steps."""
    first, last = stops[0], stops[-1]
    colors = [first[1]] * round(first[0] * LAST)
    for (start, one), (end, other) in pairwise(stops):
        steps = round(end * LAST) - len(colors)
        span = max(1e-6, end - start)
        colors += [
            mix(one, other, (len(colors) / LAST + n / LAST - start) / span) for n in range(steps)
        ]
    return colors + [last[1]] * (LAST + 1 - len(colors))


def tinted(gray: Image.Image, stops: Stops) -> Image.Image:
    """Color a gray image: its black becomes the first stop, its white the last."""
    colors = ramp(stops)
    channels = [gray.point([color[n] for color in colors]) for n in range(3)]
    return Image.merge("RGB", channels)


def curve(gray: Image.Image, low: float, high: float, power: float = 1.0) -> Image.Image:
    """Stretch a gray image so that *low* becomes black and *high* white (both 0…1)."""
    span = max(1e-6, high - low)
    table = [
        round(255 * min(1.0, max(0.0, (level / 255 - low) / span)) ** power) for level in range(256)
    ]
    return gray.point(table)


class Pen:
    """Collects the shapes of one mask, and draws no more of it than they cover."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._scale = side * SMOOTH
        self._shapes: list[Callable[[ImageDraw.ImageDraw, Point], None]] = []
        self._box = [side, side, 0, 0]

    def polygon(self, points: Iterable[Point], value: int = 255) -> None:
        """Fill a polygon."""
        corners = self._cover(points)
        self._shapes.append(lambda draw, at: draw.polygon(_moved(corners, at), fill=value))

    def ellipse(self, center: Point, radii: Point, value: int = 255) -> None:
        """Fill an ellipse."""
        (x, y), (rx, ry) = center, radii
        corners = self._cover([(x - rx, y - ry), (x + rx, y + ry)])
        self._shapes.append(lambda draw, at: draw.ellipse(_moved(corners, at), fill=value))

    def line(self, points: Iterable[Point], width: float, value: int = 255) -> None:
        """Draw a line with round joints."""
        wide = max(1, round(width * self._scale))
        corners = self._cover(points, wide)
        self._shapes.append(
            lambda draw, at: draw.line(_moved(corners, at), fill=value, width=wide, joint="curve")
        )

    def mask(self, margin: int = 0) -> tuple[Image.Image, tuple[int, int]]:
        """Return what was drawn, with soft edges and a margin, and where it lies in pixels."""
        left, top, right, bottom = (
            min(self._side + margin, max(-margin, edge + way * (margin + 1)))
            for edge, way in zip(self._box, (-1, -1, 1, 1), strict=True)
        )
        size = max(1, right - left), max(1, bottom - top)
        image = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH))
        draw = ImageDraw.Draw(image)
        for shape in self._shapes:
            shape(draw, (left * SMOOTH, top * SMOOTH))
        return image.reduce(SMOOTH), (left, top)

    def _cover(self, points: Iterable[Point], wide: int = 0) -> list[Point]:
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        for n, edges in enumerate(zip(*scaled, strict=True)):
            self._box[n] = min(self._box[n], math.floor((min(edges) - wide) / SMOOTH))
            self._box[n + 2] = max(self._box[n + 2], math.ceil((max(edges) + wide) / SMOOTH))
        return scaled


def _moved(points: list[Point], at: Point) -> list[Point]:
    return [(x - at[0], y - at[1]) for x, y in points]


class Canvas:
    """A square picture in the making, and the one source of chance for it."""

    def __init__(self, side: int, chance: Random) -> None:
        self.side = side
        self.chance = chance
        self.image = Image.new("RGB", (side, side))

    def draw(self, shape: Callable[[Pen], None], *, blur: float = 0.0) -> Image.Image:
        """Return the mask that *shape* draws, blurred by a radius."""
        pen = Pen(self.side)
        shape(pen)
        part, at = pen.mask(round(3 * blur * self.side))
        if blur:
            part = part.filter(ImageFilter.GaussianBlur(blur * self.side))
        mask = Image.new("L", self.image.size)
        mask.paste(part, at)
        return mask

    def polygon(self, points: Iterable[Point], *, blur: float = 0.0) -> Image.Image:
        """Return the mask of one polygon."""
        return self.draw(lambda pen: pen.polygon(points), blur=blur)

    def ellipse(self, center: Point, radii: Point, *, blur: float = 0.0) -> Image.Image:
        """Return the mask of one ellipse."""
        return self.draw(lambda pen: pen.ellipse(center, radii), blur=blur)

    def line(self, points: Iterable[Point], width: float, *, blur: float = 0.0) -> Image.Image:
        """Return the mask of one line."""
        return self.draw(lambda pen: pen.line(points, width), blur=blur)

    def dots(self, spots: Iterable[Point], size: float, *, blur: float = 0.0) -> Image.Image:
        """Return the mask of many dots of one radius."""

        def scatter(pen: Pen) -> None:
            for spot in spots:
                pen.ellipse(spot, (size, size))

        return self.draw(scatter, blur=blur)

    def lay(self, paint: Color | Image.Image, mask: Image.Image, opacity: float = 1.0) -> None:
        """Cover what the mask shows."""
        box = mask.getbbox()
        if box is None:
            return
        part = mask.crop(box)
        if opacity < 1:
            part = part.point([round(level * opacity) for level in range(256)])
        source = paint.crop(box) if isinstance(paint, Image.Image) else paint
        self.image.paste(source, box, part)

    def light(self, color: Color, mask: Image.Image, strength: float = 1.0) -> None:
        """Add light where the mask shows, never past white."""
        box = mask.getbbox()
        if box is None:
            return
        shine = tinted(mask.crop(box), [(0, (0, 0, 0)), (1, mix((0, 0, 0), color, strength))])
        self.image.paste(ImageChops.screen(self.image.crop(box), shine), box)

    def glow(
        self, center: Point, radius: float, color: Color, *, power: float = 2.0, strength: float = 1
    ) -> None:
        """Add a round light that fades towards its radius."""
        self.light(color, self.halo(center, radius, power=power), strength)

    def halo(self, center: Point, radius: float, *, power: float) -> Image.Image:
        """Return a round mask that fades towards its radius, the faster the more power."""
        reach = max(1, round(radius * self.side))
        x, y = (round(part * self.side) for part in center)
        disc = curve(ImageChops.invert(Image.radial_gradient("L")), 0.3, 1.0, power)
        disc = disc.resize((2 * reach, 2 * reach), Image.Resampling.BICUBIC)
        mask = Image.new("L", self.image.size)
        mask.paste(disc, (x - reach, y - reach))
        return mask

    def vertical(self, top: float, bottom: float, stops: Stops) -> Image.Image:
        """Return a picture of stops between two heights; beyond them the end colors."""
        colors = ramp(stops)
        span = max(1e-6, bottom - top)
        column = bytes(
            part
            for y in range(self.side)
            for part in colors[round(255 * min(1.0, max(0.0, (y / self.side - top) / span)))]
        )
        return Image.frombytes("RGB", (1, self.side), column).resize(self.image.size)

    def noise(
        self, cells: tuple[float, float], *, octaves: int = 5, gain: float = 0.5
    ) -> Image.Image:
        """Return clouds of chance, stretched to use every gray; *cells* across and down."""
        side = max(16, self.side // 2)
        total: Image.Image | None = None
        weight, weights = 1.0, 0.0
        for octave in range(octaves):
            wide, high = (max(2, round(count * 2**octave) + 1) for count in cells)
            if total is not None and max(wide, high) > side:
                break  # finer than the picture
            raw = Image.frombytes("L", (wide, high), self.chance.randbytes(wide * high))
            layer = raw.resize((side, side), Image.Resampling.BICUBIC)
            weights += weight
            total = layer if total is None else Image.blend(total, layer, weight / weights)
            weight *= gain
        assert total is not None
        return curve(total, 0.22, 0.78).resize(self.image.size, Image.Resampling.BICUBIC)

    def swirled(self, image: Image.Image, strength: float, cells: int = 14) -> Image.Image:
        """Return the image pulled about by chance, as smoke is by wind; its rim is lost."""
        step = self.side / cells
        margin, inner = strength * self.side, 1 - 2 * strength
        fields = [
            Image.frombytes("L", (5, 5), self.chance.randbytes(25)).resize(
                (cells + 1, cells + 1), Image.Resampling.BICUBIC
            )
            for _ in range(2)
        ]
        reach = strength * self.side / 128

        def source(column: int, row: int) -> Point:
            across, down = (_level(field, column, row) - 128 for field in fields)
            return (
                margin + column * step * inner + across * reach,
                margin + row * step * inner + down * reach,
            )

        mesh = []
        for row in range(cells):
            for column in range(cells):
                box = tuple(round(edge * step) for edge in (column, row, column + 1, row + 1))
                corners = [
                    (column, row),
                    (column, row + 1),
                    (column + 1, row + 1),
                    (column + 1, row),
                ]
                mesh.append((box, tuple(part for at in corners for part in source(*at))))
        return image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)

    def ridge(self, left: float, right: float, rough: float, *, bends: int = 8) -> list[Point]:
        """Return a jagged line from the left edge to the right one, by midpoint displacement."""
        heights = [left, right]
        swing = rough
        for _ in range(bends):
            between = [
                (a + b) / 2 + self.chance.uniform(-swing, swing) for a, b in pairwise(heights)
            ]
            heights = [
                height for pair in zip(heights, between, strict=False) for height in pair
            ] + [heights[-1]]
            swing *= 0.52
        last = len(heights) - 1
        return [(n / last, height) for n, height in enumerate(heights)]

    def relief(self, surface: Image.Image, toward: Point, depth: float = 3.0) -> Image.Image:
        """Return how a surface catches light from a direction: gray is flat."""
        rim = max(1, round(self.side * 0.01))  # has no neighbor to be compared with
        across, down = (round(part * self.side * 0.008) or 1 for part in toward)
        shifted = surface.copy()
        shifted.paste(surface, (across, down))
        lit = ImageChops.subtract(surface, shifted, 1 / depth, 128)
        inner = (rim, rim, self.side - rim, self.side - rim)
        return lit.resize(lit.size, Image.Resampling.BILINEAR, box=inner)

    def across(self, left: float, right: float, stops: Stops) -> Image.Image:
        """Return a picture of stops between two positions, as `vertical` does between heights."""
        return self.vertical(left, right, stops).transpose(Image.Transpose.TRANSPOSE)

    def fade(self, top: float, bottom: float, *levels: tuple[float, int]) -> Image.Image:
        """Return a mask of levels (0…255) between two heights."""
        stops = [(at, (level, level, level)) for at, level in levels]
        return self.vertical(top, bottom, stops).getchannel(0)

    def shade(self, left: float, right: float, *levels: tuple[float, int]) -> Image.Image:
        """Return a mask of levels (0…255) between two positions: it rounds what is flat."""
        return self.fade(left, right, *levels).transpose(Image.Transpose.TRANSPOSE)


def _level(gray: Image.Image, x: int, y: int) -> int:
    level = gray.getpixel((x, y))
    assert isinstance(level, int)
    return level
