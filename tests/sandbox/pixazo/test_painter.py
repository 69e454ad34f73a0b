"""The painter: equal orders give equal pictures, and every option is visible."""

import io
import time
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from sandbox.pixazo.painter import paint
from sandbox.pixazo.painter.prompt import GROUNDS, MOODS, SUBJECTS, read_scene

STORM = "a lighthouse in a storm"


def picture(
    prompt: str = STORM, *, steps: int = 50, guidance: float = 3.5, index: int = 0, size: int = 64
) -> Image.Image:
    raw = paint(prompt, steps=steps, guidance=guidance, index=index, size=size)
    return Image.open(io.BytesIO(raw)).convert("RGB")


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two pictures, in levels of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def sharpness(image: Image.Image) -> float:
    edges = image.convert("L").filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    return ImageStat.Stat(edges).stddev[0]


def saturation(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("HSV")).mean[1]


def test_equal_orders_give_equal_bytes():
    order: dict[str, Any] = {"steps": 40, "guidance": 4.0, "index": 1, "size": 64}

    assert paint(STORM, **order) == paint(STORM, **order)


def test_another_prompt_is_another_picture():
    assert difference(picture(), picture("a lighthouse in the storm")) > 5
    assert difference(picture(), picture("a black cat")) > 20
    assert difference(picture("hope"), picture("justice")) > 5


def test_pictures_of_one_order_are_composed_differently():
    first, second, third = (picture(index=n) for n in range(3))

    assert difference(first, second) > 5
    assert difference(first, third) > 5
    assert difference(second, third) > 5


def test_more_steps_are_crisper():
    few, some, many = (sharpness(picture(steps=steps, size=256)) for steps in (20, 35, 50))

    assert few < some < many


def test_more_guidance_is_more_color():
    little, usual, much = (saturation(picture(guidance=value)) for value in (1.0, 3.5, 10.0))

    assert little < usual < much


@pytest.mark.parametrize(
    ("prompt", "ground", "subject"),
    [
        (STORM, "sea", "lighthouse"),
        ("A black CAT, sitting on a roof", "hills", "cat"),
        ("a fox in the forest", "forest", "fox"),
        ("castles in fog", "mountains", "castle"),
        ("Tokyo at night", "city", None),
        ("the category of categories", None, None),
    ],
)
def test_whole_words_choose_the_scene(prompt, ground, subject):
    scene = read_scene(prompt, Random(0))

    assert (scene.ground, scene.subject) == (ground, subject)


@pytest.mark.parametrize(
    "prompt",
    [
        *(words.split()[0] for names in (MOODS, GROUNDS, SUBJECTS) for words in names.values()),
        *("a cat in the forest", "justice", "", "日本"),
    ],
)
def test_anything_can_be_painted_at_any_size(prompt):
    size = 16 + len(prompt)
    assert picture(prompt, size=size).size == (size, size)


@pytest.mark.parametrize("steps", [1, 200])
@pytest.mark.parametrize("guidance", [0.0, 100.0])
def test_any_option_can_be_painted(steps, guidance):
    assert picture(steps=steps, guidance=guidance, size=32).size == (32, 32)


@pytest.mark.parametrize("prompt", [STORM, "hope"])
def test_a_full_picture_is_cheap_enough_for_a_chat(prompt):
    start = time.process_time()
    raw = paint(prompt, steps=50, guidance=3.5, index=0)

    assert time.process_time() - start < 5  # about half a second on an idle machine
    assert Image.open(io.BytesIO(raw)).size == (1024, 1024)
    assert len(raw) < 1_500_000
