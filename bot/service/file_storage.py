"""The place where pictures wait, as services call it: it is left alone while it is away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from bot.retry import Backoff
from bot.service.port_errors import FilesUnavailable
from bot.service.ports.files import StoredFiles, WaitingFiles

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class FileStorage:
    """Circuit breaker over the place where pictures wait.

    After a failed call every other one fails at once, until a back-off is over; then one call at a
    time finds out. So what needs the place is told quickly, and a place that comes back is not run
    over.
    """

    def __init__(self, files: WaitingFiles, *, backoff: Backoff) -> None:
        self._files = files
        self._backoff = backoff
        self._delays: Iterator[float] | None = None  # None: it works
        self._error = ""
        self._rests_until = 0.0
        self._tries = False  # a call finds out whether it works again
        self.recovered = asyncio.Event()  # set each time that it works again

    @property
    def remote(self) -> bool:
        """Whether it is another place than the folder of downloads."""
        return self._files.remote

    @property
    def away(self) -> bool:
        """Whether the last call failed."""
        return self._delays is not None

    @property
    def error(self) -> str | None:
        """What is wrong; ``None``: it works, as far as is known."""
        return self._error if self.away else None

    @property
    def seconds_left(self) -> float:
        """How long no call is made."""
        return max(self._rests_until - asyncio.get_running_loop().time(), 0.0)

    async def put(self, job_id: str, name: str, source: Path) -> None:
        """Copy a file there. Raises FilesUnavailable."""
        await self._call(lambda: self._files.put(job_id, name, source))

    async def get(self, job_id: str, name: str, target: Path) -> bool:
        """Copy a file to *target*; ``False``: there is none. Raises FilesUnavailable."""
        return await self._call(lambda: self._files.get(job_id, name, target))

    async def remove(self, job_ids: Sequence[str]) -> None:
        """Remove all files of these jobs. Raises FilesUnavailable."""
        if job_ids:
            await self._call(lambda: self._files.remove(job_ids))

    async def stored(self) -> AsyncIterator[StoredFiles]:
        """Yield what waits, by job. Raises FilesUnavailable."""
        files = self._files.stored()
        while (one := await self._call(lambda: anext(files, None))) is not None:
            yield one

    async def probe(self) -> None:
        """Write, read and remove a small file. Raises FilesUnavailable."""
        await self._call(self._files.probe)

    async def _call(self, call: Callable[[], Awaitable[Result]]) -> Result:
        if self.away and (self._tries or self.seconds_left):
            raise FilesUnavailable(self._error)
        self._tries = self.away
        try:
            result = await call()
        except FilesUnavailable as error:
            self._failed(error)
            raise
        finally:
            self._tries = False
        self._succeeded()
        return result

    def _failed(self, error: FilesUnavailable) -> None:
        if self._delays is None:
            self._delays = self._backoff.delays()
            log.warning("the storage of pictures is away: error=%s", error)
        self._error = str(error)
        self._rests_until = asyncio.get_running_loop().time() + next(self._delays)

    def _succeeded(self) -> None:
        if self._delays is not None:
            self._delays = None
            log.warning("the storage of pictures works again")
            self.recovered.set()
