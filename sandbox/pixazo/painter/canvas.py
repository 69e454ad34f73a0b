"""Drawing tools over Pillow; a mask is an 8-bit image of the canvas's size, 255 is opaque."""

import math
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from sandbox.pixazo.painter.shapes import Point, Polygon

Color = tuple[int, int, int]
Paint = Color | Image.Image
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def mix(first: Color, second: Color, share: float) -> Color:
    """Mix two colors; share 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Canvas:
    """A square picture in progress and its random generator."""

    def __init__(self, side: int, random: Random) -> None:
        self.side = side
        self.random = random
        self.image = Image.new("RGB", (side, side))

    def mask(self, *polygons: Polygon, blur: float = 0) -> Image.Image:
        """Return the mask of the polygons, blurred by a radius."""
        scale = self.side * 2  # reduced again: soft edges
        image = Image.new("L", (scale, scale))
        draw = ImageDraw.Draw(image)
        for polygon in polygons:
            draw.polygon([(x * scale, y * scale) for x, y in polygon], fill=255)
        mask = image.reduce(2)
        return mask.filter(ImageFilter.GaussianBlur(blur * self.side)) if blur else mask

    def cover(self, paint: Paint, mask: Image.Image, opacity: float = 1) -> None:
        """Cover what the mask shows with a color or a picture."""
        self.image.paste(paint, (0, 0, self.side, self.side), mask.point(lambda n: n * opacity))

    def fill(self, paint: Paint, *polygons: Polygon, blur: float = 0, opacity: float = 1) -> None:
        """Cover polygons with a color or a picture."""
        self.cover(paint, self.mask(*polygons, blur=blur), opacity)

    def glow(self, center: Point, radius: float, color: Color, strength: float = 1) -> None:
        """Cover a disc with a light that fades to nothing at its radius."""
        reach = max(1, round(radius * self.side))
        fading = [round(255 * max(0, 1 - level / 180) ** 2.2) for level in range(256)]
        disc = Image.radial_gradient("L").point(fading).resize((2 * reach, 2 * reach))
        mask = Image.new("L", self.image.size)
        x, y = (round(at * self.side) - reach for at in center)
        mask.paste(disc, (x, y))
        self.cover(color, mask, strength)

    def vertical(self, top: float, bottom: float, *colors: Color) -> Image.Image:
        """Return a gradient from *top* to *bottom*, with the end colors beyond."""
        last, span = len(colors) - 1, (bottom - top) * self.side
        column = bytearray()
        for y in range(self.side):
            at = last * min(1, max(0, (y - top * self.side) / span))
            column += bytes(mix(colors[int(at)], colors[min(last, int(at) + 1)], at % 1))
        return Image.frombytes("RGB", (1, self.side), bytes(column)).resize(self.image.size)

    def noise(self, cells: tuple[int, int], octaves: int, low: float, high: float) -> Image.Image:
        """Return fractal noise of so many coarsest *cells*, black at *low*, white at *high*."""
        total = Image.new("L", self.image.size)
        for octave in range(octaves):
            size = cells[0] << octave, cells[1] << octave
            grains = Image.frombytes("L", size, self.random.randbytes(size[0] * size[1]))
            layer = grains.resize(self.image.size, Image.Resampling.BICUBIC)
            total = Image.blend(total, layer, 1 / (2**octave + 1) if octave else 1)
        return total.point([max(0, round((n - 255 * low) / (high - low))) for n in range(256)])

    def line(self, height: float, swing: float, waves: float, octaves: int = 3) -> list[Point]:
        """Return a line across the picture; the more octaves, the rougher (a sum of sines)."""
        line, random = [height] * 257, self.random
        for octave in range(octaves):
            frequency, phase = math.tau * waves * (0.6 + octave**1.5), random.uniform(0, math.tau)
            reach = swing / (1 + octave**1.4) * random.uniform(0.7, 1.3)
            line = [y + reach * math.sin(frequency * n / 256 + phase) for n, y in enumerate(line)]
        return [(n / 256, y) for n, y in enumerate(line)]
