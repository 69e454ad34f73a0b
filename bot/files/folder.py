"""Pictures that wait in a folder of this machine, or in one that several machines mount."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Final, TypeVar

from bot.service.port_errors import FilesUnavailable
from bot.service.ports.files import StoredFiles

Result = TypeVar("Result")

_JOB: Final = re.compile(r"[0-9a-f]{16}")


class FolderFiles:
    """A folder with one folder for each job."""

    def __init__(self, root: Path, *, remote: bool = False) -> None:
        """Keep files in *root*. If that is the folder of downloads, nothing has to be copied."""
        self.root = root
        self.remote = remote

    async def put(self, job_id: str, name: str, source: Path) -> None:
        """Copy the file at *source* there."""
        if self.remote:
            await _run(lambda: _copy(source, self.root / job_id / name))

    async def get(self, job_id: str, name: str, target: Path) -> bool:
        """Copy a file to *target*; ``False``: there is none."""
        path = self.root / job_id / name

        def get() -> bool:
            if not path.exists():
                return False
            if self.remote:
                _copy(path, target)
            return True

        return await _run(get)

    async def remove(self, job_ids: Sequence[str]) -> None:
        """Remove all files of these jobs."""

        def remove() -> None:
            for job_id in job_ids:
                if (folder := self.root / job_id).exists():
                    shutil.rmtree(folder)

        await _run(remove)

    async def stored(self) -> AsyncIterator[StoredFiles]:
        """Yield what waits, by job. Folders of other names are not the bot's."""

        def look() -> list[StoredFiles]:
            found = []
            for folder in self.root.iterdir() if self.root.is_dir() else ():
                try:
                    if _JOB.fullmatch(folder.name) and folder.is_dir():
                        changed_at = folder.stat().st_mtime
                        found.append(StoredFiles(job_id=folder.name, changed_at=changed_at))
                except FileNotFoundError:  # a delivery removed it just now
                    continue
            return found

        for files in await _run(look):
            yield files

    async def probe(self) -> None:
        """Write, read and remove a small file."""

        def probe() -> None:
            path = self.root / f"probe-{token_hex(4)}"
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(b"probe")
                if path.read_bytes() != b"probe":
                    raise OSError("what is read is not what was written")
            finally:
                path.unlink(missing_ok=True)

        await _run(probe)


def _copy(source: Path, target: Path) -> None:
    """Copy a file; one that is there under that name is replaced at once."""
    part = target.with_name(f"{target.name}.{token_hex(4)}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


async def _run(call: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(call)
    except OSError as error:
        raise FilesUnavailable(error.strerror or str(error)) from error
