"""Pictures are signed with C2PA if the operator wishes, and delivered whatever comes of it."""

import asyncio
import json
import shutil
import subprocess
import sys

import c2pa
import pytest
from aiohttp import web
from PIL import Image

from bot import preflight
from bot.domain.order import MODEL
from bot.pixazo import signing
from bot.pixazo.media import MediaDownloader
from bot.pixazo.signing import Credentials, PictureFile, PictureSigner
from bot.settings import Settings
from tests.content_credentials import GENERATED, credentials, manifests, signed, validity
from tests.pixazo.test_client import serving
from tests.pixazo.test_marking import EXPECTED, MIME, packets, pixels, theirs, with_xmp
from tests.pixazo.test_pictures import WHOLE, encoded, noise

LIMIT = 10 * 1024 * 1024
CREATED = {
    "action": "c2pa.created",
    "digitalSourceType": GENERATED,
    "softwareAgent": {"name": MODEL},
}


@pytest.fixture
def files(tmp_path):
    """The operator's certificate and key."""
    certificate, key = credentials()
    files = Credentials(certificate=tmp_path / "chain.pem", key=tmp_path / "key.pem")
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(key)
    return files


@pytest.fixture
def reports():
    """What the signer told of each picture: an error's text, or nothing."""
    return []


@pytest.fixture
def sign(files, reports):
    return signer(files, reports).signed


def signer(files, reports):
    made = PictureSigner(files, software="Imagine 7")
    made.report = lambda error: reports.append(error and str(error))
    return made


@pytest.fixture
def picture(tmp_path):
    """Put a picture on disk."""

    def put(content, extension="png", name="1"):
        path = tmp_path / "order" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return PictureFile(path=path, extension=extension)

    return put


def said(path, extension):
    """Return the generator and the actions of a valid manifest."""
    content = path.read_bytes()
    assert not validity(content, MIME[extension])
    known, (*_, active) = manifests(content, MIME[extension])
    assert known["validation_state"] == "Valid"
    (generator,) = active["claim_generator_info"]
    (actions,) = [a["data"]["actions"] for a in active["assertions"] if "actions" in a["label"]]
    return (generator["name"], generator["version"]), actions


@pytest.mark.parametrize("extension", MIME)
async def test_a_signed_picture_says_how_it_was_made(picture, sign, reports, extension):
    file = picture(with_xmp(extension, theirs()), extension)

    path = await sign(file, original=file, limit=LIMIT)

    assert said(path, extension) == (("Imagine", "7"), [CREATED])
    before, after = file.path.read_bytes(), path.read_bytes()
    assert pixels(after) == pixels(before)
    assert packets(after) == packets(before) != {}
    assert len(after) - len(before) < 10_000
    assert {entry.name for entry in path.parent.iterdir()} == {"1", path.name}
    assert reports == [None]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
async def test_exiftool_reads_the_manifest(picture, sign):
    file = picture(WHOLE["jpg"], "jpg")
    path = await sign(file, original=file, limit=LIMIT)

    asked = ["exiftool", "-json", "-G3", "-JUMBF:all", str(path)]
    ended = await asyncio.to_thread(subprocess.run, asked, capture_output=True, check=True)
    (read,) = json.loads(ended.stdout)

    assert GENERATED in json.dumps(read)


@pytest.mark.parametrize("extension", MIME)
async def test_a_manifest_of_the_maker_is_left_as_it_is(picture, sign, reports, extension):
    whole = signed(WHOLE[extension], MIME[extension])
    file = picture(whole, extension)

    assert await sign(file, original=file, limit=LIMIT) == file.path
    assert file.path.read_bytes() == whole
    assert reports == []


async def test_a_manifest_elsewhere_and_a_gif_are_left_alone(picture, sign, reports):
    named = with_xmp("png", theirs(' dcterms:provenance="https://a.example/1"'))
    for file in (picture(named, name="1"), picture(WHOLE["gif"], "gif", name="2")):
        assert await sign(file, original=file, limit=LIMIT) == file.path
    assert reports == []


@pytest.mark.parametrize("manifest", [True, False])
async def test_a_picture_made_smaller_is_signed_after(files, picture, reports, manifest):
    """The manifest of what it was made of is an ingredient, and as valid as it was."""
    large = encoded(noise(600, 600), "PNG")
    file = picture(signed(large, MIME["png"]) if manifest else large)
    async with MediaDownloader.open(
        (), software="Imagine 7", signer=signer(files, reports)
    ) as media:
        small = await media.load(file.path, order="0123abcd", limit=200_000)

    assert small is not None
    assert (small.extension, small.shrunk, reports) == ("jpg", True, [None])
    content = small.path.read_bytes()
    assert len(content) <= 200_000
    assert packets(content).keys() == EXPECTED.keys()
    _, actions = said(small.path, "jpg")
    if manifest:
        assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.transcoded"]
        _, (theirs, ours) = manifests(content, MIME["jpg"])
        assert theirs["claim_generator_info"][0]["name"] == "a generator"
        assert ours["ingredients"][0]["relationship"] == "parentOf"
    else:
        assert actions == [CREATED]


async def test_a_signed_copy_is_delivered(files, picture, reports):
    """What was downloaded stays as it is, beside it."""
    file = picture(WHOLE["png"])
    async with MediaDownloader.open((), signer=signer(files, reports)) as media:
        first = await media.load(file.path, order="an-order", limit=LIMIT)
        again = await media.load(file.path, order="an-order", limit=LIMIT)

    assert first is not None
    assert first == again
    assert (first.path.name, first.shrunk, first.extension) == ("1.signed", False, "png")
    assert file.path.read_bytes() == WHOLE["png"]
    with Image.open(first.path) as opened:
        assert opened.size == (first.width, first.height)


def break_certificate(files):
    files.certificate.write_bytes(b"odd")


def break_key(files):
    files.key.write_bytes(b"odd")


def take_another_key(files):
    files.key.write_bytes(credentials(ends_in=2)[1])


def expire(files):
    certificate, key = credentials(ends_in=-1)
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(key)


def remove_key(files):
    files.key.unlink()


BROKEN = {
    break_certificate: "does not contain signing certificate",
    break_key: "private key",
    take_another_key: "does not match",
    expire: "not valid at time",
    remove_key: "C2PA_KEY can't be read",
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
async def test_what_is_wrong_with_the_certificate_costs_the_signature_only(
    files, picture, sign, reports, caplog, breaks
):
    file, good = picture(WHOLE["png"]), (files.certificate.read_bytes(), files.key.read_bytes())
    breaks(files)

    assert await sign(file, original=file, limit=LIMIT) == file.path
    (error,) = reports
    assert BROKEN[breaks] in error
    assert f"picture not signed: job=order number=1 error={error}" in caplog.text
    assert [entry.name for entry in file.path.parent.iterdir()] == ["1"]
    with pytest.raises(signing.NotSigned, match=BROKEN[breaks]):
        signing.check(files)

    # Files that fit are used without a restart.
    files.certificate.write_bytes(good[0])
    files.key.write_bytes(good[1])
    assert await sign(file, original=file, limit=LIMIT) != file.path
    assert reports[1:] == [None]


async def test_a_library_that_is_not_installed_costs_the_signature_only(
    picture, sign, reports, monkeypatch
):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    file = picture(WHOLE["png"])

    assert await sign(file, original=file, limit=LIMIT) == file.path
    assert reports == ["c2pa-python is not installed: imagine-bot[c2pa]"]


async def test_a_library_that_fails_oddly_costs_the_signature_only(
    picture, sign, reports, monkeypatch
):
    def fail(*_):
        raise AttributeError("no such symbol")

    monkeypatch.setattr(c2pa.Builder, "sign", fail)
    file = picture(WHOLE["png"])

    assert await sign(file, original=file, limit=LIMIT) == file.path
    assert reports == ["no such symbol"]


async def test_a_manifest_that_does_not_fit_is_not_sent(picture, sign, reports):
    file = picture(WHOLE["png"])
    limit = len(WHOLE["png"]) + 1000

    assert await sign(file, original=file, limit=limit) == file.path
    assert reports == ["its manifest is too long"]


async def test_an_authority_that_makes_no_sense_costs_the_signature_only(files, picture, reports):
    asked = []

    async def answer(request):
        asked.append(request.content_type)
        return web.Response(text="odd", content_type="application/timestamp-reply")

    file = picture(WHOLE["png"])
    async with serving(answer) as origin:
        stamped = Credentials(
            certificate=files.certificate, key=files.key, timestamp_url=f"{origin}/x"
        )
        path = await signer(stamped, reports).signed(file, original=file, limit=LIMIT)

    assert path == file.path
    assert asked == ["application/timestamp-query"]
    assert len(reports) == 1


async def test_an_authority_that_does_not_answer_delays_one_picture_only(
    files, picture, reports, monkeypatch
):
    monkeypatch.setattr(signing, "WITHIN", 0.5)
    asked, over = asyncio.Event(), asyncio.Event()

    async def wait(request):
        asked.set()
        await over.wait()
        return web.Response()

    file = picture(WHOLE["png"])
    async with serving(wait) as origin:
        stamped = Credentials(certificate=files.certificate, key=files.key, timestamp_url=origin)
        late = signer(stamped, reports)
        first = await late.signed(file, original=file, limit=LIMIT)
        assert asked.is_set()
        asked.clear()
        second = await late.signed(file, original=file, limit=LIMIT)
        assert not asked.is_set()
        over.set()

    assert first == second == file.path
    assert reports == ["it took longer than 0 seconds", "the last try took too long"]


def settings(files, **texts):
    return Settings(
        {
            "discord_token": "a.b.c",
            "pixazo_api_key": "key",
            "c2pa_certificate": str(files.certificate),
            "c2pa_key": str(files.key),
            **texts,
        }
    )


@pytest.mark.parametrize(("ends_in", "words"), [(365, "fit"), (20, "(renew it soon)")])
async def test_check_says_when_the_certificate_ends(files, ends_in, words):
    certificate, key = credentials(ends_in)
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(key)

    line = await preflight._signing(settings(files))

    assert words in line
    assert "O=a signer, until 20" in line
