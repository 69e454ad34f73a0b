"""Draws a picture from a prompt: a rule-based stand-in for the vendor's model.

The random generator is seeded by the prompt and the picture's number: equal orders, equal bytes.
"""

import io
from random import Random

from PIL import Image, ImageEnhance, ImageFilter

from sandbox.pixazo.painter.canvas import Canvas
from sandbox.pixazo.painter.prompt import read_scene
from sandbox.pixazo.painter.scenery import paint_scenery
from sandbox.pixazo.painter.subjects import paint_subject


def paint(prompt: str, *, steps: int, guidance: float, index: int, size: int = 1024) -> bytes:
    """Paint picture number *index* of an order and return it as a square PNG.

    CPU-bound, about half a second at the default size: call it in a thread.
    """
    canvas = Canvas(size, Random(f"{prompt}\n{index}"))  # noqa: S311  no secret
    scene = read_scene(prompt, canvas.random)
    paint_scenery(canvas, scene)
    paint_subject(canvas, scene)
    buffer = io.BytesIO()
    _finish(canvas, steps, guidance).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _finish(canvas: Canvas, steps: int, guidance: float) -> Image.Image:
    """Add a vignette; guidance raises color and contrast, few steps leave noise."""
    image, side = canvas.image, canvas.side
    corners = Image.radial_gradient("L").point([max(0, level - 140) // 2 for level in range(256)])
    image.paste((0, 0, 0), (0, 0, side, side), corners.resize(image.size))
    beyond = guidance - 3.5  # the default
    image = ImageEnhance.Color(image).enhance(min(1.8, max(0.45, 1.06 + 0.13 * beyond)))
    image = ImageEnhance.Contrast(image).enhance(min(1.5, max(0.7, 1.04 + 0.05 * beyond)))
    missing = max(0.0, 1 - steps / 50)  # the default
    if missing:
        image = image.filter(ImageFilter.GaussianBlur(missing**1.3 * side * 0.009))
        cells = max(8, side // 8)
        noise = Image.frombytes("RGB", (cells, cells), canvas.random.randbytes(cells * cells * 3))
        image = Image.blend(image, noise.resize(image.size), 0.16 * missing**1.5 + 0.6 * missing**8)
    return image
