"""Downloads pictures, from listed origins only and without the API key."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

import aiohttp
import stamina
from yarl import URL

from bot.pixazo import pictures
from bot.pixazo.origins import Origin, PublicResolver, covering
from bot.service.port_errors import MediaUnavailable, PictureUnusable
from bot.service.ports.vendor import Picture

LARGEST_FILE: Final = 50 * 1024 * 1024  # bytes of one picture
DOWNLOAD_TIMEOUT: Final = 60.0  # seconds, for one picture
ATTEMPTS: Final = 4
# Decoding is CPU-bound, and each picture takes up to 64 MiB of memory meanwhile.
_DECODERS: Final = 2


class MediaDownloader:
    """Downloads the vendor's pictures and makes them fit Discord's size limit."""

    def __init__(
        self,
        *,
        origins: Sequence[Origin],
        listed: aiohttp.ClientSession,
        public: aiohttp.ClientSession,
        largest_file: int = LARGEST_FILE,
    ) -> None:
        """Use *listed* for exact origins, and for wildcards *public*, limited to public addresses.

        *largest_file* is in bytes.
        """
        self._origins = origins
        self._listed = listed
        self._public = public
        self._largest_file = largest_file
        self._decoders = asyncio.Semaphore(_DECODERS)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, origins: Sequence[Origin], *, largest_file: int = LARGEST_FILE
    ) -> AsyncIterator[Self]:
        """Open a downloader with new HTTP sessions, which send no key and no cookies."""
        async with (
            _closing(PublicResolver()) as resolver,
            _session(aiohttp.TCPConnector()) as listed,
            _session(aiohttp.TCPConnector(resolver=resolver)) as public,
        ):
            yield cls(origins=origins, listed=listed, public=public, largest_file=largest_file)

    async def fetch(self, address: str, path: Path, *, limit: int) -> Picture:
        """Download the picture at *address* to *path* and return its description.

        A sound file that is at *path* already is used as it is. A picture of more than *limit*
        bytes is shrunk to a second file beside it, which is returned instead.

        Raises:
            PictureUnusable: there is no picture at the address, and there never will be.
            MediaUnavailable: the picture may be available later.
        """
        if await asyncio.to_thread(path.is_file):
            with contextlib.suppress(PictureUnusable):  # damaged since: download it again
                return await self._fitted(path, limit)
        # A name of its own for each call: two calls for one picture may run at the same time.
        part = path.with_suffix(f".{token_hex(4)}.part")
        try:
            async for attempt in stamina.retry_context(
                on=MediaUnavailable, attempts=ATTEMPTS, timeout=None
            ):
                with attempt:
                    await self._download(address, part)
            await asyncio.to_thread(part.replace, path)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
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
        session, url = self._checked(address)
        try:
            async with session.get(url, allow_redirects=False) as response:
                _check_status(response.status)
                await self._save(response, path)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MediaUnavailable(
                f"a picture's download failed: {type(error).__name__}"
            ) from error

    async def _save(self, response: aiohttp.ClientResponse, path: Path) -> None:
        size = 0
        with path.open("wb") as file:
            async for chunk in response.content.iter_chunked(256 * 1024):
                size += len(chunk)
                if size > self._largest_file:
                    raise PictureUnusable(f"the file is larger than {self._largest_file} bytes")
                await asyncio.to_thread(file.write, chunk)

    def _checked(self, address: str) -> tuple[aiohttp.ClientSession, URL]:
        try:
            url = URL(address)
        except ValueError as error:
            raise PictureUnusable("the picture's address is not a URL") from error
        origin = covering(self._origins, url)
        if origin is None:
            raise PictureUnusable("the origin of the picture is not listed")
        return (self._listed if origin.exact else self._public), url


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if 300 <= status < 400 or status in {HTTPStatus.GONE, HTTPStatus.UNAUTHORIZED}:  # noqa: PLR2004
        raise PictureUnusable(f"the picture's address was answered {status}", status=status)
    # 403 and 404 may be temporary: object storage may lag behind the queue.
    raise MediaUnavailable(f"the picture's address was answered {status}", status=status)


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
