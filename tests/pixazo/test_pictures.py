"""What a file really is, told from its bytes, and what is made of one that is too large."""

import io
import random
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.pixazo import pictures, shrinking
from bot.pixazo.picture_structure import Facts, StructureCheck
from bot.service.port_errors import PictureUnusable
from sandbox.pixazo.troubles import damaged

KINDS = ("PNG", "JPEG", "WEBP", "GIF")


def noise(width, height, mode="RGB"):
    """Return a picture that no compression makes small."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(
        mode, (width, height), random.Random(7).randbytes(width * height * bands)
    )


def saved(path, picture, kind, **options):
    picture.save(path, kind, **options)
    return path


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def check(content, *, block=10**9):
    """Return what *content* is; it comes in blocks of so many bytes."""
    checking = StructureCheck()
    for begin in range(0, len(content), block):
        checking.add(content[begin : begin + block])
    return checking.facts()


def is_sound(content):
    try:
        check(content)
    except PictureUnusable:
        return False
    return True


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def without(png, kind, *instead):
    """Return *png* with other chunks instead of the only one of a *kind*."""
    begin = png.index(kind) - 4
    (length,) = struct.unpack_from(">I", png, begin)
    return png[:begin] + b"".join(instead) + png[begin + 12 + length :]


def in_chunks(png, *, of):
    """Return *png* with its data in chunks of so few bytes."""
    data = png[png.index(b"IDAT") + 4 : -16]
    parts = (data[at : at + of] for at in range(0, len(data), of))
    return without(png, b"IDAT", *(chunk(b"IDAT", part) for part in parts))


def texts():
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a lighthouse")
    info.add_itxt("more", "storm", zip=True)
    return info


def a_bomb(width, height):
    """Return a PNG of a few bytes that claims to be enormous."""
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

    assert pictures.inspect(path) == Facts(extension=extension, width=40, height=30)


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


MOVING = {"save_all": True, "append_images": [noise(64, 64).rotate(90)], "duration": 90}
WHOLE = {
    "png": encoded(noise(64, 64), "PNG"),
    "png of few colours": encoded(noise(64, 64).convert("P"), "PNG"),
    "png with texts": encoded(noise(64, 64), "PNG", pnginfo=texts(), icc_profile=b"a profile"),
    "png in thousands of chunks": in_chunks(encoded(noise(64, 64), "PNG"), of=16),
    "png that moves": encoded(noise(64, 64), "PNG", **MOVING),
    "jpg": encoded(noise(64, 64), "JPEG"),
    "jpg in grey": encoded(noise(64, 64, "L"), "JPEG", comment="a comment"),
    "jpg that sharpens": encoded(noise(64, 64), "JPEG", progressive=True),
    "jpg with restarts": encoded(noise(64, 64), "JPEG", restart_marker_rows=1),
    "jpg with another inside": encoded(noise(64, 64), "JPEG", exif=encoded(noise(8, 8), "JPEG")),
    "webp": encoded(noise(64, 64), "WEBP"),
    "webp without loss": encoded(noise(64, 64), "WEBP", lossless=True),
    "webp with more": encoded(noise(64, 64, "RGBA"), "WEBP", exif=b"Exif\x00\x00odd", xmp=b"odd"),
    "webp that moves": encoded(noise(64, 64), "WEBP", **MOVING),
    "gif": encoded(noise(64, 64), "GIF"),
    "gif that moves": encoded(noise(64, 64), "GIF", comment=b"x" * 700, **MOVING),
}


@pytest.fixture(params=WHOLE)
def whole(request):
    content = WHOLE[request.param]
    extension, _, _ = request.param.partition(" ")
    assert check(content) == Facts(extension=extension, width=64, height=64)
    return content


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_a_picture_is_the_same_in_whatever_blocks_it_comes(whole, block):
    assert check(whole, block=block) == check(whole)


def test_a_picture_that_breaks_off_is_refused(whole):
    """Its header is sound, and nothing is decoded: only its structure tells."""
    lengths = {*random.Random(7).sample(range(len(whole)), 200), 0, 1, len(whole) - 1}

    assert not [length for length in lengths if is_sound(whole[:length])]
    assert is_sound(whole + b"\x00 what follows the end is no part of it")


@pytest.mark.parametrize("name", [name for name in WHOLE if name.startswith("png")])
def test_each_damaged_byte_of_a_png_is_found(name):
    whole = WHOLE[name]
    ends = {*range(100), *range(len(whole) - 100, len(whole))}
    places = ends.union(random.Random(7).sample(range(len(whole)), 300))

    missed = [place for place in places if is_sound(damaged(whole, place, 0xFF))]
    assert not missed + [place for place in ends if is_sound(damaged(whole, place, 0x20))]


def resized(content, at, form, *values):
    """Return *content* with other figures at a place of it, a marker or an offset."""
    changed, at = bytearray(content), at if isinstance(at, int) else content.index(at) + len(at)
    struct.pack_into(form, changed, at, *values)
    return bytes(changed)


FRAME = b"\xff\xc0\x00\x11\x08"  # a JPEG's
BOX = b"\x2c\x00\x00\x00\x00"  # a GIF's
KEY = b"\x9d\x01\x2a"  # WebP's
BROKEN = {
    "png: header twice": WHOLE["png"][:33] + WHOLE["png"][8:],
    "png: no header": without(WHOLE["png"], b"IHDR"),
    "png: no data": WHOLE["png"][:33] + chunk(b"IEND", b""),
    "png: too little data": a_bomb(4_000, 4_000),
    "png: no palette": without(WHOLE["png of few colours"], b"PLTE"),
    "png: a long chunk": resized(WHOLE["png"], 33, ">I", 2**32 - 1),
    "png: endless": WHOLE["png"][:33] + chunk(b"IDAT", b"") * 100_001 + WHOLE["png"][33:],
    "jpg: no frame": WHOLE["jpg"].replace(b"\xff\xc0", b"\xff\xe0"),
    "jpg: two frames": WHOLE["jpg"].replace(
        FRAME, FRAME + b"\x00\x40\x00\x40\x03" + bytes(9) + FRAME
    ),
    "jpg: no tables": WHOLE["jpg"].replace(b"\xff\xdb", b"\xff\xe0"),
    "jpg: no scan": WHOLE["jpg"].partition(b"\xff\xda")[0] + b"\xff\xd9",
    "jpg: no length": WHOLE["jpg"][:2] + b"\xff\xd8" + WHOLE["jpg"][2:],
    "jpg: a short segment": WHOLE["jpg"][:2] + b"\xff\xe0\x00\x01" + WHOLE["jpg"][2:],
    "jpg: lossless": WHOLE["jpg"].replace(b"\xff\xc0", b"\xff\xc3"),
    "jpg: twelve bits": WHOLE["jpg"].replace(FRAME, FRAME[:-1] + b"\x0c"),
    "jpg: no height": resized(WHOLE["jpg"], FRAME, ">H", 0),
    "jpg: a bomb": resized(WHOLE["jpg"], FRAME, ">HH", 65_535, 65_535),
    "gif: no image": WHOLE["gif"].partition(BOX)[0] + b";",
    "gif: another block": WHOLE["gif"].replace(BOX, b"\x00" + BOX),
    "gif: no data": WHOLE["gif"].partition(BOX)[0] + BOX + bytes([64, 0, 64, 0, 0, 8, 0]) + b";",
    "gif: long codes": resized(WHOLE["gif"], BOX, "<HHBB", 64, 64, 0, 99),
    "gif: a bomb": resized(WHOLE["gif"], 6, "<HH", 65_535, 65_535),
    "gif: a bomb inside": resized(WHOLE["gif"], BOX, "<HH", 65_535, 65_535),
    "webp: longer than said": resized(WHOLE["webp"], 4, "<I", len(WHOLE["webp"]) - 100),
    "webp: no key": WHOLE["webp"].replace(KEY, b"\x9d\x01\x2b"),
    "webp: a bomb": resized(WHOLE["webp"], KEY, "<HH", 16_383, 16_383),
    "webp: a bomb without loss": resized(WHOLE["webp without loss"], 21, "<I", 2**28 - 1),
    "webp: a bomb of a canvas": resized(WHOLE["webp with more"], 24, "<I", 2**32 - 1),
    "webp: another canvas": resized(WHOLE["webp with more"], 24, "<I", 64),
    "webp: no picture": WHOLE["webp with more"].replace(b"VP8 ", b"VP9 ").replace(b"VP8L", b"VP9L"),
    "webp: frames without pictures": WHOLE["webp that moves"].replace(b"VP8 ", b"VP9 "),
    "webp: a frame of another size": resized(WHOLE["webp that moves"], b"ANMF", "<I", 32),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_structure_is_found_in_every_type(name):
    assert BROKEN[name] not in WHOLE.values()
    assert not is_sound(BROKEN[name])


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

    assert facts == Facts(extension="png", width=64, height=64)
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

    assert pictures.inspect(path) == Facts(extension="jpg", width=40, height=30)


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

    shrinking.shrink(path, 20_000, to=tmp_path / "small")

    with Image.open(tmp_path / "small") as shrunk:
        assert shrunk.convert("RGB").getpixel((64, 64)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_a_thumbnail_is_a_small_jpeg_of_the_whole_picture(tmp_path, mode):
    path = saved(tmp_path / "1", noise(900, 300).convert(mode), "PNG")

    with Image.open(io.BytesIO(pictures.thumbnail(path, 300))) as small:
        assert (small.format, small.size) == ("JPEG", (300, 100))


def test_there_is_no_thumbnail_of_a_broken_picture(tmp_path):
    path = tmp_path / "1"
    path.write_bytes(encoded(noise(64, 64), "PNG")[:-2000])

    with pytest.raises(PictureUnusable):
        pictures.thumbnail(path, 32)


def test_a_limit_that_nothing_fits_is_said_so(tmp_path):
    path = saved(tmp_path / "output", noise(64, 64), "PNG")

    with pytest.raises(PictureUnusable):
        pictures.fit(path, 100)


@settings(max_examples=100)
@given(st.data())
def test_damaged_pictures_are_pictures_or_none(data):
    """What is tripped over becomes one clear no, never an error that nobody expects."""
    content = bytearray(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    is_sound(bytes(content))


def test_what_cannot_be_decoded_is_not_made_smaller(tmp_path):
    """Decoding it tells what the structure of a type without checksums can't."""
    path = tmp_path / "output"
    path.write_bytes(b"".join((WHOLE["png"][:33], chunk(b"IDAT", b"x" * 99), WHOLE["png"][-12:])))

    pictures.inspect(path)
    with pytest.raises(PictureUnusable):
        pictures.fit(path, 100)
