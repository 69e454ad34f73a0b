"""How the vendor's stand-in stumbles."""

import asyncio
import io
import time
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from PIL import Image

from sandbox.faults import Fault, Rewrite
from sandbox.pixazo import Trouble
from sandbox.pixazo.troubles import output_after, with_text
from tests.sandbox.pixazo.conftest import STATUS, SUBMIT


@pytest.fixture
def complete(submit, pixazo):
    async def complete(**order) -> str:
        _, ticket = await submit(**order)
        pixazo.move(ticket["request_id"], "COMPLETED")
        return ticket["request_id"]

    return complete


@pytest.mark.parametrize(
    ("trouble", "code"), [("bad_gateway", 502), ("key_refused", 401), ("wall", 403)]
)
async def test_a_lasting_trouble_answers_every_call_until_its_end(client, pixazo, trouble, code):
    rewrites = ["media_moved", "output_late"]  # they find nothing to change
    for name in (*rewrites, trouble):
        pixazo.trouble(name)
    for path in (SUBMIT, f"{STATUS}x"):
        async with client.get(path) as response:
            assert response.status == code
    assert pixazo.troubles == [*rewrites, trouble]

    pixazo.trouble(trouble, seconds=0)

    async with client.post(SUBMIT, json={"prompt": "x"}) as response:
        assert response.status == 202
    assert pixazo.troubles == rewrites


async def test_the_media_host_goes_away_by_cut_connections_or_a_closed_port(
    client, pixazo, complete, status
):
    [url] = (await status(await complete()))["output"]["media_url"]
    async with client.get(url) as response:
        assert response.status == 200

    pixazo.trouble(Trouble.MEDIA_AWAY)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.get(url)
    pixazo.trouble(Trouble.MEDIA_AWAY, seconds=0)
    await pixazo.media.close()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(url)
    await pixazo.media.open()

    async with client.get(url) as response:
        assert response.status == 200


async def test_moved_pictures_are_on_another_origin_with_their_output_late_too(
    client, pixazo, complete, status
):
    request_id = await complete()
    pixazo.trouble(Trouble.MEDIA_MOVED)
    pixazo.trouble(Trouble.OUTPUT_LATE)
    assert (await status(request_id))["output"] is None
    pixazo.trouble(Trouble.OUTPUT_LATE, seconds=0)

    [url] = (await status(request_id))["output"]["media_url"]

    assert url.startswith(pixazo.other_media.origin)
    async with client.get(url) as response:
        assert response.content_type == "image/png"


async def test_an_output_comes_seconds_after_the_end(pixazo, complete, status):
    request_id = await complete()
    pixazo.faults.add(Fault(path=f"{STATUS}{request_id}", do=output_after(0.3), times=2))

    assert (await status(request_id))["output"] is None
    await asyncio.sleep(0.3)

    assert (await status(request_id))["output"]


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
async def test_text_chunks_leave_a_picture_sound(client, pixazo, complete, status, kind):
    _, second = (await status(await complete(num_images=2)))["output"]["media_url"]
    padded = Rewrite(change=lambda picture: with_text(picture, b"x" * 2_000, kind))
    pixazo.media_faults.add(Fault(path="*/output_2.png", do=padded))

    async with client.get(second) as response:
        picture = Image.open(io.BytesIO(await response.read()))

    picture.load()
    assert picture.info["Comment"] == "x" * 2_000


async def test_the_vendors_clock_may_be_wrong(client, pixazo, settings):
    settings.date_skew_seconds = -3600.0
    pixazo.answer_next("429-date", retry_after=60)

    async with client.post(SUBMIT, json={"prompt": "x"}) as response:
        until, now = (parsedate_to_datetime(response.headers[n]) for n in ("Retry-After", "Date"))

    assert 58 <= (until - now).total_seconds() <= 61
    assert now.timestamp() == pytest.approx(time.time() - 3600, abs=10)
