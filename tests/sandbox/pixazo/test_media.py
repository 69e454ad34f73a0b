"""The server of the pictures."""

import io

import aiohttp
from PIL import Image


async def media(submit, pixazo, status, **order) -> list[str]:
    _, ticket = await submit(**order)
    pixazo.move(ticket["request_id"], "COMPLETED")
    output = (await status(ticket["request_id"]))["output"]
    return output["media_url"]


async def fetch(url: str) -> tuple[int, str, bytes]:
    async with aiohttp.ClientSession() as client, client.get(url) as response:
        return response.status, response.content_type, await response.read()


async def test_pictures_have_a_separate_origin_and_need_no_key(pixazo, submit, status):
    (url,) = await media(submit, pixazo, status)

    code, kind, picture = await fetch(url)

    assert (code, kind) == (200, "image/png")
    assert Image.open(io.BytesIO(picture)).size == (32, 32)
    assert pixazo.media_origin != pixazo.origin
    assert [entry.path for entry in pixazo.media_journal.exchanges] == [
        url.removeprefix(pixazo.media_origin)
    ]


async def test_the_pictures_of_one_order_differ_and_stay_the_same(pixazo, submit, status):
    urls = await media(submit, pixazo, status, num_images=2)

    pictures = [await fetch(url) for url in urls]

    assert len({picture for _, _, picture in pictures}) == 2
    assert [await fetch(url) for url in urls] == pictures


async def test_a_picture_is_404_until_its_request_is_completed(pixazo, submit, status):
    _, ticket = await submit()
    folder = f"{pixazo.media_origin}/v1/{ticket['request_id']}"

    assert (await fetch(f"{folder}/output.png"))[0] == 404
    pixazo.move(ticket["request_id"], "COMPLETED")
    assert (await fetch(f"{folder}/output_2.png"))[0] == 404
    assert (await fetch(f"{folder}/output.png"))[0] == 200
