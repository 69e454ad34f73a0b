"""Pictures that wait in an S3-compatible bucket, by obstore."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Self, TypeVar

from bot.files.address import Bucket
from bot.service.port_errors import FilesUnavailable
from bot.service.ports.files import NAMES, StoredFiles

Result = TypeVar("Result")

AT_ONCE: Final = 4  # calls; each has a thread of its own
BLOCK: Final = 1024 * 1024  # bytes that are read at once
PART: Final = 5 * 1024 * 1024  # bytes of a part of an upload, the least that S3 takes
LISTED: Final = 1000  # objects on a page, as many as S3 lists
CONNECT_WITHIN: Final = timedelta(seconds=3)
SILENT_FOR: Final = timedelta(seconds=10)  # at most; from the start of an upload of a part
CALL_WITHIN: Final = timedelta(seconds=30)  # for a part of an upload, or a download
RETRY: Final = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=5),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1)},
}
_JOB: Final = re.compile(r"(?P<job_id>[0-9a-f]{16})/(?P<name>[0-9]{1,2})")
_CODE: Final = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_NO_ANSWER: Final = {
    "dns error": "the name of its host can't be resolved",
    "redirect without LOCATION": "it is in another region (AWS_REGION)",
    "Connection refused": "the connection was refused",
    "certificate": "its certificate is not trusted",
    "TimedOut": "it did not answer in time",
    "timed out": "it did not answer in time",
}


class BucketFiles:
    """A bucket with one object for each picture, under a prefix.

    obstore's calls block, in threads of this adapter's own: its asynchronous ones may abort the
    process when Python ends (tokio's threads outlive the interpreter).
    """

    remote = True

    def __init__(self, store: Any, threads: ThreadPoolExecutor) -> None:
        import obstore

        self._obstore = obstore
        self._store = store
        self._threads = threads

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, bucket: Bucket) -> AsyncIterator[Self]:
        """Open the bucket; nothing is sent yet."""
        from obstore.exceptions import BaseError
        from obstore.store import S3Store

        options: dict[str, Any] = {
            "allow_http": bucket.allows_http,
            "connect_timeout": CONNECT_WITHIN,
            "read_timeout": SILENT_FOR,
            "timeout": CALL_WITHIN,
        }
        if bucket.proxy is not None:
            options["proxy_url"] = bucket.proxy
        try:
            store = S3Store(
                bucket.name,
                prefix=bucket.prefix or None,
                config=bucket.config,  # type: ignore[arg-type]
                client_options=options,  # type: ignore[arg-type]
                retry_config=RETRY,  # type: ignore[arg-type]
            )
        except (BaseError, ValueError) as error:
            raise FilesUnavailable(_reason(error)) from None
        threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bucket")
        try:
            yield cls(store, threads)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    async def put(self, job_id: str, name: str, source: Path) -> None:
        """Upload the file at *source*, in parts, one after the other."""
        await self._run(
            lambda: self._obstore.put(
                self._store, f"{job_id}/{name}", source, chunk_size=PART, max_concurrency=1
            )
        )

    async def get(self, job_id: str, name: str, target: Path) -> bool:
        """Download a file to *target*; ``False``: there is none."""
        return await self._run(lambda: self._download(f"{job_id}/{name}", target))

    async def remove(self, job_ids: Sequence[str]) -> None:
        """Remove all files of these jobs: a call for a hundred of them, which need no list."""
        keys = [f"{job_id}/{name}" for job_id in job_ids for name in NAMES]
        if keys:
            await self._run(lambda: self._obstore.delete(self._store, keys))

    async def stored(self) -> AsyncIterator[StoredFiles]:
        """Yield what waits, by job. The bucket lists objects in the order of their names."""
        pages = self._obstore.list(self._store, chunk_size=LISTED)
        newest: StoredFiles | None = None
        while (page := await self._run(lambda: next(pages, None))) is not None:
            for entry in page:
                if (match := _JOB.fullmatch(entry["path"])) is None or match["name"] not in NAMES:
                    continue
                changed_at = entry["last_modified"].timestamp()
                if newest is not None and newest.job_id == match["job_id"]:
                    changed_at = max(changed_at, newest.changed_at)
                elif newest is not None:
                    yield newest
                newest = StoredFiles(job_id=match["job_id"], changed_at=changed_at)
        if newest is not None:
            yield newest

    async def probe(self) -> None:
        """Write, read, list and remove a small object."""
        key, content = f"probe/{token_hex(8)}", token_hex(8).encode()

        def probe() -> None:
            self._obstore.put(self._store, key, content)
            try:
                if bytes(self._obstore.get(self._store, key).bytes()) != content:
                    raise FilesUnavailable("what is read is not what was written")
                # Without the right to list, what is not there looks like what is forbidden.
                next(self._obstore.list(self._store, "probe"), None)
            finally:
                self._obstore.delete(self._store, [key])

        await self._run(probe)

    def _download(self, key: str, target: Path) -> bool:
        part = target.with_name(f"{target.name}.{token_hex(4)}.part")
        try:
            result = self._obstore.get(self._store, key)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb", buffering=0) as file:
                for block in result.stream(min_chunk_size=BLOCK):
                    file.write(block)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return True

    async def _run(self, call: Callable[[], Result]) -> Result:
        """Return what *call* returns, in a thread. Raises FilesUnavailable.

        The library's errors quote requests and answers, and with them the id of the key: none of
        them is passed on.
        """
        from obstore.exceptions import BaseError

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (BaseError, OSError, ValueError) as error:
            raise FilesUnavailable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Return what went wrong in a few words, none of which are the bucket's own text."""
    text = str(error)
    code, status = _CODE.search(text), _STATUS.search(text)
    if code or status:
        return "the bucket answered " + " ".join(
            match[1] for match in (status, code) if match is not None
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    for sign, reason in _NO_ANSWER.items():
        if sign in text:
            return f"the bucket can't be reached: {reason}"
    return f"the bucket can't be used: {type(error).__name__}"
