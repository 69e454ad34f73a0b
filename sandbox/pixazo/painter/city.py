"""A skyline whose windows are lit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, mix
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import box

ROWS = 4
AWAKE = 0.16  # the share of windows that are lit
LAMPS: tuple[Color, ...] = ((255, 206, 128), (255, 236, 196), (140, 206, 255))
SIGNS: tuple[Color, ...] = ((255, 110, 160), (255, 190, 90), (80, 200, 255))


@dataclass(frozen=True, kw_only=True)
class Block:
    """One building's front."""

    left: float
    right: float
    top: float


def paint_city(canvas: Canvas, mood: Mood, foot: float) -> None:
    """Build rows of towers, tallest in the middle, and a street of signs before them."""
    chance = canvas.chance
    for row in range(ROWS):
        near = row / (ROWS - 1)
        blocks = _blocks(canvas, foot, near)
        wall = mix(mix(mood.haze, mood.land, 0.45), mood.land, near)
        high, low = mix(wall, mood.land, 0.3), mix(wall, mood.haze, 0.25 * (1 - near))
        paint = canvas.vertical(foot - 0.5, foot, [(0, high), (1, low)])
        canvas.lay(paint, canvas.draw(partial(_build, blocks=blocks, foot=foot)))
        for color in LAMPS:
            windows = _windows(canvas, blocks, foot, 0.0028 + 0.0028 * near)
            canvas.light(color, canvas.draw(windows), 0.35 + 0.6 * near)
    for _ in range(26):
        at = (chance.random(), foot - chance.uniform(0.0, 0.02))
        canvas.glow(at, chance.uniform(0.03, 0.09), chance.choice(SIGNS), power=3, strength=0.5)


def _blocks(canvas: Canvas, foot: float, near: float) -> list[Block]:
    chance = canvas.chance
    blocks: list[Block] = []
    x = -0.03
    while x < 1:
        width = chance.uniform(0.035, 0.075) * (0.75 + 0.7 * near)
        middle = 1 - abs(x + width / 2 - 0.5) * 0.9
        height = (0.16 + 0.34 * chance.random() ** 1.7 * middle) * (1.05 - 0.55 * near)
        right = x + width * chance.uniform(0.82, 0.98)
        blocks.append(Block(left=x, right=right, top=foot - height))
        x += width
    return blocks


def _build(pen: Pen, blocks: list[Block], foot: float) -> None:
    for n, block in enumerate(blocks):
        middle, half = (block.left + block.right) / 2, (block.right - block.left) / 2
        pen.polygon(box((middle, (block.top + foot) / 2), half, (foot - block.top) / 2))
        if n % 3 == 0:
            pen.line([(middle, block.top), (middle, block.top - 0.05)], 0.0022)
        if n % 4 == 1:
            pen.polygon(box((middle, block.top - 0.01), half * 0.6, 0.01))


def _windows(
    canvas: Canvas, blocks: list[Block], foot: float, wide: float
) -> Callable[[Pen], None]:
    """Return what draws the windows behind which somebody is still up."""
    chance = canvas.chance
    lamps: list[tuple[float, float, int]] = []
    for block in blocks:
        columns = max(1, int((block.right - block.left) / (wide * 2.3)))
        pitch = (block.right - block.left) / columns
        for row in range(1, int((foot - block.top) / (wide * 2.9))):
            for column in range(columns):
                if chance.random() < AWAKE:
                    x, y = block.left + pitch * (column + 0.5), block.top + row * wide * 2.9
                    lamps.append((x, y, chance.randint(70, 255)))

    def draw(pen: Pen) -> None:
        for x, y, value in lamps:
            pen.polygon(box((x, y), wide / 2, wide * 0.7), value)

    return draw
