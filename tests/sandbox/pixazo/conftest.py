"""The vendor's stand-in and a client with its key."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo import Pixazo, Settings

SUBMIT = "/auraflow-v0-3-512/v1/auraflow-v0-3-request"
STATUS = "/v2/requests/status/"
KEY = {"Ocp-Apim-Subscription-Key": "sandbox-key"}

Submit = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
def settings() -> Settings:
    """Long delays: tests set the states."""
    return Settings(
        queued_seconds=(60, 60),
        processing_seconds=(60, 60),
        picture_size=32,
        callback_retry_seconds=(0.01, 0.01),
    )


@pytest.fixture
async def pixazo(settings) -> AsyncIterator[Pixazo]:
    async with Pixazo(settings, Journal(), Faults()) as running:
        yield running


@pytest.fixture
async def client(pixazo) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=pixazo.origin, headers=KEY) as session:
        yield session


@pytest.fixture
def submit(client) -> Submit:
    async def send(
        headers: dict[str, str] | None = None, **body: Any
    ) -> tuple[int, dict[str, Any]]:
        body = {"prompt": "a lighthouse in a storm"} | body
        async with client.post(SUBMIT, json=body, headers=headers) as response:
            return response.status, await response.json()

    return send


@pytest.fixture
def status(client) -> Callable[[str], Awaitable[dict[str, Any]]]:
    async def ask(request_id: str) -> dict[str, Any]:
        async with client.get(f"{STATUS}{request_id}") as response:
            assert response.status == 200
            body: dict[str, Any] = await response.json()
            return body

    return ask
