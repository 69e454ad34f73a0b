"""The painter: equal orders give equal pictures, and every option can be seen."""

import io
import time

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from sandbox.pixazo.painter import paint
from sandbox.pixazo.painter.scene import GROUNDS, SUBJECTS, read

STORM = "a lighthouse in a storm"


def picture(
    prompt: str = STORM, *, steps: int = 50, guidance: float = 3.5, index: int = 0, size: int = 64
) -> Image.Image:
    raw = paint(prompt, steps=steps, guidance=guidance, index=index, size=size)
    return Image.open(io.BytesIO(raw)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how far two pictures lie apart on the average, in levels of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def sharpness(image: Image.Image) -> float:
    edges = image.convert("L").filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    return ImageStat.Stat(edges).stddev[0]


def saturation(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("HSV")).mean[1]


def test_equal_orders_give_equal_bytes():
    order = {"steps": 40, "guidance": 4.0, "index": 1, "size": 64}

    assert paint(STORM, **order) == paint(STORM, **order)


def test_another_prompt_is_another_picture():
    assert difference(picture(), picture("a lighthouse in the storm")) > 5
    assert difference(picture(), picture("a black cat")) > 20


def test_two_pictures_of_an_order_are_composed_differently():
    pictures = [picture(index=n) for n in range(3)]

    for n, one in enumerate(pictures):
        for other in pictures[n + 1 :]:
            assert difference(one, other) > 5


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
        ("A black CAT, sitting on a roof", None, "cat"),
        ("portrait of an old wizard", None, "portrait"),
        ("a fox in the forest", "forest", None),
        ("Tokyo at night", "city", None),
        ("a nebula", "space", None),
        ("ships in a tempest", "sea", "boat"),
        ("the category of categories", None, None),
    ],
)
def test_whole_words_choose_the_scene(prompt, ground, subject):
    scene = read(prompt)

    assert (scene.ground, scene.subject) == (ground, subject)


@pytest.mark.parametrize(
    "prompt",
    [
        *(names.split()[0] for _, names in (*GROUNDS, *SUBJECTS)),
        *("aurora", "snow", "rain in the city", "a cat in the forest", "justice", "", "日本"),
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

    assert time.process_time() - start < 5  # about one, on a machine that has nothing else to do
    assert Image.open(io.BytesIO(raw)).size == (1024, 1024)
    assert len(raw) < 1_500_000
