"""What happens to a picture at the end: weather, guidance and steps."""

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, curve

USUAL_GUIDANCE = 3.5
USUAL_STEPS = 50


def fall(canvas: Canvas, kind: str, color: Color) -> None:
    """Let rain or snow fall between the viewer and the scene."""
    chance = canvas.chance
    lean = chance.choice((-1, 1)) * chance.uniform(0.12, 0.3)

    def rain(pen: Pen) -> None:
        for _ in range(520):
            x, y, length = (
                chance.uniform(-0.2, 1.2),
                chance.uniform(-0.1, 1),
                chance.uniform(0.02, 0.07),
            )
            pen.line([(x, y), (x + lean * length, y + length)], 0.0009, chance.randint(30, 120))

    def snow(pen: Pen) -> None:
        for _ in range(420):
            size = 0.0008 + 0.0045 * chance.random() ** 4
            pen.ellipse((chance.random(), chance.random()), (size, size), chance.randint(110, 240))

    canvas.lay(color, canvas.draw(rain if kind == "rain" else snow, blur=0.0005))


def finish(canvas: Canvas, *, steps: int, guidance: float) -> Image.Image:
    """Grade the picture: light that spills, darker corners, and what the options ask for.

    More guidance is more color and contrast. Fewer steps leave the picture soft
    and full of the noise that it is made from.
    """
    image = canvas.image
    small = image.resize((canvas.side // 4, canvas.side // 4), Image.Resampling.BILINEAR)
    bright = small.point([max(0, level - 150) for level in range(256)] * 3)
    bloom = bright.filter(ImageFilter.GaussianBlur(canvas.side / 110)).resize(image.size)
    image = ImageChops.screen(image, bloom)
    corners = curve(Image.radial_gradient("L"), 0.5, 1.5).resize(image.size)
    image.paste((0, 0, 0), (0, 0, *image.size), corners)
    beyond = guidance - USUAL_GUIDANCE
    image = ImageEnhance.Color(image).enhance(min(1.8, max(0.45, 1.06 + 0.13 * beyond)))
    image = ImageEnhance.Contrast(image).enhance(min(1.5, max(0.7, 1.05 + 0.05 * beyond)))
    unfinished = max(0.0, 1 - steps / USUAL_STEPS)
    if not unfinished:
        return image.filter(ImageFilter.UnsharpMask(canvas.side / 700, 60, 2))
    image = image.filter(ImageFilter.GaussianBlur(unfinished**1.3 * canvas.side * 0.009))
    cells = max(8, canvas.side // 8)
    raw = Image.frombytes("RGB", (cells, cells), canvas.chance.randbytes(cells * cells * 3))
    noise = raw.resize(image.size, Image.Resampling.BICUBIC)
    return Image.blend(image, noise, min(0.9, 0.16 * unfinished**1.5 + 0.6 * unfinished**8))
