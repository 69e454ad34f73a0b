"""The vendor's stand-in, and the real adapters in front of it."""

from collections.abc import AsyncIterator

import pytest

from bot.pixazo.client import PixazoClient
from bot.pixazo.media import MediaDownloader
from bot.pixazo.origins import Origin
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo import Pixazo, Settings
from sandbox.pixazo.wire import SUBMIT_PATH

KEY = "a-key-that-nobody-else-may-see"


@pytest.fixture
async def pixazo() -> AsyncIterator[Pixazo]:
    settings = Settings(
        key=KEY, queued_seconds=(60, 60), processing_seconds=(60, 60), picture_size=32
    )
    async with Pixazo(settings, Journal(), Faults()) as running:
        yield running


@pytest.fixture
async def client(pixazo) -> AsyncIterator[PixazoClient]:
    async with PixazoClient.open(
        url=pixazo.origin, submit_path=SUBMIT_PATH, key=KEY, submit_timeout=5.0
    ) as opened:
        yield opened


@pytest.fixture
async def media(pixazo) -> AsyncIterator[MediaDownloader]:
    origins = (Origin.parse(pixazo.media_origin), Origin.parse("https://*.r2.dev"))
    async with MediaDownloader.open(origins) as opened:
        yield opened
