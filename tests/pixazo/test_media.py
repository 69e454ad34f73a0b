"""Downloads, from the stand-in's own media origin and from hosts with bad intentions."""

import asyncio
import base64
import hashlib
import struct

import aiohttp
import pytest
from aiohttp import web
from PIL import Image
from yarl import URL

from bot.domain.job import Obstacle, State
from bot.domain.order import MODEL
from bot.pixazo.media import MOST_REDIRECTS, MediaDownloader
from bot.pixazo.origins import Origin, PublicResolver
from bot.pixazo.pictures import BLOCK, PartFile
from bot.proxies import Proxies
from bot.service.port_errors import MediaUnavailable, PictureUnusable
from sandbox.faults import Answer, Cut, Fault, Hold
from sandbox.pixazo.troubles import damaged
from tests.content_credentials import GENERATED
from tests.pixazo.conftest import KEY
from tests.pixazo.test_client import serving
from tests.pixazo.test_marking import packets
from tests.pixazo.test_origins import FixedResolver
from tests.pixazo.test_pictures import a_bomb, encoded, noise
from tests.samples import an_order

LIMIT = 10 * 1024 * 1024


@pytest.fixture
async def address(pixazo, client):
    """The address of a picture that the vendor has painted."""
    ticket = await client.submit(an_order(), None)
    pixazo.move(ticket.request_id, "COMPLETED")
    done = await client.status(ticket.request_id)
    assert done.state is State.COMPLETED
    return done.media[0]


@pytest.fixture
def fetch(media, tmp_path):
    async def fetch(address, *, limit=LIMIT):
        return await media.fetch(address, tmp_path / "1", order="an-order", limit=limit)

    return fetch


def faulty(pixazo, do, times=1):
    pixazo.media_faults.add(Fault(method="GET", path="*", do=do, times=times))


def asked(pixazo):
    return pixazo.media_journal.find("GET", "*")


async def test_a_picture_comes_as_it_is(pixazo, fetch, address, tmp_path):
    picture = await fetch(address)

    assert (picture.extension, picture.width, picture.height) == ("png", 32, 32)
    assert picture.path == tmp_path / "1"
    assert not picture.shrunk
    with Image.open(picture.path) as opened:
        assert opened.format == "PNG"


@pytest.mark.parametrize("software", ["Imagine 7", None])
async def test_a_picture_is_marked_with_its_order_if_the_operator_wishes(
    pixazo, address, tmp_path, software
):
    origins = (Origin.parse(pixazo.media_origin),)
    async with MediaDownloader.open(origins, software=software) as media:
        for limit in (LIMIT, 1800):
            picture = await media.fetch(address, tmp_path / "1", order="an-order", limit=limit)
            said = set(packets(picture.path.read_bytes()).values())
            assert said >= ({software, MODEL, GENERATED, "an-order"} if software else set())
            assert (bool(said), picture.shrunk) == (bool(software), limit != LIMIT)


async def test_no_key_and_no_cookie_ever_reaches_the_media_host(pixazo, fetch, address):
    faulty(pixazo, Answer(status=500, headers={"Set-Cookie": "tracking=1; Path=/"}))

    with pytest.raises(MediaUnavailable):
        await fetch(address)
    await fetch(address)

    for exchange in asked(pixazo):
        assert KEY not in str(exchange.headers)
        assert "Ocp-Apim-Subscription-Key" not in exchange.headers
        assert "Cookie" not in exchange.headers
        assert "Authorization" not in exchange.headers


@pytest.mark.parametrize(
    ("do", "obstacle"),
    [
        (Answer(status=401), "host"),
        (Answer(status=403), "host"),
        (Answer(status=404), "file"),
        (Answer(status=410), "file"),
        (Answer(status=500), "host"),
        (Answer(status=302), "host"),
        (Cut(), "host"),
    ],
)
async def test_what_does_not_come_may_come_later(pixazo, fetch, address, do, obstacle):
    faulty(pixazo, do, times=1 + isinstance(do, Cut))  # aiohttp itself tries again after a cut

    with pytest.raises(MediaUnavailable) as away:
        await fetch(address)

    assert away.value.obstacle == obstacle
    assert (away.value.status, away.value.origin) == (
        getattr(do, "status", None),
        pixazo.media_origin,
    )
    assert (await fetch(address)).extension == "png"


@pytest.mark.parametrize(("value", "seconds"), [("40", 40.0), ("soon", 0.0)])
async def test_how_long_the_host_asks_to_wait_is_told(pixazo, fetch, address, value, seconds):
    faulty(pixazo, Answer(status=429, headers={"Retry-After": value}))

    with pytest.raises(MediaUnavailable) as away:
        await fetch(address)

    assert away.value.retry_after == seconds


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_to_listed_origins_are_followed(pixazo, fetch, address, status, tmp_path):
    for target in (address, URL(address).path) * (MOST_REDIRECTS // 2):
        faulty(pixazo, Answer(status=status, headers={"Location": target}))

    assert (await fetch(address)).extension == "png"

    (tmp_path / "1").unlink()
    faulty(pixazo, Answer(status=status, headers={"Location": address}), times=1000)
    with pytest.raises(MediaUnavailable):
        await fetch(address)


@pytest.mark.parametrize("target", ["{origin}/stolen", "//elsewhere.example/x", "file:///etc/x"])
async def test_a_redirect_to_what_is_not_listed_is_not_followed(pixazo, fetch, address, target):
    location = {"Location": target.format(origin=pixazo.origin)}
    faulty(pixazo, Answer(status=302, headers=location))

    with pytest.raises(MediaUnavailable) as refused:
        await fetch(address)

    assert refused.value.obstacle is Obstacle.ORIGIN
    assert len(asked(pixazo)) == 1
    assert pixazo.journal.find("*", "/stolen") == []


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/output.png",
        "http://pub-1.r2.dev/output.png",
        "http://127.0.0.1:1/output.png",
        "file:///etc/passwd",
        "https://[broken",
        "http://127.0.0.1:99999/",
        "",
    ],
)
async def test_an_origin_that_is_not_listed_is_never_called(fetch, address):
    with pytest.raises(MediaUnavailable) as refused:
        await fetch(address)

    assert refused.value.obstacle in {Obstacle.ORIGIN, Obstacle.OUTPUT}


WHOLE = encoded(noise(64, 64), "PNG")


@pytest.mark.parametrize(
    "body",
    [
        "<html>expired</html>",
        b"",
        b"\x89PNG\r\n\x1a\n",
        WHOLE[: len(WHOLE) // 2],
        a_bomb(20_000, 20_000),
    ],
    ids=["html", "nothing", "a header", "half of it", "a bomb"],
)
async def test_what_is_no_whole_picture_may_be_one_later(pixazo, fetch, address, body):
    faulty(pixazo, Answer(status=200, body=body, headers={"Content-Type": "image/png"}))

    with pytest.raises(PictureUnusable) as unusable:
        await fetch(address)

    assert unusable.value.obstacle is Obstacle.FILE
    assert (await fetch(address)).extension == "png"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_file_that_the_server_gives_a_digest_of_is_checked_by_it(
    pixazo, fetch, address, kind
):
    """Without one, only a PNG has checksums, its own."""
    whole = encoded(noise(64, 64), kind)
    digest = base64.b64encode(hashlib.md5(whole).digest()).decode()
    for body in (damaged(whole, len(whole) // 2), whole):
        faulty(pixazo, Answer(status=200, body=body, headers={"Content-MD5": digest}))

    with pytest.raises(PictureUnusable):
        await fetch(address)
    assert (await fetch(address)).path.read_bytes() == whole


async def test_a_large_picture_is_written_by_few_calls_and_not_held(
    pixazo, fetch, address, monkeypatch
):
    sizes = []

    def write(part, block, write=PartFile.write):
        sizes.append(len(block))
        write(part, block)

    monkeypatch.setattr(PartFile, "write", write)
    whole = encoded(noise(1000, 1000), "PNG")
    faulty(pixazo, Answer(status=200, body=whole))

    picture = await fetch(address)

    assert picture.path.read_bytes() == whole
    assert sum(sizes) == len(whole)
    assert len(sizes) <= len(whole) / BLOCK + 1
    assert max(sizes) <= 4 * BLOCK


async def test_bytes_decide_and_not_the_name_or_the_type(pixazo, fetch, address):
    webp = encoded(noise(16, 16), "WEBP")
    faulty(pixazo, Answer(status=200, body=webp, headers={"Content-Type": "text/html"}))

    assert (await fetch(address)).extension == "webp"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_picture_too_large_for_discord_is_shrunk(pixazo, fetch, address, mode):
    faulty(pixazo, Answer(status=200, body=encoded(noise(200, 200, mode), "PNG")))

    picture = await fetch(address, limit=20_000)

    assert (picture.shrunk, picture.extension) == (True, "jpg")
    assert picture.path.stat().st_size <= 20_000
    with Image.open(picture.path) as opened:
        assert opened.size == (picture.width, picture.height)


async def test_a_file_beyond_the_cap_is_given_up_in_the_middle(tmp_path):
    gone = asyncio.Event()

    async def pour(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await response.write(WHOLE[:33] + struct.pack(">I4s", 2**31 - 1, b"IDAT"))
            while True:
                await response.write(b"\x00" * 256 * 1024)
        finally:
            gone.set()

    async with (
        serving(pour) as origin,
        MediaDownloader.open((Origin.parse(origin),), largest_file=1024 * 1024) as media,
    ):
        with pytest.raises(PictureUnusable):
            await media.fetch(f"{origin}/output.png", tmp_path / "1", order="an-order", limit=LIMIT)
        async with asyncio.timeout(5):
            await gone.wait()

    assert list(tmp_path.iterdir()) == []


async def test_two_downloads_of_one_picture_at_the_same_time_do_not_mix(
    pixazo, media, address, tmp_path
):
    """A member may fetch from /history what is just being delivered."""
    holds = [
        pixazo.media_faults.add(Fault(method="GET", path="*", do=Hold(when="after")))
        for _ in range(2)
    ]
    fetching = [
        asyncio.create_task(media.fetch(address, tmp_path / "1", order="an-order", limit=LIMIT))
        for _ in range(2)
    ]
    for held in holds:
        await held.reached.wait()
    for held in holds:
        held.release()

    first, second = await asyncio.gather(*fetching)

    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "198.18.0.7"])
@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9/"])
async def test_a_wildcard_name_without_a_public_address_is_not_called(tmp_path, address, proxy):
    """Anybody may register a name and point it inside; block lists and VPNs answer so too."""
    resolver = PublicResolver(FixedResolver(address))
    connector = aiohttp.TCPConnector(resolver=resolver)
    async with aiohttp.ClientSession(connector=connector) as public:
        media = MediaDownloader(
            origins=(Origin.parse("https://*.r2.dev"),),
            listed=public,
            public=public,
            resolver=resolver,
            proxies=Proxies(secure=proxy),
        )

        with pytest.raises(MediaUnavailable) as refused:
            await media.fetch(
                "https://pub-1.r2.dev/output.png", tmp_path / "1", order="an-order", limit=LIMIT
            )

    assert refused.value.obstacle is Obstacle.ADDRESS
    assert refused.value.origin == "https://pub-1.r2.dev"
    assert address in str(refused.value)


async def test_a_name_that_cannot_be_resolved_has_no_address(tmp_path):
    async with MediaDownloader.open((Origin.parse("http://pictures.invalid"),)) as media:
        with pytest.raises(MediaUnavailable) as refused:
            await media.fetch(
                "http://pictures.invalid/1.png", tmp_path / "1", order="an-order", limit=LIMIT
            )

    assert refused.value.obstacle is Obstacle.ADDRESS


async def test_where_nobody_listens_the_picture_is_away(tmp_path):
    async def nothing(_request):
        return web.Response()

    async with serving(nothing) as origin:
        pass
    async with MediaDownloader.open((Origin.parse(origin),)) as media:
        with pytest.raises(MediaUnavailable):
            await media.fetch(f"{origin}/output.png", tmp_path / "1", order="an-order", limit=LIMIT)
