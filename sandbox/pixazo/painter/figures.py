"""A cat that looks at you, and a face in profile."""

from PIL import ImageChops

from sandbox.pixazo.painter.brush import Canvas, Pen, Point, mix, tinted
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import circle, smooth

WHITE = (255, 255, 255)
CAT_BODY = (
    *((-0.26, 0), (-0.3, 0.12), (-0.25, 0.34), (-0.13, 0.58), (-0.12, 0.66)),
    *((0.12, 0.66), (0.13, 0.58), (0.25, 0.34), (0.3, 0.12), (0.26, 0)),
)
CAT_HEAD = (
    *((-0.2, 0.74), (-0.19, 0.84), (-0.185, 1.02), (-0.085, 0.92), (0, 0.925), (0.085, 0.92)),
    *((0.185, 1.02), (0.19, 0.84), (0.2, 0.74), (0.12, 0.635), (0, 0.605), (-0.12, 0.635)),
)
CAT_TAIL = ((0.2, 0.04), (0.42, 0.02), (0.55, 0.13), (0.5, 0.28), (0.57, 0.4))
PROFILE = (  # from the crown down the face, round the shoulders and up the neck
    *((-0.02, -0.5), (-0.17, -0.45), (-0.245, -0.33), (-0.262, -0.235), (-0.252, -0.19)),
    *((-0.285, -0.125), (-0.325, -0.062), (-0.318, -0.04), (-0.272, -0.022), (-0.278, 0.0)),
    *((-0.3, 0.022), (-0.282, 0.046), (-0.292, 0.07), (-0.262, 0.098), (-0.265, 0.135)),
    *((-0.238, 0.182), (-0.17, 0.2), (-0.06, 0.165), (-0.045, 0.3), (-0.12, 0.42)),
    *((-0.36, 0.52), (-0.5, 0.66), (-0.52, 0.9), (0.62, 0.9), (0.56, 0.64), (0.36, 0.5)),
    *((0.23, 0.4), (0.2, 0.2), (0.24, -0.1), (0.2, -0.36)),
)
NECK_SHADOW = ((-0.2, 0.205), (-0.05, 0.16), (0.2, 0.1), (0.24, 0.4), (-0.02, 0.34))
LIPS = (
    *((-0.298, 0.02), (-0.262, 0.022), (-0.215, 0.05)),
    *((-0.255, 0.068), (-0.288, 0.072), (-0.276, 0.046)),
)
ROBE = (
    *((-0.62, 0.85), (-0.46, 0.6), (-0.24, 0.5), (0.02, 0.58)),
    *((0.24, 0.46), (0.5, 0.56), (0.72, 0.85)),
)
HAIR_OUTSIDE = (
    *((-0.2, -0.42), (-0.13, -0.53), (0.03, -0.6), (0.23, -0.54), (0.38, -0.32)),
    *((0.42, -0.02), (0.5, 0.3), (0.7, 0.58), (0.74, 1.0)),
)
HAIR_INSIDE = (
    *((-0.215, -0.4), (-0.15, -0.42), (-0.05, -0.36), (0.0, -0.22), (0.01, -0.06)),
    *((0.02, 0.1), (0.06, 0.32), (0.02, 0.6), (0.12, 1.0)),
)


def paint_cat(canvas: Canvas, mood: Mood, foot: Point, tall: float) -> None:
    """Seat a dark cat with luminous eyes, its rim in the light."""

    def placed(*points: Point) -> list[Point]:
        return [(foot[0] + px * tall, foot[1] - py * tall) for px, py in points]

    body, head, tail = (smooth(placed(*line)) for line in (CAT_BODY, CAT_HEAD, CAT_TAIL))

    def cat(pen: Pen, grow: float = 0.0) -> None:
        pen.polygon(body)
        pen.polygon(head)
        pen.line(tail, tall * 0.085 + grow)
        pen.ellipse(tail[-1], (tall * 0.042 + grow / 2, tall * 0.042 + grow / 2))
        for paw in placed((-0.1, 0.01), (0.1, 0.01)):
            pen.ellipse(paw, (tall * 0.09, tall * 0.035))
        if grow:
            pen.line(body, grow)
            pen.line([*head, head[0]], grow)

    fur = mix(mood.land, (30, 26, 34), 0.5)
    halo = canvas.draw(lambda pen: cat(pen, tall * 0.016), blur=tall * 0.008)
    canvas.light(mix(mood.light, mood.haze, 0.3), halo, 0.8)
    mask = canvas.draw(cat)
    canvas.lay(fur, mask)
    flanks = canvas.shade(
        foot[0] - tall * 0.32, foot[0] + tall * 0.32, (0, 90), (0.3, 0), (0.75, 0), (1, 60)
    )
    canvas.light(mood.haze, ImageChops.multiply(mask, flanks), 0.7)
    for way in (-1, 1):
        ear = placed((0.16 * way, 0.965), (0.115 * way, 0.9), (0.165 * way, 0.87))
        canvas.lay(mix(fur, (200, 110, 110), 0.35), canvas.polygon(ear))
        _paint_eye(canvas, placed((0.082 * way, 0.775))[0], tall, way)
    nose = placed((-0.02, 0.712), (0.02, 0.712), (0, 0.692))
    canvas.lay((196, 110, 110), canvas.polygon(nose))

    def whiskers(pen: Pen) -> None:
        for way in (-1, 1):
            for lift in (-0.03, 0.0, 0.03):
                hair = (
                    (0.05 * way, 0.685),
                    (0.18 * way, 0.69 + lift * 0.6),
                    (0.33 * way, 0.67 + lift),
                )
                pen.line(smooth(placed(*hair)), 0.0011)

    canvas.lay(mix(mood.light, mood.haze, 0.4), canvas.draw(whiskers), 0.75)


def paint_portrait(canvas: Canvas, mood: Mood) -> None:
    """Paint a face in profile before a halo, its hair falling long."""
    center, size = (0.53, 0.5), 0.62

    def placed(*points: Point) -> list[Point]:
        return [(center[0] + px * size, center[1] + py * size) for px, py in points]

    _paint_halo(canvas, mood, placed((0, -0.12))[0], size)
    skin, shadow = mix((236, 178, 142), mood.light, 0.2), mix((120, 62, 64), mood.cloud_dark, 0.4)
    face = canvas.polygon(smooth(placed(*PROFILE), closed=True, steps=5))
    canvas.lay(skin, face)
    left, right = center[0] - size * 0.32, center[0] + size * 0.2
    canvas.lay(WHITE, ImageChops.multiply(face, canvas.shade(left, right, (0, 90), (0.3, 0))))
    turned = canvas.shade(left, right, (0.3, 0), (0.75, 150), (1, 255))
    canvas.lay(shadow, ImageChops.multiply(face, turned))
    neck = canvas.polygon(smooth(placed(*NECK_SHADOW), closed=True), blur=0.016)
    canvas.lay(shadow, ImageChops.multiply(neck, face), 0.55)
    outline = canvas.line(smooth(placed(*PROFILE[:19]), steps=5), size * 0.007, blur=0.0012)
    canvas.lay(mix(skin, shadow, 0.8), outline, 0.7)
    cheek = canvas.ellipse(placed((-0.15, 0.02))[0], (size * 0.06, size * 0.045), blur=0.02)
    canvas.lay((226, 104, 96), ImageChops.multiply(cheek, face), 0.4)
    lips = canvas.polygon(smooth(placed(*LIPS), closed=True), blur=0.001)
    canvas.lay((176, 48, 58), ImageChops.multiply(lips, face), 0.85)

    def features(pen: Pen) -> None:
        for width, line in (
            (0.011, ((-0.25, -0.19), (-0.2, -0.222), (-0.12, -0.19))),  # brow
            (0.008, ((-0.235, -0.115), (-0.2, -0.142), (-0.148, -0.118))),  # upper lid
            (0.003, ((-0.225, -0.092), (-0.19, -0.086), (-0.155, -0.108))),  # lower lid
            (0.004, ((-0.237, -0.117), (-0.248, -0.123), (-0.258, -0.126))),  # lashes
            (0.005, ((-0.282, -0.03), (-0.266, -0.045), (-0.256, -0.03))),  # nostril
        ):
            pen.line(smooth(placed(*line)), size * width)
        pen.ellipse(placed((-0.208, -0.112))[0], (size * 0.011, size * 0.02))

    ink = mix(shadow, (20, 10, 20), 0.6)
    canvas.lay(ink, canvas.draw(features, blur=0.0005), 0.9)
    folds = canvas.relief(canvas.swirled(canvas.noise((5, 3), octaves=3), 0.14), (1, -0.4), 3)
    middle = mix(mood.cloud_dark, mood.land, 0.35)
    cloth = tinted(
        folds, [(0, mood.land), (0.5, middle), (1, mix(mood.cloud_lit, mood.light, 0.3))]
    )
    robe = [*smooth(placed(*ROBE)), *placed((0.8, 1.2), (-0.8, 1.2))]
    canvas.lay(cloth, canvas.polygon(robe))
    _paint_hair(canvas, mood, placed(*HAIR_OUTSIDE), placed(*HAIR_INSIDE), size)


def _paint_eye(canvas: Canvas, at: Point, tall: float, way: int) -> None:
    x, y = at
    tilt = 0.004 * way
    lid = ((-0.056, tilt), (0, -0.045), (0.056, -tilt), (0, 0.038))
    iris = canvas.polygon(smooth([(x + tall * px, y + tall * py) for px, py in lid], closed=True))
    canvas.glow(at, tall * 0.17, (255, 196, 60), power=3, strength=0.6)
    gold = [(0, (190, 120, 20)), (1, (255, 232, 120))]
    canvas.lay(canvas.vertical(y - tall * 0.05, y + tall * 0.05, gold), iris)
    canvas.lay((8, 8, 10), canvas.ellipse(at, (tall * 0.013, tall * 0.038)))
    spark = (x - tall * 0.015, y - tall * 0.016)
    canvas.lay(WHITE, canvas.ellipse(spark, (tall * 0.009, tall * 0.009)))


def _paint_halo(canvas: Canvas, mood: Mood, center: Point, size: float) -> None:
    canvas.glow(center, 0.62, mood.light, power=1.4, strength=0.7)
    inner = mix(mood.light, (255, 246, 214), 0.5), mix(mood.cloud_lit, mood.light, 0.3)
    paint = canvas.vertical(
        center[1] - size * 0.6, center[1] + size * 0.5, [(0, inner[0]), (1, inner[1])]
    )
    canvas.lay(paint, canvas.ellipse(center, (size * 0.52, size * 0.52), blur=0.001), 0.9)
    for ring in (0.55, 0.58):
        points = circle(center, size * ring, 90)
        canvas.lay(mood.light, canvas.line([*points, points[0]], 0.0024), 0.8)


def _paint_hair(
    canvas: Canvas, mood: Mood, outside: list[Point], inside: list[Point], size: float
) -> None:
    """Comb hair between two lines, from dark locks to light ones."""
    chance = canvas.chance
    dark = mix(mood.land, (90, 40, 30), 0.4)
    gold = mix(mood.land, (214, 120, 60), 0.62)
    canvas.lay(dark, canvas.polygon(smooth(outside) + smooth(inside)[::-1]))
    layers = 9
    for layer in range(layers):
        locks: list[tuple[list[Point], float]] = []
        for _ in range(24):
            share, drift = chance.random(), chance.uniform(-0.0015, 0.0015)
            line = [
                (a[0] + (b[0] - a[0]) * share + drift * n, a[1] + (b[1] - a[1]) * share)
                for n, (a, b) in enumerate(zip(outside, inside, strict=True))
            ]
            locks.append((smooth(line, steps=6), size * chance.uniform(0.0014, 0.009)))

        def comb(pen: Pen, locks: list[tuple[list[Point], float]] = locks) -> None:
            for line, width in locks:
                pen.line(line, width)

        light = layer / (layers - 1)
        color = mix(mix(dark, gold, light), mood.light, 0.3 * chance.random() * light**2)
        canvas.lay(color, canvas.draw(comb), 0.85)
    canvas.glow(outside[3], 0.3, mood.light, power=2.4, strength=0.25)
