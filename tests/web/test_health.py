"""What the operator's supervisor is told."""

import json

from bot.errors import StoreAway
from bot.web import health


async def test_a_process_with_its_store_is_alive(serve):
    async def ping():
        return None

    call = await serve(health.routes(ping))

    status, answer = await call("GET", "/healthz")
    assert (status, json.loads(answer)) == (200, {"alive": True, "store": True})


async def test_without_its_store_it_says_so_with_503(serve):
    async def ping():
        raise StoreAway("away")

    call = await serve(health.routes(ping))

    status, answer = await call("GET", "/healthz")
    assert (status, json.loads(answer)) == (503, {"alive": True, "store": False})
