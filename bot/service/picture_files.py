"""The files of paid pictures: their download to this machine's disk, storage and removal."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Final

from bot.domain.job import EndReason, Job, Obstacle, Outstanding, State
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.file_storage import FileStorage
from bot.service.port_errors import FilesUnavailable, MediaUnavailable
from bot.service.ports.files import MOST_PICTURES, NAMES
from bot.service.ports.vendor import Media, Picture
from bot.service.settings import ServiceSettings
from bot.service.tracker import JobTracker

log = logging.getLogger(__name__)

TRIES: Final = 4  # in a row, within seconds, before a job is left outstanding
TRIED_FOR: Final = 30.0  # seconds; the last of them may begin then
SOON: Final = 10.0  # seconds; a host that asks for a longer pause is not called in a row
THUMBNAIL: Final = 400  # pixels of a side
THUMBNAILS_WITHIN: Final = 15.0  # seconds
RECALLED_WITHIN: Final = 5.0  # seconds, for a member who waits
DISCARDED_WITHIN: Final = 5.0  # seconds
SMALLEST_LIMIT: Final = 8 * 1024 * 1024  # bytes; Discord accepts files of that size everywhere

# Obstacles that only the operator can remove: the same try soon after fails too.
_OPERATORS: Final = {
    Obstacle.ORIGIN: "pictures can't be fetched, MEDIA_ORIGINS does not list their origin:"
    " origin=%s job=%s error=%s",
    Obstacle.ADDRESS: "pictures can't be fetched, the DNS has no public address for their host"
    " (MEDIA_ORIGINS may list it as an exact origin): origin=%s job=%s error=%s",
}


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """What a try brought: the pictures that are on disk, and what keeps the others away."""

    pictures: Sequence[Picture]
    error: MediaUnavailable | None  # of the first picture that did not come; None: all came


class PictureFiles:
    """Keeps the pictures of a job in a folder of their own until they are delivered.

    Those that have to wait are copied to the place that all processes share, and come from there.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        media: Media,
        storage: FileStorage,
        tracker: JobTracker,
        breaker: LaneCircuitBreaker,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._media = media
        self._storage = storage
        self._tracker = tracker
        self._breaker = breaker
        self._now = now
        self._reported: set[tuple[Obstacle, str]] = set()  # to the operator, and not over yet
        self._copied: dict[str, set[str]] = {}  # names of files here that are stored too, by job

    async def fetch_soon(self, job: Job) -> tuple[Job, Fetch]:
        """Try to fetch all pictures of a COMPLETED job, a few times within seconds.

        Returns the job too: with the newest addresses, or FAILED if the vendor names no picture and
        says that there will be none. Neither is recorded yet.
        """
        outdated = job.outstanding.tries > 0
        delays = islice(self._settings.media_backoff.delays(), TRIES - 1)
        until = asyncio.get_running_loop().time() + TRIED_FOR
        while True:
            if outdated or not job.media:
                job = await self._with_new_addresses(job)
            fetch = await self.fetch(job)
            error, delay = fetch.error or _fewer_than_ordered(job), next(delays, None)
            over = delay is None or asyncio.get_running_loop().time() > until
            if error is None or job.ended or over or not _is_soon(error):
                break
            outdated = _is_outdated(error)
            await asyncio.sleep(max(delay or 0.0, error.retry_after))
        await self._tell_breaker(job, fetch)
        return job, fetch

    async def fetch(self, job: Job) -> Fetch:
        """Try once to fetch the job's pictures; those that are on disk are not downloaded.

        What may be stored comes from there.
        """
        if not job.media:
            error = MediaUnavailable("the vendor names no pictures", obstacle=Obstacle.OUTPUT)
            return Fetch(pictures=[], error=error)
        folder = self._folder(job.id)
        if len(job.media) == 1:  # needs no task of its own
            results = [await self._fetch_one(job, job.media[0], folder / "1")]
        else:
            async with asyncio.TaskGroup() as group:
                fetching = [
                    group.create_task(self._fetch_one(job, address, folder / str(number)))
                    for number, address in enumerate(job.media[:MOST_PICTURES], start=1)
                ]
            results = [task.result() for task in fetching]
        pictures = [result for result in results if isinstance(result, Picture)]
        errors = [result for result in results if isinstance(result, MediaUnavailable)]
        if not pictures:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(folder.rmdir)
        self._report(job, errors)
        return Fetch(pictures=pictures, error=errors[0] if errors else None)

    def expected(self, job: Job) -> int:
        """Return how many pictures the job brings, as far as that is known; at least one."""
        return min(max(len(job.media), 1), MOST_PICTURES)

    async def on_disk(self, job: Job) -> Sequence[Picture]:
        """Return the job's pictures that need no download, or come soon from where they wait."""
        pictures = []
        paths = [self._folder(job.id) / str(n + 1) for n in range(self.expected(job))]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECALLED_WITHIN), asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(self._recall(job, path))
        for path in paths:
            with contextlib.suppress(MediaUnavailable):
                picture = await self._media.load(path, order=job.id, limit=job.reply.file_limit)
                pictures += [picture] if picture is not None else []
        return pictures

    async def thumbnails(self, job: Job) -> Sequence[bytes]:
        """Return the job's pictures as small JPEGs, as far as they can be had soon."""
        try:
            async with asyncio.timeout(THUMBNAILS_WITHIN):
                pictures = (await self.fetch(job)).pictures
                return [
                    await self._media.thumbnail(picture.path, side=THUMBNAIL)
                    for picture in pictures
                ]
        except (MediaUnavailable, TimeoutError) as error:
            log.info("no thumbnails: job=%s error=%r", job.id, error)
            return ()

    async def store(self, job: Job, *, afresh: bool = False) -> MediaUnavailable | None:
        """Have the job's pictures that are on disk where every process reaches them.

        Returns what keeps some from there. *afresh*: they are kept from now on.
        """
        if not self._storage.remote:
            return None
        copied = self._copied.setdefault(job.id, set())
        if afresh:
            copied.clear()
        for path in await asyncio.to_thread(_originals, self._folder(job.id)):
            if path.name in copied:
                continue
            try:
                await self._storage.put(job.id, path.name, path)
            except FilesUnavailable as error:
                log.info("picture not stored: job=%s number=%s error=%s", job.id, path.name, error)
                return MediaUnavailable(str(error), obstacle=Obstacle.STORAGE)
            copied.add(path.name)
        return None

    async def release(self, job_id: str) -> None:
        """Remove the job's files from this machine if they are all stored elsewhere."""
        if not self._storage.remote:
            return
        originals = await asyncio.to_thread(_originals, self._folder(job_id))
        if {path.name for path in originals} <= self._copied.get(job_id, set()):
            await self._remove_folder(job_id)

    async def hold(self, job: Job) -> bool:
        """Have all pictures of a job kept, for as long as files are; tell whether they are.

        *job* has ended: its files are kept from now on, not from when they came.
        """
        try:
            async with asyncio.timeout(THUMBNAILS_WITHIN):
                fetch = await self.fetch(job)
        except TimeoutError:
            return False
        if fetch.error is not None:
            return False
        await asyncio.to_thread(os.utime, self._folder(job.id))
        await self.store(job, afresh=True)  # if that fails, the upkeep of the storage does it later
        return True

    async def smaller(self, job: Job) -> Sequence[Picture]:
        """Return the job's pictures made smaller, after Discord refused them as too large."""
        limit = min(job.reply.file_limit // 2, SMALLEST_LIMIT)
        log.warning("files too large, made smaller: job=%s limit=%d", job.id, limit)
        return await self.on_disk(job.with_reply(file_limit=limit))

    async def remove(self, job_ids: Sequence[str], *, stored: Sequence[str]) -> None:
        """Remove the files of jobs from disk, and those of *stored* from where they wait.

        Raises OSError or FilesUnavailable if some can't be removed.
        """
        for job_id in job_ids:
            await self._remove_folder(job_id)
        await self._storage.remove(stored)

    async def discard(self, job: Job) -> None:
        """Remove the job's files; the retention loop removes what can't be removed now."""
        try:
            async with asyncio.timeout(DISCARDED_WITHIN):
                await self.remove([job.id], stored=[job.id] if job.may_be_stored else [])
        except (OSError, FilesUnavailable) as error:
            log.warning("files not removed: job=%s error=%s", job.id, reason_of(error))

    async def _remove_folder(self, job_id: str) -> None:
        self._copied.pop(job_id, None)
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.rmtree, self._folder(job_id))

    def _folder(self, job_id: str) -> Path:
        return self._settings.files / job_id

    async def _recall(self, job: Job, path: Path) -> MediaUnavailable | None:
        """Bring a picture that may be stored to disk; return what keeps it there."""
        if not (self._storage.remote and job.may_be_stored):
            return None
        if await asyncio.to_thread(path.exists):
            return None
        try:
            if await self._storage.get(job.id, path.name, path):
                self._copied.setdefault(job.id, set()).add(path.name)
        except FilesUnavailable as error:
            return MediaUnavailable(str(error), obstacle=Obstacle.STORAGE)
        return None

    async def _fetch_one(self, job: Job, address: str, path: Path) -> Picture | MediaUnavailable:
        away = await self._recall(job, path)
        try:
            picture = await self._media.fetch(
                address, path, order=job.id, limit=job.reply.file_limit
            )
        except MediaUnavailable as error:
            log.info("picture download failed: job=%s number=%s error=%s", job.id, path.name, error)
            return away or error
        over = {report for report in self._reported if address.startswith(report[1])}
        self._reported -= over
        return picture

    async def _with_new_addresses(self, job: Job) -> Job:
        """Return the job with the addresses that the vendor names now; they may have changed."""
        update = await self._tracker.ask_for_media(job)
        if update is None:
            return job
        if update.state is State.COMPLETED and update.media:
            return replace(job, media=update.media)
        if update.state in {State.FAILED, State.ERROR} and not job.media:
            now, error = self._now(), update.error
            return job.transition(State.FAILED, now=now, end_reason=EndReason.VENDOR, error=error)
        return job

    async def _tell_breaker(self, job: Job, fetch: Fetch) -> None:
        if fetch.pictures:
            await self._breaker.pictures_fetched(job.id)
        elif job.outstanding == Outstanding() and not job.ended:  # later tries tell nothing new
            await self._breaker.pictures_unfetchable(job.id)

    def _report(self, job: Job, errors: Sequence[MediaUnavailable]) -> None:
        """Log what the operator has to change, once for each episode of an obstacle."""
        for error in errors:
            report = (error.obstacle, error.origin)
            if error.obstacle in _OPERATORS and report not in self._reported:
                self._reported.add(report)
                log.warning(_OPERATORS[error.obstacle], error.origin, job.id, error)


def reason_of(error: OSError | FilesUnavailable) -> str:
    """Return why files were not removed, without their paths."""
    return str(error) if isinstance(error, FilesUnavailable) else error.strerror or "timed out"


def is_gone(fetch: Fetch) -> bool:
    """Tell whether pictures are missing that do not wait in a place that is only away."""
    return fetch.error is not None and fetch.error.obstacle is not Obstacle.STORAGE


def _originals(folder: Path) -> list[Path]:
    """Return the pictures in the folder of a job, without what was made of them to fit."""
    return [path for name in NAMES if (path := folder / name).exists()]


def _fewer_than_ordered(job: Job) -> MediaUnavailable | None:
    """Return what is worth some seconds: the vendor names fewer pictures than were ordered."""
    if job.request_id is None or len(job.media) >= job.order.images:
        return None
    return MediaUnavailable("the vendor names too few pictures", obstacle=Obstacle.OUTPUT)


def _is_soon(error: MediaUnavailable) -> bool:
    """Tell whether a try within seconds may succeed."""
    return error.obstacle not in _OPERATORS and error.retry_after <= SOON


def _is_outdated(error: MediaUnavailable) -> bool:
    """Tell whether the vendor may name another address now: signed ones are refused in time."""
    refused = error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return refused or error.obstacle is not Obstacle.HOST
