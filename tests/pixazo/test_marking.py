"""Pictures say in a machine-readable way that they are generated, and stay the same pictures."""

import contextlib
import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.pixazo import marking, pictures, xmp
from bot.pixazo.marking import NotMarked
from bot.pixazo.xmp import Mark
from bot.service.port_errors import PictureUnusable
from tests.content_credentials import CAPTURED, GENERATED, signed, validity
from tests.pixazo.test_pictures import BROKEN, WHOLE, check, chunk, encoded, noise

MARK = Mark(software='Imagine 1 <&">', model="AuraFlow v0.3", order="0123abcd")
MIME = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
MARKABLE = [name for name in WHOLE if not name.startswith("gif")]
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
EXPECTED = {
    f"{IPTC}DigitalSourceType": GENERATED,
    f"{IPTC}AISystemUsed": MARK.model,
    "{http://ns.adobe.com/xap/1.0/}CreatorTool": MARK.software,
    "{http://ns.adobe.com/photoshop/1.0/}TransmissionReference": MARK.order,
}
THEIRS = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<!-- theirs --><r:Description r:about="" dc:format="image/x"{attributes}>
<dc:title><r:Alt><r:li xml:lang="x-default">A b\u00f6at</r:li></r:Alt></dc:title>{elements}
</r:Description></r:RDF></x:xmpmeta>"""


def theirs(attributes="", elements=""):
    return THEIRS.format(attributes=attributes, elements=elements).encode()


def marked(content, tmp_path, mark=MARK, block=10**9):
    """Return the picture as it is delivered after its download."""
    part = pictures.PartFile(tmp_path / "1", None, mark)
    for begin in range(0, len(content), block):
        part.write(content[begin : begin + block])
    part.finish(b"")
    result = (tmp_path / "1").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert part.size == len(result)
    return result


def packets(content):
    """Return the XMP of a picture, as Pillow reads it, or nothing."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    if packet is None:
        return {}
    packet = packet.encode() if isinstance(packet, str) else packet
    return properties(packet)


def properties(packet):
    found: dict[str, str] = {}
    for element in ET.fromstring(packet.rstrip(b"\0")).iter():
        if element.tag.endswith("}Description"):
            assert not found.keys() & element.attrib.keys() - {next(iter(element.attrib))}
            found |= element.attrib
            found |= {child.tag: "".join(child.itertext()) for child in element}
    return {name: text for name, text in found.items() if not name.endswith("}about")}


def pixels(content):
    with Image.open(io.BytesIO(content)) as picture:
        frames = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frames.append((picture.mode, picture.size, picture.tobytes()))
        return frames


def parts(content):
    """Return the chunks or segments of a picture but those of XMP."""
    if content.startswith(b"\x89PNG"):
        head, at, found = 8, 8, []
        while at < len(content):
            length = struct.unpack_from(">I", content, at)[0] + 12
            found.append(content[at : at + length])
            at += length
        return content[:head], [part for part in found if b"XML:com.adobe.xmp" not in part]
    if content.startswith(b"RIFF"):
        at, found = 12, []
        while at < len(content):
            length = 8 + (struct.unpack_from("<I", content, at + 4)[0] + 1) // 2 * 2
            found.append(content[at : at + length])
            at += length
        assert at == len(content) == struct.unpack_from("<I", content, 4)[0] + 8
        return [part for part in found if part[:4] not in {b"XMP ", b"VP8X"}]
    at, found = 2, []
    while content[at + 1] != 0xDA:
        length = 2 + struct.unpack_from(">H", content, at + 2)[0]
        found.append(content[at : at + length])
        at += length
    return [part for part in found if not part[4:].startswith(b"http://ns.adobe.com/xap/")], (
        content[at:]
    )


@pytest.mark.parametrize("name", MARKABLE)
def test_a_marked_picture_says_that_it_is_generated_and_has_the_same_pixels(tmp_path, name):
    whole = WHOLE[name]

    result = marked(whole, tmp_path)

    assert packets(result).items() >= EXPECTED.items()
    assert len(result) - len(whole) < 2000
    assert pixels(result) == pixels(whole)
    assert parts(result) == parts(whole)
    assert check(result) == check(whole)


@pytest.mark.parametrize("block", [1, 20, 33, 34])
@pytest.mark.parametrize("name", ["png", "jpg", "webp"])
def test_a_picture_is_marked_in_whatever_blocks_it_comes(tmp_path, name, block):
    assert marked(WHOLE[name], tmp_path, block=block) == marked(WHOLE[name], tmp_path)


@pytest.mark.parametrize("name", MARKABLE)
def test_a_second_mark_changes_nothing(tmp_path, name):
    once = marked(WHOLE[name], tmp_path)

    assert marked(once, tmp_path) == once


@pytest.mark.parametrize("name", [name for name in WHOLE if name.startswith("gif")])
def test_a_gif_is_left_as_it_is(tmp_path, name):
    assert marked(WHOLE[name], tmp_path) == WHOLE[name]


def test_a_webp_says_still_whether_it_is_transparent(tmp_path):
    clear = encoded(noise(64, 64, "RGBA"), "WEBP", lossless=True)
    assert clear[12:16] == b"VP8L"

    assert pixels(marked(clear, tmp_path)) == pixels(clear)


def test_a_webp_without_its_last_padding_gets_it(tmp_path):
    padded = encoded(noise(64, 64), "WEBP", exif=b"Exif\x00\x00odd")
    unpadded = padded[:4] + struct.pack("<I", len(padded) - 9) + padded[8:-1]

    assert marked(unpadded, tmp_path) == marked(padded, tmp_path)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
@pytest.mark.parametrize("name", MARKABLE)
def test_exiftool_reads_the_mark_and_has_no_complaint(tmp_path, name):
    marked(WHOLE[name], tmp_path)

    asked = ["exiftool", "-json", "-n", "-validate", "-warning", "-XMP:all", str(tmp_path / "1")]
    (said,) = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)

    assert said["DigitalSourceType"] == GENERATED
    assert (said["CreatorTool"], said["AISystemUsed"]) == (MARK.software, MARK.model)
    assert said["TransmissionReference"] == MARK.order
    assert "XMP" not in said.get("Warning", "")


def with_xmp(extension, packet):
    """Return a picture that has XMP already."""
    kind = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "packed png": "PNG"}[extension]
    if kind != "PNG":
        return encoded(noise(64, 64), kind, xmp=packet)
    info = PngImagePlugin.PngInfo()
    packed = extension == "packed png"
    info.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=packed)
    return encoded(noise(64, 64), "PNG", pnginfo=info)


@pytest.mark.parametrize("extension", ["png", "packed png", "jpg", "webp"])
def test_xmp_that_is_there_keeps_its_properties(tmp_path, extension):
    whole = with_xmp(extension, theirs(' dc:source="kept"'))

    result = marked(whole, tmp_path)

    assert packets(result) == packets(whole) | EXPECTED
    assert pixels(result) == pixels(whole)
    assert result.count(b"AISystemUsed") == 1
    assert marked(result, tmp_path) == result


OTHER_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
FORMS = {
    "attribute": lambda uri: theirs(f" I:DigitalSourceType='{uri}' dc:rights=\"a>b\""),
    "element": lambda uri: theirs(elements=f"<I:DigitalSourceType>{uri}</I:DigitalSourceType>\n"),
    "resource": lambda uri: theirs(elements=f'<I:DigitalSourceType r:resource="{uri}"/>'),
    "both": lambda uri: theirs(
        f' I:DigitalSourceType="{uri}"', f"<I:DigitalSourceType>{uri}</I:DigitalSourceType>"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_only_a_source_type_that_hides_the_generator_is_replaced(form):
    honest, other = FORMS[form](OTHER_AI), FORMS[form](CAPTURED)

    assert OTHER_AI.encode() in xmp.marked(honest, MARK)
    assert GENERATED.encode() not in xmp.marked(honest, MARK)
    changed = xmp.marked(other, MARK)
    assert CAPTURED.encode() not in changed
    expected = {name: text for name, text in properties(other).items() if "Source" not in name}
    assert properties(changed) == expected | EXPECTED


UNREADABLE = {
    "no XML": b"odd",
    "not closed": theirs()[:-20],
    "no properties": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    "an empty list": b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
    "a bomb": b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + theirs(elements="&a;"),
    "UTF-16": theirs().decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_xmp_that_nobody_can_read_is_replaced(name):
    assert properties(xmp.marked(UNREADABLE[name], MARK)) == EXPECTED


def test_what_a_maker_says_stays(tmp_path):
    """Every property of ours that is there already is the maker's word."""
    own = ' xmlns:a="http://ns.adobe.com/xap/1.0/" a:CreatorTool="theirs"'

    result = properties(xmp.marked(theirs(own), MARK))

    assert result["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == "theirs"
    assert result[f"{IPTC}DigitalSourceType"] == GENERATED


@pytest.mark.parametrize("extension", MIME)
def test_a_manifest_stays_valid(tmp_path, extension):
    """It signs each byte of the file: any mark would break it, and it is one."""
    whole = signed(WHOLE[extension], MIME[extension])
    assert not validity(whole, MIME[extension])

    assert marked(whole, tmp_path) == whole


@pytest.mark.parametrize("extension", MIME)
def test_the_operator_is_told_of_a_manifest_that_hides_the_generator(tmp_path, caplog, extension):
    whole = signed(WHOLE[extension], MIME[extension], source_type=CAPTURED)

    assert marked(whole, tmp_path) == whole
    assert "picture not marked" in caplog.text


@pytest.mark.parametrize("extension", ["png", "jpg", "webp"])
def test_a_manifest_somewhere_else_stays_valid_too(tmp_path, extension):
    whole = with_xmp(
        extension,
        theirs(f' dcterms:provenance="https://a.example/1" I:DigitalSourceType="{GENERATED}"'),
    )

    assert marked(whole, tmp_path) == whole


@pytest.mark.parametrize("extension", MIME)
def test_marks_are_in_the_smaller_picture_too(tmp_path, extension):
    """The manifest's word stays, though its hash fits the bytes no more."""
    large = encoded(noise(600, 600), {"jpg": "JPEG"}.get(extension, extension), quality=100)
    whole = signed(large, MIME[extension])
    path = tmp_path / "1"
    path.write_bytes(whole)

    small, facts = pictures.fit(path, 100_000, MARK)

    content = small.read_bytes()
    assert (facts.extension, len(content) <= 100_000) == ("jpg", True)
    assert packets(content) == EXPECTED
    assert validity(content, "image/jpeg") == {"assertion.dataHash.mismatch"}
    assert path.read_bytes() == whole


@pytest.mark.parametrize("extension", ["png", "jpg", "webp"])
@pytest.mark.parametrize("mark", [MARK, None])
def test_xmp_is_in_the_smaller_picture_too(tmp_path, extension, mark):
    path = tmp_path / "1"
    path.write_bytes(with_xmp(extension, theirs()))

    small, _ = pictures.fit(path, path.stat().st_size - 1, mark)

    expected = EXPECTED if mark else {}
    assert packets(small.read_bytes()) == packets(path.read_bytes()) | expected


def test_a_thumbnail_says_what_its_picture_says(tmp_path):
    marked(WHOLE["png"], tmp_path)

    assert packets(pictures.thumbnail(tmp_path / "1", 32)) == EXPECTED


def test_what_is_too_long_is_not_kept_in_a_smaller_picture(tmp_path):
    path = tmp_path / "1"
    path.write_bytes(with_xmp("png", theirs(f' dc:source="{"x" * 70_000}"')))

    small, _ = pictures.fit(path, 6_000, MARK)

    assert packets(small.read_bytes()) == EXPECTED


def test_odd_pictures_are_delivered_unmarked(tmp_path, caplog):
    """They are paid for."""
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 3_000_000)
    bomb = WHOLE["png"][:33] + chunk(b"iTXt", packed) + WHOLE["png"][33:]
    full = encoded(noise(64, 64), "JPEG", xmp=theirs(f' dc:source="{"x" * 64_800}"'))
    short = WHOLE["png"][:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0") + WHOLE["png"][33:]

    for odd in (bomb, full, short):
        caplog.clear()
        assert marked(odd, tmp_path) == odd
        assert re.search(r"picture not marked: job=\S+ number=1", caplog.text)


def test_a_full_disk_costs_the_mark_only(tmp_path, monkeypatch, caplog):
    def full(path, to, mark, **_):
        to.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(marking, "mark", full)

    assert marked(WHOLE["jpg"], tmp_path) == WHOLE["jpg"]
    assert "No space left" in caplog.text


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_pictures_are_marked_or_not(tmp_path_factory, data):
    """Never does an error come that nobody expects, nor a file that is broken by the mark."""
    name = data.draw(st.sampled_from([*MARKABLE, *(n for n in BROKEN if not n.startswith("gif"))]))
    content = bytearray(WHOLE.get(name) or BROKEN[name])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("odd")
    part = pictures.PartFile(folder / "1", None, MARK)

    try:
        facts = part.finish(bytes(content))
    except PictureUnusable:
        (folder / "1").write_bytes(content)
        with contextlib.suppress(NotMarked):
            marking.mark(folder / "1", folder / "2", MARK)
        with contextlib.suppress(NotMarked):
            marking.jpeg_segments(folder / "1", MARK, most=1000)
    else:
        assert check((folder / "1").read_bytes()) == facts
