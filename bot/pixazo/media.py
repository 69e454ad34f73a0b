"""Downloads pictures, from listed origins only and without the API key."""

import asyncio
import base64
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.job import Obstacle
from bot.domain.order import MODEL
from bot.pixazo import pictures, refusals, signing
from bot.pixazo.origins import Origin, PublicResolver, covering, text_of
from bot.pixazo.picture_structure import Facts
from bot.pixazo.pictures import BLOCK, PartFile
from bot.pixazo.signing import PictureFile, PictureSigner
from bot.pixazo.xmp import Mark
from bot.proxies import NO_PROXIES, Proxies
from bot.service.port_errors import MediaUnavailable, PictureUnusable
from bot.service.ports.vendor import Picture

LARGEST_FILE: Final = 50 * 1024 * 1024  # bytes of one picture
DOWNLOAD_TIMEOUT: Final = 60.0  # seconds, for one picture
SLOWEST: Final = 10_000.0  # bytes a second
SLOW_FOR: Final = 20.0  # seconds; a download is given up that is slower for so long
SELDOM: Final = 3600.0  # seconds until a file that is too large is looked at again
MOST_REDIRECTS: Final = 5
_MD5_SIZE: Final = 16  # bytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class MediaDownloader:
    """Downloads the vendor's pictures and makes them fit Discord's size limit."""

    def __init__(
        self,
        *,
        origins: Sequence[Origin],
        listed: aiohttp.ClientSession,
        public: aiohttp.ClientSession,
        resolver: AbstractResolver,
        proxies: Proxies = NO_PROXIES,
        largest_file: int = LARGEST_FILE,
        software: str | None = None,
        signer: PictureSigner | None = None,
    ) -> None:
        """Use *listed* for exact origins, and for wildcards *public*, limited to public addresses.

        Through a proxy, which resolves names by itself, *resolver* only says which have no public
        address. *largest_file* is in bytes. *software*: what marks in pictures name;
        ``None``: pictures are not marked. *signer*: signs them.
        """
        self._origins = origins
        self._resolver = resolver
        self._proxies = proxies
        self._listed = listed
        self._public = public
        self._largest_file = largest_file
        self._software = software
        self._signer = signer
        # To decode is CPU-bound, and a picture takes up to 128 MiB of memory meanwhile.
        self._shrinking = asyncio.Lock()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        origins: Sequence[Origin],
        *,
        proxies: Proxies = NO_PROXIES,
        largest_file: int = LARGEST_FILE,
        software: str | None = None,
        signer: PictureSigner | None = None,
    ) -> AsyncIterator[Self]:
        """Open a downloader with new HTTP sessions, which send no key and no cookies."""
        async with (
            _closing(PublicResolver()) as resolver,
            _session(aiohttp.TCPConnector()) as listed,
            _session(aiohttp.TCPConnector(resolver=resolver)) as public,
        ):
            yield cls(
                origins=origins,
                listed=listed,
                public=public,
                resolver=resolver,
                proxies=proxies,
                largest_file=largest_file,
                software=software,
                signer=signer,
            )

    async def load(self, path: Path, *, order: str, limit: int) -> Picture | None:
        """Return the sound picture at *path*; ``None``: there is none.

        If it has more than *limit* bytes it is shrunk to a second file beside it, which is returned
        instead. Raises PictureUnusable if it can't be.
        """
        try:
            size, facts = await asyncio.to_thread(_look, path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(error) from error
        return await self._fitting(path, size, facts, order, limit)

    async def fetch(self, address: str, path: Path, *, order: str, limit: int) -> Picture:
        """Return the picture at *path* as :meth:`load` does, downloaded from *address* if needed.

        Tries once. Raises MediaUnavailable, or its subclass PictureUnusable.
        """
        with contextlib.suppress(PictureUnusable):  # damaged since: download it again
            if (picture := await self.load(path, order=order, limit=limit)) is not None:
                return picture
        try:
            size, facts = await self._download(address, path, self._mark(order))
        except OSError as error:
            raise MediaUnavailable(f"a picture was not written: {error.strerror}") from error
        try:
            return await self._fitting(path, size, facts, order, limit)
        except PictureUnusable:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    async def thumbnail(self, path: Path, *, side: int) -> bytes:
        """Return the picture at *path* as a small JPEG. Raises MediaUnavailable."""
        async with self._shrinking:
            try:
                return await asyncio.to_thread(pictures.thumbnail, path, side)
            except OSError as error:
                raise _unreadable(error) from error

    def _mark(self, order: str) -> Mark | None:
        if self._software is None:
            return None
        return Mark(software=self._software, model=MODEL, order=order)

    async def _fitting(
        self, path: Path, size: int, facts: Facts, order: str, limit: int
    ) -> Picture:
        original = fitting = PictureFile(path=path, extension=facts.extension)
        room = limit if self._signer is None else max(limit - signing.ROOM, limit // 2)
        if size > room:
            async with self._shrinking:
                try:
                    small, facts = await asyncio.to_thread(
                        pictures.fit, path, room, self._mark(order)
                    )
                except OSError as error:
                    raise _unreadable(error) from error
            fitting = PictureFile(path=small, extension=facts.extension)
        delivered = fitting.path
        if self._signer is not None:
            delivered = await self._signer.signed(fitting, original=original, limit=limit)
        return Picture(
            path=delivered,
            extension=facts.extension,
            width=facts.width,
            height=facts.height,
            shrunk=fitting.path != path,
        )

    async def _download(self, address: str, path: Path, mark: Mark | None) -> tuple[int, Facts]:
        """Download the file at *address*; follow redirects to listed origins. Return its size."""
        url, origin = _url(address), ""
        for _ in range(MOST_REDIRECTS + 1):
            proxy = self._proxies.of(url)
            session, origin = await self._session_for(url, proxy)
            try:
                async with session.get(url, allow_redirects=False, proxy=proxy) as response:
                    target = response.headers.get("Location")
                    if response.status not in _REDIRECTS or target is None:
                        _check_status(response, origin)
                        return await self._save(response, path, origin, mark)
            except aiohttp.ClientProxyConnectionError as error:
                raise MediaUnavailable("the proxy could not be reached", origin=origin) from error
            except aiohttp.ClientConnectorDNSError as error:
                raise _no_address(origin) from error
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                raise MediaUnavailable(
                    f"a picture's download failed: {type(error).__name__}", origin=origin
                ) from error
            url = _joined(url, target)
        raise MediaUnavailable("a picture's address redirects too often", origin=origin)

    async def _save(
        self, response: aiohttp.ClientResponse, path: Path, origin: str, mark: Mark | None
    ) -> tuple[int, Facts]:
        part = PartFile(path, _md5(response), mark)
        try:
            waiting = bytearray()
            async for block in self._blocks(response, origin):
                waiting += block
                if len(waiting) >= BLOCK:  # few calls into a thread
                    await asyncio.to_thread(part.write, bytes(waiting))
                    waiting.clear()
            facts = await asyncio.to_thread(part.finish, bytes(waiting))
        except BaseException:
            await asyncio.to_thread(part.discard)
            raise
        return part.size, facts

    async def _blocks(self, response: aiohttp.ClientResponse, origin: str) -> AsyncIterator[bytes]:
        """Yield the file as it comes. Raises MediaUnavailable: it is too large or too slow."""
        loop = asyncio.get_running_loop()
        too_large = PictureUnusable(
            f"the file is larger than {self._largest_file} bytes",
            origin=origin,
            retry_after=SELDOM,
        )
        if (response.content_length or 0) > self._largest_file:
            raise too_large
        size = window = 0
        until = loop.time() + SLOW_FOR
        async for block in response.content.iter_any():
            size += len(block)
            window += len(block)
            if size > self._largest_file:
                raise too_large
            if loop.time() >= until:
                if window < SLOWEST * SLOW_FOR:
                    raise MediaUnavailable("a picture's download is too slow", origin=origin)
                window, until = 0, loop.time() + SLOW_FOR
            yield block

    async def _session_for(self, url: URL, proxy: str | None) -> tuple[aiohttp.ClientSession, str]:
        """Return the session for the listed origin of *url*, and that origin as text."""
        place = text_of(url)
        origin = covering(self._origins, url)
        if origin is None:
            raise MediaUnavailable(
                "the picture's origin is not listed", obstacle=Obstacle.ORIGIN, origin=place
            )
        if proxy is not None and not origin.exact:
            with contextlib.suppress(OSError):  # only the proxy may know the name
                await self._resolver.resolve(url.host or "", url.port or 0, socket.AF_UNSPEC)
        return (self._listed if origin.exact or proxy is not None else self._public), place


def _look(path: Path) -> tuple[int, Facts]:
    return path.stat().st_size, pictures.inspect(path)


def _unreadable(error: OSError) -> MediaUnavailable:
    return MediaUnavailable(f"a picture's file could not be read: {error.strerror}")


def _md5(response: aiohttp.ClientResponse) -> bytes | None:
    """Return the file's digest if the server names it; an ETag is one only at some servers."""
    with contextlib.suppress(ValueError):
        digest = base64.b64decode(response.headers.get("Content-MD5", ""), validate=True)
        return digest if len(digest) == _MD5_SIZE else None
    return None


def _url(address: str) -> URL:
    try:
        return URL(address)
    except ValueError as error:
        raise MediaUnavailable(
            "the picture's address is not a URL", obstacle=Obstacle.OUTPUT
        ) from error


def _joined(url: URL, target: str) -> URL:
    try:
        return url.join(URL(target))
    except ValueError as error:
        raise MediaUnavailable(
            "the picture's address redirects to no URL", obstacle=Obstacle.FILE
        ) from error


def _no_address(origin: str) -> MediaUnavailable:
    return MediaUnavailable(
        "the picture's host has no public address", obstacle=Obstacle.ADDRESS, origin=origin
    )


def _check_status(response: aiohttp.ClientResponse, origin: str) -> None:
    status = response.status
    if status == HTTPStatus.OK:
        return
    # Object storage may lag behind the queue.
    missing = status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
    raise MediaUnavailable(
        f"the picture's address was answered {status}",
        status=status,
        obstacle=Obstacle.FILE if missing else Obstacle.HOST,
        origin=origin,
        retry_after=refusals.retry_after(response.headers, now=time.time()) or 0.0,
    )


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=DOWNLOAD_TIMEOUT, connect=10, sock_read=SLOW_FOR),
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
    )


@contextlib.asynccontextmanager
async def _closing(resolver: PublicResolver) -> AsyncIterator[PublicResolver]:
    try:
        yield resolver
    finally:
        await resolver.close()
