"""What the vendor is told after it called."""

import gzip
import json
import logging
from typing import Any

import pytest

from bot.domain.job import State
from bot.pixazo import wire
from bot.service.port_errors import OutcomeUnknown, StoreUnavailable
from bot.web import callbacks
from bot.web.callbacks import LARGEST_BODY
from tests.web.conftest import connected

PATH = "/callbacks/0123456789abcdef/a-token_that-is-secret"
BODY = json.dumps(
    {"request_id": "r-1", "status": "PROCESSING", "output": None, "error": None}
).encode()
GZIP = {"Content-Encoding": "gzip"}


class Ear:
    """Hears, and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, Any, Any]] = []
        self.answer: Any = True
        self.address: Any = True

    async def is_address(self, _job_id, _token):
        if isinstance(self.address, Exception):
            raise self.address
        return self.address

    async def hear(self, job_id, token, update):
        self.heard.append((job_id, token, update))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
async def call(serve, ear):
    return await serve(callbacks.routes(ear.is_address, wire.read_update, ear.hear))


async def test_what_was_taken_in_is_answered_200(call, ear):
    status, answer = await call("POST", PATH, BODY)

    assert (status, answer) == (200, b"")
    ((job_id, token, update),) = ear.heard
    assert (job_id, token) == ("0123456789abcdef", "a-token_that-is-secret")
    assert (update.request_id, update.state) == ("r-1", State.PROCESSING)


@pytest.mark.parametrize(
    "changes", [{"address": False}, {"answer": False}], ids=["ever", "meanwhile"]
)
async def test_a_wrong_address_is_answered_404(call, ear, changes):
    vars(ear).update(changes)

    assert (await call("POST", PATH, BODY))[0] == 404


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"status": 7}'])
async def test_what_is_no_body_of_the_vendors_is_answered_400(call, ear, body):
    status, _ = await call("POST", PATH, body)

    assert status == 400
    assert ear.heard == []


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_body_larger_than_any_could_be_is_answered_413(call, ear, compressed):
    """Whoever knows the port could else fill the memory."""
    body = b" " * (LARGEST_BODY + 1)
    status, _ = await call("POST", PATH, *((gzip.compress(body), GZIP) if compressed else (body,)))

    assert status == 413
    assert ear.heard == []


@pytest.mark.parametrize(
    ("address", "status"), [(False, b"404"), (StoreUnavailable("away"), b"503")]
)
@pytest.mark.parametrize("field", ["Expect: 100-continue", "A: b"])
async def test_without_an_address_the_body_is_not_waited_for(call, ear, address, status, field):
    ear.address = address
    head = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\n{field}\r\nContent-Length: 9\r\n\r\n"

    async with connected(call.port, head.encode()) as (reader, _):
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in answer


async def test_a_body_is_invited_at_an_address(call, ear):
    head = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nExpect: 100-continue\r\n"

    async with connected(call.port, f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode()) as (
        reader,
        writer,
    ):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(BODY)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")

    assert len(ear.heard) == 1


async def test_a_compressed_body_is_read(call, ear):
    assert (await call("POST", PATH, gzip.compress(BODY), GZIP))[0] == 200
    assert (await call("POST", PATH, BODY, GZIP))[0] == 400


async def test_a_body_of_the_largest_size_is_read(call, ear):
    assert (await call("POST", PATH, BODY + b" " * (LARGEST_BODY - len(BODY))))[0] == 200


@pytest.mark.parametrize("away", [StoreUnavailable("away"), OutcomeUnknown("no answer")])
async def test_what_could_not_be_taken_in_is_answered_503(call, ear, away):
    """The vendor calls again after a 503: a request id that was news is not lost."""
    ear.answer = away

    assert (await call("POST", PATH, BODY))[0] == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH, 405),
        *(("POST", path, 404) for path in ("/", "/callbacks/0123456789abcdef", f"{PATH}%00")),
    ],
)
async def test_nothing_else_is_served(call, ear, method, path, status):
    assert (await call(method, path))[0] == status
    assert ear.heard == []


async def test_no_secret_of_an_address_is_logged(call, ear, caplog):
    caplog.set_level(logging.DEBUG)

    await call("POST", PATH, BODY)
    await call("POST", PATH, b"{")

    assert "a-token_that-is-secret" not in caplog.text
