"""What the vendor is told after it called."""

import json
import logging
from typing import Any

import pytest

from bot.domain.job import State
from bot.pixazo import wire
from bot.service.port_errors import OutcomeUnknown, StoreUnavailable
from bot.web import callbacks
from bot.web.callbacks import LARGEST_BODY

PATH = "/callbacks/0123456789abcdef/a-token_that-is-secret"
BODY = json.dumps(
    {"request_id": "r-1", "status": "PROCESSING", "output": None, "error": None}
).encode()


class Ear:
    """Hears, and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, Any, Any]] = []
        self.answer: Any = True

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
    return await serve(callbacks.routes(wire.read_update, ear.hear))


async def test_what_was_taken_in_is_answered_200(call, ear):
    status, answer = await call("POST", PATH, BODY)

    assert (status, answer) == (200, b"")
    ((job_id, token, update),) = ear.heard
    assert (job_id, token) == ("0123456789abcdef", "a-token_that-is-secret")
    assert (update.request_id, update.state) == ("r-1", State.PROCESSING)


async def test_a_wrong_address_is_answered_404(call, ear):
    ear.answer = False

    assert (await call("POST", PATH, BODY))[0] == 404


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"status": 7}'])
async def test_what_is_no_body_of_the_vendors_is_answered_400(call, ear, body):
    status, _ = await call("POST", PATH, body)

    assert status == 400
    assert ear.heard == []


async def test_a_body_larger_than_any_could_be_is_answered_413(call, ear):
    """Whoever knows the port could else fill the memory."""
    status, _ = await call("POST", PATH, b" " * (LARGEST_BODY + 1))

    assert status == 413
    assert ear.heard == []


async def test_a_body_of_the_largest_size_is_read(call, ear):
    assert (await call("POST", PATH, BODY + b" " * (LARGEST_BODY - len(BODY))))[0] == 200


@pytest.mark.parametrize("away", [StoreUnavailable("away"), OutcomeUnknown("no answer")])
async def test_what_could_not_be_taken_in_is_answered_503(call, ear, away):
    """The vendor calls again after a 503: a request id that was news is not lost."""
    ear.answer = away

    assert (await call("POST", PATH, BODY))[0] == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", PATH, 405), ("POST", "/callbacks/0123456789abcdef", 404), ("POST", "/", 404)],
)
async def test_nothing_else_is_served(call, ear, method, path, status):
    assert (await call(method, path))[0] == status
    assert ear.heard == []


async def test_no_secret_of_an_address_is_logged(call, ear, caplog):
    caplog.set_level(logging.DEBUG)

    await call("POST", PATH, BODY)
    await call("POST", PATH, b"{")

    assert "a-token_that-is-secret" not in caplog.text
