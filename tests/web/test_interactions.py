"""What comes as Discord's interactions: its signature, and a body that is read as the gateway's."""

import gzip
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.web import interactions

KEY = Ed25519PrivateKey.generate()
COMMAND = b'{"id": "1", "type": 2, "token": "x"}'
SKEWED = ("1", "1700000000", "99999999999", "2026-11-28T21:00:00Z")  # none is prescribed


class Inbox:
    """Takes what is signed by the key."""

    is_open = True

    def __init__(self):
        self.received = []

    def is_signed(self, signature, signed):
        try:
            KEY.public_key().verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    def receive(self, data):
        self.received.append(data)
        return True


@pytest.fixture
async def inbox():
    return Inbox()


@pytest.fixture
async def post(serve, inbox):
    server = await serve(interactions.routes(inbox))

    async def post(body, *, at="1700000000", names=str, **headers):
        signature = KEY.sign(at.encode() + body).hex()
        signed = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": at}
        sent = {names(name): value for name, value in signed.items()} | headers
        coded = gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body
        return (await server("POST", "/interactions", coded, sent))[0]

    return post


@pytest.mark.parametrize("at", SKEWED)
async def test_the_clock_of_the_bot_does_not_matter(post, inbox, at):
    assert await post(COMMAND, at=at) == 202
    assert inbox.received == [json.loads(COMMAND)]


@pytest.mark.parametrize("names", [str.lower, str.upper])
async def test_a_proxy_may_write_the_headers_names_in_other_letters(post, names):
    assert await post(COMMAND, names=names) == 202


async def test_a_proxy_may_compress_what_is_signed(post):
    assert await post(COMMAND, **{"Content-Encoding": "gzip"}) == 202


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ('"half an emoji \\ud83d"', "half an emoji \ud83d"),
        ('"whole \\ud83d\\ude00 \u00fc"', "whole \U0001f600 \u00fc"),
    ],
)
async def test_the_body_is_read_as_leniently_as_the_gateway(post, inbox, prompt, read):
    assert await post(f'{{"type": 2, "prompt": {prompt}}}'.encode()) == 202
    assert inbox.received == [{"type": 2, "prompt": read}]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b'{"type": 2', b"\xff", b"[" * 100_000, b'{"a":' * 100_000]
)
async def test_what_is_no_object_is_refused(post, inbox, body):
    assert await post(body) == 400
    assert inbox.received == []
