"""Downloads the pictures, from listed origins only and without the key."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

import aiohttp
import stamina
from yarl import URL

from bot.pixazo import pictures
from bot.pixazo.origins import Origin, PublicResolver, covering
from bot.service.port_errors import MediaUnavailable, PictureUnusable
from bot.service.ports.vendor import Picture

LARGEST_FILE: Final = 50 * 1024 * 1024  # bytes
DOWNLOAD_TIMEOUT: Final = 60.0  # seconds, for one picture
ATTEMPTS: Final = 4
# Decoding is work for a processor, and each picture in it takes up to 64 MiB.
_DECODERS: Final = 2


class Media:
    """The origins that the vendor's pictures lie on."""

    def __init__(
        self,
        *,
        origins: Sequence[Origin],
        listed: aiohttp.ClientSession,
        public: aiohttp.ClientSession,
    ) -> None:
        """Take *listed* for exact origins and *public*, which knows public addresses only."""
        self._origins = origins
        self._listed = listed
        self._public = public
        self._decoders = asyncio.Semaphore(_DECODERS)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, origins: Sequence[Origin]) -> AsyncIterator[Self]:
        """Open sessions of its own, which no key, cookie or header is ever given to."""
        async with (
            _closing(PublicResolver()) as resolver,
            _session(aiohttp.TCPConnector()) as listed,
            _session(aiohttp.TCPConnector(resolver=resolver)) as public,
        ):
            yield cls(origins=origins, listed=listed, public=public)

    async def fetch(self, address: str, path: Path, *, limit: int) -> Picture:
        """Download the picture at *address* to *path* and return what it is.

        One that lies there from before is taken as it is. Of one larger than *limit* bytes a
        smaller one is returned, which lies beside it. Raises PictureUnusable where
        there is none to be had, MediaUnavailable where there may be later.
        """
        if await asyncio.to_thread(path.is_file):
            with contextlib.suppress(PictureUnusable):  # it was damaged since, and is fetched anew
                return await self._fitted(path, limit)
        part = path.with_suffix(".part")
        async for attempt in stamina.retry_context(
            on=MediaUnavailable, attempts=ATTEMPTS, timeout=None
        ):
            with attempt:
                await self._download(address, part)
        await asyncio.to_thread(part.replace, path)
        return await self._fitted(path, limit)

    async def _fitted(self, path: Path, limit: int) -> Picture:
        async with self._decoders:
            try:
                fitting, facts = await asyncio.to_thread(pictures.fit, path, limit)
            except OSError as error:
                raise MediaUnavailable(
                    f"a picture's file could not be read: {error.strerror}"
                ) from error
        return Picture(
            path=fitting,
            extension=facts.extension,
            width=facts.width,
            height=facts.height,
            shrunk=fitting != path,
        )

    async def _download(self, address: str, path: Path) -> None:
        session, url = self._admitted(address)
        try:
            async with session.get(url, allow_redirects=False) as response:
                _check_status(response.status)
                await _stream(response, path)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MediaUnavailable(
                f"a picture's download failed: {type(error).__name__}"
            ) from error

    def _admitted(self, address: str) -> tuple[aiohttp.ClientSession, URL]:
        try:
            url = URL(address)
        except ValueError as error:
            raise PictureUnusable("the picture's address makes no sense") from error
        origin = covering(self._origins, url)
        if origin is None:
            raise PictureUnusable("the picture lies on an origin that is not listed")
        return (self._listed if origin.exact else self._public), url


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if 300 <= status < 400 or status in {HTTPStatus.GONE, HTTPStatus.UNAUTHORIZED}:  # noqa: PLR2004
        raise PictureUnusable(f"the picture's address was answered {status}", status=status)
    # 403 and 404 may be a store that has not caught up with the queue.
    raise MediaUnavailable(f"the picture's address was answered {status}", status=status)


async def _stream(response: aiohttp.ClientResponse, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for chunk in response.content.iter_chunked(256 * 1024):
            size += len(chunk)
            if size > LARGEST_FILE:
                raise PictureUnusable("the file is larger than any picture may be")
            await asyncio.to_thread(file.write, chunk)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=DOWNLOAD_TIMEOUT, connect=10),
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
    )


@contextlib.asynccontextmanager
async def _closing(resolver: PublicResolver) -> AsyncIterator[PublicResolver]:
    try:
        yield resolver
    finally:
        await resolver.close()
