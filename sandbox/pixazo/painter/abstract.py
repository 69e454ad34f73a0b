"""Pictures of nothing in particular: ribbons along a field of currents, and deep space."""

import math

from PIL import Image, ImageChops, ImageDraw

from sandbox.pixazo.painter.brush import (
    LAST,
    SMOOTH,
    Canvas,
    Color,
    Pen,
    Point,
    curve,
    mix,
    ramp,
    tinted,
)
from sandbox.pixazo.painter.sky import paint_stars

PALETTES: tuple[tuple[Color, ...], ...] = (
    ((13, 18, 48), (24, 74, 120), (30, 160, 160), (250, 200, 110), (244, 110, 80)),
    ((28, 12, 44), (110, 30, 110), (230, 70, 110), (255, 160, 90), (255, 230, 170)),
    ((8, 30, 34), (16, 92, 88), (120, 180, 110), (240, 220, 140), (250, 246, 226)),
    ((18, 16, 34), (60, 60, 140), (130, 110, 220), (120, 210, 230), (245, 240, 255)),
    ((38, 18, 16), (140, 50, 30), (220, 120, 50), (250, 200, 130), (70, 120, 130)),
)

RIBBONS = 560  # in a picture that has room for them all
ROOM = 512  # pixels across that it takes; a smaller one has as many fewer
GRID = 48  # cells across and down of the field that turns the ribbons
GLOSSY = 0.005  # the width from which a ribbon has a gloss


def paint_currents(canvas: Canvas) -> None:
    """Draw ribbons that follow one field of currents."""
    chance = canvas.chance
    colors = chance.choice(PALETTES)
    ground = tinted(
        canvas.swirled(canvas.noise((2, 2), octaves=3), 0.12),
        [
            (0, mix(colors[0], (0, 0, 0), 0.35)),
            (0.6, colors[0]),
            (1, mix(colors[0], colors[1], 0.7)),
        ],
    )
    field = Image.frombytes("L", (5, 5), chance.randbytes(25))
    turns = field.resize((GRID, GRID), Image.Resampling.BICUBIC).tobytes()
    eye = (chance.uniform(0.3, 0.7), chance.uniform(0.3, 0.7))
    hues = ramp([(n / (len(colors) - 2), color) for n, color in enumerate(colors[1:])])
    side = canvas.side * SMOOTH
    picture = ground.resize((side, side))
    draw = ImageDraw.Draw(picture)
    ribbons = max(1, RIBBONS * min(canvas.side, ROOM) // ROOM)
    for ribbon in range(ribbons):
        late = ribbon / ribbons  # what is drawn last lies on top, wider and brighter
        start = (chance.uniform(-0.1, 1.1), chance.uniform(-0.1, 1.1))
        line = [(x * side, y * side) for x, y in _drift(turns, start, eye)]
        hue = hues[min(LAST, max(0, turns[_cell(start)] + chance.randint(-50, 50)))]
        color = mix(hue, colors[0], 0.55 * (1 - late))
        wide = (0.0022 + 0.012 * chance.random() ** 3) * (0.4 + 0.6 * late) * side
        edge, gloss = mix(color, (0, 0, 0), 0.45), mix(color, (255, 255, 255), 0.4)
        draw.line(line, fill=edge, width=round(wide) + 2 * SMOOTH, joint="curve")
        draw.line(line, fill=color, width=max(SMOOTH, round(wide)), joint="curve")
        if wide > GLOSSY * side:
            lifted = [(x - wide * 0.2, y - wide * 0.2) for x, y in line]
            draw.line(lifted, fill=gloss, width=SMOOTH)
    canvas.image.paste(picture.reduce(SMOOTH))
    canvas.glow(eye, 0.5, colors[3], power=2.2, strength=0.55)
    canvas.glow(eye, 0.12, (255, 250, 236), power=2, strength=0.7)


def _drift(turns: bytes, start: Point, eye: Point) -> list[Point]:
    """Return the way of something that floats: round the eye, and as the field turns it."""
    line = [start]
    for _ in range(34):
        x, y = line[-1]
        turn = turns[_cell((x, y))] / LAST * 5.2 + math.atan2(y - eye[1], x - eye[0]) + 1.2
        line.append((x + 0.011 * math.cos(turn), y + 0.011 * math.sin(turn)))
    return line


def _cell(at: Point) -> int:
    """Return the index of a field's cell; beyond the picture the nearest one's."""
    column, row = (min(GRID - 1, max(0, int(part * GRID))) for part in at)
    return row * GRID + column


def paint_space(canvas: Canvas) -> None:
    """Paint a nebula, stars and a ringed planet."""
    chance = canvas.chance
    colors = chance.choice(PALETTES)
    canvas.image.paste((4, 5, 14), (0, 0, canvas.side, canvas.side))
    for color, strength in ((colors[1], 1.0), (colors[2], 1.0), (colors[3], 0.8), (colors[4], 0.8)):
        cloud = canvas.swirled(canvas.noise((2.4, 2.4), octaves=7, gain=0.58), 0.13)
        lanes = canvas.swirled(canvas.noise((3, 3), octaves=6), 0.1)
        canvas.light(
            color,
            ImageChops.multiply(curve(cloud, 0.34, 0.85, 1.2), curve(lanes, 0.05, 0.7)),
            strength,
        )
    paint_stars(canvas, 1500, 1.0)
    x, y = chance.uniform(0.3, 0.7), chance.uniform(0.35, 0.65)
    radius = chance.uniform(0.13, 0.2)
    hue = colors[3]
    canvas.glow((x, y), radius * 2.2, mix(hue, (120, 160, 255), 0.4), power=3, strength=0.7)
    bands = canvas.swirled(canvas.noise((1.5, 16), octaves=4), 0.03)
    face = tinted(
        bands, [(0, mix(hue, (30, 14, 30), 0.6)), (0.5, hue), (1, mix(hue, (255, 255, 255), 0.55))]
    )
    globe = canvas.ellipse((x, y), (radius, radius))
    ring = _ring(canvas, x, y, radius)
    ring_paint = mix(hue, (255, 246, 226), 0.6)
    canvas.lay(ring_paint, ring, 0.75)
    canvas.lay(face, globe)
    night = canvas.ellipse(
        (x + radius * 0.55, y + radius * 0.4), (radius * 1.15, radius * 1.15), blur=radius * 0.22
    )
    canvas.lay((3, 4, 12), ImageChops.multiply(night, globe), 0.93)
    rim = ImageChops.subtract(
        globe,
        canvas.ellipse(
            (x + radius * 0.05, y + radius * 0.04), (radius, radius), blur=radius * 0.03
        ),
    )
    canvas.light((200, 224, 255), rim, 0.8)
    front = ring.copy()
    front.paste(0, (0, 0, canvas.side, round(y * canvas.side)))
    canvas.lay(ring_paint, front, 0.75)


def _ring(canvas: Canvas, x: float, y: float, radius: float) -> Image.Image:
    def bands(pen: Pen) -> None:
        for reach, value in ((2.3, 150), (2.02, 0), (1.97, 235), (1.62, 120), (1.45, 0)):
            pen.ellipse((x, y), (radius * reach, radius * reach * 0.2), value)

    return canvas.draw(bands, blur=0.0008)
