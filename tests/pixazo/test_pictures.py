"""What a file really is, told from its bytes."""

import random
import struct
import tracemalloc
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.pixazo import pictures
from bot.service.port_errors import PictureUnusable


def noise(width, height, mode="RGB"):
    """Return a picture that no compression makes small."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(
        mode, (width, height), random.Random(7).randbytes(width * height * bands)
    )


def saved(path, picture, kind, **options):
    picture.save(path, kind, **options)
    return path


def a_bomb(width, height):
    """Return a PNG of a few bytes that claims to be enormous."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")]
)
@pytest.mark.parametrize("name", ["output.ext", "output.png", "output.exe", "1"])
def test_the_bytes_say_what_a_picture_is_whatever_its_name(tmp_path, kind, extension, name):
    path = saved(tmp_path / name, Image.new("RGB", (40, 30), "teal"), kind)

    assert pictures.inspect(path) == pictures.Facts(extension=extension, width=40, height=30)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM"])
def test_other_kinds_of_pictures_are_none_for_discord(tmp_path, kind):
    path = saved(tmp_path / "output.png", Image.new("RGB", (16, 16)), kind)

    with pytest.raises(PictureUnusable):
        pictures.inspect(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF"],
)
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "output.png"
    path.write_bytes(content)

    with pytest.raises(PictureUnusable):
        pictures.inspect(path)


@pytest.mark.parametrize(
    ("kind", "frames"),
    [("PNG", 1), ("JPEG", 1), ("WEBP", 1), ("GIF", 1), ("PNG", 2), ("WEBP", 2), ("GIF", 2)],
)
def test_a_picture_that_breaks_off_is_refused(tmp_path, kind, frames):
    """Its header is sound, so only decoding it whole tells."""
    moving = {"save_all": True, "append_images": [noise(64, 64)]} if frames > 1 else {}
    path = saved(tmp_path / "output", noise(64, 64), kind, **moving)
    whole = path.read_bytes()
    pictures.inspect(path)

    for length in (len(whole) // 3, len(whole) // 2, len(whole) * 3 // 4, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(PictureUnusable):
            pictures.inspect(path)


def test_long_texts_in_a_png_are_not_unpacked(tmp_path):
    """Pillow refuses them, and unpacked they may fill the memory; the picture is sound."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "x" * 2_000_000, zip=True)
    texts.add_itxt("bomb", "x" * 80_000_000, zip=True)
    path = saved(tmp_path / "output", noise(64, 64), "PNG", pnginfo=texts)
    before = path.read_bytes()

    tracemalloc.start()
    facts = pictures.inspect(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert facts == pictures.Facts(extension="png", width=64, height=64)
    assert peak < 4_000_000
    assert path.read_bytes() == before
    assert pictures.fit(path, 9_000)[1].extension == "jpg"


@pytest.mark.parametrize("side", [5_000, 12_000, 20_000, 2_000_000_000])
def test_a_bomb_is_refused_by_its_header(tmp_path, side):
    path = tmp_path / "output.png"
    path.write_bytes(a_bomb(side, side))
    assert path.stat().st_size < 200

    with pytest.raises(PictureUnusable):
        pictures.inspect(path)


def test_a_jpeg_of_several_pictures_is_a_jpeg(tmp_path):
    """Pillow takes such a file for a kind of its own; to Discord it is a JPEG."""
    first, second = Image.new("RGB", (40, 30), "teal"), Image.new("RGB", (40, 30), "gold")
    path = saved(tmp_path / "output", first, "MPO", save_all=True, append_images=[second])

    assert pictures.inspect(path) == pictures.Facts(extension="jpg", width=40, height=30)


def test_a_picture_that_fits_is_left_as_it_is(tmp_path):
    path = saved(tmp_path / "output", noise(32, 32), "PNG")
    before = path.read_bytes()

    fitting, facts = pictures.fit(path, len(before))

    assert (fitting, facts.extension) == (path, "png")
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "I;16", "CMYK"])
def test_a_picture_that_is_too_large_is_made_to_fit(tmp_path, mode):
    picture = noise(256, 256, mode) if mode in {"RGB", "RGBA", "L", "LA", "CMYK"} else None
    if mode == "P":
        picture = noise(256, 256).convert("P")
    if mode == "I;16":
        picture = Image.frombytes("I;16", (256, 256), random.Random(7).randbytes(256 * 256 * 2))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    path = saved(tmp_path / "output", picture, kind)
    limit = 9_000

    before = path.read_bytes()

    fitting, facts = pictures.fit(path, limit)

    assert fitting.stat().st_size <= limit
    assert pictures.inspect(fitting) == facts
    assert facts.extension == "jpg"
    assert path.read_bytes() == before  # after a crash it is all there is to go by


def test_what_is_transparent_becomes_white(tmp_path):
    """A JPEG has no transparency: black, its usual stand-in, would spoil the picture."""
    picture = noise(128, 128, "RGBA")
    picture.putalpha(0)
    path = saved(tmp_path / "output", picture, "PNG")

    pictures.shrink(path, 20_000, to=tmp_path / "small")

    with Image.open(tmp_path / "small") as shrunk:
        assert shrunk.convert("RGB").getpixel((64, 64)) == (255, 255, 255)


def test_a_limit_that_nothing_fits_is_said_so(tmp_path):
    path = saved(tmp_path / "output", noise(64, 64), "PNG")

    with pytest.raises(PictureUnusable):
        pictures.fit(path, 100)


@settings(max_examples=40)
@given(st.data())
def test_damaged_pictures_are_pictures_or_none(tmp_path_factory, data):
    """Whatever Pillow trips over becomes one clear no, never an error that nobody expects."""
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
    path = saved(tmp_path_factory.getbasetemp() / "damaged", noise(24, 24).convert("RGB"), kind)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow grumbles about metadata
        try:
            facts = pictures.inspect(path)
        except PictureUnusable:
            return

    assert facts.extension in {"png", "jpg", "webp", "gif"}
