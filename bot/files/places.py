"""Opens the place where pictures wait, by the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.files.address import Bucket
from bot.files.folder import FolderFiles
from bot.service.ports.files import WaitingFiles


@asynccontextmanager
async def opened(
    bucket: Bucket | None, folder: Path | None, *, downloads: Path
) -> AsyncIterator[WaitingFiles]:
    """Open a bucket, else a folder, else that of *downloads*. Raises FilesUnavailable."""
    if bucket is None:
        yield await asyncio.to_thread(_folder, folder or downloads, downloads)
        return
    from bot.files.bucket import BucketFiles

    async with BucketFiles.open(bucket) as files:
        yield files


def _folder(root: Path, downloads: Path) -> FolderFiles:
    return FolderFiles(root, remote=root.resolve() != downloads.resolve())
